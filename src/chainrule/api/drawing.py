"""What the face of a graph needs of the room that draws, which is above this one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from ..above import provider
from ..graph import Graph, Variable


class Drawing(Protocol):
    """Pictures, tables and documents of graph data and its numbers.

    Each takes the values by the number of the variable and the gradient to start from at each output, or None; and
    which inputs are parameters.
    """

    def svg(
        self,
        graph: Graph,
        values: Mapping[int, Any] | None,
        seeds: Mapping[Variable, Any] | None,
        parameters: Collection[int] | None,
        **options: Any,
    ) -> str: ...

    def html(
        self,
        graph: Graph,
        values: Mapping[int, Any] | None,
        seeds: Mapping[Variable, Any] | None,
        parameters: Collection[int] | None,
        **options: Any,
    ) -> str: ...

    def mimebundle(
        self,
        graph: Graph,
        values: Mapping[int, Any] | None,
        seeds: Mapping[Variable, Any] | None,
        parameters: Collection[int] | None,
        **options: Any,
    ) -> dict[str, str]: ...

    def view(
        self,
        graph: Graph,
        values: Mapping[int, Any] | None,
        seeds: Mapping[Variable, Any] | None,
        parameters: Collection[int] | None,
        **options: Any,
    ) -> str: ...

    def latex(
        self,
        graph: Graph,
        values: Mapping[int, Any] | None,
        seeds: Mapping[Variable, Any] | None,
        parameters: Collection[int] | None,
        **options: Any,
    ) -> str: ...

    def show(
        self,
        graph: Graph,
        values: Mapping[int, Any] | None,
        seeds: Mapping[Variable, Any] | None,
        parameters: Collection[int] | None,
        **options: Any,
    ) -> None: ...

    def node(
        self,
        graph: Graph,
        v: Variable,
        values: Mapping[int, Any] | None,
        seeds: Mapping[Variable, Any] | None,
        parameters: Collection[int] | None,
    ) -> Any: ...

    def step_pictures(
        self,
        graph: Graph,
        values: Mapping[int, Any] | None,
        seeds: Mapping[Variable, Any] | None,
        parameters: Collection[int] | None,
        theme: str,
    ) -> list[str]: ...

    def keep(self, graph: Graph, values: Mapping[int, Any], failure: Mapping[str, Any]) -> bool: ...


def drawing() -> Drawing:
    """The room that draws."""
    return provider("drawing")
