"""x[...] and x[...] = v, with NumPy's meaning: entries, views, gathers and masks."""

from __future__ import annotations

import math
import operator
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import MutationError, ShapeError
from ..graph import Variable
from ..ops.arithmetic import add
from ..ops.comparison import less
from ..ops.movement import broadcast_to, convert, element, reshape, take, window
from ..ops.movement import write as write_nodes
from ..ops.selection import where
from ..original import np
from . import array as arrays
from . import layout
from .shuffling import shuffled, stores
from .views import leading_place, whole

if TYPE_CHECKING:
    from .array import Array

Shape = tuple[int, ...]


def axis_of(axis: Any, ndim: int) -> int:
    """An axis counted from 0, or NumPy's error."""
    axis = operator.index(axis)
    if not -ndim <= axis < ndim:
        raise np.exceptions.AxisError(axis, ndim)
    return axis % ndim


def full_shape(size: int, wanted: Any, before: Shape) -> Shape:
    """A shape to reshape to, its -1 filled in."""
    shape = tuple(operator.index(n) for n in (wanted if isinstance(wanted, (tuple, list)) else (wanted,)))
    if shape.count(-1) == 1:
        rest = math.prod(n for n in shape if n != -1)
        if rest and size % rest == 0:
            shape = tuple(size // rest if n == -1 else n for n in shape)
    if math.prod(shape) != size or any(n < 0 for n in shape):
        asked = tuple(wanted) if isinstance(wanted, (tuple, list)) else wanted
        raise ShapeError(
            f"cannot reshape an array of size {size} into shape {asked}",
            got=f"shape {before}",
            wanted=f"a shape of {size} entries",
        )
    return shape


def _outside(index: Any, axis: int, size: int) -> IndexError:
    return IndexError(f"index {index} is out of bounds for axis {axis} with size {size}")


class Basic(NamedTuple):
    """A basic index: a window for every axis, and the shape that is left when integers drop axes and None adds them."""

    windows: tuple[tuple[int, int, int], ...]
    shape: Shape
    dropped: bool  # only integers: the result is a scalar, not a 0-d array


def read(x: Array, index: Any) -> Any:
    lead = _leading(x, index)
    if lead is not None:
        return _read_leading(x, lead)
    index = _plain_index(index)
    basic = _basic(index, x.shape)
    if basic is None:
        return _gather(x, index)
    windows, shape, dropped = basic

    def part(v: Variable) -> Variable:
        return _to_shape(_windowed(v, windows), shape)

    def put_back(base: Variable, new: Variable) -> Variable:
        counts = tuple(count for _, _, count in windows)
        return write_nodes(base, _to_shape(new, counts), indices=(windows,))

    if x.kind or (dropped and not shape):  # x[()], which is a scalar, and x[None] of a scalar
        kind = x.kind or arrays.SCALAR if dropped and not shape else arrays.ARRAY
        return arrays.wrap(x.owner, part(x.variable), kind)
    return arrays.viewed(x, part, put_back, (windows, shape))


def _windowed(v: Variable, windows: tuple[tuple[int, int, int], ...]) -> Variable:
    if all(w == (0, 1, size) for w, size in zip(windows, v.shape, strict=True)):
        return v
    return v.graph.append(window, (v,), (windows,))


def _to_shape(v: Variable, shape: Shape) -> Variable:
    return v if v.type.shape == shape else v.graph.append(reshape, (v,), (shape,))


def _is_integer(entry: Any) -> bool:
    return type(entry) is arrays.Array and not entry.shape and entry.dtype.kind in "iu"


def _is_known(entry: Any) -> bool:
    """Whether it is an integer that may be asked for: NumPy's, or a traced one that is the same in all steps."""
    if type(entry) is arrays.Array:
        return _is_integer(entry) and not _is_open(entry)
    return isinstance(entry, np.integer)


def _is_open(entry: Array) -> bool:
    """Whether an index differs from step to step of a loop."""
    return entry.owner.is_open(entry.variable)


def _leading(x: Array, index: Any) -> tuple[int, ...] | None:
    """The indices of x[i], x[i, j]... where all are integers, counted from 0; None for any other index."""
    if type(index) is int:
        index = (index,)
    elif type(index) is not tuple:
        if _is_known(index):
            index = (operator.index(index),)
        else:
            return None
    shape = x.shape
    if len(index) > len(shape) or not index:
        return None
    result = []
    for i, size in zip(index, shape, strict=False):
        if type(i) is not int:
            if not _is_known(i):
                return None
            i = operator.index(i)
        if i < 0:
            i += size
        if not 0 <= i < size:
            raise _outside(i if i >= 0 else i - size, len(result), size)
        result.append(i)
    return tuple(result)


def _read_leading(x: Array, index: tuple[int, ...]) -> Any:
    view = x.alias
    base, now = None, None
    if view is not None and not view.steps and view.buffer.logged:
        waiting, now = view.buffer.known(index)
        base = view.buffer.variable if waiting else None
    if base is None:
        base = x.variable
    if len(index) == len(x.shape):
        v = base.graph.append(element, (base,), (index,)) if now is None else now
        return arrays.wrap(x.owner, v, arrays.SCALAR)
    place = leading_place(index, x.shape)
    shape = x.shape[len(index) :]
    counts = tuple(count for _, _, count in place)  # type: ignore[misc]

    def part(v: Variable) -> Variable:
        return reshape(window(v, windows=place), shape=shape)

    def put_back(whole_: Variable, new: Variable) -> Variable:
        return write_nodes(whole_, reshape(new, shape=counts), indices=(place,))

    return arrays.viewed(x, part, put_back, (place, shape), part(base) if now is None else now)


def write(x: Array, index: Any, value: Any) -> None:
    if x.kind:
        raise TypeError("a NumPy scalar does not support item assignment")
    lead = _leading(x, index)
    if type(value) is arrays.Array and value.alias is not None and value.alias.steps and x.alias is not None:
        if value.alias.buffer is x.alias.buffer and not stores(sys._getframe(2)):
            raise shuffled()
        key = _key_of(x, index, lead)
        if key is not None and value.alias.is_part_of(x.alias, key):
            return  # the end of x[i] += v, which has been written through the view already
    new = _converted(x, arrays.variable_of(value, x.owner))
    if lead is not None and (x.alias is None or not x.alias.steps):
        x.check_body()
        if x.alias is None:
            x.alias = whole(x._variable)
        x.alias.buffer.log(lead, _spread(new, x.shape[len(lead) :]))
        return
    if type(index) is arrays.Array and index.dtype == bool and index.shape == x.shape and not new.shape:
        x.assign(where(index.variable, new, x.variable))  # a mask and a number need no values
        return
    index = _plain_index(index)
    basic = _basic(index, x.shape)
    if basic is None:
        place = _open_place(x, index)
        x.assign(_scattered(x, index, new) if place is None else where(place, new, x.variable))
        return
    counts = tuple(count for _, _, count in basic.windows)
    piece = _to_shape(_spread(new, basic.shape), counts)
    if counts == x.shape and all(step == 1 for _, step, _ in basic.windows):
        x.assign(piece)
    else:
        x.assign(write_nodes(x.variable, piece, indices=(basic.windows,)))


def _key_of(x: Array, index: Any, lead: tuple[int, ...] | None) -> object:
    if lead is not None:
        return leading_place(lead, x.shape), x.shape[len(lead) :]
    basic = _basic(_plain_index(index), x.shape)
    return None if basic is None else (basic.windows, basic.shape)


def _converted(x: Array, new: Variable) -> Variable:
    if new.dtype == x.dtype:
        return new
    if new.dtype.kind in "fc" and x.dtype.kind in "iub" and x.owner.carries_derivative(new):
        raise MutationError(
            f"a traced value of dtype {new.dtype} is written into an array of dtype {x.dtype}, "
            "where its derivative would be lost",
            wanted=f"an array of dtype {new.dtype}",
            try_=f"make the array with dtype={new.dtype.name!r}",
        )
    if new.dtype.kind == "c" and x.dtype.kind != "c":
        raise MutationError(
            f"a complex value cannot be written into an array of dtype {x.dtype}",
            wanted=f"an array of dtype {new.dtype}, or the real part",
        )
    return convert(new, dtype=x.dtype.name)


def _spread(v: Variable, shape: Shape) -> Variable:
    if v.shape == shape:
        return v
    extra = v.ndim - len(shape)
    if extra > 0 and v.shape[:extra] == (1,) * extra:  # NumPy drops leading axes of size 1 when it assigns
        v = reshape(v, shape=v.shape[extra:])
    try:
        return _same_or_broadcast(v, shape)
    except ShapeError:
        raise ShapeError(
            f"could not broadcast an array of shape {v.shape} into the shape {shape} that is written",
            got=f"{v.type}",
            wanted=f"a shape that broadcasts to {shape}",
        ) from None


def _same_or_broadcast(v: Variable, shape: Shape) -> Variable:
    return v if v.shape == shape else broadcast_to(v, shape=shape)


# Indices


def _plain_index(index: Any) -> Any:
    """Traced integers in an index, also in the bounds of a slice, are asked for."""

    def plain(entry: Any) -> Any:
        if type(entry) is slice:
            return slice(
                *(operator.index(b) if type(b) is arrays.Array else b for b in (entry.start, entry.stop, entry.step))
            )
        if _is_integer(entry) and not _is_open(entry):
            return operator.index(entry)
        return entry

    return tuple(plain(entry) for entry in index) if isinstance(index, tuple) else plain(index)


def _basic(index: Any, shape: Shape) -> Basic | None:
    entries = list(index) if isinstance(index, tuple) else [index]
    for entry in entries:
        if (
            isinstance(entry, bool)
            or not (entry is None or entry is Ellipsis or type(entry) is slice or isinstance(entry, (int, np.integer)))
            or type(entry) is arrays.Array
        ):
            return None
    given = sum(1 for entry in entries if entry is not None and entry is not Ellipsis)
    if given > len(shape):
        raise IndexError(f"too many indices for array: array is {len(shape)}-dimensional, but {given} were indexed")
    dropped = Ellipsis not in entries
    if Ellipsis in entries:
        at = entries.index(Ellipsis)
        if Ellipsis in entries[at + 1 :]:
            raise IndexError("an index can only have a single ellipsis ('...')")
        entries[at : at + 1] = [slice(None)] * (len(shape) - given)
    else:
        entries += [slice(None)] * (len(shape) - given)
    windows, out, axis = [], [], 0
    for entry in entries:
        if entry is None:
            out.append(1)
            continue
        size = shape[axis]
        axis += 1
        if isinstance(entry, slice):
            steps = range(*entry.indices(size))
            windows.append((steps.start, steps.step, len(steps)) if len(steps) else (0, 1, 0))
            out.append(len(steps))
        else:
            place = operator.index(entry)
            if not -size <= place < size:
                raise _outside(place, axis - 1, size)
            windows.append((place % size, 1, 1))
    return Basic(tuple(windows), tuple(out), dropped)


# Gathers and masks


def _gather(x: Array, index: Any) -> Any:
    result = _gathered(x, index)
    if result.ndim > 1 and (x.owner.turned or not _is_laid_out_plainly(index)):
        layout.note_gather(x, index, result.variable)
    return result


def _is_laid_out_plainly(index: Any) -> bool:
    """Whether what is gathered from an array in C's order is surely in C's order."""
    first = index[0] if isinstance(index, tuple) and index else index
    given = index if isinstance(index, tuple) else (index,)
    if any(isinstance(e, np.ndarray) and type(e) is not arrays.Array and not e.flags.c_contiguous for e in given):
        return False
    return isinstance(first, (list, np.ndarray))


def _gathered(x: Array, index: Any) -> Any:
    single = _single_axis(x, index)
    v = x.variable
    if single is not None:
        axis, positions, shape = single
        taken = take(v, positions, axis=axis)
        shape = x.shape[:axis] + shape + x.shape[axis + 1 :]
        return arrays.wrap(x.owner, _to_shape(taken, shape), 0 if shape else arrays.SCALAR)
    leading = _leading_axes(x, index)
    if leading is not None:
        positions, shape, rest = leading
        taken = take(reshape(v, shape=(x.size // max(math.prod(rest), 1), *rest)), positions, axis=0)
        return arrays.wrap(x.owner, _to_shape(taken, shape + rest), 0 if shape + rest else arrays.SCALAR)
    flat = flat_positions(x, index)
    positions = x.owner.capture(flat.reshape(-1))
    taken = take(reshape(v, shape=(x.size,)), positions, axis=0)
    return arrays.wrap(x.owner, _to_shape(taken, flat.shape), 0 if flat.shape else arrays.SCALAR)


def _single_axis(x: Array, index: Any) -> tuple[int, Variable, Shape] | None:
    """Axis, positions and their shape, where one integer array stands among full slices; it may be traced."""
    entries = list(index) if isinstance(index, tuple) else [index]
    if Ellipsis in [e for e in entries if e is Ellipsis]:
        at = next(k for k, e in enumerate(entries) if e is Ellipsis)
        entries[at : at + 1] = [slice(None)] * (x.ndim - len(entries) + 1)
    entries += [slice(None)] * (x.ndim - len(entries))
    special = [k for k, e in enumerate(entries) if not (type(e) is slice and e == slice(None))]
    if len(special) != 1 or len(entries) != x.ndim:
        return None
    (axis,) = special
    entry, size = entries[axis], x.shape[axis]
    if type(entry) is arrays.Array:
        if entry.dtype.kind not in "iu":
            return None
        v = entry.variable
        flat = _to_shape(v, (v.size,))
        positions = _from_front(flat, size)
        positions = where(less(positions, 0), size, positions)  # which is not there, and raises where it is read
        return axis, positions, v.shape
    if isinstance(entry, (list, np.ndarray)):
        if arrays.contains_traced(entry):
            return None
        given = np.asarray(entry)
        if given.dtype.kind not in "iu" and given.size:
            return None
        return axis, x.owner.capture(_within(given.astype(np.intp).reshape(-1), axis, size)), given.shape
    return None


def _from_front(v: Variable, size: int) -> Variable:
    """Positions of an axis counted from its front; a number of a place need not fit the dtype of an index."""
    v = v if v.dtype == np.int64 else convert(v, dtype="int64")
    return where(less(v, 0), add(v, size), v)


def _leading_axes(x: Array, index: Any) -> tuple[Variable, Shape, Shape] | None:
    """Positions on the first axes merged, their shape and the shape behind, for x[i, j, ...] with a traced i or j.

    The positions are computed in the graph, so that they may differ from call to call.
    """
    if not isinstance(index, tuple) or not 1 < len(index) <= x.ndim or 0 in x.shape:
        return None
    if not any(type(entry) is arrays.Array for entry in index):
        return None
    total: Any = 0
    outside: Any = False
    entry: Any
    for axis, entry in enumerate(index):
        size = x.shape[axis]
        if type(entry) is arrays.Array and entry.dtype.kind in "iu":
            places: Any = arrays.wrap(x.owner, _from_front(entry.variable, size))
            outside = outside | (places < 0) | (places >= size)
        elif isinstance(entry, (int, np.integer, np.ndarray)) and np.asarray(entry).dtype.kind in "iu":
            given = np.asarray(entry, np.intp)
            places = _within(given.reshape(-1), axis, size).reshape(given.shape)
        else:
            return None
        total = total * size + places
    nowhere = math.prod(x.shape[: len(index)])  # and not in the next row
    total = arrays.apply_elementwise(where, (outside, nowhere, total), x.owner)
    shape = total.shape
    return _to_shape(total.variable, (total.size,)), shape, x.shape[len(index) :]


def _open_place(x: Array, index: Any) -> Variable | None:
    """A mask of the part x[i, j...] where one of these integers differs from step to step; None for other indices."""
    entries = index if isinstance(index, tuple) else (index,)
    whole_numbers = all(
        _is_integer(e) or (isinstance(e, (int, np.integer)) and not isinstance(e, bool)) for e in entries
    )
    if not whole_numbers or len(entries) > x.ndim or not any(_is_integer(e) and _is_open(e) for e in entries):
        return None
    mask: Any = True
    for axis, entry in enumerate(entries):
        places = np.arange(x.shape[axis])
        if type(entry) is arrays.Array:
            places = arrays.wrap(x.owner, x.owner.capture(places))
        # Read, so that a place that is not there raises as it does in NumPy.
        mask = mask & (places == places[entry]).reshape((-1,) + (1,) * (x.ndim - 1 - axis))
    return mask.variable


def _within(positions: np.ndarray, axis: int, size: int) -> np.ndarray:
    outside = (positions < -size) | (positions >= size)
    if outside.any():
        raise _outside(positions[outside][0], axis, size)
    return np.where(positions < 0, positions + size, positions)


def flat_positions(x: Array, index: Any) -> np.ndarray:
    """For any index, the flat positions that it picks; traced masks and indices are asked for."""

    def known(entry: Any) -> Any:
        if type(entry) is arrays.Array:
            return x.owner.ask(entry.variable)
        if isinstance(entry, list) and arrays.contains_traced(entry):
            return x.owner.ask(arrays.stacked(entry, x.owner))
        return entry

    plain = tuple(known(entry) for entry in index) if isinstance(index, tuple) else known(index)
    return np.arange(x.size).reshape(x.shape)[plain]


def _scattered(x: Array, index: Any, new: Variable) -> Variable:
    """x with new values at the positions of an index; the last one wins where a position occurs twice."""
    flat = flat_positions(x, index)
    if not flat.size:
        return x.variable
    written = np.zeros(x.size, bool)
    written[flat.reshape(-1)] = True
    last = np.zeros(x.size, np.intp)
    last[flat.reshape(-1)] = np.arange(flat.size)
    values = reshape(_spread(new, flat.shape), shape=(flat.size,))
    spread = take(values, x.owner.capture(last), axis=0)
    mask = x.owner.capture(written.reshape(x.shape))
    return where(mask, _to_shape(spread, x.shape), x.variable)
