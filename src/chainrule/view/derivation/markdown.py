"""A derivation as Markdown, its formulas in dollars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..formulas.tex import tex
from .derive import Derivation
from .lines import Entry, Equation, Remark, broken


def to_markdown(derivation: Derivation) -> str:
    pieces = [f"# {_text(derivation.title)}", *map(_text, derivation.preface)]
    for section in derivation.sections:
        if section.lines:
            pieces += [f"## {section.title}", *_displays(section.lines)]
    if derivation.table:
        rows = ["| parameter | shape | gradient |", "|---|---|---|"]
        for row in derivation.table:
            gradient = "?" if row.gradient is None else f"${_cell(tex(row.gradient))}$"
            rows.append(f"| ${_cell(tex(row.name))}$ | {row.shape} | {gradient} |")
        pieces += ["## Gradients", "\n".join(rows)]
    return "\n\n".join(pieces) + "\n"


def _text(sentence: str) -> str:
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#|$" else c for c in sentence)


def _cell(text: str) -> str:
    return text.replace("|", r"\vert{}")


def _displays(entries: Sequence[Entry]) -> Iterator[str]:
    pending: list[str] = []
    for entry in [*entries, Remark(())]:
        if isinstance(entry, Equation):
            first, *rest = [tex(piece) for piece in broken(entry.right)]
            note = "" if entry.note is None else rf" \qquad ({tex(entry.note)})"
            rows = [f"{tex(entry.left)} &{entry.sign} {first}", *(rf"&\qquad {{}} {each}" for each in rest)]
            pending.append(" \\\\\n".join(rows) + note)
            continue
        if pending:
            yield "$$\n\\begin{aligned}\n" + " \\\\\n".join(pending) + "\n\\end{aligned}\n$$"
            pending = []
        if entry.pieces:
            yield "".join(_text(p) if isinstance(p, str) else f"${tex(p)}$" for p in entry.pieces)
