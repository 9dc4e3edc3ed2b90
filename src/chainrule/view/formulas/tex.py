"""Marks as TeX, for amsmath; whatever the user wrote is escaped, and what pdfTeX has no letter for is named."""

from __future__ import annotations

import re
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
from .naming import GREEK

_GREEK: Final = {letter: rf"\{name}" for name, letter in GREEK.items() if name not in ("lam", "eps")} | {
    "ε": r"\varepsilon",
    "ℓ": r"\ell",
    "𝟏": r"\mathbf{1}",
    "∂": r"\partial",
    "∞": r"\infty",
}
SIGNS: Final = {
    "∘": r"\circ",
    "⊗": r"\otimes",
    "⊕": r"\oplus",
    "·": r"\cdot",
    "×": r"\times",
    "−": "-",
    "≥": r"\ge",
    "≤": r"\le",
    "≠": r"\ne",
    "∧": r"\land",
    "∨": r"\lor",
    "¬": r"\lnot",
    "Σ": r"\sum",
    "∏": r"\prod",
    "∇": r"\nabla",
    "≻": r"\succ",
    "←": r"\leftarrow",
    "+=": r"\mathrel{+}=",
    "…": r"\ldots",
    "⊤": r"\top",
    "∂": r"\partial",
    "{": r"\{",
    "}": r"\}",
    "⌊": r"\lfloor",
    "⌋": r"\rfloor",
    "⌈": r"\lceil",
    "⌉": r"\rceil",
    "|": "|",
    "‖": r"\|",
    "": ".",
}
# Functions that TeX has a command for.
OPERATORS: Final = frozenset(
    ["log", "exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan", "max", "min", "det"]
)
_ACCENTS: Final = {
    "bar": ("bar", "overline"),
    "hat": ("hat", "widehat"),
    "dot": ("dot", "dot"),
    "tilde": ("tilde", "widetilde"),
}
_ESCAPES: Final = {
    "\\": r"\backslash{}",
    "{": r"\{",
    "}": r"\}",
    "_": r"\_",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "&": r"\&",
    "^": r"\char94{}",
    "~": r"\sim{}",
    " ": r"\ ",
    "…": r"\ldots{}",
    "'": r"\char39{}",
    "`": r"\char96{}",
    '"': r"\char34{}",
    "-": r"\text{-}",
}


def tex(mark: Mark) -> str:
    """What stands between the dollars."""
    if isinstance(mark, Line):
        return _joined([tex(item) for item in mark.items])
    if isinstance(mark, Letter):
        return _GREEK.get(mark.text) or (mark.text if mark.text.isascii() else word(mark.text))
    if isinstance(mark, Word):
        return rf"\{mark.text}" if mark.text in OPERATORS else word(mark.text)
    if isinstance(mark, Digits):
        return mark.text.replace("−", "-")
    if isinstance(mark, Sign):
        return SIGNS.get(mark.text, mark.text)
    if isinstance(mark, Space):
        return " " if mark.applied else r"\;\;" if mark.wide else r"\,"
    if isinstance(mark, Script):
        base = tex(mark.base)
        base = f"{{{base}}}" if isinstance(mark.base, (Line, Script, Fraction)) else base
        below = "" if mark.below is None else f"_{{{tex(mark.below)}}}"
        above = "" if mark.above is None else f"^{{{tex(mark.above)}}}"
        return base + below + above
    if isinstance(mark, Accent):
        narrow, wide = _ACCENTS[mark.kind]
        return rf"\{narrow if isinstance(mark.base, Letter) else wide}{{{tex(mark.base)}}}"
    if isinstance(mark, Fraction):
        return rf"\frac{{{tex(mark.above)}}}{{{tex(mark.below)}}}"
    if isinstance(mark, Root):
        degree = "" if mark.degree is None else f"[{tex(mark.degree)}]"
        return rf"\sqrt{degree}{{{tex(mark.inside)}}}"
    if isinstance(mark, Fence):
        opening, closing = SIGNS.get(mark.opening, mark.opening), SIGNS.get(mark.closing, mark.closing)
        left, right = (r"\left", r"\right") if mark.large else ("", "")
        return _joined([left + opening, tex(mark.inside), right + closing])
    if isinstance(mark, Table):
        rows = r" \\ ".join(" & ".join(tex(each) for each in row) for row in mark.rows)
        kind = {"(": "pmatrix", "{": "cases"}[mark.opening]
        return rf"\begin{{{kind}}} {rows} \end{{{kind}}}"
    if isinstance(mark, Under):
        if isinstance(mark.base, Sign):
            return rf"{tex(mark.base)}_{{{tex(mark.note)}}}"
        return rf"\underset{{{tex(mark.note)}}}{{{tex(mark.base)}}}"
    if isinstance(mark, Hole):
        return f"@{'b' if mark.bar else ''}{mark.key}@"
    raise TypeError(f"no TeX for {type(mark).__name__}")  # pragma: no cover


def _joined(pieces: list[str]) -> str:
    """Side by side; a command does not run into a letter, and signs have room."""
    found = ""
    for piece in filter(None, pieces):
        runs_on = piece[0].isalpha() and re.search(r"\\[A-Za-z]+$", found)
        is_sign = (piece[0] in "+-=<>" or piece.startswith(_SPACED)) and found[-1:] not in ("(", "[", "|")
        found += " " if found and (runs_on or is_sign or found.endswith(_ENDS)) else ""
        found += piece
    return found


_SPACED = tuple(SIGNS[s] for s in "∘⊗⊕·×≥≤≠∧∨≻") + (r"\mathrel", r"\leftarrow")
_ENDS = (*_SPACED, "+", "-", "=", "<", ">", ",")


def word(text: str) -> str:
    r"""Text in \mathrm, escaped."""
    return rf"\mathrm{{{''.join(_letter(c) for c in text)}}}"


def _letter(c: str) -> str:
    if c in _ESCAPES:
        return _ESCAPES[c]
    if c in _GREEK:
        return _GREEK[c] + "{}"
    if c.isascii():
        return c
    return rf"\langle\mathrm{{U{ord(c):04X}}}\rangle{{}}"
