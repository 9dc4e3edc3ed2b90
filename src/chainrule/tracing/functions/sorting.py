"""Order: sorting and looking up. What gives as many entries as the values say becomes a guard."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...ops import reduction, sorting
from ..array import Array, wrap
from ..dispatch import HINTS, answers, lifted, refuse, result_of
from ..indexing import axis_of


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
    edges = lifted(bins, x)
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
        part
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


def _refused_method(name: str) -> Any:
    def method(self: Array, *args: Any, **keywords: Any) -> Any:
        raise refuse(f"ndarray.{name}", HINTS[getattr(np, name)])

    return method


HINTS.update(
    {
        np.partition: "np.sort(x, axis)",
        np.argpartition: "np.argsort(x, axis)",
        np.lexsort: "np.lexsort(cr.stop_gradient(keys))",
        np.sort_complex: "np.sort(x)",
        np.union1d: "np.unique(np.concatenate([a, b]))",
        np.intersect1d: "a[np.isin(cr.stop_gradient(a), cr.stop_gradient(b))]",
        np.setdiff1d: "a[~np.isin(cr.stop_gradient(a), cr.stop_gradient(b))]",
        np.setxor1d: "np.isin of cr.stop_gradient(a), cr.stop_gradient(b), and a mask",
        np.isin: "np.isin(cr.stop_gradient(a), cr.stop_gradient(b))",
    }
)
for _attribute, _answer in {
    "sort": _sort_in_place,
    "argsort": argsort,
    "searchsorted": searchsorted,
    "partition": _refused_method("partition"),
    "argpartition": _refused_method("argpartition"),
}.items():
    setattr(Array, _attribute, _answer)
