"""x**y = exp(y log |x|), with the logarithm to twice the digits, since y multiplies its error.

Source: Dekker, A floating-point technique for extending the available precision (1971), for pairs of numbers.
"""

from __future__ import annotations

from typing import Any

from ...ops.native import Code
from ...original import np
from .exponential import exp, exp_of_pair
from .logarithm import log_of_positive, parts
from .polynomials import estrin, is_double

_DOUBLE = np.dtype(np.float64)
_LOG_2 = 6.93147180369123816490e-01, 1.90821492927058770002e-10  # of the first, k times is exact
_TWO_THIRDS = 0.6666666666666666, 3.700743415417188e-17
# 2 / 5, 2 / 7...: the series of 2 artanh(s) beyond its cube.
_SERIES = tuple(2 / k for k in range(5, 25, 2))

Pair = tuple[Any, Any]  # a number and what it lacks


def _product(code: Code, a: Any, b: Any) -> Pair:
    p = code.multiply(a, b)
    return p, code.fma_exact(a, b, code.negative(p))


def _sum(code: Code, a: Any, b: Any) -> Pair:
    """Where a is the larger one, or 0."""
    s = code.add(a, b)
    return s, code.subtract(b, code.subtract(s, a))


def _logarithm(code: Code, x: Any) -> Pair:
    """log x for positive finite x: k log 2 + 2 s + 2 s**3 / 3 + ... with s = f / (2 + f)."""
    k, f = parts(code, x)
    two = code.constant(2, x.dtype)
    below = code.add(f, two)
    lacking = code.subtract(f, code.subtract(below, two))
    s = code.divide(f, below)
    left = code.subtract(code.fma_exact(code.negative(s), below, f), code.multiply(s, lacking))
    s_low = code.divide(left, below)
    z, z_low = _product(code, s, s)
    z_low = code.fma(code.add(s, s), s_low, z_low)
    cube, cube_low = _product(code, z, s)
    cube_low = code.add(cube_low, code.fma(z, s_low, code.multiply(z_low, s)))
    third, lacks = (code.constant(c, x.dtype) for c in _TWO_THIRDS)
    first, first_low = _product(code, cube, third)
    first_low = code.add(first_low, code.fma(cube, lacks, code.multiply(cube_low, third)))
    rest = code.multiply(code.multiply(code.multiply(z, z), s), estrin(code, z, _SERIES))
    high, low = (code.constant(c, x.dtype) for c in _LOG_2)
    total, lost = _sum(code, code.multiply(k, high), code.add(s, s))
    total, more = _sum(code, total, first)
    small = code.add(
        code.add(code.fma(k, low, code.add(s_low, s_low)), rest), code.add(first_low, code.add(lost, more))
    )
    return _sum(code, total, small)


def _of_magnitudes(code: Code, x: Any, y: Any) -> Any:
    """For positive finite x; in single precision by doubles, which have the digits."""
    if is_double(x):
        log, log_low = _logarithm(code, x)
        p, p_low = _product(code, y, log)
        return exp_of_pair(code, p, code.fma(y, log_low, p_low))
    log = log_of_positive(code, code.convert(x, _DOUBLE))
    return code.convert(exp(code, code.multiply(code.convert(y, _DOUBLE), log)), x.dtype)


def power(code: Code, x: Any, y: Any) -> Any:
    zero, one, inf = (code.constant(c, x.dtype) for c in (0, 1, np.inf))
    a = code.absolute(x)
    finite = code.logical_and(code.compare("<", a, inf), code.compare("<", code.absolute(y), inf))
    code.careful(code.logical_not(finite))
    safe = code.select(code.compare(">", a, zero), a, one)
    result = _of_magnitudes(code, code.select(finite, safe, one), y)
    result = code.select(code.compare("==", x, zero), code.select(code.compare("<", y, zero), inf, zero), result)
    negative = code.compare("<", code.copysign(one, x), zero)
    whole = code.compare("==", code.rint(y), y)
    half = code.multiply(y, code.constant(0.5, x.dtype))
    odd = code.logical_and(whole, code.compare("!=", code.rint(half), half))
    result = code.select(code.logical_and(negative, odd), code.negative(result), result)
    no_number = code.logical_and(code.compare("<", x, zero), code.logical_not(whole))
    result = code.select(no_number, code.constant(np.nan, x.dtype), result)
    return code.select(code.compare("==", y, zero), one, result)
