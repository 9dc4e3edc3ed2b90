"""cbrt: x = 2**(3 q + j) m; a polynomial in m, and one step of Halley's iteration with an exact difference."""

from __future__ import annotations

import math
from typing import Any

from ...ops.native import Code
from .logarithm import parts
from .polynomials import polynomial, power_of_two, rounded


def cbrt(code: Code, x: Any) -> Any:
    a, one = code.absolute(x), code.constant(1, x.dtype)
    zero, inf = (code.constant(c, x.dtype) for c in (0, math.inf))
    ordinary = code.logical_and(code.compare(">", a, zero), code.compare("<", a, inf))
    k, f = parts(code, code.select(ordinary, a, one))
    whole, q = rounded(code, code.multiply(k, code.constant(1 / 3, x.dtype)))
    j = code.subtract(k, code.multiply(whole, code.constant(3, x.dtype)))  # -1, 0 or 1

    def by_j(below: float, above: float) -> Any:
        less, more = (code.constant(c, x.dtype) for c in (below, above))
        return code.select(code.compare("<", j, zero), less, code.select(code.compare(">", j, zero), more, one))

    m = code.multiply(code.add(f, one), by_j(0.5, 2.0))
    y = code.multiply(polynomial(code, f, "cbrt"), by_j(0.5 ** (1 / 3), 2.0 ** (1 / 3)))
    square = code.multiply(y, y)
    lost = code.fma_exact(y, y, code.negative(square))
    over = code.fma_exact(square, y, code.negative(m))  # y**3 - m
    over = code.fma(lost, y, over)
    cube = code.multiply(square, y)
    y = code.subtract(y, code.divide(code.multiply(y, over), code.add(code.add(cube, cube), m)))
    y = code.multiply(y, power_of_two(code, q, x.dtype))
    return code.copysign(code.select(ordinary, y, a), x)
