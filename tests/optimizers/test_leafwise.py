"""Walking trees leaf by leaf. What it refuses is tested for every optimizer in test_catalogue.py."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError
from chainrule.optimizers.leafwise import leafwise, zeros


def test_each_leaf_with_its_own():
    parameters, gradients = {"a": np.ones(2), "b": [np.full(1, 3.0)]}, {"a": np.array([1.0, 2.0]), "b": [np.ones(1)]}
    memory = {"a": np.zeros(2), "b": [np.full(1, 10.0)]}
    moved, kept = leafwise(lambda p, g, m, n: [p + g, m + n], [5], parameters, gradients, memory)
    np.testing.assert_array_equal(moved["a"], [2.0, 3.0])
    np.testing.assert_array_equal(moved["b"][0], [4.0])
    np.testing.assert_array_equal(kept["a"], [5.0, 5.0])
    np.testing.assert_array_equal(kept["b"][0], [15.0])


def test_numbers_bear_the_dtype_of_the_leaf():
    seen = []
    leafwise(
        lambda p, g, *numbers: (seen.append([n.dtype for n in numbers]), [p])[1],
        [0.1, 3, np.float64(0.1), np.array(0.1), np.longdouble(0.1)],
        [np.ones(1, np.float32), np.ones(1)],
        [np.ones(1, np.float32), np.ones(1)],
    )
    assert seen == [[np.float32] * 5, [np.float64] * 5]


def test_gradients_in_another_dtype():
    (moved,) = leafwise(lambda p, g: [p - g], [], [np.ones(2, np.float32)], [np.full(2, 0.1)])
    assert moved[0].dtype == np.float32


def test_as_many_memories_without_a_leaf():
    assert leafwise(lambda *row: row, [], {}, {}, {}, {}) == [{}, {}, {}]


def test_memories_of_another_tree():
    with pytest.raises(ArgumentError, match=r"state and parameters are trees of one structure\n(.|\n)*no leaves"):
        leafwise(lambda p, g, m: [p, m], [], [np.ones(2)], [np.ones(2)], [])


def test_zeros_are_like_the_parameters():
    made = zeros([np.asfortranarray(np.ones((2, 3), np.float32)), 3.0])
    assert made[0].dtype == np.float32 and made[0].flags.f_contiguous and made[0].shape == (2, 3)
    assert made[1].dtype == np.float64 and made[1].shape == ()


def test_a_traced_leaf_stays_traced():
    graph = cr.trace(lambda p, g: leafwise(lambda p, g: [p - g], [], p, g), [np.ones(2)], [np.ones(2)])
    np.testing.assert_array_equal(graph(np.array([3.0, 4.0]), np.array([1.0, 1.0])), [2.0, 3.0])
