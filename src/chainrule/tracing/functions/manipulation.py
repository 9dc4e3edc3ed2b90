# pyright: reportArgumentType=false, reportOperatorIssue=false, reportCallIssue=false, reportReturnType=false
# (the stubs of NumPy do not know that its functions return traced arrays for traced arrays)
"""Shapes, axes, joining, splitting, repeating, and what is put in or left out."""

from __future__ import annotations

import itertools
import operator
from typing import Any

from ...errors import ShapeError
from ...ops.contraction import einsum
from ...ops.movement import broadcast_to as broadcast
from ...ops.movement import concatenate as join
from ...ops.movement import place, reshape, take
from ...original import np
from ..array import ARRAY, SCALAR, Array, trace_of, variable_of, viewed, wrap
from ..dispatch import answers, finish, lifted, of_dtype, refuse
from ..indexing import axis_of
from ..layout import c_or_fortran, laid, lying, order_of
from .axes import along, listed, normalize_axis_index, normalize_axis_tuple, shape_of


def _all(arrays: Any) -> list[Any]:
    """Several operands, at least one of them traced, as arrays of one trace."""
    arrays = list(arrays)
    return [lifted(a, *arrays) for a in arrays]


def _method(x: Any, *others: Any) -> Any:
    """For functions that call the method of the same name: scalars stay scalars."""
    return x if type(x) is Array else lifted(x, *others)


# Shapes


@answers(np.shape)
def shape(a: Any) -> Any:
    return lifted(a).shape


@answers(np.ndim)
def ndim(a: Any) -> Any:
    return lifted(a).ndim


@answers(np.size)
def size(a: Any, axis: Any = None) -> Any:
    a = lifted(a)
    if axis is None:
        return a.size
    return int(np.prod([a.shape[axis_of(k, a.ndim)] for k in listed(axis)], dtype=int))


@answers(np.reshape)
def reshape_(a: Any, /, shape: Any, order: str = "C", *, copy: Any = None) -> Any:
    return _method(a).reshape(shape, order=order, copy=copy)


@answers(np.ravel)
def ravel(a: Any, order: str = "C") -> Any:
    return _method(a).ravel(order)


@answers(np.resize)
def resize(a: Any, new_shape: Any) -> Any:
    wanted = shape_of(new_shape)
    if any(n < 0 for n in wanted):
        raise ValueError("all elements of `new_shape` must be non-negative")
    flat = lifted(a).reshape(-1)
    total = int(np.prod(wanted, dtype=int))
    if not flat.size or not total:
        return np.zeros_like(flat, shape=wanted)
    return flat[np.resize(np.arange(flat.size), total)].reshape(wanted)


@answers(np.expand_dims)
def expand_dims(a: Any, axis: Any) -> Any:
    a = lifted(a)
    rank = a.ndim + len(listed(axis))
    new = normalize_axis_tuple(axis, rank)
    sizes = iter(a.shape)
    return a.reshape(tuple(1 if k in new else next(sizes) for k in range(rank)))


@answers(np.squeeze)
def squeeze(a: Any, axis: Any = None) -> Any:
    a = _method(a)
    if axis is None:
        gone = {k for k, n in enumerate(a.shape) if n == 1}
    else:
        gone = {axis_of(k, a.ndim) for k in listed(axis)} if a.ndim or axis not in (0, -1, ()) else set()
    if any(a.shape[k] != 1 for k in gone):
        raise ValueError("cannot select an axis to squeeze out which has size not equal to one")
    return a.reshape(tuple(n for k, n in enumerate(a.shape) if k not in gone)) if a.ndim else a


def _atleast(rank: int) -> Any:
    def atleast(*arys: Any) -> Any:
        results = tuple(_padded_rank(a, rank) for a in _all(arys))
        return results if len(results) != 1 else results[0]

    return atleast


def _padded_rank(a: Array, rank: int) -> Array:
    if a.ndim >= rank:
        return a
    if rank == 3:
        return a.reshape(((1, 1, 1), (1, -1, 1), (*a.shape, 1))[a.ndim])
    return a.reshape((1,) * (rank - a.ndim) + a.shape)


answers(np.atleast_1d)(_atleast(1))
answers(np.atleast_2d)(_atleast(2))
answers(np.atleast_3d)(_atleast(3))


def _read_only(base: Any, new: Any) -> Any:
    raise ValueError("assignment destination is read-only")


@answers(np.broadcast_to)
def broadcast_to(array: Any, shape: Any, subok: bool = False) -> Any:
    a, wanted = lifted(array), shape_of(shape)
    a.owner.turned |= len(wanted) > 1  # an axis along which nothing moves in memory counts as the innermost
    return viewed(a, lambda v: broadcast(v, shape=wanted), _read_only, ("broadcast", wanted))


@answers(np.broadcast_arrays)
def broadcast_arrays(*args: Any, subok: bool = False) -> Any:
    given = _all(args)
    common = np.broadcast_shapes(*[a.shape for a in given])
    return tuple(a if a.shape == common else broadcast_to(a, common) for a in given)


# Axes


@answers(np.transpose, np.permute_dims)
def transpose(a: Any, axes: Any = None) -> Any:
    return _method(a).transpose(axes)


@answers(np.matrix_transpose, np.linalg.matrix_transpose)
def matrix_transpose(x: Any, /) -> Any:
    if x.ndim < 2:
        raise ValueError(f"Input array must be at least 2-dimensional, but it is {x.ndim}")
    return x.swapaxes(-1, -2)


answers(np.swapaxes)(lambda a, axis1, axis2: lifted(a).swapaxes(axis1, axis2))


@answers(np.moveaxis)
def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    a = lifted(a)
    start = normalize_axis_tuple(source, a.ndim, "source")
    goal = normalize_axis_tuple(destination, a.ndim, "destination")
    if len(start) != len(goal):
        raise ValueError("`source` and `destination` arguments must have the same number of elements")
    order = [k for k in range(a.ndim) if k not in start]
    for k, axis in sorted(zip(goal, start, strict=True)):
        order.insert(k, axis)
    return a.transpose(order)


@answers(np.rollaxis)
def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    a = lifted(a)
    n = a.ndim
    axis = normalize_axis_index(axis, n)
    start = start + n if start < 0 else start
    if not 0 <= start < n + 1:
        raise np.exceptions.AxisError(f"'start' arg requires {-n} <= start < {n + 1}, but {start} was passed in")
    start -= axis < start
    order = [k for k in range(n) if k != axis]
    return a.transpose([*order[:start], axis, *order[start:]])


@answers(np.flip)
def flip(m: Any, axis: Any = None) -> Any:
    a = lifted(m)
    axes = set(range(a.ndim)) if axis is None else set(normalize_axis_tuple(axis, a.ndim))
    return a[tuple(slice(None, None, -1) if k in axes else slice(None) for k in range(a.ndim))]


@answers(np.flipud)
def flipud(m: Any) -> Any:
    if not m.ndim:
        raise ValueError("Input must be >= 1-d.")
    return flip(m, 0)


@answers(np.fliplr)
def fliplr(m: Any) -> Any:
    if m.ndim < 2:
        raise ValueError("Input must be >= 2-d.")
    return flip(m, 1)


@answers(np.rot90)
def rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    a = lifted(m)
    if len(tuple(axes)) != 2:
        raise ValueError("len(axes) must be 2.")
    first, second = axes
    if first == second or abs(first - second) == a.ndim:
        raise ValueError("Axes must be different.")
    if not all(-a.ndim <= axis < a.ndim for axis in (first, second)):
        raise ValueError(f"Axes={tuple(axes)} out of range for array of ndim={a.ndim}.")
    k %= 4
    if k == 0:
        return a[...]
    if k == 2:
        return flip(flip(a, first), second)
    return flip(a, second).swapaxes(first, second) if k == 1 else flip(a.swapaxes(first, second), second)


@answers(np.roll)
def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    a = lifted(a)
    if axis is None:
        return roll(a.reshape(-1), shift, 0).reshape(a.shape)
    axes = normalize_axis_tuple(axis, a.ndim, allow_duplicate=True)
    pairs = np.broadcast(shift, axes)
    if pairs.ndim > 1:
        raise ValueError("'shift' and 'axis' should be scalars or 1D sequences")
    shifts = dict.fromkeys(range(a.ndim), 0)
    for by, k in pairs:
        shifts[int(k)] += int(by)
    result = a
    for k, by in shifts.items():
        n = a.shape[k]
        if n and by % n:
            cut = n - by % n
            result = concatenate([result[along(k, slice(cut, None))], result[along(k, slice(None, cut))]], k)
    if a.owner.turned and a.ndim > 1:  # in memory as a is
        return wrap(a.owner, lying(a.owner, result.variable, order_of(a)))
    return result.copy() if result is a else result


# Joining


@answers(np.concatenate, np.concat)
def concatenate(
    arrays: Any, /, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Any:
    arrays = list(arrays)
    trace = trace_of(*arrays, out)
    assert trace is not None
    if out is not None and dtype is not None:
        raise TypeError("concatenate() only takes `out` or `dtype` as an argument, but both were provided.")
    variables = [variable_of(a, trace) for a in arrays]
    if axis is None:
        variables, axis = [reshape(v, shape=(v.size,)) for v in variables], 0
    if not variables[0].ndim:
        raise ShapeError("zero-dimensional arrays cannot be concatenated")
    common = np.result_type(*[v.dtype for v in variables])
    wanted = np.dtype(dtype) if dtype is not None else common
    if not np.can_cast(common, wanted, casting):
        raise TypeError(f"Cannot cast array data from {common!r} to {wanted!r} according to the rule '{casting}'")
    axis = normalize_axis_index(operator.index(axis), variables[0].ndim)
    _check_joined([v.shape for v in variables], axis)
    return finish(wrap(trace, join(*[of_dtype(v, wanted) for v in variables], axis=axis)), out)


def _check_joined(shapes: list[tuple[int, ...]], axis: int) -> None:
    first = shapes[0]
    for number, other in enumerate(shapes):
        if len(other) != len(first):
            raise ShapeError(
                "all the input arrays must have same number of dimensions, but the array at index 0 has "
                f"{len(first)} dimension(s) and the array at index {number} has {len(other)} dimension(s)"
            )
        for k, (m, n) in enumerate(zip(first, other, strict=True)):
            if k != axis and m != n:
                raise ShapeError(
                    "all the input array dimensions except for the concatenation axis must match exactly, but along "
                    f"dimension {k}, the array at index 0 has size {m} and the array at index {number} has size {n}"
                )


@answers(np.stack)
def stack(arrays: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    arrays = _all([*arrays, out] if trace_of(*arrays) is None else arrays)[: len(arrays)]
    if len({a.shape for a in arrays}) > 1:
        raise ShapeError("all input arrays must have the same shape")
    axis = normalize_axis_index(axis, arrays[0].ndim + 1)
    return concatenate([expand_dims(a, axis) for a in arrays], axis, out, dtype=dtype, casting=casting)


@answers(np.vstack)
def vstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    return concatenate([_padded_rank(a, 2) for a in _all(tup)], 0, dtype=dtype, casting=casting)


@answers(np.hstack)
def hstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    arrays = [_padded_rank(a, 1) for a in _all(tup)]
    return concatenate(arrays, 0 if arrays[0].ndim == 1 else 1, dtype=dtype, casting=casting)


answers(np.dstack)(lambda tup: concatenate([_padded_rank(a, 3) for a in _all(tup)], 2))


@answers(np.column_stack)
def column_stack(tup: Any) -> Any:
    return concatenate([a if a.ndim > 1 else a.reshape(-1, 1) for a in _all(tup)], 1)


@answers(np.block)
def block(arrays: Any) -> Any:
    trace = trace_of(arrays)
    assert trace is not None

    def depth_of(items: Any) -> int:
        if isinstance(items, tuple):
            raise TypeError("np.block takes nested lists, not tuples")
        if not isinstance(items, list):
            return 0
        if not items:
            raise ValueError("List at arrays cannot be empty")
        depths = {depth_of(item) for item in items}
        if len(depths) > 1:
            raise ValueError("List depths are mismatched.")
        return 1 + depths.pop()

    def leaves(items: Any) -> Any:
        if not isinstance(items, list):
            return wrap(trace, variable_of(items, trace))
        return [leaves(item) for item in items]

    def ranks(items: Any) -> int:
        return max(map(ranks, items)) if isinstance(items, list) else items.ndim

    depth, arrays = depth_of(arrays), leaves(arrays)
    rank = max(depth, ranks(arrays))

    def joined(items: Any, level: int) -> Any:
        if not isinstance(items, list):
            return items.reshape((1,) * (rank - items.ndim) + items.shape)
        return concatenate([joined(item, level + 1) for item in items], level - depth)

    return joined(arrays, 0).copy() if not depth else joined(arrays, 0)


@answers(np.append)
def append(arr: Any, values: Any, axis: Any = None) -> Any:
    a, more = _all([arr, values])
    return concatenate([a.reshape(-1), more.reshape(-1)], 0) if axis is None else concatenate([a, more], axis)


# Splitting


@answers(np.array_split)
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    a = lifted(ary)
    n = a.shape[axis]
    if np.ndim(indices_or_sections):
        points = [0, *(operator.index(k) for k in indices_or_sections), n]
    else:
        sections = int(indices_or_sections)
        if sections <= 0:
            raise ValueError("number sections must be larger than 0.")
        each, extras = divmod(n, sections)
        points = np.cumsum([0, *[each + 1] * extras, *[each] * (sections - extras)]).tolist()
    k = axis_of(axis, a.ndim)
    return [a[along(k, slice(begin, end))] for begin, end in itertools.pairwise(points)]


@answers(np.split)
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    if not np.ndim(indices_or_sections) and lifted(ary).shape[axis] % indices_or_sections:
        raise ValueError("array split does not result in an equal division")
    return array_split(ary, indices_or_sections, axis)


def _split_along(axis: int, rank: int, name: str) -> Any:
    def split_along(ary: Any, indices_or_sections: Any) -> Any:
        if ary.ndim < rank:
            raise ValueError(f"{name} only works on arrays of {rank} or more dimensions")
        return split(ary, indices_or_sections, axis if ary.ndim > 1 else 0)

    return split_along


answers(np.hsplit)(_split_along(1, 1, "hsplit"))
answers(np.vsplit)(_split_along(0, 2, "vsplit"))
answers(np.dsplit)(_split_along(2, 3, "dsplit"))


@answers(np.unstack)
def unstack(x: Any, /, *, axis: int = 0) -> Any:
    if not x.ndim:
        raise ValueError("Input array must be at least 1-d.")
    return tuple(moveaxis(x, axis, 0))


@answers(np.lib.stride_tricks.sliding_window_view)
def sliding_window_view(
    x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False
) -> Any:
    a = lifted(x)
    places = np.lib.stride_tricks.sliding_window_view(np.arange(a.size).reshape(a.shape), window_shape, axis)
    index = a.owner.capture(places.reshape(-1))

    def windows(v: Any) -> Any:
        return reshape(take(reshape(v, shape=(v.size,)), index, axis=0), shape=places.shape)

    return viewed(a, windows, _read_only, ("windows", window_shape, axis))


# Repeating


def _repeated(a: Array, axis: int, count: int, inside: bool) -> Array:
    """Each entry, or the whole, `count` times along an axis."""
    lead, n, rest = a.shape[:axis], a.shape[axis], a.shape[axis + 1 :]
    v = reshape(a.variable, shape=(*lead, *((n, 1) if inside else (1, n)), *rest))
    v = broadcast(v, shape=(*lead, *((n, count) if inside else (count, n)), *rest))
    return laid(wrap(a.owner, reshape(v, shape=(*lead, n * count, *rest))))


@answers(np.tile)
def tile(A: Any, reps: Any) -> Any:
    a, reps = lifted(A), shape_of(reps)
    a = _padded_rank(a, 1) if not a.ndim and reps else a
    if len(reps) > a.ndim:
        a = a.reshape((1,) * (len(reps) - a.ndim) + a.shape)
    result = a
    for k, count in enumerate((1,) * (a.ndim - len(reps)) + reps):
        if count != 1:
            result = _repeated(result, k, count, inside=False)
    return result.copy() if result is a else result


@answers(np.repeat)
def repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    a = lifted(a)
    if axis is None:
        a, axis = a.reshape(-1), 0
    axis = axis_of(axis, a.ndim)
    if isinstance(repeats, (int, np.integer)) and repeats >= 0:
        return _repeated(a, axis, int(repeats), inside=True)
    return laid(a[along(axis, np.repeat(np.arange(a.shape[axis]), repeats))])


# Diagonals


@answers(np.diagonal)
def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    a = lifted(a)
    if a.ndim < 2:
        raise ValueError("diag requires an array of at least two dimensions")
    axis1, axis2 = axis_of(axis1, a.ndim), axis_of(axis2, a.ndim)
    if axis1 == axis2:
        raise ValueError("axis1 and axis2 cannot be the same")
    rows, columns = a.shape[axis1], a.shape[axis2]
    n = max(0, min(rows + min(offset, 0), columns - max(offset, 0)))
    names = [99 if k in (axis1, axis2) else k for k in range(a.ndim)]
    out = (*(k for k in names if k != 99), 99)
    part = [slice(None)] * a.ndim
    part[axis1] = slice(max(-offset, 0), max(-offset, 0) + n)
    part[axis2] = slice(max(offset, 0), max(offset, 0) + n)
    return viewed(
        a[tuple(part)],
        lambda v: einsum(v, labels=(tuple(names),), out=out, absorbing=False),
        _read_only,
        ("diagonal", axis1, axis2),
    )


@answers(np.linalg.diagonal)
def matrix_diagonal(x: Any, /, *, offset: int = 0) -> Any:
    return diagonal(x, offset, -2, -1)


# Putting in and leaving out


@answers(np.pad)
def pad(array: Any, pad_width: Any, mode: Any = "constant", **keywords: Any) -> Any:
    a = lifted(array)
    if isinstance(pad_width, dict):
        sides = [(0, 0)] * a.ndim
        for axis, width in pad_width.items():
            sides[axis] = (width, width) if np.ndim(width) == 0 else width
        pad_width = sides
    widths = np.asarray(pad_width)
    if widths.dtype.kind != "i":
        raise TypeError("`pad_width` must be of integral type.")
    if (widths < 0).any():
        raise ValueError("index can't contain negative values")
    pairs = [(b, e) for b, e in np.broadcast_to(widths, (a.ndim, 2)).tolist()]
    order = c_or_fortran(a)
    if mode in ("edge", "wrap", "reflect", "symmetric") and keywords.get("reflect_type", "even") == "even":
        for axis, pair in enumerate(pairs):
            if any(pair):
                a = a[along(axis, np.pad(np.arange(a.shape[axis]), pair, mode))]
        return laid(a.copy() if a is array else a, order)
    if mode == "empty":
        mode, keywords = "constant", {}
    if mode != "constant":
        raise refuse(
            f"np.pad with mode={mode!r}"
            + (f" and reflect_type={keywords['reflect_type']!r}" if "reflect_type" in keywords else ""),
            "np.concatenate([before, x, after], axis)",
        )
    values = keywords.get("constant_values", 0)
    if np.ndim(values) == 0 and type(values) is not Array and values == 0:
        windows = tuple((b, 1, n) for n, (b, _) in zip(a.shape, pairs, strict=True))
        wanted = tuple(b + n + e for n, (b, e) in zip(a.shape, pairs, strict=True))
        return laid(wrap(a.owner, place(a.variable, windows=windows, shape=wanted)), order)
    sided = np.broadcast_to(lifted(values, a), (a.ndim, 2))
    for axis, (before, after) in enumerate(pairs):
        shapes = [tuple(width if k == axis else n for k, n in enumerate(a.shape)) for width in (before, after)]
        first, last = (np.full_like(a, sided[axis, side], shape=each) for side, each in enumerate(shapes))
        a = concatenate([first, a, last], axis)
    return laid(a, order)


def _plain_index(obj: Any) -> Any:
    """An index into a list of places, its traced integers asked for."""
    return np.asarray(obj) if type(obj) is Array else obj


@answers(np.delete)
def delete(arr: Any, obj: Any, axis: Any = None) -> Any:
    a = lifted(arr, obj)
    if axis is None:
        a, axis = a.reshape(-1), 0
    axis = axis_of(axis, a.ndim)
    return laid(a[along(axis, np.delete(np.arange(a.shape[axis]), _plain_index(obj)))], c_or_fortran(a))


@answers(np.insert)
def insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    a, more, obj = lifted(arr, values, obj), lifted(values, arr, obj), _plain_index(obj)
    if axis is None:
        a, axis = a.reshape(-1), 0
    axis = axis_of(axis, a.ndim)
    n = a.shape[axis]
    indices = np.arange(*obj.indices(n)) if isinstance(obj, slice) else np.asarray(obj)
    if indices.dtype == bool:
        indices = np.flatnonzero(indices)
    if indices.size == 1:  # any number of entries at one place
        more = more.reshape((1,) * (a.ndim - more.ndim) + more.shape)
        if not indices.ndim:
            more = moveaxis(more, 0, axis)
        count = more.shape[axis]
        places = np.insert(np.arange(n), indices.item(), n + np.arange(count))
    else:
        count = len(indices)
        places = np.insert(np.arange(n), indices.astype(np.intp), n + np.arange(count))
    wanted = tuple(count if k == axis else size for k, size in enumerate(a.shape))
    more = np.broadcast_to(more.astype(a.dtype, copy=False), wanted)
    return laid(concatenate([a, more], axis)[along(axis, places)], c_or_fortran(a))


@answers(np.trim_zeros)
def trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    a = lifted(filt)
    nonzero = np.argwhere(a)  # a guard: how much is left depends on values
    if axis is None:
        axes: tuple[int, ...] = tuple(range(a.ndim))
    else:
        axes = normalize_axis_tuple(axis, a.ndim)
    part = [slice(None)] * a.ndim
    for k in axes:
        low, high = (nonzero[:, k].min(), nonzero[:, k].max() + 1) if len(nonzero) else (0, 0)
        part[k] = slice(low if "f" in trim.lower() else None, high if "b" in trim.lower() else None)
    return a[tuple(part)]


# Along axes


@answers(np.apply_along_axis)
def apply_along_axis(func1d: Any, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    a = lifted(arr)
    axis = normalize_axis_index(axis, a.ndim)
    lines = moveaxis(a, axis, -1)
    lead = lines.shape[:-1]
    if 0 in lead:
        raise ValueError("Cannot apply_along_axis when any iteration dimensions are 0")
    results = [func1d(lines[k], *args, **kwargs) if lead else func1d(lines, *args, **kwargs) for k in np.ndindex(*lead)]
    results = [lifted(r, a) for r in results]
    first = results[0]
    whole = stack([r.astype(first.dtype, copy=False) for r in results]).reshape((*lead, *first.shape))
    rank = len(lead)
    result = whole.transpose([*range(axis), *range(rank, whole.ndim), *range(axis, rank)])
    return result if result.ndim else wrap(a.owner, result.variable, SCALAR)


@answers(np.apply_over_axes)
def apply_over_axes(func: Any, a: Any, axes: Any) -> Any:
    value = lifted(a)
    for axis in listed(axes):
        axis = axis_of(axis, value.ndim)
        result = func(value, axis)
        if result.ndim != value.ndim:
            result = expand_dims(result, axis)
        if result.ndim != value.ndim:
            raise ValueError("function is not returning an array of the correct shape")
        value = result
    return value


@answers(np.copy)
def copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    a = lifted(a)
    return wrap(a.owner, a.variable, ARRAY) if order == "K" else a.copy(order)


@answers(np.astype)
def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    return _method(x).astype(dtype, copy=copy)


for _attribute, _answer in {
    "squeeze": squeeze,
    "diagonal": diagonal,
    "repeat": repeat,
}.items():
    setattr(Array, _attribute, _answer)
