"""Factorizations of complex matrices: what phases leave alone has derivatives, what depends on them is refused."""

import numpy as np
import pytest
import scipy.linalg

import chainrule as cr
from chainrule.errors import DerivativeError


def matrix(*shape, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=shape) + 1j * rng.normal(size=shape)


def hermitian(A):
    return A + np.swapaxes(A, -1, -2).conj()


def function_of_matrix(A):
    w, V = np.linalg.eigh(hermitian(A))
    return (V * np.exp(0.1 * w)[..., None, :]) @ np.swapaxes(V, -1, -2).conj()


def polar(A):
    U, _, Vh = np.linalg.svd(A, full_matrices=False)
    return U @ Vh


def squared_projection(A):
    U, s, _ = np.linalg.svd(A, full_matrices=False)
    return (U * s**2) @ U.conj().T


@pytest.mark.parametrize(
    "f",
    [
        function_of_matrix,
        lambda A: np.abs(np.linalg.eigh(A, "U")[1]) ** 2,
        lambda A: np.abs(np.linalg.eigh(A, "L")[1]),
        lambda A: np.linalg.eigvalsh(A),
        lambda A: np.linalg.cholesky(A @ A.conj().T),
        lambda A: np.linalg.cholesky(A @ A.conj().T, upper=True),
        lambda A: np.linalg.qr(A),
        lambda A: np.linalg.slogdet(A),
        lambda A: np.linalg.solve(A, A.conj().T @ A),
    ],
    ids=["f(A)", "vectors U", "vectors L", "eigvalsh", "cholesky", "cholesky upper", "qr", "slogdet", "solve"],
)
def test_square_matrices(f):
    cr.check_grads(f, (matrix(3, 3),))
    cr.check_grads(lambda a, b: f(a + 1j * b), (matrix(3, 3).real, matrix(3, 3).imag))


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4)])
@pytest.mark.parametrize(
    "f",
    [
        polar,
        squared_projection,
        lambda A: np.abs(np.linalg.svd(A, full_matrices=False)[2]) ** 2,
        lambda A: np.linalg.svd(A, compute_uv=False),
        lambda A: np.linalg.norm(A, "nuc"),
        lambda A: np.linalg.norm(A, 2),
        lambda A: np.linalg.norm(A),
        lambda A: np.linalg.pinv(A),
        lambda A: np.linalg.lstsq(A, A[:, 0] * 2 + A[:, -1] ** 2)[0],
    ],
    ids=["polar", "projection", "right vectors", "values", "nuclear", "2-norm", "Frobenius", "pinv", "lstsq"],
)
def test_oblong_matrices(f, shape):
    cr.check_grads(f, (matrix(*shape),))


def test_the_derivative_of_a_function_of_a_hermitian_matrix_is_that_of_its_exponential():
    """d exp(A) in a direction, by a block of the exponential of [[A, E], [0, A]]: Higham (2008), (3.16)."""
    A, E = hermitian(matrix(3, 3)), hermitian(matrix(3, 3, seed=1))

    def exponential(A):
        w, V = np.linalg.eigh(A)
        return (V * np.exp(w)) @ V.conj().T

    expected = scipy.linalg.expm(np.block([[A, E], [np.zeros((3, 3)), A]]))[:3, 3:]
    np.testing.assert_allclose(cr.jvp(exponential, (A,), (E,))[1], expected, rtol=1e-10)


@pytest.mark.parametrize(
    "f",
    [
        lambda A: np.sum(np.linalg.eigh(A)[1].real),
        lambda A: np.sum(np.linalg.svd(A)[0].real),
        lambda A: np.sum(np.linalg.svd(A)[2].imag),
    ],
)
def test_what_depends_on_phases_is_refused(f):
    with pytest.raises(DerivativeError, match="the phase of a complex eigenvector or singular vector is arbitrary"):
        cr.grad(f)(matrix(3, 3))


def test_only_one_triangle_is_read():
    A = hermitian(matrix(3, 3))
    g = cr.grad(lambda A: np.sum(np.linalg.eigvalsh(A) ** 3))(A)
    assert not np.any(np.triu(g, 1)) and np.any(np.tril(g, -1).imag)
    assert not np.any(np.diagonal(g).imag)


def test_real_matrices_among_complex_ones_have_real_gradients():
    A, b = matrix(3, 3).real, matrix(3)
    g = cr.grad(lambda A: np.sum(np.abs(np.linalg.solve(A, b)) ** 2))(A)
    assert g.dtype == np.float64
    cr.check_grads(lambda A, b: np.linalg.solve(A, b), (A, b))


def test_batches():
    A = matrix(2, 3, 3)
    one_by_one = np.stack([cr.grad(lambda A: np.sum(np.abs(function_of_matrix(A))))(each) for each in A])
    together = cr.grad(lambda A: np.sum(np.abs(function_of_matrix(A))))(A)
    np.testing.assert_allclose(together, one_by_one, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(cr.vmap(cr.grad(lambda A: np.sum(np.abs(function_of_matrix(A)))))(A), one_by_one, 1e-10)
