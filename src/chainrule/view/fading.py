"""Where a gradient dies, or grows beyond measure: the gains of the edges on its way back, multiplied."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import NamedTuple

from ..graph import Graph, Variable


class Fading(NamedTuple):
    """The way from a result back to a variable that lets most of the gradient through.

    Attributes
    ----------
    path : list of int
        Numbers of variables, from the result on.
    products : list of float
        For each the product of the gains up to there; 1 at the result.
    at : int
        The variable behind the edge that weakens (or strengthens) the gradient most.
    """

    path: list[int]
    products: list[float]
    at: int


def fading(graph: Graph, gains: Mapping[tuple[int, int], float], x: Variable) -> Fading | None:
    """The way back to x whose gains have the greatest product; None where no gradient comes to it."""
    best: dict[int, float] = {y.number: 0.0 for y in graph.outputs}  # logarithms, as products of many leave the range
    came: dict[int, int] = {}
    for v in reversed(graph.variables):
        if v.number not in best:
            continue
        for k, u in enumerate(v.inputs):
            gain = gains.get((v.number, k), 0.0)
            if 0 < gain < math.inf and best[v.number] + math.log(gain) > best.get(u.number, -math.inf):
                best[u.number] = best[v.number] + math.log(gain)
                came[u.number] = v.number
    if x.number not in best:
        return None
    path = [x.number]
    while path[-1] in came:
        path.append(came[path[-1]])
    path.reverse()
    changes = [abs(best[b] - best[a]) for a, b in itertools.pairwise(path)]
    at = path[1 + max(range(len(changes)), key=changes.__getitem__)] if changes else x.number
    return Fading(path, [_exponential(best[n]) for n in path], at)


def _exponential(x: float) -> float:
    return math.exp(x) if x < 709 else math.inf
