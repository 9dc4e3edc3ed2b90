"""fmod: what is left of a division with a quotient towards 0."""

from __future__ import annotations

import math
from typing import Any

from ...ops.native import Code
from ...original import np
from .polynomials import is_double

_DOUBLE = np.dtype(np.float64)


def fmod(code: Code, a: Any, b: Any) -> Any:
    """a - q b, exactly: q is right, or too large by one where a / b was rounded up, and both have the bits for it.

    In single precision by doubles. A quotient with more digits than a number has is NumPy's.
    """
    if not is_double(a):
        return code.convert(fmod(code, code.convert(a, _DOUBLE), code.convert(b, _DOUBLE)), a.dtype)
    x, d = code.absolute(a), code.absolute(b)
    zero, inf = (code.constant(c, a.dtype) for c in (0, math.inf))
    ratio = code.divide(x, d)
    long = code.compare(">=", ratio, code.constant(2.0**53, a.dtype))
    of_numbers = code.logical_and(code.compare("<", x, inf), code.compare(">", d, zero))
    code.careful(code.logical_and(long, of_numbers))
    rest = code.fma_exact(code.negative(code.trunc(ratio)), d, x)
    rest = code.select(code.compare("<", rest, zero), code.add(rest, d), rest)
    alone = code.logical_and(code.compare("==", d, inf), code.compare("<", x, inf))
    y = code.copysign(code.select(alone, x, rest), a)
    return code.select(code.compare("!=", y, y), code.constant(math.nan, a.dtype), y)
