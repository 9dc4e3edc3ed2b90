"""What goes along an axis in order: sorting and looking up, running products and extrema, recurrences.

Permutations, gathers and ties are relations between flat indices, so their Jacobians stay sparse. A running product
is a recurrence; its Jacobian is applied by another one, never formed, and never divides, so zeros do no harm.
"""

from __future__ import annotations

import functools
import math
from typing import Any

from ..arraytype import ArrayType
from ..errors import ArgumentError, ShapeError
from ..original import np
from ..structure import LinearMap, MatrixFree, Pairs, Ravel, index_map, pointwise_map, zero_map
from .arithmetic import maximum
from .batch_axis import each_lifted, moving_axes
from .comparison import less
from .movement import concatenate, convert, reshape, scatter, transpose, window
from .operation import Example, Operation, discrete, general, linear
from .reduction import argsort, weighted_sum
from .selection import factor_product, where

Axes = tuple[int, ...]
Shape = tuple[int, ...]
_by_axes, _by_axis = moving_axes("axes"), moving_axes("axis")


# Flat indices: an axis last, then everything read row by row


def _axis_last(rank: int, axis: int) -> Axes:
    return (*(k for k in range(rank) if k != axis), axis)


def _flat_index(index: Any, axis: int, size: int) -> Any:
    """Indices from the front of an axis of that size as places in the flat array; itself flat, axis last."""
    shape = tuple(index.shape[k] for k in _axis_last(len(index.shape), axis))
    rows = np.arange(math.prod(shape[:-1]), dtype=np.intp).reshape((*shape[:-1], 1)) * size
    index = transpose(index, axes=_axis_last(len(index.shape), axis))
    return reshape(index + rows, shape=(math.prod(shape),))


def _gather_map(y: Any, x: Any, axis: int, index: Any, groups: Any = None) -> LinearMap:
    """The Jacobian of y.flat[k] = x.flat[index[k]], axis last; then of the means over groups of entries of y.

    `groups` is the number of each entry's group, and one over the size of each group.
    """
    if 0 in y.shape or 0 in x.shape:
        return zero_map(y.shape, x.shape)
    order = _axis_last(len(x.shape), axis)
    out, inn = [f"y{k}" for k in range(len(y.shape))], [f"x{k}" for k in range(len(x.shape))]
    sizes = {"from": math.prod(x.shape), "to": math.prod(y.shape)}
    relations: list[Any] = [Ravel(("from",), tuple(inn[k] for k in order)), Pairs(("to",), ("from",), None, index)]  # type: ignore[arg-type]
    factors, last = [], "to"
    if groups is not None:
        number, share = groups
        # The sizes of groups stay a factor between two relations, so that the pairs of equal entries, whose number is
        # the square of the ties, are never listed.
        relations += [Pairs(("group",), ("to",), number, None), Pairs(("mean",), ("group",), None, number)]  # type: ignore[arg-type]
        sizes |= {"group": sizes["to"], "mean": sizes["to"]}
        factors, last = [(share, ["group"])], "mean"
    relations.append(Ravel(tuple(out[k] for k in order), (last,)))  # type: ignore[arg-type]
    return index_map(out, inn, *factors, out_shape=y.shape, in_shape=x.shape, relations=relations, inner=sizes)  # type: ignore[arg-type]


def _runs(y: Any, *, axis: int, reverse: bool) -> Any:
    """For each entry the index along an axis at which its run of equal entries begins (ends, where reversed)."""
    y = np.flip(y, axis) if reverse else np.asarray(y)
    length = y.shape[axis]
    y = np.moveaxis(y, axis, -1)
    begins = np.ones(y.shape, bool)
    a, b = y[..., 1:], y[..., :-1]
    begins[..., 1:] = (a != b) & ~(np.isnan(a) & np.isnan(b))
    start = np.maximum.accumulate(np.where(begins, np.arange(length), 0), axis=-1)
    start = np.moveaxis(start, -1, axis)
    return np.ascontiguousarray(length - 1 - np.flip(start, axis) if reverse else start)


def _along_an_axis(rng: np.random.Generator) -> Any:
    for shape, axis in [((5,), 0), ((2, 3), 1), ((3, 2, 2), 0), ((1, 2), 1)]:
        yield Example((rng.normal(size=shape),), {"axis": axis})


def _along_an_axis_from_either_end(rng: np.random.Generator) -> Any:
    for example in _along_an_axis(rng):
        for reverse in (False, True):
            yield Example(example.arguments, {**example.parameters, "reverse": reverse})


runs = discrete(
    "runs",
    _runs,
    lambda y, *, axis, reverse: ArrayType(y.shape, np.intp),
    parameters=("axis", "reverse"),
    batch=_by_axis,
    notation=r"\mathrm{{runs}}({0})",
    examples=_along_an_axis_from_either_end,
)


# Sorting and looking up


def _share_of_equals(y: Any, x: Any, *, axis: int) -> LinearMap:
    """The sorting permutation, then the mean over entries of equal value."""
    index = _flat_index(argsort(x, axis=axis), axis, x.shape[axis])
    number = _flat_index(runs(y, axis=axis, reverse=False), axis, x.shape[axis])
    size = math.prod(x.shape)
    count = scatter(np.ones(size, y.dtype), number, axis=0, size=size)
    return _gather_map(y, x, axis, index, (number, 1 / maximum(count, 1.0)))


sort = general(
    "sort",
    lambda x, *, axis: np.sort(x, axis=axis),
    lambda x, *, axis: x,
    _share_of_equals,
    for_complex=True,
    parameters=("axis",),
    batch=_by_axis,
    notation=r"\mathrm{{sort}}({0})",
    examples=_along_an_axis,
    source="the sorting permutation; equal shares among ties, as for max and min",
    summary="the entries along an axis in ascending order",
)


def _partition_places(x: Any, *, kth: tuple[int, ...], axis: int) -> Any:
    """Where the entries of np.partition stand among the sorted ones."""
    order = np.argsort(np.partition(x, kth, axis=axis), axis=axis, kind="stable")
    return np.argsort(order, axis=axis, kind="stable")


partition_places = discrete(
    "partition_places",
    _partition_places,
    lambda x, *, kth, axis: ArrayType(x.shape, np.intp),
    batch=_by_axis,
    parameters=("kth", "axis"),
    notation=r"\mathrm{{places}}({0})",
    examples=lambda rng: [
        Example((rng.normal(size=7),), {"kth": (3,), "axis": 0}),
        Example((rng.normal(size=(5, 2)),), {"kth": (1, -1), "axis": 0}),
        Example((rng.normal(size=(2, 4)),), {"kth": (2,), "axis": 1}),
    ],
)


def _along_type(x: ArrayType, index: ArrayType, *, axis: int) -> ArrayType:
    if x.ndim != index.ndim or any(
        a != b for k, (a, b) in enumerate(zip(x.shape, index.shape, strict=True)) if k != axis
    ):
        wanted = [str(size) if k != axis else "any" for k, size in enumerate(x.shape)]
        raise ShapeError(
            f"indices along axis {axis} must agree with the array in all others: {index.shape} does not with {x.shape}",
            got=f"{x}, indices {index}",
            wanted=f"indices of shape ({', '.join(wanted)})",
        )
    if index.dtype.kind not in "iu":
        raise ArgumentError(f"indices must be integers, not {index.dtype}", got=f"{index}")
    return x.with_shape(index.shape)


def _along_map(y: Any, x: Any, index: Any, *, axis: int) -> LinearMap:
    index = convert(index, dtype="int64")  # the number of a place need not fit the dtype of an index
    from_front = where(less(index, 0), index + x.shape[axis], index)
    return _gather_map(y, x, axis, _flat_index(from_front, axis, x.shape[axis]))


take_along_axis = linear(
    "take_along_axis",
    lambda x, index, *, axis: np.take_along_axis(np.asarray(x), np.asarray(index), axis),
    _along_type,
    _along_map,
    None,
    parameters=("axis",),
    batch=_by_axis,
    notation=r"{0}[{1}]",
    examples=lambda rng: [
        Example((rng.normal(size=4), np.array([3, 0, 0])), {"axis": 0}),
        Example((rng.normal(size=(2, 3)), np.array([[2, -1], [0, 1]])), {"axis": 1}),
        Example((rng.normal(size=(3, 2)), np.array([[2, 1]])), {"axis": 0}),
        Example((rng.normal(size=(2, 0)), np.zeros((2, 0), int)), {"axis": 1}),
        Example((rng.normal(size=(2, 3)), np.zeros((2, 0), int)), {"axis": 1}),
    ],
    summary="entries along an axis, by indices of their own for every row",
)


def _searchsorted_type(a: ArrayType, values: ArrayType, *, side: str) -> ArrayType:
    if a.ndim != 1:
        raise ShapeError(
            f"places are looked up in a sorted vector, not in an array of shape {a.shape}", wanted="shape (n,)"
        )
    return ArrayType(values.shape, np.intp)


def _many_looked_up(operation: Any, xs: Any, lifted: Any, *, side: str) -> Any:
    """NumPy looks up in one vector. In many at once: the place among all, when sorted together with the vector, less
    that among the values; of equal entries a stable sort leaves those first that stood first."""
    if not lifted[0]:
        return operation(*xs, side=side)
    a, values = each_lifted(xs, lifted)
    shape, (count, n) = values.shape, a.shape
    values = reshape(values, shape=(count, math.prod(shape[1:])))
    parts, begin = ((a, values), n) if side == "right" else ((values, a), 0)
    among_all = _places(concatenate(*parts, axis=1))
    own = window(among_all, windows=((0, 1, count), (begin, 1, values.shape[1])))
    return reshape(own - _places(values), shape=shape)


def _places(rows: Any) -> Any:
    """Where each entry of a row comes when the row is sorted."""
    return argsort(argsort(rows, axis=1), axis=1)


searchsorted = discrete(
    "searchsorted",
    lambda a, values, *, side: np.asarray(np.searchsorted(a, values, side=side)),
    _searchsorted_type,
    arguments=2,
    parameters=("side",),
    batch=_many_looked_up,
    notation=r"\mathrm{{searchsorted}}({0}, {1})",
    examples=lambda rng: [
        Example((np.sort(rng.normal(size=5)), rng.normal(size=(2, 3))), {"side": "left"}),
        Example((np.sort(rng.normal(size=4)), rng.normal()), {"side": "right"}),
    ],
    summary="the place of each value in a sorted vector",
)


# Running extrema


def _running(name: str, function: np.ufunc, notation: str) -> Operation:
    def forward(x: Any, *, axis: int, reverse: bool) -> Any:
        return np.flip(function.accumulate(np.flip(x, axis), axis), axis) if reverse else function.accumulate(x, axis)

    def first_attained(y: Any, x: Any, *, axis: int, reverse: bool) -> LinearMap:
        return _gather_map(y, x, axis, _flat_index(runs(y, axis=axis, reverse=reverse), axis, x.shape[axis]))

    return general(
        name,
        forward,
        lambda x, *, axis, reverse: x,
        first_attained,
        for_complex=True,
        parameters=("axis", "reverse"),
        batch=_by_axis,
        notation=notation,
        examples=_along_an_axis_from_either_end,
        source="one at the entry that attained it first",
        summary=f"np.{function.__name__}.accumulate along an axis, from either end",
    )


cummax = _running("cummax", np.maximum, r"\mathrm{{cummax}}({0})")
cummin = _running("cummin", np.minimum, r"\mathrm{{cummin}}({0})")


# Recurrences and products


def _recurrence(a: Any, b: Any, *, axis: int, reverse: bool) -> Any:
    """s_k = a_k s_(k-1) + b_k along an axis, from either end; begins with 0, and a zero absorbs whatever a_k."""
    a, b = np.moveaxis(np.asarray(a), axis, 0), np.moveaxis(np.asarray(b), axis, 0)
    s = np.array(b, np.result_type(a, b))
    steps = range(len(s) - 2, -1, -1) if reverse else range(1, len(s))
    before = 1 if reverse else -1
    with np.errstate(all="ignore"):
        if s.ndim == 1:  # Python's numbers are faster one by one
            return _recurrence_of_numbers(a, s, steps, before)
        for k in steps:
            s[k] += np.where(s[k + before] == 0, s[k + before], a[k] * s[k + before])
    return np.moveaxis(s, 0, axis)


def _recurrence_of_numbers(a: Any, s: Any, steps: range, before: int) -> Any:
    slopes, values = a.tolist(), s.tolist()
    for k in steps:
        if values[k + before] != 0:
            values[k] += slopes[k] * values[k + before]
    return np.array(values, s.dtype)


def _recurrence_type(a: ArrayType, b: ArrayType, *, axis: int, reverse: bool) -> ArrayType:
    if a.shape != b.shape:
        raise ShapeError(
            f"a recurrence needs a coefficient for every entry: {a.shape} is not {b.shape}", got=f"{a}, {b}"
        )
    return ArrayType(a.shape, np.result_type(a.dtype, b.dtype))


def _shifted(x: Any, first: float, axis: int, reverse: bool) -> Any:
    """x moved on by one place along an axis, with a number at the place that falls free."""
    length = x.shape[axis]
    edge = np.full([1 if k == axis else size for k, size in enumerate(x.shape)], first, x.dtype)
    rest = window(
        x, windows=tuple((int(reverse and k == axis), 1, size - (k == axis)) for k, size in enumerate(x.shape))
    )
    if length == 1:
        return edge
    return concatenate(rest, edge, axis=axis) if reverse else concatenate(edge, rest, axis=axis)


def _solution_map(a: Any, shape: Shape, axis: int, reverse: bool) -> LinearMap:
    """ds/db: the recurrence itself. Its transpose runs from the other end, with each coefficient one place earlier."""
    if not shape[axis]:
        return zero_map(shape, shape)
    back = _shifted(a, 0.0, axis, not reverse)
    return MatrixFree(
        functools.partial(recurrence, a, axis=axis, reverse=reverse),
        functools.partial(recurrence, back, axis=axis, reverse=not reverse),
        shape,
        shape,
    )


def _by_coefficient(s: Any, a: Any, b: Any, *, axis: int, reverse: bool) -> LinearMap:
    if not s.shape[axis]:
        return zero_map(s.shape, a.shape)
    return _solution_map(a, s.shape, axis, reverse) @ pointwise_map(_shifted(s, 0.0, axis, reverse), s.shape, a.shape)


recurrence = general(
    "recurrence",
    _recurrence,
    _recurrence_type,
    _by_coefficient,
    lambda s, a, b, *, axis, reverse: _solution_map(a, s.shape, axis, reverse),
    for_complex=True,
    parameters=("axis", "reverse"),
    batch=_by_axis,
    notation=r"s_k = {0}_k s_{{k-1}} + {1}_k",
    examples=lambda rng: [
        Example((rng.normal(size=shape), rng.normal(size=shape)), {"axis": axis, "reverse": reverse})
        for shape, axis in [((4,), 0), ((2, 3), 1), ((3, 2), 0), ((2, 1), 1), ((1, 2), 1), ((0,), 0), ((2, 0), 1)]
        for reverse in (False, True)
    ],
    source="linear in b; by a: ds = a ds' + da s', with s' the value before",
)


def _cumprod(x: Any, *, axis: int, reverse: bool) -> Any:
    """Running products along an axis, from either end."""
    x = np.asarray(x)
    if reverse:
        return np.flip(np.cumprod(np.flip(x, axis), axis, dtype=x.dtype), axis)
    return np.cumprod(x, axis, dtype=x.dtype)


def _cumprod_map(y: Any, x: Any, *, axis: int, reverse: bool) -> LinearMap:
    """dy_k = x_k dy_(k-1) + dx_k y_(k-1): no quotient, so right at zeros, and no table of all pairs."""
    if not y.shape[axis]:
        return zero_map(y.shape, x.shape)
    return _solution_map(x, y.shape, axis, reverse) @ pointwise_map(_shifted(y, 1.0, axis, reverse), y.shape, x.shape)


cumprod = general(
    "cumprod",
    _cumprod,
    lambda x, *, axis, reverse: x,
    _cumprod_map,
    for_complex=True,
    parameters=("axis", "reverse"),
    batch=_by_axis,
    notation=r"\mathrm{{cumprod}}({0})",
    examples=lambda rng: [
        *_along_an_axis_from_either_end(rng),
        Example((np.array([2.0, 0.0, 3.0, 0.0, -1.0]),), {"axis": 0, "reverse": False}),
    ],
    source="a recurrence: dy_k = x_k dy_(k-1) + y_(k-1) dx_k",
)


def _product_of_others(y: Any, x: Any, *, axes: Axes) -> LinearMap:
    """The slope by an entry is the product of those before and those after it; y / x is 0 / 0 at a zero."""
    rank = len(x.shape)
    kept = tuple(k for k in range(rank) if k not in axes)
    order = kept + tuple(axes)
    moved = tuple(x.shape[k] for k in order)
    flat = (*moved[: len(kept)], math.prod(moved[len(kept) :]))
    if 0 in x.shape:
        return zero_map(y.shape, x.shape)
    row, last = reshape(transpose(x, axes=order), shape=flat), len(kept)
    before = _shifted(cumprod(row, axis=last, reverse=False), 1.0, last, False)
    after = _shifted(cumprod(row, axis=last, reverse=True), 1.0, last, True)
    others = reshape(factor_product(before, after), shape=moved)
    return weighted_sum(transpose(others, axes=tuple(order.index(k) for k in range(rank))), y, x, axes)


prod = general(
    "prod",
    lambda x, *, axes: np.prod(x, axis=axes, dtype=x.dtype),
    lambda x, *, axes: x.with_shape(tuple(size for k, size in enumerate(x.shape) if k not in axes)),
    _product_of_others,
    for_complex=True,
    parameters=("axes",),
    batch=_by_axes,
    notation=r"\prod {0}",
    examples=lambda rng: [
        Example((rng.normal(size=4),), {"axes": (0,)}),
        Example((rng.normal(size=(2, 3, 2)),), {"axes": (0, 2)}),
        Example((rng.normal(size=(2, 3)),), {"axes": (1,)}),
        Example((np.array([2.0, 0.0, 3.0]),), {"axes": (0,)}),
        Example((np.array([0.0, 2.0, 0.0]),), {"axes": (0,)}),
        Example((rng.normal(),), {"axes": ()}),
        Example((rng.normal(size=(0, 2)),), {"axes": (0,)}),
    ],
    source="the product of the other entries, right where one or more of them are zero",
    summary="the product along axes",
)
