"""A variable: a node of the graph. It remembers the operation that made it, and what that operation was applied to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, final

from ..arraytype import ArrayType
from ..errors import Origin
from ..errors.origin import RawOrigin
from .naming import ScopePath

if TYPE_CHECKING:
    from .graph import Graph


class OperationLike(Protocol):
    """What the graph needs to know of an operation: an edge's label and its type rule. How it computes is not told."""

    name: str
    parameter_names: tuple[str, ...]

    def infer(self, types: tuple[ArrayType, ...], parameters: tuple[Any, ...]) -> ArrayType | tuple[ArrayType, ...]: ...


@final
class Variable:
    """One value of the graph: an input, a constant, or a result of an operation.

    Attributes
    ----------
    graph : Graph
        The one graph that it belongs to.
    number : int
        Its place in the graph; inputs of its operation have smaller ones.
    operation : OperationLike or None
        None for inputs and constants.
    inputs : tuple of Variable
        What the operation was applied to: its parents, an argument each, repeated where an argument is.
    parameters : tuple
        The operation's parameters that are no arrays (an axis, say), in the order of its parameter_names.
    part, parts : int, tuple of Variable or None
        For an operation of several results, which of them this is, and all of them.
    value : array or Python number, or None
        Of a constant.
    scope : tuple of (str, int)
        The named parts of the program in which it was made, from the outside in.
    origins : tuple of Origin
        The user's lines that it stands for: one when traced, more once equal variables have been merged.
    """

    __slots__ = (
        "graph",
        "inputs",
        "mask",
        "more_origins",
        "name",
        "number",
        "operation",
        "origin",
        "parameters",
        "part",
        "parts",
        "scope",
        "type",
        "value",
    )
    graph: Graph
    number: int
    type: ArrayType
    operation: OperationLike | None
    inputs: tuple[Variable, ...]
    parameters: tuple[Any, ...]
    part: int
    parts: tuple[Variable, ...] | None
    name: str | None
    origin: RawOrigin | None
    more_origins: tuple[RawOrigin, ...]
    value: Any
    scope: ScopePath
    mask: int  # one bit for each transform under way whose argument reaches it

    @property
    def shape(self) -> tuple[int, ...]:
        return self.type.shape

    @property
    def dtype(self) -> Any:
        return self.type.dtype

    @property
    def ndim(self) -> int:
        return self.type.ndim

    @property
    def size(self) -> int:
        return self.type.size

    @property
    def is_input(self) -> bool:
        return self.operation is None and self.value is None

    @property
    def is_constant(self) -> bool:
        return self.operation is None and self.value is not None

    @property
    def results(self) -> tuple[Variable, ...]:
        """All results of the operation that made it."""
        return self.parts or (self,)

    @property
    def origins(self) -> tuple[Origin, ...]:
        first = () if self.origin is None else (self.origin,)
        return tuple(Origin(raw) for raw in dict.fromkeys(first + self.more_origins))

    @property
    def label(self) -> str:
        """Its name, or a number for one that has none."""
        return self.name or f"v{self.number}"

    def __repr__(self) -> str:
        made = "constant" if self.is_constant else "input" if self.operation is None else self.operation.name
        return f"<{self.label}: {self.type} = {made}>"
