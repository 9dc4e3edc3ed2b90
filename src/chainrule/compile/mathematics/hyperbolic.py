"""tanh, sinh, cosh and their inverses."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ...ops.native import Code
from .exponential import exp, expm1_of_moderate
from .logarithm import log, log1p
from .polynomials import at_most, is_double, polynomial


def _odd(code: Code, a: Any, name: str) -> Any:
    """a + a**3 p(a**2)."""
    z = code.multiply(a, a)
    return code.fma(code.multiply(z, a), polynomial(code, z, name), a)


def tanh(code: Code, x: Any) -> Any:
    """q = y / (y + 2) with y = exp(2 |x|) - 1, which keeps all digits near 0.

    Where y <= 2, what is lost by rounding y + 2 and q is added to q: a part of y + 2, of which 1 is (1 - q) / 2.
    """
    two, half = (code.constant(c, x.dtype) for c in (2, 0.5))
    a = at_most(code, code.absolute(x), 22.0 if is_double(x) else 10.0)
    y = expm1_of_moderate(code, code.add(a, a))
    below = code.add(y, two)
    lost = code.subtract(y, code.subtract(below, two))
    q = code.divide(y, below)
    minus_q = code.negative(q)
    left = code.fma(minus_q, lost, code.fma_exact(minus_q, below, y))
    small = code.fma(left, code.fma(minus_q, half, half), q)
    return code.copysign(code.select(code.compare(">", y, two), q, small), x)


def _half_of(code: Code, a: Any, combine: Callable[[Any, Any], Any]) -> Any:
    """Half of what e = exp(a) and 1/e make together; from exp(a / 2) where e overflows before the result."""
    half = code.constant(0.5, a.dtype)
    e = exp(code, a)
    y = code.multiply(half, combine(e, code.divide(code.constant(1, a.dtype), e)))
    root = exp(code, code.multiply(a, half))
    huge = code.multiply(code.multiply(root, half), root)
    limit = code.constant(709.0 if is_double(a) else 88.0, a.dtype)
    return code.select(code.compare(">", a, limit), huge, y)


def sinh(code: Code, x: Any) -> Any:
    """(e - 1/e) / 2, and a polynomial where that cancels."""
    a = code.absolute(x)
    large = _half_of(code, a, code.subtract)
    small = code.compare("<", a, code.constant(1, x.dtype))
    return code.copysign(code.select(small, _odd(code, a, "sinh"), large), x)


def cosh(code: Code, x: Any) -> Any:
    """(e + 1/e) / 2."""
    return _half_of(code, code.absolute(x), code.add)


def arcsinh(code: Code, x: Any) -> Any:
    """log1p(a + a**2 / (1 + sqrt(1 + a**2)))."""
    one, a = code.constant(1, x.dtype), code.absolute(x)
    square = code.multiply(a, a)
    root = code.sqrt(code.add(square, one))
    moderate = log1p(code, code.add(a, code.divide(square, code.add(one, root))))
    huge = code.add(log(code, a), code.constant(0.6931471805599453, x.dtype))
    limit = code.constant(2.0**28 if is_double(x) else 2.0**13, x.dtype)
    return code.copysign(code.select(code.compare(">", a, limit), huge, moderate), x)


def arccosh(code: Code, x: Any) -> Any:
    """log1p(t + sqrt(2 t + t**2)) with t = x - 1."""
    t = code.subtract(x, code.constant(1, x.dtype))
    moderate = log1p(code, code.add(t, code.sqrt(code.fma(t, t, code.add(t, t)))))
    huge = code.add(log(code, x), code.constant(0.6931471805599453, x.dtype))
    limit = code.constant(2.0**28 if is_double(x) else 2.0**13, x.dtype)
    y = code.select(code.compare(">", x, limit), huge, moderate)
    return code.select(code.compare("<", x, code.constant(1, x.dtype)), code.constant(math.nan, x.dtype), y)


def arctanh(code: Code, x: Any) -> Any:
    """log1p(2 a / (1 - a)) / 2."""
    one, a = code.constant(1, x.dtype), code.absolute(x)
    y = log1p(code, code.divide(code.add(a, a), code.subtract(one, a)))
    return code.copysign(code.multiply(y, code.constant(0.5, x.dtype)), x)


def sech_squared(code: Code, x: Any) -> Any:
    """4 e / (1 + e)**2 with e = exp(-2 |x|), which loses nothing far out."""
    one, a = code.constant(1, x.dtype), code.absolute(x)
    e = exp(code, code.negative(code.add(a, a)))
    below = code.add(one, e)
    return code.divide(code.multiply(code.constant(4, x.dtype), e), code.multiply(below, below))


def log_cosh(code: Code, x: Any) -> Any:
    """log1p(2 sinh(a / 2)**2), and a + log1p(exp(-2 a)) - log 2 beyond 1."""
    one, a = code.constant(1, x.dtype), code.absolute(x)
    half = _odd(code, code.multiply(a, code.constant(0.5, x.dtype)), "sinh")
    near = log1p(code, code.multiply(code.add(half, half), half))
    more = log1p(code, exp(code, code.negative(code.add(a, a))))
    far = code.add(a, code.subtract(more, code.constant(math.log(2), x.dtype)))
    return code.select(code.compare("<", a, one), near, far)
