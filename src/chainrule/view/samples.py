"""A few rows and columns of a local Jacobian, where there is something to be seen. It is never made dense."""

from __future__ import annotations

import itertools
import math
from typing import Any, Final, NamedTuple

from ..original import np
from ..structure import LinearMap
from .numbers import numbers

MOST: Final = 8  # rows and columns
LARGEST: Final = 1 << 20  # numbers of y and of x up to which it is looked at
PROBE: Final = (math.sqrt(5) - 1) / 2


def sample(J: LinearMap) -> dict[str, Any] | None:
    """Rows and columns, as places in the flattened y and x, and the entries there; None where none are shown.

    Rows go along the last two or three axes, so that blocks are seen; columns are those in which they have entries.
    Where x is the larger one, or more is seen that way, it is the other way round.
    """
    sizes = math.prod(J.out_shape), J.in_size
    if J.dtype.kind != "f" or not all(sizes) or max(sizes) > LARGEST:
        return None
    by_columns = sizes[1] > sizes[0]
    first = _block(J.T if by_columns else J)
    if first.empty_lines:
        second = _block(J if by_columns else J.T)
        if second.empty_lines < first.empty_lines:
            first, by_columns = second, not by_columns
    rows, columns, entries = first.lines, first.meeting, first.entries
    if by_columns:
        rows, columns, entries = columns, rows, entries.T
    return {"rows": rows, "columns": columns, "entries": numbers(entries)}


class _Block(NamedTuple):
    lines: list[int]
    meeting: list[int]
    entries: np.ndarray

    @property
    def empty_lines(self) -> int:
        return len(self.lines) - int(np.count_nonzero((self.entries != 0).any(axis=1)))


def _block(J: LinearMap) -> _Block:
    places, lines = _lines(J)
    meeting = _meeting(lines)
    return _Block(places, meeting, lines[:, meeting])


def _lines(J: LinearMap) -> tuple[list[int], np.ndarray]:
    """Some rows of which at least one has entries if any row has: their places, and all of each."""
    in_size = J.in_size
    with np.errstate(all="ignore"):
        probe = 1 + (PROBE * np.arange(1, in_size + 1)) % 1
        met = np.asarray(J.apply(probe.astype(J.dtype).reshape(J.in_shape))) != 0
        rows = _grid(met if met.any() else np.ones(J.out_shape, bool))
        units = np.zeros((len(rows), met.size), J.dtype)
        units[range(len(rows)), rows] = 1
        lines = np.asarray(J.T.apply(units.reshape((len(rows), *J.out_shape))))
    return rows, lines.reshape(len(rows), in_size)


def _grid(wanted: np.ndarray) -> list[int]:
    """Flat places of a small block of an array: of each axis the first indices at which something is wanted."""
    if wanted.size <= MOST:
        return list(range(wanted.size))
    long = [axis for axis, size in enumerate(wanted.shape) if size > 1]
    counts = {1: [8], 2: [2, 4]}.get(len(long), [2, 2, 2])
    most = dict(zip(long[::-1], counts[::-1], strict=False))
    chosen = []
    for axis, size in enumerate(wanted.shape):
        others = tuple(n for n in range(wanted.ndim) if n != axis)
        where = np.flatnonzero(wanted.any(axis=others)) if size > 1 else np.zeros(1, int)
        chosen.append(where[: most.get(axis, 1)].tolist())
    places = itertools.product(*chosen)
    return [int(np.ravel_multi_index(place, wanted.shape)) for place in places]


def _meeting(lines: np.ndarray) -> list[int]:
    """Places in which lines have entries: in turn the next one of each line, until there are enough."""
    size = lines.shape[1]
    if size <= MOST:
        return list(range(size))
    waiting = [iter(np.flatnonzero(line).tolist()) for line in lines]
    found: set[int] = set()
    while waiting and len(found) < MOST:
        for line in list(waiting):
            fresh = next((place for place in line if place not in found), None)
            if fresh is None:
                waiting.remove(line)
            elif len(found) < MOST:
                found.add(fresh)
    return sorted(found) or list(range(min(MOST, size)))
