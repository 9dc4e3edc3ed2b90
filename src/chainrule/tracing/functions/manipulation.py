"""Shapes, axes, joining, splitting, repeating."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ...ops.contraction import einsum
from ...ops.movement import broadcast_to as broadcast
from ...ops.movement import concatenate as join
from ...ops.movement import convert, reshape
from ..array import Array, trace_of, variable_of, wrap
from ..dispatch import answers, finish, refuse, traced
from ..indexing import axis_of


@answers(np.shape)
def shape(a: Any) -> Any:
    return traced(a).shape


@answers(np.ndim)
def ndim(a: Any) -> Any:
    return traced(a).ndim


@answers(np.size)
def size(a: Any, axis: Any = None) -> Any:
    a = traced(a)
    return a.size if axis is None else a.shape[axis]


@answers(np.reshape)
def reshape_(a: Any, /, shape: Any, order: str = "C", *, copy: Any = None) -> Any:
    return traced(a).reshape(shape, order=order)


@answers(np.ravel)
def ravel(a: Any, order: str = "C") -> Any:
    return traced(a).reshape(-1, order=order)


@answers(np.transpose)
def transpose(a: Any, axes: Any = None) -> Any:
    return traced(a).transpose(axes)


answers(np.matrix_transpose)(lambda x: traced(x).mT)
answers(np.swapaxes)(lambda a, axis1, axis2: traced(a).swapaxes(axis1, axis2))


@answers(np.moveaxis)
def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    a = traced(a)
    start = [axis_of(k, a.ndim) for k in _listed(source)]
    goal = [axis_of(k, a.ndim) for k in _listed(destination)]
    order = [k for k in range(a.ndim) if k not in start]
    for k, axis in sorted(zip(goal, start, strict=True)):
        order.insert(k, axis)
    return a.transpose(*order)


answers(np.rollaxis)(lambda a, axis, start=0: moveaxis(a, axis, start - 1 if start > axis_of(axis, np.ndim(a)) else start))


def _listed(axes: Any) -> Any:
    return (axes,) if isinstance(axes, (int, np.integer)) else axes


@answers(np.expand_dims)
def expand_dims(a: Any, axis: Any) -> Any:
    a = traced(a)
    rank = a.ndim + len(_listed(axis))
    new = {axis_of(k, rank) for k in _listed(axis)}
    sizes = iter(a.shape)
    return a.reshape(tuple(1 if k in new else next(sizes) for k in range(rank)))


@answers(np.squeeze)
def squeeze(a: Any, axis: Any = None) -> Any:
    a = traced(a)
    gone = {k for k, n in enumerate(a.shape) if n == 1} if axis is None else {axis_of(k, a.ndim) for k in _listed(axis)}
    if any(a.shape[k] != 1 for k in gone):
        raise ValueError("cannot select an axis to squeeze out which has size not equal to one")
    return a.reshape(tuple(n for k, n in enumerate(a.shape) if k not in gone))


answers(np.atleast_1d)(lambda *xs: _each(xs, lambda x: x if x.ndim else x.reshape(1)))
answers(np.atleast_2d)(lambda *xs: _each(xs, lambda x: x if x.ndim > 1 else x.reshape(1, -1)))


def _each(xs: Any, function: Any) -> Any:
    results = tuple(function(traced(x, *xs)[0]) for x in xs)
    return results if len(results) > 1 else results[0]


@answers(np.broadcast_to)
def broadcast_to(array: Any, shape: Any, subok: bool = False) -> Any:
    a = traced(array)
    wanted = tuple(operator.index(n) for n in _listed(shape))
    return wrap(a.trace, broadcast(a.variable, shape=wanted))


@answers(np.broadcast_arrays)
def broadcast_arrays(*args: Any, subok: bool = False) -> Any:
    lifted = traced(*args, args[0])[:-1]
    common = np.broadcast_shapes(*[a.shape for a in lifted])
    return tuple(broadcast_to(a, common) for a in lifted)


@answers(np.copy)
def copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    return traced(a).copy()


@answers(np.astype)
def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    return traced(x).astype(dtype, copy=copy)


@answers(np.concatenate)
def concatenate(arrays: Any, /, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    arrays = list(arrays)
    trace = trace_of(*arrays)
    assert trace is not None
    variables = [variable_of(a, trace) for a in arrays]
    if axis is None:
        variables, axis = [reshape(v, shape=(v.size,)) for v in variables], 0
    common = np.dtype(dtype) if dtype is not None else np.result_type(*[v.dtype for v in variables])
    variables = [v if v.dtype == common else convert(v, dtype=common.name) for v in variables]
    if not variables[0].ndim:
        raise ValueError("zero-dimensional arrays cannot be concatenated")
    return finish(wrap(trace, join(*variables, axis=axis_of(axis, variables[0].ndim))), out)


@answers(np.stack)
def stack(arrays: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    lifted = traced(*arrays, arrays[0])[:-1]
    if len({a.shape for a in lifted}) > 1:
        raise ValueError("all input arrays must have the same shape")
    return concatenate([expand_dims(a, axis) for a in lifted], axis_of(axis, lifted[0].ndim + 1), out, dtype=dtype)


@answers(np.vstack)
def vstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    lifted = traced(*tup, tup[0])[:-1]
    return concatenate([a if a.ndim > 1 else a.reshape(1, -1) for a in lifted], 0, dtype=dtype)


@answers(np.hstack)
def hstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    lifted = [a if a.ndim else a.reshape(1) for a in traced(*tup, tup[0])[:-1]]
    return concatenate(lifted, 0 if lifted[0].ndim == 1 else 1, dtype=dtype)


@answers(np.column_stack)
def column_stack(tup: Any) -> Any:
    return concatenate([a if a.ndim > 1 else a.reshape(-1, 1) for a in traced(*tup, tup[0])[:-1]], 1)


@answers(np.flip)
def flip(m: Any, axis: Any = None) -> Any:
    a = traced(m)
    axes = set(range(a.ndim)) if axis is None else {axis_of(k, a.ndim) for k in _listed(axis)}
    return a[tuple(slice(None, None, -1) if k in axes else slice(None) for k in range(a.ndim))]


answers(np.flipud)(lambda m: flip(m, 0))
answers(np.fliplr)(lambda m: flip(m, 1))


@answers(np.roll)
def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    a = traced(a)
    if axis is None:
        return roll(a.reshape(-1), shift, 0).reshape(a.shape)
    for k, by in np.broadcast(axis, shift):
        k = axis_of(k, a.ndim)
        if a.shape[k]:
            by = int(by) % a.shape[k]
            lead = (slice(None),) * k
            a = concatenate([a[(*lead, slice(a.shape[k] - by, None))], a[(*lead, slice(None, a.shape[k] - by))]], k)
    return a


@answers(np.tile)
def tile(A: Any, reps: Any) -> Any:
    a = traced(A)
    reps = tuple(operator.index(n) for n in _listed(reps))
    rank = max(a.ndim, len(reps))
    shape, reps = (1,) * (rank - a.ndim) + a.shape, (1,) * (rank - len(reps)) + reps
    spread = a.reshape(tuple(n for size in shape for n in (1, size)))
    spread = broadcast_to(spread, tuple(n for pair in zip(reps, shape, strict=True) for n in pair))
    return spread.reshape(tuple(r * size for r, size in zip(reps, shape, strict=True)))


@answers(np.repeat)
def repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    a = traced(a)
    if axis is None:
        a, axis = a.reshape(-1), 0
    axis = axis_of(axis, a.ndim)
    positions = np.repeat(np.arange(a.shape[axis]), repeats)
    return a[(slice(None),) * axis + (positions,)]


@answers(np.split, np.array_split)
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    a = traced(ary)
    axis = axis_of(axis, a.ndim)
    parts = np.array_split(np.arange(a.shape[axis]), indices_or_sections)
    lead = (slice(None),) * axis
    return [a[(*lead, slice(p[0], p[-1] + 1) if len(p) else slice(0, 0))] for p in parts]


@answers(np.diagonal)
def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    a = traced(a)
    a = moveaxis(a, (axis1, axis2), (-2, -1))
    rows, columns = a.shape[-2:]
    n = max(0, min(rows + min(offset, 0), columns - max(offset, 0)))
    a = a[..., max(-offset, 0) : max(-offset, 0) + n, max(offset, 0) : max(offset, 0) + n]
    lead = tuple(range(a.ndim - 2))
    return wrap(a.trace, einsum(a.variable, labels=((*lead, 99, 99),), out=(*lead, 99), absorbing=False))


@answers(np.diag)
def diag(v: Any, k: int = 0) -> Any:
    a = traced(v)
    if a.ndim == 2:
        return diagonal(a, k)
    n = a.shape[0] + abs(k)
    result = np.zeros_like(a, shape=(n, n))
    i = np.arange(a.shape[0])
    result[i + max(-k, 0), i + max(k, 0)] = a
    return result


@answers(np.pad)
def pad(array: Any, pad_width: Any, mode: Any = "constant", **keywords: Any) -> Any:
    a = traced(array)
    widths = np.broadcast_to(np.asarray(pad_width, dtype=int), (a.ndim, 2)).tolist()
    if mode == "constant" and np.ndim(keywords.get("constant_values", 0)) == 0:
        target = np.full_like(a, keywords.get("constant_values", 0), shape=[b + n + e for n, (b, e) in zip(a.shape, widths, strict=True)])
        target[tuple(slice(b, b + n) for n, (b, _) in zip(a.shape, widths, strict=True))] = a
        return target
    if mode in ("edge", "wrap", "reflect", "symmetric") and not keywords:
        positions = np.pad(np.arange(a.size).reshape(a.shape), widths, mode)
        return a.reshape(-1)[positions]
    raise refuse(f"np.pad with mode={mode!r} and {sorted(keywords)}")


@answers(np.zeros_like, np.empty_like)
def zeros_like(a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, *, device: Any = None) -> Any:
    return full_like(a, 0, dtype, order, subok, shape)


@answers(np.ones_like)
def ones_like(a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, *, device: Any = None) -> Any:
    return full_like(a, 1, dtype, order, subok, shape)


@answers(np.full_like)
def full_like(
    a: Any, fill_value: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, *, device: Any = None
) -> Any:
    """A traced array, so that traced values can be written into it."""
    trace = trace_of(a, fill_value)
    assert trace is not None
    wanted = tuple(np.shape(a)) if shape is None else tuple(operator.index(n) for n in _listed(shape))
    dtype = np.dtype(dtype) if dtype is not None else (a.dtype if hasattr(a, "dtype") else np.asarray(a).dtype)
    v = variable_of(fill_value, trace)
    v = v if v.dtype == dtype else convert(v, dtype=dtype.name)
    return wrap(trace, v if v.shape == wanted else broadcast(v, shape=wanted))


@answers(np.copyto)
def copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    if type(dst) is not Array:
        finish(traced(src), dst)
        return
    if where is True:
        dst[...] = src
    else:
        dst[...] = np.where(where, src, dst)


