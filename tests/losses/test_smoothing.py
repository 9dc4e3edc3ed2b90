"""Smoothed targets: by hand, against PyTorch, at both ends of the share, and what stays as it was."""

import pickle
import re

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError
from chainrule.losses import LOSSES, cross_entropy, logistic


def test_by_hand():
    # Probabilities (1/2, 1/4, 1/4), label 1, s = 0.3: the target is (0.1, 0.8, 0.1),
    # the loss 0.1 log 2 + 0.9 log 4 = 1.9 log 2; the gradient (0.4, -0.55, 0.15).
    z, labels = np.log([[0.5, 0.25, 0.25]]), np.array([1])
    value, gradient = cr.value_and_grad(lambda z: cross_entropy(z, labels, smoothing=0.3))(z)
    assert value == pytest.approx(1.9 * np.log(2), rel=1e-14)
    np.testing.assert_allclose(gradient, [[0.4, -0.55, 0.15]], rtol=1e-14)
    # Odds 3 : 1, target 1, s = 0.2: it counts as 0.9, the loss is 0.9 log(4/3) + 0.1 log 4, the slope 0.75 - 0.9.
    value, slope = cr.value_and_grad(lambda z: logistic(z, np.array([1]), smoothing=0.2))(np.log([3.0]))
    assert value == pytest.approx(0.9 * np.log(4 / 3) + 0.1 * np.log(4), rel=1e-14)
    np.testing.assert_allclose(slope, [-0.15], rtol=1e-13)


def test_against_torch():
    # torch.nn.functional.cross_entropy(z, labels, label_smoothing=0.1) of PyTorch 2.13.0, in float64, and z.grad.
    z, labels = np.array([[1.0, 2.0, 3.0], [0.5, -0.5, 0.0]]), np.array([2, 1])
    smooth = LOSSES["cross_entropy"].configured(smoothing=0.1).function
    value, gradient = cr.value_and_grad(smooth)(z, labels)
    assert value == pytest.approx(1.0689378175430577, rel=1e-14)
    np.testing.assert_allclose(
        gradient,
        [
            [0.02834861991852355, 0.10569756886073216, -0.13404618877925578],
            [0.23657352886116034, -0.3735048050537429, 0.13693127619258252],
        ],
        rtol=1e-13,
    )


def test_two_classes_are_yes_or_no():
    rng = np.random.default_rng(0)
    z, labels = rng.normal(size=9), rng.integers(0, 2, size=9)
    two = np.stack([np.zeros(9), z], axis=1)
    assert logistic(z, labels, smoothing=0.3) == pytest.approx(cross_entropy(two, labels, smoothing=0.3), rel=1e-14)


PLAIN = {
    cross_entropy: "amax reshape subtract where einsum exp einsum log subtract einsum divide",
    logistic: "negative logaddexp multiply logaddexp multiply add einsum divide",
}


@pytest.mark.parametrize("loss", PLAIN)
def test_no_smoothing_computes_nothing_more(loss):
    z = np.random.default_rng(1).normal(size=(6, 1 if loss is logistic else 3))
    labels = np.array([0, 1, 0, 1, 1, 0])
    plain, none = cr.trace(lambda z: loss(z, labels), z), cr.trace(lambda z: loss(z, labels, smoothing=0.0), z)
    assert str(plain) == str(none) and str(plain) != str(cr.trace(lambda z: loss(z, labels, smoothing=0.5), z))
    assert re.findall(r"= ([a-z]+)\(", str(plain)) == PLAIN[loss].split()


def test_a_class_that_is_ruled_out_costs_everything():
    # The target gives it a share, so that its log-probability of -inf counts.
    z = np.array([[1.0, 1.0, -np.inf]])
    assert cross_entropy(z, np.array([0]), smoothing=0.1) == np.inf
    assert cross_entropy(z, np.array([0])) == pytest.approx(np.log(2), rel=1e-15)


def test_priors_need_no_floor():
    # All rows of class 0 of 2, s = 0.2: target (0.9, 0.1); a column of ones counts as 0.9, one of zeros as 0.1.
    of_classes, of_columns = (LOSSES[name].configured(smoothing=0.2).prior for name in ("cross_entropy", "logistic"))
    assert of_classes is not None and of_columns is not None
    np.testing.assert_allclose(of_classes(np.array([0, 0]), 2), np.log([0.9, 0.1]), rtol=1e-14)
    np.testing.assert_allclose(of_columns(np.array([[0, 1], [0, 1]]), 2), [-np.log(9), np.log(9)], rtol=1e-13)


def test_a_smoothed_loss_pickles():
    smooth = LOSSES["cross_entropy"].configured(smoothing=0.1)
    again = pickle.loads(pickle.dumps(smooth))
    assert again.settings == {"smoothing": 0.1}
    assert again.function(np.zeros((1, 3)), [0]) == smooth.function(np.zeros((1, 3)), [0])


@pytest.mark.parametrize("smoothing", [1.0, -0.1, np.nan])
@pytest.mark.parametrize("name", ["cross_entropy", "logistic"])
def test_smoothing_is_a_share(name, smoothing):
    loss = LOSSES[name].configured(smoothing=smoothing)
    outputs = np.zeros((2, 2)) if name == "cross_entropy" else np.zeros(2)
    with pytest.raises(
        ArgumentError, match=f"smooths by a share, at least 0 and below 1\n(.|\n)*smoothing={smoothing}"
    ):
        loss.function(outputs, np.array([0, 1]))
