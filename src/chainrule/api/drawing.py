"""What the face of a graph needs of the room that draws, which is above this one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Protocol, TypeVar

from ..above import provider
from ..graph import Graph, Variable

Result = TypeVar("Result", covariant=True)


class Draw(Protocol[Result]):
    """One way to show graph data and its numbers.

    It takes the values by the number of the variable and the gradient to start from at each output, or None; and which
    inputs are parameters.
    """

    def __call__(
        self,
        graph: Graph,
        values: Mapping[int, Any] | None,
        seeds: Mapping[Variable, Any] | None,
        parameters: Collection[int] | None,
        **options: Any,
    ) -> Result: ...


class Drawing(Protocol):
    """Pictures, tables and documents of graph data and its numbers."""

    svg: Draw[str]
    html: Draw[str]
    mimebundle: Draw[dict[str, str]]
    view: Draw[str]
    latex: Draw[str]
    show: Draw[None]
    step_pictures: Draw[list[str]]

    def node(
        self,
        graph: Graph,
        v: Variable,
        values: Mapping[int, Any] | None,
        seeds: Mapping[Variable, Any] | None,
        parameters: Collection[int] | None,
    ) -> Any: ...

    def keep(self, graph: Graph, values: Mapping[int, Any], failure: Mapping[str, Any]) -> bool: ...


def drawing() -> Drawing:
    """The room that draws."""
    return provider("drawing")
