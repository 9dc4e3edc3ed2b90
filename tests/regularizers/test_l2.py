"""The squared length of the weights."""

import numpy as np

import chainrule as cr
from chainrule.nets import Dense
from chainrule.regularizers import l2


def test_by_hand():
    # (1 + 4 + 9 + 16) / 2 = 15; with the bias (5, 0): 15 + 25/2 = 27.5
    parameters = [{"W": np.array([[1.0, 2.0], [3.0, 4.0]]), "b": np.array([5.0, 0.0])}]
    assert l2(parameters) == 15.0
    assert l2(parameters, biases=True) == 27.5


def test_its_gradient_is_the_weights():
    parameters = Dense([3, 4, 2]).initialize(0)
    parameters[0]["b"] += 1.0
    gradients = cr.grad(l2)(parameters)
    both = cr.grad(lambda p: l2(p, biases=True))(parameters)
    for layer, gradient, with_biases in zip(parameters, gradients, both, strict=True):
        np.testing.assert_array_equal(gradient["W"], layer["W"])
        np.testing.assert_array_equal(gradient["b"], np.zeros_like(layer["b"]))
        np.testing.assert_array_equal(with_biases["b"], layer["b"])


def test_strengths_of_layers_and_a_center_by_hand():
    # Differences (2, 0) and 3: (0.1 * 4 + 10 * 9) / 2 = 45.2; gradients 0.1 * 2 and 10 * 3.
    parameters, center = [np.array([[3.0, 1.0]]), np.array([[4.0]])], [np.array([[1.0, 1.0]]), np.array([[1.0]])]
    penalty = lambda p: l2(p, strengths=[0.1, 10.0], center=center)
    assert penalty(parameters) == 45.2
    first, second = cr.grad(penalty)(parameters)
    np.testing.assert_allclose(first, [[0.2, 0.0]], rtol=1e-15)
    np.testing.assert_allclose(second, [[30.0]], rtol=1e-15)
