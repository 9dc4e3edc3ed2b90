"""Terms that add up to one, and sums that are formed before they grow without bound."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import scipy.sparse

from chainrule.structure import (
    TOO_MANY,
    IndexMap,
    LinearMap,
    Pairs,
    Paths,
    dense_map,
    identity_map,
    index_map,
    pointwise_map,
    sparse_map,
    window_map,
    zero_map,
)

from .catalogue import Array, whole_numbers


def rank_one(u: Array, v: Array) -> IndexMap:
    return index_map("i", "j", (u, "i"), (v, "j"), out_shape=u.shape, in_shape=v.shape)


def test_terms_that_share_a_factor_become_one() -> None:
    """u v' + u w' = u (v + w)': else a tower of n normalizations had 2 ** n terms."""
    u, v, w, z = (whole_numbers(50) for _ in range(4))
    assert len((rank_one(u, v) + rank_one(u, w)).terms) == len((rank_one(v, u) - rank_one(w, u)).terms) == 1
    assert len((rank_one(u, v) + rank_one(w, z)).terms) == 2
    total = rank_one(u, v) + rank_one(w, z) - 2 * rank_one(u, w) + rank_one(w, u)
    assert len(total.terms) == 2
    np.testing.assert_array_equal(total.todense(), np.outer(u, v - 2 * w) + np.outer(w, z + u))


def test_a_middle_factor_is_added_up() -> None:
    """A' d A + A' e A = A' (d + e) A, without forming either."""
    A, d, e = whole_numbers(30, 20), whole_numbers(30), whole_numbers(30)
    J, K = (index_map("j", "k", (A, "ij"), (f, "i"), (A, "ik"), out_shape=(20,), in_shape=(20,)) for f in (d, e))
    assert len((J + K).terms) == 1
    assert (J + K).storage == J.storage
    np.testing.assert_array_equal((J + K).todense(), A.T @ np.diag(d + e) @ A)


def test_a_row_scale_is_taken_into_the_factor_that_has_room() -> None:
    t, A, B = whole_numbers(2), whole_numbers(2, 3), whole_numbers(2, 3)
    scaled = index_map("ij", "ij", (t, "i"), (A, "ij"), out_shape=(2, 3), in_shape=(2, 3))
    total = scaled + pointwise_map(B, (2, 3), (2, 3))
    assert len(total.terms) == 1 and total.storage == 6
    np.testing.assert_array_equal(total @ np.ones((2, 3)), t[:, None] * A + B)


def test_a_zero_absorbs_an_infinity_where_factors_are_multiplied() -> None:
    t, A = np.array([0.0, 1]), np.full((2, 3), np.inf)
    scaled = index_map("ij", "ij", (t, "i"), (A, "ij"), out_shape=(2, 3), in_shape=(2, 3))
    total = scaled + pointwise_map(np.ones((2, 3)), (2, 3), (2, 3))
    np.testing.assert_array_equal(total @ np.ones((2, 3)), [[1, 1, 1], [np.inf] * 3])


def block_tower(depth: int) -> tuple[IndexMap, Array]:
    """(I + L_k) ... (I + L_1) for layers of 100 rows, whose dense array had 4,000,000 entries."""
    slope = np.linspace(1, 2, 2000).reshape(100, 20)
    J, blocks = identity_map((100, 20)), np.tile(np.eye(20), (100, 1, 1))
    for k in range(depth):
        W = np.sin(np.arange(400.0) + k).reshape(20, 20) / 20
        layer = index_map("ak", "aj", (W, "jk"), out_shape=(100, 20), in_shape=(100, 20))
        J = J + layer @ (pointwise_map(slope, (100, 20), (100, 20)) @ J)
        blocks = blocks + (blocks * slope[:, None, :]) @ W
    return J, blocks


def test_a_tower_over_rows_is_formed_block_by_block() -> None:
    J, blocks = block_tower(12)
    assert J.structure == "block diagonal"
    assert len(J.terms) <= 8 and J.storage <= 10 * blocks.size
    v = np.cos(np.arange(2000.0)).reshape(100, 20)
    np.testing.assert_allclose(J @ v, np.einsum("ajk,aj->ak", blocks, v), rtol=1e-9)
    assert J.nnz == blocks.size


def rolled(n: int, k: int) -> LinearMap:
    head, tail = window_map([(0, 1, n - k)], (n,)), window_map([(n - k, 1, k)], (n,))
    return window_map([(k, 1, n - k)], (n,)).T @ head + window_map([(0, 1, k)], (n,)).T @ tail


def test_a_tower_of_periodic_stencils_lists_its_entries() -> None:
    """20 nonlinear steps that look 1 to the left reach 20 to the left, and no further."""
    n, depth = 5_000, 20
    J: LinearMap = identity_map((n,))
    matrix = scipy.sparse.eye_array(n, format="csr")
    roll = scipy.sparse.csr_array((np.ones(n), (np.arange(n), np.arange(-1, n - 1) % n)))
    for k in range(depth):
        slope = 1 + np.sin(np.arange(n) + k) / 2
        J = J + rolled(n, 1) @ (pointwise_map(slope, (n,), (n,)) @ J)
        matrix = matrix + roll @ scipy.sparse.diags_array(slope) @ matrix
    assert isinstance(J, IndexMap) and len(J.terms) <= TOO_MANY
    assert J.structure == "sparse"
    assert J.nnz == matrix.nnz == n * (depth + 1)
    assert abs(J.tosparse() - matrix).max() < 1e-9
    v = np.cos(np.arange(float(n)))
    np.testing.assert_allclose(J @ v, matrix @ v, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(v @ J, v @ matrix, rtol=1e-9, atol=1e-9)


def test_a_chain_of_gathers_keeps_few_factors() -> None:
    n = 30
    index, dense, J = np.arange(n) % 7, np.eye(n), identity_map((n,))
    for k in range(60):
        slope = np.linspace(0.5, 1.5, n) + k / 100
        pairs = Pairs(("p",), ("q",), None, index)
        take = index_map("p", "q", out_shape=(n,), in_shape=(n,), relations=[pairs])
        J = pointwise_map(slope, (n,), (n,)) @ (take @ J)
        dense = np.diag(slope) @ dense[index]
    assert sum(len(term.factors) for term in J.terms) <= 9
    np.testing.assert_allclose(J.todense(), dense, rtol=1e-12)


@pytest.mark.parametrize(("out_shape", "in_shape"), [((4,), (6,)), ((2, 2), (6,)), ((4,), (2, 3)), ((2, 2), (3, 2))])
def test_a_sparse_array_as_a_map(out_shape: tuple[int, ...], in_shape: tuple[int, ...]) -> None:
    matrix = scipy.sparse.csr_array(np.arange(24.0).reshape(4, 6) % 5 * (np.arange(24).reshape(4, 6) % 3 == 0))
    J = sparse_map(matrix, out_shape, in_shape)
    assert J.structure == "sparse" and J.shape == out_shape + in_shape and J.nnz == matrix.nnz
    np.testing.assert_array_equal(J.todense().reshape(4, 6), matrix.toarray())
    np.testing.assert_array_equal(J.matvec(np.arange(6.0)), matrix @ np.arange(6.0))
    np.testing.assert_array_equal(J.rmatvec(np.arange(4.0)), np.arange(4.0) @ matrix)
    np.testing.assert_array_equal((J @ J.T).tosparse().toarray(), (matrix @ matrix.T).toarray())


# Maps applied edge by edge


def diamond() -> tuple[Paths, Array]:
    """x -> a -> y, x -> b -> y and x -> y."""
    A, B, C = whole_numbers(3, 2), whole_numbers(4, 3), whole_numbers(4, 2)
    edges = [
        ("x", dense_map(A, (3,), (2,)), "a"),
        ("a", dense_map(B, (4,), (3,)), "y"),
        ("x", dense_map(C, (4,), (2,)), "y"),
    ]
    return Paths(edges, "x", "y", (4,), (2,)), B @ A + C


def test_paths_add_up() -> None:
    J, dense = diamond()
    v, g = np.array([2.0, 3]), np.arange(4.0)
    np.testing.assert_array_equal(J @ v, dense @ v)
    np.testing.assert_array_equal(g @ J, g @ dense)
    np.testing.assert_array_equal((-2 * J).T @ g, -2 * dense.T @ g)
    np.testing.assert_array_equal(J @ np.eye(2), dense)
    np.testing.assert_array_equal(J.todense(), dense)
    np.testing.assert_array_equal(J.tosparse().toarray(), dense)
    assert J.structure == "matrix-free" and J.storage == 6 + 12 + 8
    for copied in (pickle.loads(pickle.dumps(J)), copy.deepcopy(J)):
        np.testing.assert_array_equal(copied.T.todense(), dense.T)


def test_no_path_is_zero() -> None:
    J = Paths([("x", zero_map((3,), (2,)), "a")], "x", "y", (4,), (2,))
    np.testing.assert_array_equal(J @ np.ones((2, 5)), np.zeros((4, 5)))
    np.testing.assert_array_equal(J.T.todense(), np.zeros((2, 4)))


def test_each_edge_is_visited_once() -> None:
    """60 steps with two edges each: 2 ** 60 paths."""
    edges = [(k, identity_map((3,)), k + 1) for k in range(60) for _ in range(2)]
    np.testing.assert_array_equal(Paths(edges, 0, 60, (3,), (3,)) @ np.ones(3), np.full(3, 2.0**60))
