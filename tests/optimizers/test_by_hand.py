"""First steps worked out by hand. Those of Adam are in test_adam.py."""

import numpy as np
import pytest

from chainrule.optimizers import adadelta, adagrad, adam, adamw, momentum, nesterov, rmsprop, sgd


def path(optimizer, start, gradients, rates, **settings):
    """The parameter after each step, and the last state."""
    w, found = np.array([start]), []
    state = optimizer.initialize(w)
    for g, rate in zip(gradients, rates, strict=True):
        w, state = optimizer.update(w, np.array([g]), state, rate, **settings)
        found.append(w.item())
    return found, state


def test_sgd():
    # 1 - 0.5 * 2 = 0, 0 + 0.25 * 4 = 1
    assert path(sgd, 1.0, [2.0, -4.0], [0.5, 0.25]) == ([0.0, 1.0], sgd.State(2))


def test_momentum():
    # v: -0.5 * 2 = -1;  -1 / 2 - 0.5 * 4 = -5/2;  -5/4 - 0 = -5/4.   w: 10, 9, 13/2, 21/4
    found, state = path(momentum, 10.0, [2.0, 4.0, 0.0], [0.5] * 3, momentum=0.5)
    assert found == [9.0, 6.5, 5.25]
    assert (state.step, state.velocity.item()) == (3, -1.25)


def test_momentum_keeps_its_velocity_when_the_rate_falls():
    # v: -1 * 4 = -4;  -4 / 2 - 0.25 * 4 = -3. PyTorch would step 0.25 * (4 / 2 + 4) = 3/2.
    found, _ = path(momentum, 0.0, [4.0, 4.0], [1.0, 0.25], momentum=0.5)
    assert found == [-4.0, -7.0]


@pytest.mark.parametrize("rates", [[0.1] * 6, [0.1, 0.2, 0.05, 0.3, 0.01, 0.1]])
def test_nesterov_is_the_algorithm_of_the_book(rates):
    """Algorithm 8.3 as it is printed: the gradient of x^4 / 4 at the interim point theta + alpha v, then a step."""
    alpha, theta, v = 0.5, 1.5, 0.0
    x = np.array([theta])
    state = nesterov.initialize(x)
    for rate in rates:
        x, state = nesterov.update(x, x**3, state, rate, momentum=alpha)
        v = alpha * v - rate * (theta + alpha * v) ** 3
        theta = theta + v
        assert x.item() == pytest.approx(theta + alpha * v, rel=1e-14)
        assert state.velocity.item() == pytest.approx(v, rel=1e-14)


def test_nesterov():
    # v: -0.5 * 4 = -2;                 theta: 8 - 2 = 6;      interim: 6 - 1 = 5
    # v: -2 / 2 - 0.5 * 2 = -2;         theta: 4;              interim: 4 - 1 = 3
    # v: -2 / 2 - 0 = -1;               theta: 3;              interim: 3 - 1/2
    assert path(nesterov, 8.0, [4.0, 2.0, 0.0], [0.5] * 3, momentum=0.5)[0] == [5.0, 3.0, 2.5]


def test_adagrad():
    # r: 9, 9 + 16 = 25, 25 + 144 = 169. Steps: 2 * 3 / (3 + 1), 2 * (-4) / (5 + 1), 7 * 12 / (13 + 1)
    found, state = path(adagrad, 0.0, [3.0, -4.0, 12.0], [2.0, 2.0, 7.0], epsilon=1.0)
    assert found == pytest.approx([-3 / 2, -3 / 2 + 4 / 3, -3 / 2 + 4 / 3 - 6], rel=1e-15)
    assert state.sum_of_squares.item() == 169.0


def test_rmsprop():
    # r: 16 / 4 = 4, 3/4 * 4 + 52 / 4 = 16. Steps: 6 * 4 / (2 + 1), 5 * sqrt(52) / (4 + 1)
    found, state = path(rmsprop, 0.0, [4.0, -np.sqrt(52)], [6.0, 5.0], decay=0.75, epsilon=1.0)
    assert found == pytest.approx([-8.0, -8.0 + np.sqrt(52)], rel=1e-15)
    assert state.mean_of_squares.item() == pytest.approx(16.0, rel=1e-15)


def test_rmsprop_begins_with_long_steps():
    assert path(rmsprop, 0.0, [1e3], [0.01])[0][0] == pytest.approx(-0.01 / np.sqrt(1 - 0.9), rel=1e-8)


def test_adamw():
    # Adam's first step is the rate, 1/2, whatever the gradient. The weight loses 1/2 * 1/4 of itself as well.
    parameters = {"W": np.array([[16.0]]), "b": np.array([16.0]), "scale": np.array(16.0)}
    gradients = {"W": np.array([[-3.0]]), "b": np.array([-3.0]), "scale": np.array(-3.0)}
    for biases, of_bias in ((False, 16.5), (True, 14.5)):
        moved, _ = adamw.update(
            parameters, gradients, adamw.initialize(parameters), 0.5, weight_decay=0.25, biases=biases
        )
        assert moved["W"].item() == pytest.approx(14.5, rel=1e-8)
        assert moved["b"].item() == pytest.approx(of_bias, rel=1e-8)
        assert moved["scale"].item() == pytest.approx(of_bias, rel=1e-8)


def test_adamw_without_decay_is_adam():
    rng = np.random.default_rng(0)
    w = v = rng.normal(size=(3, 2))
    state = other = adam.initialize(w)
    for _ in range(5):
        g = rng.normal(size=(3, 2))
        w, state = adamw.update(w, g, state, 0.1, weight_decay=0.0)
        v, other = adam.update(v, g, other, 0.1)
    np.testing.assert_array_equal(w, v)


def test_decay_is_the_same_for_weights_of_large_and_small_gradients():
    """As a penalty in the objective it would not be: Adam divides it by the size of gradients."""
    w = np.array([[1.0, 1.0]])
    kept, state = w, adamw.initialize(w)
    for k in range(50):
        kept, state = adamw.update(kept, np.array([[1e3, 1e-3]]) * (-1) ** k, state, 0.01, weight_decay=1.0)
    assert kept[0, 0] == pytest.approx(kept[0, 1], rel=1e-4)
    assert kept[0, 0] == pytest.approx(0.99**50, abs=0.02)


def test_adadelta():
    # Decay 3/4, epsilon 1.
    # r: 32 / 4 = 8, change sqrt(0 + 1) / sqrt(8 + 1) * sqrt(32) = sqrt(32 / 9), d: 32 / 9 / 4 = 8/9
    # r: 3/4 * 8 + 8 / 4 = 8, change sqrt(8/9 + 1) / 3 * sqrt(8), half of which is gone; d: 3/4 * 8/9 + 17/9 * 8/9 / 4
    found, state = path(adadelta, 0.0, [np.sqrt(32), -np.sqrt(8)], [1.0, 0.5], decay=0.75, epsilon=1.0)
    first, second = -np.sqrt(32 / 9), np.sqrt(17 / 9 * 8 / 9)
    assert found == pytest.approx([first, first + 0.5 * second], rel=1e-14)
    assert state.mean_of_squares.item() == pytest.approx(8.0, rel=1e-14)
    assert state.mean_of_squared_changes.item() == pytest.approx(2 / 3 + 34 / 81, rel=1e-14)


def test_adadelta_does_not_know_units():
    """Parameters in other units, with gradients to match, make the same steps, as long as epsilon is small."""
    (metres, *_), _ = path(adadelta, 1.0, [0.5, 0.25], [1.0, 1.0], epsilon=1e-30)
    (again, *_), _ = path(adadelta, 1.0, [5.0, 2.5], [1.0, 1.0], epsilon=1e-30)
    assert metres == again
