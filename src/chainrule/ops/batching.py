"""A graph of one sample as a graph of many: every operation by its own rule, or one sample after the other.

What does not depend on a sample stays as it is and is computed once.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from ..errors import InternalError
from ..graph import Body, Graph, Variable
from .batch_axis import number_of_samples, repeated
from .bodies import all_of
from .operation import CATALOGUE

Flags = tuple[bool, ...]


def batched_outputs(
    graph: Graph, into: Graph, inputs: Sequence[Variable], lifted: Sequence[bool]
) -> tuple[list[Variable], list[bool]]:
    """What a graph computes, as nodes of another graph, for as many samples as the batch axes of its inputs are long.

    Parameters
    ----------
    inputs : sequence of Variable
        One for each input of the graph, of its type; where lifted with a batch axis in front.

    Returns
    -------
    outputs : list of Variable
    lifted : list of bool
        Whether an output depends on the sample, and has a batch axis.
    """
    locate, into.locate = into.locate, None  # the lines are those of the graph
    try:
        return _batched_outputs(graph, into, inputs, lifted)
    finally:
        into.locate = locate


def _batched_outputs(
    graph: Graph, into: Graph, inputs: Sequence[Variable], lifted: Sequence[bool]
) -> tuple[list[Variable], list[bool]]:
    known = {v.number: x for v, x in zip(graph.inputs, inputs, strict=True)}
    many = {v.number for v, is_lifted in zip(graph.inputs, lifted, strict=True) if is_lifted}
    for v in graph.variables:
        if v.number in known:
            continue
        if v.operation is None:
            known[v.number] = into.constant(v.value)
            continue
        xs = [known[u.number] for u in v.inputs]
        flags = tuple(u.number in many for u in v.inputs)
        first = len(into)
        results = _batched(v, xs, flags) if any(flags) else all_of(into.append(v.operation, tuple(xs), v.parameters))
        for made in into.variables[first:]:
            made.origin = v.origin
        for old, new in zip(v.results, results, strict=True):
            known[old.number] = new
            if len(new.shape) > len(old.shape):
                many.add(old.number)
    return [known[y.number] for y in graph.outputs], [y.number in many for y in graph.outputs]


def _batched(v: Variable, xs: Sequence[Variable], lifted: Flags) -> tuple[Variable, ...]:
    operation: Any = v.operation
    results: Any = NotImplemented
    if operation.batch is not None:
        results = operation.batch(operation, xs, lifted, **operation.named(v.parameters))
    if results is NotImplemented:
        return one_by_one(operation, xs, lifted, v.parameters)
    results, count = all_of(results), number_of_samples(xs, lifted)
    for old, new in zip(v.results, results, strict=True):
        if new.type is not old.type and new.type is not old.type.with_shape((count, *old.shape)):
            raise InternalError(f"the batch rule of {operation.name} makes {new.type} of {old.type}")
    return results


def in_groups(operation: Any, xs: Sequence[Variable], lifted: Flags, parameters: tuple[Any, ...]) -> Any:
    """The samples together that have the same first argument, by which the operation decides what to do."""
    body = Body(_of_one(operation, xs, lifted, parameters)[0])
    nothing = {"zeroed": (False,) * (len(xs) - 1), "summed": (False,) * len(body.out_types)}
    return CATALOGUE["grouped"](*xs, body=body, lifted=lifted[1:], **nothing)


def _of_one(
    operation: Any, xs: Sequence[Variable], lifted: Flags, parameters: tuple[Any, ...]
) -> tuple[Graph, list[Variable]]:
    """The operation for a sample, as a graph, and its inputs."""
    step = Graph(operation.name)
    inputs = [
        step.input(x.type.with_shape(x.shape[1:]) if is_lifted else x.type)
        for x, is_lifted in zip(xs, lifted, strict=True)
    ]
    step.outputs = list(all_of(step.append(operation, tuple(inputs), parameters)))
    return step, inputs


def one_by_one(
    operation: Any, xs: Sequence[Variable], lifted: Flags, parameters: tuple[Any, ...]
) -> tuple[Variable, ...]:
    """One sample after the other, as a loop of a single operation."""
    step, inputs = _of_one(operation, xs, lifted, parameters)

    def in_order(each: Sequence[Variable]) -> list[Variable]:
        """What all samples share first."""
        shared = [x for x, is_lifted in zip(each, lifted, strict=True) if not is_lifted]
        return shared + [x for x, is_lifted in zip(each, lifted, strict=True) if is_lifted]

    step.inputs = in_order(inputs)
    about = {"body": Body(step), "held": lifted.count(False), "carried": 0, "length": number_of_samples(xs, lifted)}
    return all_of(CATALOGUE["scan"](*in_order(xs), **about, reverse=False, keep=False))


@functools.lru_cache(maxsize=512)
def batched_body(body: Body, lifted: Flags, count: int, always: Flags) -> tuple[Body, Flags]:
    """A body for so many samples, and which of its outputs have a batch axis: those of `always`, whatever they are."""
    graph = Graph(f"{body.graph.name}_batch")
    graph.inputs = [
        graph.input(v.type.with_shape((count, *v.shape)) if is_lifted else v.type, v.name)
        for v, is_lifted in zip(body.graph.inputs, lifted, strict=True)
    ]
    outputs, found = batched_outputs(body.graph, graph, list(graph.inputs), lifted)
    graph.outputs = [
        repeated(y, count) if is_wanted and not is_found else y
        for y, is_found, is_wanted in zip(outputs, found, always, strict=True)
    ]
    return Body(graph), tuple(a or b for a, b in zip(found, always, strict=True))
