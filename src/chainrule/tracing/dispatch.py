"""What NumPy hands over: every ufunc and function that meets a traced array arrives here, or is refused by name."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import MutationError, UnsupportedError
from ..ops import CATALOGUE, Operation
from ..ops.scipy_loader import SpecialFunction
from ..ops.selection import where as select
from . import array as arrays
from .array import ARRAY, SCALAR, Array, apply_elementwise, trace_of, variable_of, wrap, write_into
from .trace import Trace

FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {}
REDUCTIONS: dict[np.ufunc, Callable[..., Any]] = {}
ACCUMULATIONS: dict[np.ufunc, Callable[..., Any]] = {}
CALLS: dict[np.ufunc, Callable[..., Any]] = {}  # ufuncs that are more than one element-wise operation
_UFUNCS: dict[Any, Operation] = {}
_late: list[Operation] = []

for _operation in CATALOGUE.values():
    if _operation.kind == "elementwise":
        for _ufunc in _operation.numpy:
            if isinstance(_ufunc, SpecialFunction):
                _late.append(_operation)
            else:
                _UFUNCS[_ufunc] = _operation


def answers(*functions: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate what answers calls of NumPy functions on traced arrays; it has their signature."""

    def declare(answer: Callable[..., Any]) -> Callable[..., Any]:
        for function in functions:
            FUNCTIONS[function] = answer
        return answer

    return declare


def elementwise_of(ufunc: Any) -> Operation | None:
    """The operation that a ufunc is, those of scipy.special included once that has been imported."""
    found = _UFUNCS.get(ufunc)
    if found is None and _late and "scipy.special" in sys.modules:
        for operation in _late:
            for function in operation.numpy:
                _UFUNCS[function.found()] = operation
        _late.clear()
        found = _UFUNCS.get(ufunc)
    return found


def traced(*operands: Any) -> Any:
    """Operands as traced arrays of one trace; a single one is returned by itself."""
    trace = trace_of(*operands)
    assert trace is not None
    result = [x if type(x) is Array else wrap(trace, variable_of(x, trace), _kind(x)) for x in operands]
    return result if len(result) > 1 else result[0]


def _kind(x: Any) -> int:
    if type(x) in arrays.NUMBERS:
        return arrays.PYTHON
    return SCALAR if isinstance(x, np.generic) else ARRAY


def result_of(trace: Trace, variable: Any) -> Any:
    """What a NumPy function returns: a scalar where no axes are left."""
    return wrap(trace, variable, ARRAY if variable.type.shape else SCALAR)


def finish(result: Array, out: Any = None, dtype: Any = None) -> Any:
    """The `dtype=` and `out=` of a function."""
    if dtype is not None:
        result = result.astype(dtype, copy=False)
    if isinstance(out, tuple):
        (out,) = out
    if out is None:
        return result
    if type(out) is not Array:
        raise MutationError(
            "a traced result cannot be written into an array that existed before the trace",
            got=f"out= of shape {np.shape(out)}",
            wanted="the result itself, or an array that was made from traced values",
            try_="use what the function returns instead of out=",
        )
    write_into(out, result)
    return out


def declared_call(operation: Operation, args: tuple[Any, ...], parameters: dict[str, Any]) -> Any:
    """A call of a declared operation by a user: recorded where an argument is traced, else computed."""
    trace = trace_of(*args)
    if trace is None:
        return operation.forward(*args, **parameters)
    if operation.kind == "elementwise" and not parameters:
        return apply_elementwise(operation, args, trace)
    result = operation(*[variable_of(x, trace) for x in args], **parameters)
    if isinstance(result, tuple):
        return tuple(result_of(trace, v) for v in result)
    return result_of(trace, result)


def refuse(what: str, hint: str | None = None) -> UnsupportedError:
    return UnsupportedError(f"{what} is not supported on traced arrays", try_=hint)


def dispatch_ufunc(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    name = _name(ufunc)
    if method == "__call__":
        if ufunc in CALLS:
            return CALLS[ufunc](*inputs, **keywords)
        operation = elementwise_of(ufunc)
        if operation is None:
            raise refuse(name)
        return apply_ufunc(ufunc, operation, inputs, keywords)
    if method == "reduce" and ufunc in REDUCTIONS:
        keywords.setdefault("axis", 0)
        return REDUCTIONS[ufunc](*inputs, **keywords)
    if method == "accumulate" and ufunc in ACCUMULATIONS:
        keywords.setdefault("axis", 0)
        return ACCUMULATIONS[ufunc](*inputs, **keywords)
    if method == "outer":
        a, b = traced(*inputs)
        return ufunc(a.reshape(a.shape + (1,) * b.ndim), b, **keywords)
    if method == "at":
        return _at(ufunc, name, *inputs)
    raise refuse(f"{name}.{method}")


def _name(ufunc: np.ufunc) -> str:
    return f"{'np' if getattr(np, ufunc.__name__, None) is ufunc else 'scipy.special'}.{ufunc.__name__}"


def apply_ufunc(ufunc: np.ufunc, operation: Operation, inputs: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """A plain call of a ufunc that is one element-wise operation."""
    if keywords:
        return _call(operation, _name(ufunc), inputs, **keywords)
    return apply_elementwise(operation, inputs, trace_of(*inputs))  # type: ignore[arg-type]


def _call(
    operation: Operation,
    name: str,
    inputs: tuple[Any, ...],
    out: Any = None,
    where: Any = True,
    dtype: Any = None,
    casting: str = "same_kind",
    order: str = "K",
    subok: bool = True,
) -> Any:
    target = out[0] if isinstance(out, tuple) else out
    trace = trace_of(*inputs, target)
    assert trace is not None
    if dtype is not None:
        inputs = tuple(traced(x, wrap(trace, variable_of(x, trace)))[0].astype(dtype) for x in inputs)
    result = apply_elementwise(operation, inputs, trace)
    if where is not True:
        if target is None:
            raise refuse(f"{name} with where= and without out=", "np.where(mask, result, 0.0)")
        old = variable_of(target, trace)
        result = wrap(trace, select(variable_of(where, trace), result.variable, old))
    return finish(result, target)


def _at(ufunc: np.ufunc, name: str, target: Any, index: Any, *operands: Any) -> None:
    """ufunc.at: repeated positions count repeatedly."""
    if type(target) is not Array:
        raise MutationError(
            f"{name}.at would write a traced value into an array that existed before the trace",
            try_="make the array inside the traced function, from traced values",
        )
    answer = AT.get(ufunc)
    if answer is None:
        raise refuse(f"{name}.at")
    answer(target, index, *operands)


AT: dict[np.ufunc, Callable[..., None]] = {}


def dispatch_function(function: Callable[..., Any], args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    answer = FUNCTIONS.get(function)
    if answer is None:
        module = getattr(function, "__module__", "numpy").replace("numpy", "np")
        raise refuse(f"{module}.{getattr(function, '__name__', function)}")
    return answer(*args, **keywords)


arrays.dispatch_ufunc = dispatch_ufunc
arrays.dispatch_function = dispatch_function
