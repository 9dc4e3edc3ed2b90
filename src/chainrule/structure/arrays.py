"""The algebra of NumPy arrays: the reference meaning of every operation that a linear map is made of."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

from ..original import np
from .algebra import Absorbing, Names, register

Array = np.ndarray


class ArrayAlgebra:
    """Fulfils Algebra for NumPy arrays."""

    def multiply(self, a: Array, b: Array) -> Array:
        if a.dtype == bool or b.dtype == bool:
            return _select(a, b)
        with np.errstate(all="ignore"):
            product = np.asarray(a * b)
            if np.isnan(product).any():
                product = np.where((a == 0) | (b == 0), np.zeros((), product.dtype), product)
        return product

    def absorb(self, t: Array, slope: Array) -> Array:
        if slope.dtype == bool:
            return np.where(slope, t, np.zeros((), t.dtype))
        with np.errstate(all="ignore"):
            product = t * slope
            if product.dtype.kind in "fc" and np.isnan(product).any():
                product = np.where(t == 0, np.zeros((), product.dtype), product)
        return np.asarray(product)

    def contract(
        self, operands: Sequence[Array], labels: Sequence[Names], out: Names, absorbing: Absorbing = False
    ) -> Array:
        if len(operands) == 1:
            return _reduce(operands[0], labels[0], out)
        if len(operands) > 2:
            return self._in_pairs(list(operands), list(labels), out, absorbing)
        a, b = operands
        a_names, b_names = labels
        with np.errstate(all="ignore"):
            product = _multiply_pair(_counted(a, b), _counted(b, a), a_names, b_names, out)
            if product.dtype.kind in "fc" and np.isnan(product).any():
                if b.dtype == bool:  # a boolean factor selects: its zeros absorb too
                    product = _absorbing_pair(b, a, b_names, a_names, out)
                elif absorbing or a.dtype == bool:
                    product = _absorbing_pair(a, b, a_names, b_names, out, either=absorbing == "either")
        return np.asarray(product)

    def _in_pairs(self, operands: list[Array], labels: list[Names], out: Names, absorbing: Absorbing) -> Array:
        """The cheapest product first: the pair whose result is smallest (with the first operand, where it absorbs)."""
        dtype = np.result_type(*operands)
        while len(operands) > 1:
            candidates = []
            for i, j in itertools.combinations(range(len(operands)), 2):
                if absorbing and i:
                    continue
                others = {n for k, names in enumerate(labels) if k not in (i, j) for n in names}
                kept = [n for n in dict.fromkeys(labels[i] + labels[j]) if n in others or n in out]
                sizes = dict(zip(labels[i] + labels[j], operands[i].shape + operands[j].shape, strict=True))
                candidates.append((math.prod(sizes[n] for n in kept), i, j, tuple(kept)))
            _, i, j, kept = min(candidates)
            if len(operands) == 2:
                kept = out
            if operands[i].dtype == operands[j].dtype == bool:
                operands[j] = operands[j].astype(dtype)
            product = self.contract((operands[i], operands[j]), (labels[i], labels[j]), kept, absorbing)
            for k in (j, i):
                del operands[k], labels[k]
            operands.insert(0, product)
            labels.insert(0, kept)
        return operands[0]

    def add(self, a: Array, b: Array) -> Array:
        return np.asarray(a + b)

    def scale(self, a: Array, number: complex) -> Array:
        return a if number == 1 else np.asarray(-a if number == -1 and a.dtype != bool else a * number)

    def reshape(self, a: Array, shape: tuple[int, ...]) -> Array:
        return np.reshape(a, shape)

    def transpose(self, a: Array, axes: tuple[int, ...]) -> Array:
        return np.transpose(a, axes)

    def broadcast(self, a: Array, shape: tuple[int, ...]) -> Array:
        return np.broadcast_to(a, shape)

    def window(self, a: Array, axis: int, start: int, step: int, count: int) -> Array:
        return a[(slice(None),) * axis + (progression(start, step, count),)]

    def place(self, a: Array, axis: int, start: int, step: int, size: int) -> Array:
        result = np.zeros(a.shape[:axis] + (size,) + a.shape[axis + 1 :], a.dtype)
        result[(slice(None),) * axis + (progression(start, step, a.shape[axis]),)] = a
        return result

    def take(self, a: Array, index: Array, axis: int) -> Array:
        return np.take(a, index, axis)

    def scatter(self, a: Array, index: Array, axis: int, size: int) -> Array:
        result = np.zeros(a.shape[:axis] + (size,) + a.shape[axis + 1 :], a.dtype)
        place: Any = (slice(None),) * axis + (index,)
        np.add.at(result, place, a)
        return result

    def cumulate(self, a: Array, axis: int, reverse: bool) -> Array:
        if reverse:
            return np.flip(np.cumsum(np.flip(a, axis), axis, a.dtype), axis)
        return np.cumsum(a, axis, a.dtype)

    def embed(self, a: Array, axes: tuple[int, ...]) -> Array:
        result = np.zeros(tuple(a.shape[k] for k in axes), a.dtype)  # axes is never empty
        np.einsum(result, list(axes), list(range(a.ndim)))[...] = a  # a writeable view of the diagonal
        return result

    def zeros(self, like: Array, shape: tuple[int, ...]) -> Array:
        return np.zeros(shape, like.dtype)

    def conjugate(self, a: Array) -> Array:
        return np.asarray(np.conjugate(a))

    def real(self, a: Array) -> Array:
        return np.array(a.real)

    def imag(self, a: Array) -> Array:
        return np.array(a.imag)


def progression(start: int, step: int, count: int) -> slice:
    """The slice that picks start, start + step, ...: count of them."""
    if count == 0:
        return slice(0, 0)
    stop = start + step * count
    return slice(start, stop if stop >= 0 else None, step)


def _select(a: Array, b: Array) -> Array:
    if a.dtype != bool:
        a, b = b, a
    return a & b if b.dtype == bool else np.where(a, b, np.zeros((), b.dtype))


def _reduce(a: Array, names: Names, out: Names) -> Array:
    return reduction_of(a.shape, names, out)(a)


@functools.lru_cache(maxsize=4096)
def reduction_of(shape: tuple[int, ...], names: Names, out: Names) -> Callable[[Array], Array]:
    """The sum over names that are not in out, the diagonal of repeated ones, and the axes in the order of out."""
    if len(set(names)) < len(names):
        spec = _letters(names, names), _letters(out, names)
        return lambda a: np.einsum(a, *spec)
    gone = tuple(axis for axis, name in enumerate(names) if name not in out)
    left = tuple(name for name in names if name in out)
    order = tuple(left.index(name) for name in out)
    in_order = left == out
    if not gone:
        return (lambda a: a) if in_order else (lambda a: np.transpose(a, order))
    axes = None if len(gone) == len(shape) else gone

    def reduce(a: Array) -> Array:
        total = np.add.reduce(a, axis=axes, dtype=a.dtype)
        return total if in_order else np.transpose(total, order)

    return reduce


def _letters(names: Names, all_names: Names) -> list[int]:
    """np.einsum takes labels below 52 only."""
    order = list(dict.fromkeys(all_names))
    return [order.index(name) for name in names]


def _multiply_pair(a: Array, b: Array, a_names: Names, b_names: Names, out: Names) -> Array:
    return product_of(a.shape, b.shape, a_names, b_names, out)(a, b)


@functools.lru_cache(maxsize=4096)
def product_of(
    a_shape: tuple[int, ...], b_shape: tuple[int, ...], a_names: Names, b_names: Names, out: Names
) -> Callable[[Array, Array], Array]:
    """A sum of products of two operands, lowered to matmul (np.einsum of two operands would not reach BLAS)."""
    a_kept = tuple(dict.fromkeys(n for n in a_names if n in b_names or n in out))
    b_kept = tuple(dict.fromkeys(n for n in b_names if n in a_names or n in out))
    if a_kept != a_names or b_kept != b_names:  # sum at once over names that nothing else holds
        sizes = dict(zip(a_names + b_names, a_shape + b_shape, strict=True))
        first, second = reduction_of(a_shape, a_names, a_kept), reduction_of(b_shape, b_names, b_kept)
        shapes = tuple(sizes[n] for n in a_kept), tuple(sizes[n] for n in b_kept)
        product = product_of(*shapes, a_kept, b_kept, out)
        return lambda a, b: product(np.asarray(first(a)), np.asarray(second(b)))
    shared = [n for n in a_names if n in b_names]
    batch = [n for n in shared if n in out]
    summed = [n for n in shared if n not in out]
    rows = [n for n in a_names if n not in b_names]
    columns = [n for n in b_names if n not in a_names]
    have = (*batch, *rows, *columns)
    inside = [n for n in out if n not in batch]
    if summed and columns and inside[: len(columns)] == columns and rows:  # b first gives the axes in order
        swapped = product_of(b_shape, a_shape, b_names, a_names, out)
        return lambda a, b: swapped(b, a)
    if not summed:
        return _spread_product(a_shape, b_shape, a_names, b_names, out)
    left = _Arrangement(a_shape, a_names, (batch, rows, summed))
    right = _Arrangement(b_shape, b_names, (batch, summed, columns))
    sizes = dict(zip(a_names + b_names, a_shape + b_shape, strict=True))
    shape = tuple(sizes[n] for n in have)
    flat = left.shape[:-1] + right.shape[-1:]
    order = tuple(have.index(n) for n in out)

    def multiply(a: Array, b: Array) -> Array:
        result = np.matmul(left(a), right(b))
        if flat != shape:
            result = result.reshape(shape)
        return result if have == out else np.transpose(result, order)

    return multiply


class _Arrangement:
    """Axes put into groups, each group merged into one axis (but the first, the batch, which stays as it is)."""

    def __init__(self, shape: tuple[int, ...], names: Names, groups: tuple[list[int], list[int], list[int]]):
        sizes = dict(zip(names, shape, strict=True))
        batch, *merged = groups
        self.order = tuple(names.index(n) for group in groups for n in group)
        self.moves = self.order != tuple(range(len(self.order)))
        self.shape = (*(sizes[n] for n in batch), *(math.prod(sizes[n] for n in group) for group in merged))
        self.merges = any(len(group) != 1 for group in merged)

    def __call__(self, a: Array) -> Array:
        if self.moves:
            a = np.transpose(a, self.order)
        return a.reshape(self.shape) if self.merges else a


def _spread_product(
    a_shape: tuple[int, ...], b_shape: tuple[int, ...], a_names: Names, b_names: Names, out: Names
) -> Callable[[Array, Array], Array]:
    """Nothing is summed: a product entry by entry, the axes of out in order."""
    if a_names == out and b_names == out[len(out) - len(b_names) :]:
        return np.multiply
    left, right = _Spread(a_shape, a_names, out), _Spread(b_shape, b_names, out)
    return lambda a, b: np.multiply(left(a), right(b))


class _Spread:
    """Axes in the order of names that are wanted, with axes of size 1 for those that are not there."""

    def __init__(self, shape: tuple[int, ...], names: Names, want: Names):
        held = [n for n in want if n in names]
        self.order = tuple(names.index(n) for n in held)
        self.shape = tuple(shape[names.index(n)] if n in names else 1 for n in want)

    def __call__(self, a: Array) -> Array:
        return np.transpose(a, self.order).reshape(self.shape)


def _counted(a: Array, other: Array) -> Array:
    """Truth values as the numbers that they meet, so that a sum counts them."""
    return a.astype(other.dtype) if a.dtype == bool else a


def _absorbing_pair(t: Array, factor: Array, t_names: Names, f_names: Names, out: Names, either: bool = False) -> Array:
    """The product again, infinities and nans apart, for the rare case that 0 met one of them."""

    def product(a: Array, b: Array) -> Array:
        return _multiply_pair(a, b, t_names, f_names, out)

    def met(a: Array, b: Array) -> Array:
        return product(a.astype(np.int64), b.astype(np.int64)) > 0

    def finite(a: Array) -> Array:
        return np.where(np.isfinite(a), a, np.zeros((), a.dtype))

    result = product(finite(_counted(t, factor)), finite(factor))
    poisoned = met(t != 0, np.isnan(factor)) | met(np.isnan(t), factor != 0)
    if not either:  # a zero of the factor does not absorb
        poisoned |= met(~np.isfinite(t), factor == 0)
    if result.dtype.kind == "c":
        return np.where(poisoned | met(np.isinf(t), factor != 0) | met(t != 0, np.isinf(factor)), np.nan, result)
    up = met(t == np.inf, factor > 0) | met(t == -np.inf, factor < 0)
    up |= met(t > 0, factor == np.inf) | met(t < 0, factor == -np.inf)
    down = met(t == np.inf, factor < 0) | met(t == -np.inf, factor > 0)
    down |= met(t > 0, factor == -np.inf) | met(t < 0, factor == np.inf)
    with np.errstate(all="ignore"):
        infinite = np.where(up, np.inf, 0.0) - np.where(down, np.inf, 0.0)
        return np.where(poisoned, np.nan, result + infinite).astype(result.dtype)


register(np.ndarray, ArrayAlgebra())
