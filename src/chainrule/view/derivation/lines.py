"""What a derivation is made of: sections of lines, and a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..formulas.marks import Line as Side
from ..formulas.marks import Mark, Sign, Space, line
from ..formulas.plain import plain

WIDEST = 76  # letters of a line, as plain text


class Equation(NamedTuple):
    """left sign right, and a note behind it."""

    left: Mark
    sign: str
    right: Mark
    note: Mark | None = None


class Remark(NamedTuple):
    """A sentence; marks in it are mathematics."""

    pieces: tuple[str | Mark, ...]


Entry = Equation | Remark


class Section(NamedTuple):
    title: str
    lines: Sequence[Entry]


class Row(NamedTuple):
    """Of the table at the end: a parameter, its shape, its gradient."""

    name: Mark
    shape: str
    gradient: Mark | None


def broken(right: Mark, room: int = WIDEST) -> list[Mark]:
    """A long side in pieces that fit on lines: broken before signs and between factors, never within parentheses."""
    if not isinstance(right, Side) or len(plain(right)) <= room:
        return [right]
    pieces: list[list[Mark]] = [[]]
    length = 0
    for item in right.items:
        width = len(plain(item))
        ends = isinstance(item, (Sign, Space)) and length > room * 0.6
        starts = isinstance(item, Sign) and item.text in "+−=∘" and item.spaced
        if length and (length + width > room or (ends and starts)) and (starts or isinstance(item, Space)):
            pieces.append([] if isinstance(item, Space) else [item])
            length = 0 if isinstance(item, Space) else width
        else:
            pieces[-1].append(item)
            length += width
    return [line(*piece) for piece in pieces if piece]
