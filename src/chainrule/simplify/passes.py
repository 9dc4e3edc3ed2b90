"""The pass: a graph rebuilt in its simplest form, without what its outputs do not need."""

from __future__ import annotations

import functools
from typing import Any

from ..graph import Body, Graph, Variable, ancestors, extracted
from .bodies import kept_scans
from .merging import MergingGraph


def simplify(graph: Graph) -> Graph:
    """An equal graph of fewer or more stable operations; inputs and outputs stay what and where they are."""
    return simplified(graph)[0]


def simplified(graph: Graph) -> tuple[Graph, dict[int, Variable]]:
    """The same, and what became of each variable that is still there, by its number."""
    merged = MergingGraph(graph.name)
    known: dict[int, Variable] = {}
    for v in graph.inputs:
        copy = known[v.number] = merged.input(v.type, v.name, v.origin)
        copy.mask, copy.more_origins = v.mask, v.more_origins
    needed = ancestors(graph.outputs, stop=graph.inputs)
    kept = kept_scans(needed)
    for v in needed:
        if v.number in known:
            continue
        if v.operation is None:
            new = merged.constant(v.value, v.origin)
        else:
            parameters = _simplified(kept.get(v.results[0].number, v.parameters))
            new = merged.append(v.operation, tuple([known[u.number] for u in v.inputs]), parameters, v.origin)
        for old, copy in zip(v.results, new if isinstance(new, tuple) else (new,), strict=False):
            known[old.number] = copy
            if copy.operation is not None:
                merged.merge_origins(copy, [old])
    merged.outputs = [known[v.number] for v in graph.outputs]
    small, where = extracted(merged, merged.inputs, merged.outputs, graph.name)
    return small, {number: where[v.number] for number, v in known.items() if v.number in where}


def _simplified(parameters: tuple[Any, ...]) -> tuple[Any, ...]:
    for each in parameters:
        if type(each) is Body:
            return tuple(_simplified_body(p) if type(p) is Body else p for p in parameters)
    return parameters


@functools.lru_cache(maxsize=512)
def _simplified_body(body: Body) -> Body:
    return Body(simplify(body.graph))
