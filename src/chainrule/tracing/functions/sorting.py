# pyright: reportArgumentType=false, reportOperatorIssue=false, reportCallIssue=false, reportReturnType=false
# (the stubs of NumPy do not know that its functions return traced arrays for traced arrays)
"""Order: sorting and looking up. What gives as many entries as the values say becomes a guard."""

from __future__ import annotations

import operator
from typing import Any

from ...ops import reduction, sorting
from ...original import np
from ..array import Array, trace_of, wrap
from ..dispatch import HINTS, answers, lifted, refuse, result_of
from ..indexing import axis_of
from ..memory import adopted


@answers(np.sort)
def sort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    _refuse_order(order)
    a = lifted(a)
    if axis is None:
        a, axis = a.reshape(-1), 0
    return wrap(a.owner, sorting.sort(a.variable, axis=axis_of(axis, a.ndim)))


@answers(np.argsort)
def argsort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    _refuse_order(order)
    a = lifted(a)
    if axis is None:
        a, axis = a.reshape(-1), 0
    return wrap(a.owner, reduction.argsort(a.variable, axis=axis_of(axis, a.ndim)))


def _refuse_order(order: Any) -> None:
    if order is not None:
        raise ValueError("Cannot specify order when the array has no fields.")


def _sort_in_place(a: Array, axis: int = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> None:
    a[...] = sort(a, axis, kind, order, stable=stable)


@answers(np.partition)
def partition(a: Any, kth: Any, axis: Any = -1, kind: str = "introselect", order: Any = None) -> Any:
    """The sorted entries, put where np.partition leaves them: so ties have the shares that they have in np.sort."""
    _refuse_order(order)
    a = lifted(a)
    if axis is None:
        a, axis = a.reshape(-1), 0
    axis = axis_of(axis, a.ndim)
    places = tuple(operator.index(k) for k in np.atleast_1d(kth))
    for k in places:
        if not -a.shape[axis] <= k < a.shape[axis]:
            raise ValueError(f"kth(={k}) out of bounds ({a.shape[axis]})")
    index = sorting.partition_places(a.variable, kth=places, axis=axis)
    return wrap(a.owner, sorting.take_along_axis(sorting.sort(a.variable, axis=axis), index, axis=axis))


def _partition_in_place(a: Array, kth: Any, axis: int = -1, kind: str = "introselect", order: Any = None) -> None:
    a[...] = partition(a, kth, axis, kind, order)


@answers(np.searchsorted)
def searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    values, rows = lifted(v, a, sorter), lifted(a, v, sorter)
    if side not in ("left", "right"):
        raise ValueError(f"search side must be 'left' or 'right' (got '{side}')")
    if rows.ndim != 1:
        raise ValueError("object too deep for desired array")
    if sorter is not None:
        rows = rows[sorter]
    return result_of(values.owner, sorting.searchsorted(rows.variable, values.variable, side=side))


@answers(np.digitize)
def digitize(x: Any, bins: Any, right: bool = False) -> Any:
    edges = bins if type(bins) is Array else np.asarray(bins)
    side = "left" if right else "right"
    if bool(np.all(edges[1:] >= edges[:-1])):  # a guard, where the edges are traced
        return searchsorted(edges, x, side)
    if bool(np.all(edges[1:] <= edges[:-1])):
        return len(edges) - searchsorted(edges[::-1], x, side)
    raise ValueError("bins must be monotonically increasing or decreasing")


# Sets


@answers(np.unique)
def unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: Any = None,
    *,
    equal_nan: bool = True,
    sorted: bool = True,
) -> Any:
    """The first entry of each value; which they are is a guard."""
    a = lifted(ar)
    values = a.owner.ask(a.variable)
    _, first, inverse, counts = np.unique(values, True, True, True, axis, equal_nan=equal_nan)
    flat = a.reshape(-1) if axis is None else a
    found = flat[(slice(None),) * (0 if axis is None else axis_of(axis, a.ndim)) + (first,)]
    more = [
        adopted(part)
        for part, wanted in zip((first, inverse, counts), (return_index, return_inverse, return_counts), strict=True)
        if wanted
    ]
    return (found, *more) if more else found


answers(np.unique_values)(lambda x, /: unique(x, equal_nan=False))
_AllResult, _CountsResult, _InverseResult = (
    type(function(np.zeros(1))) for function in (np.unique_all, np.unique_counts, np.unique_inverse)
)
answers(np.unique_all)(lambda x, /: _AllResult(*unique(x, True, True, True, equal_nan=False)))
answers(np.unique_counts)(lambda x, /: _CountsResult(*unique(x, return_counts=True, equal_nan=False)))
answers(np.unique_inverse)(lambda x, /: _InverseResult(*unique(x, return_inverse=True, equal_nan=False)))


@answers(np.union1d)
def union1d(ar1: Any, ar2: Any) -> Any:
    return unique(np.concatenate((lifted(ar1, ar2).reshape(-1), lifted(ar2, ar1).reshape(-1))))


@answers(np.setdiff1d)
def setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    a = lifted(ar1, ar2).reshape(-1)
    a = a if assume_unique else unique(a)
    return a[isin(a, ar2, invert=True)]


@answers(np.intersect1d)
def intersect1d(ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False) -> Any:
    """The common entries, as NumPy takes them: from the first array."""
    a, b = lifted(ar1, ar2).reshape(-1), lifted(ar2, ar1).reshape(-1)
    _, first, second = np.intersect1d(_value(a), _value(b), assume_unique, True)
    return (a[first], first, second) if return_indices else a[first]


@answers(np.setxor1d)
def setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    a, b = lifted(ar1, ar2).reshape(-1), lifted(ar2, ar1).reshape(-1)
    return np.sort(np.concatenate((setdiff1d(a, b, assume_unique), setdiff1d(b, a, assume_unique))))


# What tells only where entries are: plain results, from values that become guards


def _value(x: Any) -> Any:
    if isinstance(x, (list, tuple)):
        return type(x)(_value(each) for each in x)
    return x.owner.ask(x.variable) if type(x) is Array else x


def _by_values(function: Any) -> Any:
    def answer(*args: Any, **keywords: Any) -> Any:
        return adopted(function(*_value(args), **{key: _value(value) for key, value in keywords.items()}))

    return answers(function)(answer)


isin = _by_values(np.isin)
argpartition = _by_values(np.argpartition)
_by_values(np.lexsort)


@answers(np.histogram)
def histogram(a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    """Counts, or sums of weights, between edges that carry no derivative; which entries they are of is a guard."""
    if trace_of(bins, range) is not None or (np.ndim(bins) == 0 and range is None and trace_of(a) is not None):
        raise refuse("np.histogram", HINTS[np.histogram])
    values = _value(a)
    if trace_of(weights) is None:
        return np.histogram(values, bins, range, density, weights)
    values, weights = np.asarray(values), lifted(weights)
    if weights.shape != values.shape:
        raise ValueError("weights should have the same shape as a.")
    edges = np.histogram_bin_edges(values, bins, range, np.ones(values.shape))
    count = len(edges) - 1
    place = np.searchsorted(edges, values, side="right") - 1
    place[values == edges[-1]] = count - 1  # the last bin has both of its edges
    inside = (place >= 0) & (place < count)
    place, given = place[inside], weights[inside]
    sums = np.bincount(place, weights=given.real, minlength=count)
    if given.dtype.kind == "c":
        sums = sums + 1j * np.bincount(place, weights=given.imag, minlength=count)
    sums = sums.astype(weights.dtype, copy=False)
    return (sums / np.diff(edges) / np.sum(sums) if density else sums), edges


HINTS.update(
    {
        np.sort_complex: "np.sort(x)",
        np.histogram: "np.histogram(x, edges) with plain edges, with or without weights",
        np.histogram2d: "np.histogram2d(cr.stop_gradient(x), cr.stop_gradient(y), edges)",
        np.histogramdd: "np.histogramdd(cr.stop_gradient(x), edges)",
        np.histogram_bin_edges: "np.linspace(x.min(), x.max(), n + 1)",
    }
)
for _attribute, _answer in {
    "sort": _sort_in_place,
    "argsort": argsort,
    "searchsorted": searchsorted,
    "partition": _partition_in_place,
    "argpartition": argpartition,
}.items():
    setattr(Array, _attribute, _answer)
