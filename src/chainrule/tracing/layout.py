"""Where NumPy would keep the entries of a traced array: this decides whether a reshape is a view or a copy.

A shadow is an array of the right shape and strides over no memory of its own; NumPy is asked what it would do with it.
As long as a trace has met no array in another order than C's (`Trace.turned`), nothing needs to be looked up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy.lib.stride_tricks import as_strided, sliding_window_view

from ..graph import Variable
from ..ops.movement import convert
from ..original import np
from .trace import Trace

if TYPE_CHECKING:
    from .array import Array

Shape = tuple[int, ...]
_nowhere: dict[np.dtype, np.ndarray] = {}
# Operations of one array that keep the order of its axes, and those that leave some of them out.
_KEEPING = ("cumsum", "cumprod", "cummax", "cummin", "sort", "convert", "stop_gradient")
_REDUCING = ("amax", "amin", "prod", "any", "all", "count_nonzero", "logsumexp")
_MOVING = ("transpose", "broadcast_to", "window", "reshape", "tag", "write", "concatenate", "einsum")


def shadow(x: Array) -> np.ndarray:
    """An array of the shape and strides that x has in NumPy; arrays that share a buffer have shadows that overlap."""
    view = x.alias
    result = _contiguous(x.owner, x.variable) if view is None else _buffer_shadow(x.owner, view.buffer.made)
    for key in () if view is None else view.keys:
        result = _read(result, key)
    return result


def _read(base: np.ndarray, key: Any) -> np.ndarray:
    """What a step of a view shows of its base."""
    match key:
        case ("transpose", axes):
            return base.transpose(axes)
        case ("reshape", shape):
            return base.reshape(shape)
        case ("broadcast", shape):
            return np.broadcast_to(base, shape)
        case ("diagonal", axis1, axis2):
            return base.diagonal(axis1=axis1, axis2=axis2)
        case ("windows", shape, axis):
            return sliding_window_view(base, shape, axis)
        case ("einsum", labels, out):
            return np.einsum(base, labels, out)
        case ("real",):
            return base.real
        case ("imag",):
            return base.imag
        case ("sealed", _):
            return base
        case ("strided", shape, strides, offset):
            return _at_place(base, shape, strides, offset)
        case (windows, shape):
            return _windowed(base, windows).reshape(shape)
    raise AssertionError(key)


def _at_place(base: np.ndarray, shape: Shape, strides: Any, offset: int) -> np.ndarray:
    """A part of a contiguous base's memory, which is not looked at."""
    description = {**base.__array_interface__, "shape": shape, "strides": strides}
    address, _ = description["data"]
    return np.asarray(_Described({**description, "data": (address + offset, True)}, base))


class _Described:
    def __init__(self, description: dict[str, Any], base: np.ndarray):
        self.__array_interface__, self.base = description, base


def _windowed(base: np.ndarray, windows: Any) -> np.ndarray:
    stops = [start + step * count for start, step, count in windows]
    part = tuple(
        slice(start, stop if stop >= 0 else None, step) if count else slice(0, 0)
        for (start, step, count), stop in zip(windows, stops, strict=True)
    )
    return base[part]


def _buffer_shadow(trace: Trace, made: Variable) -> np.ndarray:
    """Of the memory that views share: an argument's is the caller's, all else is contiguous."""
    if made.operation is None and made.number in trace.values:
        return np.asarray(trace.values[made.number])
    return _contiguous(trace, made)


def _contiguous(trace: Trace, v: Variable) -> np.ndarray:
    """Of a fresh array that holds a value."""
    if v.operation is None and v.number in trace.values:
        return np.asarray(trace.values[v.number])
    return _fresh(v.shape, v.dtype, by_stride(_of_value(trace, v)) if trace.turned and v.ndim > 1 else range(v.ndim))


def _fresh(shape: Shape, dtype: np.dtype, order: Any) -> np.ndarray:
    """Contiguous, the axes in an order from that of the largest stride to that of the smallest."""
    strides, step = [0] * len(shape), dtype.itemsize
    for axis in reversed(order):
        strides[axis] = step
        step *= max(shape[axis], 1)
    return _over_nothing(shape, dtype, strides)


def _over_nothing(shape: Shape, dtype: np.dtype, strides: Any) -> np.ndarray:
    place = _nowhere.get(dtype)
    if place is None:
        place = _nowhere[dtype] = np.zeros(1, dtype)
    return as_strided(place, shape, strides)


def by_stride(array: np.ndarray) -> list[int]:
    """Axes from that of the largest stride to that of the smallest."""
    return sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis]))


def _of_value(trace: Trace, v: Variable) -> np.ndarray:
    """The shadow of what an operation gives."""
    known = trace.layouts
    waiting = [v]
    while waiting:  # graphs are deeper than Python's stack
        u = waiting[-1]
        if u.number in known:
            waiting.pop()
            continue
        inputs = u.inputs if u.ndim > 1 and _keeps_an_order(u.operation) else ()
        missing = [w for w in inputs if w.number not in known]
        if missing:
            waiting.extend(missing)
        else:
            known[u.number] = _made(trace, u, [known[w.number] for w in inputs])
    return known[v.number]


def _keeps_an_order(operation: Any) -> bool:
    return operation is not None and (
        operation.kind == "elementwise" or operation.name in _KEEPING or operation.name in _REDUCING + _MOVING
    )


def _made(trace: Trace, v: Variable, inputs: list[np.ndarray]) -> np.ndarray:
    c_order = range(v.ndim)
    if not inputs:
        value = v.value if v.is_constant else trace.values.get(v.number) if v.operation is None else None
        if value is None or np.ndim(value) < 2:
            return _fresh(v.shape, v.dtype, c_order)
        return _over_nothing(v.shape, v.dtype, value.strides)
    operation: Any = v.operation
    first = inputs[0]
    parameters = operation.named(v.parameters)
    match operation.name:
        case "transpose":
            return first.transpose(parameters["axes"])
        case "broadcast_to":
            return np.broadcast_to(first, v.shape)
        case "window":
            return _windowed(first, parameters["windows"])
        case "tag" | "write":
            return first
        case "reshape":
            try:
                return np.reshape(first, v.shape, copy=False)
            except ValueError:
                return _fresh(v.shape, v.dtype, c_order)
        case "convert" if v.dtype == v.inputs[0].dtype:
            return _fresh(v.shape, v.dtype, c_order)  # a copy in C's order
        case "einsum":
            labels, out = parameters["labels"], parameters["out"]
            if len(labels) > 1 or len(set(labels[0])) < len(labels[0]):
                return _fresh(v.shape, v.dtype, c_order)
            order = [out.index(labels[0][axis]) for axis in by_stride(first) if labels[0][axis] in out]
            return _fresh(v.shape, v.dtype, order)
        case name if name in _REDUCING:
            kept = [axis for axis in range(first.ndim) if axis not in parameters["axes"]]
            return _fresh(v.shape, v.dtype, [kept.index(axis) for axis in by_stride(first) if axis in kept])
        case "concatenate":
            joined = np.concatenate([_miniature(each) for each in inputs], parameters["axis"])
            return _fresh(v.shape, v.dtype, by_stride(joined))
    total = np.positive(_miniature(first))  # NumPy's functions keep the order that their operands have
    for each in inputs[1:]:
        total = np.add(total, _miniature(each))
    return _fresh(v.shape, v.dtype, by_stride(np.broadcast_to(total, _small(v.shape))))


def _small(shape: Shape) -> Shape:
    return tuple(min(n, 2) for n in shape)


def _miniature(array: np.ndarray) -> np.ndarray:
    """Real memory in the same order, no axis longer than 2."""
    shape, order = _small(array.shape), by_stride(array)
    held = [shape[axis] if array.strides[axis] else 1 for axis in order]
    return np.broadcast_to(np.zeros(held).transpose(np.argsort(order)), shape)


def note_gather(x: Array, index: Any, result: Variable) -> None:
    """Look up in which order NumPy lays out what it gathers."""

    def plain(entry: Any) -> Any:
        if getattr(entry, "owner", None) is not x.owner:
            return entry
        return np.asarray(x.owner.evaluate([entry.variable])[0]) if entry.dtype == bool else np.zeros(entry.shape, int)

    base = shadow(x)
    order = by_stride(base)
    sample = np.zeros([base.shape[axis] for axis in order], np.int8).transpose(np.argsort(order))
    found = sample[tuple(map(plain, index)) if isinstance(index, tuple) else plain(index)]
    order = by_stride(found)
    if order != list(range(found.ndim)):
        x.owner.turned = True
    x.owner.layouts[result.number] = _fresh(result.shape, result.dtype, order)


# What it decides


def can_view(x: Array, shape: Shape) -> bool:
    """Whether NumPy would reshape without a copy."""
    if len(x.shape) < 2 or (not x.owner.turned and _is_whole(x.alias)):
        return True
    try:
        np.reshape(shadow(x), shape, copy=False)
    except ValueError:
        return False
    return True


def _is_whole(view: Any) -> bool:
    return view is None or all(key[0] == "reshape" for key in view.keys)


def is_contiguous(x: Array) -> bool:
    """Whether the entries lie one after the other in C's order."""
    made = x.variable if x.alias is None else x.alias.buffer.made
    if made.operation is not None and not x.owner.turned and _is_whole(x.alias):
        return True
    return shadow(x).flags.c_contiguous


def is_turned(x: Array, order: str) -> bool:
    """Whether `order=` means to read the first axis fastest."""
    if order == "F":
        return True
    if order == "C" or x.ndim < 2:
        return False
    if order not in ("A", "K"):
        raise ValueError(f"order must be one of 'C', 'F', 'A', or 'K' (got {order!r})")
    flags = shadow(x).flags
    return flags.f_contiguous and not flags.c_contiguous


def laid(result: Array, order: Any = None) -> Array:
    """What a function of NumPy has made in an order of its own, C's by default, whatever order its operands have."""
    v = result.variable
    if v.ndim > 1:
        c_order = list(range(v.ndim))
        order = c_order if order is None else list(order)
        result.owner.turned |= order != c_order
        result.owner.layouts[v.number] = _fresh(v.shape, v.dtype, order)
    return result


def einsum_order(operands: list[Array], labels: list[Any], out: Any, **how: Any) -> list[int]:
    """The order of axes that np.einsum gives its result."""
    arguments = [each for x, names in zip(operands, labels, strict=True) for each in (_miniature(shadow(x)), names)]
    return by_stride(np.einsum(*arguments, out, **how))


def c_or_fortran(x: Array) -> list[int]:
    """The order of axes of an array that NumPy makes for the entries of x with `order="F" if x.flags.fnc else "C"`."""
    axes = list(range(x.ndim))
    return axes[::-1] if is_turned(x, "A") else axes


def copied(x: Array, order: str) -> Variable:
    """The value of x as a fresh array; a node where it would else be taken to lie in memory in another order."""
    v = x.variable
    if order == "K":
        return v if not x.owner.turned else lying(x.owner, v, by_stride(shadow(x)))
    if is_turned(x, order):
        x.owner.turned = True
        return lying(x.owner, v, list(reversed(range(v.ndim))))
    return v if not x.owner.turned else lying(x.owner, v, list(range(v.ndim)))


def kept(trace: Trace, made: Variable, new: Variable) -> Variable:
    """The new value of a buffer that first held another: it lies in memory as that did."""
    wanted, given = _of_value(trace, made), _of_value(trace, new)
    return new if _same_strides(wanted, given) else lying(trace, new, by_stride(wanted))


def _same_strides(a: np.ndarray, b: np.ndarray) -> bool:
    return all(m == n or size < 2 for m, n, size in zip(a.strides, b.strides, a.shape, strict=True))


def lying(trace: Trace, v: Variable, order: list[int]) -> Variable:
    """The same value as another variable, its axes in a given order in memory; v itself where they are."""
    wanted = _fresh(v.shape, v.dtype, order)
    if _same_strides(wanted, _of_value(trace, v)):
        return v
    v = convert(v, dtype=v.dtype.name)
    trace.layouts[v.number] = wanted
    return v


def order_of(x: Any) -> list[int]:
    """The axes of a traced or plain array, from that of the largest stride to that of the smallest."""
    if not isinstance(getattr(x, "owner", None), Trace):
        return by_stride(np.asarray(x))
    return by_stride(shadow(x)) if x.owner.turned else list(range(x.ndim))
