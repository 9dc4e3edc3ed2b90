"""Forward propagation: a variable gets its value as soon as its parents have theirs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ..errors import ArgumentError, ShapeError
from ..graph import Graph, Variable
from ..ops.evaluation import Values, compute, compute_all
from ..original import np


def forward_propagation(graph: Graph, inputs: Sequence[Any], order: Iterable[Variable] | None = None) -> Values:
    """Algorithm 6.1: the value of every variable.

    Parameters
    ----------
    inputs : sequence of array
        A value for each of the graph's inputs.
    order : iterable of Variable, optional
        Any order that has parents before children; that of the graph by default.
    """
    values = input_values(graph, inputs)
    compute_all(graph.variables if order is None else order, values)
    return values


def steps(graph: Graph, inputs: Sequence[Any]) -> Iterator[tuple[Variable, Any]]:
    """The same, one variable at a time."""
    values = input_values(graph, inputs)
    for u in graph.variables:
        if u.number not in values:
            compute(u, values)
        yield u, values[u.number]


def evaluate(targets: Sequence[Variable], values: Values) -> list[Any]:
    """The values of some variables, and of no more than they need; `values` knows some and learns the others."""
    needed: dict[int, Variable] = {}
    waiting = [v for v in targets if v.number not in values]
    while waiting:
        v = waiting.pop()
        if v.number not in needed:
            needed[v.number] = v
            waiting.extend([u for u in v.inputs if u.number not in values])
    compute_all([needed[number] for number in sorted(needed)], values)
    return [values[v.number] for v in targets]


def complete(graph: Graph, values: Values) -> None:
    """Compute what follows from the values that are known, as far as that goes; nothing is raised."""
    with np.errstate(all="ignore"):
        for v in graph.variables:
            if v.is_constant:
                values.setdefault(v.number, v.value)
            if v.number in values or v.is_input or any(u.number not in values for u in v.inputs):
                continue
            with contextlib.suppress(Exception):
                compute(v, values)


def input_values(graph: Graph, inputs: Sequence[Any]) -> Values:
    """The inputs by number, each an array of its variable's type."""
    if len(inputs) != len(graph.inputs):
        raise ArgumentError(f"{graph.name} has {len(graph.inputs)} inputs, not {len(inputs)}")
    values: Values = {}
    for v, given in zip(graph.inputs, inputs, strict=True):
        array = np.asarray(given)
        if array.shape != v.shape:
            raise ShapeError(
                f"the input {v.label} has shape {v.shape}, not {array.shape}", got=f"{array.shape}", wanted=f"{v.type}"
            )
        if not np.can_cast(array.dtype, v.dtype, "same_kind"):
            raise ArgumentError(f"the input {v.label} has dtype {v.dtype}, to which {array.dtype} cannot be converted")
        values[v.number] = array.astype(v.dtype, copy=False)
    return values
