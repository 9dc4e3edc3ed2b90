# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false, reportOperatorIssue=false
"""Functions of `math` on traced numbers: NumPy's, with a result that is as weak in promotion as Python's numbers.

What `math` refuses by a ValueError or an OverflowError is nan or inf here, as in NumPy.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ...ops import CATALOGUE
from ...original import np
from ..array import PYTHON, Array, trace_of, variable_of, wrap
from ..dispatch import carries_derivative, declared_call, of_dtype, refuse
from .creation import is_answered

_SAME = (
    *("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "expm1", "exp2", "log2", "log10", "log1p", "sqrt", "cbrt"),
    *("copysign", "fmod", "degrees", "radians", "fabs"),
)
_OTHER_NAMES = {
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "atan2": np.arctan2,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "pow": np.power,
}
_TESTS = {"isnan": np.isnan, "isinf": np.isinf, "isfinite": np.isfinite, "isclose": None}


def _log(x: Any, base: Any = None) -> Any:
    return np.log(x) if base is None else np.log(x) / np.log(base)


def _hypot(*coordinates: Any) -> Any:
    total = abs(coordinates[0]) if coordinates else 0.0
    for each in coordinates[1:]:
        total = np.hypot(total, each)
    return total


def _dist(p: Any, q: Any) -> Any:
    return _hypot(*[a - b for a, b in zip(p, q, strict=True)])


def _fsum(values: Any) -> Any:
    return sum(values, 0.0)


def _over_values(original: Callable[..., Any], traced: Callable[..., Any]) -> Callable[..., Any]:
    """For a function of anything that has numbers in it: arrays and generators, too."""
    answer = answering(original, traced)

    def call(*values: Any) -> Any:
        return answer(*map(list, values)) if is_answered() else original(*values)

    call.__name__ = call.__qualname__ = original.__name__
    call.__doc__ = original.__doc__
    return call


def _of_catalogue(name: str) -> Callable[..., Any]:
    return lambda x: declared_call(CATALOGUE[name], (x,), {})


def _value(x: Any) -> Any:
    return x.owner.ask(x.variable).item() if type(x) is Array else x


def _number(x: Any, dtype: Any) -> Any:
    """A traced number as Python would have it: of 64 bits for each part, and weak."""
    if type(x) in (list, tuple):
        return [_number(each, dtype) for each in x]
    if type(x) is not Array:
        return x
    if x.shape:
        raise TypeError("only 0-dimensional arrays can be converted to Python scalars")
    return wrap(x.owner, of_dtype(variable_of(x, x.owner), dtype), PYTHON)


def _weak(result: Any) -> Any:
    if type(result) is tuple:
        return tuple(map(_weak, result))
    return wrap(result.owner, result.variable, PYTHON) if type(result) is Array else result


def answering(original: Callable[..., Any], traced: Callable[..., Any], dtype: Any = np.float64) -> Callable[..., Any]:
    """Answer a function of numbers; `traced` gets them in the dtype in which Python computes."""

    def call(*args: Any, **keywords: Any) -> Any:
        trace = trace_of(*args) if is_answered() else None
        if trace is None or (trace.has_values and trace.recorder is None and not _carries_derivative(args)):
            return original(*args, **keywords)
        result = _weak(traced(*[_number(x, dtype) for x in args], **keywords))
        asks = trace.recorder is not None and type(result) is Array and not trace.is_open(result.variable)
        if asks and not bool(np.isfinite(result)):  # `math` may raise there
            return original(*map(_value, args), **keywords)
        return result

    call.__name__ = call.__qualname__ = original.__name__
    call.__doc__ = original.__doc__
    return call


def _carries_derivative(x: Any) -> bool:
    if type(x) in (list, tuple):
        return any(map(_carries_derivative, x))
    return type(x) is Array and carries_derivative(x)


def asking(original: Callable[..., Any], test: Callable[..., Any] | None) -> Callable[..., Any]:
    """A test whose answer decides: it becomes a guard."""

    def call(*args: Any, **keywords: Any) -> Any:
        if test is not None and len(args) == 1 and type(args[0]) is Array and not args[0].shape:
            return bool(test(args[0]))
        return original(*map(_value, args), **keywords) if is_answered() else original(*args, **keywords)

    return call


def _refusing(original: Callable[..., Any], instead: str) -> Callable[..., Any]:
    def call(*args: Any, **keywords: Any) -> Any:
        if is_answered() and trace_of(*args) is not None:
            raise refuse(f"math.{original.__name__}", instead)
        return original(*args, **keywords)

    return call


def answered_names() -> dict[str, Any]:
    """What the names of `math` mean while a trace is active; those that are missing work, or refuse, by themselves."""
    traced: dict[str, Callable[..., Any]] = {name: getattr(np, name) for name in _SAME}
    traced |= _OTHER_NAMES | {"log": _log, "hypot": _hypot}
    traced |= {"erf": _of_catalogue("erf"), "erfc": _of_catalogue("erfc"), "lgamma": _of_catalogue("gammaln")}
    names = {name: answering(getattr(math, name), answer) for name, answer in traced.items() if hasattr(math, name)}
    names |= {"dist": _over_values(math.dist, _dist), "fsum": _over_values(math.fsum, _fsum)}
    names |= {name: asking(getattr(math, name), test) for name, test in _TESTS.items()}
    names |= {
        "gamma": _refusing(math.gamma, "math.exp(math.lgamma(x)) for positive x"),
        "modf": _refusing(math.modf, "np.modf(x)"),
        "frexp": _refusing(
            math.frexp, "exponent = np.floor(np.log2(np.abs(x))) + 1; fraction = x / 2.0**exponent, for x != 0"
        ),
        "ldexp": _refusing(math.ldexp, "x * 2.0**k"),
        "remainder": _refusing(math.remainder, "x - y * np.round(x / y)"),
    }
    return names
