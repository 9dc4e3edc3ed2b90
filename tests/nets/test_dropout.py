"""Outputs left out at random: by hand, what is expected of them, draws at prediction, and what is refused."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError, DtypeError, ShapeError
from chainrule.nets import Dense

PARAMETERS = [
    {"W": np.array([[1.0, 2.0, -4.0]]), "b": np.zeros(3)},
    {"W": np.array([[1.0], [10.0], [100.0]]), "b": np.zeros(1)},
]
NET = Dense([1, 3, 1], activations="linear", dropout=0.5)


def keeping(*answers):
    return lambda layer, shape, rate: np.array([answers])


def test_by_hand():
    # h = (3, 6, -12); the first and the last are kept, and doubled: 2 * 3 + 2 * -1200.
    x = np.array([[3.0]])
    y, buffers = NET.training_forward(PARAMETERS, None, x, keeping(True, False, True))
    np.testing.assert_array_equal(y, [[-2394.0]])
    assert buffers == [{}, {}]
    np.testing.assert_array_equal(NET.forward(PARAMETERS, x), [[3 + 60 - 1200]])
    first, last = cr.grad(lambda p: np.sum(NET.training_forward(p, None, x, keeping(True, False, True))[0]))(PARAMETERS)
    np.testing.assert_array_equal(first["W"], [[6.0, 0.0, 600.0]])
    np.testing.assert_array_equal(last["W"], [[6.0], [0.0], [-24.0]])


def test_all_masks_together_are_the_prediction():
    # The mean over all 8 masks, each as probable as its answers are: 0.25 of the outputs are left out.
    net = Dense([1, 3, 1], activations="linear", dropout=0.25)
    expected, square, x = 0.0, 0.0, np.array([[3.0]])
    for answers in np.ndindex(2, 2, 2):
        probability = 0.75 ** sum(answers) * 0.25 ** (3 - sum(answers))
        y = net.forward(PARAMETERS, x, kept=keeping(*map(bool, answers)))[0, 0]
        expected, square = expected + probability * y, square + probability * y**2
    assert expected == pytest.approx(3 + 60 - 1200, rel=1e-13)
    # Independent terms h / 0.75 of probability 0.75 have a variance of h^2 / 3 each.
    assert square - expected**2 == pytest.approx((3**2 + 60**2 + 1200**2) / 3, rel=1e-12)


def test_each_layer_is_asked_once_in_order():
    asked = []

    def kept(layer, shape, rate):
        asked.append((layer, shape, rate))
        return np.ones(shape, bool)

    net = Dense([2, 3, 4, 5, 1], activations=["relu", {"name": "maxout", "pieces": 2}, "relu"], dropout=[0.1, 0.2, 0])
    parameters, x = net.initialize(0), np.ones((6, 2))
    net.training_forward(parameters, net.buffers(), x, kept)
    assert asked == [(0, (6, 3), 0.1), (1, (6, 4), 0.2)]
    net.forward(parameters, x, kept=kept)
    assert len(asked) == 4
    assert Dense([2, 3, 1]).training_forward(Dense([2, 3, 1]).initialize(0), None, x)[0].shape == (6, 1)


def test_draws_at_prediction_keep_the_running_statistics():
    net = Dense([2, 4, 1], normalizations="batch", dropout=0.5)
    parameters, x = net.initialize(0), np.random.default_rng(0).normal(size=(5, 2))
    buffers = [{"mean": np.full(4, 0.5), "variance": np.full(4, 2.0)}, {}]
    nothing_left_out = net.forward(parameters, x, buffers, kept=lambda layer, shape, rate: np.ones(shape, bool))
    # All are kept, and doubled: the last layer is linear and has no bias yet.
    np.testing.assert_allclose(nothing_left_out, 2 * net.forward(parameters, x, buffers), rtol=1e-14)
    for row in range(5):
        np.testing.assert_allclose(
            net.forward(parameters, x[row : row + 1], buffers), net.forward(parameters, x, buffers)[row : row + 1]
        )


def test_what_is_left_out_may_be_infinite():
    net = Dense([1, 2, 1], activations="linear", dropout=0.5)
    parameters = [{"W": np.array([[np.inf, 1.0]]), "b": np.zeros(2)}, {"W": np.ones((2, 1)), "b": np.zeros(1)}]
    value, gradients = cr.value_and_grad(lambda p: np.sum(net.forward(p, np.ones((1, 1)), kept=keeping(False, True))))(
        parameters
    )
    assert value == 2.0
    np.testing.assert_array_equal(gradients[1]["W"], [[0.0], [2.0]])


def test_masks_of_a_key_under_jit():
    net = Dense([3, 50, 1], dropout=0.2)
    parameters, x = net.initialize(0), np.ones((200, 3))

    def outputs(parameters, key):
        return net.training_forward(
            parameters, None, x, lambda layer, shape, rate: cr.random.bernoulli(key, 1 - rate, shape)
        )[0]

    compiled = cr.jit(outputs)
    for seed in (0, 1):
        np.testing.assert_allclose(
            compiled(parameters, cr.random.key(seed)), outputs(parameters, cr.random.key(seed)), rtol=1e-12
        )
    first, second = compiled(parameters, cr.random.key(0)), compiled(parameters, cr.random.key(1))
    assert not np.array_equal(first, second)
    np.testing.assert_allclose(first.mean(), net.forward(parameters, x).mean(), rtol=0.1)


@pytest.mark.parametrize("rate", [1.0, -0.1, 1.5, np.nan, True, "0.5", None, [0.1], [0.1, 1.0]])
def test_rates_are_shares(rate):
    message = "one rate of dropout for each hidden layer" if rate == [0.1] else "leaves out a share, at least 0 and bel"
    with pytest.raises(ArgumentError, match=message):
        Dense([5, 4, 3, 2], dropout=rate)


def test_somebody_has_to_say_what_is_kept():
    with pytest.raises(ArgumentError, match=r"layer 1 leaves out a share of 0\.5 of its outputs"):
        NET.training_forward(PARAMETERS, None, np.ones((2, 1)))


@pytest.mark.parametrize("traced", [False, True])
def test_answers_that_do_not_fit(traced):
    call = cr.jit(NET.training_forward, static_argnums=3) if traced else NET.training_forward
    x = np.ones((2, 1))
    with pytest.raises(ShapeError, match=r"layer 1 asks for each output(.|\n)*shape \(3,\)\n +wanted +\(2, 3\)"):
        call(PARAMETERS, [{}, {}], x, lambda layer, shape, rate: np.ones(3, bool))
    with pytest.raises(DtypeError, match=r"by True and False(.|\n)*float64 for layer 1"):
        call(PARAMETERS, [{}, {}], x, lambda layer, shape, rate: np.ones(shape))
    with pytest.raises(DtypeError, match=r"by True and False(.|\n)*list for layer 1"):
        call(PARAMETERS, [{}, {}], x, lambda layer, shape, rate: [[True] * 3] * 2)
