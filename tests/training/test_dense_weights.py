"""Weights of rows in the objective of a dense net."""

import numpy as np
import pytest

from chainrule import value_and_grad
from chainrule.errors import ShapeError
from chainrule.losses import squared
from chainrule.nets import Dense
from chainrule.regularizers import l2
from chainrule.training.dense import dense_objective, starting_buffers

NET = Dense([2, 1])
START = NET.initialize(0)
X, Y = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 0.5]]), np.array([[1.0], [0.0], [2.0]])


def objective_of(weights, loss=squared, penalty=l2):
    objective = dense_objective(NET, loss, penalty)
    differentiated = value_and_grad(objective.evaluate, has_aux=True)
    return differentiated(START, starting_buffers(NET, strength=0.1), X, Y, np.asarray(weights, float))


def test_rows_without_weight_do_not_count():
    (value, _), (gradients,) = objective_of([2.0, 0.0, 2.0])
    residuals = (X @ START[0]["W"] - Y)[[0, 2]]
    penalty = 0.1 * np.sum(START[0]["W"] ** 2) / 2
    assert value == pytest.approx(np.mean(residuals**2) / 2 + penalty / 4)  # half a square each; weights of 4 in all
    np.testing.assert_allclose(
        gradients["W"], X[[0, 2]].T @ residuals / 2 + 0.1 * START[0]["W"] / 4, rtol=1e-12, atol=1e-15
    )


def test_a_batch_of_rows_without_weight_moves_nothing():
    (value, _), (gradients,) = objective_of(np.zeros(3))
    assert value == 0 and not gradients["W"].any() and not gradients["b"].any()


@pytest.mark.parametrize(
    ("loss", "penalty", "says"),
    [
        (lambda outputs, targets: np.sum((outputs - targets) ** 2, axis=1), l2, r"loss\(outputs, targets\) gives one"),
        (lambda outputs, targets: None, l2, r"loss\(outputs, targets\) gives one number"),
        (squared, lambda parameters: parameters[0]["W"], r"penalty\(parameters\) gives one number"),
    ],
)
def test_what_is_no_number(loss, penalty, says):
    with pytest.raises(ShapeError, match=says):
        objective_of(np.ones(3), loss, penalty)
