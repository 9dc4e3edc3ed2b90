"""The graphs of the lecture: examples (a) to (d), values and gradients by the table and by the expansion."""

import pickle

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import TraceError


def test_a_product():
    x, y = cr.variable("x"), cr.variable("y")
    g = cr.Graph([x, y], [x * y])
    values = g.forward(x=3.0, y=4.0)
    table = g.backward(values)
    assert (g(3.0, 4.0), table["x"], table["y"]) == (12.0, 4.0, 3.0)
    assert table[g.outputs[0]] == 1.0
    assert g.backprop(wrt=["x", "y"])(3.0, 4.0) == [4.0, 3.0]


def test_b_logistic_unit():
    x, w, b = cr.variable("x", shape=(3,)), cr.variable("w", shape=(3,)), cr.variable("b")
    g = cr.Graph([x, w, b], [1 / (1 + np.exp(-(w @ x + b)))])
    given = {"x": np.array([1.0, -2.0, 0.5]), "w": np.array([0.3, 0.2, -1.0]), "b": 0.1}
    y = 1 / (1 + np.exp(-(given["w"] @ given["x"] + given["b"])))
    values = g.forward(**given)
    table = g.backward(values)
    np.testing.assert_allclose(values[g.outputs[0]], y)
    np.testing.assert_allclose(table["w"], y * (1 - y) * given["x"])
    np.testing.assert_allclose(table["b"], y * (1 - y))
    by_graph = g.backprop(wrt=["w", "b"])
    for found, expected in zip(by_graph(**given), (table["w"], table["b"]), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_c_relu_layer_on_a_batch():
    X, W, b = cr.variable("X", shape=(4, 3)), cr.variable("W", shape=(3, 2)), cr.variable("b", shape=(2,))
    g = cr.Graph([X, W, b], [np.maximum(0, X @ W + b)])
    rng = np.random.default_rng(0)
    given = {"X": rng.normal(size=(4, 3)), "W": rng.normal(size=(3, 2)), "b": np.zeros(2)}
    seed = rng.normal(size=(4, 2))
    table = g.backward(g.forward(**given), [seed])
    mask = given["X"] @ given["W"] > 0
    np.testing.assert_allclose(table["W"], given["X"].T @ (seed * mask))
    np.testing.assert_allclose(table["b"], (seed * mask).sum(0))
    np.testing.assert_allclose(table["X"], (seed * mask) @ given["W"].T)


def test_d_two_outputs_each_seeded():
    x, w, penalty = cr.variable("x", shape=(3,)), cr.variable("w", shape=(3,)), cr.variable("penalty")
    prediction, cost = x @ w, penalty * np.sum(w**2)
    g = cr.Graph([x, w, penalty], [prediction, cost])
    given = {"x": np.array([1.0, 2.0, 3.0]), "w": np.array([0.5, -1.0, 2.0]), "penalty": 0.1}
    values = g.forward(**given)
    first, second = (g.backward(values, seeds)["w"] for seeds in ([1.0, 0.0], [0.0, 1.0]))
    np.testing.assert_allclose(first, given["x"])
    np.testing.assert_allclose(second, 2 * 0.1 * given["w"])
    np.testing.assert_allclose(g.backward(values, [1.0, 1.0])["w"], first + second)
    with_seeds = g.backprop(wrt="w", seeds="inputs")
    assert len(with_seeds.inputs) == 5
    np.testing.assert_allclose(with_seeds(*given.values(), 2.0, 3.0), 2 * first + 3 * second)


def test_gradient_by_an_inner_variable():
    x = cr.variable("x")
    h = np.sin(x)
    g = cr.Graph([x], [h * h])
    values = g.forward(x=0.3)
    inner = g.outputs[0].inputs[0]
    assert g.backward(values)[inner] == pytest.approx(2 * np.sin(0.3))
    assert g.backprop(wrt=[inner])(0.3) == pytest.approx(2 * np.sin(0.3))


def test_no_path_is_zero_and_says_so():
    x, y = cr.variable("x"), cr.variable("y", shape=(2,))
    g = cr.Graph([x, y], [x * x])
    table = g.backward(g.forward(x=1.0, y=np.ones(2)))
    np.testing.assert_array_equal(table["y"], [0.0, 0.0])
    assert not table.reached("y") and table.reached("x")
    np.testing.assert_array_equal(g.backprop(wrt="y")(1.0, np.ones(2)), [0.0, 0.0])


def test_the_same_variable_twice_counts_twice():
    x = cr.variable("x", shape=(3,))
    g = cr.Graph([x], [x @ x])
    point = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(g.backward(g.forward(point))["x"], 2 * point)
    np.testing.assert_allclose(g.backprop(wrt="x")(point), 2 * point)


def test_gradient_of_a_gradient_is_a_graph():
    x = cr.variable("x")
    g = cr.Graph([x], [np.sin(x) * x])
    second = g.backprop(wrt="x").backprop(wrt="x")
    assert second(0.7) == pytest.approx(2 * np.cos(0.7) - 0.7 * np.sin(0.7))


def test_text_and_json_and_dot():
    X, W = cr.variable("X", shape=(4, 3)), cr.variable("W", shape=(3, 2))
    g = cr.Graph([X, W], [np.sum(np.tanh(X @ W))], name="layer")
    again = cr.Graph.from_text(g.to_text())
    assert again.to_text() == g.to_text()
    assert cr.Graph.from_json(g.to_json()).to_text() == g.to_text()
    assert "digraph" in g.to_dot() and "tanh" in g.to_dot()
    assert repr(g) == "<Graph layer(X: f64[4,3], W: f64[3,2]) -> (f64[]), 5 variables>"
    given = np.random.default_rng(0).normal(size=(4, 3)), np.ones((3, 2))
    np.testing.assert_array_equal(again(*given), g(*given))


def test_trace_names_trees_and_closures():
    A = np.arange(6.0).reshape(2, 3)
    g = cr.trace(lambda p, x: A @ p["w"] + x, {"w": np.ones(3), "b": 1.0}, np.zeros(2))
    assert len(g.inputs) == 3
    assert [v.type.shape for v in g.inputs] == [(), (3,), (2,)]
    A[:] = 0  # the graph has captured what it was
    np.testing.assert_array_equal(g(1.0, np.ones(3), np.zeros(2)), [3.0, 12.0])


def test_symbolic_variables_of_one_thread_meet():
    a = cr.variable("a", shape=2)
    b = cr.variable("b", shape=(2, 2), dtype=np.float32)
    assert (b @ a).shape == (2,) and (b @ a).dtype == np.float64
    assert "a" in repr(a)


def test_graph_of_a_branch_refuses_values_of_the_other():
    def f(x):
        return x * x if x > 0 else -x

    g = cr.trace(f, 2.0)
    for graph in (g, g.simplified()):
        assert graph(3.0) == 9.0
        with pytest.raises(TraceError, match="another path") as caught:
            graph(-1.0)
        assert "return x * x if x > 0 else -x" in str(caught.value)
    assert pickle.loads(pickle.dumps(g))(3.0) == 9.0
    derivative = g.backprop("x")
    assert derivative(3.0) == 6.0
    with pytest.raises(TraceError):
        derivative(-3.0)


def test_traced_indices_stay_variables():
    def pick(z, labels):
        return z[np.arange(len(labels)), labels]

    z = np.arange(6.0).reshape(3, 2)
    g = cr.trace(pick, z, np.array([0, 1, 0]))
    assert not g.guards
    np.testing.assert_array_equal(g(z, np.array([1, 0, 1])), [1, 2, 5])
    np.testing.assert_array_equal(g(z, np.array([-1, 0, 1])), [1, 2, 5])
    rows = cr.trace(lambda z, i, j: z[i, j], np.arange(24.0).reshape(2, 3, 4), np.array([[0], [1]]), np.array([0, 2]))
    np.testing.assert_array_equal(
        rows(np.arange(24.0).reshape(2, 3, 4), np.array([[1], [0]]), np.array([2, 1])),
        np.arange(24.0).reshape(2, 3, 4)[np.array([[1], [0]]), np.array([2, 1])],
    )
    seed = np.array([1.0, 10.0, 100.0])
    table = g.backward(g.forward(z, np.array([1, 0, 1])), [seed])
    np.testing.assert_array_equal(table["z"], [[0, 1], [10, 0], [0, 100]])
