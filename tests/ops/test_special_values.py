"""Special functions and their slopes against mpmath, with the relative errors that we answer for.

Bounds are in units of the double precision epsilon. Where a value passes through 0 the error is measured against the
largest value nearby instead (`scale`).
"""

from __future__ import annotations

import subprocess
import sys

import mpmath as mp
import numpy as np
import pytest

from chainrule.arraytype import ArrayType
from chainrule.graph import Graph
from chainrule.interpret.forward import forward_propagation
from chainrule.ops import CATALOGUE, pull, push, special

EPS = float(np.finfo(float).eps)


def spaced(low, high, count=31):
    return np.linspace(low, high, count)


def powers(low, high, count=25):
    return np.logspace(low, high, count)


def both_sides(points):
    return np.concatenate([-points[::-1], [0.0], points])


EVERYWHERE = np.concatenate([spaced(-3.1, 3.3), both_sides(powers(-8, 2))])


def slope_of(function, x):
    """By a central difference with a relative step of 10^-20: right to 40 digits, if there are 60."""
    h = (abs(x) or 1) * mp.mpf(10) ** -20
    return (function(x + h) - function(x - h)) / (2 * h)


def curvature_of(function, x):
    h = (abs(x) or 1) * mp.mpf(10) ** -20
    return (function(x + h) - 2 * function(x) + function(x - h)) / h**2


def log_normal_cdf(x):
    return mp.log(mp.erfc(-x / mp.sqrt(2)) / 2)


def inverse(function, of_double):
    """The inverse of a function near the value that `of_double` finds in double precision."""
    return lambda p: mp.findroot(lambda x: mp.log(function(x) / p), mp.mpf(float(of_double(float(p)))))


# name: (reference, points, bound of the value, bound of the slope, scale)
ONE_ARGUMENT = {
    "expit": (lambda x: 1 / (1 + mp.exp(-x)), np.append(EVERYWHERE, [-700, 300]), 4, 4, 0),
    "log_expit": (lambda x: -mp.log1p(mp.exp(-x)), np.append(EVERYWHERE, [-700, 300]), 4, 4, 0),
    "softplus": (lambda x: mp.log1p(mp.exp(x)), np.append(EVERYWHERE, [-700, 300]), 4, 4, 0),
    "logit": (lambda x: mp.log(x / (1 - x)), np.append(powers(-300, -0.4), 1 - powers(-9, -0.5)), 8, 4, 0),
    "erf": (mp.erf, np.append(spaced(-5, 5), both_sides(powers(-8, 1))), 8, 200, 0),
    "erfc": (mp.erfc, np.append(spaced(-5, 5), both_sides(powers(-8, 1.4))), 2000, 2000, 0),
    "erfcx": (
        lambda x: mp.exp(x * x) * mp.erfc(x),
        np.concatenate([spaced(-5, 9), spaced(-25, -6, 5), both_sides(powers(-8, 1)), powers(1, 9)]),
        1500,
        1500,
        0,
    ),
    "erfinv": (mp.erfinv, np.append(spaced(-0.99, 0.99, 30), both_sides(powers(-8, -1))), 8, 30, 0),
    "erfcinv": (
        inverse(mp.erfc, CATALOGUE["erfcinv"]),
        np.append(spaced(0.05, 1.95), powers(-100, -2)),
        16,
        2000,
        1e-2,
    ),
    "ndtr": (mp.ncdf, np.append(spaced(-8, 8), both_sides(powers(-8, 1.5))), 2000, 1000, 0),
    "log_ndtr": (log_normal_cdf, np.concatenate([spaced(-30, 6), -powers(1, 9), both_sides(powers(-8, 0))]), 40, 40, 0),
    "ndtri": (
        inverse(mp.ncdf, CATALOGUE["ndtri"]),
        np.append(spaced(0.01, 0.98, 30), powers(-100, -2)),
        16,
        2000,
        1e-2,
    ),
    "ndtri_exp": (
        inverse(lambda x: mp.log(mp.ncdf(x)), CATALOGUE["ndtri_exp"]),
        np.append(-spaced(0.02, 30, 30), -powers(-6, 4)),
        100,
        2000,
        1e-2,
    ),
    "erfi": (mp.erfi, np.append(spaced(-5, 5), both_sides(powers(-8, 1))), 200, 200, 0),
    "loggamma": (mp.loggamma, np.append(spaced(0.1, 9.3), powers(-8, 9)), 40, 20, 1),
    "y0": (lambda x: mp.bessely(0, x), np.append(spaced(0.1, 9), powers(-8, 2)), 60, 60, 0.1),
    "y1": (lambda x: mp.bessely(1, x), np.append(spaced(0.1, 9), powers(-8, 2)), 60, 60, 0.1),
    "k0": (lambda x: mp.besselk(0, x), np.append(spaced(0.1, 9), powers(-8, 2)), 10, 10, 0),
    "k1": (lambda x: mp.besselk(1, x), np.append(spaced(0.1, 9), powers(-8, 2)), 10, 20, 0),
    "k0e": (lambda x: mp.exp(x) * mp.besselk(0, x), np.append(spaced(0.1, 9), powers(-8, 2)), 10, 2000, 0),
    "k1e": (lambda x: mp.exp(x) * mp.besselk(1, x), np.append(spaced(0.1, 9), powers(-8, 2)), 10, 2000, 0),
    "wrightomega": (lambda x: mp.lambertw(mp.exp(x)).real, np.append(spaced(-9, 9), powers(-8, 5)), 10, 10, 0),
    "gammaln": (lambda x: mp.log(abs(mp.gamma(x))), np.append(spaced(-4.7, 9.3), powers(-8, 9)), 40, 20, 1),
    "gamma": (mp.gamma, np.append(spaced(-4.7, 9.3), powers(-8, 2)), 10, 20, 0),
    "digamma": (lambda x: mp.psi(0, x), np.append(spaced(-4.7, 9.3), powers(-8, 9)), 20, 20, 1),
    "entr": (lambda x: -x * mp.log(x), np.append(spaced(0.02, 4), powers(-300, 8)), 4, 4, 1e-2),
    "expi": (mp.ei, np.append(spaced(-9, 9, 30), powers(-8, 2)), 10, 10, 1),
    "exp1": (mp.e1, np.append(spaced(0.1, 9), powers(-8, 2)), 10, 10, 0),
    "i0": (lambda x: mp.besseli(0, x), np.append(spaced(-9, 9), both_sides(powers(-8, 2.5))), 10, 10, 0),
    "i1": (lambda x: mp.besseli(1, x), np.append(spaced(-9, 9), both_sides(powers(-8, 2.5))), 10, 20, 0),
    "i0e": (lambda x: mp.besseli(0, x) * mp.exp(-abs(x)), np.append(spaced(-9, 9, 30), powers(-8, 6, 40)), 10, 400, 0),
    "i1e": (
        lambda x: mp.besseli(1, x) * mp.exp(-abs(x)),
        np.append(spaced(-9, 9, 30), powers(-8, 6, 40)),
        10,
        400,
        0.01,
    ),
    "j0": (lambda x: mp.besselj(0, x), np.append(spaced(-9, 9), powers(-8, 2)), 10, 10, 0.1),
    "j1": (lambda x: mp.besselj(1, x), np.append(spaced(-9, 9), powers(-8, 2)), 10, 10, 0.1),
    "sinc": (lambda x: mp.sinc(mp.pi * x), np.append(spaced(-2.6, 2.7), both_sides(powers(-9, 0))), 10, 20, 0.1),
}


def log_beta(a, b):
    return mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)


# name: (reference, points of the first argument, of the second, bound of the value, bound of the slopes, scale)
TWO_ARGUMENTS = {
    "betaln": (log_beta, powers(-3, 2, 7), powers(-3, 2, 7), 40, 2000, 1),
    "beta": (mp.beta, powers(-3, 1, 7), powers(-3, 1, 7), 60, 2e4, 0),  # psi(a) - psi(a + b) loses a / b
    "logaddexp": (
        lambda a, b: mp.log(mp.exp(a) + mp.exp(b)),
        np.append(spaced(-9, 9, 7), [1e8, -1e8]),
        np.append(spaced(-9, 9, 7), [1e8 + 1, 0.3 - 1e8]),
        8,
        8,
        0,
    ),
    "logaddexp2": (
        lambda a, b: mp.log(2**a + 2**b, 2),
        np.append(spaced(-9, 9, 7), [1e8, -1e8]),
        np.append(spaced(-9, 9, 7), [1e8 + 1, 0.3 - 1e8]),
        8,
        16,
        0,
    ),
    "xlog1py": (lambda a, b: a * mp.log1p(b), powers(-3, 2, 7), both_sides(powers(-8, -0.1, 4)), 4, 4, 0),
    "rel_entr": (lambda a, b: a * mp.log(a / b), powers(-8, 8, 7), powers(-7, 7, 7), 10, 10, 1),
    "kl_div": (
        lambda a, b: a * mp.log(a / b) - a + b,
        spaced(0.5, 2, 7),
        spaced(0.45, 2.1, 7),
        5000,
        10,
        0,
    ),  # SciPy subtracts a - b
    "log_ratio": (lambda a, b: mp.log(a / b), spaced(0.5, 2, 7), spaced(0.45, 2.1, 7), 10, 10, 0),
}

# name: (parameters, reference, points, bound of the value, bound of the slope, scale)
FAMILIES = [
    *[
        ("polygamma", {"order": n}, lambda x, n=n: mp.psi(n, x), np.append(spaced(-3.7, 9.3), powers(-3, 6)), 20, 20, 0)
        for n in range(1, 5)
    ],
    *[
        ("jv", {"order": n}, lambda x, n=n: mp.besselj(n, x), np.append(spaced(-9, 9), powers(-4, 2)), 40, 40, 0.1)
        for n in range(-1, 4)
    ],
    *[
        ("iv", {"order": n}, lambda x, n=n: mp.besseli(n, x), np.append(spaced(-9, 9.1), powers(-4, 2.5)), 40, 40, 0)
        for n in range(4)
    ],
    *[
        (
            "spherical_jn",
            {"order": n},
            lambda x, n=n: mp.sqrt(mp.pi / (2 * x)) * mp.besselj(n + mp.mpf(1) / 2, x),
            np.append(spaced(0.1, 9), powers(-4, 2)),
            60,
            60,
            0.1,
        )
        for n in range(4)
    ],
    *[
        (
            "erfcx_derivative",
            {"order": n},
            lambda x, n=n: mp.diff(lambda t: mp.exp(t * t) * mp.erfc(t), x, n),
            np.concatenate([spaced(-4, 9), powers(1, 5, 9)]),
            100 * 10**n,
            1000 * 10**n,
            0,
        )
        for n in range(3)
    ],
    *[
        (
            "ive",
            {"order": n, "derivative": m},
            lambda x, n=n, m=m: mp.diff(lambda t: mp.besseli(n, t) * mp.exp(-t), x, m),
            np.append(spaced(0.1, 9), powers(1, 3)),
            20 * 100**m,
            2000 * 100**m,
            1e-4 if n else 0,
        )
        for n in range(3)
        for m in range(2)
    ],
]


def slopes(operation, k, values, parameters):
    """dy/dx_k at many points at once; every entry of y depends on its own entries only."""
    y = np.asarray(operation.forward(*values, **parameters))
    (J,) = operation.local_jacobians(k, (y,), values, tuple(parameters.values()))
    return y, J.apply(np.ones_like(values[k]))


def assert_close(found, reference, bound, scale, points):
    for value, right, point in zip(found, reference, points, strict=True):
        error = abs(mp.mpf(float(value)) - right)
        size = max(abs(right), mp.mpf(scale))
        assert error <= bound * EPS * size, (
            f"at {point}: {value}, not {mp.nstr(right, 20)}: {float(error / size) / EPS:.3g} eps"
        )


@pytest.mark.parametrize("name", ONE_ARGUMENT)
def test_value_and_slope(name):
    reference, points, value_bound, slope_bound, scale = ONE_ARGUMENT[name]
    found, slope = slopes(CATALOGUE[name], 0, (points,), {})
    exact = [mp.mpf(float(x)) for x in points]
    # erf(30) differs from 1 by 10^-391, and its slope is taken by differences.
    with mp.workdps(450 if name in ("expit", "erf", "erfc", "erfcx", "ndtr", "log_ndtr") else 60):
        assert_close(found, [reference(x) for x in exact], value_bound, scale, points)
        assert_close(slope, [slope_of(reference, x) for x in exact], slope_bound, scale, points)


@pytest.mark.parametrize("name", TWO_ARGUMENTS)
def test_value_and_both_slopes(name):
    reference, first, second, value_bound, slope_bound, scale = TWO_ARGUMENTS[name]
    a, b = (grid.ravel() for grid in np.meshgrid(first, second))
    exact = [(mp.mpf(float(s)), mp.mpf(float(t))) for s, t in zip(a, b, strict=True)]
    with mp.workdps(60):
        for k, order in enumerate([(1, 0), (0, 1)]):
            found, slope = slopes(CATALOGUE[name], k, (a, b), {})
            assert_close(found, [reference(*point) for point in exact], value_bound, scale, exact)
            assert_close(slope, [mp.diff(reference, point, order) for point in exact], slope_bound, scale, exact)


@pytest.mark.parametrize(
    ("name", "parameters", "reference", "points", "value_bound", "slope_bound", "scale"),
    FAMILIES,
    ids=lambda each: (
        each if isinstance(each, str) else "-".join(map(str, each.values())) if isinstance(each, dict) else ""
    ),
)
def test_families(name, parameters, reference, points, value_bound, slope_bound, scale):
    found, slope = slopes(CATALOGUE[name], 0, (points,), parameters)
    with mp.workdps(60):
        exact = [mp.mpf(float(x)) for x in points]
        assert_close(found, [reference(x) for x in exact], value_bound, scale, points)
        assert_close(slope, [slope_of(reference, x) for x in exact], slope_bound, scale, points)


def test_every_operation_has_a_reference():
    declared = {value.name for value in vars(special).values() if getattr(value, "name", None) in CATALOGUE}
    borrowed = {"equal", "exp", "less", "log", "log1p", "where"}
    assert declared - borrowed == {*ONE_ARGUMENT, *TWO_ARGUMENTS, *(name for name, *_ in FAMILIES)}


def second_derivative(operation, x):
    """By back-propagation through the graph of back-propagation."""
    graph = Graph()
    v = graph.input(ArrayType.of(x))
    y = graph.append(operation, (v,))
    one = graph.constant(np.ones_like(x))
    slope = pull(y, 0, (one,))
    graph.outputs = [slope]
    tangents = {v.number: one}
    for u in graph.variables[v.number + 1 :]:
        if u.operation is not None and any(a.number in tangents for a in u.inputs):
            (dot,) = push(u, [tangents.get(a.number) for a in u.inputs])
            if dot is not None:
                tangents[u.number] = dot
        if u is slope:
            break
    with np.errstate(all="ignore"):
        return forward_propagation(graph, [x])[tangents[slope.number].number]


@pytest.mark.parametrize(
    ("name", "points", "bound"),
    [
        ("sinc", both_sides(powers(-9, -1)), 10),
        ("log_ndtr", np.append(spaced(-8, 6), -powers(1, 3)), 1e6),  # 1 + x g + g^2 loses x^2
        ("erfcx", np.append(spaced(-5, 9), powers(1, 6)), 1500),
        ("gammaln", np.append(spaced(-4.7, 9.3), powers(-3, 6)), 20),
        ("kl_div of b at a", None, 10),
    ],
)
def test_second_derivative(name, points, bound):
    if points is None:  # the distance of a distribution from itself: slope 0, curvature 1 / a
        a = np.array([0.1, 0.3, 0.6])
        _, slope = slopes(CATALOGUE["kl_div"], 0, (a, a), {})
        assert np.all(slope == 0)
        (J,) = CATALOGUE["log_ratio"].local_jacobians(0, (np.zeros(3),), (a, a))
        np.testing.assert_array_equal(J.apply(np.ones(3)), 1 / a)
        return
    reference = ONE_ARGUMENT[name][0]
    exact = [mp.mpf(float(x)) for x in points]
    with mp.workdps(120):
        assert_close(
            second_derivative(CATALOGUE[name], points), [curvature_of(reference, x) for x in exact], bound, 0, points
        )


def test_second_derivative_where_the_first_has_vanished():
    np.testing.assert_allclose(second_derivative(CATALOGUE["log_ndtr"], np.array([40.0, 300.0, 1e10])), 0, atol=1e-300)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("name", "x", "value", "slope"),
    [
        ("expit", np.inf, 1, 0),
        ("expit", -np.inf, 0, 0),
        ("log_expit", np.inf, 0, 0),
        ("softplus", -np.inf, 0, 0),
        ("softplus", 1e300, 1e300, 1),
        ("log_ndtr", 1e300, 0, 0),
        ("log_ndtr", -1e100, -5e199, 1e100),
        ("log_ndtr", 40.0, 0, 0),
        ("ndtr", -1e300, 0, 0),
        ("erfcx", np.inf, 0, 0),
        ("erfcx", -30.0, np.inf, -np.inf),
        ("erfinv", 1.0, np.inf, np.inf),
        ("entr", 0.0, 0, np.inf),
        ("logit", 0.0, -np.inf, np.inf),
        ("i0e", 0.0, 1, 0),
        ("i1e", 0.0, 0, 0.5),
        ("j1", 0.0, 0, 0.5),
        ("sinc", 0.0, 1, 0),
    ],
)
def test_the_ends_of_the_domain_warn_of_nothing(name, x, value, slope):
    found, derivative = slopes(CATALOGUE[name], 0, (np.array(x),), {})
    np.testing.assert_allclose([found, derivative], [value, slope], rtol=1e-13)


def test_zero_times_a_logarithm_is_flat():
    _, slope = slopes(CATALOGUE["xlog1py"], 1, (np.zeros(2), np.array([-1.0, 1.0])), {})
    np.testing.assert_array_equal(slope, [0, 0])


@pytest.mark.parametrize(
    ("name", "a", "b", "slope_by_a", "slope_by_b"),
    [
        ("logaddexp", np.inf, 1.0, 1, 0),
        ("logaddexp", 1.0, np.inf, 0, 1),
        ("logaddexp", -np.inf, 1.0, 0, 1),
        ("logaddexp", -np.inf, -np.inf, 0, 0),
        ("logaddexp2", -np.inf, -np.inf, 0, 0),
        ("rel_entr", 0.0, 2.0, -np.inf, 0),
        ("rel_entr", 0.0, 0.0, np.nan, 0),
        ("kl_div", 0.0, 2.0, -np.inf, 1),
        ("kl_div", 0.0, 0.0, np.nan, 1),
    ],
)
def test_slopes_where_logarithms_are_infinite(name, a, b, slope_by_a, slope_by_b):
    found = [slopes(CATALOGUE[name], k, (np.array(a), np.array(b)), {})[1] for k in (0, 1)]
    np.testing.assert_array_equal(found, [slope_by_a, slope_by_b])


@pytest.mark.parametrize("name", [*ONE_ARGUMENT, *TWO_ARGUMENTS])
def test_single_precision_stays_single(name):
    count = 1 if name in ONE_ARGUMENT else 2
    values = tuple(np.full(3, 0.4 + 0.1 * k, np.float32) for k in range(count))
    for k in range(count):
        found, slope = slopes(CATALOGUE[name], k, values, {})
        assert found.dtype == slope.dtype == np.float32


def test_importing_the_catalogue_does_not_import_scipy_special():
    program = "import sys, chainrule.ops.special; print('scipy.special' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "False\n"
    )
