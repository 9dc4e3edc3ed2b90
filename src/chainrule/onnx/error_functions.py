"""erf and its kin, for which ONNX has one operator in single precision: the formulas of native code with ONNX's Exp.

Source: Schonfelder, Chebyshev expansions for the error and related functions (1978), for the interval.
"""

from __future__ import annotations

import math
from typing import Any

from ..compile.mathematics.polynomials import at_most, coefficients, estrin, is_double, polynomial

_NEAR = 0.65  # up to here 1 - erf(x) keeps its digits


def _near(code: Any, a: Any) -> Any:
    """erf of 0 <= a <= 1."""
    return code.fma(a, polynomial(code, code.multiply(a, a), "erf"), a)


def _is_near(code: Any, a: Any) -> Any:
    return code.compare("<", a, code.constant(_NEAR, a.dtype))


def _scaled(code: Any, a: Any) -> Any:
    """exp(a^2) erfc(a) for a moderate a, not near 0: p(t) / (1 + 2 a), with t = (a - m) / (a + m)."""
    middle, one = code.constant(4 if is_double(a) else 2, a.dtype), code.constant(1, a.dtype)
    t = code.divide(code.subtract(a, middle), code.add(a, middle))
    first, *others = coefficients("erfcx", a)
    p = code.fma(t, estrin(code, t, others), code.constant(first, a.dtype))
    return code.divide(p, code.add(code.add(a, a), one))


def _scaled_to_the_end(code: Any, a: Any) -> Any:
    """The same for a large a, too: 1 / (a sqrt(pi))."""
    moderate = at_most(code, a, 1e10)
    far = code.divide(code.constant(1 / math.sqrt(math.pi), a.dtype), a)
    return code.select(code.compare(">", a, moderate), far, _scaled(code, moderate))


def _gaussian(code: Any, a: Any, sign: float) -> Any:
    """exp(sign a^2), with all digits of the square."""
    by, square = code.constant(sign, a.dtype), code.multiply(a, a)
    lost = code.fma_exact(a, a, code.negative(square))
    more = code.add(code.constant(1, a.dtype), code.multiply(lost, by))
    return code.multiply(code.call("exp", code.multiply(square, by)), more)


def _of_magnitude(code: Any, x: Any) -> tuple[Any, Any, Any]:
    """Whether |x| is near 0; there its erf, and its erfc elsewhere."""
    a = at_most(code, code.absolute(x), 28.0 if is_double(x) else 11.0)
    return _is_near(code, a), _near(code, a), code.multiply(_gaussian(code, a, -1.0), _scaled(code, a))


def erf(code: Any, x: Any) -> Any:
    is_near, near, far = _of_magnitude(code, x)
    return code.copysign(code.select(is_near, near, code.subtract(code.constant(1, x.dtype), far)), x)


def erfc(code: Any, x: Any) -> Any:
    """2 - erfc(-x) below 0."""
    zero, one, two = (code.constant(k, x.dtype) for k in (0, 1, 2))
    is_near, near, far = _of_magnitude(code, x)
    y = code.select(is_near, code.subtract(one, near), far)
    return code.select(code.compare("<", x, zero), code.subtract(two, y), y)


def erfcx(code: Any, x: Any) -> Any:
    """exp(x^2) (1 - erf(x)) near 0, 2 exp(x^2) - erfcx(-x) below."""
    zero, one, a = code.constant(0, x.dtype), code.constant(1, x.dtype), code.absolute(x)
    growing = _gaussian(code, at_most(code, a, 28.0 if is_double(x) else 10.0), 1.0)
    near = code.multiply(growing, code.subtract(one, _near(code, a)))
    y = code.select(_is_near(code, a), near, _scaled_to_the_end(code, a))
    return code.select(code.compare("<", x, zero), code.subtract(code.add(growing, growing), y), y)


def _root_half(code: Any, a: Any) -> Any:
    return code.multiply(a, code.constant(math.sqrt(0.5), a.dtype))


def _tail(code: Any, x: Any) -> Any:
    """The probability of the normal distribution beyond |x|."""
    half, a = code.constant(0.5, x.dtype), at_most(code, code.absolute(x), 39.0 if is_double(x) else 15.0)
    b = _root_half(code, a)
    far = code.multiply(_gaussian(code, a, -0.5), code.multiply(half, _scaled(code, b)))
    return code.select(_is_near(code, b), code.fma(code.negative(half), _near(code, b), half), far)


def ndtr(code: Any, x: Any) -> Any:
    y = _tail(code, x)
    below = code.compare("<", x, code.constant(0, x.dtype))
    return code.select(below, y, code.subtract(code.constant(1, x.dtype), y))


def log_ndtr(code: Any, x: Any) -> Any:
    """log(erfcx(a / sqrt(2)) / 2) - a^2 / 2 far below 0, with a = -x."""
    half, a, tail = code.constant(0.5, x.dtype), code.absolute(x), _tail(code, x)
    far = code.call("log", code.multiply(half, _scaled_to_the_end(code, _root_half(code, a))))
    far = code.subtract(far, code.multiply(code.multiply(a, a), half))
    below = code.select(code.compare("<", a, code.constant(1, x.dtype)), code.call("log", tail), far)
    above = code.call("log1p", code.negative(tail))
    return code.select(code.compare("<", x, code.constant(0, x.dtype)), below, above)
