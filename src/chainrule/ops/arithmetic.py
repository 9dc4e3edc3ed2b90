"""Arithmetic, entry by entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..original import np
from .comparison import equal, floor_divide, greater, greater_equal, isnan, less, less_equal, rint, sign
from .complex_parts import conjugate
from .exponential import log
from .movement import convert
from .native import (
    Code,
    elementary,
    is_floating,
    larger_number_of,
    larger_of,
    product_of,
    remainder_of,
    rest_of,
    smaller_number_of,
    smaller_of,
    sum_of,
)
from .operation import Example, elementwise
from .scipy_loader import SpecialFunction
from .selection import where

add = elementwise("add", np.add, 1, 1, native=sum_of, notation="{0} + {1}")
subtract = elementwise(
    "subtract", np.subtract, 1, -1, native=lambda code, a, b: code.subtract(a, b), notation="{0} - {1}"
)
multiply = elementwise(
    "multiply", np.multiply, lambda y, a, b: b, lambda y, a, b: a, native=product_of, notation=r"{0} \, {1}"
)
divide = elementwise(
    "divide",
    np.divide,
    lambda y, a, b: 1.0 / b,
    lambda y, a, b: -y / b,
    domain=((-2, 2), (0.5, 2)),
    native=lambda code, a, b: code.divide(a, b),
    notation=r"\frac{{{0}}}{{{1}}}",
)
negative = elementwise("negative", np.negative, -1, native=lambda code, x: code.negative(x), notation="-{0}")
positive = elementwise("positive", np.positive, 1, native=lambda code, x: x, notation="+{0}")


def _reciprocal(code: Code, x: Any) -> Any:
    """Of integers towards 0; what NumPy makes of 0, it has to make."""
    one = code.constant(1, x.dtype)
    if x.dtype.kind == "f":
        return code.divide(one, x)
    code.careful(code.compare("==", x, code.constant(0, x.dtype)))
    return code.quotient(one, x)


reciprocal = elementwise(
    "reciprocal",
    np.reciprocal,
    lambda y, x: -y * y,
    domain=(0.5, 2),
    native=_reciprocal,
    notation="{0}^{{-1}}",
)
square = elementwise(
    "square", np.square, lambda y, x: 2 * x, native=lambda code, x: product_of(code, x, x), notation="{0}^2"
)
sqrt = elementwise(
    "sqrt",
    np.sqrt,
    lambda y, x: 0.5 / y,
    domain=(0.2, 4),
    native=lambda code, x: code.sqrt(x),
    notation=r"\sqrt{{{0}}}",
)
cbrt = elementwise(
    "cbrt",
    np.cbrt,
    lambda y, x: 1 / (3 * y * y),
    domain=(0.2, 4),
    native=elementary("cbrt"),
    notation=r"\sqrt[3]{{{0}}}",
)


def _of_either_sign(*shapes: tuple[tuple[int, ...], ...]) -> Callable[[np.random.Generator], Any]:
    """Examples on both sides of 0, and not near it."""
    return lambda rng: [
        Example(tuple(rng.uniform(0.3, 2, size=shape) * rng.choice([-1.0, 1.0], size=shape) for shape in each))
        for each in shapes
    ]


_one_of_either_sign = _of_either_sign(((),), ((3,),), ((2, 3),))
_two_of_either_sign = _of_either_sign(((), ()), ((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((), (3,)))


def _direction(y: Any, x: Any) -> Any:
    """The slope of |x|; of complex numbers its conjugate direction, for d|x| = Re(conj(x) dx) / |x|."""
    return sign(x) if x.dtype.kind != "c" else where(equal(y, 0), 0.0, conjugate(x) / y)


def _absolute(code: Code, x: Any) -> Any:
    return x if x.dtype.kind == "b" else code.absolute(x)


absolute = elementwise(
    "absolute",
    np.absolute,
    _direction,
    for_complex=True,
    examples=_one_of_either_sign,
    native=_absolute,
    notation="|{0}|",
    kinks=[((0.0,), (0.0,))],
    source="the middle of the subgradients [-1, 1] at 0",
)
fabs = elementwise(
    "fabs",
    np.fabs,
    lambda y, x: sign(x),
    examples=_one_of_either_sign,
    native=_absolute,
    notation="|{0}|",
    kinks=[((0.0,), (0.0,))],
)


def _xlogy(code: Code, a: Any, b: Any) -> Any:
    if not is_floating(a, b):
        return None
    zero = code.constant(0, a.dtype)
    absorbs = code.logical_and(code.compare("==", a, zero), code.compare("==", b, b))
    return code.select(absorbs, zero, code.multiply(a, code.call("log", b)))


# xlogy(y, a) is y log a with 0 at y = 0: right at a = 0, and nan for a < 0, where a**b has no real derivative by b.
xlogy = elementwise(
    "xlogy",
    SpecialFunction("xlogy", 2),
    lambda y, a, b: log(b),
    lambda y, a, b: where(equal(a, 0), 0.0, a / b),  # 0 for every b, at b = 0 too
    domain=((0.5, 2), (0.5, 3)),
    kinks=[((0.0, 0.0), (float("-inf"), 0.0))],
    native=_xlogy,
    notation=r"{0} \log {1}",
    source="d/da: log b; d/db: a / b",
)


_MOST_BITS = 6  # of an exponent of integers: beyond, a number but 0, 1 and -1 has overflowed


def _power(code: Code, a: Any, b: Any) -> Any:
    """Of integers by squares; negative exponents and long ones are NumPy's, the first to be refused."""
    if a.dtype.kind == "f":
        return code.call("power", a, b) if is_floating(a, b) else None
    zero, one, two = (code.constant(k, a.dtype) for k in (0, 1, 2))
    below = code.compare("<", b, zero)
    code.careful(code.logical_or(below, code.compare(">=", b, code.constant(2**_MOST_BITS, b.dtype))))
    y = one
    for _ in range(_MOST_BITS):
        half = code.quotient(b, two)
        odd = code.compare("!=", code.add(half, half), b)
        y = code.select(odd, code.multiply(y, a), y)
        a, b = code.multiply(a, a), half
    return y


power = elementwise(
    "power",
    np.power,
    # At b = 0 the slope is 0 even where a**(b - 1) is infinite.
    lambda y, a, b: where(equal(b, 0), 0.0, b * power(a, b - 1.0)),
    lambda y, a, b: xlogy(y, a),
    domain=((0.3, 2), (-2, 3)),
    native=_power,
    notation="{0}^{{{1}}}",
    kinks=[((0.0, 0.0), (0.0, -np.inf))],
    source="DLMF 4.2.26, 4.8.10",
)


def _hypot(code: Code, a: Any, b: Any) -> Any:
    """Scaled by the larger one, so that no square overflows; inf is larger than nan."""
    if not is_floating(a, b):
        return None
    a, b = code.absolute(a), code.absolute(b)
    zero, one, inf = (code.constant(c, a.dtype) for c in (0, 1, np.inf))
    large, small = larger_of(code, a, b), smaller_of(code, a, b)
    ratio = code.divide(small, code.select(code.compare("==", large, zero), one, large))
    length = code.multiply(large, code.sqrt(code.fma(ratio, ratio, one)))
    infinite = code.logical_or(code.compare("==", a, inf), code.compare("==", b, inf))
    return code.select(infinite, inf, length)


hypot = elementwise(
    "hypot",
    np.hypot,
    lambda y, a, b: where(equal(y, 0), 0.0, a / y),
    lambda y, a, b: where(equal(y, 0), 0.0, b / y),
    examples=_two_of_either_sign,
    native=_hypot,
    notation=r"\sqrt{{{0}^2 + {1}^2}}",
    kinks=[((0.0, 0.0), (0.0, 0.0))],
    source="0 at the origin, as for the absolute value",
)
fmod = elementwise(
    "fmod",
    np.fmod,
    1,
    # The quotient that y was left over from; a / b may be rounded up to the next one, as 1 / 0.1 is.
    lambda y, a, b: -rint((a - y) / b),
    domain=((2.1, 2.9), (0.8, 1.0)),
    native=rest_of,
    notation=r"{0} \bmod {1}",
)
remainder = elementwise(
    "remainder",
    np.remainder,
    1,
    lambda y, a, b: -floor_divide(a, b),
    domain=((-2.9, -2.1), (0.8, 1.0)),
    native=remainder_of,
    notation=r"{0} \bmod {1}",
)
copysign = elementwise(
    "copysign",
    np.copysign,
    lambda y, a, b: sign(a) * copysign(1.0, b),
    None,
    examples=_two_of_either_sign,
    native=lambda code, a, b: code.copysign(a, b),
    notation=r"|{0}| \, \mathrm{{sign}}({1})",
    kinks=[((0.0, 1.0), (0.0, 0.0))],
)


def _share(wins, ties):
    """The slope of a maximum or minimum by its first argument: 1 where it wins, half at a tie, 0 where it loses."""

    def slope(y, a, b):
        return 0.5 * (convert(wins(a, b), dtype=y.dtype.name) + convert(ties(a, b), dtype=y.dtype.name))

    return slope


maximum = elementwise(
    "maximum",
    np.maximum,
    _share(greater, greater_equal),
    _share(less, less_equal),
    examples=_two_of_either_sign,
    native=larger_of,
    notation=r"\max({0}, {1})",
    kinks=[((1.0, 1.0), (0.5, 0.5))],
    source="equal shares at ties: the middle of the subgradients",
)
minimum = elementwise(
    "minimum",
    np.minimum,
    _share(less, less_equal),
    _share(greater, greater_equal),
    examples=_two_of_either_sign,
    native=smaller_of,
    notation=r"\min({0}, {1})",
    kinks=[((1.0, 1.0), (0.5, 0.5))],
    source="equal shares at ties: the middle of the subgradients",
)


def _shares_beside_nan(wins, ties):
    """The slopes by both arguments where nan is passed over: all goes to the other one."""
    share = _share(wins, ties)

    def slope(y, a, b):
        return where(isnan(b), convert(equal(y, a), dtype=y.dtype.name), share(y, a, b))

    return slope, lambda y, a, b: slope(y, b, a)


_beside_nan = ((np.nan, 1.0), (0.0, 1.0)), ((1.0, np.nan), (1.0, 0.0))

fmax = elementwise(
    "fmax",
    np.fmax,
    *_shares_beside_nan(greater, greater_equal),
    examples=_two_of_either_sign,
    native=larger_number_of,
    notation=r"\max({0}, {1})",
    kinks=[((1.0, 1.0), (0.5, 0.5)), *_beside_nan],
)
fmin = elementwise(
    "fmin",
    np.fmin,
    *_shares_beside_nan(less, less_equal),
    examples=_two_of_either_sign,
    native=smaller_number_of,
    notation=r"\min({0}, {1})",
    kinks=[((1.0, 1.0), (0.5, 0.5)), *_beside_nan],
)


def _relu(x):
    """max(x, 0), with the constant 0 of x's own dtype."""
    return np.maximum(x, x.dtype.type(0))


relu = elementwise(
    "relu",
    _relu,
    lambda y, x: greater(x, 0),
    promote=lambda kinds: (kinds[0], kinds[0]),
    numpy=(),
    domain=(0.2, 2),
    native=lambda code, x: larger_of(code, x, code.constant(0, x.dtype)),
    notation=r"\max(0, {0})",
    kinks=[((0.0,), (0.0,))],
    source="maximum(x, 0) with a constant 0; the slope at 0 is 0",
)
