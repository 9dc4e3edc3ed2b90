"""The algebra of graph variables: arithmetic on the factors of a map adds nodes to the graph."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..arraytype import ArrayType
from ..graph import Variable
from ..original import np
from ..structure import register
from .arithmetic import add, multiply, negative
from .complex_parts import conjugate, imag, real
from .contraction import einsum
from .movement import broadcast_to, embed, place, reshape, scatter, take, transpose, window
from .reduction import cumsum
from .selection import absorb, factor_product

Labels = Sequence[tuple[int, ...]]


class VariableAlgebra:
    """Fulfils structure.Algebra for variables; arrays that meet them become constants."""

    def multiply(self, a: Any, b: Any) -> Any:
        return factor_product(a, b)

    def absorb(self, t: Any, slope: Any) -> Any:
        return absorb(t, slope)

    def contract(self, operands: Sequence[Any], labels: Labels, out: tuple[int, ...], absorbing: Any = False) -> Any:
        # Small numbers in order of appearance: equal sums have equal parameters.
        names: dict[int, int] = {}
        for name in (n for each in labels for n in each):
            names.setdefault(name, len(names))
        if len(operands) > 2 and absorbing:
            return self._one_by_one(operands, labels, out)
        return einsum(
            *operands,
            labels=tuple(tuple(names[n] for n in each) for each in labels),
            out=tuple(names[n] for n in out),
            absorbing=absorbing and len(operands) > 1,
        )

    def _one_by_one(self, operands: Sequence[Any], labels: Labels, out: tuple[int, ...]) -> Any:
        array, held = operands[0], labels[0]
        for k in range(1, len(operands)):
            later = {n for each in labels[k + 1 :] for n in each} | set(out)
            kept = out if k == len(operands) - 1 else tuple(n for n in dict.fromkeys(held + labels[k]) if n in later)
            array, held = self.contract((array, operands[k]), (held, labels[k]), kept, True), kept
        return array

    def add(self, a: Any, b: Any) -> Any:
        return add(a, b)

    def scale(self, a: Any, number: complex) -> Any:
        return a if number == 1 else negative(a) if number == -1 else multiply(a, number)

    def reshape(self, a: Any, shape: tuple[int, ...]) -> Any:
        return a if a.shape == shape else reshape(a, shape=shape)

    def transpose(self, a: Any, axes: tuple[int, ...]) -> Any:
        return a if axes == tuple(range(len(axes))) else transpose(a, axes=axes)

    def broadcast(self, a: Any, shape: tuple[int, ...]) -> Any:
        return a if a.shape == shape else broadcast_to(a, shape=shape)

    def window(self, a: Any, axis: int, start: int, step: int, count: int) -> Any:
        windows = [(0, 1, size) for size in a.shape]
        windows[axis] = (start, step, count)
        return window(a, windows=tuple(windows))

    def place(self, a: Any, axis: int, start: int, step: int, size: int) -> Any:
        windows = [(0, 1, each) for each in a.shape]
        windows[axis] = (start, step, a.shape[axis])
        return place(a, windows=tuple(windows), shape=(*a.shape[:axis], size, *a.shape[axis + 1 :]))

    def take(self, a: Any, index: Any, axis: int) -> Any:
        return take(a, index, axis=axis)

    def scatter(self, a: Any, index: Any, axis: int, size: int) -> Any:
        return scatter(a, index, axis=axis, size=size)

    def cumulate(self, a: Any, axis: int, reverse: bool) -> Any:
        return cumsum(a, axis=axis, reverse=reverse)

    def embed(self, a: Any, axes: tuple[int, ...]) -> Any:
        return embed(a, axes=axes)

    def zeros(self, like: Any, shape: tuple[int, ...]) -> Any:
        return zeros(like.graph, ArrayType(shape, like.dtype))

    def conjugate(self, a: Any) -> Any:
        return conjugate(a)

    def real(self, a: Any) -> Any:
        return real(a)

    def imag(self, a: Any) -> Any:
        return imag(a)


def zeros(graph: Any, type: ArrayType) -> Variable:
    """A constant zero of a type: one number in memory, spread by a node where it is large."""
    if math.prod(type.shape) <= 64:
        return graph.constant(np.zeros(type.shape, type.dtype))
    return broadcast_to(graph.constant(np.zeros((), type.dtype)), shape=type.shape)


register(Variable, VariableAlgebra())
