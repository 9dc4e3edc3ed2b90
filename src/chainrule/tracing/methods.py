"""What else a NumPy array or scalar can do: operators of masks and integers, rounding, flags, iteration in flat order.

Arithmetic, comparisons and shapes are in array.py; methods that are functions too are set where the functions are.
"""

from __future__ import annotations

import dis
import operator
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from ..errors import TraceError, UnsupportedError
from ..original import np
from . import array as arrays
from . import layout
from .array import NUMBERS, PYTHON, Array, viewed, wrap, write_into
from .memory import Fillable, memory_of
from .promotion import promote

# Operators


def _operator(ufunc: np.ufunc, reflected: bool = False) -> Callable[[Array, Any], Any]:
    def method(self: Array, other: Any) -> Any:
        if not arrays.is_operand(other):
            return NotImplemented
        result = ufunc(other, self) if reflected else ufunc(self, other)
        return _weak(result) if _are_python(self, other) else result

    return method


def _are_python(*operands: Any) -> bool:
    return all(x.kind == PYTHON if type(x) is Array else type(x) in NUMBERS for x in operands)


def _weak(result: Any) -> Any:
    """What operators make of Python's numbers is one."""
    if type(result) is not Array:
        return result.item() if isinstance(result, np.generic) else result
    return wrap(result.owner, result.variable, PYTHON)


def _shifted(self: Array, other: Any) -> Any:
    """Python's integers grow without bounds."""
    if _are_python(self, other):
        return operator.index(self) << operator.index(other)
    return np.left_shift(self, other) if arrays.is_operand(other) else NotImplemented


def _in_place(ufunc: np.ufunc) -> Callable[[Array, Any], Any]:
    def method(self: Array, other: Any) -> Any:
        result = ufunc(self, other)
        if self.kind:
            return result
        if type(result) is not Array:
            result = wrap(self.owner, arrays.variable_of(result, self.owner))
        write_into(self, result)
        return self

    return method


for _name, _ufunc in {
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
    "lshift": np.left_shift,
    "rshift": np.right_shift,
}.items():
    setattr(Array, f"__{_name}__", _operator(_ufunc))
    setattr(Array, f"__r{_name}__", _operator(_ufunc, reflected=True))
    setattr(Array, f"__i{_name}__", _in_place(_ufunc))
Array.__imatmul__ = _in_place(np.matmul)  # type: ignore[attr-defined]
Array.__lshift__ = _shifted  # type: ignore[attr-defined]
Array.__invert__ = lambda self: _weak(np.invert(self)) if self.kind == PYTHON else np.invert(self)  # type: ignore[attr-defined]
Array.__rdivmod__ = lambda self, other: np.divmod(other, self)  # type: ignore[attr-defined]
Array.__contains__ = lambda self, value: bool(np.any(self == value))  # type: ignore[attr-defined]


# Numbers: what rounds to a Python integer is asked for, and its derivative is zero


def _to_integer(name: str, rounded: Callable[[Any], Any]) -> Callable[[Array], int]:
    def method(self: Array) -> int:
        if not self.kind and (self.shape or name == "__trunc__"):  # the others make do with float()
            raise TypeError(f"type numpy.ndarray doesn't define {name} method")
        return int(rounded(self) if self.dtype.kind == "f" else self)

    return method


def _round(self: Array, digits: int | None = None) -> Any:
    if digits is None and self.kind:
        return round((np.rint(self) if self.dtype.kind == "f" else self)._single())
    if not self.kind:
        raise TypeError("type numpy.ndarray doesn't define __round__ method")
    rounded = np.round(self, digits or 0)
    return _weak(rounded) if self.kind == PYTHON else rounded


Array.__round__ = _round  # type: ignore[attr-defined]
Array.__trunc__ = _to_integer("__trunc__", np.trunc)  # type: ignore[attr-defined]
Array.__floor__ = _to_integer("__floor__", np.floor)  # type: ignore[attr-defined]
Array.__ceil__ = _to_integer("__ceil__", np.ceil)  # type: ignore[attr-defined]
Array.is_integer = lambda self: bool(np.isfinite(self) & (np.floor(self) == self))  # type: ignore[attr-defined]


def _hash(self: Array) -> int:
    """Of a number that carries no derivative: it may be the key of a dict."""
    if not self.kind:
        raise TypeError("unhashable type: 'numpy.ndarray'")
    self._refuse_to_leave("a dict or a set", wanted="a key that carries no derivative: a name, a place, int(x)")
    if self.owner.recorder is not None and _is_calling(sys._getframe(1)):
        raise TraceError(
            "a traced number is a key for a function that may keep it: a cache",
            got=f"{self.variable.label} {self.type}",
            wanted="a number that is not traced",
            try_="static_argnums for the argument that it is made of",
        )
    return hash(self.owner.ask(self.variable).item())


def _is_calling(frame: FrameType) -> bool:
    """Whether the frame is at a call: C code asks then, and not the frame's own `d[n]`."""
    code, at = frame.f_code.co_code, frame.f_lasti
    while at > 0 and dis.opname[code[at]] == "CACHE":
        at -= 2
    return "CALL" in dis.opname[code[at]]


Array.__hash__ = _hash  # type: ignore[method-assign]


def _leaving(taker: str, rule: Callable[..., Any]) -> Callable[..., Any]:
    """A way out of the trace, open to what carries no derivative."""

    def method(self: Array, *args: Any) -> Any:
        self._refuse_to_leave(taker)
        return rule(self.owner.ask(self.variable)[()], *args)

    return method


Array.as_integer_ratio = _leaving("as_integer_ratio()", lambda x: x.as_integer_ratio())  # type: ignore[attr-defined]
_reduced_value: Any = _leaving("pickle", lambda x, *protocol: x.__reduce_ex__(*protocol))


def _reduced(self: Array, protocol: Any) -> Any:
    if self.owner.symbolic:
        raise TraceError(
            f"{self.variable.label} is a part of a graph, and is pickled with that",
            got=f"{self.variable.label} {self.type}",
            wanted="the graph, which knows it by its name",
            try_="pickle cr.Graph(inputs=[...], outputs=[...])",
        )
    return _reduced_value(self, protocol)


Array.__reduce_ex__ = _reduced  # type: ignore[method-assign]
Array.__bytes__ = _leaving("bytes()", bytes)  # type: ignore[attr-defined]
Array.__buffer__ = _leaving("a buffer", lambda x, flags: memoryview(x))  # type: ignore[attr-defined]


# Flat order


class Flat:
    """x.flat: entries in C's order, read and written, whatever the memory order."""

    __slots__ = ("_next", "base")

    def __init__(self, base: Any):
        self.base, self._next = base, 0

    def __len__(self) -> int:
        return self.base.size

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if self._next >= self.base.size:
            raise StopIteration
        self._next += 1
        return self[self._next - 1]

    @property
    def index(self) -> int:
        return self._next

    def __getitem__(self, index: Any) -> Any:
        if np.ndim(index) == 0 and not isinstance(index, (slice, type(Ellipsis))):
            index = arrays.flat_place(self.base, index)
        found = self.base.reshape(-1)[index]
        return found if not found.ndim else found.copy()

    def __setitem__(self, index: Any, value: Any) -> None:
        base: Any = self.base
        if type(base) is Fillable:
            trace = arrays.trace_of(value)
            if trace is None:
                base.memory.flat[index] = memory_of(value)
                return
            base = promote(base, trace)
        positions = np.arange(base.size)[index]
        if not np.ndim(positions):
            base[np.unravel_index(positions, base.shape)] = value
            return
        values = wrap(base.owner, arrays.variable_of(value, base.owner)).reshape(-1)
        flat = base.reshape(-1).copy()
        flat[positions.reshape(-1)] = values[np.arange(positions.size) % values.size]
        base[...] = flat.reshape(base.shape)

    def copy(self) -> Any:
        return self.base.flatten()

    __array_priority__ = Array.__array_priority__


def _set_flat(self: Any, value: Any) -> None:
    Flat(self)[:] = value


Array.flat = property(Flat, _set_flat)  # type: ignore[attr-defined]
Fillable.flat = property(Flat, _set_flat)  # type: ignore[attr-defined]


# Memory


_READ_ONLY = ("broadcast", "windows", "diagonal", "sealed")  # views that NumPy does not let write


class Flags:
    """x.flags, as NumPy would have them."""

    def __init__(self, x: Array):
        flags = layout.shadow(x).flags
        self.c_contiguous, self.f_contiguous = flags.c_contiguous, flags.f_contiguous
        self.contiguous, self.forc, self.fnc = flags.contiguous, flags.forc, flags.fnc
        keys: Any = () if x.alias is None else x.alias.keys
        self.owndata, self.aligned = not keys, True
        self.writeable = not x.kind and not any(key[0] in _READ_ONLY for key in keys)

    def __getitem__(self, name: str) -> bool:
        short = {"C": "c_contiguous", "F": "f_contiguous", "O": "owndata", "W": "writeable", "A": "aligned"}
        return getattr(self, short.get(name, name.lower()))


Array.flags = property(Flags)  # type: ignore[attr-defined]
Array.strides = property(lambda self: layout.shadow(self).strides)  # type: ignore[attr-defined]


def _set_shape(self: Array, shape: Any) -> None:
    try:
        other = self.reshape(shape, copy=False)
    except ValueError:
        raise AttributeError(
            "Incompatible shape for in-place modification. Use `.reshape()` to make a copy with the desired shape."
        ) from None
    self._variable, self.alias = other._variable, other.alias


def _set_real(self: Array, value: Any) -> None:
    (self if self.dtype.kind != "c" else np.real(self))[...] = value


def _set_imag(self: Array, value: Any) -> None:
    if self.dtype.kind != "c":
        raise TypeError("array does not have imaginary part to set")
    np.imag(self)[...] = value


Array.shape = Array.shape.setter(_set_shape)  # type: ignore[attr-defined]
Array.real = Array.real.setter(_set_real)  # type: ignore[attr-defined]
Array.imag = Array.imag.setter(_set_imag)  # type: ignore[attr-defined]


def _base(self: Array) -> Any:
    """None for an array that owns its memory, and the array whose memory a view shares."""
    if self.alias is None or not self.alias.steps:
        return None
    whole = wrap(self.owner, self.alias.buffer.variable)
    whole.alias = arrays.View(self.alias.buffer, ())
    return whole


def _view(self: Array, dtype: Any = None, type: Any = None) -> Any:
    as_class = isinstance(dtype, builtin_type) and issubclass(dtype, np.ndarray)
    seen_as = dtype if as_class else type or np.ndarray
    if seen_as is not np.ndarray:
        raise UnsupportedError(
            f"a traced array cannot be seen as {seen_as.__module__}.{seen_as.__name__}",
            wanted="a plain numpy.ndarray",
            try_="x @ y for the product of matrices" if issubclass(seen_as, np.matrix) else None,
        )
    if dtype is not None and not as_class and np.dtype(dtype) != self.dtype:
        raise UnsupportedError(
            f"the bytes of a traced array of dtype {self.dtype} cannot be seen as {np.dtype(dtype)}",
            try_=f"x.astype({np.dtype(dtype).name!r}), if values are meant",
        )
    return viewed(self, lambda v: v, lambda base, new: new, ("reshape", self.shape))


builtin_type = type
Array.base = property(_base)  # type: ignore[attr-defined]
Array.view = _view  # type: ignore[attr-defined]


# What is missing


class MissingAttribute(UnsupportedError, AttributeError):
    """An attribute of NumPy's arrays that a traced array does not have; hasattr says so."""


_INSTEAD = {
    "tobytes": "np.asarray(cr.stop_gradient(x)).tobytes()",
    "data": "np.asarray(cr.stop_gradient(x)).data",
    "ctypes": "cr.operation or cr.custom_gradient for a function in C",
    "resize": "np.resize(x, shape)",
    "byteswap": None,
    "tofile": "return x from the function and save it there",
    "dump": "return x from the function and save it there",
    "setflags": "x = x.copy()",
}


def _missing(self: Array, name: str) -> Any:
    if name.startswith("__") or not (hasattr(np.ndarray, name) or hasattr(np.float64, name)):
        raise AttributeError(f"'{'numpy.ndarray' if not self.kind else self.dtype}' object has no attribute '{name}'")
    raise MissingAttribute(f"a traced array has no .{name}", got=f"{self.type}", try_=_INSTEAD.get(name))


Array.__getattr__ = _missing  # type: ignore[attr-defined]
