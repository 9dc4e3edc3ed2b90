# pyright: reportArgumentType=false, reportOperatorIssue=false, reportCallIssue=false, reportReturnType=false
# (the stubs of NumPy do not know that its functions return traced arrays for traced arrays)
"""Polynomials as coefficient vectors, the highest power first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...original import np
from ..array import Array
from ..dispatch import HINTS, answers, lifted, refuse


def _coefficients(*polynomials: Any) -> list[Array]:
    given = [lifted(p, *polynomials) for p in polynomials]
    return [p if p.ndim else p.reshape(1) for p in given]


@answers(np.polyval)
def polyval(p: Any, x: Any) -> Any:
    """Horner's scheme."""
    p = lifted(p, x)
    x = x if type(x) is Array and x.kind else lifted(x, p)
    y = np.zeros_like(x)
    for coefficient in p:
        y = y * x + coefficient
    return y


def _padded(combine: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def answer(a1: Any, a2: Any) -> Any:
        a, b = _coefficients(a1, a2)
        n = max(a.size, b.size)
        a, b = (x if x.size == n else np.pad(x, (n - x.size, 0)) for x in (a, b))
        return combine(a, b)

    return answer


answers(np.polyadd)(_padded(np.add))
answers(np.polysub)(_padded(np.subtract))


@answers(np.polymul)
def polymul(a1: Any, a2: Any) -> Any:
    """NumPy leaves out leading zeros first; whether there are any is a guard."""
    return np.convolve(*[_without_leading_zeros(p) for p in _coefficients(a1, a2)])


def _without_leading_zeros(p: Array) -> Array:
    trimmed = np.trim_zeros(p, trim="f")
    return trimmed if trimmed.size else p[:1]


@answers(np.polydiv)
def polydiv(u: Any, v: Any) -> Any:
    u, v = (p + 0.0 for p in _coefficients(u, v))
    dtype = np.result_type(u.dtype, v.dtype)
    m, n = u.size - 1, v.size - 1
    rest = u.astype(dtype, copy=True)
    quotient = np.zeros_like(rest, shape=(max(m - n + 1, 1),))
    scale = 1.0 / v[0]
    for k in range(m - n + 1):
        quotient[k] = scale * rest[k]
        rest[k : k + n + 1] -= quotient[k] * v
    while np.allclose(rest[0], 0, rtol=1e-14) and rest.size > 1:
        rest = rest[1:]
    return quotient, rest


@answers(np.polyder)
def polyder(p: Any, m: int = 1) -> Any:
    m = int(m)
    if m < 0:
        raise ValueError("Order of derivative must be positive (see polyint)")
    p = lifted(p)
    for _ in range(m):
        p = p[:-1] * np.arange(p.size - 1, 0, -1)
    return p


@answers(np.polyint)
def polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    m = int(m)
    if m < 0:
        raise ValueError("Order of integral must be positive (see polyder)")
    p = lifted(p, k)
    constants = lifted(np.zeros(m) if k is None else k, p).reshape(-1)
    if constants.size == 1 and m > 1:
        constants = constants[0] * np.ones(m)
    if constants.size < m:
        raise ValueError("k must be a scalar or a rank-1 array of length 1 or >m.")
    for step in range(m):
        p = np.concatenate((p / np.arange(p.size, 0, -1), constants[step : step + 1]))
    return p


@answers(np.poly)
def poly(seq_of_zeros: Any) -> Any:
    zeros = _coefficients(seq_of_zeros)[0]
    if zeros.ndim != 1:
        raise refuse("np.poly of a matrix")
    a: Any = np.ones_like(zeros, shape=(1,))
    for k in range(zeros.size):
        a = np.convolve(a, np.stack([np.ones_like(zeros[k]), -zeros[k]]))
    return a


@answers(np.polyfit)
def polyfit(x: Any, y: Any, deg: int, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False) -> Any:
    context = (x, y, w)
    order = int(deg) + 1
    x, y = (lifted(each, *context) + 0.0 for each in (x, y))
    if deg < 0:
        raise ValueError("expected deg >= 0")
    if x.ndim != 1:
        raise TypeError("expected 1D vector for x")
    if x.size == 0:
        raise TypeError("expected non-empty vector for x")
    if y.ndim < 1 or y.ndim > 2:
        raise TypeError("expected 1D or 2D array for y")
    if x.shape[0] != y.shape[0]:
        raise TypeError("expected x and y to have same length")
    rcond = len(x) * np.finfo(x.dtype).eps if rcond is None else rcond
    powers, right = np.vander(x, order), y
    if w is not None:
        w = lifted(w, *context) + 0.0
        if w.ndim != 1:
            raise TypeError("expected a 1-d array for weights")
        if w.shape[0] != y.shape[0]:
            raise TypeError("expected w and y to have the same length")
        powers, right = powers * w[:, None], right * (w[:, None] if y.ndim == 2 else w)
    scale = np.sqrt(np.sum(powers * powers, axis=0))
    powers = powers / scale
    c, residuals, rank, s = np.linalg.lstsq(powers, right, rcond)
    c = (c.T / scale).T
    if full:
        return c, residuals, rank, s, rcond
    if not cov:
        return c
    V = np.linalg.inv(np.dot(powers.T, powers)) / np.outer(scale, scale)
    if cov == "unscaled":
        factor: Any = 1
    else:
        if len(x) <= order:
            raise ValueError("the number of data points must exceed order to scale the covariance matrix")
        factor = residuals / (len(x) - order)
    return c, V * factor if y.ndim == 1 else V[:, :, None] * factor


HINTS[np.roots] = "scipy.optimize.root of the polynomial outside, or Newton steps x - p(x) / p'(x)"
