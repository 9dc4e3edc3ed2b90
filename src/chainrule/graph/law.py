"""The law of a legal graph, checked between passes in tests and on request."""

from __future__ import annotations

from ..arraytype import ArrayType
from ..errors import GraphError
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
            continue
        for u in v.inputs:
            if u.graph is not graph:
                raise foreign(u)
            if u.number >= place:
                raise GraphError(
                    f"{v.label} is made from {u.label}, which comes after it: a cycle",
                    wanted="parents before children",
                )
        result = v.operation.infer(tuple(u.type for u in v.inputs), v.parameters)
        types = (result,) if isinstance(result, ArrayType) else result
        if len(types) != len(v.results) or types[v.part] is not v.type:
            raise GraphError(
                f"the type of {v.label} is not what {v.operation.name} gives", got=f"{v.type}", wanted=f"{types}"
            )
        if v.results[v.part] is not v:
            raise GraphError(f"{v.label} is not part {v.part} of the results that it names")
    for v in (*graph.inputs, *graph.outputs):
        if not (v.number < len(graph) and graph.variables[v.number] is v):
            raise foreign(v)


def _check_leaf(graph: Graph, v: Variable, inputs: set[int]) -> None:
    if v.is_constant and ArrayType.of(v.value) is not v.type:
        raise GraphError(f"{v.label} says {v.type} and holds {ArrayType.of(v.value)}")
    if v.is_input and v.number not in inputs:
        raise GraphError(
            f"{v.label} has neither an operation nor a value, and is not among the inputs",
            got=f"inputs {[u.label for u in graph.inputs]}",
        )
