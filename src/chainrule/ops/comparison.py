"""Comparisons and logic: piecewise constant, so no derivative flows through them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..original import np
from .native import Code, comparison, floor_quotient_of, is_floating, is_nan
from .operation import elementwise

_BOOL = np.dtype(bool)


def _logical(instruction: Callable[..., Any]) -> Callable[..., Any]:
    """The recipe of a connective: what is not zero is true."""
    return lambda code, *xs: instruction(code, *[code.convert(x, _BOOL) for x in xs])


def _size(how: str) -> Callable[..., Any]:
    """The recipe of a comparison of |x| with infinity; all integers are finite."""

    def native(code: Code, x: Any) -> Any:
        if x.dtype.kind != "f":
            return code.constant(how == "<", _BOOL)
        return code.compare(how, code.absolute(x), code.constant(np.inf, x.dtype))

    return native


def _has_minus(code: Code, x: Any) -> Any:
    """The sign of zeros and of nan counts."""
    one = code.constant(1, x.dtype)
    return code.compare("<", code.copysign(one, x), code.constant(0, x.dtype)) if is_floating(x) else None


def _sign(code: Code, x: Any) -> Any:
    """-1, 0 or 1; nan of nan."""
    zero, one = (code.constant(k, x.dtype) for k in (0, 1))
    if x.dtype.kind == "u":
        return code.select(code.compare("==", x, zero), zero, one)
    minus = code.constant(-1, x.dtype)
    of_number = code.select(code.compare(">", x, zero), one, code.select(code.compare("<", x, zero), minus, zero))
    return code.select(is_nan(code, x), x, of_number) if x.dtype.kind == "f" else of_number


def _rounded(name: str) -> Callable[..., Any]:
    """The recipe of a rounding; whole numbers stay."""
    return lambda code, x: getattr(code, name)(x) if x.dtype.kind == "f" else x


greater = elementwise("greater", np.greater, None, None, native=comparison(">"), notation="{0} > {1}")
greater_equal = elementwise(
    "greater_equal", np.greater_equal, None, None, native=comparison(">="), notation=r"{0} \ge {1}"
)
less = elementwise("less", np.less, None, None, native=comparison("<"), notation="{0} < {1}")
less_equal = elementwise("less_equal", np.less_equal, None, None, native=comparison("<="), notation=r"{0} \le {1}")
equal = elementwise("equal", np.equal, None, None, native=comparison("=="), notation="{0} = {1}")
not_equal = elementwise("not_equal", np.not_equal, None, None, native=comparison("!="), notation=r"{0} \ne {1}")
logical_and = elementwise(
    "logical_and",
    np.logical_and,
    None,
    None,
    native=_logical(lambda code, a, b: code.logical_and(a, b)),
    notation=r"{0} \land {1}",
)
logical_or = elementwise(
    "logical_or",
    np.logical_or,
    None,
    None,
    native=_logical(lambda code, a, b: code.logical_or(a, b)),
    notation=r"{0} \lor {1}",
)
logical_xor = elementwise(
    "logical_xor",
    np.logical_xor,
    None,
    None,
    native=_logical(lambda code, a, b: code.logical_xor(a, b)),
    notation=r"{0} \oplus {1}",
)
logical_not = elementwise(
    "logical_not", np.logical_not, None, native=_logical(lambda code, x: code.logical_not(x)), notation=r"\lnot {0}"
)
isnan = elementwise(
    "isnan",
    np.isnan,
    None,
    native=lambda code, x: is_nan(code, x) if x.dtype.kind == "f" else code.constant(False, _BOOL),
    notation=r"\mathrm{{isnan}}({0})",
)
isinf = elementwise("isinf", np.isinf, None, native=_size("=="), notation=r"\mathrm{{isinf}}({0})")
isfinite = elementwise("isfinite", np.isfinite, None, native=_size("<"), notation=r"\mathrm{{isfinite}}({0})")
signbit = elementwise("signbit", np.signbit, None, native=_has_minus, notation=r"\mathrm{{signbit}}({0})")
# (The sign of a complex number changes with it: z / |z|.)
sign = elementwise("sign", np.sign, None, for_complex=False, native=_sign, notation=r"\mathrm{{sign}}({0})")
floor = elementwise("floor", np.floor, None, native=_rounded("floor"), notation=r"\lfloor {0} \rfloor")
ceil = elementwise("ceil", np.ceil, None, native=_rounded("ceil"), notation=r"\lceil {0} \rceil")
rint = elementwise("rint", np.rint, None, native=_rounded("rint"), notation=r"\mathrm{{rint}}({0})")
trunc = elementwise("trunc", np.trunc, None, native=_rounded("trunc"), notation=r"\mathrm{{trunc}}({0})")
floor_divide = elementwise(
    "floor_divide",
    np.floor_divide,
    None,
    None,
    domain=(0.5, 3.0),
    native=floor_quotient_of,
    notation=r"\lfloor {0} / {1} \rfloor",
)
