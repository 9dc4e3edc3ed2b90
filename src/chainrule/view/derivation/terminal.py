"""A derivation as text for a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from ..formulas.plain import plain
from .derive import Derivation
from .lines import Entry, Equation, broken

MARGIN = 12  # columns for the left sides


def to_text(derivation: Derivation) -> str:
    pieces = [derivation.title, "=" * len(derivation.title), "", *derivation.preface]
    for section in derivation.sections:
        if section.lines:
            pieces += ["", section.title, "-" * len(section.title), *_lines(section.lines)]
    if derivation.table:
        rows = [("parameter", "shape", "gradient")]
        for row in derivation.table:
            rows.append((plain(row.name), row.shape, "?" if row.gradient is None else plain(row.gradient)))
        widths = [max(_width(row[k]) for row in rows) for k in range(2)]
        pieces += ["", "Gradients", "---------"]
        pieces += ["  ".join([a + " " * (widths[0] - _width(a)), f"{b:<{widths[1]}}", c]) for a, b, c in rows]
    return "\n".join(pieces) + "\n"


def _width(text: str) -> int:
    """Columns: an accent takes none."""
    return sum(not unicodedata.combining(c) for c in text)


def _lines(entries: Sequence[Entry]) -> Iterator[str]:
    for entry in entries:
        if isinstance(entry, Equation):
            left = plain(entry.left)
            first, *rest = [plain(piece) for piece in broken(entry.right)]
            note = "" if entry.note is None else f"    ({plain(entry.note)})"
            yield f"{' ' * (MARGIN - _width(left))}{left} {entry.sign} {first}{'' if rest else note}"
            for k, each in enumerate(rest):
                yield f"{'':>{MARGIN}}     {each.strip()}{note if k == len(rest) - 1 else ''}"
        else:
            yield "".join(piece if isinstance(piece, str) else plain(piece) for piece in entry.pieces)
