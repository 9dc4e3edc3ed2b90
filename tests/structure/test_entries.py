"""The sparse form: its pattern is exact, no entry too many and none too few."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings

from chainrule.structure import dense_map, identity_map, index_map, pointwise_map, window_map

from .catalogue import CATALOGUE, Entry, dense_of, gather, softmax_like, stencil, triangle, whole_numbers
from .compositions import Composition, compositions

without_zeros = [entry for entry in CATALOGUE if entry.name != "boolean slope"]


@pytest.mark.parametrize("entry", without_zeros, ids=repr)
def test_pattern_of_the_catalogue(entry: Entry) -> None:
    """The numbers of the factors are not zero and do not cancel, so that what is zero there is so by structure."""
    dense = dense_of(entry.function, entry.J.in_shape)
    matrix = dense.reshape(int(np.prod(entry.J.out_shape)), int(np.prod(entry.J.in_shape)))
    pattern = entry.J.pattern()
    assert pattern.dtype == bool
    np.testing.assert_array_equal(pattern.toarray(), matrix != 0)
    assert entry.J.nnz == np.count_nonzero(matrix)


@settings(max_examples=200)
@given(compositions())
def test_no_entry_lies_outside_of_the_pattern(composition: Composition) -> None:
    J, dense = composition.J, composition.dense
    matrix = dense.reshape(int(np.prod(J.out_shape)), int(np.prod(J.in_shape)))
    pattern = J.pattern().toarray()
    assert not (matrix[~pattern] != 0).any()


def test_a_zero_in_a_factor_is_an_entry() -> None:
    """The pattern depends on types alone."""
    assert pointwise_map(np.array([0.0, 1.0]), (2,), (2,)).nnz == 2
    assert dense_map(np.zeros((2, 3)), (2,), (3,)).nnz == 6


def test_stencils_as_measured() -> None:
    n = 100_000
    once = pointwise_map(np.ones(n - 2), (n - 2,), (n - 2,)) @ stencil(n)
    assert len(once.terms) == 3
    assert once.nnz == 3 * (n - 2)
    twice = stencil(n - 2) @ stencil(n)
    assert len(twice.terms) == 5
    assert twice.nnz == 5 * (n - 4)


def test_entries_of_one_place_add_up() -> None:
    J = gather([0, 0, 1], 2).T @ gather([1, 1, 3], 4)
    assert len(J.entries()[0]) == 3
    np.testing.assert_array_equal(J.tosparse().toarray(), [[0, 2, 0, 0], [0, 0, 0, 1]])


def test_entries_of_large_maps_need_no_dense_array() -> None:
    """Ten thousand by ten thousand, and more: only what is there is listed."""
    n = 20_000
    J = window_map([(n - 1, -1, n)], (n,)) + 2 * identity_map((n,))
    assert J.nnz == 2 * n
    W = whole_numbers(3, 2)
    layer = index_map("ik", "ij", (W, "jk"), out_shape=(n, 2), in_shape=(n, 3))
    assert layer.nnz == 6 * n
    rows = softmax_like(np.full((n, 3), 1 / 3))
    assert rows.nnz == 9 * n
    np.testing.assert_allclose(rows.tosparse() @ np.ones(3 * n), 0, atol=1e-12)


def test_a_relation_that_is_dense_is_listed_in_full() -> None:
    assert triangle(30).nnz == 30 * 31 // 2
    assert (triangle(30).T @ triangle(30)).nnz == 900


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])
def test_dtype(dtype: str) -> None:
    J = pointwise_map(np.ones(3, dtype), (3,), (3,))
    assert J.tosparse().dtype == dtype
    assert (J @ window_map([(0, 1, 3)], (4,))).tosparse().dtype == np.result_type(dtype, float)


def test_the_sparse_form_is_scipys() -> None:
    S = index_map("ji", "ij", out_shape=(3, 2), in_shape=(2, 3)).tosparse()
    assert isinstance(S, scipy.sparse.csr_array)
    assert S.shape == (6, 6)
    assert S.has_canonical_format
