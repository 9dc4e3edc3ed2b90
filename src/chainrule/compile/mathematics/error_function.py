"""erf and its kin: a polynomial below 1, and exp(-x**2) erfcx(x) beyond, with erfcx(x) of all x >= 0 by one polynomial.

Source: Schonfelder, Chebyshev expansions for the error and related functions (1978), for the interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, final

from ...ops.native import Code
from .exponential import exp_of_pair
from .logarithm import log, log1p
from .polynomials import at_most, coefficients, estrin, is_double, polynomial

Function = Callable[..., Any]

_NEAR = 0.65  # up to here 1 - erf(x) keeps its digits


def _near(code: Code, a: Any) -> Any:
    """erf of 0 <= a <= 1."""
    return code.fma(a, polynomial(code, code.multiply(a, a), "erf"), a)


def _is_near(code: Code, a: Any) -> Any:
    return code.compare("<", a, code.constant(_NEAR, a.dtype))


def _scaled(code: Code, a: Any) -> Any:
    """erfcx(a) for a moderate a, not near 0: p(t) / (1 + 2 a), with t = (a - m) / (a + m)."""
    middle, one = code.constant(4 if is_double(a) else 2, a.dtype), code.constant(1, a.dtype)
    t = code.divide(code.subtract(a, middle), code.add(a, middle))
    first, *others = coefficients("erfcx", a)
    p = code.fma(t, estrin(code, t, others), code.constant(first, a.dtype))  # the largest number is added last
    return code.divide(p, code.add(code.add(a, a), one))


def _scaled_to_the_end(code: Code, a: Any) -> Any:
    """The same for a large a, too: 1 / (a sqrt(pi))."""
    moderate = at_most(code, a, 1e10)
    far = code.divide(code.constant(1 / math.sqrt(math.pi), a.dtype), a)
    return code.select(code.compare(">", a, moderate), far, _scaled(code, moderate))


def _root_half(code: Code, a: Any) -> Any:
    return code.multiply(a, code.constant(math.sqrt(0.5), a.dtype))


@final
class ErrorFunctions:
    """erf and its kin in the instructions of some code, by what it has for exponentials and logarithms.

    Parameters
    ----------
    exp_of_pair : callable
        ``exp_of_pair(code, high, low, factor)`` gives exp(high + low) times a factor, or without it where it is None.
    log, log1p : callable
        Of the code and a value.
    """

    def __init__(self, exp_of_pair: Function, log: Function, log1p: Function):
        self._exp_of_pair, self._log, self._log1p = exp_of_pair, log, log1p

    def _gaussian(self, code: Code, a: Any, sign: float, factor: Any = None) -> Any:
        """exp(sign a**2) times a factor, with all digits of the square; a is moderate."""
        square = code.multiply(a, a)
        lost = code.fma_exact(a, a, code.negative(square))
        by = code.constant(sign, a.dtype)
        return self._exp_of_pair(code, code.multiply(square, by), code.multiply(lost, by), factor)

    def _of_magnitude(self, code: Code, x: Any) -> tuple[Any, Any, Any]:
        """Whether |x| is near 0; there its erf, and its erfc elsewhere."""
        a = at_most(code, code.absolute(x), 28.0 if is_double(x) else 11.0)
        return _is_near(code, a), _near(code, a), self._gaussian(code, a, -1.0, _scaled(code, a))

    def erf(self, code: Code, x: Any) -> Any:
        is_near, near, far = self._of_magnitude(code, x)
        return code.copysign(code.select(is_near, near, code.subtract(code.constant(1, x.dtype), far)), x)

    def erfc(self, code: Code, x: Any) -> Any:
        """2 - erfc(-x) below 0."""
        one, two = (code.constant(k, x.dtype) for k in (1, 2))
        is_near, near, far = self._of_magnitude(code, x)
        y = code.select(is_near, code.subtract(one, near), far)
        return code.select(code.compare("<", x, code.constant(0, x.dtype)), code.subtract(two, y), y)

    def erfcx(self, code: Code, x: Any) -> Any:
        """exp(x**2) (1 - erf(x)) near 0, 2 exp(x**2) - erfcx(-x) below."""
        one, a = code.constant(1, x.dtype), code.absolute(x)
        growing = self._gaussian(code, at_most(code, a, 28.0 if is_double(x) else 10.0), 1.0)
        near = code.multiply(growing, code.subtract(one, _near(code, a)))
        y = code.select(_is_near(code, a), near, _scaled_to_the_end(code, a))
        below = code.subtract(code.add(growing, growing), y)
        return code.select(code.compare("<", x, code.constant(0, x.dtype)), below, y)

    # The normal distribution. The square of x is taken before it is halved: that of x / sqrt(2) would not be exact.

    def _tail(self, code: Code, x: Any) -> Any:
        """The probability beyond |x|."""
        half, a = code.constant(0.5, x.dtype), at_most(code, code.absolute(x), 39.0 if is_double(x) else 15.0)
        b = _root_half(code, a)
        far = self._gaussian(code, a, -0.5, code.multiply(half, _scaled(code, b)))
        return code.select(_is_near(code, b), code.fma(code.negative(half), _near(code, b), half), far)

    def ndtr(self, code: Code, x: Any) -> Any:
        y = self._tail(code, x)
        below = code.compare("<", x, code.constant(0, x.dtype))
        return code.select(below, y, code.subtract(code.constant(1, x.dtype), y))

    def log_ndtr(self, code: Code, x: Any) -> Any:
        """log(erfcx(a / sqrt(2)) / 2) - a**2 / 2 far below 0, with a = -x."""
        half, a, tail = code.constant(0.5, x.dtype), code.absolute(x), self._tail(code, x)
        far = self._log(code, code.multiply(half, _scaled_to_the_end(code, _root_half(code, a))))
        far = code.subtract(far, code.multiply(code.multiply(a, a), half))
        below = code.select(code.compare("<", a, code.constant(1, x.dtype)), self._log(code, tail), far)
        above = self._log1p(code, code.negative(tail))
        return code.select(code.compare("<", x, code.constant(0, x.dtype)), below, above)


_NATIVE = ErrorFunctions(exp_of_pair, log, log1p)
erf, erfc, erfcx, ndtr, log_ndtr = _NATIVE.erf, _NATIVE.erfc, _NATIVE.erfcx, _NATIVE.ndtr, _NATIVE.log_ndtr
