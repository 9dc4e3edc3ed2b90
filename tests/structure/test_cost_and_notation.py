"""A map tells what a product costs and what its entries are."""

import numpy as np

from chainrule.structure import Triangle, identity_map, index_map, pointwise_map, window_map, zero_map

rng = np.random.default_rng(0)
W = rng.normal(size=(3, 5))
LAYER = index_map("ik", "ij", (W, "jk"), out_shape=(4, 5), in_shape=(4, 3))
SLOPES = pointwise_map(rng.normal(size=(4, 5)), (4, 5), (4, 5))


def test_cost_counts_multiplications_and_additions():
    assert identity_map((7,)).cost == 0
    assert zero_map((3,), (2,)).cost == 0
    assert window_map([(1, 2, 3)], (9,)).cost == 0
    assert pointwise_map(np.ones(7), (7,), (7,)).cost == 7
    assert identity_map((7,)).scaled(3).cost == 7
    assert LAYER.cost == 2 * 4 * 3 * 5
    assert (SLOPES @ LAYER).cost == 2 * 4 * 3 * 5 + 4 * 5
    assert (LAYER.T).cost == LAYER.cost


def test_low_rank_is_cheaper_than_dense():
    u, v = rng.normal(size=50), rng.normal(size=40)
    J = index_map("i", "j", (u, "i"), (v, "j"), out_shape=(50,), in_shape=(40,))
    assert J.cost <= 2 * 40 + 50 < 2 * 50 * 40


def test_notation():
    assert zero_map((3,), (2,)).notation == "0"
    assert identity_map((2,)).notation == "δ[i,i'] at [i; i']"
    assert identity_map((2,)).scaled(-1).notation == "- δ[i,i'] at [i; i']"
    assert LAYER.notation == "δ[i,i'] A[k,j] at [i,j; i',k]"
    assert (SLOPES @ LAYER).notation == "δ[i,i'] A[i,j] B[k,j] at [i,j; i',k]"
    assert window_map([(1, 2, 3)], (9,)).notation == "[i = t, j = 1 + 2t, 0 ≤ t < 3] at [i; j]"
    triangle = index_map("p", "q", out_shape=(3,), in_shape=(3,), relations=[Triangle(("p",), ("q",))])
    assert triangle.notation == "[i ≥ j] at [i; j]"
    assert (identity_map((2,)) - pointwise_map(np.ones(2), (2,), (2,))).notation.count(" at ") in (1, 2)
    total = index_map((), "i", out_shape=(), in_shape=(3,))
    assert total.notation == "1 at [; i]"
