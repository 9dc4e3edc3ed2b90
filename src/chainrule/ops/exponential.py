"""Exponentials and logarithms."""

from __future__ import annotations

import math

from ..original import np
from .native import elementary
from .operation import elementwise

_LOG_2, _LOG_10 = math.log(2), math.log(10)

exp = elementwise("exp", np.exp, lambda y, x: y, native=elementary("exp"), notation="e^{{{0}}}", source="DLMF 4.7.4")
exp2 = elementwise(
    "exp2", np.exp2, lambda y, x: _LOG_2 * y, native=elementary("exp2"), notation="2^{{{0}}}", source="DLMF 4.2.26"
)
# y + 1 would lose all digits of a small exp(x).
expm1 = elementwise(
    "expm1", np.expm1, lambda y, x: exp(x), native=elementary("expm1"), notation="e^{{{0}}} - 1", source="DLMF 4.7.4"
)
log = elementwise(
    "log",
    np.log,
    lambda y, x: 1.0 / x,
    domain=(0.2, 4),
    native=elementary("log"),
    notation=r"\log {0}",
    source="DLMF 4.7.1",
)
log2 = elementwise(
    "log2", np.log2, lambda y, x: 1.0 / (_LOG_2 * x), domain=(0.2, 4), native=elementary("log2"), notation=r"\log_2 {0}"
)
log10 = elementwise(
    "log10",
    np.log10,
    lambda y, x: 1.0 / (_LOG_10 * x),
    domain=(0.2, 4),
    native=elementary("log10"),
    notation=r"\log_{{10}} {0}",
)
log1p = elementwise(
    "log1p",
    np.log1p,
    lambda y, x: 1.0 / (1 + x),
    domain=(-0.7, 3),
    native=elementary("log1p"),
    notation=r"\log(1 + {0})",
)
