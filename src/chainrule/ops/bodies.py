"""What operations that hold a graph need done with it: to run it, and to differentiate through it.

How both are done well is known above this room, so it is registered from there. Without that a body is run node by
node, and cannot be differentiated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from ..arraytype import ArrayType
from ..errors import GraphError, InternalError
from ..graph import Body, Graph, Variable, between, paste
from ..original import np
from .algebra import zeros
from .evaluation import compute_all

Flags = tuple[bool, ...]
Inputs = Sequence[Variable]


class Runner(Protocol):
    """Makes of a body a function from the values of its inputs to the list of those of its outputs."""

    def __call__(self, body: Body) -> Callable[[Sequence[Any]], list[Any]]: ...


class Expander(Protocol):
    """Adds nodes to a graph: cotangents to the inputs, or tangents to the outputs; None where there is no path."""

    def __call__(self, outputs: Inputs, directions: Inputs, inputs: Inputs, /) -> list[Variable | None]: ...


_runner: list[Runner] = []
_expanders: dict[str, Expander] = {}


def register_runner(runner: Runner) -> None:
    _runner[:] = [runner]


def register_expanders(pull: Expander, push: Expander) -> None:
    _expanders.update(pull=pull, push=push)


def runner_of(body: Body) -> Callable[[Sequence[Any]], list[Any]]:
    return _runner[0](body) if _runner else lambda inputs: _run_plainly(body, inputs)


def _run_plainly(body: Body, inputs: Sequence[Any]) -> list[Any]:
    values: dict[int, Any] = {v.number: x for v, x in zip(body.graph.inputs, inputs, strict=True)}
    compute_all(body.graph.variables, values)
    return [values[v.number] for v in body.graph.outputs]


def pull_nodes(outputs: Inputs, y_bars: Inputs, inputs: Inputs) -> list[Variable | None]:
    """The cotangents of inputs, as nodes of their graph."""
    return _expander("pull")(outputs, y_bars, inputs)


def push_nodes(outputs: Inputs, x_dots: Inputs, inputs: Inputs) -> list[Variable | None]:
    """The tangents of outputs, as nodes of their graph."""
    return _expander("push")(outputs, x_dots, inputs)


def _expander(name: str) -> Expander:
    if not _expanders:
        raise InternalError("nothing has been registered that differentiates a body")
    return _expanders[name]


def is_reached(y: Variable, inputs: Inputs) -> bool:
    """Whether a derivative flows from one of the inputs to y."""
    return bool(inputs) and bool(between([y], inputs))


def pasted_outputs(body: Body, into: Graph, inputs: Inputs) -> list[Variable]:
    """What a body computes, as nodes of another graph."""
    known = {v.number: x for v, x in zip(body.graph.inputs, inputs, strict=True)}
    known = paste(body.graph.variables, into, known)
    return [known[v.number] for v in body.graph.outputs]


def inputs_like(graph: Graph, variables: Inputs, suffix: str = "") -> list[Variable]:
    """New inputs of the types of others, named after them."""
    return [graph.input(v.type, v.name and v.name + suffix) for v in variables]


def zeros_of(type_: ArrayType, graph: Graph | None) -> Any:
    """Zeros of a type, as a variable of a graph; without one, as an array."""
    return np.zeros(type_.shape, type_.dtype) if graph is None else zeros(graph, type_)


def graph_among(values: Sequence[Any]) -> Graph | None:
    """The graph of those that are variables."""
    return next((x.graph for x in values if isinstance(x, Variable)), None)


def one_or_all(results: Sequence[Any]) -> Any:
    """An operation of one result gives just that, another one a tuple."""
    return results[0] if len(results) == 1 else tuple(results)


def all_of(results: Any) -> tuple[Any, ...]:
    return results if isinstance(results, tuple) else (results,)


def check_inputs(name: str, body: Body, types: Sequence[ArrayType]) -> None:
    """Raise unless a body takes inputs of these types."""
    if body.in_types != tuple(types):
        raise GraphError(
            f"{name} does not give its body what that takes",
            got=", ".join(map(str, types)),
            wanted=", ".join(map(str, body.in_types)),
        )
