"""A finished graph applied to arrays: computed, or where one of them is traced, added to its trace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..graph import Graph, Variable, paste
from ..interpret import evaluate
from ..original import np
from ..tracing import Array, Trace, trace_of, variable_of, wrap
from ..tracing.array import ARRAY, SCALAR
from .scope import owned, read_only


def applied(graph: Graph, inputs: Sequence[Any]) -> list[Any]:
    """The outputs for a value of each input, which has its type: arrays that nothing else refers to, or traced ones."""
    trace = trace_of(*inputs)
    if trace is not None:
        known = pasted(graph, inputs, trace)
        return [traced(trace, known[y.number]) for y in graph.outputs]
    values = {v.number: x for v, x in zip(graph.inputs, inputs, strict=True)}
    with np.errstate(all="ignore"):
        return [owned(read_only(np.asarray(y))) for y in evaluate(graph.outputs, values)]


def pasted(graph: Graph, inputs: Sequence[Any], trace: Trace) -> Mapping[int, Variable]:
    """Add all that a graph computes to a trace; where each of its variables went, by number."""
    known = {v.number: variable_of(x, trace) for v, x in zip(graph.inputs, inputs, strict=True)}
    return paste(graph.variables, trace.graph, known)


def traced(trace: Trace, v: Variable) -> Array:
    """A result of NumPy functions: without axes it is a scalar."""
    return wrap(trace, v, ARRAY if v.shape else SCALAR)
