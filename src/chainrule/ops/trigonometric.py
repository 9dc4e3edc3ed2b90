"""Trigonometric and hyperbolic functions and their inverses."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..original import np
from .arithmetic import hypot, sqrt
from .comparison import less
from .complex_parts import real
from .exponential import exp
from .native import elementary
from .operation import elementwise
from .selection import where

sin = elementwise(
    "sin", np.sin, lambda y, x: cos(x), native=elementary("sin"), notation=r"\sin {0}", source="DLMF 4.20.1"
)
cos = elementwise(
    "cos", np.cos, lambda y, x: -sin(x), native=elementary("cos"), notation=r"\cos {0}", source="DLMF 4.20.2"
)
tan = elementwise(
    "tan",
    np.tan,
    lambda y, x: 1 + y * y,
    domain=(-1.2, 1.2),
    native=elementary("tan"),
    notation=r"\tan {0}",
    source="DLMF 4.20.3",
)


def _of_inverse(of_real: Callable[[Any], Any], of_value: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    """The slope of an inverse function; of complex numbers by its value, which knows on which side of a cut it is."""
    return lambda y, x: of_value(y) if x.dtype.kind == "c" else of_real(x)


# (1 - x)(1 + x) keeps the digits that 1 - x * x loses near 1; likewise below.
arcsin = elementwise(
    "arcsin",
    np.arcsin,
    _of_inverse(lambda x: 1 / sqrt((1 - x) * (1 + x)), lambda y: 1 / cos(y)),
    domain=(-0.8, 0.8),
    native=elementary("arcsin"),
    notation=r"\arcsin {0}",
    source="DLMF 4.24.7",
)
arccos = elementwise(
    "arccos",
    np.arccos,
    _of_inverse(lambda x: -1 / sqrt((1 - x) * (1 + x)), lambda y: -1 / sin(y)),
    domain=(-0.8, 0.8),
    native=elementary("arccos"),
    notation=r"\arccos {0}",
    source="DLMF 4.24.8",
)
arctan = elementwise(
    "arctan",
    np.arctan,
    lambda y, x: 1 / (1 + x * x),
    native=elementary("arctan"),
    notation=r"\arctan {0}",
    source="DLMF 4.24.9",
)
# Dividing by the radius twice neither overflows nor underflows where its square would.
arctan2 = elementwise(
    "arctan2",
    np.arctan2,
    lambda y, a, b: b / hypot(a, b) / hypot(a, b),
    lambda y, a, b: -a / hypot(a, b) / hypot(a, b),
    domain=((0.3, 2), (-2, 2)),
    native=elementary("arctan2"),
    notation=r"\mathrm{{atan2}}({0}, {1})",
)
deg2rad = elementwise(
    "deg2rad",
    np.deg2rad,
    math.pi / 180,
    native=lambda code, x: code.multiply(x, code.constant(x.dtype.type(math.pi) / x.dtype.type(180), x.dtype)),
    numpy=(np.deg2rad, np.radians),
    notation=r"{0}^\circ",
)
rad2deg = elementwise(
    "rad2deg",
    np.rad2deg,
    180 / math.pi,
    native=lambda code, x: code.multiply(x, code.constant(x.dtype.type(180) / x.dtype.type(math.pi), x.dtype)),
    numpy=(np.rad2deg, np.degrees),
    notation=r"\frac{{180}}{{\pi}} {0}",
)

sinh = elementwise(
    "sinh", np.sinh, lambda y, x: cosh(x), native=elementary("sinh"), notation=r"\sinh {0}", source="DLMF 4.34.1"
)
cosh = elementwise(
    "cosh", np.cosh, lambda y, x: sinh(x), native=elementary("cosh"), notation=r"\cosh {0}", source="DLMF 4.34.2"
)


def _of_cosh(kinds):
    """The dtypes that NumPy's hyperbolic functions have."""
    return np.cosh.resolve_dtypes((*kinds, None))


def _sech_squared(x):
    """4 e / (1 + e)^2 with e = exp(-2 |x|): relative accuracy at any distance, where 1 - tanh(x)^2 is 0 from 19 on."""
    e = np.exp(-2 * np.abs(x))
    return 4 * e / np.square(1 + e)


def _slope_of_tanh(y, x):
    if x.dtype.kind != "c":
        return sech_squared(x)
    e = exp(-2 * where(less(real(x), 0), -x, x))  # the same formula, in operations that have derivatives
    return 4 * e / ((1 + e) * (1 + e))


tanh = elementwise(
    "tanh",
    np.tanh,
    _slope_of_tanh,
    domain=(-3, 3),
    native=elementary("tanh"),
    notation=r"\tanh {0}",
    source="DLMF 4.34.3",
)
sech_squared = elementwise(
    "sech_squared",
    _sech_squared,
    lambda y, x: -2 * tanh(x) * y,
    promote=_of_cosh,
    numpy=(),
    for_complex=False,
    native=elementary("sech_squared"),
    notation=r"\mathrm{{sech}}^2 {0}",
    source="DLMF 4.34.3, 4.34.6",
)


def _log_cosh(x):
    """log(cosh(x)): near 0 by 2 sinh(x / 2)^2, which keeps all digits, far out by |x|, which does not overflow."""
    t = np.abs(x)
    near = np.log1p(2 * np.square(np.sinh(np.minimum(t, 1) / 2)))
    return np.where(t < 1, near, t + (np.log1p(np.exp(-2 * t)) - math.log(2)))[()]


log_cosh = elementwise(
    "log_cosh",
    _log_cosh,
    lambda y, x: tanh(x),
    promote=_of_cosh,
    numpy=(),
    for_complex=False,
    native=elementary("log_cosh"),
    notation=r"\log \cosh {0}",
    source="DLMF 4.34.2, 4.34.3",
)
arcsinh = elementwise(
    "arcsinh",
    np.arcsinh,
    _of_inverse(lambda x: 1 / hypot(1.0, x), lambda y: 1 / cosh(y)),
    native=elementary("arcsinh"),
    notation=r"\mathrm{{arsinh}} {0}",
    source="DLMF 4.38.9",
)
arccosh = elementwise(
    "arccosh",
    np.arccosh,
    _of_inverse(lambda x: 1 / (sqrt(x - 1) * sqrt(x + 1)), lambda y: 1 / sinh(y)),
    domain=(1.2, 4),
    native=elementary("arccosh"),
    notation=r"\mathrm{{arcosh}} {0}",
    source="DLMF 4.38.10",
)
arctanh = elementwise(
    "arctanh",
    np.arctanh,
    lambda y, x: 1 / ((1 - x) * (1 + x)),
    domain=(-0.8, 0.8),
    native=elementary("arctanh"),
    notation=r"\mathrm{{artanh}} {0}",
    source="DLMF 4.38.11",
)
