"""Whose memory an array is in: nothing that a transform returns changes with what the caller does to arrays later."""

import numpy as np
import pytest

import chainrule as cr

LARGE = 300_000  # captured arrays of so many numbers are not copied while a function is traced


def point():
    return np.array([1.0, 2.0, 3.0])


def arrays_of(*found):
    """All arrays in some results."""
    arrays, waiting = [], list(found)
    while waiting:
        each = waiting.pop()
        if isinstance(each, np.ndarray):
            arrays.append(each)
        elif isinstance(each, (tuple, list)):
            waiting.extend(each)
    return arrays


RESULTS = {
    "grad": lambda x, c: cr.grad(lambda x: x @ c)(x),
    "value_and_grad with aux": lambda x, c: cr.value_and_grad(lambda x: (x @ c, (x, c * x)), has_aux=True)(x),
    "grad by two": lambda x, c: cr.grad(lambda a, b: np.sum((a + b) ** 2), argnums=(0, 1))(x, c),
    "grad of a tree": lambda x, c: cr.grad(lambda p: np.sum(p[0] + p[1]))([x, c]),
    "grad of a constant": lambda x, c: [cr.grad(lambda x: 1.0)(x) for _ in range(2)],
    "jvp": lambda x, c: cr.jvp(lambda x: (x, x, c, x * c), (x,), (c,)),
    "vjp": lambda x, c: cr.vjp(lambda x: (x, x + c), x)[0],
    "pullback": lambda x, c: [cr.vjp(lambda a, b: a + b, x, x)[1](c) for _ in range(2)],
    "the same pullback": lambda x, c: (lambda pullback: [pullback(1.0) for _ in range(2)])(
        cr.vjp(lambda x: x @ c, x)[1]
    ),
    "a pullback to zero": lambda x, c: (lambda pullback: [pullback(1.0) for _ in range(2)])(
        cr.vjp(lambda x: 1.0, x)[1]
    ),
    "linearize": lambda x, c: (lambda y, push: [y, push(c), push(c)])(*cr.linearize(lambda x: x, x)),
    "hvp": lambda x, c: cr.hvp(lambda x: np.sum(x**2))(x, c),
    "elementwise_grad": lambda x, c: cr.elementwise_grad(lambda x: x * c)(x),
    "vmap": lambda x, c: cr.vmap(lambda x: x)(x),
    "unravel": lambda x, c: cr.ravel([x, c])[1](np.concatenate([x, c])),
    "within another transform": lambda x, c: cr.grad(lambda t: (t * 1.0, cr.vjp(lambda a: a, x)), has_aux=True)(2.0)[1][
        0
    ],
}


@pytest.mark.parametrize("name", RESULTS)
def test_results_share_no_memory(name):
    x, c = point(), point()
    arrays = arrays_of(RESULTS[name](x, c))
    assert arrays
    for k, array in enumerate(arrays):
        assert array.flags.writeable
        assert not any(np.shares_memory(array, other) for other in (x, c, *arrays[:k]))


def test_a_gradient_that_is_changed_does_not_change_the_next():
    first = cr.grad(lambda x: 1.0)(point())
    first[:] = 7.0
    np.testing.assert_array_equal(cr.grad(lambda x: 1.0)(point()), np.zeros(3))


def test_gradients_of_arrays_without_axes_are_two():
    first, second = cr.grad(lambda x, y: x + y, argnums=(0, 1))(np.array(2.0), np.array(3.0))
    first += 1.0
    assert (first, second) == (2.0, 1.0)


def test_a_pullback_remembers_its_point():
    x = point()
    y, pullback = cr.vjp(lambda x: x**2, x)
    x[:], y[:] = 100.0, -1.0
    np.testing.assert_array_equal(pullback(np.ones(3))[0], [2.0, 4.0, 6.0])


def test_a_linear_map_remembers_its_point():
    x = point()
    _, push = cr.linearize(lambda x: x**2, x)
    x[:] = 100.0
    np.testing.assert_array_equal(push(np.ones(3)), [2.0, 4.0, 6.0])


def test_jacobians_remember_their_point():
    x, y = point(), point()
    by_x, by_y = cr.jacobian(lambda x, y: x * y, argnums=(0, 1))(x, y)
    H = cr.hessian(lambda x: np.sum(x**3))(x)
    x[:] = y[:] = 100.0
    for J in (by_x, by_y):
        np.testing.assert_array_equal(np.asarray(J), np.diag([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(np.asarray(H), 6 * np.diag([1.0, 2.0, 3.0]))


@pytest.mark.parametrize(
    "later",
    [
        lambda f, x: (lambda pullback: lambda: pullback(np.ones(LARGE))[0])(cr.vjp(f, x)[1]),
        lambda f, x: (lambda push: lambda: push(np.ones(LARGE)))(cr.linearize(f, x)[1]),
        lambda f, x: (lambda J: lambda: J @ np.ones(LARGE))(cr.jacobian(f)(x)),
        lambda f, x: (lambda g: lambda: g(np.ones(LARGE)))(cr.trace(f, x)),
        lambda f, x: (lambda v: (lambda g: lambda: g(np.ones(LARGE)))(cr.Graph([v], [f(v)])))(cr.variable("x", LARGE)),
    ],
    ids=["pullback", "linear map", "jacobian", "trace", "graph"],
)
def test_large_captured_arrays_are_remembered(later):
    factor = np.full(LARGE, 2.0)
    result = later(lambda x: x * factor, np.ones(LARGE))
    factor[:] = 5.0
    np.testing.assert_array_equal(result()[:3], [2.0, 2.0, 2.0])


def test_symbolic_variables_remember_what_they_have_met():
    factor, x = np.full(LARGE, 2.0), cr.variable("x", LARGE)
    y = x * factor
    factor[:] = 5.0
    np.testing.assert_array_equal(cr.Graph([x], [y])(np.ones(LARGE))[:3], [2.0, 2.0, 2.0])


def test_arguments_are_not_changed_by_a_function_that_writes_to_them():
    def f(x):
        x[0] = 5.0
        x += 1.0
        return np.sum(x * x)

    x = point()
    np.testing.assert_array_equal(cr.grad(f)(x), [0.0, 6.0, 8.0])
    np.testing.assert_array_equal(x, point())
    tree = {"a": x, "b": [x]}

    def g(p):
        p["a"] *= 2.0
        p["b"].append(1.0)
        return np.sum(p["a"]) + np.sum(p["b"][0])

    cr.value_and_grad(g)(tree)
    np.testing.assert_array_equal(x, point())
    assert len(tree["b"]) == 1


def test_a_black_box_that_writes_to_its_argument_spoils_nothing():
    @cr.custom_gradient
    def doubled(x):
        x *= 2.0
        return x, lambda y_bar: 2.0 * y_bar

    x = point()
    np.testing.assert_array_equal(cr.grad(lambda x: np.sum(doubled(x) * x))(x), [4.0, 8.0, 12.0])
    np.testing.assert_array_equal(cr.grad(lambda x: (lambda h: np.sum(doubled(h) * h))(x * 1.0))(x), [4.0, 8.0, 12.0])
    np.testing.assert_array_equal(x, point())


def test_vmap_hands_out_samples_that_may_be_written_to():
    def f(row, shared):
        row[0] = 9.0
        return row + shared

    rows, shared = np.ones((2, 2)), point()[:2]
    np.testing.assert_array_equal(cr.vmap(f, in_axes=(0, None))(rows, shared), [[10.0, 3.0], [10.0, 3.0]])
    np.testing.assert_array_equal(rows, np.ones((2, 2)))

    def spoil(row, shared):
        shared[0] = 9.0
        return row

    with pytest.raises(ValueError, match="read-only"):
        cr.vmap(spoil, in_axes=(0, None))(rows, shared)


def test_forward_propagation_remembers_its_inputs():
    v = cr.variable("x", 3)
    g = cr.Graph([v], [np.sum(v * v)])
    x = point()
    values = g.forward(x=x)
    x[:] = 100.0
    np.testing.assert_array_equal(values["x"], point())
    np.testing.assert_array_equal(g.backward(values)["x"], 2 * point())


def test_a_graph_shares_no_memory_with_its_results():
    v = cr.variable("x", 3)
    x = point()
    same = cr.Graph([v], [v])
    assert not np.shares_memory(same(x), x)
    constant = cr.trace(lambda x: np.ones(3) + 0 * 1.0, x)
    constant(x)[:] = 9.0
    np.testing.assert_array_equal(constant(x), np.ones(3))
    seed = point()
    table = same.backward(same.forward(x), [seed])
    seed[:] = 0.0
    np.testing.assert_array_equal(table["x"], point())
    derivative = same.backprop("x", seeds=[(seed := point())])
    seed[:] = 0.0
    np.testing.assert_array_equal(derivative(x), point())
