"""Derivatives of draws by the parameters of their distribution, against quantile functions and known expectations."""

import numpy as np
import pytest
from mpmath import mp
from scipy import stats

import chainrule as cr

KEY = cr.random.key(11)
SHAPE = (400,)


def uniforms(key, shape):
    """The probability at which a draw of the key is a quantile, and its distance from 1."""
    z = cr.random.normal(key, shape)
    return stats.norm.cdf(z), stats.norm.sf(z)


def central(quantile, x, h=1e-5):
    return (8 * (quantile(x + h) - quantile(x - h)) - quantile(x + 2 * h) + quantile(x - 2 * h)) / (12 * h)


def weibull(scale, concentration):
    return stats.weibull_min(concentration, scale=scale)


def between(low, high):
    return stats.uniform(low, high - low)


# A draw of one parameter, its values, and the distribution of SciPy with the same parameter.
random = cr.random
QUANTILES = {
    "gamma": (random.gamma, (0.05, 0.4, 1.0, 3.7, 80.0), stats.gamma),
    "loggamma": (random.loggamma, (0.3, 1.0, 3.7, 80.0), stats.loggamma),
    "chisquare": (random.chisquare, (0.7, 5.0), stats.chi2),
    "pareto": (random.pareto, (0.8, 3.0), stats.pareto),
    "lognormal": (random.lognormal, (0.3, 1.2), stats.lognorm),
    "rayleigh": (random.rayleigh, (0.5, 2.0), lambda s: stats.rayleigh(scale=s)),
    "weibull scale": (lambda k, s, n: random.weibull_min(k, s, 1.5, n), (0.5, 2.0), lambda s: weibull(s, 1.5)),
    "weibull shape": (lambda k, c, n: random.weibull_min(k, 2.0, c, n), (0.7, 3.0), lambda c: weibull(2, c)),
    "truncated lower": (
        lambda k, a, n: random.truncated_normal(k, a, 1.5, n),
        (-2.0, 1.2),
        lambda a: stats.truncnorm(a, 1.5),
    ),
    "truncated upper": (
        lambda k, b, n: random.truncated_normal(k, -0.5, b, n),
        (0.1, 4.0),
        lambda b: stats.truncnorm(-0.5, b),
    ),
    "uniform lower": (lambda k, a, n: random.uniform(k, n, float, a, 3.0), (-1.0,), lambda a: between(a, 3.0)),
    "uniform upper": (lambda k, b, n: random.uniform(k, n, float, -1.0, b), (2.0,), lambda b: between(-1.0, b)),
}


@pytest.mark.parametrize("name", QUANTILES)
def test_the_derivative_of_a_draw_is_that_of_its_quantile(name):
    draw, points, distribution = QUANTILES[name]
    p, q = uniforms(KEY, SHAPE)
    if name.startswith("truncated"):  # drawn from the nearer tail, so its order may be turned
        p = q = None
    for x in points:
        draws, found = cr.jvp(lambda x: draw(KEY, x, SHAPE), (x,), (1.0,))
        if p is None:
            below, above = distribution(x).cdf(draws), distribution(x).sf(draws)
        else:
            below, above = p, q

        def quantile(x):
            law = distribution(x)
            return np.where(below < 0.5, law.ppf(below), law.isf(above))

        np.testing.assert_allclose(draws, quantile(x), rtol=1e-9, atol=1e-11)
        expected = central(quantile, x, 1e-3 * x if name in ("gamma", "loggamma", "chisquare") else 1e-4)
        np.testing.assert_allclose(found, expected, rtol=2e-6, atol=1e-9 * np.abs(expected).max())


@pytest.mark.parametrize("a", [1e-3, 0.3, 2.0, 50.0, 1e4])
def test_gamma_against_50_digits(a):
    """dx/da = -(dP/da) / (dP/dx) with both of them by mpmath."""
    keys = cr.random.split(KEY, 4)
    with mp.workdps(50):
        for key in keys:
            y, y_dot = cr.jvp(lambda a: cr.random.loggamma(key, a), (a,), (1.0,))
            z, A = mp.exp(mp.mpf(float(y))), mp.mpf(a)
            by_shape = mp.diff(lambda s: mp.gammainc(s, 0, z, regularized=True), A, h=A * mp.mpf(10) ** -15)
            density = mp.exp(A * mp.log(z) - z - mp.loggamma(A))
            assert float(y_dot) == pytest.approx(float(-by_shape / density), rel=1e-11)


def test_second_derivatives_of_gamma():
    def f(a):
        return np.sum(np.sin(cr.random.gamma(KEY, a, (20,))))

    for a in (0.6, 4.0):
        h = 1e-3
        expected = central(cr.grad(f), a, h)
        assert cr.grad(cr.grad(f))(a) == pytest.approx(expected, rel=1e-8)
        third = cr.grad(cr.grad(cr.grad(f)))(a)
        assert third == pytest.approx(central(cr.grad(cr.grad(f)), a, h), rel=1e-7)


# d E[g(draw)] / d parameter is known.
EXPECTATIONS = {
    "gamma mean": (lambda k, a, n: cr.random.gamma(k, a, n), 2.5, 1.0),
    "gamma square": (lambda k, a, n: cr.random.gamma(k, a, n) ** 2, 2.5, 6.0),  # a (a + 1)
    "beta mean by a": (lambda k, a, n: cr.random.beta(k, a, 3.0, n), 2.0, 3 / 25),
    "beta mean by b": (lambda k, b, n: cr.random.beta(k, 2.0, b, n), 3.0, -2 / 25),
    "dirichlet": (lambda k, a, n: cr.random.dirichlet(k, np.array([a, 2.0, 3.0]), n)[..., 0], 1.0, 5 / 36),
    "chisquare": (lambda k, a, n: cr.random.chisquare(k, a, n), 4.0, 1.0),
    "t square": (lambda k, a, n: cr.random.t(k, a, n) ** 2, 12.0, -2 / 100),  # df / (df - 2)
    "normal": (lambda k, s, n: (1.0 + s * cr.random.normal(k, n)) ** 2, 0.7, 1.4),
    "laplace": (lambda k, s, n: np.abs(s * cr.random.laplace(k, n)), 0.7, 1.0),
    "logistic": (lambda k, s, n: (s * cr.random.logistic(k, n)) ** 2, 1.0, 2 * np.pi**2 / 3),
    "gumbel": (lambda k, s, n: s * cr.random.gumbel(k, n), 1.0, np.euler_gamma),
    "exponential": (lambda k, s, n: (s * cr.random.exponential(k, n)) ** 2, 0.5, 2.0),
}


@pytest.mark.parametrize("name", EXPECTATIONS)
def test_the_derivative_of_an_expectation(name):
    sample, x, expected = EXPECTATIONS[name]
    found = cr.jvp(lambda x: sample(KEY, x, (60_000,)), (x,), (1.0,))[1]
    error = found.std() / np.sqrt(found.size)
    assert abs(found.mean() - expected) < 5 * error
    assert error < 0.05 * max(abs(expected), 0.1)


def test_multivariate_normal_by_mean_and_covariance():
    cov = np.array([[2.0, 0.6], [0.6, 1.0]])
    weights = np.array([1.0, -2.0])

    def f(mean, cov):
        return np.mean((cr.random.multivariate_normal(KEY, mean, cov, (40_000,)) @ weights) ** 2)

    by_mean, by_cov = cr.grad(f, argnums=(0, 1))(np.array([0.5, 0.2]), cov)
    np.testing.assert_allclose(by_mean, 2 * (weights @ [0.5, 0.2]) * weights, atol=0.1)
    np.testing.assert_allclose((by_cov + by_cov.T) / 2, np.outer(weights, weights), atol=0.1)
    cr.check_grads(lambda m, c: cr.random.multivariate_normal(KEY, m, c @ c.T, (3,)), (np.zeros(2), cov))


def test_gradients_go_through_what_is_permuted_and_chosen():
    x = np.arange(5.0)
    np.testing.assert_array_equal(
        cr.grad(lambda x: np.sum(cr.random.permutation(KEY, x) * np.arange(5.0)))(x),
        np.argsort(cr.random.permutation(KEY, 5)).astype(float),
    )
    counts = np.bincount(cr.random.choice(KEY, 5, (20,)), minlength=5)
    np.testing.assert_array_equal(cr.grad(lambda x: np.sum(cr.random.choice(KEY, x, (20,))))(x), counts)


def test_float32_parameters_have_float32_gradients():
    a = np.float32(1.5)
    assert cr.grad(lambda a: cr.random.gamma(KEY, a, dtype=np.float32))(a).dtype == np.float32
    assert cr.grad(lambda a: cr.random.gamma(KEY, a))(a) == pytest.approx(
        cr.grad(lambda a: cr.random.gamma(KEY, a))(1.5), rel=1e-6
    )


def test_all_modes_and_orders_agree():
    a = np.array([0.5, 2.0, 9.0])
    cr.check_grads(lambda a: cr.random.gamma(KEY, a), (a,))
    cr.check_grads(lambda a: cr.random.beta(KEY, a, 2.0), (a,))
    cr.check_grads(lambda a: cr.random.dirichlet(KEY, a), (a,))
    cr.check_grads(lambda lower, upper: cr.random.truncated_normal(KEY, lower, upper, (4,)), (-0.5, 1.2))
    J = cr.jacobian(lambda a: cr.random.gamma(KEY, a))(a)
    assert str(J.structure) == "diagonal"


def test_draws_of_a_key_that_is_traced_have_the_same_gradients():
    def f(key, a):
        return np.sum(cr.random.gamma(key, a, (4,)) * cr.random.normal(key, (4,)))

    expected = cr.grad(lambda a: f(KEY, a))(1.5)
    traced_key = cr.grad(lambda a: cr.scan(lambda c, k: (c + f(k, a), None), 0.0, KEY[None])[0])(1.5)
    assert traced_key == pytest.approx(expected, rel=1e-13)
    assert cr.jit(cr.grad(f, argnums=1))(KEY, 1.5) == pytest.approx(expected, rel=1e-13)
