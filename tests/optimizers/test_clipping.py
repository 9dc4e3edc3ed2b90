"""Clipping by hand, far out, and traced; against PyTorch in test_against_torch.py."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import tree
from chainrule.errors import ArgumentError
from chainrule.optimizers import clip_by_global_norm, clip_by_value

both = pytest.mark.parametrize("clip", [clip_by_global_norm, clip_by_value])


def test_the_norm_is_that_of_all_leaves():
    # The length of (2, 3, 6) is 7; cut to 3.5 all are half.
    clipped = clip_by_global_norm({"W": np.array([[2.0, 3.0]]), "b": np.array(6.0)}, 3.5)
    np.testing.assert_allclose(clipped["W"], [[1.0, 1.5]], rtol=1e-15)
    np.testing.assert_allclose(clipped["b"], 3.0, rtol=1e-15)


def test_each_value_by_itself():
    clipped = clip_by_value({"W": np.array([[2.0, -3.0]]), "b": np.array(-0.5)}, 1.5)
    np.testing.assert_array_equal(clipped["W"], [[1.5, -1.5]])
    np.testing.assert_array_equal(clipped["b"], -0.5)


@both
def test_what_is_within_keeps_its_bits(clip):
    gradients = [np.random.default_rng(0).normal(size=(3, 4)), np.array([1e-300, -0.0])]
    for limit in (100.0, np.inf):
        for found, given in zip(clip(gradients, limit), gradients, strict=True):
            assert found.tobytes() == given.tobytes()
            assert not np.shares_memory(found, given)


def test_at_the_limit_nothing_is_cut():
    """Not even the last bit, which a division by the largest and a product would change."""
    one = np.array([0.1])
    assert clip_by_global_norm(one, 0.1).tobytes() == one.tobytes()
    np.testing.assert_array_equal(clip_by_global_norm(np.array([3.0, 4.0]), 5.0), [3.0, 4.0])


@both
def test_zero_stays_zero(clip):
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(clip([np.zeros(3), np.zeros((0, 2))], 1.0)[0], 0.0)
        assert clip([], 1.0) == []
        assert clip([np.zeros((0, 2))], 1.0)[0].shape == (0, 2)


@pytest.mark.parametrize(("dtype", "size"), [(np.float32, 1e30), (np.float64, 1e200), (np.float64, 1e308)])
def test_large_gradients_are_not_lost(dtype, size):
    """Their squares overflow; a factor of limit / inf would make them zero."""
    gradients = [np.array([size / 5 * 3], dtype), np.array([size / 5 * -4], dtype)]
    with np.errstate(all="raise"):
        clipped = clip_by_global_norm(gradients, 5.0)
    np.testing.assert_allclose(np.concatenate(clipped), [3.0, -4.0], rtol=1e-6)
    assert clipped[0].dtype == dtype


def test_a_length_beyond_all_numbers():
    with np.errstate(over="ignore"):
        clipped = clip_by_global_norm(np.full(100, 1e308), 1.0)
    np.testing.assert_allclose(clipped, 0.1, rtol=1e-14)


def test_small_gradients_are_not_lost():
    """Their squares underflow to a length of zero."""
    with np.errstate(all="raise"):
        np.testing.assert_allclose(clip_by_global_norm(np.array([3e-200, 4e-200]), 1e-200), [6e-201, 8e-201])


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_shows(wrong):
    gradients = [np.array([1.0, wrong]), np.array([5.0])]
    with np.errstate(invalid="ignore"):
        clipped = clip_by_global_norm(gradients, 1.0)
    for found, given in zip(clipped, gradients, strict=True):
        np.testing.assert_array_equal(found, given)
    assert np.isnan(clip_by_value(np.array([np.nan]), 1.0)[0])


@both
@pytest.mark.parametrize("limit", [0.5, np.float64(0.5), np.array(0.5)], ids=lambda r: type(r).__name__)
def test_dtypes_are_kept(clip, limit):
    clipped = clip([np.ones(3, np.float32), np.ones(3)], limit)
    assert [leaf.dtype for leaf in clipped] == [np.float32, np.float64]


@both
def test_nothing_given_is_changed(clip):
    given = np.full(3, 5.0)
    given.flags.writeable = False
    clip({"W": given}, 1.0)
    np.testing.assert_array_equal(given, 5.0)


@both
def test_numbers_as_leaves(clip):
    assert clip({"a": 3.0, "b": np.float64(-4.0)}, 100.0) == {"a": 3.0, "b": -4.0}


@both
@pytest.mark.parametrize("limit", [0.0, -1.0, np.nan])
def test_limits_are_positive(clip, limit):
    with pytest.raises(ArgumentError, match=f"a limit of gradients is positive\n(.|\n)*limit={limit}"):
        clip([np.ones(2)], limit)


@both
def test_traced(clip):
    """One graph clips, and leaves alone."""
    given = {"W": np.array([[2.0, 3.0]]), "b": np.array([6.0])}
    graph = cr.trace(lambda gradients: clip(gradients, 1.0), given)
    for scale in (1.0, 0.01, 0.0):
        gradients = tree.map_leaves(lambda g, scale=scale: g * scale, given)
        for found, wanted in zip(graph(*gradients.values()), clip(gradients, 1.0).values(), strict=True):
            np.testing.assert_allclose(found, wanted, rtol=1e-15)
