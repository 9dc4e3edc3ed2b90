"""What a user does with a Jacobian J: it multiplies, adds, turns and converts as the dense array would."""

from __future__ import annotations

import operator

import numpy as np
import pytest
import scipy.sparse
import scipy.sparse.linalg

from chainrule.errors import ShapeError, TooLargeError
from chainrule.structure import (
    IndexMap,
    LinearMap,
    MatrixFree,
    dense_map,
    identity_map,
    index_map,
    pointwise_map,
    window_map,
)

from .catalogue import CATALOGUE, Array, Entry, dense_of, softmax_like, stencil, whole_numbers

every_entry = pytest.mark.parametrize("entry", CATALOGUE, ids=repr)

W = whole_numbers(3, 2)
LAYER = index_map("ik", "ij", (W, "jk"), out_shape=(4, 2), in_shape=(4, 3))
DENSE = np.einsum("il,jk->iklj", np.eye(4), W)


def opaque(J: LinearMap) -> MatrixFree:
    return MatrixFree(J.apply, J.T.apply, J.out_shape, J.in_shape, J.dtype)


both_kinds = pytest.mark.parametrize("J", [LAYER, opaque(LAYER)], ids=["terms", "matrix-free"])


@both_kinds
def test_shape_is_that_of_y_then_x(J: LinearMap) -> None:
    assert J.shape == (4, 2, 4, 3) and J.ndim == 4 and J.size == 96
    assert J.T.shape == (4, 3, 4, 2)
    assert len(J) == 4


@both_kinds
def test_products_with_arrays(J: LinearMap) -> None:
    v, g = np.arange(12.0).reshape(4, 3), np.arange(8.0).reshape(4, 2)
    np.testing.assert_array_equal(J @ v, v @ W)
    np.testing.assert_array_equal(g @ J, g @ W.T)
    np.testing.assert_array_equal(J.T @ g, g @ W.T)
    many = np.arange(24.0).reshape(4, 3, 2)
    np.testing.assert_array_equal(J @ many, np.tensordot(DENSE, many, 2))
    np.testing.assert_array_equal(np.stack([g, 2 * g]) @ J, np.stack([g @ W.T, 2 * g @ W.T]))


@both_kinds
def test_products_with_lists_and_integers(J: LinearMap) -> None:
    v = [[1, 2, 3]] * 4
    result = J @ v
    np.testing.assert_array_equal(result, np.array(v) @ W)
    assert result.dtype == np.float64
    assert (identity_map((3,)) @ np.array([1, 2, 3])).dtype == np.float64
    np.testing.assert_array_equal(identity_map((3,)) @ np.array([True, False, True]), [1, 0, 1])


def test_a_scalar_is_a_number() -> None:
    J = index_map("", "i", (np.array([1.0, 2.0]), "i"), out_shape=(), in_shape=(2,))
    assert isinstance(J @ np.array([3.0, 4.0]), np.float64)
    assert J @ np.array([3.0, 4.0]) == 11
    np.testing.assert_array_equal(J.T @ 2.0, [2, 4])
    np.testing.assert_array_equal(2.0 @ J, [2, 4])


@both_kinds
def test_flat_products(J: LinearMap) -> None:
    matrix = DENSE.reshape(8, 12)
    x, y = np.arange(12.0), np.arange(8.0)
    np.testing.assert_array_equal(J.matvec(x), matrix @ x)
    np.testing.assert_array_equal(J.matvec(x[:, None]), matrix @ x)
    np.testing.assert_array_equal(J.rmatvec(y), y @ matrix)
    columns = np.arange(36.0).reshape(12, 3)
    np.testing.assert_array_equal(J.matmat(columns), matrix @ columns)
    rows = np.arange(24.0).reshape(8, 3)
    np.testing.assert_array_equal(J.rmatmat(rows), matrix.T @ rows)
    assert J.matmat(np.zeros((12, 0))).shape == (8, 0)


def test_as_a_linear_operator_of_scipy() -> None:
    """Solvers take it as it is: a Newton step without a dense matrix."""
    n = 50
    J = 4 * identity_map((n,)) + pointwise_map(np.linspace(0, 1, n), (n,), (n,)) - _neighbours(n)
    for A in (scipy.sparse.linalg.aslinearoperator(J), J.tolinearoperator()):
        assert isinstance(A, scipy.sparse.linalg.LinearOperator)
        assert A.shape == (n, n) and A.dtype == np.float64
        b = np.sin(np.arange(n))
        np.testing.assert_allclose(A @ b, np.asarray(J) @ b)
        np.testing.assert_allclose(A.T @ b, np.asarray(J).T @ b)
        np.testing.assert_allclose(A @ np.eye(n), np.asarray(J))
        x, info = scipy.sparse.linalg.gmres(A, b, rtol=1e-10)
        assert info == 0
        np.testing.assert_allclose(np.asarray(J) @ x, b, atol=1e-8)


def _neighbours(n: int) -> LinearMap:
    up = window_map([(1, 1, n - 1)], (n,)).T @ window_map([(0, 1, n - 1)], (n,))
    return up + up.T


def test_sparse_solvers_take_the_sparse_form() -> None:
    n = 30
    J = 4 * identity_map((n,)) - _neighbours(n)
    b = np.arange(float(n))
    np.testing.assert_allclose(scipy.sparse.linalg.spsolve(J.tosparse().tocsc(), b), np.linalg.solve(np.asarray(J), b))


BINARY = [operator.add, operator.sub]


@pytest.mark.parametrize("operation", BINARY)
@both_kinds
def test_sums_with_jacobians_and_arrays(J: LinearMap, operation) -> None:
    other = whole_numbers(*J.shape)
    for right in (other, dense_map(other, (4, 2), (4, 3)), opaque(dense_map(other, (4, 2), (4, 3)))):
        result = operation(J, right)
        assert isinstance(result, LinearMap)
        np.testing.assert_array_equal(np.asarray(result), operation(DENSE, other))
    np.testing.assert_array_equal(np.asarray(operation(other, J)), operation(other, DENSE))


@both_kinds
def test_multiples(J: LinearMap) -> None:
    for result, expected in [
        (-J, -DENSE),
        (2 * J, 2 * DENSE),
        (J * 2, 2 * DENSE),
        (J / 2, DENSE / 2),
        (np.float64(3) * J, 3 * DENSE),
        (np.array(3.0) * J, 3 * DENSE),
        ((2 * J).T, 2 * np.moveaxis(DENSE, (0, 1), (2, 3))),
        (J - J, 0 * DENSE),
    ]:
        assert isinstance(result, LinearMap)
        np.testing.assert_array_equal(np.asarray(result), expected)


@both_kinds
def test_a_product_with_an_array_entry_by_entry_is_dense(J: LinearMap) -> None:
    other = whole_numbers(4, 3)
    np.testing.assert_array_equal(J * other, DENSE * other)
    np.testing.assert_array_equal(other * J, DENSE * other)
    np.testing.assert_array_equal(J / other, DENSE / other)
    np.testing.assert_array_equal(J + 1.0, DENSE + 1)
    np.testing.assert_array_equal(other + J, DENSE + other)


def test_sums_of_many() -> None:
    np.testing.assert_array_equal(sum([LAYER, LAYER, LAYER]).todense(), 3 * DENSE)


@both_kinds
def test_products_of_jacobians(J: LinearMap) -> None:
    inner, outer = pointwise_map(whole_numbers(4, 3), (4, 3), (4, 3)), softmax_like(whole_numbers(4, 2))
    expected = np.tensordot(np.tensordot(np.asarray(outer), DENSE, 2), np.asarray(inner), 2)
    np.testing.assert_array_equal(np.asarray(outer @ J @ inner), expected)
    np.testing.assert_array_equal(np.asarray((outer @ J @ inner).T), np.moveaxis(expected, (0, 1), (2, 3)))


@pytest.mark.parametrize(
    ("J", "structure"),
    [
        (pointwise_map(np.arange(1.0, 6), (5,), (5,)), "diagonal"),
        (identity_map((5,)), "scaled identity"),
        (softmax_like(np.full(5, 0.2)), "diagonal plus low rank"),
        (stencil(7).T @ stencil(7), "banded"),
    ],
)
def test_damping_keeps_the_structure(J: LinearMap, structure: str) -> None:
    """J + mu * np.eye(n), as Levenberg and Marquardt write it."""
    n, mu = len(J), 0.5
    for damped in (J + mu * np.eye(n), mu * np.eye(n) + J):
        assert damped.structure == structure
        np.testing.assert_array_equal(damped.todense(), J.todense() + mu * np.eye(n))
    assert (J - mu * np.eye(n)).structure == structure
    assert (mu * np.eye(n) - J).structure == structure
    np.testing.assert_array_equal((mu * np.eye(n) - J).todense(), mu * np.eye(n) - J.todense())


def test_the_hessian_of_a_quadratic_form_is_one_factor() -> None:
    A = whole_numbers(4, 4)
    J = dense_map(A, (4,), (4,))
    assert len((J + J.T).terms) == 1
    assert len((J + A.T).terms) == 1
    np.testing.assert_array_equal((J + A.T).todense(), A + A.T)


@every_entry
def test_dense_by_numpy(entry: Entry) -> None:
    dense = dense_of(entry.function, entry.J.in_shape)
    np.testing.assert_array_equal(np.asarray(entry.J), dense)
    np.testing.assert_array_equal(np.array(entry.J, np.float32), dense.astype(np.float32))
    assert np.asarray(entry.J, np.float32).dtype == np.float32
    assert np.shape(entry.J) == dense.shape
    np.testing.assert_array_equal(np.sum(np.asarray(entry.J)), dense.sum())


def test_numpy_functions_take_a_jacobian_for_an_array() -> None:
    J = pointwise_map(np.array([1.0, 2.0, 4.0]), (3,), (3,))
    np.testing.assert_allclose(np.linalg.solve(J, np.ones(3)), [1, 0.5, 0.25])
    assert np.linalg.norm(J) == np.sqrt(21)
    assert np.allclose(J, np.diag([1.0, 2, 4]))


@both_kinds
def test_universal_functions_take_a_jacobian_for_an_array(J: LinearMap) -> None:
    np.testing.assert_array_equal(np.sum(J), DENSE.sum())
    np.testing.assert_array_equal(np.sum(J, axis=1), DENSE.sum(1))
    np.testing.assert_array_equal(np.tanh(J), np.tanh(DENSE))
    np.testing.assert_array_equal(np.maximum(J, 0.5), np.maximum(DENSE, 0.5))
    np.testing.assert_array_equal(np.add.outer(J, [1.0, 2.0]), np.add.outer(DENSE, [1.0, 2.0]))
    total = np.ones(J.shape)
    total += J
    np.testing.assert_array_equal(total, 1 + DENSE)
    np.testing.assert_array_equal(np.ones(J.shape) / (J + 1e3), 1 / (DENSE + 1e3))
    with pytest.raises(TypeError):
        np.add(J, J, out=J)


def test_arithmetic_by_universal_functions_keeps_the_structure() -> None:
    J = pointwise_map(np.array([1.0, 2.0, 4.0]), (3,), (3,))
    for result, expected in [
        (np.add(J, np.eye(3)), [2, 3, 5]),
        (np.add(np.eye(3), J), [2, 3, 5]),
        (np.subtract(np.eye(3), J), [0, -1, -3]),
        (np.multiply(2.0, J), [2, 4, 8]),
        (np.true_divide(J, 2), [0.5, 1, 2]),
        (np.negative(J), [-1, -2, -4]),
        (np.matmul(J, J), [1, 4, 16]),
    ]:
        assert isinstance(result, LinearMap) and result.structure == "diagonal"
        np.testing.assert_array_equal(result.todense(), np.diag(expected))
    np.testing.assert_array_equal(np.matmul(J, np.ones(3)), [1, 2, 4])
    np.testing.assert_array_equal(np.matmul(np.ones(3), J), [1, 2, 4])
    with pytest.raises(TooLargeError, match=r"\.todense\(\)"):
        np.sum(identity_map((12_000,)))


def test_a_scalar_by_a_scalar_is_a_number() -> None:
    J = index_map("", "", (np.array(3.0), ""), out_shape=(), in_shape=())
    assert float(J) == 3.0 and bool(J) and not bool(0 * J)
    with pytest.raises(TypeError, match="scalar"):
        float(LAYER)
    with pytest.raises(ValueError, match="ambiguous"):
        bool(LAYER)


@pytest.mark.parametrize("name", ["reshape", "sum", "astype", "max", "flatten", "diagonal", "copy"])
def test_methods_of_arrays_are_refused_with_a_cure(name: str) -> None:
    with pytest.raises(
        AttributeError, match=rf"a Jacobian has no '{name}'; np.asarray\(J\).{name} is that of the dense"
    ):
        getattr(LAYER, name)
    with pytest.raises(AttributeError, match=r"a Jacobian has no 'inverse'$"):
        LAYER.inverse
    assert not hasattr(LAYER, "__array_interface__")


@both_kinds
def test_sparse_arrays_on_the_right(J: LinearMap) -> None:
    flat = dense_map(DENSE.reshape(8, 12), (8,), (12,))
    J = flat if isinstance(J, IndexMap) else opaque(flat)
    matrix = DENSE.reshape(8, 12)
    A, B = scipy.sparse.eye_array(12, format="csr") * 2.0, scipy.sparse.csr_array(np.ones((8, 12)))
    np.testing.assert_array_equal((J @ A).toarray(), 2 * matrix)
    np.testing.assert_array_equal((J + B).toarray(), matrix + 1)
    np.testing.assert_array_equal((J - B).toarray(), matrix - 1)


def test_an_array_without_a_copy_cannot_be_had() -> None:
    with pytest.raises(ValueError, match="without a copy"):
        np.array(LAYER, copy=False)


@pytest.mark.parametrize("J", [identity_map((12_000,)), opaque(identity_map((12_000,)))], ids=["terms", "matrix-free"])
@pytest.mark.parametrize("convert", [np.asarray, lambda J: J * np.ones(12_000), lambda J: J + 1.0, lambda J: J[[0, 1]]])
def test_nothing_huge_is_made_in_silence(J: LinearMap, convert) -> None:
    with pytest.raises(TooLargeError) as caught:
        convert(J)
    error = caught.value
    assert f"this Jacobian of structure '{J.structure}' would take 1.1 GiB as a dense array" in str(error)
    assert ".todense()" in error.try_ and ".tosparse()" in error.try_
    assert "at most 1 GiB" in error.wanted
    assert isinstance(error, MemoryError)


def test_the_limit_counts_bytes() -> None:
    """What is too large in double precision may do in single."""
    n = 12_000
    J = identity_map((n,), np.float32)
    assert J.size * 4 < 1 << 30 < J.size * 8
    assert np.asarray(J[:2]).shape == (2, n)
    with pytest.raises(TooLargeError):
        np.asarray(identity_map((n,)))


def test_what_is_kept_is_counted() -> None:
    assert LAYER.nbytes == W.nbytes
    assert identity_map((10**6,)).nbytes == 0
    assert (LAYER @ opaque(identity_map((4, 3)))).nbytes == W.nbytes
    assert (LAYER + opaque(LAYER)).nbytes == W.nbytes
    assert LAYER.nnz == 4 * W.size


@both_kinds
def test_sparse(J: LinearMap) -> None:
    np.testing.assert_array_equal(J.tosparse().toarray(), DENSE.reshape(8, 12))


def test_single_precision_stays_single() -> None:
    w = np.arange(6, dtype=np.float32).reshape(3, 2)
    J = index_map("ik", "ij", (w, "jk"), out_shape=(4, 2), in_shape=(4, 3))
    for each in (
        J,
        J.T,
        -J,
        2 * J,
        2.5 * J,
        J / 3,
        J + J,
        J @ J.T,
        J[:2],
        J + np.zeros(J.shape, np.float32),
        opaque(J),
    ):
        assert each.dtype == np.float32
        assert each.todense().dtype == each.tosparse().dtype == np.float32
    x, y = np.ones((4, 3), np.float32), np.ones((4, 2), np.float32)
    assert {r.dtype for r in (J @ x, y @ J, J.matvec(x.ravel()), J.rmatvec(y.ravel()))} == {np.dtype(np.float32)}
    assert (J @ x.astype(float)).dtype == np.float64
    assert (J + np.zeros(J.shape)).dtype == np.float64


def test_numbers_promote_as_in_numpy() -> None:
    """A Python number is weak, a NumPy number is not."""
    for J in (identity_map((3,), np.float32), opaque(identity_map((3,), np.float32))):
        x = np.ones(3, np.float32)
        for number in (2, 2.0, np.float32(2), np.float64(2), np.array(2.0), np.int64(2), 2j):
            assert (J * number).dtype == (number * J).dtype == (x * number).dtype
            assert ((J * number) @ x).dtype == (x * number).dtype
            assert (J / number).dtype == (x / number).dtype


def test_double_factors_in_a_single_jacobian() -> None:
    """A constant of double precision on the way does not change what J says of itself."""
    J = pointwise_map(np.ones(3), (3,), (3,))
    J.dtype = np.dtype(np.float32)
    x = np.ones(3, np.float32)
    assert (J @ x).dtype == (x @ J).dtype == J.todense().dtype == J.tosparse().dtype == np.float32


@every_entry
def test_repr_is_one_line(entry: Entry) -> None:
    text = repr(entry.J)
    assert text.startswith(f"<Jacobian {entry.J.out_shape} by {entry.J.in_shape} float64: {entry.structure}")
    assert "\n" not in text
    assert (", each " in text) == (entry.block is not None)


def test_repr() -> None:
    assert repr(LAYER) == "<Jacobian (4, 2) by (4, 3) float64: Kronecker>"
    rows = softmax_like(whole_numbers(2, 3))
    assert repr(rows) == "<Jacobian (2, 3) by (2, 3) float64: block diagonal, each diagonal plus low rank>"
    assert repr(opaque(rows).T) == "<Jacobian (2, 3) by (2, 3) float64: matrix-free>"


# Mistakes


@both_kinds
def test_a_vector_of_another_shape(J: LinearMap) -> None:
    with pytest.raises(ShapeError, match=r"J @ v takes v of x's shape \(4, 3\), not \(3, 4\)") as caught:
        J @ np.ones((3, 4))
    assert caught.value.wanted == "v of shape (4, 3), or with more axes behind it"
    assert caught.value.try_ is None
    with pytest.raises(ShapeError, match=r"g @ J takes g of y's shape \(4, 2\), not \(4,\)") as caught:
        np.ones(4) @ J
    assert caught.value.wanted == "g of shape (4, 2), or with more axes before it"
    assert caught.value.try_ is None


@both_kinds
def test_the_wrong_side_is_told(J: LinearMap) -> None:
    with pytest.raises(ShapeError) as caught:
        J @ np.ones((4, 2))
    assert caught.value.try_ == "v @ J, or J.T @ v"
    np.testing.assert_array_equal(np.ones((4, 2)) @ J, J.T @ np.ones((4, 2)))
    with pytest.raises(ShapeError) as caught:
        np.ones((4, 3)) @ J
    assert caught.value.try_ == "J @ g"


@both_kinds
def test_flat_vectors_of_another_size(J: LinearMap) -> None:
    with pytest.raises(ShapeError, match=r"J\.matvec takes 12 numbers, not 8"):
        J.matvec(np.ones(8))
    with pytest.raises(ShapeError, match=r"J\.matmat takes columns of 12 numbers, not an array of shape \(8, 3\)"):
        J.matmat(np.ones((8, 3)))
    with pytest.raises(ShapeError, match=r"J\.matvec takes 8 numbers, not 12"):
        J.rmatvec(np.ones(12))


@both_kinds
@pytest.mark.parametrize("nothing", [None, "", {}])
def test_what_is_no_number_is_not_taken_for_zero(J: LinearMap, nothing: object) -> None:
    """J + None was J."""
    with pytest.raises((TypeError, ValueError)):
        J + nothing
    with pytest.raises((TypeError, ValueError)):
        J * nothing


def test_jacobians_that_do_not_meet() -> None:
    with pytest.raises(ShapeError, match=r"shapes that meet: \(4, 3\) is not \(3, 4\)") as caught:
        LAYER @ identity_map((3, 4))
    assert "Kronecker" in caught.value.got and "identity" in caught.value.got
    with pytest.raises(ShapeError, match=r"equal shapes: \(4, 2, 4, 3\) is not \(3, 4, 3, 4\)"):
        LAYER + identity_map((3, 4))


def test_equal_shapes_that_are_split_otherwise_do_not_add() -> None:
    """(2, 3) by (3,) and (2,) by (3, 3) are both of shape (2, 3, 3)."""
    with pytest.raises(ShapeError, match="equal shapes"):
        dense_map(np.ones((2, 3, 3)), (2, 3), (3,)) + dense_map(np.ones((2, 3, 3)), (2,), (3, 3))


def test_products_entry_by_entry_of_jacobians_are_refused() -> None:
    with pytest.raises(TypeError):
        LAYER * LAYER


# Pairs of functions


def test_a_pair_of_functions_sees_one_vector_at_a_time() -> None:
    seen: list[tuple[int, ...]] = []

    def forward(v: Array) -> Array:
        seen.append(v.shape)
        return 2 * v.sum(keepdims=True)

    J = MatrixFree(forward, lambda g: 2 * np.broadcast_to(g, (3,)), (1,), (3,))
    np.testing.assert_array_equal(J @ np.ones((3, 2, 2)), np.full((1, 2, 2), 6))
    assert seen == [(3,)] * 4
    np.testing.assert_array_equal(J.todense(), [[2, 2, 2]])
    np.testing.assert_array_equal((3 * J).todense(), [[6, 6, 6]])


def test_nothing_at_all() -> None:
    for J in (opaque(identity_map((0,))), opaque(identity_map((2, 0))), identity_map((0,))):
        assert J.todense().shape == J.shape
        assert (J @ np.zeros((*J.in_shape, 3))).shape == (*J.out_shape, 3)
        assert J.apply(np.zeros((0, *J.in_shape))).shape == (0, *J.out_shape)
        assert J.matmat(np.zeros((0, 3))).shape == (0, 3)


def test_an_index_map_of_a_kind_of_its_own() -> None:
    assert isinstance(LAYER @ LAYER.T, IndexMap)
    assert not isinstance(LAYER @ opaque(LAYER.T), IndexMap)
