"""Activations against high precision, and their slopes where formulas go wrong: at kinks and far out."""

import mpmath
import numpy as np
import pytest

import chainrule as cr
from chainrule.nets import activations

ALL = [activations.identity, activations.relu, activations.tanh, activations.sigmoid, activations.softmax]
ELEMENTWISE = ALL[:-1]


@pytest.mark.parametrize("activation", ALL, ids=lambda a: a.__name__)
def test_gradients_to_second_order(activation):
    # Away from 0, where relu has its kink.
    x = np.array([[-2.5, -0.7, 0.3], [1.1, 2.9, -0.2]])
    cr.check_grads(activation, (x,))


@pytest.mark.parametrize("activation", ALL, ids=lambda a: a.__name__)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_and_shape_are_kept(activation, dtype):
    x = np.linspace(-3, 3, 6, dtype=dtype).reshape(2, 3)
    y, pullback = cr.vjp(activation, x)
    assert activation(x).dtype == y.dtype == pullback(np.ones_like(x))[0].dtype == dtype
    assert activation(x).shape == y.shape == x.shape


@pytest.mark.parametrize("activation", ELEMENTWISE, ids=lambda a: a.__name__)
def test_slopes_are_finite_far_out(activation):
    x = np.array([-1e4, -800.0, -40.0, 0.0, 40.0, 800.0, 1e4])
    with np.errstate(all="raise", under="ignore"):
        activation(x)
    slopes = cr.elementwise_grad(activation)(x)
    assert np.isfinite(slopes).all()


def test_sigmoid_keeps_its_digits_on_the_left():
    x = np.array([-700.0, -40.0, -3.0, 0.0, 2.0, 50.0])
    exact = np.array([float(1 / (1 + mpmath.exp(-mpmath.mpf(v)))) for v in x])
    np.testing.assert_allclose(activations.sigmoid(x), exact, rtol=3e-16)
    slopes = np.array([float(mpmath.exp(-mpmath.mpf(v)) / (1 + mpmath.exp(-mpmath.mpf(v))) ** 2) for v in x])
    np.testing.assert_allclose(cr.elementwise_grad(activations.sigmoid)(x), slopes, rtol=1e-14)


def test_sigmoid_at_zero():
    # sigma(0) = 1/2, sigma'(0) = 1/4, sigma''(0) = 0
    zero = np.zeros(1)
    slope = cr.elementwise_grad(activations.sigmoid)
    assert activations.sigmoid(zero) == 0.5
    assert slope(zero) == 0.25
    assert cr.elementwise_grad(slope)(zero) == 0.0


def test_relu_has_slope_zero_at_zero():
    np.testing.assert_array_equal(cr.elementwise_grad(activations.relu)(np.array([-1.0, 0.0, 1.0])), [0.0, 0.0, 1.0])


def test_softmax_by_hand():
    # exp(0) : exp(ln 3) = 1 : 3, whatever is added to both
    for shift in (0.0, 1e3, -1e6):
        np.testing.assert_allclose(activations.softmax(np.array([0.0, np.log(3.0)]) + shift), [0.25, 0.75], rtol=1e-9)


def test_softmax_jacobian_by_hand():
    # y = (1/4, 3/4): diag(y) - y y^T = [[3/16, -3/16], [-3/16, 3/16]]
    J = cr.jacobian(activations.softmax)(np.array([0.0, np.log(3.0)]))
    np.testing.assert_allclose(np.asarray(J), np.array([[3.0, -3.0], [-3.0, 3.0]]) / 16, rtol=1e-12)
