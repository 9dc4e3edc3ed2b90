"""Arrays put together from pieces: a background, and then each piece stored, or added, at its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..graph import Variable
from .code import Code
from .emitter import INDEX, Function, Value
from .entries import Entries, Memory, Place
from .index import Counter, Index
from .loops import over


class Piece(NamedTuple):
    """A variable, and the place in the result of the entry at a place of it."""

    source: Variable
    placed: Callable[[Entries, Place], Place]
    meet: bool = False  # whether two neighbors may go to one entry


class Assembly(NamedTuple):
    """How a variable is put together.

    Attributes
    ----------
    background : Variable, or 0, or None
        What lies there before; None where the pieces cover everything.
    adds : bool
        Whether pieces are added to what lies there.
    """

    background: Variable | int | None
    pieces: list[Piece]
    adds: bool = False


def _windowed(windows: Any) -> Callable[[Entries, Place], Place]:
    """To a slice; or to one entry."""
    if not windows or isinstance(windows[0], int):
        return lambda entries, place: tuple([Index(k) for k in windows])
    return lambda entries, place: tuple(
        [index * step + start for (start, step, _), index in zip(windows, place, strict=True)]
    )


def _scattered(indices: Variable, axis: int, size: int) -> Callable[[Entries, Place], Place]:
    """To where an index says that is itself read."""

    def placed(entries: Entries, place: Place) -> Place:
        index = entries.code.convert(entries.entry(indices, (place[axis],)), INDEX)
        inside = entries.within(index, size)
        return (*place[:axis], Index.of(Counter(inside.text, inside, inside.lanes)), *place[axis + 1 :])

    return placed


def assembly_of(v: Variable) -> Assembly | None:
    """How a variable is put together from its parents; None where it is not."""
    operation: Any = v.operation
    named = operation.named(v.parameters)
    if operation.name == "scatter":
        x, indices = v.inputs
        if len(indices.shape) != 1 or indices.dtype.kind not in "iu":
            return None
        axis = named["axis"]
        piece = Piece(x, _scattered(indices, axis, named["size"]), meet=axis == len(v.shape) - 1)
        return Assembly(0, [piece], adds=True)
    if operation.name == "embed":
        axes = named["axes"]
        return Assembly(0, [Piece(v.inputs[0], lambda entries, place: tuple([place[k] for k in axes]))])
    if operation.joins is None:
        return None
    places = operation.joins(v.inputs, **named)
    pieces = [Piece(x, _windowed(place)) for x, place in zip(v.inputs, places, strict=True) if place is not None]
    if operation.name == "concatenate":
        return Assembly(None, pieces)
    if operation.name == "write":
        return Assembly(v.inputs[0], pieces)
    return Assembly(0, pieces, adds=operation.name == "sum_of_pieces")


def write_assembly(v: Variable, memory: Memory, function: Function, code: Code, entries: Entries, lanes: int) -> None:
    """The loops of an assembly; `memory` is where it lies."""
    assembly = assembly_of(v)
    assert assembly is not None

    def value(x: Variable, place: Place) -> Value:
        return code.convert(entries.entry(x, place), v.dtype)

    def background(place: Place) -> None:
        under = assembly.background
        entries.store(memory, value(under, place) if isinstance(under, Variable) else code.constant(0, v.dtype), place)

    if assembly.background is not None:
        over(function, v.shape, lanes, background)
    for piece in assembly.pieces:

        def put(place: Place, piece: Piece = piece) -> None:
            there = piece.placed(entries, place)
            new = value(piece.source, place)
            if assembly.adds:
                new = code.add(entries.load(memory, v.dtype, there, anew=True), new)
            entries.store(memory, new, there)

        over(function, piece.source.shape, 1 if piece.meet else lanes, put)
