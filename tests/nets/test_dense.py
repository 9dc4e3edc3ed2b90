"""The fully connected net, by hand, against the lecture's algorithms, and against differences."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError, DtypeError, ShapeError
from chainrule.nets import activations, dense


def net(sizes, seed=0, **options):
    parameters = dense.initialize(sizes, np.random.default_rng(seed), **options)
    rng = np.random.default_rng(seed + 1)
    for layer in parameters:
        layer["b"] += rng.normal(size=layer["b"].shape).astype(layer["b"].dtype)
    return parameters


def test_forward_and_gradients_by_hand():
    # x = (1, 2), W1 = [[1, -1], [1, 1]], b1 = (0, -2): a = (3, -1), h = relu(a) = (3, 0).
    # W2 = (2, 5)^T, b2 = 1: y = 7.  With J = y: y_bar = 1, dJ/dW2 = h = (3, 0), dJ/db2 = 1,
    # h_bar = (2, 5), a_bar = (2, 0) for relu'(a) = (1, 0), dJ/db1 = (2, 0), dJ/dW1 = x a_bar^T = [[2, 0], [4, 0]].
    parameters = [
        {"W": np.array([[1.0, -1.0], [1.0, 1.0]]), "b": np.array([0.0, -2.0])},
        {"W": np.array([[2.0], [5.0]]), "b": np.array([1.0])},
    ]
    x = np.array([[1.0, 2.0]])
    np.testing.assert_array_equal(dense.forward(parameters, x), [[7.0]])
    gradients = cr.grad(lambda p: np.sum(dense.forward(p, x)))(parameters)
    np.testing.assert_array_equal(gradients[1]["W"], [[3.0], [0.0]])
    np.testing.assert_array_equal(gradients[1]["b"], [1.0])
    np.testing.assert_array_equal(gradients[0]["W"], [[2.0, 0.0], [4.0, 0.0]])
    np.testing.assert_array_equal(gradients[0]["b"], [2.0, 0.0])


def test_algorithms_of_the_lecture():
    # Algorithms 6.3 and 6.4 with one sample as a column and W^(k) of shape (units, inputs): the transpose of ours.
    parameters, x = net([4, 5, 3, 2]), np.random.default_rng(3).normal(size=4)
    y = np.array([0.3, -0.8])
    h, sums = [x], []
    for k, layer in enumerate(parameters):
        sums.append(layer["b"] + layer["W"].T @ h[-1])
        h.append(np.tanh(sums[-1]) if k < 2 else sums[-1])
    g = 2 * (h[-1] - y)  # of L = |y_hat - y|^2
    expected = []
    for k in (2, 1, 0):
        if k < 2:
            g = g * (1 - np.tanh(sums[k]) ** 2)
        expected.insert(0, {"W": np.outer(g, h[k]).T, "b": g})
        g = parameters[k]["W"] @ g

    def loss(parameters):
        return np.sum((dense.forward(parameters, x[None, :], activations.tanh) - y) ** 2)

    gradients = cr.grad(loss)(parameters)
    for found, wanted in zip(gradients, expected, strict=True):
        np.testing.assert_allclose(found["W"], wanted["W"], rtol=1e-12)
        np.testing.assert_allclose(found["b"], wanted["b"], rtol=1e-12)


@pytest.mark.parametrize("activation", [activations.relu, activations.tanh, activations.sigmoid, activations.identity])
def test_gradients(activation):
    x = np.random.default_rng(7).normal(size=(5, 4))
    cr.check_grads(lambda p: dense.forward(p, x, activation), (net([4, 6, 3]),))


def test_gradient_by_the_inputs():
    parameters = net([3, 8, 2])
    cr.check_grads(
        lambda x: dense.forward(parameters, x, activations.tanh), (np.random.default_rng(1).normal(size=(4, 3)),)
    )


def test_any_depth():
    x = np.random.default_rng(2).normal(size=(3, 4))
    (only,) = net([4, 2])
    np.testing.assert_array_equal(dense.forward([only], x), x @ only["W"] + only["b"])
    assert dense.forward(net([4, *[5] * 20, 2]), x).shape == (3, 2)


def test_predict_is_the_greatest_output():
    parameters, x = net([4, 8, 3]), np.random.default_rng(4).normal(size=(10, 4))
    np.testing.assert_array_equal(dense.predict(parameters, x), np.argmax(dense.forward(parameters, x), axis=1))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype(dtype):
    parameters = dense.initialize([4, 8, 3], 0, dtype=dtype)
    assert {leaf.dtype for layer in parameters for leaf in layer.values()} == {np.dtype(dtype)}
    x = np.random.default_rng(4).normal(size=(10, 4)).astype(dtype)
    value, gradients = cr.value_and_grad(lambda p: np.mean(dense.forward(p, x)))(parameters)
    assert value.dtype == dtype
    assert {leaf.dtype for layer in gradients for leaf in layer.values()} == {np.dtype(dtype)}


def test_the_same_weights_in_every_dtype_and_for_every_form_of_seed():
    double = dense.initialize([4, 8, 3], 11)
    single = dense.initialize([4, 8, 3], np.random.default_rng(11), dtype=np.float32)
    for a, b in zip(double, single, strict=True):
        np.testing.assert_array_equal(a["W"].astype(np.float32), b["W"])
        np.testing.assert_array_equal(b["b"], np.zeros_like(b["b"]))


def test_a_signal_keeps_its_strength_through_many_layers():
    rng = np.random.default_rng(8)
    x = rng.normal(size=(200, 300))
    for activation in (activations.relu, activations.identity):
        out = dense.forward(dense.initialize([300] * 12, rng, activation), x, activation)
        assert 0.2 < np.std(out) / np.std(x) < 5


@pytest.mark.parametrize("sizes", [[], [3], [3, 0, 2], [3, -1], [3, 2.5]])
def test_sizes_without_meaning(sizes):
    with pytest.raises(ArgumentError, match="at least inputs and outputs, each of one unit or more"):
        dense.initialize(sizes, 0)


def test_weights_are_floating_point_numbers():
    with pytest.raises(DtypeError, match=r"dtype=int64"):
        dense.initialize([2, 3], 0, dtype=int)


@pytest.mark.parametrize("traced", [False, True])
def test_inputs_of_another_width(traced):
    parameters = net([4, 6, 3])
    call = cr.grad(lambda p, x: np.sum(dense.forward(p, x))) if traced else dense.forward
    with pytest.raises(ShapeError, match="layer 1 takes 4 inputs, but gets 5"):
        call(parameters, np.ones((2, 5)))
    with pytest.raises(ShapeError, match="layer 2 takes 5 inputs, but gets 6"):
        call([parameters[0], {"W": np.ones((5, 2)), "b": np.zeros(2)}], np.ones((2, 4)))
    with pytest.raises(ShapeError, match="layer 1 takes 4 inputs, but gets a scalar"):
        call(parameters, np.float64(1.0))
