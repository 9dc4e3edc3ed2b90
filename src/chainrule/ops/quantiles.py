"""Quantiles of distributions with parameters, for draws that have derivatives by them.

A draw is the quantile of a uniform number, so its derivative by a parameter is that of the quantile at a fixed
probability: the implicit reparameterization. Probabilities are given by their distance v from 1/2, -1/2 < v < 1/2,
so that both tails are exact.
"""

from __future__ import annotations

import math
from typing import Any

from ..arraytype import ArrayType
from ..errors import ShapeError
from ..original import np
from ..structure import LinearMap, pointwise_map
from .batch_axis import entry_by_entry
from .exponential import exp
from .operation import Example, discrete, general
from .scipy_loader import special
from .special import digamma, gammaln, polygamma

# Gauss's rule on (0, 1) in x^3: for small shapes an integrand has a part that is short against its length.
_NODES, _WEIGHTS = (0.5 * g + h for g, h in zip(np.polynomial.legendre.leggauss(64), (0.5, 0.0), strict=True))
_NODES, _WEIGHTS = _NODES**3, 3 * _NODES**2 * _WEIGHTS
_CUT = 40.0  # e^-40 is below the last digit
_MOST_EVENTS, _MOST_STEPS = 2.0**53, 200


def _broadcast(name: str, *types: ArrayType) -> ArrayType:
    try:
        shape = np.broadcast_shapes(*[t.shape for t in types])
    except ValueError:
        raise ShapeError(
            f"{name} needs shapes that broadcast: {' and '.join(str(t.shape) for t in types)} do not",
            got=", ".join(map(str, types)),
        ) from None
    return ArrayType(shape, np.result_type(np.float32, *[t.dtype for t in types]))


def _in_double(*arrays: Any) -> tuple[Any, ...]:
    """Arrays of one shape in double precision, and the dtype of a result."""
    arrays = tuple(map(np.asarray, arrays))
    dtype = np.result_type(np.float32, *arrays)
    return *np.broadcast_arrays(*[a.astype(np.float64, copy=False) for a in arrays]), dtype


def _tails(v: Any) -> tuple[Any, Any]:
    """The smaller one of p and 1 - p, and log p; for p = 1/2 + v."""
    tail = 0.5 - np.abs(v)
    return tail, np.where(v < 0, np.log(tail), np.log1p(-tail))


# The gamma distribution, by its logarithm


def _log_gamma_quantile(v: Any, a: Any) -> Any:
    """Where P(a, e^y) = p. Far down P = e^(a y) / Gamma(a + 1), which has a logarithm where e^y is 0."""
    v, a, dtype = _in_double(v, a)
    with np.errstate(all="ignore"):
        tail, log_p = _tails(v)
        y = np.empty(v.shape)
        for side, inverse in ((v < 0, special.gammaincinv), (~(v < 0), special.gammainccinv)):
            y[side] = np.log(inverse(a[side], tail[side]))
        far = (log_p + special.gammaln(a + 1)) / a
        return np.where(far < -_CUT, far, y).astype(dtype, copy=False)


@np.errstate(all="ignore")
def _by_probability(y: Any, v: Any, a: Any) -> LinearMap:
    return pointwise_map(exp(exp(y) + gammaln(a) - a * y), y.shape, v.shape)


@np.errstate(all="ignore")
def _by_shape(y: Any, v: Any, a: Any) -> LinearMap:
    return pointwise_map(-gamma_cdf_derivative(y, a, order=1), y.shape, a.shape)


log_gamma_quantile = general(
    "log_gamma_quantile",
    _log_gamma_quantile,
    lambda v, a: _broadcast("log_gamma_quantile", v, a),
    _by_probability,
    _by_shape,
    batch=entry_by_entry,
    notation=r"\log P^{{-1}}({1}, \tfrac 1 2 + {0})",
    examples=lambda rng: [
        Example((rng.uniform(-0.4, 0.4, size=m), rng.uniform(0.3, 5, size=n)))
        for m, n in [((), ()), ((3,), (3,)), ((2, 3), ()), ((2, 1), (3,)), ((0,), ())]
    ],
    source="Figurnov, Mohamed, Mnih, Implicit reparameterization gradients (2018), (5)",
    summary="the logarithm of the quantile of the gamma distribution of shape a at the probability 1/2 + v",
)


def _moments(s: Any, first: Any, higher: list[Any]) -> list[Any]:
    """B_n with d^n f / da^n = f B_n, for the density f of e^s: complete Bell polynomials of the cumulants' changes."""
    kappa = [s - first, *higher]
    found: list[Any] = [1.0]
    for n in range(len(kappa)):
        terms = (math.comb(n, k) * found[n - k] * kappa[k] for k in range(n + 1))
        found.append(sum(terms, 0.0))
    return found


def _gamma_cdf_derivative(y: Any, a: Any, *, order: int) -> Any:
    """By Gauss's rule over the shorter one of both sides of y, cut where the density has fallen by e^-40.

    On the left the integrand is e^(-a w + z (1 - e^-w)) B(y - w), on the right e^(a w - z (e^w - 1)) B(y + w), with
    z = e^y; where it has fallen is bounded from above by what is left of the exponent for small and large w.
    """
    y, a, dtype = _in_double(y, a)
    with np.errstate(all="ignore"):
        z = np.exp(y)
        left = z < a
        c = _CUT / z
        slow = np.where(
            left, (c + np.sqrt(c * c + 8 * c)) / 2, np.minimum(np.sqrt(2 * c), np.log(1 + c + 2 * np.log(2 + c)))
        )
        width = np.fmin(slow, _CUT / np.abs(a - z))
        sign = np.where(left, -1.0, 1.0)
        first = special.digamma(a)
        higher = [-special.polygamma(m, a) for m in range(1, order)]
        total = np.zeros(y.shape)
        for node, weight in zip(_NODES, _WEIGHTS, strict=True):
            w = sign * (width * node)
            total += weight * np.exp(a * w - z * np.expm1(w)) * _moments(y + w, first, higher)[order]
        return (-sign * width * total).astype(dtype, copy=False)


def _moments_at(y: Any, a: Any, order: int) -> list[Any]:
    return _moments(y, digamma(a), [-polygamma(a, order=m) for m in range(1, order)])


@np.errstate(all="ignore")
def _change_with_value(r: Any, y: Any, a: Any, *, order: int) -> LinearMap:
    return pointwise_map(_moments_at(y, a, order)[order] - r * (a - exp(y)), r.shape, y.shape)


@np.errstate(all="ignore")
def _change_with_shape(r: Any, y: Any, a: Any, *, order: int) -> LinearMap:
    following = gamma_cdf_derivative(y, a, order=order + 1)
    return pointwise_map(following - r * (y - digamma(a)), r.shape, a.shape)


gamma_cdf_derivative = general(
    "gamma_cdf_derivative",
    _gamma_cdf_derivative,
    lambda y, a, *, order: _broadcast("gamma_cdf_derivative", y, a),
    _change_with_value,
    _change_with_shape,
    parameters=("order",),
    batch=entry_by_entry,
    notation=r"\partial_{{{1}}}^{{{order}}} P({1}, e^{{{0}}}) / f(e^{{{0}}})",
    examples=lambda rng: [
        Example((rng.uniform(-1, 2, size=m), rng.uniform(0.3, 5, size=n)), {"order": order})
        for order in (1, 2)
        for m, n in [((), ()), ((2, 3), (2, 3)), ((2, 1), (3,))]
    ],
    source="DLMF 8.2.4, derived under the integral",
    summary="derivatives of the distribution of the logarithm of a gamma variate by its shape, over its density",
)


# Numbers of events: a guess by the expansion of Cornish and Fisher, then up and down


def _normal(v: Any) -> Any:
    return -np.sign(v) * special.ndtri(0.5 - np.abs(v))


def _smallest(v: Any, cdf: Any, survival: Any, guess: Any, valid: Any) -> Any:
    """The smallest k that has the probability 1/2 + v below or at it, from a guess that is off by little."""
    tail = 0.5 - np.abs(v)
    guess = np.where(valid, guess, 0.0)

    def reached(k: Any) -> Any:
        return (np.where(v < 0, cdf(k) >= tail, survival(k) <= tail) & (k >= 0)) | ~valid

    k = np.maximum(np.floor(guess), 0.0)
    for _ in range(_MOST_STEPS):
        low = ~reached(k)
        if not low.any():
            break
        k = np.where(low, k + 1, k)
    for _ in range(_MOST_STEPS):
        high = valid & reached(k - 1)
        if not high.any():
            break
        k = np.where(high, k - 1, k)
    return np.where(valid, k, -1).astype(np.int64)


def _poisson_quantile(v: Any, mean: Any) -> Any:
    v, mean, _ = _in_double(v, mean)
    with np.errstate(all="ignore"):
        z = _normal(v)
        return _smallest(
            v,
            lambda k: special.pdtr(k, mean),
            lambda k: special.pdtrc(k, mean),
            mean + np.sqrt(mean) * z + (z * z - 1) / 6,
            (mean >= 0) & (mean < _MOST_EVENTS),
        )


poisson_quantile = discrete(
    "poisson_quantile",
    _poisson_quantile,
    lambda v, mean: ArrayType(_broadcast("poisson_quantile", v, mean).shape, np.int64),
    arguments=2,
    batch=entry_by_entry,
    notation=r"\mathrm{{Poisson}}_{{{1}}}^{{-1}}(\tfrac 1 2 + {0})",
    examples=lambda rng: [Example((rng.uniform(-0.4, 0.4, size=(2, 3)), rng.uniform(0.3, 9, size=3)))],
    summary="the quantile of the Poisson distribution at the probability 1/2 + v",
)


def _binomial_quantile(v: Any, n: Any, p: Any) -> Any:
    v, n, p, _ = _in_double(v, n, p)
    with np.errstate(all="ignore"):
        z = _normal(v)
        guess = n * p + np.sqrt(n * p * (1 - p)) * z + (z * z - 1) * (1 - 2 * p) / 6
        return _smallest(
            v,
            lambda k: np.where(k < n, special.betainc(np.maximum(n - k, 1), k + 1, 1 - p), 1.0),
            lambda k: np.where(k < n, special.betainc(k + 1, np.maximum(n - k, 1), p), 0.0),
            np.clip(guess, 0, n),
            (n >= 0) & (n < _MOST_EVENTS) & (p >= 0) & (p <= 1),
        )


binomial_quantile = discrete(
    "binomial_quantile",
    _binomial_quantile,
    lambda v, n, p: ArrayType(_broadcast("binomial_quantile", v, n, p).shape, np.int64),
    arguments=3,
    batch=entry_by_entry,
    notation=r"\mathrm{{Binomial}}_{{{1}, {2}}}^{{-1}}(\tfrac 1 2 + {0})",
    examples=lambda rng: [Example((rng.uniform(-0.4, 0.4, size=(2, 3)), np.array(9), rng.uniform(0.1, 0.9, size=3)))],
    summary="the quantile of the binomial distribution at the probability 1/2 + v",
)
