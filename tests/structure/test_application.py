"""Applying a map: zero absorbs whatever it meets, booleans select, and the ways in which indices may hang together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.structure import (
    IndexMap,
    Pairs,
    Progression,
    Ravel,
    Triangle,
    dense_map,
    index_map,
    pointwise_map,
    window_map,
)

from .catalogue import CATALOGUE, Array, Entry, softmax_like, triangle
from .compositions import Composition, compositions

NONFINITE = [np.inf, -np.inf, np.nan]
bad_number = pytest.mark.parametrize("bad", NONFINITE)
every_entry = pytest.mark.parametrize("entry", CATALOGUE, ids=repr)


@bad_number
def test_zero_absorbs_in_a_diagonal(bad: float) -> None:
    J = pointwise_map(np.array([bad, 2.0, bad]), (3,), (3,))
    for turned in (J, J.T):
        np.testing.assert_array_equal(turned @ np.array([0.0, 1.0, 0.0]), [0, 2, 0])
        np.testing.assert_array_equal(np.array([0.0, 1.0, 0.0]) @ turned, [0, 2, 0])


@bad_number
def test_zero_absorbs_in_a_contraction(bad: float) -> None:
    W = np.array([[1.0, bad], [2.0, 3.0]])
    J = index_map("ik", "ij", (W, "jk"), out_shape=(2, 2), in_shape=(2, 2))
    v = np.array([[0.0, 1.0], [0.0, 5.0]])  # nothing meets the first row of W
    np.testing.assert_array_equal(J @ v, [[2, 3], [10, 15]])
    g = np.array([[4.0, 0.0], [1.0, 0.0]])  # nothing meets its last column
    np.testing.assert_array_equal(g @ J, [[4, 8], [1, 2]])


@bad_number
def test_zero_absorbs_in_both_factors_of_a_softmax(bad: float) -> None:
    J = softmax_like(np.array([0.5, 0.5, bad]))
    np.testing.assert_array_equal(J @ np.zeros(3), np.zeros(3))
    np.testing.assert_array_equal(np.zeros(3) @ J, np.zeros(3))


@bad_number
def test_zero_absorbs_in_a_product_of_maps(bad: float) -> None:
    """Of two slopes one may be zero and the other infinite: no NaN, in whatever order they are multiplied."""
    never = pointwise_map(np.array([0.0, 1.0]), (2,), (2,))
    steep = pointwise_map(np.array([bad, 3.0]), (2,), (2,))
    for J in (never @ steep, steep @ never):
        np.testing.assert_array_equal(J.todense(), np.diag([0.0, 3.0]))
        np.testing.assert_array_equal(J @ np.ones(2), [0, 3])


@bad_number
def test_dense_and_sparse_forms_absorb_alike(bad: float) -> None:
    W = np.array([[0.0, 1.0], [2.0, 0.0]])
    layer = index_map("k", "j", (W, "jk"), out_shape=(2,), in_shape=(2,))
    J = layer @ pointwise_map(np.array([bad, 3.0]), (2,), (2,))
    expected = np.array([[0.0, 6.0], [bad, 0.0]])
    np.testing.assert_array_equal(J.todense(), expected)
    np.testing.assert_array_equal(J.tosparse().toarray(), expected)


@pytest.mark.parametrize(
    "entry", [entry for entry in CATALOGUE if any(term.factors for term in entry.J.terms)], ids=repr
)
@bad_number
def test_a_zero_vector_gives_zero_through_every_map(entry: Entry, bad: float) -> None:
    """Whatever the factors hold."""

    def spoiled(factor: Array) -> Array:
        return factor if factor.dtype == bool else np.full_like(factor, bad)

    J = entry.J.with_terms(
        type(term)(term.out, term.inn, term.sizes, tuple((spoiled(f), n) for f, n in term.factors), term.relations)
        for term in entry.J.terms
    )
    assert not (J @ np.zeros(J.in_shape)).any()
    assert not (np.zeros(J.out_shape) @ J).any()
    assert not J.apply(np.zeros((2, *J.in_shape))).any()


@bad_number
def test_a_branch_that_is_not_taken_gives_zero(bad: float) -> None:
    """np.where(x > 0, f(x), 0): a boolean factor selects, it does not multiply."""
    taken = np.array([False, True])
    where = pointwise_map(taken, (2,), (2,))
    steep = pointwise_map(np.array([bad, 3.0]), (2,), (2,))
    np.testing.assert_array_equal((where @ steep).todense(), np.diag([0.0, 3.0]))
    np.testing.assert_array_equal((steep @ where).todense(), np.diag([0.0, 3.0]))
    np.testing.assert_array_equal(where @ np.array([bad, 1.0]), [0, 1])
    total = index_map("", "i", (taken, "i"), out_shape=(), in_shape=(2,))
    assert total @ np.array([bad, 5.0]) == 5
    rows = index_map("i", "j", (np.array([[False, True], [False, False]]), "ij"), out_shape=(2,), in_shape=(2,))
    np.testing.assert_array_equal(rows @ np.array([bad, 5.0]), [5, 0])
    np.testing.assert_array_equal(np.array([1.0, bad]) @ rows, [0, 1])


def test_an_infinity_that_counts_is_kept() -> None:
    """Absorbing is for exact zeros only."""
    W = np.array([[np.inf, 1.0], [1.0, -np.inf]])
    J = dense_map(W, (2,), (2,))
    np.testing.assert_array_equal(J @ np.array([1.0, 0.0]), [np.inf, 1])
    np.testing.assert_array_equal(J @ np.array([-1.0, 2.0]), [-np.inf, -np.inf])
    assert np.isnan(dense_map(np.array([[np.inf, -np.inf]]), (1,), (2,)) @ np.ones(2))
    np.testing.assert_array_equal(dense_map(np.array([[1.0, 2.0]]), (1,), (2,)) @ np.array([np.inf, 1.0]), [np.inf])


# Indices may hang together in ways that no single operation makes


def test_two_relations_that_meet_twice() -> None:
    """cumsum of a flipped axis, its diagonal taken: one index related to itself."""
    flip = Progression(("p",), ("i",), 0, 1, 3, -1, 4)
    J = index_map("i", "i", out_shape=(4,), in_shape=(4,), relations=[Triangle(("p",), ("i",)), flip], inner={"p": 4})
    expected = np.diag([float(3 - i >= i) for i in range(4)])
    np.testing.assert_array_equal(J.todense(), expected)
    np.testing.assert_array_equal(J @ np.ones(4), expected.sum(1))
    np.testing.assert_array_equal(np.ones(4) @ J, expected.sum(1))


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_an_index_related_to_itself_keeps_its_fixed_points(n: int) -> None:
    """The trace of a flipped diagonal matrix: one middle entry, or none."""
    spread = index_map("ii", "i", out_shape=(n, n), in_shape=(n,)) @ pointwise_map(1, (n,), ())
    flip = window_map([(n - 1, -1, n), (0, 1, n)], (n, n))
    trace = index_map("", "ii", out_shape=(), in_shape=(n, n))
    J = trace @ flip @ spread
    assert J.todense() == n % 2
    assert 3 * (n % 2) == J @ 3.0


def test_gathering_fixed_points() -> None:
    index = np.array([0, 2, 2, 1])
    gather = index_map("pb", "qb", out_shape=(4, 4), in_shape=(4, 4), relations=[Pairs(("p",), ("q",), None, index)])
    J = index_map("i", "ii", out_shape=(4,), in_shape=(4, 4)) @ gather
    x = np.arange(16.0).reshape(4, 4)
    np.testing.assert_array_equal(J @ x, np.diagonal(x[index]))
    np.testing.assert_array_equal(np.ones(4) @ J, np.eye(4)[index].T)


def test_merged_axes_that_are_one_index() -> None:
    """The diagonal of a matrix that was a vector: x.reshape(n, n).diagonal()."""
    reshape = index_map("ab", "p", out_shape=(3, 3), in_shape=(9,), relations=[Ravel(("a", "b"), ("p",))])
    diagonal = index_map("i", "ii", out_shape=(3,), in_shape=(3, 3))
    J = 2 * (diagonal @ reshape)
    np.testing.assert_array_equal(J @ np.arange(9.0), [0, 8, 16])
    expected = np.zeros(9)
    expected[[0, 4, 8]] = [2, 4, 6]
    np.testing.assert_array_equal(np.array([1.0, 2, 3]) @ J, expected)
    back = diagonal.T @ J @ reshape.T
    np.testing.assert_array_equal(back @ np.arange(9.0).reshape(3, 3), 2 * np.diag([0.0, 4, 8]))


def test_a_scale_on_a_repeated_axis_of_x() -> None:
    J = 3 * index_map("i", "ii", out_shape=(3,), in_shape=(3, 3))
    np.testing.assert_array_equal(J @ np.arange(9.0).reshape(3, 3), [0, 12, 24])


def test_a_relation_that_nobody_holds_is_begun_with_ones() -> None:
    """y = np.zeros(5); y[1:3] = x: an axis of y that no axis of x knows."""
    place = window_map([(1, 1, 2)], (5,)).T
    J = place @ pointwise_map(1, (2,), ())
    np.testing.assert_array_equal(J @ 7.0, [0, 7, 7, 0, 0])
    assert np.arange(5.0) @ J == 3
    squeezed = triangle(4) @ pointwise_map(1, (4,), ())
    np.testing.assert_array_equal(squeezed @ 2.0, [2, 4, 6, 8])


@settings(max_examples=100)
@given(compositions(), st.integers(0, 2), st.integers(0, 3))
def test_a_batch_is_a_stack_of_products(composition: Composition, rank: int, size: int) -> None:
    J = composition.J
    batch = (size,) * rank
    v = np.random.default_rng(0).integers(-3, 4, size=(*batch, *J.in_shape)).astype(float)
    result = J.apply(v)
    assert result.shape == (*batch, *J.out_shape)
    for place in np.ndindex(*batch):
        np.testing.assert_array_equal(result[place], J.apply(v[place]))


@every_entry
def test_vectors_are_not_changed(entry: Entry) -> None:
    v = np.ones(entry.J.in_shape)
    v.flags.writeable = False
    entry.J.apply(v)
    np.testing.assert_array_equal(v, np.ones(entry.J.in_shape))


def test_views_and_other_orders_of_memory() -> None:
    W = np.arange(12.0).reshape(3, 4)
    J = index_map("ik", "ij", (np.asfortranarray(W), "jk"), out_shape=(2, 4), in_shape=(2, 3))
    v = np.arange(12.0).reshape(2, 6)[:, ::-2]
    np.testing.assert_array_equal(J @ v, v @ W)


def test_a_zero_map_of_a_batch() -> None:
    J = IndexMap((), (2,), (3,))
    assert J.apply(np.ones((4, 5, 3))).shape == (4, 5, 2)
    assert J.apply(np.ones(3, np.float32)).dtype == np.float32
