"""One piece of memory for all that a call computes on the way: whose lives do not overlap share a place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..graph import Variable

ALIGNMENT = 64  # bytes: a cache line, and the widest vector


class Life(NamedTuple):
    """Of one buffer: from the step that writes it to the last that reads it, both included."""

    size: int  # [bytes]
    first: int
    last: int


def arranged(lives: Sequence[Life]) -> tuple[list[int], int]:
    """An offset for each buffer, and the size of the whole [bytes]: the largest first, each as low as it fits."""
    offsets = [0] * len(lives)
    alive: dict[int, list[int]] = {}  # the placed buffers that live in each step
    total = 0
    for k in sorted(range(len(lives)), key=lambda k: -lives[k].size):
        size, first, last = lives[k]
        size = rounded(size)
        beside = {n for step in range(first, last + 1) for n in alive.get(step, ())}
        at = 0
        for start, stop in sorted((offsets[n], offsets[n] + rounded(lives[n].size)) for n in beside):
            if start - at >= size:
                break
            at = max(at, stop)
        offsets[k] = at
        for step in range(first, last + 1):
            alive.setdefault(step, []).append(k)
        total = max(total, at + size)
    return offsets, total


def lower_bound(lives: Sequence[Life]) -> int:
    """What is alive at once at the most [bytes]: no arrangement needs less."""
    steps = {life.first for life in lives}
    return max((sum(rounded(x.size) for x in lives if x.first <= step <= x.last) for step in steps), default=0)


def rounded(size: int) -> int:
    """To whole lines [bytes]."""
    return -(-size // ALIGNMENT) * ALIGNMENT


def bytes_of(v: Variable) -> int:
    """The size of the array that a variable stands for."""
    return v.size * v.dtype.itemsize
