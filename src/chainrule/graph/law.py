"""The law of a legal graph, checked between passes in tests and on request."""

from __future__ import annotations

from ..arraytype import ArrayType
from ..errors import ChainruleError, GraphError
from .graph import Graph, foreign
from .variable import Variable


def check(graph: Graph) -> None:
    """Raise GraphError unless parents come before children, types agree and no name dangles.

    Raises
    ------
    GraphError
        With the variable and the rule that it breaks.
    """
    inputs = {v.number for v in graph.inputs}
    for place, v in enumerate(graph.variables):
        if v.graph is not graph:
            raise foreign(v)
        if v.number != place:
            raise GraphError(f"{v.label} stands at place {place} but says that it is number {v.number}")
        if v.operation is None:
            _check_leaf(graph, v, inputs)
        else:
            _check_parents(graph, v)
            _check_results(v)
    for v in (*graph.inputs, *graph.outputs):
        _check_place(graph, v, "is among the inputs or outputs")
    for v in graph.inputs:
        if not v.is_input:
            raise GraphError(f"{v.label} is among the inputs and has an operation or a value", got=repr(v))
    if len(inputs) < len(graph.inputs):
        raise GraphError("an input stands twice among the inputs", got=f"inputs {[u.label for u in graph.inputs]}")


def _check_leaf(graph: Graph, v: Variable, inputs: set[int]) -> None:
    if v.is_constant and ArrayType.of(v.value) is not v.type:
        raise GraphError(f"{v.label} says {v.type} and holds {ArrayType.of(v.value)}")
    if v.is_input and v.number not in inputs:
        raise GraphError(
            f"{v.label} has neither an operation nor a value, and is not among the inputs",
            got=f"inputs {[u.label for u in graph.inputs]}",
        )


def _check_parents(graph: Graph, v: Variable) -> None:
    for u in v.inputs:
        if u.graph is graph and u.number >= v.number:
            raise GraphError(
                f"{v.label} is made from {u.label}, which comes after it: a cycle",
                wanted="parents before children",
            )
        _check_place(graph, u, f"is a parent of {v.label}")


def _check_place(graph: Graph, v: Variable, role: str) -> None:
    if v.graph is not graph:
        raise foreign(v)
    if not (v.number < len(graph) and graph.variables[v.number] is v):
        raise GraphError(f"{v.label} {role} and does not stand in the graph: a dangling name")


def _check_results(v: Variable) -> None:
    operation = v.operation
    assert operation is not None
    if len(v.parameters) != len(operation.parameter_names):
        wanted = ", ".join(operation.parameter_names) or "none"
        raise GraphError(f"{v.label} has not the parameters of {operation.name}", got=repr(v.parameters), wanted=wanted)
    try:
        result = operation.infer(tuple(u.type for u in v.inputs), v.parameters)
    except (ChainruleError, TypeError) as error:
        got = ", ".join(str(u.type) for u in v.inputs)
        raise GraphError(f"{operation.name} cannot be applied to what {v.label} is made from", got=got) from error
    types = (result,) if isinstance(result, ArrayType) else result
    if not 0 <= v.part < len(types) == len(v.results) or v.results[v.part] is not v:
        raise GraphError(f"{v.label} is not result {v.part} of the {len(types)} that {operation.name} gives")
    if types[v.part] is not v.type:
        raise GraphError(
            f"the type of {v.label} is not what {operation.name} gives", got=f"{v.type}", wanted=f"{types[v.part]}"
        )
