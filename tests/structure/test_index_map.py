"""Sums of terms: how they are written down, merged, formed where that is cheaper, and copied."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
import time

import numpy as np
import pytest

from chainrule.errors import ShapeError
from chainrule.structure import (
    IndexMap,
    Pairs,
    Progression,
    Ravel,
    array_map,
    dense_map,
    identity_map,
    index_map,
    pointwise_map,
    window_map,
    zero_map,
)

from .catalogue import CATALOGUE, Array, Entry, softmax_like, stencil, triangle, whole_numbers

every_entry = pytest.mark.parametrize("entry", CATALOGUE, ids=repr)


def factors(J: IndexMap) -> list[Array]:
    return [factor for term in J.terms for factor, _ in term.factors]


def test_indices_are_named_by_letters() -> None:
    B = whole_numbers(3, 4)
    J = index_map("ik", "ij", (B, "jk"), out_shape=(2, 4), in_shape=(2, 3))
    assert J.shape == (2, 4, 2, 3)
    expected = np.einsum("il,jk->iklj", np.eye(2), B)
    np.testing.assert_array_equal(J.todense(), expected)


@pytest.mark.parametrize(
    ("out", "inn", "factor", "message"),
    [
        ("i", "ij", "j", r"1 index names for an array of shape \(2, 3\)"),
        ("ij", "j", "i", "index 'i' has size 2 and size 3"),
        ("ij", "ji", "j", "1 index names for an array of shape|index '.' has size 2 and size 3"),
    ],
)
def test_indices_that_do_not_fit(out: str, inn: str, factor: str, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        index_map(out, inn, (np.ones(3), factor), out_shape=(2, 3), in_shape=(3,) * len(inn))


def test_a_sum_with_the_transpose_is_one_term_with_an_added_factor() -> None:
    A = whole_numbers(4, 4)
    J = dense_map(A, (4,), (4,))
    total = J + J.T
    assert len(total.terms) == 1
    (factor,) = factors(total)
    assert sorted(factor.ravel()) == sorted((A + A.T).ravel())
    np.testing.assert_array_equal(total.todense(), A + A.T)


def test_terms_alike_become_one() -> None:
    d, e = whole_numbers(5), whole_numbers(5)
    a, b = (pointwise_map(each, (5,), (5,)) for each in (d, e))
    assert len((a + b).terms) == 1
    assert len((a + 2 * identity_map((5,))).terms) == 2
    assert len((a + 2 * identity_map((5,)) + identity_map((5,))).terms) == 2
    assert len((stencil(8) + stencil(8)).terms) == 3
    assert len((triangle(5) + triangle(5)).terms) == 1
    assert len((triangle(5) + triangle(5, lower=False)).terms) == 2
    W = whole_numbers(5, 5)
    layer = index_map("ik", "ij", (W, "jk"), out_shape=(2, 5), in_shape=(2, 5))
    assert len((layer + layer + 3 * identity_map((2, 5))).terms) == 2


def test_one_product_taken_twice_is_one_term() -> None:
    p = np.array([0.25, 0.75])
    J = softmax_like(p)
    assert len((J + J).terms) == len(J.terms)
    np.testing.assert_array_equal((3 * J - J).todense(), 2 * (np.diag(p) - np.outer(p, p)))


def test_what_cancels_is_gone() -> None:
    assert (identity_map((3,)) - identity_map((3,))).structure == "zero"
    assert (stencil(8) - stencil(8)).structure == "zero"
    assert (0 * stencil(8)).structure == (0 * pointwise_map(whole_numbers(3), (3,), (3,))).structure == "zero"


def test_truth_values_are_added_as_numbers() -> None:
    """Two branches that both take an entry count it twice; np.add of booleans would say: true."""
    keep, other = np.array([True, True, False]), np.array([False, True, True])
    a, b = (pointwise_map(each, (3,), (3,)) for each in (keep, other))
    np.testing.assert_array_equal((a + b).todense(), np.diag([1, 2, 1]))
    np.testing.assert_array_equal((a + a - b).todense(), np.diag([2, 1, -1]))
    total = index_map("", "i", (keep, "i"), out_shape=(), in_shape=(3,))
    spread = index_map("i", "", (other, "i"), out_shape=(3,), in_shape=())
    np.testing.assert_array_equal((total @ spread).todense(), 1)
    np.testing.assert_array_equal((total @ total.T).todense(), 2)


def test_truth_values_are_counted_in_sums_of_products() -> None:
    mask, other = np.ones((7, 3), bool), np.ones((3, 7), bool)
    J = index_map("i", "j", (mask, "im"), (other, "mj"), out_shape=(7,), in_shape=(7,))
    np.testing.assert_array_equal(J.todense(), np.full((7, 7), 3))
    np.testing.assert_array_equal(J.tosparse().toarray(), np.full((7, 7), 3))
    np.testing.assert_array_equal(J @ np.ones(7), np.full(7, 21))


def tower(depth: int, n: int) -> tuple[IndexMap, Array]:
    """depth softmaxes, each with a skip around it: (I + S_k) ... (I + S_1)."""
    rng = np.random.default_rng(0)
    J, dense = identity_map((n,)), np.eye(n)
    for _ in range(depth):
        p = rng.dirichlet(np.ones(n))
        J = (identity_map((n,)) + softmax_like(p)) @ J
        dense = (np.eye(n) + np.diag(p) - np.outer(p, p)) @ dense
    return J, dense


def test_a_tower_of_skips_stays_small() -> None:
    """Sums multiply under composition: 3 ** 40 terms, were the product not formed on the way."""
    start = time.perf_counter()
    J, dense = tower(40, 6)
    assert time.perf_counter() - start < 5
    assert J.storage <= 4 * dense.size
    np.testing.assert_allclose(J.todense(), dense, rtol=1e-12)


def test_what_is_cheaper_as_factors_stays_factored() -> None:
    J, dense = tower(2, 500)
    assert J.storage < dense.size / 20
    np.testing.assert_allclose(J @ np.arange(500.0), dense @ np.arange(500.0), rtol=1e-10)


def test_a_layer_is_stored_by_its_factors() -> None:
    """Measured in the prototype: 8,200 numbers instead of 20,480,000."""
    h, W = whole_numbers(64, 32), whole_numbers(100, 32)
    J = pointwise_map(h, (64, 32), (64, 32)) @ index_map("ik", "ij", (W, "jk"), out_shape=(64, 32), in_shape=(64, 100))
    assert J.storage == 64 * 32 + 100 * 32
    assert J.nbytes == 8 * J.storage
    assert J.size == 64 * 32 * 64 * 100


def test_reshaping_moves_into_the_factors() -> None:
    """A layer on images that are flattened and put back is one term, without a relation."""
    W, d = whole_numbers(12, 5), whole_numbers(2, 5)
    flatten = index_map(["i", "p"], "iab", out_shape=(2, 12), in_shape=(2, 3, 4), relations=[Ravel(("p",), ("a", "b"))])
    layer = index_map("ik", "ij", (W, "jk"), out_shape=(2, 5), in_shape=(2, 12))
    J = pointwise_map(d, (2, 5), (2, 5)) @ layer @ flatten
    assert len(J.terms) == 1 and not J.terms[0].relations
    expected = np.einsum("ik,jk,il->iklj", d, W, np.eye(2)).reshape(2, 5, 2, 3, 4)
    np.testing.assert_array_equal(J.todense(), expected)


def test_gathering_twice_multiplies_by_no_size() -> None:
    """An index name that is left over would be summed over, and multiply by its size."""
    index = Pairs(("p",), ("q",), None, np.array([1, 1, 3]))
    gather = index_map("p", "q", out_shape=(3,), in_shape=(5,), relations=[index])
    flip = window_map([(2, -1, 3)], (3,))
    J = pointwise_map(np.array([2.0, 3, 4]), (3,), (3,)) @ flip @ gather
    expected = np.zeros((3, 5))
    expected[[0, 1, 2], [3, 1, 1]] = [2, 3, 4]
    np.testing.assert_array_equal(J.todense(), expected)


def test_a_slope_that_is_a_number_may_be_infinite() -> None:
    for slope in (np.inf, np.float64(np.inf), np.array(np.inf), np.float32(np.inf)):
        J = pointwise_map(slope, (), ())
        assert J @ 0.0 == 0.0
        assert np.inf == J @ 2.0


@pytest.mark.parametrize(
    ("array", "structure", "terms"),
    [
        (2.5 * np.eye(3), "scaled identity", 1),
        (np.eye(3), "identity", 1),
        (np.diag([1.0, 2, 3]), "diagonal", 1),
        (np.diag([0.0, 2, 0]), "diagonal", 1),
        (np.zeros((3, 3)), "zero", 0),
        (np.ones((3, 3)), "dense", 1),
        (np.diag([np.nan, 1, 2]), "diagonal", 1),
    ],
)
def test_arrays_with_a_diagonal_only(array: Array, structure: str, terms: int) -> None:
    J = array_map(array, (3,), (3,))
    assert J.structure == structure and len(J.terms) == terms
    np.testing.assert_array_equal(J.todense(), array)


def test_arrays_with_a_diagonal_only_of_higher_rank() -> None:
    array = np.einsum("ij,ik,jl->ijkl", whole_numbers(2, 3), np.eye(2), np.eye(3))
    J = array_map(array, (2, 3), (2, 3))
    assert J.structure == "diagonal"
    np.testing.assert_array_equal(J.todense(), array)


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
def test_the_dtype_is_that_of_the_factors(dtype: str) -> None:
    J = index_map("i", "ij", (np.ones((2, 3), dtype), "ij"), out_shape=(2,), in_shape=(2, 3))
    assert J.dtype == pointwise_map(np.ones(3, dtype), (3,), (3,)).dtype == np.dtype(dtype)
    assert J.todense().dtype == J.tosparse().dtype == dtype


def test_a_complex_scale_makes_a_complex_map() -> None:
    J = 2j * pointwise_map(np.ones(2), (2,), (2,))
    assert J.dtype == np.complex128
    np.testing.assert_array_equal(J.todense(), 2j * np.eye(2))
    np.testing.assert_array_equal(pointwise_map(1j, (2,), (2,)).todense(), 1j * np.eye(2))


def test_maps_without_factors_are_float64() -> None:
    assert identity_map((2,)).dtype == zero_map((2,), (2,)).dtype == window_map([(0, 1, 1)], (2,)).dtype == np.float64


@every_entry
def test_copies(entry: Entry) -> None:
    for copied in (pickle.loads(pickle.dumps(entry.J)), copy.deepcopy(entry.J)):
        np.testing.assert_array_equal(copied.todense(), entry.J.todense())
        assert copied.structure == entry.structure and copied.dtype == entry.J.dtype
        assert not any(np.shares_memory(a, b) for a in factors(copied) for b in factors(entry.J))


def test_a_pickled_map_meets_fresh_index_names() -> None:
    """In another process names count from the beginning again: those of the map must not be taken for others."""
    J = index_map("ik", "ij", (np.arange(6.0).reshape(3, 2), "jk"), out_shape=(2, 2), in_shape=(2, 3))
    program = (
        "import pickle, sys, numpy as np\n"
        "from chainrule.structure import identity_map\n"
        "J = pickle.load(sys.stdin.buffer)\n"
        "v = np.arange(24.0).reshape(4, 2, 3)\n"
        "results = [J.apply(v), (identity_map((2, 2)) @ J).apply(v), (J @ J.T @ J).todense(), J.T.apply(v[..., :2])]\n"
        "sys.stdout.buffer.write(pickle.dumps(results))\n"
    )
    found = subprocess.run([sys.executable, "-c", program], input=pickle.dumps(J), capture_output=True, check=True)
    v = np.arange(24.0).reshape(4, 2, 3)
    dense = J.todense()
    gram = np.tensordot(np.tensordot(dense, dense, ((2, 3), (2, 3))), dense, 2)
    expected = [np.tensordot(v, dense, ((1, 2), (2, 3))), np.tensordot(v, dense, ((1, 2), (2, 3))), gram]
    expected.append(np.tensordot(v[..., :2], dense, 2))
    for result, right in zip(pickle.loads(found.stdout), expected, strict=True):
        np.testing.assert_array_equal(result, right)


def test_progressions_of_nothing_make_zero() -> None:
    relation = Progression(("p",), ("q",), 0, 1, 0, 1, 0)
    assert index_map("p", "q", out_shape=(3,), in_shape=(3,), relations=[relation]).structure == "zero"
