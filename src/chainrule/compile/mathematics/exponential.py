"""exp and its kin: x = n log 2 + r, and a polynomial in r."""

from __future__ import annotations

from typing import Any

from ...ops.native import Code
from .polynomials import at_least, at_most, is_double, polynomial, power_of_two, rounded

_LOG2_E = 1.4426950408889634
# log 2 in two parts, of which the first has so few bits that n times it is exact.
_DOUBLE = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_SINGLE = 0.693359375, -2.12194440054690583e-4
_ENDS_DOUBLE, _ENDS_SINGLE = (-746.0, 709.79), (-104.0, 88.73)  # beyond, exp is 0 and infinite


def _reduced(code: Code, x: Any, low_part: Any = None) -> tuple[Any, Any]:
    """n as an integer, and exp(r) - 1; `low_part` is what x lacks."""
    high, low = _DOUBLE if is_double(x) else _SINGLE
    whole, n = rounded(code, code.multiply(x, code.constant(_LOG2_E, x.dtype)))
    r = code.fma(whole, code.constant(-high, x.dtype), x)
    r = code.fma(whole, code.constant(-low, x.dtype), r)
    if low_part is not None:
        r = code.add(r, low_part)
    return n, code.fma(code.multiply(r, r), polynomial(code, r, "exp"), r)


def _scaled(code: Code, y: Any, n: Any) -> Any:
    """y * 2**n in two steps, so that neither factor overflows and what is subnormal is rounded once."""
    half = code.shift_right(n, code.constant(1, n.dtype))
    y = code.multiply(y, power_of_two(code, half, y.dtype))
    return code.multiply(y, power_of_two(code, code.subtract(n, half), y.dtype))


def exp(code: Code, x: Any) -> Any:
    low, high = _ENDS_DOUBLE if is_double(x) else _ENDS_SINGLE
    n, p = _reduced(code, at_least(code, at_most(code, x, high), low))
    return _scaled(code, code.add(p, code.constant(1, x.dtype)), n)


def exp_of_pair(code: Code, x: Any, low: Any, factor: Any = None) -> Any:
    """exp of x + low, of which low is what x lacks; times a factor of moderate size."""
    bottom, top = _ENDS_DOUBLE if is_double(x) else _ENDS_SINGLE
    clamped = at_least(code, at_most(code, x, top), bottom)
    same = code.compare("==", clamped, x)
    low = code.select(same, low, code.constant(0, x.dtype))
    n, p = _reduced(code, clamped, low)
    y = code.add(p, code.constant(1, x.dtype))
    return _scaled(code, y if factor is None else code.multiply(y, factor), n)


def expm1_of_moderate(code: Code, x: Any) -> Any:
    """exp(x) - 1 where neither x nor the result is near the ends of the range: 2**n (1 + r + t) - 1, t last."""
    high, low = _DOUBLE if is_double(x) else _SINGLE
    whole, n = rounded(code, code.multiply(x, code.constant(_LOG2_E, x.dtype)))
    first = code.fma(whole, code.constant(-high, x.dtype), x)
    r = code.fma(whole, code.constant(-low, x.dtype), first)
    lost = code.fma(whole, code.constant(-low, x.dtype), code.subtract(first, r))
    t = code.fma(code.multiply(r, r), polynomial(code, r, "exp"), lost)
    scale = power_of_two(code, n, x.dtype)
    return code.fma(t, scale, code.fma(r, scale, code.subtract(scale, code.constant(1, x.dtype))))


def exp2(code: Code, x: Any) -> Any:
    low, high = (-1076.0, 1024.5) if is_double(x) else (-151.0, 128.5)
    x = at_least(code, at_most(code, x, high), low)
    whole, n = rounded(code, x)
    r = code.multiply(code.subtract(x, whole), code.constant(0.6931471805599453, x.dtype))
    p = code.fma(code.multiply(r, r), polynomial(code, r, "exp"), r)
    return _scaled(code, code.add(p, code.constant(1, x.dtype)), n)


def expm1(code: Code, x: Any) -> Any:
    """2**n (exp(r) - 1) + (2**n - 1), all of it half as large, so that 2**n does not overflow before the result."""
    low, high = (-50.0, 709.79) if is_double(x) else (-25.0, 88.73)
    n, p = _reduced(code, at_least(code, at_most(code, x, high), low))
    half = power_of_two(code, code.subtract(n, code.constant(1, n.dtype)), x.dtype)
    y = code.fma(p, half, code.subtract(half, code.constant(0.5, x.dtype)))
    near = code.compare("==", n, code.constant(0, n.dtype))  # where half of a subnormal number would be rounded
    y = code.select(near, p, code.add(y, y))
    return code.select(code.compare("==", x, code.constant(0, x.dtype)), x, y)  # -0 stays
