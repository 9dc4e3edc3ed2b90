"""sin, cos, tan and their inverses: x = n pi / 2 + r, with pi / 2 in three parts and r in two.

Beyond a million these no longer suffice: NumPy does it.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from ...ops.native import Code, larger_of, smaller_of
from .polynomials import is_double, polynomial, rounded


class _HalfPi(NamedTuple):
    """pi / 2 as a sum: each part is what those before it lack."""

    high: float
    low: float
    lowest: float


_DOUBLE = _HalfPi(1.5707963267948966, 6.123233995736766e-17, -1.4973849048591833e-33)
_SINGLE = _HalfPi(1.5707963705062866, -4.371138828673793e-08, -1.7151245100058819e-15)
_LARGEST = 1e6


def _half_pi(x: Any) -> _HalfPi:
    return _DOUBLE if is_double(x) else _SINGLE


def _reduced(code: Code, x: Any) -> tuple[Any, Any, Any]:
    """n, r, and what r lacks."""
    large = code.compare(">", code.absolute(x), code.constant(_LARGEST, x.dtype))
    finite = code.compare("<", code.absolute(x), code.constant(math.inf, x.dtype))
    code.careful(code.logical_and(large, finite))
    high, low, lowest = (code.constant(c, x.dtype) for c in _half_pi(x))
    whole, n = rounded(code, code.select(large, x, code.multiply(x, code.constant(2 / math.pi, x.dtype))))
    if is_double(x):
        product = code.multiply(whole, high)
        lost = code.fma_exact(whole, high, code.negative(product))
        first = code.subtract(x, product)
        more = code.fma(whole, lowest, code.fma_exact(whole, low, lost))  # near a multiple these nearly cancel
        lost = None
    else:  # x - n high has few enough bits; n low needs two parts
        first = code.fma_exact(code.negative(whole), high, x)
        more = code.multiply(whole, low)
        lost = code.fma(whole, lowest, code.fma_exact(whole, low, code.negative(more)))
    r = code.subtract(first, more)
    rest = code.subtract(code.subtract(first, r), more)
    return n, r, rest if lost is None else code.subtract(rest, lost)


def _both(code: Code, x: Any) -> tuple[Any, Any, Any]:
    """n, sin r and cos r."""
    n, r, rest = _reduced(code, x)
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


def sin(code: Code, x: Any) -> Any:
    n, sine, cosine = _both(code, x)
    y = _turned(code, code.select(_is_odd(code, n, 0), cosine, sine), n)
    return code.select(code.compare("==", x, code.constant(0, x.dtype)), x, y)


def cos(code: Code, x: Any) -> Any:
    n, sine, cosine = _both(code, x)
    return _turned(code, code.select(_is_odd(code, n, 0), code.negative(sine), cosine), n)


def tan(code: Code, x: Any) -> Any:
    n, sine, cosine = _both(code, x)
    odd = _is_odd(code, n, 0)
    top = code.select(odd, code.negative(cosine), sine)
    y = code.divide(top, code.select(odd, sine, cosine))
    return code.select(code.compare("==", x, code.constant(0, x.dtype)), x, y)


def _of_moderate(code: Code, b: Any) -> Any:
    """arctan for 0 <= b <= 1: of (b - 1) / (b + 1) beyond tan(pi / 8)."""
    half_pi, one = _half_pi(b), code.constant(1, b.dtype)
    turned = code.compare(">", b, code.constant(math.tan(math.pi / 8), b.dtype))
    c = code.select(turned, code.divide(code.subtract(b, one), code.add(b, one)), b)
    z = code.multiply(c, c)
    y = code.fma(code.multiply(z, c), polynomial(code, z, "arctan"), c)
    high, low = (code.constant(part / 2, b.dtype) for part in half_pi[:2])
    return code.select(turned, code.add(code.add(y, low), high), y)


def _complement(code: Code, whole: int, y: Any) -> Any:
    """pi / 2, or twice as much, less y."""
    half_pi = _half_pi(y)
    high, low = (code.constant(whole * part, y.dtype) for part in half_pi[:2])
    return code.subtract(high, code.subtract(y, low))


def arctan(code: Code, x: Any) -> Any:
    """pi / 2 less that of 1/a beyond 1."""
    a, one = code.absolute(x), code.constant(1, x.dtype)
    inverted = code.compare(">", a, one)
    y = _of_moderate(code, code.select(inverted, code.divide(one, a), a))
    return code.copysign(code.select(inverted, _complement(code, 1, y), y), x)


def arctan2(code: Code, y: Any, x: Any) -> Any:
    """arctan of the smaller part over the larger one, turned to where (x, y) lies; signs of zeros count."""
    a, b, one = code.absolute(y), code.absolute(x), code.constant(1, x.dtype)
    small, large = smaller_of(code, a, b), larger_of(code, a, b)
    ratio = code.divide(small, code.select(code.compare("==", large, code.constant(0, x.dtype)), one, large))
    same = code.logical_and(code.compare("==", a, b), code.compare("==", a, code.constant(math.inf, x.dtype)))
    angle = _of_moderate(code, code.select(same, one, ratio))
    angle = code.select(code.compare(">", a, b), _complement(code, 1, angle), angle)
    behind = code.compare("<", code.copysign(one, x), code.constant(0, x.dtype))
    return code.copysign(code.select(behind, _complement(code, 2, angle), angle), y)


def _arcsin_small(code: Code, a: Any) -> Any:
    z = code.multiply(a, a)
    return code.fma(code.multiply(z, a), polynomial(code, z, "arcsin"), a)


def _arcsin_parts(code: Code, x: Any) -> tuple[Any, Any]:
    """Whether |x| is beyond 1/2; and arcsin |x|, there that of sqrt((1 - |x|) / 2)."""
    a, half = code.absolute(x), code.constant(0.5, x.dtype)
    far = code.compare(">", a, half)
    root = code.sqrt(code.multiply(code.subtract(code.constant(1, x.dtype), a), half))
    return far, _arcsin_small(code, code.select(far, root, a))


def arcsin(code: Code, x: Any) -> Any:
    """pi / 2 - 2 arcsin(sqrt((1 - a) / 2)) beyond 1/2."""
    far, y = _arcsin_parts(code, x)
    return code.copysign(code.select(far, _complement(code, 1, code.add(y, y)), y), x)


def arccos(code: Code, x: Any) -> Any:
    """2 arcsin(sqrt((1 - a) / 2)) beyond 1/2, of pi less that where x is negative."""
    far, y = _arcsin_parts(code, x)
    negative = code.compare("<", x, code.constant(0, x.dtype))
    twice = code.add(y, y)
    outer = code.select(negative, _complement(code, 2, twice), twice)
    return code.select(far, outer, _complement(code, 1, code.select(negative, code.negative(y), y)))
