"""Marks as MathML Core, for presentation: system fonts, no attribute that browsers do not know, all text escaped."""

from __future__ import annotations

import html
from typing import Final

from .marks import (
    Accent,
    Digits,
    Fence,
    Fraction,
    Hole,
    Letter,
    Line,
    Mark,
    Root,
    Script,
    Sign,
    Space,
    Table,
    Under,
    Word,
)

APPLIED: Final = "\u2061"  # what is read aloud between a function and its argument
TIMES: Final = "\u2062"
_ACCENTS: Final = {"bar": "¯", "hat": "^", "dot": "˙", "tilde": "~"}
_FENCES: Final = frozenset("()[]{}|‖⌊⌋⌈⌉")


def math(mark: Mark, block: bool = True) -> str:
    """A whole `math` element."""
    display = ' display="block"' if block else ""
    return f"<math{display}>{mathml(mark)}</math>"


def mathml(mark: Mark) -> str:
    """One element."""
    if isinstance(mark, Line):
        return f"<mrow>{''.join(mathml(item) for item in mark.items)}</mrow>"
    if isinstance(mark, Letter):
        upright = ' mathvariant="normal"' if mark.text in "𝟏∂∞" else ""
        return f"<mi{upright}>{html.escape(mark.text)}</mi>"
    if isinstance(mark, Word):
        if mark.text.isalnum() and mark.text.isascii() and len(mark.text) > 1:
            return f"<mi>{mark.text}</mi>"
        return f"<mtext>{html.escape(mark.text)}</mtext>"
    if isinstance(mark, Digits):
        return f"<mn>{html.escape(mark.text)}</mn>"
    if isinstance(mark, Sign):
        if mark.text in _FENCES:
            return f'<mo stretchy="false">{mark.text}</mo>'
        return f"<mo>{html.escape('∑' if mark.text == 'Σ' else mark.text)}</mo>"
    if isinstance(mark, Space):
        width = "0.45em" if mark.wide else "0.17em"
        return f'<mo>{APPLIED if mark.applied else TIMES}</mo><mspace width="{width}"></mspace>'
    if isinstance(mark, Script):
        base = mathml(mark.base)
        if mark.below is None:
            assert mark.above is not None
            return f"<msup>{base}{mathml(mark.above)}</msup>"
        if mark.above is None:
            return f"<msub>{base}{mathml(mark.below)}</msub>"
        return f"<msubsup>{base}{mathml(mark.below)}{mathml(mark.above)}</msubsup>"
    if isinstance(mark, Accent):
        return (
            f'<mover accent="true" class="accent-{mark.kind}">{mathml(mark.base)}<mo>{_ACCENTS[mark.kind]}</mo></mover>'
        )
    if isinstance(mark, Fraction):
        return f"<mfrac>{mathml(mark.above)}{mathml(mark.below)}</mfrac>"
    if isinstance(mark, Root):
        if mark.degree is None:
            return f"<msqrt>{mathml(mark.inside)}</msqrt>"
        return f"<mroot>{mathml(mark.inside)}{mathml(mark.degree)}</mroot>"
    if isinstance(mark, Fence):
        return f"<mrow>{_fence(mark.opening, mark)}{mathml(mark.inside)}{_fence(mark.closing, mark)}</mrow>"
    if isinstance(mark, Table):
        rows = "".join(f"<mtr>{''.join(f'<mtd>{mathml(each)}</mtd>' for each in row)}</mtr>" for row in mark.rows)
        closing = f"<mo>{mark.closing}</mo>" if mark.closing else ""
        return f"<mrow><mo>{mark.opening}</mo><mtable>{rows}</mtable>{closing}</mrow>"
    if isinstance(mark, Under):
        return f"<munder>{mathml(mark.base)}{mathml(mark.note)}</munder>"
    if isinstance(mark, Hole):
        return f"@{'b' if mark.bar else ''}{mark.key}@"
    raise TypeError(f"no MathML for {type(mark).__name__}")  # pragma: no cover


def _fence(text: str, mark: Fence) -> str:
    return f"<mo>{text}</mo>" if mark.large else f'<mo stretchy="false">{text}</mo>'
