"""Maps whose factors are graph variables: multiplying and applying them adds nodes that compute the same."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings

from chainrule.arraytype import ArrayType
from chainrule.graph import Graph, Variable, check
from chainrule.interpret import evaluate
from chainrule.ops import CATALOGUE
from chainrule.structure import IndexMap, LinearMap, Pairs, identity_map, index_map, pointwise_map

from .catalogue import CATALOGUE as EXAMPLES
from .catalogue import Array, Entry, dense_of, softmax_like, whole_numbers
from .compositions import Composition, compositions

every_entry = pytest.mark.parametrize("entry", EXAMPLES, ids=repr)


class Symbolic:
    """A graph, and what its inputs are."""

    def __init__(self) -> None:
        self.graph = Graph("symbolic")
        self.values: dict[int, Array] = {}

    def variable(self, array: Array) -> Variable:
        v = self.graph.input(ArrayType.of(array))
        self.values[v.number] = array
        return v

    def map(self, J: IndexMap) -> IndexMap:
        """The same map, its factors and index arrays as variables."""

        def relation(each):
            if not isinstance(each, Pairs):
                return each
            indices = {name: getattr(each, name) for name in ("left_index", "right_index")}
            known = {name: self.variable(index) for name, index in indices.items() if index is not None}
            return dataclasses.replace(each, **known)

        return J.with_terms(
            dataclasses.replace(
                term,
                factors=tuple((self.variable(factor), names) for factor, names in term.factors),
                relations=tuple(relation(each) for each in term.relations),
            )
            for term in J.terms
        )

    def value(self, result: Variable | Array) -> Array:
        if not isinstance(result, Variable):
            return result
        self.values.update({v.number: v.value for v in self.graph.variables if v.is_constant})
        check(self.graph)
        (value,) = evaluate([result], self.values)
        return np.asarray(value)


def check_products(symbolic: Symbolic, J: LinearMap, dense: Array) -> None:
    rng = np.random.default_rng(1)
    v, g = (rng.integers(-4, 5, size=shape).astype(float) for shape in (J.in_shape, J.out_shape))
    pushed, pulled = J.apply(symbolic.variable(v)), J.T.apply(symbolic.variable(g))
    assert (pushed.shape, pulled.shape) == (J.out_shape, J.in_shape)
    np.testing.assert_array_equal(symbolic.value(pushed), np.tensordot(dense, v, v.ndim))
    np.testing.assert_array_equal(symbolic.value(pulled), np.tensordot(g, dense, g.ndim))


@every_entry
def test_products_of_the_catalogue(entry: Entry) -> None:
    symbolic = Symbolic()
    check_products(symbolic, symbolic.map(entry.J), dense_of(entry.function, entry.J.in_shape))


@every_entry
def test_the_name_is_that_of_the_arrays(entry: Entry) -> None:
    """But for index arrays, of which a graph does not know whether they name a place twice."""
    J = Symbolic().map(entry.J)
    assert J.structure == entry.structure or "gather" in entry.name or "permutation" in entry.name


@settings(max_examples=200)
@given(compositions())
def test_products_of_compositions(composition: Composition) -> None:
    symbolic = Symbolic()
    J: LinearMap = identity_map(composition.J.in_shape)
    for step in composition.steps:
        J = symbolic.map(step) @ J
    check_products(symbolic, J, composition.dense)


@settings(max_examples=50)
@given(compositions())
def test_the_dense_form_is_a_variable(composition: Composition) -> None:
    symbolic = Symbolic()
    J: LinearMap = identity_map(composition.J.in_shape)
    for step in composition.steps:
        J = symbolic.map(step) @ J
    np.testing.assert_array_equal(symbolic.value(J.todense()), composition.dense)


def test_a_sum_with_the_transpose_is_one_factor_of_two_nodes() -> None:
    """The Hessian of x.T @ A @ x: no sweep, an addition and a transposition."""
    symbolic = Symbolic()
    A = symbolic.variable(whole_numbers(4, 4))
    J = index_map("i", "j", (A, "ij"), out_shape=(4,), in_shape=(4,))
    before = len(symbolic.graph)
    total = J + J.T
    assert len(total.terms) == 1
    assert len(symbolic.graph) == before + 2
    check_products(symbolic, total, symbolic.values[A.number] + symbolic.values[A.number].T)


def test_truth_values_are_added_as_numbers() -> None:
    symbolic = Symbolic()
    keep, other = np.array([True, True, False]), np.array([False, True, True])
    a, b = (pointwise_map(symbolic.variable(each), (3,), (3,)) for each in (keep, other))
    check_products(symbolic, a + b, np.diag([1.0, 2, 1]))
    check_products(symbolic, a - b, np.diag([1.0, 0, -1]))
    total = index_map("", "i", (symbolic.variable(keep), "i"), out_shape=(), in_shape=(3,))
    check_products(symbolic, total @ total.T, np.array(2.0))


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
def test_zero_absorbs(bad: float) -> None:
    symbolic = Symbolic()
    steep = pointwise_map(symbolic.variable(np.array([bad, 3.0])), (2,), (2,))
    never = pointwise_map(symbolic.variable(np.array([0.0, 1.0])), (2,), (2,))
    taken = pointwise_map(symbolic.variable(np.array([False, True])), (2,), (2,))
    matrix = index_map(
        "i", "j", (symbolic.variable(np.array([[bad, 1.0], [bad, 2.0]])), "ij"), out_shape=(2,), in_shape=(2,)
    )
    zero_one = symbolic.variable(np.array([0.0, 1.0]))
    np.testing.assert_array_equal(symbolic.value(steep.apply(zero_one)), [0, 3])
    np.testing.assert_array_equal(symbolic.value(matrix.apply(zero_one)), [1, 2])
    ones = symbolic.variable(np.ones(2))
    for J in (never @ steep, steep @ never, taken @ steep, steep @ taken):
        np.testing.assert_array_equal(symbolic.value(J.apply(ones)), [0, 3])


def test_numbers_that_are_not_known_stay_factors() -> None:
    symbolic = Symbolic()
    slope = symbolic.variable(np.array(2.0))
    J = pointwise_map(slope, (3,), (3,))
    assert len(J.terms[0].factors) == 1
    check_products(symbolic, J @ J, 4 * np.eye(3))


def local_jacobian(name: str, *arguments: Array, **parameters: object) -> LinearMap:
    operation = CATALOGUE[name]
    values = tuple(parameters[each] for each in operation.parameter_names)
    y = operation.compute(arguments, values)
    (J,) = operation.local_jacobians(0, [np.asarray(y)], arguments, values)
    assert J is not None
    return J


def test_the_local_jacobians_that_the_pages_show() -> None:
    x, W = np.arange(12.0).reshape(4, 3) / 12, np.ones((3, 2))
    matmul = {"labels": ((0, 1), (1, 2)), "out": (0, 2), "absorbing": False}
    assert local_jacobian("tanh", x).structure == "diagonal"
    assert local_jacobian("einsum", x, W, **matmul).structure == "Kronecker"
    assert local_jacobian("softmax", x[0], axes=(0,)).structure == "diagonal plus low rank"
    rows = local_jacobian("softmax", x, axes=(1,)).structure
    assert (rows, rows.block) == ("block diagonal", "diagonal plus low rank")
    assert local_jacobian("reshape", x, shape=(2, 6)).structure == "selection"
    assert local_jacobian("einsum", x, labels=((0, 1),), out=(), absorbing=False).structure == "sum"
    assert local_jacobian("cumsum", x[0], axis=0, reverse=False).structure == "triangular"
    assert local_jacobian("broadcast_to", x, shape=(2, 4, 3)).structure == "broadcast"
    assert local_jacobian("element", x, index=(2, 1)).structure == "selection"
    assert local_jacobian("transpose", x, axes=(1, 0)).structure == "selection"
    assert local_jacobian("tag", x, serial=0).structure == "identity"
    assert local_jacobian("negative", x).structure == "scaled identity"


def test_softmax_over_variables() -> None:
    symbolic = Symbolic()
    p = whole_numbers(2, 3)
    check_products(symbolic, symbolic.map(softmax_like(p)), np.asarray(softmax_like(p)))
