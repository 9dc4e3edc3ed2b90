"""What a derivation is made of: sections of lines, and a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from ..formulas.marks import Fence, Mark, Script, Sign, Space, line
from ..formulas.marks import Line as Side
from ..formulas.plain import plain

WIDEST: Final = 76  # letters of a line, as plain text
_BEFORE: Final = ("+", "−", "=", "∘", "⊗")


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
    """A long side in pieces that fit on lines: broken before signs, after commas and between factors.

    What stands in parentheses is broken only where it is longer than a line by itself.
    """
    if len(plain(right)) <= room:
        return [right]
    pieces: list[list[Mark]] = [[]]
    length = 0
    for item in _opened([right], room):
        width = len(plain(item))
        is_space = isinstance(item, Space) and not item.applied
        is_sign = isinstance(item, Sign) and item.text in _BEFORE and item.spaced
        after_comma = bool(pieces[-1]) and isinstance(pieces[-1][-1], Sign) and pieces[-1][-1].text == ","
        may_break = is_space or is_sign or after_comma
        too_long = length + width > room or (is_sign and length > room * 0.7)
        if length and may_break and too_long:
            pieces.append([] if is_space else [item])
            length = 0 if is_space else width
        else:
            pieces[-1].append(item)
            length += width
    return [line(*piece) for piece in pieces if piece]


def _opened(items: Sequence[Mark], room: int) -> Iterator[Mark]:
    """Marks, of which those that are longer than a line are taken apart at their parentheses."""
    for item in items:
        if isinstance(item, Side):
            yield from _opened(item.items, room)
        elif len(plain(item)) <= room:
            yield item
        elif isinstance(item, Fence):
            yield Sign(item.opening, False)
            yield from _opened([item.inside], room)
            yield Sign(item.closing, False)
        elif isinstance(item, Script) and isinstance(item.base, Fence):
            yield Sign(item.base.opening, False)
            yield from _opened([item.base.inside], room)
            yield Script(Sign(item.base.closing, False), item.below, item.above)
        else:
            yield item
