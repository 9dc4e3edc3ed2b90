"""Elementary functions by the operators of ONNX: one of them where there is one that keeps all digits, else a formula.

For double precision onnxruntime has Exp, Log, Sin, Cos, Tanh, Pow and Sqrt only; the rest is made of these. Its Sigmoid
is 0 from -18 down, where 1e-8 would be right, so that it is not used.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..compile.mathematics import FUNCTIONS
from ..compile.mathematics.error_function import ErrorFunctions
from ..original import np

_LOG_2 = math.log(2)


def _operator(name: str) -> Callable[..., Any]:
    return lambda code, *xs: code.writer.apply(name, *xs)


def _single(operator: str, formula: Callable[..., Any]) -> Callable[..., Any]:
    """An operator in single precision, for which onnxruntime has no double one; there a formula."""
    return lambda code, x: code.writer.apply(operator, x) if x.dtype == np.float32 else formula(code, x)


def _numbers(code: Any, x: Any, *numbers: float) -> list[Any]:
    return [code.constant(number, x.dtype) for number in numbers]


def _is_infinite(code: Any, x: Any) -> Any:
    return code.compare("==", code.absolute(x), code.constant(math.inf, x.dtype))


# Exponentials and logarithms

exp, log, sin, cos, tanh, power = map(_operator, ("Exp", "Log", "Sin", "Cos", "Tanh", "Pow"))


def exp2(code: Any, x: Any) -> Any:
    return power(code, code.constant(2, x.dtype), x)


def log2(code: Any, x: Any) -> Any:
    return code.multiply(log(code, x), code.constant(1 / _LOG_2, x.dtype))


def log10(code: Any, x: Any) -> Any:
    return code.multiply(log(code, x), code.constant(1 / math.log(10), x.dtype))


def _log1p(code: Any, x: Any) -> Any:
    """log(u) x / (u - 1) with the rounded u = 1 + x: what u lost, the quotient gives back (Kahan). Of -0 it is 0."""
    one = code.constant(1, x.dtype)
    u = code.add(one, x)
    lost = code.logical_or(code.compare("==", u, one), code.compare("==", u, code.constant(math.inf, x.dtype)))
    y = code.multiply(log(code, u), code.divide(x, code.subtract(u, one)))
    return code.select(lost, x, y)


def log1p(code: Any, x: Any) -> Any:
    return code.copysign(_log1p(code, x), x)


def _expm1(code: Any, x: Any) -> Any:
    """(u - 1) x / log(u) with the rounded u = exp(x), near 0 (Kahan). Of -0 it is 0."""
    one, half = _numbers(code, x, 1, 0.5)
    u = exp(code, x)
    less = code.subtract(u, one)
    y = code.multiply(less, code.divide(x, log(code, u)))
    y = code.select(code.compare("<", code.absolute(x), half), y, less)
    return code.select(code.compare("==", u, one), x, y)


def expm1(code: Any, x: Any) -> Any:
    return code.copysign(_expm1(code, x), x)


def cbrt(code: Any, x: Any) -> Any:
    """A power, and a step by Newton's method for the digits that 1/3 lacks."""
    a, third, three = code.absolute(x), *_numbers(code, x, 1 / 3, 3)
    y = power(code, a, third)
    square = code.multiply(y, y)
    step = code.divide(code.subtract(code.multiply(square, y), a), code.multiply(three, square))
    moderate = code.logical_and(
        code.compare(">", a, code.constant(np.finfo(x.dtype).tiny, x.dtype)),
        code.compare("<", a, code.constant(np.finfo(x.dtype).max / 2, x.dtype)),
    )
    return code.copysign(code.select(moderate, code.subtract(y, step), y), x)


def fmod(code: Any, a: Any, b: Any) -> Any:
    return code.writer.apply("Mod", a, b, fmod=1)


# Logistic


def _small(code: Any, x: Any) -> Any:
    """exp(-|x|), which never overflows."""
    return exp(code, code.negative(code.absolute(x)))


def expit(code: Any, x: Any) -> Any:
    """1 / (1 + e), or e / (1 + e) below 0, with e = exp(-|x|)."""
    zero, one = _numbers(code, x, 0, 1)
    e = _small(code, x)
    return code.divide(code.select(code.compare("<", x, zero), e, one), code.add(one, e))


def softplus(code: Any, x: Any) -> Any:
    zero = code.constant(0, x.dtype)
    positive = code.select(code.compare("<", x, zero), zero, x)
    return code.add(positive, _log1p(code, _small(code, x)))


def log_expit(code: Any, x: Any) -> Any:
    return code.negative(code.call("softplus", code.negative(x)))


def logit(code: Any, x: Any) -> Any:
    """log(x / (1 - x)); near 1/2 by what the quotient is more than 1."""
    half, one, quarter = _numbers(code, x, 0.5, 1, 0.25)
    rest = code.subtract(one, x)
    near = code.compare("<", code.absolute(code.subtract(x, half)), quarter)
    more = code.divide(code.subtract(x, rest), rest)
    return code.select(near, _log1p(code, code.select(near, more, one)), log(code, code.divide(x, rest)))


def _sum_of_exponentials(scaled: Callable[..., Any], of_two: float) -> Callable[..., Any]:
    """The larger one, and what the other one adds."""

    def function(code: Any, a: Any, b: Any) -> Any:
        wins = code.logical_or(code.compare(">", a, b), code.compare("!=", a, a))
        large = code.select(wins, a, b)
        more = scaled(code, code.negative(code.absolute(code.subtract(a, b))))
        equal = code.add(a, code.constant(of_two, a.dtype))
        return code.select(code.compare("==", a, b), equal, code.add(large, more))

    return function


logaddexp = _sum_of_exponentials(lambda code, d: _log1p(code, exp(code, d)), _LOG_2)
logaddexp2 = _sum_of_exponentials(
    lambda code, d: code.multiply(_log1p(code, exp2(code, d)), code.constant(1 / _LOG_2, d.dtype)), 1.0
)


# erf and its kin, for which ONNX has one operator in single precision


def _exp_of_pair(code: Any, high: Any, low: Any, factor: Any = None) -> Any:
    """exp(high) (1 + low) times a factor."""
    y = code.multiply(exp(code, high), code.add(code.constant(1, high.dtype), low))
    return y if factor is None else code.multiply(y, factor)


_ERRORS = ErrorFunctions(_exp_of_pair, log, log1p)


# Trigonometric and hyperbolic


def tan(code: Any, x: Any) -> Any:
    return code.divide(sin(code, x), cos(code, x))


def _of_half(code: Any, a: Any) -> Any:
    """exp(a / 2), of which the square may overflow, but not before the result does."""
    return exp(code, code.multiply(a, code.constant(0.5, a.dtype)))


def sinh(code: Any, x: Any) -> Any:
    """(e + e / (e + 1)) / 2 with e = exp(|x|) - 1."""
    a, half, one, far = code.absolute(x), *_numbers(code, x, 0.5, 1, 20)
    is_far = code.compare(">", a, far)
    root = _of_half(code, a)
    e = _expm1(code, code.select(is_far, one, a))
    near = code.multiply(half, code.add(e, code.divide(e, code.add(e, one))))
    return code.copysign(code.select(is_far, code.multiply(code.multiply(half, root), root), near), x)


def cosh(code: Any, x: Any) -> Any:
    root, half = _of_half(code, code.absolute(x)), code.constant(0.5, x.dtype)
    scaled = code.multiply(half, root)
    return code.add(code.multiply(scaled, root), code.divide(code.divide(half, root), root))


def arcsinh(code: Any, x: Any) -> Any:
    """log1p(a + a^2 / (1 + sqrt(1 + a^2))) for a = |x|, far out log(2 a)."""
    a, one, far, log_2 = code.absolute(x), *_numbers(code, x, 1, 1e8, _LOG_2)
    is_far = code.compare(">", a, far)
    b = code.select(is_far, one, a)
    square = code.multiply(b, b)
    more = code.divide(square, code.add(one, code.sqrt(code.add(one, square))))
    near = _log1p(code, code.add(b, more))
    return code.copysign(code.select(is_far, code.add(log(code, a), log_2), near), x)


def arccosh(code: Any, x: Any) -> Any:
    """log1p(t + sqrt(t) sqrt(t + 2)) with t = x - 1, far out log(2 x)."""
    one, two, far, log_2 = _numbers(code, x, 1, 2, 1e8, _LOG_2)
    t = code.subtract(x, one)
    near = _log1p(code, code.add(t, code.multiply(code.sqrt(t), code.sqrt(code.add(t, two)))))
    return code.select(code.compare(">", x, far), code.add(log(code, x), log_2), near)


def arctanh(code: Any, x: Any) -> Any:
    """log1p(2 a / (1 - a)) / 2 for a = |x|."""
    a, half, one = code.absolute(x), *_numbers(code, x, 0.5, 1)
    y = _log1p(code, code.divide(code.add(a, a), code.subtract(one, a)))
    return code.copysign(code.multiply(half, y), x)


def sech_squared(code: Any, x: Any) -> Any:
    """4 e / (1 + e)^2 with e = exp(-2 |x|)."""
    one, four, minus_two = _numbers(code, x, 1, 4, -2)
    e = exp(code, code.multiply(minus_two, code.absolute(x)))
    more = code.add(one, e)
    return code.divide(code.multiply(four, e), code.multiply(more, more))


def log_cosh(code: Any, x: Any) -> Any:
    """log1p(2 sinh(a / 2)^2) near 0, a + log1p(exp(-2 a)) - log 2 elsewhere."""
    a, half, one, two, log_2 = code.absolute(x), *_numbers(code, x, 0.5, 1, 2, _LOG_2)
    is_near = code.compare("<", a, one)
    s = sinh(code, code.multiply(half, code.select(is_near, a, one)))
    near = _log1p(code, code.multiply(two, code.multiply(s, s)))
    e = exp(code, code.negative(code.add(a, a)))
    return code.select(is_near, near, code.add(a, code.subtract(_log1p(code, e), log_2)))


ELEMENTARY: dict[str, Callable[..., Any]] = {
    **{
        function.__name__: function
        for function in (
            *(exp2, expm1, log2, log10, log1p, cbrt, fmod, expit, log_expit, logit, tan, cosh),
            *(sech_squared, log_cosh, _ERRORS.erfc, _ERRORS.erfcx, _ERRORS.ndtr, _ERRORS.log_ndtr),
        )
    },
    "exp": exp,
    "log": log,
    "sin": sin,
    "cos": cos,
    "tanh": tanh,
    "power": power,
    "logaddexp": logaddexp,
    "logaddexp2": logaddexp2,
    "softplus": _single("Softplus", softplus),
    "erf": _single("Erf", _ERRORS.erf),
    "sinh": _single("Sinh", sinh),
    "arcsinh": _single("Asinh", arcsinh),
    "arccosh": _single("Acosh", arccosh),
    "arctanh": _single("Atanh", arctanh),
    "arcsin": _single("Asin", FUNCTIONS["arcsin"]),
    "arccos": _single("Acos", FUNCTIONS["arccos"]),
    "arctan": _single("Atan", FUNCTIONS["arctan"]),
    "arctan2": FUNCTIONS["arctan2"],
}
