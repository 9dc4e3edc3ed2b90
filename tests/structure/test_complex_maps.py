"""Maps with complex factors, and those that act on the conjugate: against matrices over real and imaginary parts."""

import itertools

import numpy as np
import pytest

from chainrule.errors import DerivativeError
from chainrule.structure import IndexMap, MatrixFree, Pairs, identity_map, index_map, pointwise_map, zero_map

rng = np.random.default_rng(2)


def complex_array(*shape):
    return rng.normal(size=shape) + 1j * rng.normal(size=shape)


A, B, d = complex_array(3, 4), complex_array(4, 3), complex_array(3)
SQUARE = {
    "matrix": index_map("ij", "kj", (complex_array(3, 3), "ik"), out_shape=(3, 2), in_shape=(3, 2)),
    "conjugate": index_map("ij", "ij", out_shape=(3, 2), in_shape=(3, 2), antilinear=True),
    "scaled conjugate": index_map("ij", "ij", out_shape=(3, 2), in_shape=(3, 2), antilinear=True, scale=1 - 2j),
    "antilinear matrix": index_map(
        "ij", "kj", (complex_array(3, 3), "ik"), out_shape=(3, 2), in_shape=(3, 2), antilinear=True
    ),
    "antilinear rows": index_map(
        "ij",
        "kj",
        out_shape=(3, 2),
        in_shape=(3, 2),
        relations=[Pairs(("i",), ("k",), None, np.array([2, 0, 0]))],  # type: ignore[arg-type]
        scale=2j,
        antilinear=True,
    ),
    "two factors": index_map(
        "ij", "kl", (d, "i"), (d[::-1].copy(), "k"), (complex_array(2, 2), "jl"), out_shape=(3, 2), in_shape=(3, 2)
    ),
    "real": pointwise_map(rng.normal(size=(3, 2)), (3, 2), (3, 2)),
    "imaginary": identity_map((3, 2)).scaled(1j),
    "sum": None,
    "zero": zero_map((3, 2), (3, 2)),
}
SQUARE["sum"] = SQUARE["matrix"] + SQUARE["antilinear matrix"] + SQUARE["imaginary"]


def as_real(J):
    """The matrix over real and imaginary parts, by what J makes of each direction."""
    columns = []
    for unit in (1, 1j):
        for e in np.eye(6):
            y = (J @ (unit * e).reshape(3, 2).astype(complex)).ravel()
            columns.append(np.concatenate([y.real, y.imag]))
    return np.transpose(columns)


PAIRING = np.diag([1.0] * 6 + [-1.0] * 6)  # Re(g v) = g.real v.real - g.imag v.imag


@pytest.mark.parametrize("name", SQUARE)
def test_transpose(name):
    J = SQUARE[name]
    np.testing.assert_allclose(as_real(J.T), PAIRING @ as_real(J).T @ PAIRING, atol=1e-13)
    np.testing.assert_allclose(as_real(J.T.T), as_real(J), atol=1e-13)


@pytest.mark.parametrize(("first", "second"), list(itertools.product(SQUARE, SQUARE)))
def test_products_and_sums(first, second):
    J, K = SQUARE[second], SQUARE[first]
    np.testing.assert_allclose(as_real(J @ K), as_real(J) @ as_real(K), atol=1e-12)
    np.testing.assert_allclose(as_real(J + K), as_real(J) + as_real(K), atol=1e-12)
    np.testing.assert_allclose(as_real(J - K), as_real(J) - as_real(K), atol=1e-12)


@pytest.mark.parametrize("name", SQUARE)
def test_conjugate_and_real_part(name):
    J = SQUARE[name]
    conjugation = np.diag([1.0] * 6 + [-1.0] * 6)
    np.testing.assert_allclose(as_real(J.conjugated), conjugation @ as_real(J), atol=1e-13)
    np.testing.assert_allclose(as_real(J.real_part()), np.diag([1.0] * 6 + [0.0] * 6) @ as_real(J), atol=1e-13)
    of_real = J.real_part(of_real=True)
    assert not any(term.is_complex or term.antilinear for term in of_real.terms)
    v = rng.normal(size=(3, 2))
    np.testing.assert_allclose(of_real @ v, np.real(J @ v), atol=1e-13)
    free = MatrixFree(J.apply, J.T.apply, (3, 2), (3, 2), complex).real_part()
    np.testing.assert_allclose(as_real(free), as_real(J.real_part()), atol=1e-13)
    np.testing.assert_allclose(as_real(free.T), as_real(J.real_part().T), atol=1e-13)


@pytest.mark.parametrize("name", SQUARE)
def test_matrix_where_there_is_one(name):
    J = SQUARE[name]
    if not J.is_antilinear:
        v = complex_array(3, 2)
        np.testing.assert_allclose(np.tensordot(J.todense(), v, 2), J @ v, atol=1e-13)
        np.testing.assert_allclose(J.tosparse().toarray().reshape(J.shape), J.todense(), atol=1e-13)
        return
    assert J.structure not in ("identity", "scaled identity", "selection")
    for dense in (J.todense, J.tosparse, lambda: J.nnz, lambda: np.asarray(J)):
        with pytest.raises(DerivativeError, match="no matrix of complex numbers"):
            dense()


def test_terms_that_cancel_leave_a_matrix():
    """v = Re(v) + i Im(v), each of which is antilinear in part."""
    one = identity_map((3,), complex)
    real, imaginary = one.real_part(), one.scaled(-1j).real_part()
    assert real.is_antilinear and imaginary.is_antilinear
    whole = real + imaginary.scaled(1j)
    assert not whole.is_antilinear
    np.testing.assert_array_equal(whole.todense(), np.eye(3))


def test_batches_are_conjugated_one_by_one():
    J = SQUARE["antilinear matrix"]
    rows = complex_array(5, 3, 2)
    np.testing.assert_allclose(J.apply(rows), [J @ row for row in rows], atol=1e-13)


def test_many_antilinear_terms_are_formed():
    """Sums multiply under composition, and stay few all the same."""
    J: IndexMap = SQUARE["sum"]
    product = J
    for _ in range(4):
        product = product @ J
    assert len(product.terms) <= 16
    np.testing.assert_allclose(as_real(product), np.linalg.matrix_power(as_real(J), 5), rtol=1e-9, atol=1e-9)
