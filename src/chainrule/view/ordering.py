"""The order within each rank: by the middle of the neighbors, sweep by sweep; ties as the trace has them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from .levels import Level

SWEEPS = 6


def order(level: Level) -> None:
    """Give the items of a level, whose ranks are known, their places in the ranks."""
    items = level.items
    above: list[list[int]] = [[] for _ in items]
    below: list[list[int]] = [[] for _ in items]
    for a, b in segments(level):
        below[a].append(b)
        above[b].append(a)
    rows: list[list[int]] = [[] for _ in range(max((item.rank for item in items), default=-1) + 1)]
    for k, item in enumerate(items):
        rows[item.rank].append(k)
    for row in rows:  # the spine first, so that what belongs to it stands on its right
        row.sort(key=lambda k: not items[k].spine)
    place = [0.0] * len(items)
    _number(rows, place)
    best, fewest = [list(row) for row in rows], _crossings(rows, below, place)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        neighbors = above if down else below
        for row in rows if down else reversed(rows):
            row.sort(
                key=lambda k: sum(place[j] for j in neighbors[k]) / len(neighbors[k]) if neighbors[k] else place[k]
            )
            for position, k in enumerate(row):
                place[k] = float(position)
        crossings = _crossings(rows, below, place)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    for row in best:
        for position, k in enumerate(row):
            items[k].order = position


def segments(level: Level) -> list[tuple[int, int]]:
    """The pieces of all edges from rank to rank, each once; edges that take a lane have none."""
    found: dict[tuple[int, int], None] = {}
    for edge in level.edges:
        if edge.lane < 0:
            way = (edge.source, *edge.through, edge.target)
            found.update(dict.fromkeys(itertools.pairwise(way)))
    return list(found)


def _middle(places: list[float]) -> float:
    return sum(places) / len(places)


def _number(rows: Sequence[Sequence[int]], place: list[float]) -> None:
    for row in rows:
        for position, k in enumerate(row):
            place[k] = float(position)


def _crossings(rows: Sequence[Sequence[int]], below: Sequence[Sequence[int]], place: Sequence[float]) -> int:
    """How many pairs of pieces cross."""
    total = 0
    for row, next_row in itertools.pairwise(rows):
        ends = [int(place[b]) for k in row for b in sorted(below[k], key=lambda b: place[b])]
        total += _inversions(ends, len(next_row))
    return total


def _inversions(ends: Sequence[int], size: int) -> int:
    """How many pairs stand in the wrong order, by counting in a Fenwick tree."""
    counts, total = [0] * (size + 1), 0
    for seen, end in enumerate(ends):
        k, not_greater = end + 1, 0
        while k > 0:
            not_greater += counts[k]
            k -= k & -k
        total += seen - not_greater
        k = end + 1
        while k <= size:
            counts[k] += 1
            k += k & -k
    return total
