"""Loops over ranges of entries: in vectors and a rest, within each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from .emitter import INDEX, Function, Value
from .index import Counter, Index


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
def nest(function: Function, sizes: Sequence[int]) -> Iterator[tuple[Index, ...]]:
    """Loops within loops, one for each size."""
    if not sizes:
        yield ()
        return
    size, *rest = sizes
    with steps(function, 0, size, 1) as index, nest(function, rest) as inner:
        yield (index, *inner)


def over(function: Function, shape: Sequence[int], lanes: int, body: Callable[[tuple[Index, ...]], None]) -> None:
    """All places of a shape, the last axis in vectors."""
    if not shape:
        body(())
        return
    with nest(function, shape[:-1]) as outer:
        for start, stop, width in pieces(shape[-1], lanes):
            with steps(function, start, stop, width) as index:
                body((*outer, index))


@contextmanager
def counted(function: Function, start: int, stop: int, step: int, lanes: int) -> Iterator[Index]:
    """A loop in strides of `step`, whose index stands for `lanes` neighbors; none where there is one stride."""
    if stop - start == step:
        yield Index(start, {standing(lanes): 1} if lanes > 1 else {})
        return
    with function.loop(stop, step, start) as loop:
        yield Index.of(Counter(loop.index.text, loop.index, lanes))
