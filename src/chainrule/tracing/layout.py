"""Where NumPy would keep the entries of a traced array: this decides whether a reshape is a view or a copy.

A shadow is an array of the right shape and strides over no memory of its own; NumPy is asked what it would do with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from ..graph import Variable
from ..ops.movement import convert, transpose
from .trace import Trace

if TYPE_CHECKING:
    from .array import Array

Shape = tuple[int, ...]
_nowhere: dict[np.dtype, np.ndarray] = {}


def shadow(x: Array) -> np.ndarray:
    """An array of the shape and strides that x has in NumPy; arrays that share a buffer have shadows that overlap."""
    view = x.alias
    if view is None:
        return _base_shadow(x.owner, x.variable)
    result = _base_shadow(x.owner, view.buffer.made)
    for key in view.keys:
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
        case (windows, shape):
            part = tuple(
                slice(start, start + step * count if start + step * count >= 0 else None, step)
                if count
                else slice(0, 0)
                for start, step, count in windows
            )
            return base[part].reshape(shape)
    raise AssertionError(key)


def _base_shadow(trace: Trace, v: Variable) -> np.ndarray:
    if v.operation is None and v.number in trace.values:
        return np.asarray(trace.values[v.number])
    place = _nowhere.setdefault(v.dtype, np.zeros(1, v.dtype))
    strides, step = [0] * v.ndim, v.dtype.itemsize
    for axis in reversed(_axes_by_stride(trace, v)):
        strides[axis] = step
        step *= v.shape[axis]
    return as_strided(place, v.shape, strides)


def _axes_by_stride(trace: Trace, v: Variable) -> list[int]:
    """Axes from that of the largest stride to that of the smallest."""
    return list(range(v.ndim)) if v.ndim < 2 else by_stride(miniature(trace, v))


def by_stride(array: np.ndarray) -> list[int]:
    return sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis]))


def _in_order(shape: Shape, order: list[int]) -> np.ndarray:
    return np.zeros([shape[k] for k in order]).transpose(np.argsort(order))


def miniature(trace: Trace, v: Variable) -> np.ndarray:
    """An array with the order of axes that v has in memory, and no axis longer than 2."""
    known = trace.layouts
    waiting = [v]
    while waiting:  # graphs are deeper than Python's stack
        u = waiting[-1]
        if u.number in known:
            waiting.pop()
            continue
        missing = [w for w in u.inputs if w.number not in known] if _looks_at_inputs(u) else []
        if missing:
            waiting.extend(missing)
        else:
            known[u.number] = _made(trace, u, [known[w.number] for w in u.inputs] if _looks_at_inputs(u) else [])
    return known[v.number]


def _small(shape: Shape) -> Shape:
    return tuple(min(n, 2) for n in shape)


def _looks_at_inputs(v: Variable) -> bool:
    operation: Any = v.operation
    return (
        v.ndim > 1
        and operation is not None
        and (
            operation.kind == "elementwise"
            or operation.name in ("transpose", "broadcast_to", "window", "convert", "tag", "stop_gradient")
        )
    )


def _made(trace: Trace, v: Variable, inputs: list[np.ndarray]) -> np.ndarray:
    shape = _small(v.shape)
    if not inputs:
        value = v.value if v.is_constant else trace.values.get(v.number) if v.operation is None else None
        return np.zeros(shape) if value is None else _in_order(shape, by_stride(value))
    operation: Any = v.operation
    first = inputs[0]
    if operation.name == "transpose":
        return first.transpose(operation.named(v.parameters)["axes"])
    if operation.name == "broadcast_to":
        return np.broadcast_to(first, shape)
    if operation.name == "window":
        return _in_order(shape, by_stride(first))
    if operation.name == "convert" and v.dtype == v.inputs[0].dtype:
        return np.zeros(shape)  # a copy in C's order
    if operation.name == "tag":
        return first
    total = np.positive(first)  # NumPy's ufuncs keep the order that their operands have
    for each in inputs[1:]:
        total = np.add(total, each)
    return total


def can_view(x: Array, shape: Shape) -> bool:
    """Whether NumPy would reshape without a copy."""
    if len(x.shape) < 2 or (_is_whole(x.alias) and _lies_in_c_order(x)):
        return True
    try:
        np.reshape(shadow(x), shape, copy=False)
    except ValueError:
        return False
    return True


def _is_whole(view: Any) -> bool:
    return view is None or all(key[0] == "reshape" for key in view.keys)


def _lies_in_c_order(x: Array) -> bool:
    v = x.variable if x.alias is None else x.alias.buffer.made
    if v.operation is None and v.number in x.owner.values:
        return x.owner.values[v.number].flags.c_contiguous
    known = x.owner.layouts.get(v.number)
    return (miniature(x.owner, v) if known is None else known).flags.c_contiguous


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


def copied(x: Array, order: str) -> Variable:
    """The value of x as a fresh array; a node where it would else be taken to lie in memory in another order."""
    v = x.variable
    if v.ndim < 2 or order == "K":
        return v
    turned = is_turned(x, order)
    axes = tuple(reversed(range(v.ndim)))
    if turned:
        v = transpose(v, axes=axes)
    if not miniature(x.owner, v).flags.c_contiguous:
        v = convert(v, dtype=v.dtype.name)
    return transpose(v, axes=axes) if turned else v


def order_of(x: Any) -> list[int]:
    """The axes of a traced or plain array, from that of the largest stride to that of the smallest."""
    return by_stride(shadow(x) if isinstance(getattr(x, "owner", None), Trace) else np.asarray(x))
