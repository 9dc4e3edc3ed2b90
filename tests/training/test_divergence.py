"""What is told where training leaves the finite numbers: operation, line, ranges, a cure, and the step that did it."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from chainrule.errors import DivergenceError
from chainrule.losses import squared
from chainrule.nets import Dense
from chainrule.optimizers import sgd
from chainrule.training import fit, regularized
from tests.health.programs import line_of

X = np.random.default_rng(0).normal(size=(64, 3))
Y = X[:, :1] + 1


def failure(objective, parameters, rows=(X, Y), **settings):
    settings = {"epochs": 40, "batch_size": 8, "verbose": 0, "optimizer": sgd, "shuffle": False, **settings}
    with pytest.raises(DivergenceError) as caught:
        fit(objective, parameters, rows, **settings)
    return caught.value


def roots(p, x):
    return np.sqrt(np.abs(x @ p["W"])) @ p["V"]


@pytest.mark.parametrize("verbose", [0, 2])
def test_a_slope_that_spoils_the_parameters_is_named_in_the_step_that_did_it(verbose):
    x = X.copy()
    x[21] = 0.0  # in the third step: the objective is finite there, and nan in the fourth
    objective = regularized(roots, lambda a, b: np.mean((a - b) ** 2))
    parameters = {"W": np.ones((3, 4)), "V": np.ones((4, 1))}
    error = failure(objective, parameters, (x, Y), learning_rate=1e-3, verbose=verbose)
    assert error.what == "training diverged: the parameters were no longer finite after step 3 of epoch 1"
    assert error.got.startswith("first cause in the gradient: the slope of sqrt of np.abs(x @ p[")
    assert "it reaches the gradient by parameters.W" in error.got
    assert f"at test_divergence.py:{line_of(roots, 'np.sqrt')} in roots" in error.got
    assert error.try_.startswith("np.where(")
    cause = error.diagnosis.first_cause
    assert cause.operation == "sqrt" and cause.origin.line == line_of(roots, "np.sqrt")


def test_steps_that_are_too_long_are_said_to_be():
    net = Dense([3, 8, 1], activations="relu")
    parameters = net.initialize(np.random.default_rng(0))
    error = failure(regularized(net.forward, squared), parameters, learning_rate=1e4)
    assert error.try_.startswith("a smaller learning rate than 10000, or clip the gradients: the largest parameter has")
    assert "parameters." in error.got  # the layer
    assert pickle.loads(pickle.dumps(error.diagnosis)).first_cause.message == error.diagnosis.first_cause.message


def test_a_gradient_whose_squares_overflow_is_no_divergence():
    # A gradient of 1e200: its length is infinite in double precision, the parameter is not.
    objective = regularized(lambda p, x: x * p * 1e200, lambda a, b: np.mean(a))
    rows = np.ones(16), np.ones(16)
    fitted = fit(objective, np.ones(1), rows, optimizer=sgd, learning_rate=1e-250, epochs=2, verbose=0)
    assert fitted.ending == "finished" and len(fitted.history) == 2
