"""What a fillable array does with other operands: plain ones meet its memory, a traced one meets what it stands for.

Written into, it becomes traced (`promotion.py`); read together with a traced value, it is a constant.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from typing import Any

from ..original import np
from . import memory
from .array import ARRAY, Array, contains_traced, trace_of, variable_of, wrap
from .dispatch import dispatch_function, dispatch_ufunc
from .memory import Fillable, adopted, check_body, memory_of, plainly
from .promotion import promote
from .shuffling import shuffled, stores
from .trace import Trace

# Methods that write into the array itself, and those whose result shows its memory.
_WRITING = ("fill", "put", "itemset")
_SHOWING = ("reshape", "transpose", "swapaxes", "squeeze", "ravel", "diagonal", "view")


def constant(x: Fillable, trace: Trace) -> Array:
    """Its present values in a trace."""
    return wrap(trace, variable_of(x, trace), ARRAY)


def asked(x: Any) -> Any:
    """Traced integers as numbers, for Python to decide by."""
    if type(x) is Array and x.dtype.kind in "iub" and not x.shape and x.owner.has_values:
        return bool(x) if x.dtype.kind == "b" else operator.index(x)
    if type(x) is tuple:
        return tuple(map(asked, x))
    if type(x) is list:
        return list(map(asked, x))
    if type(x) is slice:
        return slice(asked(x.start), asked(x.stop), asked(x.step))
    return x


# Methods


def call_method(x: Fillable, name: str, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    trace = trace_of(*args, *keywords.values())
    if trace is not None and name in _SHOWING:
        args, trace = asked(args), None
    if trace is None:
        sources = (x, *args, *keywords.values())
        result = getattr(x.memory, name)(*plainly(args), **plainly(keywords))
        if name == "view" and type(result) is np.ndarray and args and args[0] is np.ndarray:
            return x.memory
        return adopted(result, sources)
    if name in _WRITING:
        promote(x, trace)
        return getattr(x, name)(*args, **keywords)
    return getattr(constant(x, trace), name)(*args, **keywords)


memory.call_method = call_method


# Indexing


def _get(self: Fillable, index: Any) -> Any:
    if type(index) is not int:
        index = asked(index)
        trace = trace_of(index)
        if trace is not None:
            return constant(self, trace)[index]
        index = plainly(index)
    result = self.memory[index]
    return adopted(result, (self,)) if type(result) is np.ndarray else result


def _set(self: Fillable, index: Any, value: Any) -> None:
    trace = trace_of(value)
    if trace is None and type(index) is not int:
        index = asked(index)
        trace = trace_of(index)
    if trace is not None:
        promote(self, trace)
        self[index] = value  # type: ignore[index]
        return
    check_body(self)
    if type(value) is Fillable and value.sharing is self.sharing is not None and not stores(sys._getframe(1)):
        raise shuffled()
    self.memory[plainly(index)] = plainly(value)


Fillable.__getitem__ = _get  # type: ignore[attr-defined]
Fillable.__setitem__ = _set  # type: ignore[attr-defined]


# Operators


def _binary(function: Callable[[Any, Any], Any]) -> Callable[[Fillable, Any], Any]:
    def method(self: Fillable, other: Any) -> Any:
        if type(other) is Array:
            return NotImplemented  # which knows how to be reflected
        if type(other) in (list, tuple) and contains_traced(other):
            return function(constant(self, trace_of(other)), other)  # type: ignore[arg-type]
        if not _is_operand(other):
            return NotImplemented
        return adopted(function(self.memory, memory_of(other)), (self, other))

    return method


def _reflected(function: Callable[[Any, Any], Any]) -> Callable[[Fillable, Any], Any]:
    def method(self: Fillable, other: Any) -> Any:
        if type(other) in (list, tuple) and contains_traced(other):
            return function(other, constant(self, trace_of(other)))  # type: ignore[arg-type]
        if not _is_operand(other):
            return NotImplemented
        return adopted(function(memory_of(other), self.memory), (self, other))

    return method


def _in_place(function: Callable[[Any, Any], Any]) -> Callable[[Fillable, Any], Any]:
    def method(self: Fillable, other: Any) -> Any:
        trace = trace_of(other)
        if trace is not None:
            promote(self, trace)
            return function(self, other)
        check_body(self)
        result = function(self.memory, memory_of(other))
        return self if result is self.memory else adopted(result, (self, other))

    return method


def _is_operand(x: Any) -> bool:
    return isinstance(x, (np.ndarray, np.generic, float, int, complex, list, tuple))


def _unary(function: Callable[[Any], Any]) -> Callable[[Fillable], Any]:
    def method(self: Fillable) -> Any:
        return adopted(function(self.memory), (self,))

    return method


for _name in (
    "add",
    "sub",
    "mul",
    "truediv",
    "floordiv",
    "mod",
    "pow",
    "matmul",
    "and",
    "or",
    "xor",
    "lshift",
    "rshift",
):
    _plain = getattr(operator, {"and": "and_", "or": "or_"}.get(_name, _name))
    setattr(Fillable, f"__{_name}__", _binary(_plain))
    setattr(Fillable, f"__r{_name}__", _reflected(_plain))
    setattr(Fillable, f"__i{_name}__", _in_place(getattr(operator, f"i{_name}")))
for _name in ("lt", "le", "gt", "ge", "eq", "ne"):
    setattr(Fillable, f"__{_name}__", _binary(getattr(operator, _name)))
for _name in ("neg", "pos", "abs", "invert"):
    setattr(Fillable, f"__{_name}__", _unary(getattr(operator, _name)))
Fillable.__divmod__ = _binary(divmod)  # type: ignore[attr-defined]
Fillable.__rdivmod__ = _reflected(divmod)  # type: ignore[attr-defined]
Fillable.__contains__ = lambda self, value: bool((self == value).any())  # type: ignore[attr-defined]
Fillable.__hash__ = None  # type: ignore[assignment]


# What NumPy calls


def _ufunc(self: Fillable, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
    if trace_of(*inputs, *keywords.values()) is not None:
        return dispatch_ufunc(ufunc, method, inputs, keywords)
    result = getattr(ufunc, method)(*plainly(inputs), **plainly(keywords))
    return adopted(result, (*inputs, *keywords.values()))


def _function(self: Fillable, function: Callable[..., Any], types: Any, args: Any, keywords: Any) -> Any:
    return call_function(function, args, keywords)


def call_function(function: Callable[..., Any], args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """Of NumPy, on arrays of which some may be fillable."""
    if trace_of(*args, *keywords.values()) is not None:
        return dispatch_function(function, args, keywords)
    return adopted(function(*plainly(args), **plainly(keywords)), (*args, *keywords.values()))


Fillable.__array_ufunc__ = _ufunc  # type: ignore[attr-defined]
Fillable.__array_function__ = _function  # type: ignore[attr-defined]


# Attributes that can be set


def _settable(name: str) -> property:
    def put(self: Fillable, value: Any) -> None:
        trace = trace_of(value)
        if trace is None:
            setattr(self.memory, name, memory_of(value))
        else:
            promote(self, trace)
            setattr(self, name, value)

    return property(lambda self: memory._attribute(self, name), put)


Fillable.real = _settable("real")  # type: ignore[attr-defined]
Fillable.imag = _settable("imag")  # type: ignore[attr-defined]
