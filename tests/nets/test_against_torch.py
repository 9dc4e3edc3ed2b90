"""Whole nets, their loss, penalty, gradients and steps of Adam, against PyTorch.

The reference values are made by tools/make_torch_reference.py and tools/make_torch_catalogue_reference.py.
"""

from pathlib import Path

import numpy as np
import pytest

import chainrule as cr
from chainrule.losses import cross_entropy, squared
from chainrule.nets import ACTIVATIONS, Dense
from chainrule.optimizers import adam
from chainrule.regularizers import l2
from chainrule.training import regularized

FILE = Path(__file__).parents[1] / "data_files" / "torch_net.npz"
DEPTHS = FILE.with_name("torch_nets.npz")
LAYERS = range(3)


@pytest.fixture(scope="module")
def reference():
    with np.load(FILE) as arrays:
        return dict(arrays)


def named(reference, prefix):
    return [{name: reference[f"{prefix}_{name}{k}"] for name in ("W", "b")} for k in LAYERS]


def objective_with(reference, activation):
    net = Dense(reference["sizes"].tolist(), activations=activation)
    return regularized(net.forward, cross_entropy, l2, float(reference["l2"]))


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_values_and_gradients(reference, activation):
    objective = objective_with(reference, activation)
    value_and_gradient = cr.value_and_grad(objective, has_aux=True)
    (value, parts), gradients = value_and_gradient(named(reference, "start"), reference["x"], reference["y"])
    np.testing.assert_allclose([value, *parts], reference[f"{activation}_values"], rtol=1e-14)
    for found, wanted in zip(gradients, named(reference, f"{activation}_gradient"), strict=True):
        for name in ("W", "b"):
            np.testing.assert_allclose(found[name], wanted[name], rtol=1e-12, atol=0)


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_steps_of_adam(reference, activation):
    objective = objective_with(reference, activation)
    gradient = cr.grad(objective, has_aux=True)
    parameters = named(reference, "start")
    state = adam.initialize(parameters)
    for _ in range(int(reference["adam_steps"])):
        gradients, _ = gradient(parameters, reference["x"], reference["y"])
        parameters, state = adam.update(parameters, gradients, state, float(reference["learning_rate"]))
    for found, wanted in zip(parameters, named(reference, f"{activation}_after_adam"), strict=True):
        for name in ("W", "b"):
            np.testing.assert_allclose(found[name], wanted[name], rtol=1e-10, atol=1e-13)


@pytest.fixture(scope="module")
def depths():
    with np.load(DEPTHS) as arrays:
        return dict(arrays)


TORCH_HAS = [name for name in ACTIVATIONS if name != "maxout"]


@pytest.mark.parametrize("output", ["linear", "softmax"])
@pytest.mark.parametrize("activation", TORCH_HAS)
@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_gradients_of_every_activation_at_every_depth(depths, depth, activation, output):
    net = Dense(depths["sizes"][-depth - 1 :].tolist(), activations=activation, output=output)
    parameters = net.initialize(0)
    for k, layer in enumerate(parameters):
        layer |= {leaf: depths[f"depth{depth}_{leaf}{k}"] for leaf in "Wb"}
    x, wanted = depths["x"][:, : net.sizes[0]], depths["wanted"]
    value, gradients = cr.value_and_grad(lambda p: squared(net.forward(p, x), wanted))(parameters)
    prefix = f"depth{depth}_{activation}_{output}"
    np.testing.assert_allclose(value, depths[f"{prefix}_value"], rtol=1e-13)
    for k, layer in enumerate(gradients):
        for leaf in "Wb":
            np.testing.assert_allclose(layer[leaf], depths[f"{prefix}_{leaf}{k}"], rtol=1e-12, atol=1e-15)
