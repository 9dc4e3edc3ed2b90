"""Adam, by hand; against PyTorch in tests/nets/test_against_torch.py."""

import numpy as np
import pytest

from chainrule.optimizers import adam


def test_three_steps_by_hand():
    # Learning rate 1/10, beta1 = 1/2, beta2 = 3/4, epsilon = 0, gradients 2, -4, 0, from w = 1:
    # 1: m = 1,    v = 1,     m^ = 1 / (1/2) = 2,       v^ = 1 / (1/4) = 4,           w -= 0.1 * 2 / 2
    # 2: m = -3/2, v = 19/4,  m^ = -3/2 / (3/4) = -2,   v^ = 19/4 / (7/16) = 76/7,    w += 0.1 * 2 / sqrt(76/7)
    # 3: m = -3/4, v = 57/16, m^ = -3/4 / (7/8) = -6/7, v^ = 57/16 / (37/64) = 228/37, w += 0.1 * 6/7 / sqrt(228/37)
    w, state = np.array([1.0]), adam.initialize(np.array([1.0]))
    expected = [0.9, 0.9 + 0.2 / np.sqrt(76 / 7), 0.9 + 0.2 / np.sqrt(76 / 7) + 0.6 / 7 / np.sqrt(228 / 37)]
    moments = [(1.0, 1.0), (-1.5, 4.75), (-0.75, 3.5625)]
    for k, gradient in enumerate((2.0, -4.0, 0.0)):
        w, state = adam.update(w, np.array([gradient]), state, 0.1, beta1=0.5, beta2=0.75, epsilon=0.0)
        assert w[0] == pytest.approx(expected[k], rel=1e-15)
        assert state.step == k + 1
        assert (state.first_moment[0], state.second_moment[0]) == moments[k]


def test_the_first_step_is_the_learning_rate():
    # m^ = g and sqrt(v^) = |g|, however large g is.
    gradients = np.array([1e-3, -5.0, 1e6])
    moved, _ = adam.update(np.zeros(3), gradients, adam.initialize(np.zeros(3)), learning_rate=0.01)
    np.testing.assert_allclose(moved, -0.01 * np.sign(gradients), rtol=2e-5)


def test_no_gradient_no_step():
    w = np.array([1.0, 2.0])
    moved, _ = adam.update(w, np.zeros(2), adam.initialize(w))
    np.testing.assert_array_equal(moved, w)


def test_any_tree_and_nothing_is_changed_in_place():
    parameters = {"net": [{"W": np.ones((2, 3)), "b": np.zeros(3)}], "scale": np.array(2.0)}
    gradients = {"net": [{"W": np.full((2, 3), 0.5), "b": np.ones(3)}], "scale": np.array(-1.0)}
    state = adam.initialize(parameters)
    moved, after = adam.update(parameters, gradients, state, learning_rate=0.25)
    np.testing.assert_allclose(moved["net"][0]["W"], 0.75)
    np.testing.assert_allclose(moved["net"][0]["b"], -0.25)
    np.testing.assert_allclose(moved["scale"], 2.25)
    np.testing.assert_array_equal(parameters["net"][0]["W"], 1.0)
    np.testing.assert_array_equal(state.first_moment["net"][0]["W"], 0.0)
    assert (state.step, after.step) == (0, 1)


@pytest.mark.parametrize("rate", [0.1, np.float64(0.1), np.float32(0.1)])
def test_float32_stays_float32(rate):
    w = np.ones((2, 2), np.float32)
    moved, state = adam.update(w, w, adam.initialize(w), rate, beta1=np.float64(0.9))
    assert moved.dtype == state.first_moment.dtype == state.second_moment.dtype == np.float32


def test_minimizes_a_narrow_valley():
    # f(x, y) = x^2 + 100 y^2, whose gradient is (2 x, 200 y)
    w = np.array([3.0, -2.0])
    state = adam.initialize(w)
    for _ in range(2000):
        w, state = adam.update(w, np.array([2.0, 200.0]) * w, state, learning_rate=0.05)
    np.testing.assert_allclose(w, 0.0, atol=1e-6)
