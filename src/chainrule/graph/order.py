"""Orders and neighbourhoods in a graph, all iterative: a chain of 100,000 operations is no deeper than one of three."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .graph import Graph
from .variable import Variable


def ancestors(outputs: Iterable[Variable], stop: Iterable[Variable] = ()) -> list[Variable]:
    """The outputs and all that they are made from, parents first; `stop` is not looked behind (but is included)."""
    found: dict[int, Variable] = {}
    barrier = {v.number for v in stop}
    waiting = list(outputs)
    while waiting:
        v = waiting.pop()
        if v.number not in found:
            found[v.number] = v
            if v.number not in barrier:
                waiting.extend(v.inputs)
    return [found[n] for n in sorted(found)]


def descendants(inputs: Sequence[Variable]) -> list[Variable]:
    """The inputs and all that is made from them, parents first."""
    if not inputs:
        return []
    reached = {v.number for v in inputs}
    graph = inputs[0].graph
    for v in graph.variables[min(reached) :]:
        if v.number not in reached and any(u.number in reached for u in v.inputs):
            reached.add(v.number)
    return [graph.variables[n] for n in sorted(reached)]


def between(outputs: Sequence[Variable], inputs: Sequence[Variable]) -> list[Variable]:
    """The variables on a path from an input to an output along which derivatives flow, parents first.

    Integers and booleans carry no derivative; what only leads through them is left out.
    """
    first = min((v.number for v in inputs), default=0)
    reached = {v.number for v in inputs}
    needed: dict[int, Variable] = {}
    waiting = list(outputs)
    while waiting:
        v = waiting.pop()
        if v.number in needed or v.number < first or v.type.dtype.kind not in "fc":
            continue
        needed[v.number] = v
        waiting.extend(v.inputs)
    path = []
    for n in sorted(needed):
        v = needed[n]
        if n not in reached:
            for u in v.inputs:
                if u.number in reached:
                    reached.add(n)
                    break
            else:
                continue
        path.append(v)
    return path


def consumers(graph: Graph) -> list[list[tuple[Variable, int]]]:
    """For each variable, the variables made from it and which argument it is there."""
    found: list[list[tuple[Variable, int]]] = [[] for _ in graph.variables]
    for v in graph.variables:
        for k, u in enumerate(v.inputs):
            found[u.number].append((v, k))
    return found


def operations(graph: Graph) -> Iterator[Variable]:
    """The first result of every operation, in order."""
    return (v for v in graph.variables if v.operation is not None and v.part == 0)
