"""Choosing entries: where, clip, take, masks; and what looks at values to say how many entries there are."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...ops import arithmetic
from ...ops.movement import reshape, scatter
from ...ops.selection import where as select
from ..array import NUMBERS, Array, apply_elementwise, trace_of, variable_of, wrap
from ..dispatch import AT, CALLS, answers, apply_ufunc, finish, traced
from ..indexing import axis_of, flat_positions


@answers(np.where)
def where(condition: Any, x: Any = None, y: Any = None, /) -> Any:
    if x is None and y is None:
        return np.nonzero(condition)
    trace = trace_of(condition, x, y)
    assert trace is not None
    if getattr(condition, "dtype", np.dtype(bool)) != np.dtype(bool):
        condition = condition != 0
    return apply_elementwise(select, (condition, x, y), trace)


def _is_zero(x: Any) -> bool:
    """A zero that was written as a number, not computed."""
    return (type(x) in NUMBERS or (isinstance(x, np.generic) and type(x) is not Array)) and x == 0


def maximum(a: Any, b: Any, **keywords: Any) -> Any:
    """maximum(x, 0) with a constant 0 is the ReLU, whose slope at 0 is 0, not a half."""
    if not keywords:
        for x, other in ((a, b), (b, a)):
            if type(x) is Array and x.dtype.kind == "f" and _is_zero(other):
                return apply_elementwise(arithmetic.relu, (x,), x.trace)
    return apply_ufunc(np.maximum, arithmetic.maximum, (a, b), keywords)


CALLS[np.maximum] = maximum


@answers(np.clip)
def clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, *, min: Any = None, max: Any = None, **keywords: Any) -> Any:
    low, high = (a_min if min is None else min), (a_max if max is None else max)
    result = traced(a, low, high)[0] if trace_of(a) is None else a
    if low is not None:
        result = np.maximum(result, low)
    if high is not None:
        result = np.minimum(result, high)
    return finish(result, out)


@answers(np.nonzero)
def nonzero(a: Any) -> Any:
    """Plain index arrays: how many there are depends on values, so the mask becomes a guard."""
    return np.nonzero(_mask(a))


answers(np.flatnonzero)(lambda a: np.flatnonzero(_mask(a)))
answers(np.argwhere)(lambda a: np.argwhere(_mask(a)))


def _mask(a: Any) -> np.ndarray:
    a = traced(a)
    return a.trace.ask((a if a.dtype == bool else a != 0).variable)


@answers(np.take)
def take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise") -> Any:
    a = traced(a, indices)[0]
    if axis is None:
        a, axis = a.reshape(-1), 0
    if mode != "raise":
        n = a.shape[axis]
        indices = indices % n if mode == "wrap" else np.clip(indices, 0, n - 1)
    if not isinstance(indices, (np.ndarray, int, np.integer)) or type(indices) is list:
        indices = np.asarray(indices)
    return finish(a[(slice(None),) * axis_of(axis, a.ndim) + (indices,)], out)


@answers(np.take_along_axis)
def take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Any:
    a, indices = traced(arr, indices)
    if axis is None:
        a, axis = a.reshape(-1), 0
    axis = axis_of(axis, a.ndim)
    step = int(np.prod(a.shape[axis + 1 :], dtype=int))
    shape = tuple(a.shape[k] if k != axis else indices.shape[axis] for k in range(a.ndim))
    base = np.arange(a.size).reshape(a.shape)
    base = np.take(base, [0], axis)  # the flat position of each row's first entry
    wrapped = np.where(indices < 0, indices + a.shape[axis], indices)
    flat = np.broadcast_to(wrapped, shape) * step + base
    return a.reshape(-1)[flat.reshape(-1)].reshape(shape)


answers(np.compress)(lambda condition, a, axis=None, out=None: take(a, np.flatnonzero(condition), axis, out))
answers(np.extract)(lambda condition, arr: np.compress(np.ravel(condition), np.ravel(arr)))


def _add_at(target: Array, index: Any, values: Any) -> None:
    positions = flat_positions(target, index)
    trace = target.trace
    v = variable_of(values, trace)
    spread = wrap(trace, v)
    spread = np.broadcast_to(spread, positions.shape).reshape(-1)
    added = scatter(spread.variable, trace.capture(positions.reshape(-1)), axis=0, size=target.size)
    target += wrap(trace, reshape(added, shape=target.shape))


AT[np.add] = _add_at
AT[np.subtract] = lambda target, index, values: _add_at(target, index, -traced(values, target)[0])

for _name, _function in {"clip": clip, "take": take, "nonzero": nonzero}.items():
    setattr(Array, _name, _function)
