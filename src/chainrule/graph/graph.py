"""A computational graph: variables are nodes, operations edges. Plain data; it grows at its end and runs nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..arraytype import ArrayType
from ..errors import ForeignVariableError
from ..errors.origin import RawOrigin
from ..original import np
from .naming import under_way
from .variable import OperationLike, Variable


class Graph:
    """Variables in an order in which every one comes after its parents, some marked as inputs and outputs."""

    __slots__ = ("__weakref__", "inputs", "locate", "name", "outputs", "several", "variables")

    def __init__(self, name: str = "graph", locate: Callable[[], RawOrigin | None] | None = None):
        """`locate` finds the user's line for variables that are appended without one."""
        self.name, self.locate = name, locate
        self.variables: list[Variable] = []
        self.inputs: list[Variable] = []
        self.outputs: list[Variable] = []
        self.several: list[tuple[Variable, ...]] = []  # the results of each operation that has more than one

    def __len__(self) -> int:
        return len(self.variables)

    def input(self, type: ArrayType, name: str | None = None, origin: RawOrigin | None = None) -> Variable:
        variable = self._new(type, None, (), (), origin)
        variable.name = name
        self.inputs.append(variable)
        return variable

    def constant(self, value: Any, origin: RawOrigin | None = None) -> Variable:
        """A variable that holds an array (which must not change any more, and cannot be changed through it)."""
        value = value if isinstance(value, (np.ndarray, np.generic)) else np.asarray(value)
        if value.ndim and value.flags.writeable:
            value = value.view()
            value.flags.writeable = False
        variable = self._new(ArrayType(value.shape, value.dtype), None, (), (), origin)
        variable.value = value
        return variable

    def append(
        self,
        operation: OperationLike,
        inputs: tuple[Variable, ...],
        parameters: tuple[Any, ...] = (),
        origin: RawOrigin | None = None,
    ) -> Any:
        """The result of an operation, as a new variable; a tuple of them where there are several."""
        for variable in inputs:
            if variable.graph is not self:
                raise foreign(variable)
        if origin is None and self.locate is not None:
            origin = self.locate()
        result = operation.infer(tuple([variable.type for variable in inputs]), parameters)
        if type(result) is ArrayType:
            return self._new(result, operation, inputs, parameters, origin)
        parts = tuple(self._new(each, operation, inputs, parameters, origin) for each in result)
        for number, variable in enumerate(parts):
            variable.part, variable.parts = number, parts
        self.several.append(parts)
        return parts

    def _new(
        self,
        type: ArrayType,
        operation: OperationLike | None,
        inputs: tuple[Variable, ...],
        parameters: tuple[Any, ...],
        origin: RawOrigin | None,
    ) -> Variable:
        variable = Variable.__new__(Variable)
        variable.graph, variable.type, variable.operation = self, type, operation
        variable.inputs, variable.parameters, variable.origin = inputs, parameters, origin
        variable.part, variable.parts, variable.name, variable.value = 0, None, None, None
        variable.more_origins, variable.scope = (), under_way.path
        mask = 0
        for each in inputs:
            mask |= each.mask
        variable.mask = mask
        variables = self.variables
        variable.number = len(variables)
        variables.append(variable)
        return variable

    def merge_origins(self, kept: Variable, others: Iterable[Variable]) -> None:
        """Let a variable stand for the origins (and the name) of others that it replaces."""
        for other in others:
            raw = () if other.origin is None else (other.origin,)
            more = dict.fromkeys(kept.more_origins + raw + other.more_origins)
            more.pop(kept.origin, None)  # type: ignore[arg-type]
            kept.more_origins = tuple(more)
            kept.name = kept.name or other.name

    def release(self) -> None:
        """Forget all variables, so that nothing waits for the cycle collector. The graph is dead then."""
        for parts in self.several:
            for variable in parts:
                variable.parts = None
        self.variables, self.inputs, self.outputs, self.several = [], [], [], []


def foreign(variable: Variable) -> ForeignVariableError:
    """The error for a variable that has strayed into another graph."""
    made = f", made at {variable.origins[0]}" if variable.origin else ""
    return ForeignVariableError(
        f"{variable.label} belongs to another graph and cannot be used in this one",
        got=f"{variable.label} {variable.type}{made}",
        wanted="variables of one graph",
        try_="pass the value into the function that is traced, or return it from there",
    )


def graph_of(variables: Sequence[Variable]) -> Graph:
    """The one graph that all of them belong to."""
    graph = variables[0].graph
    for variable in variables:
        if variable.graph is not graph:
            raise foreign(variable)
    return graph
