"""A sign for each structure of a Jacobian: where its entries are, in a square of 10 by 10."""

from __future__ import annotations

from typing import Final, NamedTuple

SIZE: Final = 10


class Glyph(NamedTuple):
    """Lines and filled areas, as paths of SVG; and the structure in a few letters."""

    lines: str
    areas: str
    letters: str


_DIAGONAL = "M1.5 1.5L8.5 8.5"

GLYPHS: Final[dict[str, Glyph]] = {
    "zero": Glyph("", "", "0"),
    "identity": Glyph(_DIAGONAL, "", "I"),
    "scaled identity": Glyph(_DIAGONAL, "M6 1.5h2.5v2.5h-2.5z", "c I"),
    "diagonal": Glyph("", "M1 1h2v2h-2zM4 4h2v2h-2zM7 7h2v2h-2z", "diagonal"),
    "selection": Glyph("", "M1 4h2v2h-2zM4 1h2v2h-2zM7 7h2v2h-2z", "selection"),
    "broadcast": Glyph("M3 1.5V8.5", "", "broadcast"),
    "sum": Glyph("M1.5 3H8.5", "", "sum"),
    "Kronecker": Glyph("M2.5 2.5L7.5 7.5M7.5 2.5L2.5 7.5", "", "⊗"),
    "block diagonal": Glyph("", "M1 1h3.6v3.6h-3.6zM5.4 5.4h3.6v3.6h-3.6z", "blocks"),
    "banded": Glyph("M1.5 1.5L8.5 8.5M1.5 4.5L5.5 8.5M4.5 1.5L8.5 5.5", "", "banded"),
    "triangular": Glyph("", "M1.5 1.5L8.5 8.5H1.5z", "triangular"),
    "low rank": Glyph("M2.5 1.5V8.5M4.5 2.5H8.5", "", "low rank"),
    "diagonal plus low rank": Glyph(f"{_DIAGONAL}M1.8 4V8.5M4.5 8.4H8.5", "", "diag + low"),
    "sparse": Glyph("", "M1 2h2v2h-2zM5 1h2v2h-2zM3 6h2v2h-2zM7 5h2v2h-2z", "sparse"),
    "dense": Glyph("", "M1.2 1.2h7.6v7.6h-7.6z", "dense"),
    "matrix-free": Glyph("M6.5 2.2C5 1.6 4.8 3 4.6 4.5L4 8.2M3 4.6H6", "", "f"),
    "undeclared": Glyph("M2.5 5H7.5", "", "–"),
}
