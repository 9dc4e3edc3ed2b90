"""What NumPy hands over: every ufunc and function that meets a traced array arrives here, or is refused by name."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from ..errors import UnsupportedError
from ..graph import Variable
from ..ops import CATALOGUE, Operation
from ..ops.movement import convert
from ..ops.scipy_loader import SpecialFunction
from ..original import np
from . import array as arrays
from .activity import active
from .array import ARRAY, SCALAR, Array, apply_elementwise, trace_of, variable_of, wrap, write_into
from .failing import note_failure
from .leaving import written_outside
from .memory import Fillable, adopted, memory_of
from .promotion import promote
from .trace import Trace

FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {}
HINTS: dict[Callable[..., Any], str] = {}  # what to write instead of a function that is refused
_ELEMENTWISE: dict[Any, Operation] = {}  # ufuncs, and the few functions of NumPy that work entry by entry but are none
_DECLARED: dict[Any, Operation] = {}  # functions that are one operation of the catalogue
_late: list[Operation] = []
_ALSO_IN_NUMPY = ("cbrt", "exp2", "expm1", "log1p")  # the same functions in scipy.special, as ufuncs of its own

for _operation in CATALOGUE.values():
    for _function in _operation.numpy:
        if isinstance(_function, SpecialFunction):
            _late.append(_operation)
        elif _operation.kind == "elementwise":
            _ELEMENTWISE[_function] = _operation
        else:
            _DECLARED[_function] = _operation


def answers(*functions: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate what answers calls of NumPy functions on traced arrays; it has their signature."""

    def declare(answer: Callable[..., Any]) -> Callable[..., Any]:
        for function in functions:
            FUNCTIONS[function] = answer
        return answer

    return declare


def elementwise_of(ufunc: Any) -> Operation | None:
    """The operation that a ufunc is, those of scipy.special included once that has been imported."""
    found = _ELEMENTWISE.get(ufunc)
    if found is None and _late and "scipy.special" in sys.modules:
        for operation in _late:
            for function in operation.numpy:
                if isinstance(function, SpecialFunction):
                    _ELEMENTWISE[function.found()] = operation
        _late.clear()
        special = sys.modules["scipy.special"]
        _ELEMENTWISE.update({getattr(special, name): _ELEMENTWISE[getattr(np, name)] for name in _ALSO_IN_NUMPY})
        found = _ELEMENTWISE.get(ufunc)
    return found


# Operands and results


def traced(*operands: Any) -> Any:
    """Operands as traced arrays of one trace; a single one is returned by itself. Python numbers stay weak."""
    trace = trace_of(*operands)
    assert trace is not None
    result = [x if type(x) is Array else wrap(trace, variable_of(x, trace), _kind(x)) for x in operands]
    return result if len(result) > 1 else result[0]


def lifted(x: Any, *others: Any) -> Any:
    """One operand as np.asarray would make it, in the trace that it or the others belong to."""
    if type(x) is Array:
        return x if x.kind == ARRAY else wrap(x.owner, x.variable)
    trace = trace_of(x, *others) or active.trace  # what is traced may be another argument of the function
    assert trace is not None
    return wrap(trace, variable_of(x, trace))


def _kind(x: Any) -> int:
    if type(x) in arrays.NUMBERS:
        return arrays.PYTHON
    return SCALAR if isinstance(x, np.generic) else ARRAY


def result_of(trace: Trace, variable: Variable) -> Any:
    """What a NumPy function returns: a scalar where no axes are left."""
    return wrap(trace, variable, ARRAY if variable.type.shape else SCALAR)


def strong(result: Array) -> Array:
    """The result of a ufunc of nothing but Python numbers is one of NumPy's scalars."""
    if result.kind == arrays.PYTHON:
        result.kind = SCALAR
    return result


def promotes_as(x: Any) -> Any:
    """What promotion goes by: a dtype, or a Python number for a weak one."""
    if type(x) is Array and x.kind != arrays.PYTHON:
        return x.dtype
    if type(x) is Array:
        return {"f": 0.0, "i": 0, "c": 0j}.get(x.dtype.kind, x.dtype)
    if type(x) in (int, float, complex):
        return x
    return x.dtype if hasattr(x, "dtype") else np.asarray(x).dtype


def of_dtype(v: Variable, dtype: Any) -> Variable:
    return v if v.dtype == dtype else convert(v, dtype=np.dtype(dtype).name)


def carries_derivative(x: Array) -> bool:
    return x.owner.carries_derivative(x.variable)


def finish(result: Array, out: Any = None, dtype: Any = None) -> Any:
    """The `dtype=` and `out=` of a function."""
    if dtype is not None:
        result = result.astype(dtype, copy=False)
    if isinstance(out, tuple):
        (out,) = out
    if out is None:
        return result
    if out is Ellipsis:  # an array, also where no axes are left
        return wrap(result.owner, result.variable)
    if type(out) is Fillable:
        out = promote(out, result.owner)
    if type(out) is Array:
        write_into(out, result)
        return out
    if carries_derivative(result):
        raise written_outside("a traced result cannot be written into", f"out= of shape {np.shape(out)}")
    np.copyto(out, result.owner.ask(result.variable))
    return out


def declared_call(operation: Operation, args: tuple[Any, ...], parameters: dict[str, Any]) -> Any:
    """A call of a declared operation by a user: recorded where an argument is traced, else computed."""
    trace = trace_of(*args)
    if trace is None:
        return operation.forward(*map(memory_of, args), **parameters)
    if operation.kind == "elementwise" and not parameters:
        return apply_elementwise(operation, args, trace)
    result = operation(*[variable_of(x, trace) for x in args], **parameters)
    if isinstance(result, tuple):
        return tuple(result_of(trace, v) for v in result)
    return result_of(trace, result)


# Routing


def dispatch_function(function: Callable[..., Any], args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    try:
        answer = FUNCTIONS.get(function)
        if answer is not None:
            return answer(*args, **keywords)
        operation = elementwise_of(function) or _DECLARED.get(function)
        if operation is not None and not keywords:
            return declared_call(operation, args, {})
        return plain_call(function, name_of(function), args, keywords)
    except Exception as error:
        note_call(error, function, args, keywords)
        raise


def note_call(error: Exception, function: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> None:
    """Tell an error that leaves a call what the call was applied to."""
    given = (*args, *keywords.values())
    note_failure(error, trace_of(*given) or active.trace, getattr(function, "__name__", str(function)), given)


def name_of(function: Any) -> str:
    """`np.linalg.eig`, `scipy.special.erf`."""
    name = getattr(function, "__name__", str(function))
    if isinstance(function, np.ufunc):
        if name.endswith(" (vectorized)"):
            return f"np.frompyfunc of {name.removesuffix(' (vectorized)')}"
        special = sys.modules.get("scipy.special")
        module = "np" if getattr(np, name, None) is function else "scipy.special" if hasattr(special, name) else ""
        return f"{module}.{name}".removeprefix(".")
    module = getattr(function, "__module__", None) or "numpy"
    return f"{module.replace('numpy', 'np')}.{name}"


def refuse(what: str, hint: str | None = None) -> UnsupportedError:
    wanted = None if hint else _WITH_A_RULE
    return UnsupportedError(f"{what} is not supported on traced arrays", wanted=wanted, try_=hint)


_WITH_A_RULE = (
    "operations that have a rule; cr.operation declares another one by its slope, cr.custom_gradient a whole function"
)


def plain_call(function: Any, name: str, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """What has no answer runs on plain values where no derivative can be lost, and is refused where one would be."""

    def plain(x: Any) -> Any:
        if type(x) is Array:
            if carries_derivative(x) or x.owner.symbolic:
                raise refuse(name, HINTS.get(function))
            value = x.owner.ask(x.variable)
            value = value.view() if value.shape or not x.kind else value[()]
            if isinstance(value, np.ndarray):
                value.flags.writeable = False  # what would be written there would be lost
            return value
        if type(x) in (list, tuple):
            return type(x)(plain(each) for each in x)
        return memory_of(x)

    return adopted(function(*plain(args), **{key: plain(value) for key, value in keywords.items()}), args)


def dispatch_ufunc(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    try:
        if method == "__call__" and not keywords:
            operation = _ELEMENTWISE.get(ufunc)
            if operation is not None and ufunc not in special_calls:
                return strong(apply_elementwise(operation, inputs, trace_of(*inputs)))  # type: ignore[arg-type]
        return call_ufunc(ufunc, method, inputs, keywords)
    except Exception as error:
        note_call(error, ufunc, inputs, keywords)
        raise


# Set by ufuncs.py, which knows their methods and keywords, and which of them are more than one operation.
call_ufunc: Callable[..., Any] = lambda *_: NotImplemented
special_calls: dict[np.ufunc, Callable[..., Any]] = {}

arrays.dispatch_ufunc = dispatch_ufunc
arrays.dispatch_function = dispatch_function
