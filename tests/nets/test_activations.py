"""Every activation of the catalogue: differences, high precision, far out, kinks, PyTorch; and what an entry says."""

from pathlib import Path

import mpmath
import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError, ShapeError
from chainrule.nets import ACTIVATIONS, INITIALIZATIONS, activations
from chainrule.nets.activations import Activation
from chainrule.nets.entry import chosen

FILE = Path(__file__).parents[1] / "data_files" / "torch_activations.npz"
FAR = np.array([-1e4, -800.0, -40.0, -7.3, -0.4, 0.3, 6.1, 40.0, 800.0, 1e4])
ALL = pytest.mark.parametrize("entry", ACTIVATIONS.values(), ids=ACTIVATIONS)
ELEMENTWISE = pytest.mark.parametrize(
    "entry",
    [e for e in ACTIVATIONS.values() if e.elementwise],
    ids=[e.name for e in ACTIVATIONS.values() if e.elementwise],
)


def leaves_of(entry, units, dtype=np.float64):
    return {name: np.full(units, start, dtype) for name, start in entry.leaves.items()}


def bound(entry, units):
    """The activation as a function of x alone."""
    return lambda x: entry(x, **leaves_of(entry, units, x.dtype))


# Definitions in high precision, from the papers.
PHI = mpmath.ncdf
DEFINITIONS = {
    "linear": lambda x: x,
    "relu": lambda x: max(x, mpmath.mpf(0)),
    "leaky_relu": lambda x: x if x > 0 else mpmath.mpf(0.01) * x,
    "parametric_relu": lambda x: x if x > 0 else x / 4,
    "elu": lambda x: x if x > 0 else mpmath.expm1(x),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
    "gelu": lambda x: x * PHI(x),
    "silu": lambda x: x / (1 + mpmath.exp(-x)),
    "tanh": mpmath.tanh,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "hard_tanh": lambda x: min(max(x, mpmath.mpf(-1)), mpmath.mpf(1)),
}


def test_every_elementwise_entry_has_a_definition_to_be_compared_with():
    assert {name for name, entry in ACTIVATIONS.items() if entry.elementwise} == set(DEFINITIONS)


@ELEMENTWISE
def test_value_and_slope_keep_their_digits(entry):
    x = np.array([-35.0, -12.0, -3.0, -0.7, -1e-3, 1e-3, 0.4, 2.0, 12.0, 35.0])
    with mpmath.workdps(60):
        values = [float(DEFINITIONS[entry.name](mpmath.mpf(v))) for v in x]
        slopes = [float(mpmath.diff(DEFINITIONS[entry.name], mpmath.mpf(v))) for v in x]
    np.testing.assert_allclose(bound(entry, 10)(x), values, rtol=4e-14)
    np.testing.assert_allclose(cr.elementwise_grad(bound(entry, 10))(x), slopes, rtol=4e-14, atol=1e-300)


@ALL
def test_gradients_to_second_order(entry):
    # Away from the kinks, by all that is trained.
    x = np.array([[-2.5, -0.7, 0.3, 0.9], [1.1, 2.9, -0.2, -3.0]])
    if entry.leaves:
        cr.check_grads(lambda x, leaves: entry(x, **leaves), (x, leaves_of(entry, 4)))
    cr.check_grads(bound(entry, 4), (x,))


@ALL
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_and_shape(entry, dtype):
    x = np.linspace(-3, 3, 8, dtype=dtype).reshape(2, 4)
    y, pullback = cr.vjp(bound(entry, 4), x)
    assert entry(x, **leaves_of(entry, 4, dtype)).dtype == y.dtype == dtype
    assert y.shape == (2, 4 // entry.pieces)
    (x_bar,) = pullback(np.ones_like(y))
    assert x_bar.dtype == dtype and x_bar.shape == x.shape


@ALL
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_finite_far_out(entry, dtype):
    x = FAR.astype(dtype)
    with np.errstate(all="raise", under="ignore"):
        y = bound(entry, len(x))(x)
    slopes = cr.grad(lambda x: np.sum(bound(entry, len(x))(x)))(x)
    curvatures = cr.grad(lambda x: np.sum(cr.grad(lambda x: np.sum(bound(entry, len(x))(x)))(x)))(x)
    assert np.isfinite(y).all() and np.isfinite(slopes).all() and np.isfinite(curvatures).all()


@ALL
def test_slopes_at_kinks_are_those_declared(entry):
    for point, slope in entry.kinks.items():
        assert cr.elementwise_grad(bound(entry, 1))(np.array([point])) == [slope]


@ELEMENTWISE
def test_there_are_no_kinks_but_those_declared(entry):
    # Slopes on both sides of a fine grid are alike, but at the kinks.
    x = np.linspace(-3, 3, 6001).round(6)
    left, right = cr.elementwise_grad(bound(entry, 6000))(x[:-1] + 4e-4), cr.elementwise_grad(bound(entry, 6000))(x[1:])
    jumps = np.abs(left - right) > 0.01
    found = {float(v) for v in (x[:-1] + x[1:])[jumps] / 2}
    assert len(found) <= 2 * len(entry.kinks)
    assert all(min(abs(v - kink) for kink in entry.kinks) < 2e-3 for v in found)


@ALL
def test_gain_keeps_the_strength_of_a_normal_signal(entry):
    if entry.name == "softmax":
        assert entry.gain == 1
        return
    z = np.random.default_rng(0).normal(size=(200_000, 4))
    outputs = bound(entry, 4)(z)
    # The mean of 400,000 squares or more is known to about 0.5 %.
    assert entry.gain**2 * np.mean(outputs**2) == pytest.approx(1, rel=0.02)


@pytest.mark.parametrize(
    ("choice", "gain"),
    [
        ("linear", 1.0),
        ("relu", np.sqrt(2)),
        ({"name": "leaky_relu", "slope": 0.2}, np.sqrt(2 / 1.04)),
        ("parametric_relu", np.sqrt(2 / (1 + 0.25**2))),
        ("maxout", 1.0),  # E max(a, b)^2 = 1
        ({"name": "maxout", "pieces": 3}, 1 / np.sqrt(1 + np.sqrt(3) / (2 * np.pi))),
    ],
)
def test_gains_in_closed_form(choice, gain):
    assert chosen(ACTIVATIONS, choice, "activation").gain == pytest.approx(gain, rel=1e-9)


@ELEMENTWISE
def test_against_torch(entry):
    # PyTorch computes 1 + erf for gelu, and with exp(x) for the slope of silu: their digits on the left are fewer.
    with np.load(FILE) as reference:
        x, value, slope = (reference[name] for name in ("x", f"{entry.name}_value", f"{entry.name}_slope"))
    np.testing.assert_allclose(bound(entry, len(x))(x), value, rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(cr.elementwise_grad(bound(entry, len(x)))(x), slope, rtol=1e-13, atol=1e-14)


def test_sigmoid_at_zero():
    # sigma(0) = 1/2, sigma'(0) = 1/4, sigma''(0) = 0
    zero = np.zeros(1)
    slope = cr.elementwise_grad(activations.sigmoid)
    assert activations.sigmoid(zero) == 0.5
    assert slope(zero) == 0.25
    assert cr.elementwise_grad(slope)(zero) == 0.0


def test_elu_is_smooth_at_zero():
    assert cr.elementwise_grad(activations.elu)(np.zeros(1)) == 1.0


def test_settings_by_hand():
    x = np.array([-2.0, 3.0])
    np.testing.assert_array_equal(activations.leaky_relu(x, slope=0.5), [-1.0, 3.0])
    np.testing.assert_allclose(activations.elu(x, scale=2.0), [2 * (np.exp(-2) - 1), 3.0], rtol=1e-15)
    np.testing.assert_array_equal(
        activations.maxout(np.array([1.0, 7.0, 2.0, -5.0, -4.0, -9.0]), pieces=3), [7.0, -4.0]
    )


def test_softmax_by_hand():
    # exp(0) : exp(ln 3) = 1 : 3, whatever is added to both
    for shift in (0.0, 1e3, -1e6):
        np.testing.assert_allclose(activations.softmax(np.array([0.0, np.log(3.0)]) + shift), [0.25, 0.75], rtol=1e-9)


def test_softmax_jacobian_by_hand():
    # y = (1/4, 3/4): diag(y) - y y^T = [[3/16, -3/16], [-3/16, 3/16]]
    J = cr.jacobian(activations.softmax)(np.array([0.0, np.log(3.0)]))
    np.testing.assert_allclose(np.asarray(J), np.array([[3.0, -3.0], [-3.0, 3.0]]) / 16, rtol=1e-12)


def test_gradients_of_maxout_by_hand():
    # The greatest of (1, 5) and of (-2, -2): equal shares at the tie.
    np.testing.assert_array_equal(
        cr.grad(lambda x: np.sum(activations.maxout(x)))(np.array([1.0, 5.0, -2.0, -2.0])), [0.0, 1.0, 0.5, 0.5]
    )


def test_gradient_of_a_learned_slope_by_hand():
    # Of sum(y): the sum of the x that are not positive, in each column.
    x = np.array([[-2.0, 5.0], [-1.0, -3.0], [0.5, 0.0]])
    gradient = cr.grad(lambda slope: np.sum(activations.parametric_relu(x, slope)))(np.array([0.1, 0.2]))
    np.testing.assert_array_equal(gradient, [-3.0, -3.0])


@pytest.mark.parametrize("shape", [(2, 5), ()])
def test_columns_of_maxout_fall_into_groups(shape):
    with pytest.raises(ShapeError, match="maxout takes 2 columns for each unit"):
        activations.maxout(np.ones(shape))


# What may be chosen


def test_choices():
    assert chosen(ACTIVATIONS, "elu", "activation") is not None
    assert chosen(ACTIVATIONS, {"name": "elu", "scale": 0.5}, "activation").settings == {"scale": 0.5}
    own = Activation("sine", np.sin, r"\sin x", "a user's")
    assert chosen(ACTIVATIONS, own, "activation") is own


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ("rellu", r"there is no activation 'rellu'(.|\n)*try +'relu'"),
        ("zzz", r"there is no activation 'zzz'(.|\n)*wanted +elu, softplus, "),
        (3, "there is no activation 3"),
        (INITIALIZATIONS["uniform"], r"there is no activation Initialization\(name='uniform'"),
        ({"scale": 2.0}, "there is no activation {'scale': 2.0}"),
        ({"name": "elu", "slope": 2.0}, r"elu has no setting slope(.|\n)*wanted +scale"),
        ({"name": "tanh", "slope": 2.0}, r"tanh has no setting slope(.|\n)*wanted +no settings"),
        ({"name": "elu", "scale": "big"}, r"scale of elu is a finite number(.|\n)*got +'big'"),
        ({"name": "elu", "scale": np.inf}, "scale of elu is a finite number"),
        ({"name": "elu", "scale": True}, "scale of elu is a finite number"),
        ({"name": "maxout", "pieces": 2.5}, "pieces of maxout is a whole number, 1 or more"),
        ({"name": "maxout", "pieces": 0}, "pieces of maxout is a whole number, 1 or more"),
    ],
)
def test_choices_without_meaning(choice, message):
    with pytest.raises(ArgumentError, match=message):
        chosen(ACTIVATIONS, choice, "activation")
