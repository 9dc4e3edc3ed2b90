"""The logistic function and the logarithms around it, from z = exp(-|x|), which never overflows."""

from __future__ import annotations

from typing import Any

from ...ops.native import Code, larger_of
from .exponential import exp
from .logarithm import log1p


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
