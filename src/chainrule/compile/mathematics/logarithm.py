"""log and its kin: x = 2**k (1 + f) with 1 + f between the roots of 1/2 and 2."""

from __future__ import annotations

import math
from typing import Any

from ...ops.native import Code
from .polynomials import is_double, polynomial, whole_bits

_DOUBLE = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_SINGLE = 0.693359375, -2.12194440054690583e-4
# log10(e), what it lacks, log10(2) with so few bits that k times it is exact, and what that lacks.
_LOG_10_DOUBLE = 0.4342944819032518, 1.098319650216765e-17, 3.01029995663611771306e-01, 3.69423907715893078616e-13
_LOG_10_SINGLE = 0.4342944920063019, -1.0103050e-8, 0.301025390625, 4.6050389e-06
_INF = math.inf


def parts(code: Code, x: Any) -> tuple[Any, Any]:
    """k as a floating number, and f; for positive x, subnormal too."""
    integer = whole_bits(x)
    smallest, lift = (2.0**-1022, 52) if is_double(x) else (2.0**-126, 23)
    root = 0x3FE6A09E667F3BCD if is_double(x) else 0x3F3504F3  # the bits of sqrt(1/2)
    small = code.compare("<", x, code.constant(smallest, x.dtype))
    x = code.select(small, code.multiply(x, code.constant(2.0**lift, x.dtype)), x)
    bits = code.bits(x)
    places = code.constant(lift, integer)
    k = code.shift_right(code.subtract(bits, code.constant(root, integer)), places)
    m = code.from_bits(code.subtract(bits, code.shift_left(k, places)), x.dtype)
    k = code.convert(k, x.dtype)
    k = code.select(small, code.subtract(k, code.constant(lift, x.dtype)), k)
    return k, code.subtract(m, code.constant(1, x.dtype))


def _of_mantissa(code: Code, f: Any) -> tuple[Any, Any]:
    """log(1 + f) as f and what is to be taken from it."""
    if is_double(f):
        u = code.divide(f, code.add(f, code.constant(2, f.dtype)))
        z = code.multiply(u, u)
        half_square = code.multiply(code.multiply(f, f), code.constant(0.5, f.dtype))
        rest = code.multiply(z, polynomial(code, z, "log"))
        return half_square, code.multiply(u, code.add(half_square, rest))
    square = code.multiply(f, f)
    cubic = code.multiply(code.multiply(square, f), polynomial(code, f, "log"))
    return code.multiply(square, code.constant(0.5, f.dtype)), cubic


def _with_ends(code: Code, x: Any, y: Any) -> Any:
    """nan below 0, -inf at 0, inf at inf."""
    zero, inf = code.constant(0, x.dtype), code.constant(_INF, x.dtype)
    y = code.select(code.compare("<", x, zero), code.constant(math.nan, x.dtype), y)
    y = code.select(code.compare("==", x, zero), code.constant(-_INF, x.dtype), y)
    y = code.select(code.compare("==", x, inf), inf, y)
    return code.select(code.compare("!=", x, x), x, y)


def log_of_positive(code: Code, x: Any, correction: Any = None) -> Any:
    """For finite x; with what is added to the result to its last digits."""
    high, low = _DOUBLE if is_double(x) else _SINGLE
    k, f = parts(code, x)
    half_square, rest = _of_mantissa(code, f)
    rest = code.fma(k, code.constant(low, x.dtype), rest)
    if correction is not None:
        rest = code.add(rest, correction)
    y = code.subtract(f, code.subtract(half_square, rest))
    return code.fma(k, code.constant(high, x.dtype), y)


def log(code: Code, x: Any) -> Any:
    return _with_ends(code, x, log_of_positive(code, x))


def log1p(code: Code, x: Any) -> Any:
    """log(u) with u = 1 + x, plus what u was rounded by."""
    one = code.constant(1, x.dtype)
    u = code.add(x, one)
    above = code.subtract(x, code.subtract(u, one))
    below = code.subtract(one, code.subtract(u, x))
    lost = code.select(code.compare(">", x, one), below, above)
    y = _with_ends(code, u, log_of_positive(code, u, code.divide(lost, u)))
    return code.select(code.compare("==", x, code.constant(0, x.dtype)), x, y)  # -0 stays


def log2(code: Code, x: Any) -> Any:
    """k + log2(1 + f), so that powers of two are exact; the factor is in two parts."""
    k, f = parts(code, x)
    half_square, rest = _of_mantissa(code, f)
    high = f  # log(1 + f) = high - low
    low = code.subtract(half_square, rest)
    factor, more = (1.4426950408889634, 2.0355273740931033e-17) if is_double(x) else (1.4426950216293335, 1.9259629e-8)
    y = code.subtract(high, low)
    lost = code.subtract(code.subtract(high, y), low)
    small = code.fma(y, code.constant(more, x.dtype), code.multiply(lost, code.constant(factor, x.dtype)))
    return _with_ends(code, x, code.add(k, code.fma(y, code.constant(factor, x.dtype), small)))


def log10(code: Code, x: Any) -> Any:
    """log10(2) in two parts, of which k times the first is exact."""
    k, f = parts(code, x)
    half_square, rest = _of_mantissa(code, f)
    y = code.subtract(f, code.subtract(half_square, rest))
    lost = code.subtract(code.subtract(f, y), code.subtract(half_square, rest))
    factor, more, high, low = _LOG_10_DOUBLE if is_double(x) else _LOG_10_SINGLE
    small = code.fma(y, code.constant(more, x.dtype), code.multiply(lost, code.constant(factor, x.dtype)))
    small = code.fma(k, code.constant(low, x.dtype), small)
    tail = code.fma(y, code.constant(factor, x.dtype), small)
    return _with_ends(code, x, code.fma(k, code.constant(high, x.dtype), tail))
