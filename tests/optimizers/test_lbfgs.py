"""L-BFGS on trees: by hand, against SciPy on vectors, and what it refuses."""

import itertools

import numpy as np
import pytest
import scipy.optimize

from chainrule.errors import ArgumentError, DtypeError
from chainrule.optimizers import lbfgs


def rosenbrock(p):
    x = p["first"], p["rest"][0], p["rest"][1]
    return sum(100 * (b - a**2) ** 2 + (1 - a) ** 2 for a, b in itertools.pairwise(x))


def test_the_first_steps_by_hand():
    # f = (x^2 + y^2) / 2 from (3, 4): the first trial is a step of length 1 against the gradient (3, 4), to
    # 4/5 (3, 4), where the slope along it has fallen to 4/5 of what it was, and less than 9/10 is asked for.
    # Gradients have changed by what x has, so the Hessian is known to be 1 along it, and the next step ends at 0.
    path = []
    keep = lambda p, value: path.append((p["x"], value))
    found, result = lbfgs.minimize(lambda p: (p["x"] @ p["x"]) / 2, {"x": np.array([3.0, 4.0])}, callback=keep)
    np.testing.assert_allclose(path[0][0], [2.4, 3.2], rtol=1e-15)
    assert path[0][1] == pytest.approx(8.0, rel=1e-15)
    np.testing.assert_allclose(path[1][0], 0.0, atol=1e-14)
    np.testing.assert_allclose(found["x"], 0.0, atol=1e-14)
    assert result.success and result.nit == 2 and result.x.shape == (2,)


def test_what_scipy_does_with_a_gradient_by_hand():
    start = {"first": np.array(-1.2), "rest": [np.array(1.0), np.array(0.5)]}
    found, result = lbfgs.minimize(rosenbrock, start, gtol=1e-9, ftol=1e-15)
    wanted = scipy.optimize.minimize(
        scipy.optimize.rosen,
        [-1.2, 1.0, 0.5],
        jac=scipy.optimize.rosen_der,
        method="L-BFGS-B",
        options={"gtol": 1e-9, "ftol": 1e-15},
    )
    np.testing.assert_allclose(result.x, wanted.x, rtol=1e-6)
    np.testing.assert_allclose([found["first"], *found["rest"]], 1.0, rtol=1e-6)
    assert type(found["rest"]) is list and found["first"].shape == ()
    np.testing.assert_array_equal(start["first"], -1.2)


def test_a_regression_ends_at_the_normal_equations():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 3)), rng.normal(size=40)
    mean_square = lambda p, x, y: np.mean((x @ p["w"] + p["b"] - y) ** 2)
    found, result = lbfgs.minimize(mean_square, {"w": np.zeros(3), "b": 0.0}, x, y, gtol=1e-10, ftol=0.0)
    wanted = np.linalg.lstsq(np.column_stack([x, np.ones(40)]), y)[0]
    np.testing.assert_allclose([*found["w"], found["b"]], wanted, rtol=1e-7)
    assert result.nfev < 50


def test_float32_stays_float32():
    start = [np.full(3, 2.0, np.float32), np.full(2, 2.0)]
    seen = set()

    def f(p):
        seen.add((p[0].dtype, p[1].dtype))
        return np.sum(p[0] ** 2) + np.sum((p[1] - 1) ** 2)

    found, result = lbfgs.minimize(f, start)
    assert seen == {(np.dtype(np.float32), np.dtype(np.float64))}
    assert [leaf.dtype for leaf in found] == [np.float32, np.float64]
    np.testing.assert_allclose(found[0], 0.0, atol=1e-5)
    assert result.success


def test_float32_alone():
    found, result = lbfgs.minimize(lambda p: np.sum((p - np.float32(0.5)) ** 2), np.full(3, 2.0, np.float32))
    assert found.dtype == np.float32 and result.x.dtype == np.float64 and result.success
    np.testing.assert_allclose(found, 0.5, rtol=1e-5)


def test_limits_end_the_search():
    _, result = lbfgs.minimize(rosenbrock, {"first": -1.2, "rest": [1.0, 1.0]}, maxiter=3)
    assert (result.nit, result.success) == (3, False)
    values = []

    def stop_after_two(parameters, value):
        values.append(value)
        if len(values) == 2:
            raise StopIteration

    found, result = lbfgs.minimize(rosenbrock, {"first": -1.2, "rest": [1.0, 1.0]}, callback=stop_after_two)
    assert result.nit == 2 and values[1] == result.fun < values[0]
    assert rosenbrock(found) == pytest.approx(result.fun, rel=1e-14)


def test_interruption_is_not_swallowed():
    def interrupt(parameters, value):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lbfgs.minimize(rosenbrock, {"first": -1.2, "rest": [1.0, 1.0]}, callback=interrupt)


@pytest.mark.parametrize(
    ("f", "parameters", "error", "message"),
    [
        (lambda p: np.sum(p), {"W": np.ones(2, int)}, DtypeError, r"parameters\['W'\] of dtype int64"),
        (lambda p: np.sum(p), [np.ones(2, np.longdouble)], DtypeError, r"searches in float64\n(.|\n)*parameters\[0\]"),
        (lambda p: 1.0, [], ArgumentError, "no parameters to minimize by"),
        (lambda p: np.sum(p[0]) * np.inf, [np.ones(2)], ArgumentError, "to minimize is inf where it starts"),
        (lambda p: np.sum(p[0]) * np.nan, [np.ones(2)], ArgumentError, "to minimize is nan where it starts"),
    ],
)
def test_what_it_refuses(f, parameters, error, message):
    with pytest.raises(error, match=message):
        lbfgs.minimize(f, parameters)
