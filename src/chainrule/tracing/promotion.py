"""When a traced value is first written into real memory, that becomes a graph buffer, and its views with it."""

from __future__ import annotations

import gc
import sys
from typing import Any

from numpy.lib.stride_tricks import as_strided

from ..errors import MutationError
from ..graph import Variable
from ..ops.movement import reshape, take
from ..ops.selection import where
from ..original import np
from . import layout
from .array import ARRAY, Array, viewed, wrap
from .memory import Fillable, check_body, root_of
from .trace import Trace
from .views import whole


def promote(x: Fillable, trace: Trace) -> Any:
    """Let x, and every array that shares its memory, become traced arrays of their present values; returns x."""
    if not x.memory.flags.writeable:
        raise ValueError("assignment destination is read-only")
    check_body(x)
    members = [x] if x.sharing is None else list(x.sharing)
    _refuse_other_holders(x, members)
    base = _widest(members)
    sealed = [not member.memory.flags.writeable for member in members]
    base.flags.writeable = False  # it is the graph's from now on
    made = wrap(trace, trace.keep(base))
    made.alias = whole(made._variable)
    parts = [_part(made, base, member.memory) for member in members]
    for member, part, is_sealed in zip(members, parts, sealed, strict=True):
        _become(member, _read_only(part) if is_sealed else part)
    return x


def _read_only(x: Array) -> Array:
    """A view that shows all of x and cannot be written."""
    return viewed(x, lambda v: v, _refuse_write, ("sealed", x.shape))


def _refuse_write(base: Variable, new: Variable) -> Variable:
    raise ValueError("assignment destination is read-only")


def _become(x: Any, part: Array) -> None:
    x.owner, x.kind, x._variable, x.alias = part.owner, ARRAY, part._variable, part.alias
    x.memory = x.sharing = None
    _set_class(x, Array)


_set_class = object.__dict__["__class__"].__set__  # the types say that they are ndarrays, and mean it


def _refuse_other_holders(x: Fillable, members: list[Fillable]) -> None:
    """Whoever else holds the memory would go on reading what it was: an object of a library, say."""
    if _is_held_elsewhere(x, members) and gc.collect() >= 0 and _is_held_elsewhere(x, members):
        raise MutationError(
            "a traced value is written into an array whose memory something else holds too",
            got=f"an array of shape {x.shape} that has been handed to code which keeps it",
            wanted="memory that only the traced function knows",
            try_="y = y.copy() before the first write",
        )


def _is_held_elsewhere(x: Fillable, members: list[Fillable]) -> bool:
    root = root_of(x.memory)
    expected = sum(1 for m in members if m.memory is root or m.memory.base is root)
    held = _references(root) > expected
    for member in members:
        part = member.memory
        held = held or (part is not root and _references(part) > 1)
    return held


def _references(array: Any) -> int:
    """How often an array is referred to, the caller's one local name not counted."""
    return sys.getrefcount(array) - _UNCOUNTED


def _uncounted() -> int:
    array = np.empty(0)
    return _raw(array)


def _raw(array: Any) -> int:
    return sys.getrefcount(array)


_UNCOUNTED = _uncounted()


def _widest(members: list[Fillable]) -> np.ndarray:
    """An array that covers all of the memory that can still be reached."""
    if len(members) == 1:
        return members[0].memory
    root = root_of(members[0].memory)
    for member in members:
        array = member.memory
        if array.nbytes == root.nbytes and (array.flags.c_contiguous or array.flags.f_contiguous):
            return array
    return root


def _part(made: Array, base: np.ndarray, part: np.ndarray) -> Array:
    """The traced view of a traced base that lies where the part does in the base."""
    if part.dtype != base.dtype:
        raise MutationError(
            f"a traced value is written into memory that is seen as {base.dtype} and as {part.dtype}",
            try_="y = y.copy() before the first write",
        )
    if part is base or _same_place(part, base):
        return made if part is base else made.reshape(base.shape)
    if base.ndim > 1 and not base.flags.c_contiguous:
        order = layout.by_stride(base)
        return _part(made.transpose(*order), base.transpose(order), part)
    if not part.size:
        return made.reshape(-1)[:0].reshape(part.shape)
    if part.size == base.size and part.flags.c_contiguous:
        return made.reshape(part.shape)
    found = _window(base, part)
    if found is None:
        return _scattered(made, base, part)
    index, order = found
    return made[index].transpose(*order).reshape(part.shape)


def _same_place(a: np.ndarray, b: np.ndarray) -> bool:
    if _address(a) != _address(b) or a.shape != b.shape:
        return False
    return all(m == n for m, n, size in zip(a.strides, b.strides, a.shape, strict=True) if size > 1)


def _address(a: np.ndarray) -> int:
    return a.__array_interface__["data"][0]


def _window(base: np.ndarray, part: np.ndarray) -> tuple[tuple[slice, ...], list[int]] | None:
    """The slices of a contiguous base and the order of its axes that show a part of it; None where none do."""
    start = np.unravel_index((_address(part) - _address(base)) // base.itemsize, base.shape)
    index = [slice(int(i), int(i) + 1) for i in start]
    order: list[int] = []
    axes = sorted((k for k in range(part.ndim) if part.shape[k] > 1), key=lambda k: -abs(part.strides[k]))
    chosen: dict[int, int] = {}
    for k in axes:
        for axis, size in enumerate(base.shape):
            step, rest = divmod(part.strides[k], base.strides[axis])
            first = int(start[axis])
            last = first + step * (part.shape[k] - 1)
            if axis not in chosen.values() and size > 1 and step and not rest and 0 <= last < size:
                stop = last + (1 if step > 0 else -1)
                index[axis] = slice(first, stop if stop >= 0 else None, step)
                chosen[k] = axis
                break
        else:
            return None
    order = [chosen[k] for k in sorted(chosen)]
    order += [axis for axis in range(base.ndim) if axis not in order]
    shown = base[tuple(index)].transpose(order).reshape(part.shape)
    return (tuple(index), order) if _same_place(shown, part) else None


def _scattered(made: Array, base: np.ndarray, part: np.ndarray) -> Array:
    """A view of any strides, by the place of each entry."""
    offset = _address(part) - _address(base)
    strides = [stride * np.intp().itemsize // base.itemsize for stride in part.strides]
    places = as_strided(np.arange(base.size)[offset // base.itemsize :], part.shape, strides).reshape(-1)
    capture = made.owner.capture
    positions = capture(places)
    written = np.zeros(base.size, bool)
    written[places] = True
    last = np.zeros(base.size, np.intp)
    last[places] = np.arange(places.size)
    mask, source = capture(written.reshape(base.shape)), capture(last)

    def read(v: Variable) -> Variable:
        return reshape(take(reshape(v, shape=(base.size,)), positions, axis=0), shape=part.shape)

    def put_back(v: Variable, new: Variable) -> Variable:
        spread = take(reshape(new, shape=(places.size,)), source, axis=0)
        return where(mask, reshape(spread, shape=base.shape), v)

    return viewed(made, read, put_back, ("strided", part.shape, part.strides, offset))
