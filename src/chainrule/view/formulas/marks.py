"""Marks: what stands on the line when a formula is written, whatever it is written in."""

from __future__ import annotations

import dataclasses
from typing import final


@dataclasses.dataclass(frozen=True)
class Mark:
    """One of the kinds below."""


@final
@dataclasses.dataclass(frozen=True)
class Line(Mark):
    """Marks side by side."""

    items: tuple[Mark, ...]


@final
@dataclasses.dataclass(frozen=True)
class Letter(Mark):
    """A letter that stands for something: italic."""

    text: str


@final
@dataclasses.dataclass(frozen=True)
class Word(Mark):
    """Letters that make a word: upright. Whatever it holds is text."""

    text: str


@final
@dataclasses.dataclass(frozen=True)
class Digits(Mark):
    text: str


@final
@dataclasses.dataclass(frozen=True)
class Sign(Mark):
    """An operator, a relation, a fence or a comma, as its character."""

    text: str
    spaced: bool = True


@final
@dataclasses.dataclass(frozen=True)
class Space(Mark):
    """Between factors, wide where there are notes under them; or between a function and its argument."""

    applied: bool = False
    wide: bool = False


@final
@dataclasses.dataclass(frozen=True)
class Script(Mark):
    base: Mark
    below: Mark | None = None
    above: Mark | None = None


@final
@dataclasses.dataclass(frozen=True)
class Accent(Mark):
    """A bar, hat, dot or tilde over a mark."""

    kind: str
    base: Mark


@final
@dataclasses.dataclass(frozen=True)
class Fraction(Mark):
    above: Mark
    below: Mark


@final
@dataclasses.dataclass(frozen=True)
class Root(Mark):
    inside: Mark
    degree: Mark | None = None


@final
@dataclasses.dataclass(frozen=True)
class Fence(Mark):
    """What stands between two fences; large ones grow with it."""

    opening: str
    inside: Mark
    closing: str
    large: bool = False


@final
@dataclasses.dataclass(frozen=True)
class Table(Mark):
    """Rows of marks, between fences."""

    opening: str
    rows: tuple[tuple[Mark, ...], ...]
    closing: str = ""


@final
@dataclasses.dataclass(frozen=True)
class Under(Mark):
    """A mark with a small note under it; under a sum sign it is what is summed over."""

    base: Mark
    note: Mark


@final
@dataclasses.dataclass(frozen=True)
class Hole(Mark):
    """The place of a name that is filled in later: `letter` and `below` of it are asked for apart."""

    key: str
    bar: bool


def line(*items: Mark) -> Mark:
    flat: list[Mark] = []
    for item in items:
        flat += item.items if isinstance(item, Line) else [item]
    return flat[0] if len(flat) == 1 else Line(tuple(flat))
