"""Elementary functions in the instructions of native code: reduced to a small interval, then a polynomial.

Each function takes the code and values in single or double precision and is right for nan, infinities, both zeros and
subnormal numbers, as NumPy is. What a formula cannot do to a few units in the last place (the sine of 1e9) asks for
care: the call is then computed by NumPy. The worst errors that have been measured stand in the tests.

Source: Muller et al., Handbook of Floating-Point Arithmetic (2018), ch. 11; Cody, Waite, Software Manual for the
Elementary Functions (1980).
"""

from collections.abc import Callable
from typing import Any

from .cube_root import cbrt
from .error_function import erf, erfc, erfcx, log_ndtr, ndtr
from .exponential import exp, exp2, expm1
from .hyperbolic import arccosh, arcsinh, arctanh, cosh, log_cosh, sech_squared, sinh, tanh
from .logarithm import log, log1p, log2, log10
from .logistic import expit, log_expit, logaddexp, logaddexp2, logit, softplus
from .power import power
from .remainder import fmod
from .trigonometric import arccos, arcsin, arctan, arctan2, cos, sin, tan

FUNCTIONS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        *(exp, exp2, expm1, log, log1p, log2, log10, power, cbrt, fmod),
        *(expit, logit, log_expit, softplus, logaddexp, logaddexp2),
        *(erf, erfc, erfcx, ndtr, log_ndtr),
        *(sinh, cosh, tanh, arcsinh, arccosh, arctanh, sech_squared, log_cosh),
        *(sin, cos, tan, arcsin, arccos, arctan, arctan2),
    )
}

__all__ = ["FUNCTIONS"]
