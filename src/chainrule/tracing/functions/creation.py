# pyright: reportArgumentType=false, reportOperatorIssue=false, reportCallIssue=false, reportReturnType=false
# (the stubs of NumPy do not know that its functions return traced arrays for traced arrays)
"""New arrays made after others or from their values: filled ones, ranges between traced ends, grids, triangles."""

from __future__ import annotations

import operator
from typing import Any

from ...ops import linalg as matrices
from ...ops.movement import broadcast_to as broadcast
from ...original import np
from ..array import NUMBERS, Array, trace_of, variable_of, wrap
from ..dispatch import answers, finish, lifted, of_dtype, promotes_as
from ..layout import laid, lying, order_of
from ..memory import adopted
from .axes import shape_of
from .manipulation import broadcast_arrays, concatenate, diagonal, moveaxis


@answers(np.zeros_like, np.empty_like)
def zeros_like(
    a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, *, device: Any = None
) -> Any:
    return full_like(a, 0, dtype, order, subok, shape)


@answers(np.ones_like)
def ones_like(
    a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, *, device: Any = None
) -> Any:
    return full_like(a, 1, dtype, order, subok, shape)


@answers(np.full_like)
def full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> Any:
    """A traced array, so that traced values can be written into it."""
    trace = trace_of(a, fill_value)
    assert trace is not None
    wanted = tuple(np.shape(a)) if shape is None else shape_of(shape)
    dtype = np.dtype(dtype) if dtype is not None else (a.dtype if hasattr(a, "dtype") else np.asarray(a).dtype)
    v = of_dtype(variable_of(fill_value, trace), dtype)
    if shape is None and order in "KA" and len(wanted) > 1 and order_of(a) != sorted(order_of(a)):
        return wrap(trace, lying(trace, broadcast(v, shape=wanted), order_of(a)))
    return wrap(trace, v if v.shape == wanted else broadcast(v, shape=wanted))


@answers(np.copyto)
def copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    trace = trace_of(dst, src, where)
    assert trace is not None
    source = wrap(trace, variable_of(src, trace))
    if type(src) not in NUMBERS and not np.can_cast(source.dtype, dst.dtype, casting):
        raise TypeError(
            f"Cannot cast array data from {source.dtype!r} to {dst.dtype!r} according to the rule '{casting}'"
        )
    if type(dst) is not Array:
        if where is not True:
            source = np.where(where, source, dst)
        finish(np.broadcast_to(source, np.shape(dst)), dst)
    else:
        dst[...] = src if where is True else np.where(where, src, dst)


# Ranges


@answers(np.linspace)
def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    num = operator.index(num)
    if num < 0:
        raise ValueError(f"Number of samples, {num}, must be non-negative.")
    trace = trace_of(start, stop)
    assert trace is not None
    intervals = num - 1 if endpoint else num
    computed = np.result_type(promotes_as(start), promotes_as(stop), 0.0)
    first, last = (wrap(trace, of_dtype(variable_of(x, trace), computed)) for x in (start, stop))
    delta = last - first
    y = np.arange(num, dtype=computed).reshape((-1,) + (1,) * delta.ndim)
    step = delta / intervals if intervals > 0 else np.nan * delta
    y = y * (step if intervals > 0 else delta) + first
    if endpoint and num > 1:
        y[-1, ...] = last
    y = moveaxis(y, 0, axis) if axis != 0 else y
    if dtype is not None:
        y = np.floor(y) if np.issubdtype(dtype, np.integer) else y
        y = y.astype(dtype, copy=False)
    return (y, step) if retstep else y


@answers(np.logspace)
def logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0, dtype: Any = None, axis: int = 0
) -> Any:
    if np.ndim(base):
        base = np.expand_dims(base, axis)
    y = np.power(base, np.linspace(start, stop, num, endpoint, axis=axis))
    return y if dtype is None else y.astype(dtype, copy=False)


@answers(np.geomspace)
def geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Any:
    trace = trace_of(start, stop)
    assert trace is not None
    computed = np.result_type(promotes_as(start), promotes_as(stop), float(num), np.zeros((), dtype))
    start, stop = (wrap(trace, of_dtype(variable_of(x, trace), computed)) for x in (start, stop))
    if np.any(start == 0) or np.any(stop == 0):
        raise ValueError("Geometric sequence cannot include zero")
    sign = np.sign(start)
    start, stop = start / sign, stop / sign
    result = np.logspace(np.log10(start), np.log10(stop), num, endpoint, 10.0, computed)
    if num > 0:
        result[0] = start
        if num > 1 and endpoint:
            result[-1] = stop
    result *= sign
    result = moveaxis(result, 0, axis) if axis != 0 else result
    return result if dtype is None else result.astype(dtype, copy=False)


@answers(np.meshgrid)
def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    if indexing not in ("xy", "ij"):
        raise ValueError("Valid values for `indexing` are 'xy' and 'ij'.")
    rank = len(xi)
    grids = []
    for k, x in enumerate(xi):
        k = 1 - k if indexing == "xy" and rank > 1 and k < 2 else k
        grids.append(lifted(x, *xi).reshape((1,) * k + (-1,) + (1,) * (rank - k - 1)))
    if not sparse:
        grids = list(broadcast_arrays(*grids))
    return tuple(g.copy() for g in grids) if copy else grids if sparse else tuple(grids)


# Matrices


@answers(np.diag)
def diag(v: Any, k: int = 0) -> Any:
    a = lifted(v)
    if a.ndim == 2:
        return diagonal(a, k)
    if a.ndim != 1:
        raise ValueError("Input must be 1- or 2-d.")
    n = a.shape[0] + abs(k)
    i = np.arange(a.shape[0])
    result = np.zeros_like(a, shape=(n, n))
    result[i + max(-k, 0), i + max(k, 0)] = a
    return result


answers(np.diagflat)(lambda v, k=0: diag(lifted(v).reshape(-1), k))


def _triangle(operation: Any) -> Any:
    def triangle(m: Any, k: int = 0) -> Any:
        a = lifted(m)
        if a.ndim == 1:  # NumPy spreads a vector over the rows of a square
            a = np.broadcast_to(a, a.shape * 2)
        return wrap(a.owner, operation(a.variable, offset=operator.index(k)))

    return triangle


answers(np.tril)(_triangle(matrices.tril))
answers(np.triu)(_triangle(matrices.triu))


@answers(np.vander)
def vander(x: Any, N: Any = None, increasing: bool = False) -> Any:
    a = lifted(x)
    if a.ndim != 1:
        raise ValueError("x must be a one-dimensional array or sequence.")
    n = a.shape[0] if N is None else operator.index(N)
    a = a.astype(np.promote_types(a.dtype, int), copy=False)
    one = np.ones_like(a, shape=(a.shape[0], min(n, 1)))
    columns = [one]
    if n > 1:
        columns.append(np.multiply.accumulate(np.broadcast_to(a.reshape(-1, 1), (a.shape[0], n - 1)), axis=1))
    powers = concatenate(columns, 1) if len(columns) > 1 else one
    return laid(powers if increasing else powers[:, ::-1].copy())


@answers(np.fill_diagonal)
def fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    if a.ndim < 2:
        raise ValueError("array must be at least 2-d")
    end = None
    if a.ndim == 2:
        step = a.shape[1] + 1
        end = None if wrap else a.shape[1] * a.shape[1]
    else:
        if len(set(a.shape)) > 1:
            raise ValueError("All dimensions of input must be of equal length")
        step = 1 + int(np.cumprod(a.shape[:-1]).sum())
    if type(a) is not Array:
        copyto(a, _filled(lifted(a, val), val, end, step))
    else:
        a[...] = _filled(a, val, end, step)


def _filled(a: Array, val: Any, end: Any, step: int) -> Array:
    flat = a.reshape(-1).copy()
    positions = np.arange(a.size)[:end:step]
    values = lifted(val, a).reshape(-1)
    flat[positions] = values[np.arange(len(positions)) % max(values.size, 1)]
    return flat.reshape(a.shape)


@answers(np.tril_indices_from)
def tril_indices_from(arr: Any, k: int = 0) -> Any:
    return adopted(np.tril_indices(arr.shape[-2], k=k, m=arr.shape[-1]))


@answers(np.triu_indices_from)
def triu_indices_from(arr: Any, k: int = 0) -> Any:
    return adopted(np.triu_indices(arr.shape[-2], k=k, m=arr.shape[-1]))


answers(np.diag_indices_from)(lambda arr: adopted(np.diag_indices(arr.shape[0], arr.ndim)))
