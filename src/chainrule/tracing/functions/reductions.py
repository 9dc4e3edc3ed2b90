"""Sums, means, extrema and running sums."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...ops import Operation, reduction
from ...ops.contraction import einsum
from ...ops.movement import convert, reshape
from ...ops.selection import where as select
from ..array import Array, wrap
from ..dispatch import ACCUMULATIONS, REDUCTIONS, answers, finish, refuse, result_of, traced
from ..indexing import axis_of

_NOTHING = np._NoValue  # type: ignore[attr-defined]


def axes_of(a: Array, axis: Any) -> tuple[int, ...]:
    """The axes that a reduction goes over, counted from 0."""
    if axis is None:
        return tuple(range(a.ndim))
    axes = tuple(axis_of(k, a.ndim) for k in (axis if isinstance(axis, (tuple, list)) else (axis,)))
    if len(set(axes)) < len(axes):
        raise ValueError("duplicate value in 'axis'")
    return axes


def _keeping(v: Any, a: Array, axes: tuple[int, ...], keepdims: Any) -> Any:
    if keepdims in (False, _NOTHING):
        return v
    return reshape(v, shape=tuple(1 if axis in axes else size for axis, size in enumerate(a.shape)))


def _masked(a: Array, where: Any, neutral: Any) -> Array:
    """Entries that `where` leaves out, replaced by what does not change the result."""
    if where is True or where is _NOTHING:
        return a
    mask = traced(where, a)[0].variable
    return wrap(a.trace, select(mask, a.variable, neutral))


def _sum_dtype(a: Array) -> np.dtype:
    """NumPy adds small integers and booleans in the platform's integer."""
    return np.add.reduce(np.empty(0, a.dtype)).dtype


@answers(np.sum)
def sum_(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, initial: Any = 0, where: Any = True
) -> Any:
    a = _masked(traced(a), where, 0)
    axes = axes_of(a, axis)
    v, dtype = a.variable, np.dtype(dtype or _sum_dtype(a))
    if v.dtype != dtype:
        v = convert(v, dtype=dtype.name)
    names = tuple(range(a.ndim))
    total = einsum(v, labels=(names,), out=tuple(n for n in names if n not in axes), absorbing=False)
    result = result_of(a.trace, _keeping(total, a, axes, keepdims))
    if initial is not _NOTHING and not (type(initial) is int and initial == 0):
        result = result + initial
    return finish(result, out)


@answers(np.mean)
def mean(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True) -> Any:
    a = traced(a)
    if where is not True and where is not _NOTHING:
        count = np.sum(np.broadcast_to(where, a.shape), axis=axis, keepdims=keepdims)
    else:
        count = np.prod([a.shape[axis] for axis in axes_of(a, axis)], dtype=int).item()
    if dtype is None and a.dtype.kind in "iub":
        dtype = np.float64
    return finish(sum_(a, axis, dtype, None, keepdims, 0, where) / count, out)


@answers(np.var)
def var(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    *,
    where: Any = True,
    mean: Any = _NOTHING,
    correction: Any = _NOTHING,
) -> Any:
    a = traced(a)
    if where is not True and where is not _NOTHING:
        raise refuse("np.var with where=")
    center = _mean(a, axis, dtype, None, True) if mean is _NOTHING else mean
    ddof = ddof if correction is _NOTHING else correction
    count = np.prod([a.shape[axis] for axis in axes_of(a, axis)], dtype=int).item()
    deviation = a - center
    return finish(sum_(deviation * deviation, axis, None, None, keepdims) / (count - ddof), out)


_mean = mean


@answers(np.std)
def std(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = False, **more: Any) -> Any:
    return finish(np.sqrt(var(a, axis, dtype, None, ddof, keepdims, **more)), out)


def _extremum(operation: Operation, combine: Callable[..., Any], worst: Callable[[np.dtype], Any]) -> Callable[..., Any]:
    def extremum(
        a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, initial: Any = _NOTHING, where: Any = True, **dtype: Any
    ) -> Any:
        a = traced(a)
        if where is not True and where is not _NOTHING:
            if initial is _NOTHING:
                raise ValueError("reduction operation does not have an identity, so to use a where mask one has to specify 'initial'")
            a = _masked(a, where, worst(a.dtype))
        axes = axes_of(a, axis)
        result = result_of(a.trace, _keeping(operation(a.variable, axes=axes), a, axes, keepdims))
        return finish(result if initial is _NOTHING else combine(result, initial), out)

    return extremum


def _least(dtype: np.dtype) -> Any:
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min


def _largest(dtype: np.dtype) -> Any:
    return np.inf if dtype.kind == "f" else np.iinfo(dtype).max


amax = answers(np.max, np.amax)(_extremum(reduction.amax, np.maximum, _least))
amin = answers(np.min, np.amin)(_extremum(reduction.amin, np.minimum, _largest))


@answers(np.ptp)
def ptp(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False) -> Any:
    return finish(amax(a, axis, None, keepdims) - amin(a, axis, None, keepdims), out)


def _discrete(operation: Operation) -> Callable[..., Any]:
    def reduce(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True) -> Any:
        if where is not True and where is not _NOTHING:
            raise refuse(f"np.{operation.name} with where=")
        a = traced(a)
        axes = axes_of(a, axis)
        return finish(result_of(a.trace, _keeping(operation(a.variable, axes=axes), a, axes, keepdims)), out)

    return reduce


any_ = answers(np.any)(_discrete(reduction.any_))
all_ = answers(np.all)(_discrete(reduction.all_))


@answers(np.count_nonzero)
def count_nonzero(a: Any, axis: Any = None, *, keepdims: Any = False) -> Any:
    return _discrete(reduction.count_nonzero)(a, axis, keepdims=keepdims)


def _position(operation: Operation) -> Callable[..., Any]:
    def position(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Any:
        a = traced(a)
        flat = a.reshape(-1) if axis is None else a
        k = 0 if axis is None else axis_of(axis, a.ndim)
        axes = axes_of(a, axis)
        return finish(result_of(a.trace, _keeping(operation(flat.variable, axis=k), a, axes, keepdims)), out)

    return position


answers(np.argmax)(_position(reduction.argmax))
answers(np.argmin)(_position(reduction.argmin))


@answers(np.argsort)
def argsort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    a = traced(a)
    if axis is None:
        a, axis = a.reshape(-1), 0
    return wrap(a.trace, reduction.argsort(a.variable, axis=axis_of(axis, a.ndim)))


@answers(np.cumsum)
def cumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    a = traced(a)
    if axis is None:
        a, axis = a.reshape(-1), 0
    v, dtype = a.variable, np.dtype(dtype or _sum_dtype(a))
    if v.dtype != dtype:
        v = convert(v, dtype=dtype.name)
    return finish(wrap(a.trace, reduction.cumsum(v, axis=axis_of(axis, a.ndim), reverse=False)), out)


REDUCTIONS[np.add] = sum_
REDUCTIONS[np.maximum] = amax
REDUCTIONS[np.minimum] = amin
REDUCTIONS[np.logical_and] = all_
REDUCTIONS[np.logical_or] = any_
ACCUMULATIONS[np.add] = cumsum

for _name, _function in {
    "sum": sum_,
    "mean": mean,
    "var": var,
    "std": std,
    "max": amax,
    "min": amin,
    "ptp": ptp,
    "any": any_,
    "all": all_,
    "cumsum": cumsum,
    "argsort": argsort,
    "argmax": _position(reduction.argmax),
    "argmin": _position(reduction.argmin),
}.items():
    setattr(Array, _name, _function)
