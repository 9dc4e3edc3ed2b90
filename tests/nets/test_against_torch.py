"""A whole net, its loss, penalty, gradients and steps of Adam, against PyTorch (tools/make_torch_reference.py)."""

from pathlib import Path

import numpy as np
import pytest

import chainrule as cr
from chainrule.losses import cross_entropy
from chainrule.nets import activations, dense
from chainrule.optimizers import adam
from chainrule.regularizers import l2
from chainrule.training import regularized

FILE = Path(__file__).parents[1] / "data_files" / "torch_net.npz"
LAYERS = range(3)


@pytest.fixture(scope="module")
def reference():
    with np.load(FILE) as arrays:
        return dict(arrays)


def named(reference, prefix):
    return [{name: reference[f"{prefix}_{name}{k}"] for name in ("W", "b")} for k in LAYERS]


def objective_with(reference, activation):
    def forward(parameters, x):
        return dense.forward(parameters, x, getattr(activations, activation))

    return regularized(forward, cross_entropy, l2, float(reference["l2"]))


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
