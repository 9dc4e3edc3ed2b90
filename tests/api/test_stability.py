"""Every transform differentiates the stable form: where a naive formula overflows, its derivative is right."""

import numpy as np
import pytest

import chainrule as cr

# Of one number: the naive formula, points, values and slopes there, by hand.
NAIVE = {
    "softplus": (lambda x: np.log(1 + np.exp(x)), {1000.0: (1000.0, 1.0), -800.0: (0.0, 0.0), 0.0: (np.log(2), 0.5)}),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), {-400.0: (np.exp(-400), np.exp(-400)), 1000.0: (1.0, 0.0)}),
    "log of sigmoid": (lambda x: np.log(1 / (1 + np.exp(-x))), {-1000.0: (-1000.0, 1.0), 1000.0: (0.0, 0.0)}),
    "log of a sum": (lambda x: np.log(np.exp(x) + np.exp(0.5 * x)), {1000.0: (1000.0, 1.0), -2000.0: (-1000.0, 0.5)}),
}
CASES = [
    pytest.param(f, x, *expected, id=f"{name} at {x:g}")
    for name, (f, points) in NAIVE.items()
    for x, expected in points.items()
]


def zero_of(x):
    """0 that nobody can see to be 0."""
    return x - x


TRANSFORMS = {
    "grad": lambda f, x: cr.grad(f)(x),
    "value_and_grad": lambda f, x: cr.value_and_grad(f)(x)[1],
    "jvp": lambda f, x: cr.jvp(f, (x,), (1.0,))[1],
    "vjp": lambda f, x: cr.vjp(f, x)[1](1.0)[0],
    "linearize": lambda f, x: cr.linearize(f, x)[1](1.0),
    "jacobian": lambda f, x: cr.jacobian(f)(x).todense(),
    "elementwise_grad": lambda f, x: cr.elementwise_grad(f)(np.array([x]))[0],
    "hvp of an integral": lambda f, x: cr.hvp(lambda t: t[1] * f(t[0]))(np.array([x, 0.0]), np.array([0.0, 1.0]))[0],
    "hessian": lambda f, x: cr.hessian(lambda t: t[1] * f(t[0]))(np.array([x, 0.0])).todense()[0, 1],
    "grad in grad": lambda f, x: cr.grad(lambda a: a * cr.grad(f)(x + zero_of(a)))(2.0),
    "jvp in grad": lambda f, x: cr.grad(lambda a: cr.jvp(f, (x + zero_of(a),), (a,))[1])(2.0),
    "vjp in grad": lambda f, x: cr.grad(lambda a: cr.vjp(f, x + zero_of(a))[1](a)[0])(2.0),
    "linearize in grad": lambda f, x: cr.grad(lambda a: cr.linearize(f, x + zero_of(a))[1](a))(2.0),
    "grad in jvp": lambda f, x: cr.jvp(lambda a: a * cr.grad(f)(x + zero_of(a)), (2.0,), (1.0,))[1],
    "vmap of grad": lambda f, x: cr.vmap(cr.grad(f))(np.array([x, x]))[1],
    "backprop": lambda f, x: expanded(f)(x),
    "backprop twice": lambda f, x: expanded(lambda t: 0.5 * f(t) ** 2)(x) / f_value(f, x),
}


def expanded(f):
    x = cr.variable("x")
    return cr.Graph([x], [f(x)]).backprop("x")


def f_value(f, x):
    return cr.value_and_grad(f)(x)[0] or 1.0


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize(("f", "x", "value", "slope"), CASES)
def test_slope(f, x, value, slope, transform):
    if transform == "backprop twice" and abs(value) < 1e-150:
        pytest.skip("the square underflows")
    found = TRANSFORMS[transform](f, x)
    np.testing.assert_allclose(float(found), slope, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize(("f", "x", "value", "slope"), CASES)
def test_value(f, x, value, slope):
    for found in (cr.value_and_grad(f)(x)[0], cr.jvp(f, (x,), (1.0,))[0], cr.vjp(f, x)[0], cr.linearize(f, x)[0]):
        np.testing.assert_allclose(float(found), value, rtol=1e-12, atol=1e-300)


def test_what_does_not_depend_on_the_arguments_is_computed_once():
    calls = []
    slow = cr.operation(
        "counted_sine",
        lambda x: (calls.append(1), np.sin(x))[1],
        slopes=lambda y, x: np.cos(x),
    )

    def f(a):
        fixed = slow(a * 2)
        calls.clear()
        return cr.jvp(lambda x: x * fixed, (a,), (1.0,))[1]

    np.testing.assert_allclose(cr.grad(f)(0.5), 2 * np.cos(1.0))
    assert len(calls) == 1


def test_intermediate_variables_stay_on_the_way():
    x = cr.variable("x", shape=(3,))
    e = np.exp(x)
    g = cr.Graph([x], [np.log(np.sum(e))])
    dg = g.backprop(wrt=[e])
    np.testing.assert_allclose(dg([0.0, 0.0, 0.0]), np.full(3, 1 / 3))
