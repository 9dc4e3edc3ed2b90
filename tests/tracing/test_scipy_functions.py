"""SciPy's functions in Python on traced values: right, or refused with their name and what to write instead."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, interpolate, linalg, optimize, signal, special, stats
from scipy.special import log_softmax, logsumexp, softmax

import chainrule as cr
from chainrule.errors import TraceError, UnsupportedError

from .comparing import compare

rng = np.random.default_rng(21)
V = rng.uniform(0.3, 1.5, size=4)
W = rng.uniform(0.3, 1.5, size=3)
M = rng.uniform(0.3, 1.5, size=(3, 4))
S = rng.normal(size=(3, 3)) + 3 * np.eye(3)
P = S @ S.T
X = np.sort(rng.uniform(0, 3, size=4))

RIGHT = {
    "logsumexp": (lambda x: logsumexp(x), M),
    "logsumexp axis": (lambda x: special.logsumexp(x, axis=1), M),
    "logsumexp keepdims": (lambda x: special.logsumexp(x, axis=(0, -1), keepdims=True), M),
    "logsumexp weighted": (lambda x, b: special.logsumexp(x, axis=0, b=b), M, M[::-1].copy()),
    "logsumexp some": (lambda x: special.logsumexp(x, b=np.array([1.0, 0.0, 2.0, 0.5]), keepdims=True), M),
    "logsumexp of a list": (lambda x: logsumexp([x[0], 1.0, x[1]]), V),
    "logsumexp far out": (lambda x: logsumexp(x * 1000, axis=0), M),
    "softmax": (lambda x: softmax(x), M),
    "softmax axis": (lambda x: special.softmax(x, axis=0), M),
    "log_softmax": (lambda x: log_softmax(x), V),
    "log_softmax axis": (lambda x: special.log_softmax(x, axis=-1), M),
    "polygamma": (lambda x: special.polygamma(2, x), V),
    "polygamma 0": (lambda x: special.polygamma(0, x), V),
    "multigammaln": (lambda x: special.multigammaln(x + 2, 3), V),
    "spherical_jn": (lambda x: special.spherical_jn(2, x), V),
    "spherical_jn'": (lambda x: special.spherical_jn(2, x, derivative=True), V),
    "spherical_jn 0'": (lambda x: special.spherical_jn(0, x, derivative=True), V),
    "factorial": (lambda x: special.factorial(x), V),
    "solve": (lambda a, b: linalg.solve(a, b), S, W),
    "solve many": (lambda a, b: linalg.solve(a, b), S, M),
    "solve pos": (lambda a, b: linalg.solve(a, b, assume_a="pos"), P, W),
    "solve pos lower": (lambda a, b: linalg.solve(a, b, assume_a="pos", lower=True), P, W),
    "solve transposed": (lambda a, b: linalg.solve(a, b, transposed=True), S, W),
    "solve_triangular": (lambda a, b: linalg.solve_triangular(a, b), S, W),
    "solve_triangular lower": (lambda a, b: linalg.solve_triangular(a, b, lower=True, trans=1), S, W),
    "solve_triangular unit": (lambda a, b: linalg.solve_triangular(a, b, unit_diagonal=True), S, W),
    "solve_triangular many": (lambda a, b: linalg.solve_triangular(a, b, lower=True), np.stack([S, 2 * S]), M),
    "inv": (lambda a: linalg.inv(a), S),
    "pinv": (lambda a: linalg.pinv(a[:, :2]), S),
    "det": (lambda a: linalg.det(a), S),
    "norm": (lambda a: linalg.norm(a), M),
    "norm 1": (lambda x: linalg.norm(x, 1, axis=0), M),
    "cholesky": (lambda a: linalg.cholesky(a), P),
    "cholesky lower": (lambda a: linalg.cholesky(a, lower=True), P),
    "expm": (lambda a: linalg.expm(a), S / 3),
    "trapezoid": (lambda y: integrate.trapezoid(y), M),
    "trapezoid x": (lambda y, x: integrate.trapezoid(y, x), V, X),
    "trapezoid dx": (lambda y: integrate.trapezoid(y, dx=0.3, axis=0), M),
    "cumulative_trapezoid": (lambda y: integrate.cumulative_trapezoid(y), M),
    "cumulative_trapezoid x": (lambda y, x: integrate.cumulative_trapezoid(y, x, initial=0), M, X),
    "cumulative_trapezoid axis": (lambda y: integrate.cumulative_trapezoid(y, dx=0.3, axis=0), M),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right(name):
    function, *args = RIGHT[name]
    compare(function, tuple(args), ulps=200, order=1)
    jitted = cr.jit(lambda *xs: function(*xs))
    np.testing.assert_allclose(jitted(*args), function(*args), rtol=1e-12, atol=1e-14)


def test_libraries_and_plain_arguments_get_what_scipy_gives():
    def f(x):
        y = logsumexp(np.zeros(3))
        assert type(y) is np.float64
        z = special.softmax(np.array([1.0, 2.0]))
        z[0] = x  # what is made while tracing can be filled
        return np.sum(z) + y

    assert cr.grad(f)(1.0) == 1.0
    assert special.logsumexp.__module__.startswith("scipy") and logsumexp is special.logsumexp


REFUSED = {
    "special.comb": lambda x: special.comb(x, 2),
    "linalg.lu_factor": lambda x: linalg.lu_factor(S * x[0]),
    "linalg.toeplitz": lambda x: linalg.toeplitz(x),
    "stats.norm.logpdf": lambda x: stats.norm.logpdf(x),
    "stats.zscore": lambda x: stats.zscore(x),
    "integrate.simpson": lambda x: integrate.simpson(x),
    "integrate.quad": lambda x: integrate.quad(lambda t: t * x[0], 0, 1),
    "integrate.solve_ivp": lambda x: integrate.solve_ivp(lambda t, y: -y, (0, 1), x),
    "interpolate.interp1d": lambda x: interpolate.interp1d(np.arange(4.0), x)(1.5),
    "interpolate.CubicSpline": lambda x: interpolate.CubicSpline(np.arange(4.0), x),
    "optimize.minimize": lambda x: optimize.minimize(lambda p: np.sum((p - x) ** 2), np.zeros(4)),
    "signal.convolve": lambda x: signal.convolve(x, V),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    with pytest.raises(TraceError, match=f"^{name} would take the value.*derivative would be lost") as caught:
        cr.grad(lambda x: np.sum(REFUSED[name](x)))(V)
    assert "test_scipy_functions.py" in str(caught.value.where)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: special.logsumexp(x, return_sign=True)[0], "scipy.special.logsumexp with return_sign"),
        (lambda x: special.polygamma(x, 1.0), "scipy.special.polygamma of traced or several orders"),
        (lambda x: special.factorial(x, exact=True), "scipy.special.factorial of this kind"),
        (lambda x: linalg.solve(S * x[0], W, assume_a="banded"), "scipy.linalg.solve with assume_a='banded'"),
    ],
)
def test_what_the_answers_cannot_do(call, message):
    with pytest.raises(UnsupportedError, match=message):
        cr.grad(lambda x: np.sum(call(x)))(V)


def test_a_singular_triangle_can_be_handled():
    def f(a):
        try:
            return np.sum(linalg.solve_triangular(a, W, lower=True))
        except np.linalg.LinAlgError:
            return np.sum(a * a)

    singular = S.copy()
    singular[1, 1] = 0
    np.testing.assert_array_equal(cr.grad(f)(singular), 2 * singular)
    regular = S.copy()
    regular[0, 2] = np.inf  # is not read
    assert np.isfinite(cr.grad(f)(regular)).all()
