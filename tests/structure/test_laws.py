"""The laws of linear maps, over every kind of map: each against dense arrays made without this package."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.structure import IndexMap, LinearMap, MatrixFree, identity_map

from .catalogue import CATALOGUE, Array, Entry, dense_of
from .compositions import Composition, compositions, steps_from

thorough = settings(max_examples=400, deadline=None)
quick = settings(max_examples=100, deadline=None)
every_entry = pytest.mark.parametrize("entry", CATALOGUE, ids=repr)


def vectors(*shape: int) -> Array:
    """Whole numbers, so that products can be compared exactly."""
    return np.random.default_rng(len(shape)).integers(-4, 5, size=shape).astype(float)


def multiplied(A: Array, B: Array, common: int) -> Array:
    return np.tensordot(A, B, common)


def transposed(dense: Array, rank: int) -> Array:
    """y's axes first, then x's: the other way round."""
    return np.moveaxis(dense, range(rank), range(dense.ndim - rank, dense.ndim))


def check_products(J: LinearMap, dense: Array) -> None:
    """Every way to multiply with J is the product with its dense array."""
    n_out, n_in = len(J.out_shape), len(J.in_shape)
    v, g = vectors(*J.in_shape), vectors(*J.out_shape)
    np.testing.assert_array_equal(J.apply(v), multiplied(dense, v, n_in))
    np.testing.assert_array_equal(J @ v, multiplied(dense, v, n_in))
    np.testing.assert_array_equal(g @ J, multiplied(g, dense, n_out))
    np.testing.assert_array_equal(J.T @ g, multiplied(g, dense, n_out))
    many_v, many_g = vectors(2, 3, *J.in_shape), vectors(2, 3, *J.out_shape)
    np.testing.assert_array_equal(J.apply(many_v), np.tensordot(many_v, transposed(dense, n_out), n_in))
    np.testing.assert_array_equal(many_g @ J, np.tensordot(many_g, dense, n_out))
    columns = vectors(*J.in_shape, 2, 3)
    np.testing.assert_array_equal(J @ columns, multiplied(dense, columns, n_in))


def check_forms(J: LinearMap, dense: Array) -> None:
    """Dense, sparse and transposed forms hold the same numbers."""
    matrix = dense.reshape(int(np.prod(J.out_shape)), int(np.prod(J.in_shape)))
    np.testing.assert_array_equal(J.todense(), dense)
    np.testing.assert_array_equal(J.T.todense(), transposed(dense, len(J.out_shape)))
    np.testing.assert_array_equal(J.tosparse().toarray(), matrix)
    assert J.tosparse().shape == matrix.shape
    assert J.todense().dtype == J.tosparse().dtype == J.dtype


@every_entry
def test_catalogue_products(entry: Entry) -> None:
    check_products(entry.J, dense_of(entry.function, entry.J.in_shape))


@every_entry
def test_catalogue_forms(entry: Entry) -> None:
    check_forms(entry.J, dense_of(entry.function, entry.J.in_shape))


@every_entry
def test_catalogue_shapes(entry: Entry) -> None:
    out_shape = entry.function(np.zeros(entry.J.in_shape)).shape
    assert entry.J.shape == out_shape + entry.J.in_shape
    assert entry.J.T.shape == entry.J.in_shape + out_shape
    assert entry.J.ndim == len(entry.J.shape)


@thorough
@given(compositions())
def test_compositions_products(composition: Composition) -> None:
    check_products(composition.J, composition.dense)


@thorough
@given(compositions())
def test_compositions_forms(composition: Composition) -> None:
    check_forms(composition.J, composition.dense)


@quick
@given(compositions())
def test_the_steps_one_after_the_other_are_their_product(composition: Composition) -> None:
    x = vectors(*composition.J.in_shape)
    for step in composition.steps:
        x = step.apply(x)
    np.testing.assert_array_equal(x, composition.J.apply(vectors(*composition.J.in_shape)))


@quick
@given(compositions())
def test_the_normal_form_keeps_the_value(composition: Composition) -> None:
    """What the product is, however it is bracketed: left to right, and right to left."""
    J: LinearMap = identity_map(composition.J.out_shape)
    for step in reversed(composition.steps):
        J = J @ step
    np.testing.assert_array_equal(J.todense(), composition.dense)


@quick
@given(st.data())
def test_the_transpose_of_a_product(data: st.DataObject) -> None:
    B = data.draw(compositions(longest=3)).J
    A = data.draw(compositions(in_shape=B.out_shape, longest=3)).J
    expected = transposed((A @ B).todense(), len(A.out_shape))
    np.testing.assert_array_equal((B.T @ A.T).todense(), expected)


@quick
@given(st.data())
def test_products_associate(data: st.DataObject) -> None:
    C, _ = data.draw(steps_from((2, 3)))
    B, _ = data.draw(steps_from(C.out_shape))
    A, _ = data.draw(steps_from(B.out_shape))
    np.testing.assert_array_equal(((A @ B) @ C).todense(), (A @ (B @ C)).todense())


@st.composite
def alike(draw, count: int) -> list[IndexMap]:
    """Maps of one shape, each of them random."""
    found: list[IndexMap] = []
    in_shape = (3,)
    while len(found) < count:
        J, _ = draw(steps_from(in_shape))
        if J.out_shape != (3,):
            J, _ = draw(st.sampled_from([(identity_map((3,)), None), (J.T @ J, None)]))
        found.append(J)
    return found


@quick
@given(alike(3), st.integers(-3, 3))
def test_sums_distribute(maps: list[IndexMap], number: int) -> None:
    A, B, C = maps
    a, b, c = (J.todense() for J in maps)
    np.testing.assert_array_equal(((A + B) @ C).todense(), (a + b) @ c)
    np.testing.assert_array_equal((A @ (B + C)).todense(), a @ (b + c))
    np.testing.assert_array_equal((A - number * B).todense(), a - number * b)
    np.testing.assert_array_equal((A + B - A).T.todense(), b.T)


@every_entry
def test_addition_to_itself(entry: Entry) -> None:
    dense = dense_of(entry.function, entry.J.in_shape)
    np.testing.assert_array_equal((entry.J + entry.J).todense(), 2 * dense)
    np.testing.assert_array_equal((entry.J - entry.J).todense(), 0 * dense)
    assert len((entry.J + entry.J).terms) == len(entry.J.terms)


@every_entry
def test_what_is_known_by_its_action_only_obeys_the_same_laws(entry: Entry) -> None:
    dense = dense_of(entry.function, entry.J.in_shape)
    opaque = MatrixFree(entry.J.apply, entry.J.T.apply, entry.J.out_shape, entry.J.in_shape)
    check_products(opaque, dense)
    check_forms(opaque, dense)
    gram = np.tensordot(transposed(dense, len(entry.J.out_shape)), dense, len(entry.J.out_shape))
    np.testing.assert_array_equal((entry.J.T @ opaque).todense(), gram)
    np.testing.assert_array_equal((opaque.T @ entry.J).todense(), gram)
    np.testing.assert_array_equal((entry.J + opaque).todense(), 2 * dense)
    np.testing.assert_array_equal((opaque - 3 * entry.J).T.todense(), -2 * transposed(dense, len(entry.J.out_shape)))
