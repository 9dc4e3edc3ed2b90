# pyright: reportArgumentType=false, reportOperatorIssue=false, reportCallIssue=false, reportReturnType=false
# (the stubs of NumPy do not know that its functions return traced arrays for traced arrays)
"""Choosing entries: where, clip, take, put, masks; and what looks at values to say how many entries there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...errors import ShapeError
from ...ops.selection import where as select
from ...original import np
from ..array import ARRAY, NUMBERS, Array, apply_elementwise, trace_of, variable_of, wrap
from ..dispatch import answers, finish, lifted, refuse
from ..indexing import axis_of
from ..leaving import written_outside
from ..memory import Fillable, adopted
from ..promotion import promote
from .axes import NOTHING, along, given

# By a condition


@answers(np.where)
def where(condition: Any, *choices: Any) -> Any:
    if not choices:
        return nonzero(condition)
    x, y = choices
    trace = trace_of(condition, x, y)
    assert trace is not None
    if type(condition) is Array:
        condition = condition if condition.dtype == bool else condition != 0
    else:
        condition = np.asarray(condition, bool)
    result = apply_elementwise(select, (condition, x, y), trace)
    result.kind = ARRAY
    return result


@answers(np.clip)
def clip(
    a: Any,
    a_min: Any = NOTHING,
    a_max: Any = NOTHING,
    out: Any = None,
    *,
    min: Any = NOTHING,
    max: Any = NOTHING,
    **keywords: Any,
) -> Any:
    if not given(a_min) and not given(a_max):
        a_min, a_max = (min if given(min) else None), (max if given(max) else None)
    elif not given(a_min) or not given(a_max):
        raise TypeError(f"clip() missing 1 required positional argument: '{'a_max' if given(a_min) else 'a_min'}'")
    elif given(min) or given(max):
        raise ValueError("Passing `min` or `max` keyword argument when `a_min` and `a_max` are provided is forbidden.")
    return _clipped(a if type(a) is Array else lifted(a, a_min, a_max, out), a_min, a_max, out, **keywords)


def _clipped(a: Any, min: Any = None, max: Any = None, out: Any = None, **keywords: Any) -> Any:
    keywords = {key: value for key, value in keywords.items() if value is not None}
    if a.dtype.kind in "iu":  # numbers beyond what the dtype holds do not bind
        limits = np.iinfo(a.dtype)
        min = None if type(min) is int and min <= limits.min else min
        max = None if type(max) is int and max >= limits.max else max
    result = a if min is None else np.maximum(a, min, **keywords)
    result = result if max is None else np.minimum(result, max, **keywords)
    return finish(np.positive(a) if result is a else result, out)


@answers(np.select)
def select_(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    if len(condlist) != len(choicelist):
        raise ValueError("list of cases must be same length as list of conditions")
    if not len(condlist):
        raise ValueError("select with an empty condition list is not possible")
    trace = trace_of(condlist, choicelist, default)
    assert trace is not None
    values = [*choicelist, default]
    values = [x if type(x) in NUMBERS else wrap(trace, variable_of(x, trace)) for x in values]
    dtype = np.result_type(*[x.dtype if type(x) is Array else x for x in values])
    *choices, result = (lifted(x, *values, *condlist).astype(dtype, copy=False) for x in values)
    conditions = [lifted(c, *values, *condlist) for c in condlist]
    for place, condition in enumerate(conditions):
        if condition.dtype != bool:
            raise TypeError(f"invalid entry {place} in condlist: should be boolean ndarray")
    for condition, choice in zip(reversed(conditions), reversed(choices), strict=True):
        result = np.where(condition, choice, result)
    shape = np.broadcast_shapes(*[x.shape for x in (*conditions, *choices, result)])
    return result if result.shape == shape else np.broadcast_to(result, shape).copy()


@answers(np.choose)
def choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Any:
    if type(choices) is not Array:
        choices = list(choices)
    which = a if type(a) is Array else np.asarray(a)
    n = len(choices)
    if mode == "wrap":
        which = which % n
    elif mode == "clip":
        which = np.clip(which, 0, n - 1)
    elif bool(np.any((which < 0) | (which >= n))):
        raise ValueError("invalid entry in choice array")
    which = lifted(which, *choices, out)
    result = lifted(choices[0], which)
    for k in range(1, n):
        result = np.where(which == k, choices[k], result)
    shape = np.broadcast_shapes(which.shape, result.shape)
    result = result if result.shape == shape else np.broadcast_to(result, shape).copy()
    return finish(result if result.ndim else wrap(result.owner, result.variable, 1), out)


@answers(np.piecewise)
def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    x = lifted(x)
    if not isinstance(condlist, (list, tuple)) or (not (isinstance(condlist[0], (list, np.ndarray))) and x.ndim):
        condlist = [condlist]
    conditions = [np.asarray(c, bool) for c in condlist]
    if len(conditions) == len(funclist) - 1:
        conditions.append(~np.any(conditions, axis=0))
    elif len(conditions) != len(funclist):
        n = len(conditions)
        raise ValueError(f"with {n} condition(s), either {n} or {n + 1} functions are expected")
    y = np.zeros_like(x)
    for condition, function in zip(conditions, funclist, strict=True):
        if not callable(function):
            y[condition] = function
        elif condition.any():
            y[condition] = function(x[condition], *args, **kw)
    return y


# Masks: how many entries there are depends on values, so the mask becomes a guard


@answers(np.nonzero)
def nonzero(a: Any) -> Any:
    """Plain index arrays."""
    if not a.ndim:
        raise ValueError("Calling nonzero on 0d arrays is not allowed. Use np.atleast_1d(scalar).nonzero() instead.")
    return adopted(np.nonzero(_mask(a)))


answers(np.flatnonzero)(lambda a: adopted(np.flatnonzero(_mask(a))))
answers(np.argwhere)(lambda a: adopted(np.argwhere(_mask(a))))


def _mask(a: Any) -> np.ndarray:
    a = lifted(a)
    return a.owner.ask((a if a.dtype == bool else a != 0).variable)


@answers(np.compress)
def compress(condition: Any, a: Any, axis: Any = None, out: Any = None) -> Any:
    condition = _mask(condition) if type(condition) is Array else np.asarray(condition, bool)
    if condition.ndim != 1:
        raise ValueError("condition must be a 1-d array")
    return take(lifted(a, out) if trace_of(a, out) else a, np.flatnonzero(condition), axis, out)


@answers(np.extract)
def extract(condition: Any, arr: Any) -> Any:
    return take(arr, np.flatnonzero(_mask(condition) if type(condition) is Array else condition))


# By places


@answers(np.take)
def take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise") -> Any:
    if trace_of(a, out) is None and type(indices) is not Array:
        return np.take(a, indices, axis, out, mode)
    a = lifted(a, indices, out)
    if axis is None:
        a, axis = a.reshape(-1), 0
    axis = axis_of(axis, a.ndim)
    if type(indices) is not Array:
        given_array = isinstance(indices, (np.ndarray, np.generic))
        indices = np.asarray(indices)
        if not given_array or indices.dtype == bool:  # numbers in lists are cut off, those in arrays refused
            indices = indices.astype(np.intp, copy=False)
    if indices.dtype.kind not in "iu":
        np.take(np.zeros(1), np.zeros(1, indices.dtype))  # raises NumPy's error
    if mode != "raise":
        n = a.shape[axis]
        indices = indices % n if mode == "wrap" else np.clip(indices, 0, n - 1)
    return finish(a[along(axis, indices)].copy(), out)  # in C's order, other than what is indexed


@answers(np.take_along_axis)
def take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Any:
    a, indices, axis = _along_axis(lifted(arr, indices), lifted(indices, arr), axis)
    return a[_places(a, indices, axis)]


def _along_axis(a: Array, indices: Array, axis: Any) -> tuple[Array, Array, int]:
    if axis is None:
        if indices.ndim != 1:
            raise ValueError("when axis=None, `indices` must have a single dimension.")
        a, axis = a.reshape(-1), 0
    axis = axis_of(axis, a.ndim)
    if indices.dtype.kind not in "iu":
        raise IndexError("`indices` must be an integer array")
    if a.ndim != indices.ndim:
        raise ShapeError("`indices` and `arr` must have the same number of dimensions")
    return a, indices, axis


def _places(a: Array, indices: Array, axis: int) -> tuple[Any, ...]:
    """An index of one array for each axis: that of the axis is given, the others count."""
    shapes = [tuple(-1 if j == k else 1 for j in range(a.ndim)) for k in range(a.ndim)]
    return tuple(indices if k == axis else np.arange(n).reshape(shapes[k]) for k, n in enumerate(a.shape))


@answers(np.put_along_axis)
def put_along_axis(arr: Any, indices: Any, values: Any, axis: Any) -> None:
    target = _target(arr, "np.put_along_axis", indices, values)
    if axis is None:
        raise refuse("np.put_along_axis with axis=None", "x.reshape(-1)[indices] = values")
    a, indices, axis = _along_axis(target, lifted(indices, target), axis)
    a[_places(a, indices, axis)] = values


def _target(arr: Any, name: str, *others: Any) -> Array:
    if type(arr) is Fillable:
        promote(arr, trace_of(*others))
    if type(arr) is not Array:
        raise written_outside(f"{name} would write a traced value into")
    return arr


def _flat_write(name: str) -> Callable[..., Any]:
    def write(arr: Array, positions: np.ndarray, values: Any) -> None:
        values = lifted(values, arr).reshape(-1)
        if positions.size and not values.size:
            raise ValueError(f"{name} needs values to write")
        if positions.size:
            flat = arr.reshape(-1).copy()
            flat[positions] = values[np.arange(positions.size) % values.size]
            arr[...] = flat.reshape(arr.shape)

    return write


@answers(np.put)
def put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    a = _target(a, "np.put", ind, v)
    positions = np.asarray(ind).reshape(-1).astype(np.intp, copy=False)
    if mode != "raise":
        positions = positions % a.size if mode == "wrap" else np.clip(positions, 0, a.size - 1)
    outside = (positions < -a.size) | (positions >= a.size)
    if outside.any():
        raise IndexError(f"index {positions[outside][0]} is out of bounds for axis 0 with size {a.size}")
    _flat_write("np.put")(a, positions, v)


@answers(np.place)
def place(arr: Any, mask: Any, vals: Any) -> None:
    arr = _target(arr, "np.place", mask, vals)
    mask = _mask(mask) if type(mask) is Array else np.asarray(mask, bool)
    _flat_write("np.place")(arr, np.flatnonzero(mask), vals)


@answers(np.putmask)
def putmask(a: Any, /, mask: Any, values: Any) -> None:
    a = _target(a, "np.putmask", mask, values)
    mask, values = lifted(mask, a), lifted(values, a).reshape(-1)
    if mask.shape != a.shape:
        raise ValueError("putmask: mask and data must be the same size")
    spread = values[np.arange(a.size) % values.size].reshape(a.shape)
    a[...] = np.where(mask, spread.astype(a.dtype, copy=False), a)


@answers(np.ix_)
def ix_(*args: Any) -> Any:
    return np.ix_(*[np.asarray(a) if type(a) is Array else a for a in args])


for _attribute, _answer in {
    "clip": _clipped,
    "take": take,
    "nonzero": nonzero,
    "choose": choose,
    "put": put,
    "compress": lambda a, condition, axis=None, out=None: compress(condition, a, axis, out),
}.items():
    setattr(Array, _attribute, _answer)
