"""Loops over ranges of entries: in vectors and a rest, within each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from .emitter import INDEX, Function, Value
from .index import Counter, Index

FEW_INSTRUCTIONS = 200  # made of values in registers: more are not written for each of them, but in a loop


class Part(NamedTuple):
    """What a function does of an axis: the pieces from `first` to before `last`, of so many.

    Each piece is `size` places; what is left over belongs to the last one.
    """

    axis: int
    size: int
    pieces: int
    first: Value
    last: Value

    def bounds(self, function: Function, stop: int) -> tuple[Value, Value]:
        """Where to start and to stop, on an axis that ends at `stop`."""
        start, end = (function.emit(f"mul i64 {n.text}, {self.size}", INDEX, 1, 0) for n in (self.first, self.last))
        text = f"select i1 {self.is_last(function)}, i64 {stop}, i64 {end.text}"
        return start, function.emit(text, INDEX, 1, 0)

    def is_last(self, function: Function) -> str:
        """Whether the last piece is among them, as the text of a condition."""
        return function.emit(f"icmp eq i64 {self.last.text}, {self.pieces}", INDEX, 1, 0).text


def standing(lanes: int) -> Counter:
    """A counter that does not count: neighbors at a constant index."""
    return Counter(f"lanes{lanes}", Value("0", INDEX), lanes)


def pieces(size: int, lanes: int) -> Iterator[tuple[int, int, int]]:
    """A range in vectors and a rest: (start, stop, lanes), in falling powers of two."""
    start = 0
    while lanes > 1 and size - start < lanes:
        lanes //= 2
    while start < size:
        stop = start + (size - start) // lanes * lanes
        if stop > start:
            yield start, stop, lanes
        start = stop
        lanes = max(lanes // 2, 1)


@contextmanager
def steps(function: Function, start: int, stop: int, width: int) -> Iterator[Index]:
    """A loop in vectors of `width`; none where there is one step."""
    with counted(function, start, stop, width, width) as index:
        yield index


@contextmanager
def nest(function: Function, sizes: Sequence[int], part: Part | None = None) -> Iterator[tuple[Index, ...]]:
    """Loops within loops, one for each size; of one of them only a part, if there is one."""
    if not sizes:
        yield ()
        return
    size, *rest = sizes
    own = part is not None and part.axis == 0
    inner_part = None if part is None or own else part._replace(axis=part.axis - 1)
    with _all_or_part(function, size, part if own else None) as index, nest(function, rest, inner_part) as inner:
        yield (index, *inner)


@contextmanager
def _all_or_part(function: Function, size: int, part: Part | None) -> Iterator[Index]:
    if part is None:
        with steps(function, 0, size, 1) as index:
            yield index
        return
    start, stop = part.bounds(function, size)
    with function.loop(stop, 1, start) as loop:
        yield Index.of(Counter(loop.index.text, loop.index))


def over(
    function: Function,
    shape: Sequence[int],
    lanes: int,
    body: Callable[[tuple[Index, ...]], None],
    part: Part | None = None,
) -> None:
    """All places of a shape, or a part of them, the last axis in vectors."""
    if not shape:
        body(())
        return
    *sizes, last = shape
    with nest(function, sizes, part) as outer:
        if part is None or part.axis < len(sizes):
            _row(function, 0, last, lanes, lambda index: body((*outer, index)))
            return
        whole = last // lanes * lanes
        rest = (
            (lambda: _row(function, whole, last, lanes, lambda index: body((*outer, index)))) if whole < last else None
        )
        in_steps(function, whole, lanes, lanes, part, lambda index: body((*outer, index)), rest)


def _row(function: Function, first: int, last: int, lanes: int, body: Callable[[Index], None]) -> None:
    for start, stop, width in pieces(last - first, lanes):
        with steps(function, first + start, first + stop, width) as index:
            body(index)


@contextmanager
def counted(function: Function, start: int, stop: int, step: int, lanes: int) -> Iterator[Index]:
    """A loop in strides of `step`, whose index stands for `lanes` neighbors; none where there is one stride."""
    if stop - start == step:
        yield Index(start, {standing(lanes): 1} if lanes > 1 else {})
        return
    with function.loop(stop, step, start) as loop:
        yield Index.of(Counter(loop.index.text, loop.index, lanes))


def in_steps(
    function: Function,
    whole: int,
    step: int,
    lanes: int,
    part: Part | None,
    one: Callable[[Index], None],
    rest: Callable[[], None] | None,
) -> None:
    """Steps from 0 to `whole`, and what is left over after them; or what a part has of both."""
    if part is None:
        if whole:
            with counted(function, 0, whole, step, lanes) as index:
                one(index)
        if rest is not None:
            rest()
        return
    start, stop = part.bounds(function, whole)
    with function.loop(stop, step, start) as loop:
        one(Index.of(Counter(loop.index.text, loop.index, lanes)))
    if rest is not None:
        with function.branch(part.is_last(function)) as choice:
            rest()
            choice.otherwise()
