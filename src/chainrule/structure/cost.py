"""What a product with a map costs, counted by applying it to shapes instead of arrays."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, final

from ..original import np
from .algebra import Names, register
from .term import Term

Shape = tuple[int, ...]


@final
class Sized:
    """Stands for an array of a shape; carries the count of what has been done to get it."""

    __slots__ = ("dtype", "operations", "shape")

    def __init__(self, shape: Shape, operations: int = 0, dtype: Any = np.float64):
        self.shape, self.operations, self.dtype = tuple(shape), operations, np.dtype(dtype)


class CountingAlgebra:
    """Fulfils Algebra: multiplications and additions are counted, moving entries is free."""

    def _made(self, shape: Shape, work: int, *operands: Any) -> Sized:
        return Sized(shape, work + sum(x.operations for x in operands if isinstance(x, Sized)))

    def multiply(self, a: Any, b: Any) -> Sized:
        shape = np.broadcast_shapes(a.shape, b.shape)
        return self._made(shape, math.prod(shape), a, b)

    def add(self, a: Any, b: Any) -> Sized:
        return self.multiply(a, b)

    def absorb(self, t: Any, slope: Any) -> Sized:
        return self.multiply(t, slope)

    def contract(self, operands: Sequence[Any], labels: Sequence[Names], out: Names, absorbing: Any = False) -> Sized:
        sizes = {
            n: size for x, each in zip(operands, labels, strict=True) for n, size in zip(each, x.shape, strict=True)
        }
        summed = len(sizes) > len(set(out))
        work = math.prod(sizes.values()) * (len(operands) - 1 + summed)
        return self._made(tuple(sizes[n] for n in out), work, *operands)

    def scale(self, a: Any, number: complex) -> Sized:
        return self._made(a.shape, 0 if abs(number) == 1 else math.prod(a.shape), a)

    def reshape(self, a: Any, shape: Shape) -> Sized:
        return self._made(shape, 0, a)

    broadcast = reshape

    def transpose(self, a: Any, axes: tuple[int, ...]) -> Sized:
        return self._made(tuple(a.shape[k] for k in axes), 0, a)

    embed = transpose

    def window(self, a: Any, axis: int, start: int, step: int, count: int) -> Sized:
        return self._along(a, axis, count, 0)

    def place(self, a: Any, axis: int, start: int, step: int, size: int) -> Sized:
        return self._along(a, axis, size, 0)

    def take(self, a: Any, index: Any, axis: int) -> Sized:
        return self._along(a, axis, len(index), 0)

    def scatter(self, a: Any, index: Any, axis: int, size: int) -> Sized:
        return self._along(a, axis, size, math.prod(a.shape))

    def cumulate(self, a: Any, axis: int, reverse: bool) -> Sized:
        return self._made(a.shape, math.prod(a.shape), a)

    def zeros(self, like: Any, shape: Shape) -> Sized:
        return self._made(shape, 0, like)

    def conjugate(self, a: Any) -> Sized:
        return a

    real = imag = conjugate

    def _along(self, a: Any, axis: int, size: int, work: int) -> Sized:
        return self._made((*a.shape[:axis], size, *a.shape[axis + 1 :]), work, a)


register(Sized, CountingAlgebra())


def without_values(terms: Sequence[Term]) -> list[Term]:
    """The same terms over shapes."""
    return [dataclasses.replace(t, factors=tuple((Sized(f.shape), names) for f, names in t.factors)) for t in terms]
