"""The squared length of the weights."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.nets import dense
from chainrule.regularizers import l2


def test_by_hand():
    # (1 + 4 + 9 + 16) / 2 = 15; with the bias (5, 0): 15 + 25/2 = 27.5
    parameters = [{"W": np.array([[1.0, 2.0], [3.0, 4.0]]), "b": np.array([5.0, 0.0])}]
    assert l2(parameters) == 15.0
    assert l2(parameters, biases=True) == 27.5


def test_its_gradient_is_the_weights():
    parameters = dense.initialize([3, 4, 2], 0)
    parameters[0]["b"] += 1.0
    gradients = cr.grad(l2)(parameters)
    both = cr.grad(lambda p: l2(p, biases=True))(parameters)
    for layer, gradient, with_biases in zip(parameters, gradients, both, strict=True):
        np.testing.assert_array_equal(gradient["W"], layer["W"])
        np.testing.assert_array_equal(gradient["b"], np.zeros_like(layer["b"]))
        np.testing.assert_array_equal(with_biases["b"], layer["b"])


def test_gradients_to_second_order():
    cr.check_grads(l2, (dense.initialize([3, 4, 2], 0),))


@pytest.mark.parametrize("tree", [np.ones((2, 2)), {"a": np.ones((2, 2))}, (np.ones((2, 2)), [np.ones(3)])])
def test_any_tree(tree):
    assert l2(tree) == 2.0


def test_nothing_to_penalize():
    assert l2([]) == l2({"b": np.ones(3)}) == 0.0


def test_dtype():
    assert l2(np.ones((2, 2), np.float32)).dtype == np.float32
