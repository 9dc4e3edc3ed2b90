"""The incomplete gamma functions, by their argument and by their shape."""

from __future__ import annotations

from typing import Any

from ..original import np
from .arithmetic import xlogy
from .comparison import equal
from .exponential import exp, log
from .operation import elementwise
from .quantiles import gamma_cdf_derivative
from .scipy_loader import SpecialFunction
from .selection import where
from .special import gammaln


@np.errstate(all="ignore")
def _by_argument(a: Any, x: Any) -> Any:
    return exp(xlogy(a - 1, x) - x - gammaln(a))


@np.errstate(all="ignore")
def _by_shape(a: Any, x: Any) -> Any:
    y = log(x)
    return where(equal(x, 0), 0.0, gamma_cdf_derivative(y, a, order=1) * exp(a * y - x - gammaln(a)))


gammainc = elementwise(
    "gammainc",
    SpecialFunction("gammainc", 2),
    lambda y, a, x: _by_shape(a, x),
    lambda y, a, x: _by_argument(a, x),
    domain=(0.3, 4),
    notation="P({0}, {1})",
    kinks=[((1.0, 0.0), (0.0, 1.0)), ((2.0, 0.0), (0.0, 0.0))],
    source="DLMF 8.8.13; by the shape 8.2.4, derived under the integral",
)
gammaincc = elementwise(
    "gammaincc",
    SpecialFunction("gammaincc", 2),
    lambda y, a, x: -_by_shape(a, x),
    lambda y, a, x: -_by_argument(a, x),
    domain=(0.3, 4),
    notation="Q({0}, {1})",
    source="DLMF 8.8.14; by the shape 8.2.4, derived under the integral",
)
