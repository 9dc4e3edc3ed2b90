"""The graph that was there when something failed: kept as it stood, and made a graph of its own when it is asked for.

Keeping costs a list of references, so that a program that handles its errors does not pay for pictures of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, final

from ..arraytype import ArrayType
from ..errors import DerivativeError, GraphError
from ..errors.operands import Operand
from ..errors.origin import RawOrigin
from ..original import np
from .copying import with_assigned_names
from .graph import Graph
from .variable import Variable

MOST: Final = 5000  # variables that are looked at; of more, the last ones


@final
class FailedOperation:
    """Stands for what could not be done: an edge to nothing. It is of no catalogue."""

    __slots__ = ("name", "reason", "verb")
    parameter_names: tuple[str, ...] = ()

    def __init__(self, verb: str, reason: str):
        self.name, self.verb, self.reason = f"failed_{verb}", verb, reason

    def infer(self, types: tuple[ArrayType, ...], parameters: tuple[Any, ...]) -> ArrayType:
        return NOTHING

    def compute(self, values: Sequence[Any], parameters: tuple[Any, ...]) -> Any:
        raise GraphError(f"{self.verb} failed when the graph was traced, and has no value", got=self.reason)

    def local_jacobians(self, *arguments: Any) -> Any:
        raise DerivativeError(f"{self.verb} failed when the graph was traced, and has no derivative", got=self.reason)


NOTHING: Final = ArrayType((), bool)  # the type of what was never made


class Failure(NamedTuple):
    """What failed: its name, what it was applied to (variables or plain arrays), the user's line."""

    name: str
    operands: tuple[tuple[Any, Operand], ...]
    origin: RawOrigin | None


class Unfinished(NamedTuple):
    """A graph as it stood. Numbers may have changed since, so variables are known by their place in the list.

    Attributes
    ----------
    several : sequence
        The results of each operation that had more than one.
    values : mapping
        Those that were known, by place.
    """

    variables: Sequence[Variable]
    several: Sequence[tuple[Variable, ...]]
    values: Mapping[int, Any]
    failure: Failure | None
    reason: str

    @property
    def is_empty(self) -> bool:
        """Whether nothing had been done yet, and nothing failed of which a picture could be made."""
        return self.failure is None and all(v.operation is None for v in self.variables)


def finished(kept: Unfinished) -> tuple[Graph, dict[int, Any]]:
    """The graph, with what failed as its output; and the values that were known, by number.

    Of a very large one, its end: what is used there and was made before is an input.
    """
    graph, known, values = Graph(_name(kept)), {}, {}
    group = {v: parts for parts in kept.several for v in parts}
    first = max(0, len(kept.variables) - MOST)
    places = {v: place for place, v in enumerate(kept.variables)}

    def stands_for(v: Variable) -> Variable:
        if v not in known:
            known[v] = graph.constant(v.value) if v.is_constant else graph.input(v.type, v.name)
            _mark(known[v], v)
        return known[v]

    for v in kept.variables[first:]:
        if v in known or v.is_constant:  # a constant comes with what uses it
            continue
        if v.operation is None:
            stands_for(v)
            continue
        made = graph.append(v.operation, tuple(map(stands_for, v.inputs)), v.parameters, v.origin)
        for old, new in zip(group.get(v, (v,)), made if isinstance(made, tuple) else (made,), strict=True):
            _mark(new, old)
            known[old] = new
    for v, new in known.items():
        place = places.get(v, -1)
        if place in kept.values:
            values[new.number] = kept.values[place]
    with_assigned_names(graph)
    if kept.failure is not None:
        name, operands, origin = kept.failure
        inputs = tuple(
            [
                stands_for(x) if type(x) is Variable and x in places else _plain(graph, x, each.name)
                for x, each in operands
            ]
        )
        graph.outputs = [graph.append(FailedOperation(name, kept.reason), inputs, (), origin)]
    return graph, values


def _name(kept: Unfinished) -> str:
    """That of the user's function in which it came to its end."""
    origins = [v.origin for v in kept.variables if v.operation is not None and v.origin is not None]
    last = kept.failure.origin if kept.failure is not None else origins[-1] if origins else None
    return last[0].co_name if last is not None and last[0].co_name.isidentifier() else "graph"


def _plain(graph: Graph, x: Any, name: str | None) -> Variable:
    """What no variable stands for."""
    if type(x) is Variable:  # of another graph
        return graph.input(x.type, name or x.name)
    v = graph.constant(x if isinstance(x, (np.ndarray, np.generic)) else np.asarray(x))
    v.name = name
    return v


def _mark(copy: Variable, old: Variable) -> None:
    copy.name, copy.origin, copy.more_origins, copy.scope = old.name, old.origin, old.more_origins, old.scope
