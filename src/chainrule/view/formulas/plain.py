"""Marks as a line of text, for terminals."""

from __future__ import annotations

import unicodedata
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

_ABOVE: Final = dict(zip("0123456789+-−()⊤nkij", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁽⁾ᵀⁿᵏⁱʲ", strict=True))
_BELOW: Final = dict(zip("0123456789+-−()ijkaeoxn,", "₀₁₂₃₄₅₆₇₈₉₊₋₋₍₎ᵢⱼₖₐₑₒₓₙ,", strict=True))
_ACCENTS: Final = {"bar": "\u0304", "hat": "\u0302", "dot": "\u0307", "tilde": "\u0303"}
_TIGHT: Final = frozenset("()[]{}|‖⌊⌋⌈⌉∂∇¬")


def plain(mark: Mark) -> str:
    if isinstance(mark, Line):
        return "".join(_beside(mark.items, k) for k in range(len(mark.items)))
    if isinstance(mark, (Letter, Word, Digits)):
        return mark.text
    if isinstance(mark, Sign):
        if mark.text == ",":
            return ", "
        return mark.text if mark.text in _TIGHT or not mark.spaced else f" {mark.text} "
    if isinstance(mark, Space):
        return " "
    if isinstance(mark, Script):
        below = "" if mark.below is None else _scripted(plain(mark.below), _BELOW, "_")
        above = "" if mark.above is None else _scripted(plain(mark.above), _ABOVE, "^")
        return plain(mark.base) + below + above
    if isinstance(mark, Accent):
        base = plain(mark.base)
        if len(base) > 1:
            return f"{mark.kind}({base})"
        return unicodedata.normalize("NFC", base + _ACCENTS[mark.kind])
    if isinstance(mark, Fraction):
        return f"{_atom(mark.above)}/{_atom(mark.below)}"
    if isinstance(mark, Root):
        sign = {None: "√", "3": "∛"}[None if mark.degree is None else plain(mark.degree)]
        return f"{sign}{_atom(mark.inside)}"
    if isinstance(mark, Fence):
        return f"{mark.opening}{plain(mark.inside)}{mark.closing}"
    if isinstance(mark, Table):
        rows = "; ".join(" ".join(plain(each) for each in row) for row in mark.rows)
        return f"{mark.opening}{rows}{mark.closing or '}'}"
    if isinstance(mark, Under):
        if isinstance(mark.base, Sign):
            return f"{mark.base.text}_{plain(mark.note)} "
        return f"{plain(mark.base)} [{plain(mark.note)}]"
    if isinstance(mark, Hole):
        return f"@{'b' if mark.bar else ''}{mark.key}@"
    raise TypeError(f"no text for {type(mark).__name__}")  # pragma: no cover


def _beside(items: tuple[Mark, ...], k: int) -> str:
    """A fraction among factors is put into parentheses."""
    text = plain(items[k])
    is_factor = any(isinstance(each, Space) for each in (*items[max(k - 1, 0) : k], *items[k + 1 : k + 2]))
    is_factor = is_factor or any(isinstance(each, Sign) and each.text in "∘·⊗" for each in items)
    return f"({text})" if isinstance(items[k], Fraction) and is_factor else text


def _scripted(text: str, letters: dict[str, str], sign: str) -> str:
    text = text.strip()
    tight = text.replace(" ", "")
    if all(c in letters for c in tight):
        return "".join(letters[c] for c in tight)
    return f"{sign}{text}" if text.isalnum() else f"{sign}({text})"


def _atom(mark: Mark) -> str:
    text = plain(mark)
    if isinstance(mark, Line):
        return text if isinstance(mark.items[0], Letter) and mark.items[0].text == "∂" else f"({text})"
    return f"({text})" if isinstance(mark, Fraction) else text
