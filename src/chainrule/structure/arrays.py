"""The algebra of NumPy arrays: the reference meaning of every operation that a linear map is made of."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from .algebra import Names, register

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
        self, operands: Sequence[Array], labels: Sequence[Names], out: Names, absorbing: bool = False
    ) -> Array:
        if len(operands) == 1:
            return _reduce(operands[0], labels[0], out)
        if len(operands) > 2:
            return self._in_pairs(list(operands), list(labels), out, absorbing)
        a, b = operands
        a_names, b_names = labels
        with np.errstate(all="ignore"):
            product = _multiply_pair(a, b, a_names, b_names, out)
            if product.dtype.kind in "fc" and np.isnan(product).any():
                if b.dtype == bool:  # a boolean factor selects: its zeros absorb too
                    product = _absorbing_pair(b, a, b_names, a_names, out)
                elif absorbing or a.dtype == bool:
                    product = _absorbing_pair(a, b, a_names, b_names, out)
        return np.asarray(product)

    def _in_pairs(self, operands: list[Array], labels: list[Names], out: Names, absorbing: bool) -> Array:
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

    def scale(self, a: Array, number: float) -> Array:
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
        np.add.at(result, (slice(None),) * axis + (index,), a)
        return result

    def cumulate(self, a: Array, axis: int, reverse: bool) -> Array:
        return np.flip(np.cumsum(np.flip(a, axis), axis), axis) if reverse else np.cumsum(a, axis)

    def embed(self, a: Array, axes: tuple[int, ...]) -> Array:
        result = np.zeros(tuple(a.shape[k] for k in axes), a.dtype)  # axes is never empty
        np.einsum(result, list(axes), list(range(a.ndim)))[...] = a  # a writeable view of the diagonal
        return result

    def zeros(self, like: Array, shape: tuple[int, ...]) -> Array:
        return np.zeros(shape, like.dtype)


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
    if len(set(names)) < len(names):
        return np.einsum(a, _letters(names, names), _letters(out, names))
    gone = tuple(axis for axis, name in enumerate(names) if name not in out)
    if gone:
        a = np.add.reduce(a, axis=gone, dtype=a.dtype)
        names = tuple(name for name in names if name in out)
    return np.asarray(a) if names == out else np.transpose(a, [names.index(name) for name in out])


def _letters(names: Names, all_names: Names) -> list[int]:
    """np.einsum takes labels below 52 only."""
    order = list(dict.fromkeys(all_names))
    return [order.index(name) for name in names]


def _multiply_pair(a: Array, b: Array, a_names: Names, b_names: Names, out: Names) -> Array:
    """Lowered to matmul (np.einsum of two operands would not reach BLAS)."""
    dtype = np.result_type(a, b)
    a, a_names = _alone(a, a_names, set(b_names) | set(out), dtype)
    b, b_names = _alone(b, b_names, set(a_names) | set(out), dtype)
    shared = [n for n in a_names if n in b_names]
    batch = [n for n in shared if n in out]
    summed = [n for n in shared if n not in out]
    rows = [n for n in a_names if n not in b_names]
    columns = [n for n in b_names if n not in a_names]
    have = (*batch, *rows, *columns)
    if not summed:
        left = _arranged(a, a_names, have)
        product = left * _arranged(b, b_names, have)
    else:
        left = np.transpose(a, [a_names.index(n) for n in (*batch, *rows, *summed)])
        right = np.transpose(b, [b_names.index(n) for n in (*batch, *summed, *columns)])
        lead, n_rows, n_summed = left.shape[: len(batch)], len(rows), len(summed)
        row_shape = left.shape[len(batch) : len(batch) + n_rows]
        column_shape = right.shape[len(batch) + n_summed :]
        inner = math.prod(left.shape[len(batch) + n_rows :])
        product = np.matmul(
            left.reshape(*lead, math.prod(row_shape), inner), right.reshape(*lead, inner, math.prod(column_shape))
        ).reshape(lead + row_shape + column_shape)
    return product if have == out else np.transpose(product, [have.index(n) for n in out])


def _alone(a: Array, names: Names, needed: set[int], dtype: np.dtype) -> tuple[Array, Names]:
    """Sum at once over names that nothing else holds, and take the diagonal of repeated ones."""
    kept = tuple(dict.fromkeys(n for n in names if n in needed))
    return (a, names) if kept == names else (_reduce(a.astype(dtype, copy=False), names, kept), kept)


def _arranged(a: Array, names: Names, want: Names) -> Array:
    held = [n for n in want if n in names]
    a = np.transpose(a, [names.index(n) for n in held])
    return a.reshape([a.shape[held.index(n)] if n in names else 1 for n in want])


def _absorbing_pair(t: Array, factor: Array, t_names: Names, f_names: Names, out: Names) -> Array:
    """The product again, term by term of its kinds, for the rare case that 0 met inf or nan."""

    def product(a: Array, b: Array) -> Array:
        return _multiply_pair(a, b, t_names, f_names, out)

    def met(a: Array, b: Array) -> Array:
        return product(a.astype(np.int64), b.astype(np.int64)) > 0

    finite = np.where(np.isfinite(factor), factor, np.zeros((), factor.dtype))
    result = product(t, finite)
    nonfinite = ~np.isfinite(factor)
    poisoned = met(t != 0, np.isnan(factor)) | met(np.isnan(t), nonfinite)
    if result.dtype.kind == "c":
        return np.where(poisoned | met(t != 0, nonfinite), np.nan, result)
    up = met(t > 0, factor == np.inf) | met(t < 0, factor == -np.inf)
    down = met(t > 0, factor == -np.inf) | met(t < 0, factor == np.inf)
    with np.errstate(all="ignore"):
        infinite = np.where(up, np.inf, 0.0) - np.where(down, np.inf, 0.0)
        return np.where(poisoned, np.nan, result + infinite).astype(result.dtype)


register(np.ndarray, ArrayAlgebra())
