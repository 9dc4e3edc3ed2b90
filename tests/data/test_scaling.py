"""Mean 0 and deviation 1."""

import numpy as np

from chainrule.data import Scaling


def test_by_column():
    x = np.random.default_rng(0).normal([1.0, -5.0, 100.0], [0.1, 3.0, 20.0], size=(500, 3))
    scaled = Scaling.of(x, axis=0)(x)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.std(axis=0), 1, rtol=1e-12)


def test_all_columns_together():
    # Mean of 0, 2, 4, 6 is 3; their deviations -3, -1, 1, 3 have the mean square 5.
    scaling = Scaling.of(np.array([[0.0, 2.0], [4.0, 6.0]]))
    assert (scaling.mean, scaling.deviation) == (3.0, np.sqrt(5.0))
    np.testing.assert_allclose(scaling(np.array([3.0, 8.0])), [0.0, np.sqrt(5.0)])


def test_what_is_constant_becomes_zero():
    x = np.array([[1.0, 7.0], [3.0, 7.0]])
    np.testing.assert_array_equal(Scaling.of(x, axis=0)(x), [[-1.0, 0.0], [1.0, 0.0]])
