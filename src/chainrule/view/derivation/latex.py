"""A derivation as a document for pdflatex, or what else reads amsmath."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ..formulas.tex import tex
from .derive import Derivation
from .lines import Entry, Equation, Remark, broken

LONGEST: Final = 40  # lines of one display, so that TeX's memory suffices

_TEXT: Final = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "_": r"\_",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "&": r"\&",
    "^": r"\^{}",
    "~": r"\~{}",
    "…": r"\dots{}",
    "×": r"$\times$",
    "<": r"$<$",
    ">": r"$>$",
    "|": r"$|$",
    '"': r"\char34{}",
}
_HEAD: Final = r"""\documentclass{article}
\usepackage[margin=2.2cm]{geometry}
\usepackage{amsmath}
\allowdisplaybreaks
\setlength{\parindent}{0pt}
\begin{document}
"""


def to_latex(derivation: Derivation) -> str:
    """A whole document."""
    pieces = [_HEAD, rf"\section*{{{text(derivation.title)}}}"]
    pieces += [text(sentence) for sentence in derivation.preface]
    for section in derivation.sections:
        if section.lines:
            pieces.append(rf"\subsection*{{{text(section.title)}}}")
            pieces += _displays(section.lines)
    if derivation.table:
        pieces += [r"\subsection*{Gradients}", *_table(derivation)]
    return "\n".join([*pieces, r"\end{document}", ""])


def text(sentence: str) -> str:
    """Prose, escaped; what pdfTeX has no letter for is named."""
    return "".join(_letter(c) for c in sentence)


def _letter(c: str) -> str:
    return _TEXT.get(c) or (c if c.isascii() and c.isprintable() else f"[U+{ord(c):04X}]")


def _displays(entries: Sequence[Entry]) -> Iterator[str]:
    pending: list[str] = []
    for entry in entries:
        if isinstance(entry, Remark) or len(pending) >= LONGEST:
            yield from _display(pending)
            pending = []
        if isinstance(entry, Remark):
            yield "".join(text(p) if isinstance(p, str) else f"${tex(p)}$" for p in entry.pieces) + r"\par"
        else:
            pending.append(_aligned(entry))
    yield from _display(pending)


def _display(rows: Sequence[str]) -> Iterator[str]:
    if rows:
        yield "\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}"


def _aligned(equation: Equation) -> str:
    first, *rest = [tex(piece) for piece in broken(equation.right)]
    rows = [f"{tex(equation.left)} &{equation.sign} {first}"]
    rows += [rf"&\qquad {{}} {each}" for each in rest]
    if equation.note is not None:
        rows[-1] += rf" &&({tex(equation.note)})"
    return " \\\\\n".join(rows)


def _table(derivation: Derivation) -> Iterator[str]:
    yield r"\begin{align*}"
    rows = [r"&\text{parameter} && \text{shape} && \text{gradient}"]
    for row in derivation.table:
        first, *rest = ["?"] if row.gradient is None else [tex(piece) for piece in broken(row.gradient, 60)]
        rows.append(rf"&{tex(row.name)} && \text{{{text(row.shape)}}} && {first}")
        rows += [rf"& && && \quad {{}} {each}" for each in rest]
    yield " \\\\\n".join(rows)
    yield r"\end{align*}"
