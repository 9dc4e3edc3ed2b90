"""erf: a polynomial below 1, and 1 - exp(-q) beyond, with a polynomial q."""

from __future__ import annotations

from typing import Any

from ...ops.native import Code
from .exponential import exp_of_moderate
from .polynomials import at_most, coefficients, estrin, is_double, polynomial


def erf(code: Code, x: Any) -> Any:
    double = is_double(x)
    a = at_most(code, code.absolute(x), 6.0 if double else 4.0)
    small = code.fma(a, polynomial(code, code.multiply(a, a), "erf"), a)
    middle, name = (3.5, "erf_tail") if double else (2.5, "erf_tail_single")
    q = estrin(code, code.subtract(a, code.constant(middle, x.dtype)), coefficients(name, x))
    large = code.subtract(code.constant(1, x.dtype), exp_of_moderate(code, code.negative(q)))
    is_small = code.compare("<", a, code.constant(1, x.dtype))
    y = code.copysign(code.select(is_small, small, large), x)
    return code.select(code.compare("!=", x, x), x, y)
