"""The fully connected net: by hand, against differences, and what it refuses."""

import json
from dataclasses import replace

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError, DtypeError, ShapeError
from chainrule.nets import ACTIVATIONS, BIASES, INITIALIZATIONS, Dense
from chainrule.nets.activations import Activation


def with_biases(net, seed=0, **options):
    """Parameters with biases that are not zero."""
    parameters = net.initialize(seed, **options)
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
    net, x = Dense([2, 2, 1]), np.array([[1.0, 2.0]])
    np.testing.assert_array_equal(net.forward(parameters, x), [[7.0]])
    gradients = cr.grad(lambda p: np.sum(net.forward(p, x)))(parameters)
    np.testing.assert_array_equal(gradients[1]["W"], [[3.0], [0.0]])
    np.testing.assert_array_equal(gradients[1]["b"], [1.0])
    np.testing.assert_array_equal(gradients[0]["W"], [[2.0, 0.0], [4.0, 0.0]])
    np.testing.assert_array_equal(gradients[0]["b"], [2.0, 0.0])


def test_maxout_by_hand():
    # One input x, one unit of two pieces, 2 x + 1 and -x: the greater at x = 3 is 7, at x = -3 is 3.
    net = Dense([1, 1], output="maxout")
    parameters = [{"W": np.array([[2.0, -1.0]]), "b": np.array([1.0, 0.0])}]
    x = np.array([[3.0], [-3.0]])
    np.testing.assert_array_equal(net.forward(parameters, x), [[7.0], [3.0]])
    (gradient,) = cr.grad(lambda p: np.sum(net.forward(p, x)))(parameters)
    np.testing.assert_array_equal(gradient["W"], [[3.0, -3.0]])
    np.testing.assert_array_equal(gradient["b"], [1.0, 1.0])


def test_parametric_relu_by_hand():
    # a = (-4, 4), slope 1/2: y = (-2, 4); dy/dslope = -4, dy/dW = 0.5 * 2 and 1 * 2.
    net = Dense([1, 2], output="parametric_relu")
    parameters = [{"W": np.array([[-2.0, 2.0]]), "b": np.zeros(2), "slope": np.array([0.5, 0.5])}]
    x = np.array([[2.0]])
    np.testing.assert_array_equal(net.forward(parameters, x), [[-2.0, 4.0]])
    (gradient,) = cr.grad(lambda p: np.sum(net.forward(p, x)))(parameters)
    np.testing.assert_array_equal(gradient["slope"], [-4.0, 0.0])
    np.testing.assert_array_equal(gradient["W"], [[1.0, 2.0]])


@pytest.mark.parametrize("output", ["linear", "softmax"])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_gradients(name, output):
    x = np.random.default_rng(7).normal(size=(5, 4))
    net = Dense([4, 6, 3], activations=name, output=output)
    cr.check_grads(lambda p: net.forward(p, x), (with_biases(net),))


def test_gradient_by_the_inputs():
    net = Dense([3, 8, 2], activations="tanh")
    parameters = with_biases(net)
    cr.check_grads(lambda x: net.forward(parameters, x), (np.random.default_rng(1).normal(size=(4, 3)),))


def test_any_depth():
    x = np.random.default_rng(2).normal(size=(3, 4))
    net = Dense([4, 2])
    (only,) = parameters = with_biases(net)
    np.testing.assert_array_equal(net.forward(parameters, x), x @ only["W"] + only["b"])
    deep = Dense([4, *[5] * 20, 2])
    assert deep.forward(deep.initialize(0), x).shape == (3, 2)


def test_an_activation_for_each_layer():
    net = Dense([4, 5, 6, 2], activations=["tanh", {"name": "leaky_relu", "slope": 0.3}], output="sigmoid")
    p, x = with_biases(net), np.random.default_rng(3).normal(size=(7, 4))
    h = np.tanh(x @ p[0]["W"] + p[0]["b"])
    a = h @ p[1]["W"] + p[1]["b"]
    z = np.where(a > 0, a, 0.3 * a) @ p[2]["W"] + p[2]["b"]
    np.testing.assert_allclose(net.forward(p, x), 1 / (1 + np.exp(-z)), rtol=1e-13)


def test_one_sample_and_many_axes():
    net = Dense([4, 3, 2])
    parameters, x = with_biases(net), np.random.default_rng(3).normal(size=(5, 6, 4))
    y = net.forward(parameters, x)
    assert y.shape == (5, 6, 2)
    np.testing.assert_allclose(y[2, 3], net.forward(parameters, x[2, 3]), rtol=1e-14)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype(name, dtype):
    net = Dense([4, 8, 3], activations=name)
    parameters = net.initialize(0, dtype=dtype)
    assert {leaf.dtype for layer in parameters for leaf in layer.values()} == {np.dtype(dtype)}
    x = np.random.default_rng(4).normal(size=(10, 4)).astype(dtype)
    value, gradients = cr.value_and_grad(lambda p: np.mean(net.forward(p, x)))(parameters)
    assert value.dtype == dtype
    assert {leaf.dtype for layer in gradients for leaf in layer.values()} == {np.dtype(dtype)}


def test_the_same_weights_in_every_dtype_and_for_every_form_of_seed():
    net = Dense([4, 8, 3])
    double = net.initialize(11)
    single = net.initialize(np.random.default_rng(11), dtype=np.float32)
    for a, b in zip(double, single, strict=True):
        np.testing.assert_array_equal(a["W"].astype(np.float32), b["W"])
        np.testing.assert_array_equal(b["b"], np.zeros_like(b["b"]))


# Documents


@pytest.mark.parametrize(
    "net",
    [
        Dense([4, 2]),
        Dense((4, 8, 3), activations="tanh", output="softmax", weights="orthogonal", biases="positive"),
        Dense([np.int64(4), 8, 7, 3], activations=["elu", {"name": "maxout", "pieces": 3}], biases=["zeros"] * 3),
        Dense([4, 3], weights={"name": "orthogonal", "gain": 1.1}, biases={"name": "constant", "value": 0.1}),
        *(Dense([2, 3, 2], activations=name) for name in ACTIVATIONS),
        *(Dense([2, 3, 2], weights=name) for name in INITIALIZATIONS),
        *(Dense([2, 3, 2], biases=name) for name in BIASES),
    ],
    ids=str,
)
def test_a_document_gives_the_same_net(net):
    again = Dense.from_document(json.loads(json.dumps(net.to_document())))
    assert again.to_document() == net.to_document() and repr(again) == repr(net)
    prior = np.zeros(net.sizes[-1])
    first, second = net.initialize(3, prior=prior), again.initialize(3, prior=prior)
    for a, b in zip(first, second, strict=True):
        assert a.keys() == b.keys()
        for name in a:
            np.testing.assert_array_equal(a[name], b[name])


def test_a_document_by_hand():
    assert Dense([4, 8, 3], activations={"name": "leaky_relu", "slope": 0.2}).to_document() == {
        "net": "dense",
        "sizes": [4, 8, 3],
        "activations": [{"name": "leaky_relu", "slope": 0.2}],
        "output": "linear",
        "weights": None,
        "biases": ["zeros", "zeros"],
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"net": "convolutional"}, "this is no document of a dense net"),
        ({"more": 1}, "with activations, biases, more, output, sizes, weights"),
        ({"sizes": [3]}, "at least inputs and outputs"),
        ({"sizes": "64"}, "at least inputs and outputs"),
        ({"activations": ["no such"]}, "there is no activation 'no such'"),
        ({"output": {"name": "elu", "scale": "1"}}, "scale of elu is a finite number"),
    ],
)
def test_documents_of_something_else(change, message):
    with pytest.raises(ArgumentError, match=message):
        Dense.from_document({**Dense([4, 8, 3]).to_document(), **change})


def test_an_activation_of_the_users_own():
    sine = Activation("sine", np.sin, r"\sin x", "a user's")
    net = Dense([2, 3, 1], activations=sine)
    parameters, x = with_biases(net), np.ones((1, 2))
    hidden = np.sin(x @ parameters[0]["W"] + parameters[0]["b"])
    np.testing.assert_array_equal(net.forward(parameters, x), hidden @ parameters[1]["W"] + parameters[1]["b"])
    with pytest.raises(ArgumentError, match="sine is in no catalogue"):
        net.to_document()
    with pytest.raises(ArgumentError, match="relu is in no catalogue"):
        Dense([2, 3, 1], activations=replace(ACTIVATIONS["relu"], function=np.sin)).to_document()


# What it refuses


@pytest.mark.parametrize("sizes", [[], [3], [3, 0, 2], [3, -1], [3, 2.5], [3, True]])
def test_sizes_without_meaning(sizes):
    with pytest.raises(ArgumentError, match="at least inputs and outputs, each of one unit or more"):
        Dense(sizes)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"activations": ["relu"]}, "one activation for each hidden layer, or one for all(.|\n)*1 for 2 hidden layers"),
        ({"weights": ["uniform"] * 2}, "one initialization for each layer, or one for all(.|\n)*2 for 3 layers"),
        ({"biases": ["zeros"] * 4}, "one rule for biases for each layer, or one for all(.|\n)*4 for 3 layers"),
        ({"output": "sigmoidal"}, "there is no activation 'sigmoidal'(.|\n)*'sigmoid'"),
    ],
)
def test_choices_without_meaning(options, message):
    with pytest.raises(ArgumentError, match=message):
        Dense([5, 4, 3, 2], **options)


def test_weights_are_floating_point_numbers():
    with pytest.raises(DtypeError, match=r"dtype=int64"):
        Dense([2, 3]).initialize(0, dtype=int)


@pytest.mark.parametrize("traced", [False, True])
def test_inputs_of_another_width(traced):
    net = Dense([4, 6, 3])
    parameters = with_biases(net)
    call = cr.grad(lambda p, x: np.sum(net.forward(p, x))) if traced else net.forward
    with pytest.raises(ShapeError, match="layer 1 takes 4 inputs, but gets 5"):
        call(parameters, np.ones((2, 5)))
    with pytest.raises(ShapeError, match="layer 2 takes 5 inputs, but gets 6"):
        call([parameters[0], {"W": np.ones((5, 2)), "b": np.zeros(2)}], np.ones((2, 4)))
    with pytest.raises(ShapeError, match="layer 1 takes 4 inputs, but gets a scalar"):
        call(parameters, np.float64(1.0))
    with pytest.raises(ShapeError, match="1 entries for 2 layers"):
        call(parameters[:1], np.ones((2, 4)))
