"""Special functions, entry by entry: logistic, error, gamma and Bessel functions, entropies, the cardinal sine.

They are SciPy's, found when first used, so importing this room does not import scipy.special. A family of functions
(polygamma, Bessel, derivatives that formulas would compute by cancellation) is one operation with its order as a
parameter: its slope is its next member, so that derivatives of every order are as accurate as the first.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..arraytype import ArrayType
from ..errors import DtypeError
from ..original import np
from ..structure import pointwise_map
from .batch_axis import in_front
from .comparison import equal, less
from .exponential import exp, log, log1p
from .native import Code, elementary, is_floating, is_nan
from .operation import Example, Operation, elementwise, general
from .scipy_loader import SpecialFunction, special
from .selection import where

_2_OVER_SQRT_PI, _SQRT_PI_OVER_2 = 2 / math.sqrt(math.pi), math.sqrt(math.pi) / 2
_SQRT_2, _SQRT_2_PI = math.sqrt(2), math.sqrt(2 * math.pi)
_quietly = np.errstate(all="ignore")  # at the ends of a domain a slope is inf or nan, which is the answer


def _special(name: str, *slopes: Callable[..., Any], **about: Any) -> Operation:
    """An operation that is a ufunc of scipy.special."""
    return elementwise(name, SpecialFunction(name, len(slopes)), *map(_quietly, slopes), **about)


def _family(name: str, function: Callable[..., Any], slope: Callable[..., Any], **about: Any) -> Operation:
    """An operation of one argument with an order as a parameter: ``function(x, order)`` for x in double precision."""
    about.setdefault("parameters", ("order",))
    about.setdefault("batch", in_front)
    for_complex = about.get("for_complex", False)

    def forward(x: Any, **orders: int) -> Any:
        x = np.asarray(x)
        double = x.astype(np.complex128 if x.dtype.kind == "c" else np.float64, copy=False)
        return np.asarray(function(double, **orders)).astype(_floating(x.dtype), copy=False)

    @_quietly
    def jacobian(y: Any, x: Any, **orders: int) -> Any:
        return pointwise_map(slope(x, **orders), y.shape, x.shape)

    def type_rule(x: ArrayType, **orders: int) -> ArrayType:
        if x.dtype.kind == "c" and not for_complex:
            raise DtypeError(f"{name} is a function of real numbers here", got=f"{x}", wanted="a floating dtype")
        return ArrayType(x.shape, _floating(x.dtype))

    return general(name, forward, type_rule, jacobian, **about)


def _floating(dtype: np.dtype) -> np.dtype:
    return dtype if dtype.kind in "fc" and dtype.itemsize >= 4 else np.result_type(dtype, np.float32)


def _draws(low: float, high: float, *orders: dict[str, int]) -> Callable[[np.random.Generator], Any]:
    """Examples of a family: draws from an interval, for each order."""
    return lambda rng: [
        Example((rng.uniform(low, high, size=shape),), order) for order in orders for shape in ((), (3,), (2, 3))
    ]


_FIRST_ORDERS = tuple({"order": order} for order in range(4))


# Logistic

expit = _special(
    "expit",
    lambda y, x: y * expit(-x),
    native=elementary("expit"),
    notation=r"\sigma({0})",
    source="relative accuracy on both sides",
)
log_expit = _special("log_expit", lambda y, x: expit(-x), native=elementary("log_expit"), notation=r"\log \sigma({0})")
logit = _special(
    "logit",
    lambda y, x: 1 / (x * (1 - x)),
    domain=(0.1, 0.9),
    native=elementary("logit"),
    notation=r"\mathrm{{logit}}({0})",
    source="1 - x is exact near 1",
)


def _softplus(x: Any) -> Any:
    """log(1 + exp(x)), which neither overflows nor loses a small exp(x)."""
    return np.logaddexp(x.dtype.type(0), x)


softplus = elementwise(
    "softplus",
    _softplus,
    lambda y, x: expit(x),
    promote=lambda kinds: np.logaddexp.resolve_dtypes((kinds[0], kinds[0], None))[1:],
    numpy=(),
    native=elementary("softplus"),
    notation=r"\mathrm{{softplus}}({0})",
)


def _share(base: float) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Of base^a and base^b in their sum. expit(a - b) where exp(a - y) loses the digits of a large a that y has not; 0
    where the sum is, as for logsumexp."""
    scale = math.log(base)

    def share(y: Any, a: Any, b: Any) -> Any:
        return where(equal(y, -math.inf), 0.0, expit(scale * (a - b)))

    return share, lambda y, a, b: share(y, b, a)


logaddexp = elementwise(
    "logaddexp",
    np.logaddexp,
    *map(_quietly, _share(math.e)),
    native=elementary("logaddexp"),
    notation=r"\log(e^{{{0}}} + e^{{{1}}})",
    kinks=[((-math.inf, -math.inf), (0.0, 0.0))],
)
logaddexp2 = elementwise(
    "logaddexp2",
    np.logaddexp2,
    *map(_quietly, _share(2.0)),
    native=elementary("logaddexp2"),
    notation=r"\log_2(2^{{{0}}} + 2^{{{1}}})",
    kinks=[((-math.inf, -math.inf), (0.0, 0.0))],
)

# Error functions and the normal distribution

erf = _special(
    "erf",
    lambda y, x: _2_OVER_SQRT_PI * exp(-x * x),
    native=elementary("erf"),
    notation=r"\mathrm{{erf}}({0})",
    source="DLMF 7.10.1",
)
erfc = _special(
    "erfc",
    lambda y, x: -_2_OVER_SQRT_PI * exp(-x * x),
    native=elementary("erfc"),
    notation=r"\mathrm{{erfc}}({0})",
    source="DLMF 7.10.1",
)


@_quietly
def _erfcx_derivative(x: Any, order: int) -> Any:
    """(-2)^n n! times the repeated integral I_n of erfcx, where I_n = 1 / (2 x + 2 (n + 1) I_(n+1) / I_n) I_(n-1).

    For x > 1.5 the ratios by that continued fraction, from far enough behind; else I_n by the recurrence forward,
    which is stable for x < 0 and loses a digit for each order up to 1.5.
    """
    erfcx = special.erfcx(x)
    before, value = np.full(x.shape, _2_OVER_SQRT_PI), erfcx
    for n in range(order):
        before, value = value, (before - 2 * x * value) / (2 * (n + 1))
    far = x > 1.5
    if far.any():
        t = x[far]
        nearest = t.min()
        ratio, product = np.zeros_like(t), erfcx[far]
        for n in range(int(170 / nearest**2 + 40 / nearest) + 5 + order, 0, -1):
            ratio = 1 / (2 * t + 2 * (n + 1) * ratio)
            if n <= order:
                product = product * ratio
        value = np.array(value)
        value[far] = product
    return (-2.0) ** order * math.factorial(order) * value


erfcx = _special(
    "erfcx",
    # 2 x y - 2 / sqrt(pi) cancels to the order 1 / x^2.
    lambda y, x: erfcx_derivative(x, order=1),
    for_complex=False,
    native=elementary("erfcx"),
    notation=r"\mathrm{{erfcx}}({0})",
    source="DLMF 7.10.2",
)
erfcx_derivative = _family(
    "erfcx_derivative",
    _erfcx_derivative,
    lambda x, order: erfcx_derivative(x, order=order + 1),
    notation=r"\mathrm{{erfcx}}^{{({order})}}({0})",
    examples=_draws(-2, 5, *_FIRST_ORDERS),
    source="DLMF 7.18.7, 7.22.1",
    summary="the derivative of erfcx, of any order",
)
erfi = _special(
    "erfi", lambda y, x: _2_OVER_SQRT_PI * exp(x * x), notation=r"\mathrm{{erfi}}({0})", source="DLMF 7.5.1, 7.10.1"
)
erfinv = _special(
    "erfinv",
    lambda y, x: _SQRT_PI_OVER_2 * exp(y * y),
    domain=(-0.9, 0.9),
    notation=r"\mathrm{{erf}}^{{-1}}({0})",
    source="DLMF 7.10.1",
)
erfcinv = _special(
    "erfcinv",
    lambda y, x: -_SQRT_PI_OVER_2 * exp(y * y),
    domain=(0.1, 1.9),
    notation=r"\mathrm{{erfc}}^{{-1}}({0})",
    source="DLMF 7.10.1",
)
ndtr = _special(
    "ndtr",
    lambda y, x: exp(-0.5 * x * x) / _SQRT_2_PI,
    native=elementary("ndtr"),
    notation=r"\Phi({0})",
    source="DLMF 7.10.1",
)
# Below 0, exp(-x^2 / 2 - y) would subtract two numbers of the size x^2 from each other, while the quotient of the
# density and Phi has the same exponential above and below; above 0, that one overflows, and so would derivatives.
log_ndtr = _special(
    "log_ndtr",
    lambda y, x: where(less(x, 0), (2 / _SQRT_2_PI) / erfcx(x / -_SQRT_2), exp(-0.5 * x * x - y) / _SQRT_2_PI),
    for_complex=False,
    native=elementary("log_ndtr"),
    notation=r"\log \Phi({0})",
    source="DLMF 7.2.3, 7.10.1",
)
ndtri = _special(
    "ndtri",
    lambda y, x: _SQRT_2_PI * exp(0.5 * y * y),
    domain=(0.1, 0.9),
    notation=r"\Phi^{{-1}}({0})",
    source="DLMF 7.10.1",
)
# Phi over its density, which is exp(x + y^2 / 2) without its two large exponents.
ndtri_exp = _special(
    "ndtri_exp",
    lambda y, x: _SQRT_PI_OVER_2 * _SQRT_2 * erfcx(-y / _SQRT_2),
    domain=(-9, -0.1),
    notation=r"\Phi^{{-1}}(e^{{{0}}})",
    source="DLMF 7.2.3, 7.10.1",
)

# Gamma and beta functions

gammaln = _special(
    "gammaln", lambda y, x: digamma(x), domain=(0.3, 5), notation=r"\log |\Gamma({0})|", source="DLMF 5.2.2"
)
gamma = _special("gamma", lambda y, x: y * digamma(x), domain=(0.3, 5), notation=r"\Gamma({0})", source="DLMF 5.2.2")
loggamma = _special(
    "loggamma", lambda y, x: digamma(x), domain=(0.3, 5), notation=r"\log \Gamma({0})", source="DLMF 5.2.2"
)
digamma = elementwise(
    "digamma",
    SpecialFunction("psi"),
    lambda y, x: polygamma(x, order=1),
    for_complex=False,
    numpy=(SpecialFunction("psi"), SpecialFunction("digamma")),
    domain=(0.3, 5),
    notation=r"\psi({0})",
    source="DLMF 5.15.1",
)
polygamma = _family(
    "polygamma",
    lambda x, order: special.polygamma(order, x),  # by the Hurwitz zeta function, right for negative x too
    lambda x, order: polygamma(x, order=order + 1),
    notation=r"\psi^{{({order})}}({0})",
    examples=lambda rng: [*_draws(0.5, 4, *_FIRST_ORDERS)(rng), *_draws(-0.8, -0.3, {"order": 1})(rng)],
    source="DLMF 25.11.12; order 1 is the trigamma function",
    summary="the derivative of the digamma function, of any order",
)
# Where a is large against b, the difference loses as many digits as a / b has; SciPy has no function that keeps them.
betaln = _special(
    "betaln",
    lambda y, a, b: digamma(a) - digamma(a + b),
    lambda y, a, b: digamma(b) - digamma(a + b),
    domain=(0.3, 4),
    notation=r"\log |\mathrm{{B}}({0}, {1})|",
    source="DLMF 5.12.1, 5.2.2",
)
beta = _special(
    "beta",
    lambda y, a, b: y * (digamma(a) - digamma(a + b)),
    lambda y, a, b: y * (digamma(b) - digamma(a + b)),
    domain=(0.3, 4),
    notation=r"\mathrm{{B}}({0}, {1})",
    source="DLMF 5.12.1, 5.2.2",
)

# Logarithms that meet zeros, and entropies


def _in_floating(recipe: Callable[..., Any]) -> Callable[..., Any]:
    """A recipe that calls elementary functions."""
    return lambda code, *xs: recipe(code, *xs) if is_floating(*xs) else None


@_in_floating
def _native_xlog1py(code: Code, a: Any, b: Any) -> Any:
    zero = code.constant(0, a.dtype)
    absorbs = code.logical_and(code.compare("==", a, zero), code.logical_not(is_nan(code, b)))
    return code.select(absorbs, zero, code.multiply(a, code.call("log1p", b)))


@_in_floating
def _native_entr(code: Code, x: Any) -> Any:
    """-inf below 0."""
    zero, below = code.constant(0, x.dtype), code.constant(-math.inf, x.dtype)
    y = code.negative(code.multiply(x, code.call("log", x)))
    y = code.select(code.compare("==", x, zero), zero, y)
    return code.select(code.compare("<", x, zero), below, y)


@_in_floating
def _native_log_ratio(code: Code, a: Any, b: Any) -> Any:
    apart, half = code.subtract(a, b), code.constant(0.5, a.dtype)
    near = code.compare("<", code.absolute(apart), code.multiply(half, b))
    return code.select(near, code.call("log1p", code.divide(apart, b)), code.call("log", code.divide(a, b)))


_SMALLEST, _DOUBLE = float(np.finfo(np.float64).tiny), np.dtype(np.float64)


def _entropy(beyond: Callable[..., Any], at_zero: Callable[..., Any]) -> Callable[..., Any]:
    """The recipe of a log(a / b) and more for positive numbers; at a = 0 another number, infinite elsewhere.

    In double precision, as SciPy does it; where the quotient has no digits, by SciPy itself.
    """

    def of_doubles(code: Code, a: Any, b: Any) -> Any:
        zero, inf, smallest = (code.constant(c, a.dtype) for c in (0, math.inf, _SMALLEST))
        inside = code.logical_and(code.compare(">", a, zero), code.compare(">", b, zero))
        ratio = code.divide(a, b)
        fits = code.logical_and(code.compare(">", ratio, smallest), code.compare("<", ratio, inf))
        code.careful(code.logical_and(inside, code.logical_not(fits)))
        y = beyond(code, code.multiply(a, _native_log_ratio(code, a, b)), a, b)
        on_edge = code.logical_and(code.compare("==", a, zero), code.compare(">=", b, zero))
        y = code.select(inside, y, code.select(on_edge, at_zero(zero, b), inf))
        no_number = code.logical_or(is_nan(code, a), is_nan(code, b))
        return code.select(no_number, code.constant(math.nan, a.dtype), y)

    @_in_floating
    def native(code: Code, a: Any, b: Any) -> Any:
        return code.convert(of_doubles(code, code.convert(a, _DOUBLE), code.convert(b, _DOUBLE)), a.dtype)

    return native


# For a = 0 the value is 0 whatever b is: so is the slope, also at b = -1, where a / (1 + b) is 0 / 0.
xlog1py = _special(
    "xlog1py",
    lambda y, a, b: log1p(b),
    lambda y, a, b: where(equal(a, 0), 0.0, a / (1 + b)),
    domain=((0.5, 2), (-0.5, 3)),
    native=_native_xlog1py,
    notation=r"{0} \log(1 + {1})",
    kinks=[((0.0, -1.0), (-math.inf, 0.0))],
)
entr = _special(
    "entr",
    lambda y, x: -log(x) - 1,
    domain=(0.2, 3),
    native=_native_entr,
    notation=r"-{0} \log {0}",
    kinks=[((0.0,), (math.inf,))],
    source="infinite at 0, as it is from the right",
)


def _log_ratio(a: Any, b: Any) -> Any:
    """log(a / b); near a = b by their difference, which is exact there, while the quotient rounds it away."""
    with np.errstate(all="ignore"):
        a, b = np.divide(a, 1), np.divide(b, 1)  # a difference of integers may wrap around
        return np.where(np.abs(a - b) < 0.5 * b, np.log1p((a - b) / b), np.log(a / b))[()]


log_ratio = elementwise(
    "log_ratio",
    _log_ratio,
    lambda y, a, b: 1.0 / a,
    lambda y, a, b: -1.0 / b,
    promote=lambda kinds: np.divide.resolve_dtypes((*kinds, None)),
    numpy=(),
    domain=(0.3, 3),
    native=_native_log_ratio,
    notation=r"\log \frac{{{0}}}{{{1}}}",
)
# For a = 0 the value is 0, or b, whatever b is: so are the slopes by b at b = 0 too, where a / b is 0 / 0.
rel_entr = _special(
    "rel_entr",
    lambda y, a, b: log_ratio(a, b) + 1,
    lambda y, a, b: where(equal(a, 0), 0.0, -a / b),
    domain=(0.3, 3),
    native=_entropy(lambda code, y, a, b: y, lambda zero, b: zero),
    notation=r"{0} \log \frac{{{0}}}{{{1}}}",
    kinks=[((0.0, 0.0), (math.nan, 0.0))],
)
kl_div = _special(
    "kl_div",
    lambda y, a, b: log_ratio(a, b),
    lambda y, a, b: where(equal(a, 0), 1.0, (b - a) / b),
    domain=(0.3, 3),
    native=_entropy(lambda code, y, a, b: code.add(code.subtract(y, a), b), lambda zero, b: b),
    notation=r"{0} \log \frac{{{0}}}{{{1}}} - {0} + {1}",
    kinks=[((0.0, 0.0), (math.nan, 1.0))],
)

# Exponential integrals

expi = _special("expi", lambda y, x: exp(x) / x, domain=(0.3, 3), notation=r"\mathrm{{Ei}}({0})", source="DLMF 6.2.5")
exp1 = _special("exp1", lambda y, x: -exp(-x) / x, domain=(0.3, 3), notation="E_1({0})", source="DLMF 6.2.1")

# Bessel functions

# The recurrences with neighbours on both sides hold at 0 as well, where J_0 - J_1 / x is 0 / 0.
jv = _family(
    "jv",
    lambda x, order: special.jv(order, x),
    lambda x, order: 0.5 * (jv(x, order=order - 1) - jv(x, order=order + 1)),
    for_complex=True,
    notation="J_{{{order}}}({0})",
    examples=_draws(-4, 4, *_FIRST_ORDERS),
    source="DLMF 10.6.1",
    summary="the Bessel function of an integer order",
)
j0 = _special("j0", lambda y, x: -j1(x), domain=(-4, 4), notation="J_0({0})", source="DLMF 10.6.3")
j1 = _special(
    "j1", lambda y, x: 0.5 * (j0(x) - jv(x, order=2)), domain=(-4, 4), notation="J_1({0})", source="DLMF 10.6.1"
)
iv = _family(
    "iv",
    lambda x, order: special.iv(order, x),
    lambda x, order: 0.5 * (iv(x, order=order - 1) + iv(x, order=order + 1)),
    for_complex=True,
    notation="I_{{{order}}}({0})",
    examples=_draws(-4, 4, *_FIRST_ORDERS),
    source="DLMF 10.29.1",
    summary="the modified Bessel function of an integer order",
)
# np.i0 is another sum of the same polynomials, equal to 2 units in the last place only: so it is not answered as is.
i0 = _special("i0", lambda y, x: i1(x), notation="I_0({0})", source="DLMF 10.29.3")
i1 = _special("i1", lambda y, x: 0.5 * (i0(x) + iv(x, order=2)), notation="I_1({0})", source="DLMF 10.29.1")


@_quietly
def _ive(x: Any, order: int, derivative: int) -> Any:
    """A derivative of exp(-|x|) I_n(x): half the second difference in n, as often as one derives.

    Neighbours come ever closer, so that a difference loses 2 |x| in accuracy. From `far` on the asymptotic series,
    derived term by term; either keeps a relative error of some 1e-13 in the first derivative.
    """
    t = np.abs(x)
    far = t > 40 + 5 * order**2
    near, u = np.where(far, 0.0, t), 1 / np.where(far, t, np.inf)
    differences = np.array([1.0])
    for _ in range(derivative):
        differences = np.convolve(differences, [0.5, -1.0, 0.5])
    value = sum(c * special.ive(abs(order + k - derivative), near) for k, c in enumerate(differences))
    series, a = np.zeros_like(t), 1 / _SQRT_2_PI
    for k in range(20):
        series = series + a * math.prod(-(k + 0.5 + j) for j in range(derivative)) * u ** (k + 0.5 + derivative)
        a *= -(4 * order**2 - (2 * k + 1) ** 2) / (8 * (k + 1))
    value = np.where(far, series, value)
    return np.sign(x) * value if (order + derivative) % 2 else value


ive = _family(
    "ive",
    _ive,
    lambda x, order, derivative: ive(x, order=order, derivative=derivative + 1),
    parameters=("order", "derivative"),
    notation=r"\partial^{{{derivative}}} e^{{-|{0}|}} I_{{{order}}}({0})",
    examples=_draws(
        0.5, 4, *({"order": order, "derivative": derivative} for order in range(3) for derivative in range(3))
    ),
    source="DLMF 10.29.1, 10.40.1; at the kink 0 the mean of the derivatives from both sides",
    summary="the modified Bessel function of an integer order scaled by exp(-|x|), and its derivatives",
)
i0e = _special(
    "i0e",
    lambda y, x: ive(x, order=0, derivative=1),
    domain=(0.3, 4),
    notation=r"e^{{-|{0}|}} I_0({0})",
    kinks=[((0.0,), (0.0,))],
    source="the middle of the subgradients at 0",
)
i1e = _special(
    "i1e",
    lambda y, x: ive(x, order=1, derivative=1),
    domain=(0.3, 4),
    notation=r"e^{{-|{0}|}} I_1({0})",
)

y0 = _special("y0", lambda y, x: -y1(x), domain=(0.5, 4), notation="Y_0({0})", source="DLMF 10.6.3")
y1 = _special("y1", lambda y, x: y0(x) - y / x, domain=(0.5, 4), notation="Y_1({0})", source="DLMF 10.6.2")
k0 = _special("k0", lambda y, x: -k1(x), domain=(0.5, 4), notation="K_0({0})", source="DLMF 10.29.3")
k1 = _special("k1", lambda y, x: -k0(x) - y / x, domain=(0.5, 4), notation="K_1({0})", source="DLMF 10.29.2")
k0e = _special("k0e", lambda y, x: y - k1e(x), domain=(0.5, 4), notation="e^{{{0}}} K_0({0})", source="DLMF 10.29.3")
k1e = _special(
    "k1e", lambda y, x: y - k0e(x) - y / x, domain=(0.5, 4), notation="e^{{{0}}} K_1({0})", source="DLMF 10.29.2"
)

# The solution of y + log y = x

wrightomega = _special("wrightomega", lambda y, x: y / (1 + y), notation=r"\omega({0})", source="DLMF 4.13.2")


# sinc(x) = j_0(pi x): its derivatives are spherical Bessel functions, accurate near 0 as well, where
# (cos(pi x) - sinc(x)) / x has lost all digits.
spherical_jn = _family(
    "spherical_jn",
    lambda x, order: special.spherical_jn(order, x),
    lambda x, order: (
        -spherical_jn(x, order=1)
        if order == 0
        else (order * spherical_jn(x, order=order - 1) - (order + 1) * spherical_jn(x, order=order + 1))
        / (2 * order + 1)
    ),
    for_complex=True,
    notation="j_{{{order}}}({0})",
    examples=_draws(-4, 4, *_FIRST_ORDERS),
    source="DLMF 10.51.1",
    summary="the spherical Bessel function of an order of at least 0",
)


@_in_floating
def _native_sinc(code: Code, x: Any) -> Any:
    zero, one = (code.constant(k, x.dtype) for k in (0, 1))
    turned = code.multiply(x, code.constant(math.pi, x.dtype))
    at_zero = code.compare("==", x, zero)
    y = code.divide(code.call("sin", turned), code.select(at_zero, one, turned))
    return code.select(at_zero, one, y)


sinc = elementwise(
    "sinc",
    np.sinc,
    lambda y, x: -math.pi * spherical_jn(math.pi * x, order=1),
    promote=lambda kinds: np.multiply.resolve_dtypes((kinds[0], float, None))[1:],
    native=_native_sinc,
    notation=r"\mathrm{{sinc}}({0})",
    source="DLMF 10.49.3, 10.51.2",
)
