"""What is kept for the way back: which values, how many bytes, and for which edges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

from ..graph import Graph, Variable
from .local import Local


@final
class Kept:
    """Which edges need which values: those on a way from an input that carries a derivative to a result.

    A value is kept where the local Jacobian of an edge is made from it; what most linear operations are applied to is
    not.
    """

    def __init__(self, graph: Graph, local: Callable[[Variable], list[Local]]):
        self.variables = graph.variables
        self._edges: dict[int, list[tuple[int, int]]] = {}
        self._by: dict[int, list[int]] = {}
        below = {x.number for x in graph.inputs if x.type.carries_derivative}
        above = {v.number for v in graph.outputs if v.type.carries_derivative}
        ways = [(v, k, local(v)[k]) for v in graph.variables for k in range(len(v.inputs))]
        ways = [(v, k, J) for v, k, J in ways if J.structure != "zero"]
        for v, k, _ in ways:
            if v.inputs[k].number in below:
                below.add(v.number)
        for v, k, _ in reversed(ways):
            if v.number in above:
                above.add(v.inputs[k].number)
        for v, k, J in ways:
            if v.number in above and v.inputs[k].number in below:
                for place in J.keeps:
                    needed = v.results[~place] if place < 0 else v.inputs[place]
                    self._edges.setdefault(needed.number, []).append((v.number, k))
                    if needed.number not in self._by.setdefault(v.number, []):
                        self._by[v.number].append(needed.number)

    def of(self, v: Variable) -> dict[str, Any] | None:
        """Bytes, and the edges as pairs: the variable that an operation made, and which of its arguments."""
        edges = self._edges.get(v.number)
        return None if edges is None else {"bytes": _bytes(v), "for": [list(edge) for edge in edges]}

    def bytes_of(self, v: Variable) -> int:
        """Zero where it is not kept."""
        return _bytes(v) if v.number in self._edges else 0

    def by(self, v: Variable) -> list[int]:
        """What the operation that made a variable keeps."""
        return self._by.get(v.number, [])

    def totals(self) -> dict[str, int]:
        """Bytes of results of operations, and of inputs and constants, which are there anyway."""
        kept = [self.variables[n] for n in self._edges]
        return {
            "made": sum(_bytes(v) for v in kept if v.operation is not None),
            "given": sum(_bytes(v) for v in kept if v.operation is None),
        }


def _bytes(v: Variable) -> int:
    return v.size * v.dtype.itemsize
