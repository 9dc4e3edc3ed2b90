"""Zero absorbs, in both modes and in second order: what is not taken puts no nan into any derivative."""

import numpy as np
import pytest

import chainrule as cr

X = np.array([-1.0, 0.0, 2.0])
E2 = np.exp(0.5)

# f from R^3 to R^3, entry by entry; its slopes and its curvatures at X, by hand
BRANCHES = {
    "log": (lambda x: np.where(x > 0, np.log(x), 0.0), [0, 0, 0.5], [0, 0, -0.25]),
    "log in a product": (lambda x: np.where(x > 0, x * np.log(x), 0.0), [0, 0, np.log(2) + 1], [0, 0, 0.5]),
    "reciprocal": (lambda x: np.where(x != 0, 1 / x, 0.0), [-1, 0, -0.25], [-2, 0, 0.25]),
    "root": (lambda x: np.where(x > 0, np.sqrt(x), 0.0), [0, 0, 0.5 / 2**0.5], [0, 0, -0.25 / 2**1.5]),
    "power": (lambda x: np.where(x > 0, x**1.5, 0.0), [0, 0, 1.5 * 2**0.5], [0, 0, 0.75 / 2**0.5]),
    "sine over x": (
        lambda x: np.where(x == 0, 1.0, np.sin(x) / x),
        [-np.cos(1) + np.sin(1), 0, np.cos(2) / 2 - np.sin(2) / 4],
        [-np.sin(1) + 2 * (np.sin(1) - np.cos(1)), 0, -np.sin(2) / 2 - np.cos(2) / 2 + np.sin(2) / 4],
    ),
    "exponential of a reciprocal": (
        lambda x: np.where(x > 0, np.exp(1 / x), 0.0),
        [0, 0, -E2 / 4],
        [0, 0, E2 / 16 + E2 / 4],
    ),
    "select": (lambda x: np.select([x > 0, x < 0], [np.log(x), np.log(-x)], 7.0), [-1, 0, 0.5], [-1, 0, -0.25]),
    "masked sum": (lambda x: np.log(x).sum(where=x > 0) * np.array([0, 0, 1.0]), [0, 0, 0.5], [0, 0, -0.25]),
    "running sum": (lambda x: np.cumsum(np.where(x > 0, np.log(x), 0.0)), [0, 0, 0.5], [0, 0, -0.25]),
    "weighted": (lambda x: np.where(x > 0, np.log(x), 0.0) * np.where(x > 0, 3.0, 0.0), [0, 0, 1.5], [0, 0, -0.75]),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of the values that are not taken
@pytest.mark.parametrize("name", sorted(BRANCHES))
def test_every_derivative_is_finite(name):
    f, slopes, curvatures = BRANCHES[name]

    def total(x):
        return np.sum(f(x))

    first, second = np.array(slopes, float), np.diag(np.array(curvatures, float))
    units = np.eye(3)
    found = {
        "reverse": cr.grad(total)(X),
        "forward": np.array([cr.jvp(total, (X,), (e,))[1] for e in units]),
        "pullback": cr.vjp(total, X)[1](1.0)[0],
    }
    for mode in ("forward", "reverse"):
        found[f"Jacobian {mode}"] = cr.jacobian(f, mode=mode)(X).todense().sum(axis=0)
    for way, value in found.items():
        np.testing.assert_allclose(value, first, rtol=1e-13, atol=1e-15, err_msg=way)
    found = {
        "reverse over reverse": cr.hessian(total)(X).todense(),
        "forward over reverse": np.array([cr.hvp(total)(X, e) for e in units]),
        "all at once": np.diag(cr.hvp(total)(X, np.ones(3))),
        "reverse over forward": np.array([cr.grad(lambda x, e=e: cr.jvp(total, (x,), (e,))[1])(X) for e in units]),
        "forward over forward": np.array(
            [[cr.jvp(lambda x, e=e: cr.jvp(total, (x,), (e,))[1], (X,), (d,))[1] for d in units] for e in units]
        ),
    }
    for way, value in found.items():
        np.testing.assert_allclose(value, second, rtol=1e-13, atol=1e-15, err_msg=way)


def test_a_row_that_is_masked_throughout():
    """Nothing is a sum of nothing: the derivative is zero, as in PyTorch."""
    x = np.array([[0.0, 1.0], [2.0, 3.0]])
    mask = np.array([[True, True], [False, False]])

    def f(x):
        y = np.log(np.sum(np.exp(np.where(mask, x, -np.inf)), axis=1))
        return np.where(mask.any(axis=1), y, 0.0).sum()

    share = 1 / (1 + np.exp(1))
    np.testing.assert_allclose(cr.grad(f)(x), [[share, 1 - share], [0, 0]], rtol=1e-15)
    np.testing.assert_array_equal(cr.grad(lambda x: np.sum(np.logaddexp.reduce(x)))(np.full(3, -np.inf)), np.zeros(3))


def through_a_product(p):
    """The first row of the product is not taken, and its slope is infinite."""
    A = np.sqrt(np.outer(p["x"], np.ones(2)))
    return np.sum(np.where(p["x"] > 0, (A @ p["b"]) ** 2, 0.0))


def test_matrix_products_in_forward_over_reverse():
    # Where x is positive it is x (b0 + b1)^2. At x = (0, 4), b = (1, 2): by b 2 x (b0 + b1) = 24, by x 9; along ones
    # in x and b: 2 (b0 + b1) + 2 x 2 = 22 and 2 (b0 + b1) 2 = 12.
    p, ones = {"x": np.array([0.0, 4.0]), "b": np.array([1.0, 2.0])}, {"x": np.ones(2), "b": np.ones(2)}
    gradient, product = cr.grad(through_a_product)(p), cr.hvp(through_a_product)(p, ones)
    np.testing.assert_allclose(gradient["b"], [24, 24])
    np.testing.assert_allclose(gradient["x"], [0, 9])
    np.testing.assert_allclose(product["b"], [22, 22])
    np.testing.assert_allclose(product["x"], [0, 12])
    with np.errstate(all="ignore"):  # the slope of the root is computed, and is infinite
        again = cr.grad(lambda q: sum(np.sum(cr.grad(through_a_product)(q)[name]) for name in q))(p)
    np.testing.assert_allclose(again["b"], [22, 22])
    np.testing.assert_allclose(again["x"], [0, 12])
    reverse = cr.jvp(lambda q: cr.vjp(through_a_product, q)[1](1.0)[0], (p,), (ones,))[1]
    np.testing.assert_allclose(reverse["b"], [22, 22])
