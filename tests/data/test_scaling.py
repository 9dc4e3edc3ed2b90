"""Mean 0 and deviation 1."""

import numpy as np
import pytest

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


@pytest.mark.parametrize("value", [0.1, 1 / 3, 1e-300, -7e200])
@pytest.mark.parametrize("rows", [3, 10, 1000])
def test_what_is_constant_and_has_no_exact_mean(value, rows):
    """The mean of ten times 0.1 is not 0.1: the deviation from it must not be blown up to 1."""
    x = np.full((rows, 1), value)
    for scaling in (Scaling.of(x), Scaling.of(x, axis=0)):
        np.testing.assert_array_equal(scaling.deviation, 1.0)
        np.testing.assert_allclose(scaling(x), 0.0, atol=abs(value) * 1e-15)


@pytest.mark.parametrize("unit", [1e-300, 1e-200, 1.0, 1e200, 1e307])
def test_numbers_whose_squares_are_no_floats(unit):
    scaling = Scaling.of(np.array([1.0, 2.0, 3.0, 6.0]) * unit)
    np.testing.assert_allclose(scaling.mean, 3 * unit)
    np.testing.assert_allclose(scaling.deviation, np.sqrt(3.5) * unit)  # (4 + 1 + 0 + 9) / 4


def test_parts_say_the_same_as_the_whole():
    x = np.random.default_rng(1).normal(1e6, [[1e-3], [5.0]], size=(2, 1000))
    whole, parts = Scaling.of_parts(lambda: [x]), Scaling.of_parts(lambda: np.split(x, [1, 300, 300, 999], axis=1))
    np.testing.assert_allclose(parts.mean, whole.mean, rtol=1e-15)
    np.testing.assert_allclose(parts.deviation, whole.deviation, rtol=1e-9)
    np.testing.assert_allclose(whole.deviation, x.std(axis=1), rtol=1e-9)


def test_what_is_absent_does_not_count():
    x = np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, np.nan], [5.0, np.nan, np.nan]])
    scaling = Scaling.of_parts(lambda: np.split(x, 3, axis=1))
    np.testing.assert_array_equal(scaling.mean, [2.0, np.nan, 5.0])
    np.testing.assert_array_equal(scaling.deviation, [1.0, 1.0, 1.0])


def test_undone():
    x = np.random.default_rng(2).normal(3.0, 2.0, size=(20, 2))
    scaling = Scaling.of(x, axis=0)
    np.testing.assert_allclose(scaling.undone(scaling(x)), x, rtol=1e-14)
