"""sin, cos, tan and their inverses: x = n pi / 2 + r, with pi / 2 in three parts and r in two.

Beyond a million these no longer suffice: NumPy does it. In single precision all is computed in double.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

from ...ops.native import Code
from ...original import np
from .polynomials import is_double, polynomial, rounded

_DOUBLE = np.dtype(np.float64)
_HALF_PI, _HALF_PI_LOW, _HALF_PI_LOWEST = 1.5707963267948966, 6.123233995736766e-17, -1.4973849048591833e-33
_QUARTER_PI = math.pi / 4
_LARGEST = 1e6


def _in_double(f: Callable[[Code, Any], Any]) -> Callable[[Code, Any], Any]:
    @functools.wraps(f)
    def function(code: Code, x: Any) -> Any:
        if is_double(x):
            return f(code, x)
        return code.convert(f(code, code.convert(x, _DOUBLE)), x.dtype)

    return function


def _both(code: Code, x: Any) -> tuple[Any, Any, Any]:
    """n, sin r and cos r."""
    large = code.compare(">", code.absolute(x), code.constant(_LARGEST, x.dtype))
    finite = code.compare("<", code.absolute(x), code.constant(math.inf, x.dtype))
    code.careful(code.logical_and(large, finite))
    half_pi = code.constant(_HALF_PI, x.dtype)
    whole, n = rounded(code, code.select(large, x, code.multiply(x, code.constant(2 / math.pi, x.dtype))))
    product = code.multiply(whole, half_pi)
    lost = code.fma(whole, half_pi, code.negative(product))  # product + lost is n pi / 2 to twice the digits
    first = code.subtract(x, product)
    more = code.fma(whole, code.constant(_HALF_PI_LOW, x.dtype), lost)
    more = code.fma(whole, code.constant(_HALF_PI_LOWEST, x.dtype), more)
    r = code.subtract(first, more)
    rest = code.subtract(code.subtract(first, r), more)
    z = code.multiply(r, r)
    one = code.constant(1, x.dtype)
    sine = code.fma(code.multiply(z, r), polynomial(code, z, "sin"), rest)
    sine = code.add(r, sine)
    half = code.multiply(z, code.constant(0.5, x.dtype))
    near = code.subtract(one, half)
    left = code.subtract(code.subtract(one, near), half)
    tail = code.fma(code.multiply(z, z), polynomial(code, z, "cos"), code.fma(code.negative(r), rest, left))
    return n, sine, code.add(near, tail)


def _is_odd(code: Code, n: Any, bit: int) -> Any:
    """Whether a bit of n is set: moved to the sign."""
    width = 8 * n.dtype.itemsize
    moved = code.shift_left(n, code.constant(width - 1 - bit, n.dtype))
    return code.compare("<", moved, code.constant(0, n.dtype))


def _turned(code: Code, value: Any, n: Any) -> Any:
    return code.select(_is_odd(code, n, 1), code.negative(value), value)


@_in_double
def sin(code: Code, x: Any) -> Any:
    n, sine, cosine = _both(code, x)
    y = _turned(code, code.select(_is_odd(code, n, 0), cosine, sine), n)
    return code.select(code.compare("==", x, code.constant(0, x.dtype)), x, y)


@_in_double
def cos(code: Code, x: Any) -> Any:
    n, sine, cosine = _both(code, x)
    return _turned(code, code.select(_is_odd(code, n, 0), code.negative(sine), cosine), n)


@_in_double
def tan(code: Code, x: Any) -> Any:
    n, sine, cosine = _both(code, x)
    odd = _is_odd(code, n, 0)
    top = code.select(odd, code.negative(cosine), sine)
    y = code.divide(top, code.select(odd, sine, cosine))
    return code.select(code.compare("==", x, code.constant(0, x.dtype)), x, y)


@_in_double
def arctan(code: Code, x: Any) -> Any:
    """Of 1/a beyond 1, and of (a - 1) / (a + 1) beyond tan(pi / 8)."""
    a, one = code.absolute(x), code.constant(1, x.dtype)
    inverted = code.compare(">", a, one)
    b = code.select(inverted, code.divide(one, a), a)
    turned = code.compare(">", b, code.constant(math.tan(math.pi / 8), x.dtype))
    c = code.select(turned, code.divide(code.subtract(b, one), code.add(b, one)), b)
    z = code.multiply(c, c)
    y = code.fma(code.multiply(z, c), polynomial(code, z, "arctan"), c)
    y = code.select(
        turned, code.add(code.add(y, code.constant(_HALF_PI_LOW / 2, x.dtype)), code.constant(_QUARTER_PI, x.dtype)), y
    )
    other = code.add(code.subtract(code.constant(_HALF_PI, x.dtype), y), code.constant(_HALF_PI_LOW, x.dtype))
    return code.copysign(code.select(inverted, other, y), x)


def _arcsin_small(code: Code, a: Any) -> Any:
    z = code.multiply(a, a)
    return code.fma(code.multiply(z, a), polynomial(code, z, "arcsin"), a)


@_in_double
def arcsin(code: Code, x: Any) -> Any:
    """pi / 2 - 2 arcsin(sqrt((1 - a) / 2)) beyond 1/2."""
    a, half = code.absolute(x), code.constant(0.5, x.dtype)
    far = code.compare(">", a, half)
    root = code.sqrt(code.multiply(code.subtract(code.constant(1, x.dtype), a), half))
    y = _arcsin_small(code, code.select(far, root, a))
    other = code.subtract(
        code.constant(_HALF_PI, x.dtype), code.subtract(code.add(y, y), code.constant(_HALF_PI_LOW, x.dtype))
    )
    return code.copysign(code.select(far, other, y), x)


@_in_double
def arccos(code: Code, x: Any) -> Any:
    """2 arcsin(sqrt((1 - a) / 2)) beyond 1/2, of pi less that where x is negative."""
    a, half = code.absolute(x), code.constant(0.5, x.dtype)
    far = code.compare(">", a, half)
    root = code.sqrt(code.multiply(code.subtract(code.constant(1, x.dtype), a), half))
    y = _arcsin_small(code, code.select(far, root, a))
    negative = code.compare("<", x, code.constant(0, x.dtype))
    twice = code.add(y, y)
    pi, pi_low = code.constant(math.pi, x.dtype), code.constant(2 * _HALF_PI_LOW, x.dtype)
    outer = code.select(negative, code.subtract(pi, code.subtract(twice, pi_low)), twice)
    signed = code.select(negative, code.negative(y), y)
    half_pi, low = code.constant(_HALF_PI, x.dtype), code.constant(_HALF_PI_LOW, x.dtype)
    return code.select(far, outer, code.subtract(half_pi, code.subtract(signed, low)))
