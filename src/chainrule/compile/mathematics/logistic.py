"""The logistic function and the logarithms around it, from z = exp(-|x|), which never overflows."""

from __future__ import annotations

from typing import Any

from ...ops.native import Code, larger_of
from .exponential import exp, exp2
from .logarithm import log, log1p


def _small(code: Code, x: Any) -> Any:
    return exp(code, code.negative(code.absolute(x)))


def expit(code: Code, x: Any) -> Any:
    one, z = code.constant(1, x.dtype), _small(code, x)
    top = code.select(code.compare("<", x, code.constant(0, x.dtype)), z, one)
    y = code.divide(top, code.add(one, z))
    return code.select(code.compare("!=", x, x), x, y)


def softplus(code: Code, x: Any) -> Any:
    """max(x, 0) + log1p(z)."""
    return code.add(larger_of(code, x, code.constant(0, x.dtype)), log1p(code, _small(code, x)))


def log_expit(code: Code, x: Any) -> Any:
    return code.negative(softplus(code, code.negative(x)))


def logaddexp(code: Code, a: Any, b: Any) -> Any:
    """max + log1p(exp(-|a - b|)); two equal ones, infinite too, are a + log 2."""
    same = code.compare("==", a, b)
    apart = code.add(larger_of(code, a, b), log1p(code, _small(code, code.subtract(a, b))))
    return code.select(same, code.add(a, code.constant(0.6931471805599453, a.dtype)), apart)


def logaddexp2(code: Code, a: Any, b: Any) -> Any:
    """The same for base 2; two equal ones are a + 1."""
    same = code.compare("==", a, b)
    small = exp2(code, code.negative(code.absolute(code.subtract(a, b))))
    above = code.multiply(log1p(code, small), code.constant(1.4426950408889634, a.dtype))
    return code.select(same, code.add(a, code.constant(1, a.dtype)), code.add(larger_of(code, a, b), above))


def logit(code: Code, x: Any) -> Any:
    """log(x / (1 - x)); near 1/2 by what x / (1 - x) differs from 1."""
    one = code.constant(1, x.dtype)
    below = code.subtract(one, x)
    near = log1p(code, code.divide(code.subtract(code.add(x, x), one), below))
    far = log(code, code.divide(x, below))
    above, up_to = (code.compare(how, x, code.constant(c, x.dtype)) for how, c in ((">", 0.25), ("<", 0.75)))
    return code.select(code.logical_and(above, up_to), near, far)
