"""Backward plans by structural key: a repeated plain `grad` costs the tracing and little more.

A plan is a graph simplified, expanded with gradients, simplified again and written as straight-line Python. Captured
arrays are inputs of the plan, so their values may change from call to call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..backprop import back_propagation_nodes
from ..backprop.walk import back_propagation
from ..graph import Graph, Variable, ancestors, extract, is_slot, structural_key
from ..interpret import Plan
from ..locks import new_lock
from ..ops.algebra import zeros
from ..ops.blame import take_blame
from ..ops.evaluation import compute_all
from ..original import np
from ..simplify import simplify
from ..tracing import Trace, quiet

_MOST = 512
_plans: dict[tuple[Any, ...], Plan] = {}
_lock = new_lock()


def planned(
    trace: Trace,
    purpose: str,
    inputs: Sequence[Variable],
    outputs: Sequence[Variable],
    expand: Callable[[Graph], None],
    loud: int,
) -> list[Any]:
    """Run what `expand` makes of the traced graph from inputs to outputs; planned at the first sight of its structure.

    Parameters
    ----------
    purpose : str
        Tells apart different expansions of one structure.
    expand : callable
        Adds nodes to a simplified graph and sets its outputs.
    """
    graph = trace.graph
    slots = [v for v in graph.variables if v.operation is None and is_slot(v)]
    trace.check_captured()
    numbers = (tuple(v.number for v in inputs), tuple(v.number for v in outputs))
    loud = 0 if trace.silenced else loud
    key = (purpose, numbers, loud, structural_key(graph))
    plan = _plans.get(key)
    if plan is None:
        small = simplify(extract(graph, [*inputs, *slots], outputs, purpose))
        expand(small)
        plan = Plan(simplify(small), loud)
        with _lock:
            if len(_plans) >= _MOST:
                _plans.pop(next(iter(_plans)))
            _plans[key] = plan
    with quiet():
        try:
            return plan([*(trace.values[v.number] for v in inputs), *(v.value for v in slots)])
        except Exception as error:
            name_the_line(error, trace, outputs)
            raise


def name_the_line(error: Exception, trace: Trace, outputs: Sequence[Variable]) -> None:
    """Find the operation that fails by computing step by step: a plan may have been made for another program."""
    values = dict(trace.values)
    try:
        with np.errstate(all="ignore"):
            compute_all(ancestors(outputs), values)
            seeds = {y: np.ones(y.shape, y.dtype) for y in outputs if y.type.carries_derivative}
            back_propagation(trace.graph, values, seeds)
    except Exception as found:
        take_blame(error, found)


def gradient_plan(trace: Trace, inputs: Sequence[Variable], y: Variable) -> list[Any]:
    """The value of a scalar y and its gradient by each input."""

    def expand(graph: Graph) -> None:
        (output,) = graph.outputs
        seed = graph.constant(np.ones((), output.dtype))
        sources = graph.inputs[: len(inputs)]
        gradients = back_propagation_nodes([output], [seed], sources)
        graph.outputs = [
            output,
            *(zeros(graph, x.type) if g is None else g for x, g in zip(sources, gradients, strict=True)),
        ]

    return planned(trace, "gradient", inputs, [y], expand, loud=1)


def clear_plans() -> None:
    """Forget all plans."""
    with _lock:
        _plans.clear()
