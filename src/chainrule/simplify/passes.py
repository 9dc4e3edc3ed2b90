"""The pass: a graph rebuilt in its simplest form, without what its outputs do not need."""

from __future__ import annotations

from ..graph import Graph, Variable, ancestors, extract
from .merging import MergingGraph


def simplify(graph: Graph) -> Graph:
    """An equal graph of fewer or more stable operations; inputs and outputs stay what and where they are."""
    merged = MergingGraph(graph.name)
    known: dict[int, Variable] = {}
    for v in graph.inputs:
        copy = known[v.number] = merged.input(v.type, v.name, v.origin)
        copy.mask, copy.more_origins = v.mask, v.more_origins
    for v in ancestors(graph.outputs, stop=graph.inputs):
        if v.number in known:
            continue
        if v.operation is None:
            new = merged.constant(v.value, v.origin)
        else:
            new = merged.append(v.operation, tuple([known[u.number] for u in v.inputs]), v.parameters, v.origin)
        for old, copy in zip(v.results, new if isinstance(new, tuple) else (new,), strict=True):
            known[old.number] = copy
            if copy.operation is not None:
                merged.merge_origins(copy, [old])
    merged.outputs = [known[v.number] for v in graph.outputs]
    return extract(merged, merged.inputs, merged.outputs, graph.name)
