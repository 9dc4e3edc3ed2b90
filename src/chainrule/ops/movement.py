"""Moving entries without changing them: reshape, transpose, broadcast, slice, pad, join, gather, scatter."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

from ..arraytype import ArrayType
from ..errors import DtypeError, ShapeError
from ..original import np
from ..structure import (
    ArrayAlgebra,
    IndexMap,
    LinearMap,
    Pairs,
    Progression,
    Ravel,
    identity_map,
    index_map,
    pointwise_map,
    progression,
    window_map,
)
from .batch_axis import Flags, axis_moved, each_lifted, in_front, moving_axes, number_of_samples, of_rank
from .comparison import greater_equal, less, logical_and
from .operation import Example, Operation, linear
from .selection import where

_arrays = ArrayAlgebra()
Shape = tuple[int, ...]


# A change of dtype


def _convert(x: Any, *, dtype: str) -> Any:
    """The same values in another dtype."""
    return np.asarray(x).astype(dtype)


def _convert_type(x: ArrayType, *, dtype: str) -> ArrayType:
    result = ArrayType(x.shape, np.dtype(dtype))
    if x.dtype.kind == "c" and result.dtype.kind in "fiu":
        raise DtypeError(
            f"a conversion from {x.dtype} to {result.dtype} would lose the imaginary part",
            got=f"{x}",
            wanted="a complex dtype",
            try_="np.real(z), np.imag(z) or np.abs(z)",
        )
    return result


convert = linear(
    "convert",
    _convert,
    _convert_type,
    lambda y, x, *, dtype: identity_map(x.shape) if y.dtype.kind in "fc" else None,
    for_complex=True,
    parameters=("dtype",),
    batch=in_front,
    notation=r"\mathrm{{{dtype}}}({0})",
    examples=lambda rng: [Example((rng.normal(size=(2, 3)),), {"dtype": "float64"})],
)


# Reshape, transpose, broadcast


def axis_groups(a: Sequence[int], b: Sequence[int]) -> list[tuple[list[int], list[int]]]:
    """The smallest groups of axes with equal products: (2, 3, 4) -> (6, 4) is [0, 1] -> [0], [2] -> [1].

    Keeping groups small keeps structure: only a real merge or split becomes a relation.
    """
    groups, i, j = [], 0, 0
    while i < len(a) or j < len(b):
        left, right = [i], [j]
        size_left, size_right = a[i], b[j]
        i, j = i + 1, j + 1
        while size_left != size_right:
            if size_left < size_right:
                size_left *= a[i]
                left.append(i)
                i += 1
            else:
                size_right *= b[j]
                right.append(j)
                j += 1
        groups.append((left, right))
    return groups


def _reshape_map(y: Any, x: Any, *, shape: Shape) -> LinearMap:
    if 0 in x.shape:
        return index_map(
            [f"y{k}" for k in range(len(shape))], range(len(x.shape)), out_shape=shape, in_shape=x.shape, scale=0
        )
    wide_in = [k for k, size in enumerate(x.shape) if size != 1]
    wide_out = [k for k, size in enumerate(shape) if size != 1]
    inn: list[Any] = list(range(len(x.shape)))
    out: list[Any] = [f"y{k}" for k in range(len(shape))]
    relations = []
    for left, right in axis_groups([x.shape[k] for k in wide_in], [shape[k] for k in wide_out]):
        if len(left) == len(right) == 1:
            out[wide_out[right[0]]] = wide_in[left[0]]
        else:
            names_out = tuple(out[wide_out[k]] for k in right)
            relations.append(Ravel(names_out, tuple(wide_in[k] for k in left)))
    return index_map(out, inn, out_shape=shape, in_shape=x.shape, relations=relations)


def _reshape_type(x: ArrayType, *, shape: Shape) -> ArrayType:
    if math.prod(shape) != x.size:
        raise ShapeError(
            f"an array of shape {x.shape} cannot be reshaped to {shape}",
            got=f"{x.size} numbers",
            wanted=f"{math.prod(shape)}",
        )
    return x.with_shape(shape)


reshape = linear(
    "reshape",
    lambda x, *, shape: np.reshape(x, shape),
    _reshape_type,
    _reshape_map,
    parameters=("shape",),
    batch=lambda _, xs, lifted, shape: reshape(*xs, shape=(*xs[0].shape[:1], *shape)),
    notation=r"\mathrm{{reshape}}({0})",
    examples=lambda rng: [
        Example((rng.normal(size=a),), {"shape": b})
        for a, b in [
            ((6,), (2, 3)),
            ((2, 3, 4), (6, 4)),
            ((2, 3, 2), (12,)),
            ((12,), (2, 3, 2)),
            ((2, 3), (3, 2)),
            ((1, 3), (3, 1, 1)),
            ((), (1,)),
            ((2, 0), (0,)),
        ]
    ],
    summary="the same entries, row by row, in another shape",
)


def _axes_behind(operation: Any, xs: Sequence[Any], lifted: Flags, *, axes: tuple[int, ...]) -> Any:
    return operation(*xs, axes=(0, *(axis + 1 for axis in axes)))


transpose = linear(
    "transpose",
    lambda x, *, axes: np.transpose(x, axes),
    lambda x, *, axes: x.with_shape(tuple(x.shape[k] for k in axes)),
    lambda y, x, *, axes: index_map(axes, range(len(axes)), out_shape=y.shape, in_shape=x.shape),
    parameters=("axes",),
    batch=_axes_behind,
    notation=r"{0}^\top",
    examples=lambda rng: [
        Example((rng.normal(size=(2, 3)),), {"axes": (1, 0)}),
        Example((rng.normal(size=(2, 3, 4)),), {"axes": (2, 0, 1)}),
        Example((rng.normal(),), {"axes": ()}),
    ],
    summary="axes in another order: axis k of the result is axis axes[k]",
)


def _broadcast_type(x: ArrayType, *, shape: Shape) -> ArrayType:
    try:
        fits = np.broadcast_shapes(x.shape, shape) == shape
    except ValueError:
        fits = False
    if not fits:
        raise ShapeError(f"an array of shape {x.shape} cannot be broadcast to {shape}")
    return x.with_shape(shape)


broadcast_to = linear(
    "broadcast_to",
    lambda x, *, shape: np.broadcast_to(x, shape),
    _broadcast_type,
    lambda y, x, *, shape: pointwise_map(1, y.shape, x.shape),
    parameters=("shape",),
    batch=lambda _, xs, lifted, shape: broadcast_to(of_rank(xs[0], len(shape)), shape=(*xs[0].shape[:1], *shape)),
    notation=r"\mathrm{{broadcast}}({0})",
    examples=lambda rng: [
        Example((rng.normal(size=a),), {"shape": b})
        for a, b in [((3,), (2, 3)), ((2, 1), (2, 3)), ((), (2,)), ((1,), (1,))]
    ],
    summary="copies along new axes and axes of size 1",
)


def _embed_map(y: Any, x: Any, *, axes: tuple[int, ...]) -> LinearMap:
    return index_map(axes, range(len(x.shape)), out_shape=y.shape, in_shape=x.shape)


embed = linear(
    "embed",
    lambda x, *, axes: _arrays.embed(np.asarray(x), axes),
    lambda x, *, axes: x.with_shape(tuple(x.shape[k] for k in axes)),
    _embed_map,
    parameters=("axes",),
    batch=_axes_behind,
    notation=r"\mathrm{{diag}}({0})",
    examples=lambda rng: [
        Example((rng.normal(size=3),), {"axes": (0, 0)}),
        Example((rng.normal(size=(2, 3)),), {"axes": (1, 0, 1)}),
    ],
    summary="a diagonal: axis k of the result is axis axes[k] of x, and repeated axes are equal indices",
)


# Pieces: slices and single entries, read from an array or joined into one
#
# A place is a window for every axis, ((start, step, count), ...), or the indices of one entry, (i, j, ...). An
# operation that reads a piece declares the place it reads; one that joins pieces, the place of each argument. Maps
# and the short ways of back-propagation follow from that.

Window = tuple[int, int, int]
Place = tuple[Window, ...] | tuple[int, ...]


def is_entry(place: Place) -> bool:
    return not place or isinstance(place[0], int)


def _key(place: Place) -> Any:
    """The NumPy index of a place."""
    return place if is_entry(place) else tuple(progression(*each) for each in place)  # type: ignore[misc]


def piece_map(place: Place, shape: Shape) -> IndexMap:
    """The Jacobian of reading a piece."""
    if not is_entry(place):
        return window_map(place, shape)  # type: ignore[arg-type]
    # Each axis is tied to a name of size 1 that nothing else knows.
    relations = [Progression((f"o{k}",), (k,), 0, 1, i, 1, 1) for k, i in enumerate(place)]  # type: ignore[arg-type]
    inner = {f"o{k}": 1 for k in range(len(shape))}
    return index_map((), range(len(shape)), out_shape=(), in_shape=shape, relations=relations, inner=inner)


def read_piece(x: Any, place: Place) -> Any:
    """The piece of x at a place."""
    return element(x, index=place) if is_entry(place) else window(x, windows=place)


def _of_all_samples(place: Place, count: int) -> tuple[Window, ...]:
    """The same place of every sample."""
    windows: Any = tuple((i, 1, 1) for i in place) if is_entry(place) else place
    return ((0, 1, count), *windows)


def _pieces_of_all_samples(pieces: Sequence[Any], places: Sequence[Place]) -> list[Any]:
    return [of_rank(x, len(place)) for x, place in zip(pieces, places, strict=True)]


def _reading(name: str, parameter: str, type_rule: Any, **about: Any) -> Operation:
    def forward(x: Any, **parameters: Any) -> Any:
        return np.asarray(x)[_key(parameters[parameter])]

    def jacobian(y: Any, x: Any, **parameters: Any) -> LinearMap:
        return piece_map(parameters[parameter], x.shape)

    def fast(types: Any, parameters: tuple[Any, ...]) -> Any:
        return operator.itemgetter(_key(parameters[0]))

    return linear(name, forward, type_rule, jacobian, parameters=(parameter,), reads=parameter, fast=fast, **about)


window = _reading(
    "window",
    "windows",
    lambda x, *, windows: x.with_shape(tuple(count for _, _, count in windows)),
    batch=lambda _, xs, lifted, windows: window(*xs, windows=_of_all_samples(windows, xs[0].shape[0])),
    notation=r"{0}[{windows}]",
    examples=lambda rng: [
        Example((rng.normal(size=5),), {"windows": ((1, 2, 2),)}),
        Example((rng.normal(size=(4, 3)),), {"windows": ((3, -1, 4), (0, 1, 2))}),
        Example((rng.normal(size=4),), {"windows": ((0, 1, 0),)}),
    ],
    summary="a slice: for every axis start, step and count",
)


def _one_entry_each(_: Any, xs: Sequence[Any], lifted: Flags, *, index: tuple[int, ...]) -> Any:
    (x,) = xs
    if not index:
        return x
    return reshape(window(x, windows=_of_all_samples(index, x.shape[0])), shape=x.shape[:1])


element = _reading(
    "element",
    "index",
    lambda x, *, index: x.with_shape(()),
    batch=_one_entry_each,
    notation=r"{0}_{{{index}}}",
    examples=lambda rng: [
        Example((rng.normal(size=4),), {"index": (2,)}),
        Example((rng.normal(size=(2, 3)),), {"index": (1, 0)}),
    ],
    summary="one entry, by its indices",
)


def _joining(name: str, forward: Any, type_rule: Any, places: Any, kept: Any = None, **about: Any) -> Operation:
    """An operation that puts each argument at its place; `kept` gives the Jacobian by an argument that has none."""

    def jacobian(k: int, y: Any, *xs: Any, **parameters: Any) -> LinearMap:
        place = places(xs, **parameters)[k]
        return kept(y, *xs, **parameters) if place is None else piece_map(place, y.shape).T

    return linear(name, forward, type_rule, jacobian, variadic=True, joins=places, **about)


def _placed(x: Any, *, windows: Place, shape: Shape) -> Any:
    """Zeros of a shape with x written into a slice of it: the transpose of window."""
    x = np.asarray(x)
    result = np.zeros(shape, x.dtype)
    result[_key(windows)] = x
    return result


def _many_placed(_: Any, xs: Sequence[Any], lifted: Flags, *, windows: Place, shape: Shape) -> Any:
    count = number_of_samples(xs, lifted)
    pieces = _pieces_of_all_samples(xs, [windows])
    return place(*pieces, windows=_of_all_samples(windows, count), shape=(count, *shape))


place = _joining(
    "place",
    _placed,
    lambda x, *, windows, shape: x.with_shape(shape),
    lambda xs, *, windows, shape: (windows,),
    parameters=("windows", "shape"),
    batch=_many_placed,
    notation=r"\mathrm{{place}}({0})",
    examples=lambda rng: [
        Example((rng.normal(size=2),), {"windows": ((1, 2, 2),), "shape": (5,)}),
        Example((rng.normal(size=(2, 3)),), {"windows": ((1, -1, 2), (0, 1, 3)), "shape": (2, 3)}),
    ],
)


def _kept(y: Any, x: Any, *values: Any, indices: Sequence[Place]) -> LinearMap:
    """Identity less what has been overwritten: by selection, so an inf or nan there does not come back as nan."""
    kept = np.ones(x.shape, bool)
    for each in indices:
        kept[_key(each)] = False
    return pointwise_map(kept, y.shape, x.shape)


def _written(x: Any, *values: Any, indices: Sequence[Place]) -> Any:
    """A copy of x with pieces overwritten, one after the other."""
    result = np.array(x)
    if indices and all(is_entry(each) for each in indices) and result.ndim:
        result[tuple(np.array(indices).T)] = values  # thousands of single entries at once
    else:
        for each, value in zip(indices, values, strict=True):
            result[_key(each)] = value
    return result


def _many_written(_: Any, xs: Sequence[Any], lifted: Flags, *, indices: Sequence[Place]) -> Any:
    x, *values = each_lifted(xs, lifted)
    places = tuple(_of_all_samples(each, x.shape[0]) for each in indices)
    return write(x, *_pieces_of_all_samples(values, indices), indices=places)


write = _joining(
    "write",
    _written,
    lambda x, *values, indices: x,
    lambda xs, *, indices: (None, *indices),
    _kept,
    parameters=("indices",),
    batch=_many_written,
    notation=r"{0} \leftarrow {1}",
    examples=lambda rng: [
        Example((rng.normal(size=5), rng.normal(size=2)), {"indices": (((1, 2, 2),),)}),
        Example((rng.normal(size=(3, 2)), rng.normal(size=(1, 2))), {"indices": (((1, 1, 1), (0, 1, 2)),)}),
        Example((rng.normal(size=4), rng.normal(), rng.normal()), {"indices": ((0,), (2,))}),
        Example(
            (rng.normal(size=(2, 2)), rng.normal(), rng.normal(size=(1, 2))),
            {"indices": ((1, 0), ((0, 1, 1), (0, 1, 2)))},
        ),
    ],
    summary="a copy of x with pieces overwritten; no two of them overlap",
)


def _summed_pieces(*pieces: Any, places: Sequence[Place], shape: Shape) -> Any:
    """The sum of many small arrays, each placed into zeros of one shape."""
    result = np.zeros(shape, np.result_type(*pieces))
    for each, piece in zip(places, pieces, strict=True):
        result[_key(each)] += piece
    return result


def _many_summed(_: Any, xs: Sequence[Any], lifted: Flags, *, places: Sequence[Place], shape: Shape) -> Any:
    count = number_of_samples(xs, lifted)
    pieces = _pieces_of_all_samples(each_lifted(xs, lifted), places)
    behind = tuple(_of_all_samples(each, count) for each in places)
    return sum_of_pieces(*pieces, places=behind, shape=(count, *shape))


sum_of_pieces = _joining(
    "sum_of_pieces",
    _summed_pieces,
    lambda *pieces, places, shape: ArrayType(shape, np.result_type(*[p.dtype for p in pieces])),
    lambda xs, *, places, shape: places,
    parameters=("places", "shape"),
    batch=_many_summed,
    notation=r"\sum \mathrm{{place}}({0}, \ldots)",
    examples=lambda rng: [
        Example(
            (rng.normal(), rng.normal(size=2), rng.normal()), {"places": ((1,), ((0, 2, 2),), (1,)), "shape": (4,)}
        ),
    ],
)


def _concatenate_type(*xs: ArrayType, axis: int) -> ArrayType:
    first = xs[0]
    for x in xs[1:]:
        if x.ndim != first.ndim or any(
            a != b for k, (a, b) in enumerate(zip(x.shape, first.shape, strict=True)) if k != axis
        ):
            raise ShapeError(
                f"arrays joined along axis {axis} must agree in their other axes",
                got=", ".join(str(x) for x in xs),
            )
    total = sum(x.shape[axis] for x in xs)
    shape = (*first.shape[:axis], total, *first.shape[axis + 1 :])
    return ArrayType(shape, np.result_type(*[x.dtype for x in xs]))


def _concatenate_places(xs: Sequence[Any], *, axis: int) -> list[Place]:
    places, before = [], 0
    for x in xs:
        places.append(tuple((before if n == axis else 0, 1, size) for n, size in enumerate(x.shape)))
        before += x.shape[axis]
    return places


concatenate = _joining(
    "concatenate",
    lambda *xs, axis: np.concatenate(xs, axis=axis),
    _concatenate_type,
    _concatenate_places,
    parameters=("axis",),
    batch=moving_axes("axis"),
    notation=r"[{0}, \ldots]",
    examples=lambda rng: [
        Example((rng.normal(size=2), rng.normal(size=3)), {"axis": 0}),
        Example((rng.normal(size=(2, 1)), rng.normal(size=(2, 2)), rng.normal(size=(2, 1))), {"axis": 1}),
    ],
    summary="arrays joined along an axis",
)


# Gather and scatter


def _indices_into_all(index: Any, size: int) -> Any:
    """Places in an axis on which that of every sample follows the last one's; what is out of bounds stays so."""
    count = index.shape[0]
    index = convert(index, dtype="int64")
    from_front = where(less(index, 0), index + size, index)
    inside = logical_and(greater_equal(from_front, 0), less(from_front, size))
    begins = np.arange(0, count * size, size).reshape(-1, 1) if size else np.zeros((count, 1), int)
    return reshape(where(inside, from_front + begins, count * size), shape=(math.prod(index.shape),))


def _many_taken(_: Any, xs: Sequence[Any], lifted: Flags, *, axis: int) -> Any:
    x, index = xs
    if not lifted[1]:
        return take(x, index, axis=axis + 1)
    if not lifted[0]:
        taken = take(x, reshape(index, shape=(math.prod(index.shape),)), axis=axis)
        return axis_moved(reshape(taken, shape=(*x.shape[:axis], *index.shape, *x.shape[axis + 1 :])), axis, 0)
    rows = axis_moved(x, axis + 1, 1)
    count, size, *rest = rows.shape
    taken = take(reshape(rows, shape=(count * size, *rest)), _indices_into_all(index, size), axis=0)
    return axis_moved(reshape(taken, shape=(*index.shape, *rest)), 1, axis + 1)


def _many_scattered(_: Any, xs: Sequence[Any], lifted: Flags, *, axis: int, size: int) -> Any:
    x, index = xs
    if not lifted[1]:
        return scatter(x, index, axis=axis + 1, size=size)
    rows = axis_moved(each_lifted(xs, lifted)[0], axis + 1, 1)
    count, length, *rest = rows.shape
    places = _indices_into_all(index, size)
    spread = scatter(reshape(rows, shape=(count * length, *rest)), places, axis=0, size=count * size)
    return axis_moved(reshape(spread, shape=(count, size, *rest)), 1, axis + 1)


def _take_map(y: Any, x: Any, index: Any, *, axis: int) -> LinearMap:
    inn: list[Any] = list(range(len(x.shape)))
    out = [*inn[:axis], "o", *inn[axis + 1 :]]
    relation = Pairs(("o",), (axis,), None, index)  # type: ignore[arg-type]
    return index_map(out, inn, out_shape=y.shape, in_shape=x.shape, relations=[relation])


take = linear(
    "take",
    lambda x, index, *, axis: np.take(x, index, axis),
    lambda x, index, *, axis: x.with_shape((*x.shape[:axis], *index.shape, *x.shape[axis + 1 :])),
    _take_map,
    None,
    parameters=("axis",),
    batch=_many_taken,
    notation=r"{0}[{1}]",
    examples=lambda rng: [
        Example((rng.normal(size=4), np.array([0, 2, 2])), {"axis": 0}),
        Example((rng.normal(size=(2, 3)), np.array([2, 0, 1, 1])), {"axis": 1}),
        Example((rng.normal(size=(2, 3)), np.array([1, 1, 0])), {"axis": 0}),
        Example((rng.normal(size=3), np.array([], dtype=int)), {"axis": 0}),
    ],
    summary="entries along an axis, by a vector of indices that are not negative",
)


def _scatter_map(y: Any, x: Any, index: Any, *, axis: int, size: int) -> LinearMap:
    inn: list[Any] = list(range(len(x.shape)))
    out = [*inn[:axis], "o", *inn[axis + 1 :]]
    relation = Pairs(("o",), (axis,), index, None)  # type: ignore[arg-type]
    return index_map(out, inn, out_shape=y.shape, in_shape=x.shape, relations=[relation])


scatter = linear(
    "scatter",
    lambda x, index, *, axis, size: _arrays.scatter(np.asarray(x), index, axis, size),
    lambda x, index, *, axis, size: x.with_shape((*x.shape[:axis], size, *x.shape[axis + 1 :])),
    _scatter_map,
    None,
    parameters=("axis", "size"),
    batch=_many_scattered,
    notation=r"\mathrm{{scatter}}({0}, {1})",
    examples=lambda rng: [
        Example((rng.normal(size=3), np.array([0, 2, 2])), {"axis": 0, "size": 4}),
        Example((rng.normal(size=(2, 3)), np.array([2, 0, 2])), {"axis": 1, "size": 3}),
        Example((rng.normal(size=(2, 3)), np.array([2, 0])), {"axis": 0, "size": 3}),
    ],
    summary="zeros, with entries added at a vector of indices along an axis: the transpose of take",
)
