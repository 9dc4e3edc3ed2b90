"""Random weights have the variance that their paper asks for."""

import numpy as np
import pytest

from chainrule.nets import activations, initialization


@pytest.mark.parametrize(
    ("draw", "variance"), [(initialization.he, 2 / 300), (initialization.glorot, 2 / 500)], ids=["he", "glorot"]
)
def test_variance(draw, variance):
    W = draw(300, 200, np.random.default_rng(5))
    assert W.shape == (300, 200)
    # The variance of 60,000 numbers is known to about 1 %.
    assert W.var() == pytest.approx(variance, rel=0.03)
    assert abs(W.mean()) < 5 * np.sqrt(variance / W.size)


def test_glorot_is_bounded():
    assert np.abs(initialization.glorot(3, 3, np.random.default_rng(0))).max() <= 1.0


def test_rectifiers_get_more():
    assert initialization.suited_to(activations.relu) is initialization.he
    assert initialization.suited_to(activations.tanh) is initialization.glorot
    assert initialization.suited_to(activations.sigmoid) is initialization.glorot
