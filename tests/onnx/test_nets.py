"""Nets, their gradients, and the gradients of every sample, in onnxruntime to 1e-6 in single precision."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.losses import LOSSES, cross_entropy
from chainrule.nets import Dense
from chainrule.nets.activations import ACTIVATIONS
from chainrule.onnx import export

from .running import agrees, leaves_of, off, run

RNG = np.random.default_rng(3)
X = RNG.normal(size=(6, 4)).astype(np.float32)
LABELS = np.array([0, 2, 1, 1, 0, 2])


def net_and_parameters(activation="tanh", dtype=np.float32):
    net = Dense([4, 8, 5, 3], activations=activation)
    return net, net.initialize(rng=0, dtype=dtype)


def loss_of(net):
    def loss(parameters, x, y):
        return cross_entropy(net.forward(parameters, x), y)

    return loss


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_forward_and_gradient(activation):
    """By all parameters and by the inputs, with every activation."""
    net, parameters = net_and_parameters(activation)
    agrees(net.forward, parameters, X)
    agrees(cr.grad(loss_of(net), argnums=(0, 1)), parameters, X, LABELS)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_gradients_of_every_sample(activation):
    net, parameters = net_and_parameters(activation)

    def of_one(parameters, x, y):
        return cross_entropy(net.forward(parameters, x[None]), y[None])

    each = cr.vmap(cr.grad(of_one), in_axes=(None, 0, 0))
    model = agrees(each, parameters, X, LABELS)
    shapes = {o.name: [d.dim_value for d in o.type.tensor_type.shape.dim] for o in model.graph.output}
    assert shapes["output_0_W"] == [6, 4, 8]


def test_double_precision():
    net, parameters = net_and_parameters("gelu", np.float64)
    x = X.astype(np.float64)
    agrees(cr.value_and_grad(loss_of(net), argnums=(0, 1)), parameters, x, LABELS, tolerance=1e-12)


def test_jitted():
    """A compiled function is the function that it compiles."""
    net, parameters = net_and_parameters()
    f = cr.grad(loss_of(net))
    for got, want in zip(
        run(export(cr.jit(f), parameters, X, LABELS), parameters, X, LABELS),
        leaves_of(f(parameters, X, LABELS)),
        strict=True,
    ):
        assert off(got, want) <= 1e-6


def test_captured_weights_are_initializers():
    net, parameters = net_and_parameters()
    model = agrees(lambda x: net.forward(parameters, x), X)
    assert [each.name for each in model.graph.input] == ["x"]
    shapes = [list(each.dims) for each in model.graph.initializer]
    assert all(list(leaf.shape) in shapes for leaf in leaves_of(parameters))


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_losses(name):
    """Value and gradient of every loss by its predictions."""
    loss = LOSSES[name]
    for outputs, targets in loss.examples(RNG):
        agrees(cr.value_and_grad(loss.function), outputs, targets, tolerance=1e-12)
        agrees(cr.value_and_grad(loss.function), outputs.astype(np.float32), targets)


# A batch of any size


def of_size(n):
    rng = np.random.default_rng(n)
    return rng.normal(size=(n, 4)).astype(np.float32), rng.integers(3, size=n)


@pytest.mark.parametrize("n", [1, 2, 6, 100])
def test_forward_of_any_batch(n):
    net, parameters = net_and_parameters()
    model = MODELS["forward"]
    x, _ = of_size(n)
    (got,) = run(model, parameters, x)
    assert off(got, net.forward(parameters, x)) <= 1e-6


@pytest.mark.parametrize("n", [1, 2, 6, 100])
def test_gradient_of_any_batch(n):
    """The mean over a batch divides by its size, which is no constant of the model."""
    net, parameters = net_and_parameters()
    x, y = of_size(n)
    wanted = cr.value_and_grad(loss_of(net), argnums=(0, 1))(parameters, x, y)
    for got, want in zip(run(MODELS["gradient"], parameters, x, y), leaves_of(wanted), strict=True):
        assert off(got, want) <= 1e-6


class _Models(dict):
    """Exported once."""

    def __missing__(self, name):
        net, parameters = net_and_parameters()
        x, y = of_size(5)
        if name == "forward":
            self[name] = agrees(net.forward, parameters, x, dynamic_batch=1)
        else:
            f = cr.value_and_grad(loss_of(net), argnums=(0, 1))
            self[name] = agrees(f, parameters, x, y, dynamic_batch=(1, 2))
        return self[name]


MODELS = _Models()


@pytest.mark.parametrize("kind", ["batch", "layer"])
def test_normalized_layers(kind):
    """Prediction, and a step of training: outputs and running statistics, and the gradient through the statistics."""
    net = Dense([4, 8, 6, 3], normalizations=kind)
    parameters, buffers = net.initialize(rng=0, dtype=np.float32), net.buffers(np.float32)
    x, y = of_size(5)

    def loss(parameters, x, y):
        return cross_entropy(net.training_forward(parameters, buffers, x)[0], y)

    agrees(lambda x: net.forward(parameters, x, buffers), x, dynamic_batch=True)
    step = lambda x: net.training_forward(parameters, buffers, x)
    gradient = lambda x, y: cr.grad(loss)(parameters, x, y)
    models = agrees(step, x, dynamic_batch=True), agrees(gradient, x, y, dynamic_batch=True)
    for n in (2, 40):
        x, y = of_size(n)
        for model, f, arguments in zip(models, (step, gradient), ((x,), (x, y)), strict=True):
            wanted = leaves_of(f(*arguments))
            largest = max(np.abs(each).max() for each in wanted)
            for got, want in zip(run(model, *arguments), wanted, strict=True):
                assert off(got, want, largest) <= 1e-6


def test_a_symbolic_batch_is_named():
    model = MODELS["forward"]
    shapes = {v.name: v.type.tensor_type.shape.dim for v in (*model.graph.input, *model.graph.output)}
    assert (shapes["x"][0].dim_param, shapes["output"][0].dim_param) == ("batch", "batch")
    assert shapes["output"][1].dim_value == 3
    assert [node.op_type for node in model.graph.node] == [*["MatMul", "Add", "Tanh"] * 2, "MatMul", "Add", "Identity"]
