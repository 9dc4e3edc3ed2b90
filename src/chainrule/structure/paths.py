"""A map as a graph of maps: the sum over all paths of the products along them, each edge visited once.

Multiplied out, a tower of skips has exponentially many paths; applied edge by edge, it costs what its edges cost.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any, final

from ..original import np
from .algebra import Factor, algebra_of
from .linear_map import LinearMap, Shape
from .recognition import Structure

Node = Hashable
Edge = tuple[Node, LinearMap, Node]  # from a node, by a map, to a node


@final
class Paths(LinearMap):
    """From node `first` to node `last`; the edges that lead to a node come before those that leave it."""

    __slots__ = ("edges", "factor", "first", "last")

    def __init__(
        self,
        edges: Iterable[Edge],
        first: Node,
        last: Node,
        out_shape: Shape,
        in_shape: Shape,
        dtype: Any = np.float64,
        factor: complex = 1,
    ):
        super().__init__(out_shape, in_shape, dtype)
        self.edges, self.first, self.last, self.factor = tuple(edges), first, last, factor

    def apply(self, vector: Factor) -> Factor:
        algebra = algebra_of(vector)
        table = {self.first: algebra.scale(vector, self.factor)}
        for start, J, end in self.edges:
            if start in table:
                part = J.apply(table[start])
                table[end] = algebra_of(table[end], part).add(table[end], part) if end in table else part
        if self.last not in table:
            batch = tuple(vector.shape[: len(vector.shape) - len(self.in_shape)])
            return algebra.zeros(vector, batch + self.out_shape)
        return table[self.last]

    @property
    def T(self) -> LinearMap:
        edges = ((end, J.T, start) for start, J, end in reversed(self.edges))
        turned = Paths(edges, self.last, self.first, self.in_shape, self.out_shape, self.dtype, self.factor)
        return turned.between(self.y_is_real, self.x_is_real)

    @property
    def structure(self) -> Structure:
        return Structure("matrix-free")

    @property
    def storage(self) -> int:
        return sum(J.storage for _, J, _ in self.edges)

    def scaled(self, number: complex) -> LinearMap:
        dtype = np.result_type(self.dtype, number)
        return Paths(self.edges, self.first, self.last, self.out_shape, self.in_shape, dtype, self.factor * number)
