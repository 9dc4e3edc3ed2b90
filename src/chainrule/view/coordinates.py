"""Where the items of a level stand, from their ranks, their orders and their sizes; nothing else is looked at.

The page does the same when a group is opened or closed. So this is one small function of plain lists.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

SWEEPS: Final = 8
BESIDE: Final = 22.0  # between two boxes of a rank
BY_A_BEND: Final = 11.0  # between an edge and what it passes
BELOW: Final = 30.0  # between two ranks of boxes, at least
BY_A_BORDER: Final = 14.0  # between two ranks one of which has no boxes
STEEPEST: Final = 0.16  # of a gap's height, for each unit that an edge goes sideways through it
DEEPEST: Final = 90.0
LANE: Final = 9.0  # between two lanes
STRAIGHT: Final = 1e7  # the weight of what stands where it is told


@dataclass(slots=True)
class Places:
    """Where things stand within a level, from its upper left corner.

    Attributes
    ----------
    x, y : list of float
        The middle of each item, and its upper edge.
    tops, bottoms : list of float
        Of each rank: the band that boxes stand in. Between two bands there are edges only.
    lanes : list of float
        Of each lane its x.
    """

    x: list[float]
    y: list[float]
    tops: list[float]
    bottoms: list[float]
    lanes: list[float]
    width: float
    height: float


def coordinates(
    ranks: Sequence[int],
    orders: Sequence[int],
    straight: Sequence[bool],
    bends: Sequence[bool],
    pieces: Sequence[tuple[int, int, float, float]],
    sizes: Sequence[tuple[float, float]],
    lanes: int = 0,
) -> Places:
    """Places for the items of a level.

    Parameters
    ----------
    ranks, orders : sequence of int
    straight : sequence of bool
        Items of the spine, at most one in a rank: each is drawn straight below the one before.
    bends : sequence of bool
        Items that are places of an edge, and no boxes.
    pieces : sequence of (item, item, float, float)
        Parts of edges from one rank to the next; where they begin and end beside the middles of the items.
    sizes : sequence of (width, height)
    lanes : int
        How many edges run down beside everything.
    """
    rows: list[list[int]] = [[] for _ in range(max(ranks, default=-1) + 1)]
    for k in sorted(range(len(ranks)), key=lambda k: (ranks[k], orders[k])):
        rows[ranks[k]].append(k)
    above: list[list[tuple[int, float]]] = [[] for _ in ranks]
    below: list[list[tuple[int, float]]] = [[] for _ in ranks]
    for a, b, begin, end in pieces:
        above[b].append((a, begin - end))
        below[a].append((b, end - begin))
    x = _across(rows, straight, bends, above, below, sizes)
    left = min((x[k] - sizes[k][0] / 2 for k in range(len(x))), default=0.0)
    right = max((x[k] + sizes[k][0] / 2 for k in range(len(x))), default=0.0)
    x = [each - left for each in x]
    y, tops, bottoms = _down(rows, x, below, sizes)
    outside = [right - left + BY_A_BEND + LANE * k for k in range(lanes)]
    width = right - left if not lanes else outside[-1] + LANE
    return Places(x, y, tops, bottoms, outside, width, bottoms[-1] if bottoms else 0.0)


Neighbors = Sequence[Sequence[tuple[int, float]]]  # of each item: an item, and where that would like it to stand


def _across(
    rows: Sequence[Sequence[int]],
    straight: Sequence[bool],
    bends: Sequence[bool],
    above: Neighbors,
    below: Neighbors,
    sizes: Sequence[tuple[float, float]],
) -> list[float]:
    fixed = _spine(rows, straight, above)
    apart = [[_apart(a, b, bends, sizes) for a, b in itertools.pairwise(row)] for row in rows]
    x = [0.0] * len(sizes)
    for sweep in range(-1, SWEEPS):
        down = sweep % 2 == 0
        for r in range(len(rows)) if down else range(len(rows) - 1, -1, -1):
            row = rows[r]
            wanted, weights = [], []
            for k in row:
                near = [] if sweep < 0 else above[k] if down else below[k]
                if sweep >= SWEEPS - 2 or (sweep >= 0 and not near):
                    near = [*above[k], *below[k]]
                wanted.append(fixed.get(k, _median([x[j] + offset for j, offset in near]) if near else x[k]))
                weights.append(STRAIGHT if k in fixed else 4.0 if bends[k] else 1.0)
            for k, each in zip(row, packed(wanted, weights, apart[r]), strict=True):
                x[k] = fixed.get(k, each)
    return x


def _spine(rows: Sequence[Sequence[int]], straight: Sequence[bool], above: Neighbors) -> dict[int, float]:
    """Where the spine stands: each of its items so that its edge from the one before is straight."""
    fixed: dict[int, float] = {}
    for row in rows:
        for k in row:
            if straight[k]:
                fixed[k] = next((fixed[j] + offset for j, offset in above[k] if j in fixed), 0.0)
                break
    return fixed


def _apart(a: int, b: int, bends: Sequence[bool], sizes: Sequence[tuple[float, float]]) -> float:
    return (sizes[a][0] + sizes[b][0]) / 2 + (BY_A_BEND if bends[a] or bends[b] else BESIDE)


def _median(values: list[float]) -> float:
    values.sort()
    n = len(values)
    return (values[(n - 1) // 2] + values[n // 2]) / 2


def packed(wanted: Sequence[float], weights: Sequence[float], apart: Sequence[float]) -> list[float]:
    """Places in this order, at least so far apart, as near as can be to what is wanted (weighted least squares).

    Source
    ------
    Isotonic regression by pooling adjacent violators: Barlow et al., Statistical Inference under Order Restrictions
    (1972), section 1.2.
    """
    pools: list[tuple[float, float, int]] = []  # the place of the first, the weight, how many
    shift, shifts = 0.0, []
    for k, (place, weight) in enumerate(zip(wanted, weights, strict=True)):
        shift += apart[k - 1] if k else 0.0
        shifts.append(shift)
        place, count = place - shift, 1
        while pools and pools[-1][0] > place:
            other, its_weight, its_count = pools.pop()
            place = (place * weight + other * its_weight) / (weight + its_weight)
            weight, count = weight + its_weight, count + its_count
        pools.append((place, weight, count))
    found: list[float] = []
    for place, _, count in pools:
        found += [place + shifts[len(found) + k] for k in range(count)]
    return found


def _down(
    rows: Sequence[Sequence[int]], x: Sequence[float], below: Neighbors, sizes: Sequence[tuple[float, float]]
) -> tuple[list[float], list[float], list[float]]:
    y, tops, bottoms, at = [0.0] * len(x), [], [], 0.0
    heights = [max((sizes[k][1] for k in row), default=0.0) for row in rows]
    for r, row in enumerate(rows):
        height = heights[r]
        for k in row:
            y[k] = at + (height - sizes[k][1]) / 2
        tops.append(at)
        bottoms.append(at + height)
        farthest = max((abs(x[j] + offset - x[k]) for k in row for j, offset in below[k]), default=0.0)
        between_boxes = height > 0 and (r + 1 == len(rows) or heights[r + 1] > 0)
        at += height + min(DEEPEST, max(BELOW if between_boxes else BY_A_BORDER, STEEPEST * farthest))
    return y, tops, bottoms
