"""Whole Jacobians keep their structure at sizes where the dense one could not be stored."""

import numpy as np
import pytest
import scipy.sparse.linalg

import chainrule as cr
from chainrule.errors import TooLargeError


def dense_by_differences(f, x, h=1e-6):
    columns = []
    for index in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[index] = h
        columns.append((f(x + step) - f(x - step)) / (2 * h))
    y_shape = columns[0].shape
    return np.moveaxis(np.reshape(columns, x.shape + y_shape), range(x.ndim), range(-x.ndim, 0))


def agrees_with_dense(f, x, structure, block=None):
    """Structure, dense form, both products, sparse form and both modes, against differences."""
    rng = np.random.default_rng(0)
    expected = dense_by_differences(f, x)
    for mode in ("auto", "forward", "reverse"):
        J = cr.jacobian(f, mode=mode)(x)
        assert J.structure == structure
        if block:
            assert J.structure.block == block
        assert J.shape == expected.shape
        np.testing.assert_allclose(np.asarray(J), expected, rtol=1e-6, atol=1e-7)
        dense = J.todense()
        v, g = rng.normal(size=x.shape), rng.normal(size=J.out_shape)
        np.testing.assert_allclose(J @ v, np.tensordot(dense, v, v.ndim), rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(g @ J, np.tensordot(g, dense, g.ndim), rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(J.T @ g, g @ J, rtol=1e-12)
        np.testing.assert_allclose(J.tosparse().toarray().reshape(J.shape), dense, atol=1e-12)
    return J


def test_elementwise_of_a_million_inputs_is_a_diagonal_in_memory():
    x = np.linspace(-3, 3, 1_000_000)
    J = cr.jacobian(lambda x: np.tanh(x) * np.exp(-x * x))(x)
    assert J.structure == "diagonal"
    assert J.nbytes == 8_000_000
    assert J.nnz == 1_000_000
    assert J.shape == (1_000_000, 1_000_000)
    v = np.ones_like(x)
    slope = (1 / np.cosh(x) ** 2 - 2 * x * np.tanh(x)) * np.exp(-x * x)
    np.testing.assert_allclose(J @ v, slope, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(v @ J, slope, rtol=1e-9, atol=1e-12)
    with pytest.raises(TooLargeError, match=r"\.todense\(\)"):
        np.asarray(J)


def test_small_elementwise():
    agrees_with_dense(lambda x: np.tanh(x) * np.exp(-x * x), np.linspace(-1, 1, 5), "diagonal")
    agrees_with_dense(lambda x: np.tanh(x), np.linspace(-1, 1, 6).reshape(2, 3), "diagonal")


def test_layer_stays_factored():
    rng = np.random.default_rng(0)
    X, W = rng.normal(size=(200, 50)), rng.normal(size=(50, 40))
    J = cr.jacobian(lambda X: np.tanh(X @ W))(X)
    assert J.nbytes == 8 * (200 * 40 + 50 * 40)
    assert J.size == 200 * 40 * 200 * 50
    V = rng.normal(size=X.shape)
    np.testing.assert_allclose(J @ V, (1 - np.tanh(X @ W) ** 2) * (V @ W), rtol=1e-9, atol=1e-12)
    agrees_with_dense(lambda X: np.tanh(X @ W[:3, :2]), X[:4, :3], "block diagonal", "dense")


def test_matrix_product_is_kronecker():
    rng = np.random.default_rng(0)
    W = rng.normal(size=(3, 2))
    agrees_with_dense(lambda X: X @ W, rng.normal(size=(4, 3)), "Kronecker")


def test_stencil_is_sparse_with_the_exact_pattern():
    n = 100_000
    u = np.sin(np.linspace(0, 7, n))

    def stencil(u):
        return u[1:-1] ** 2 * (u[2:] - 2 * u[1:-1] + u[:-2])

    J = cr.jacobian(stencil)(u).tosparse()
    assert J.shape == (n - 2, n)
    assert J.nnz == 3 * (n - 2)
    rows, columns = J.nonzero()
    assert np.array_equal(np.unique(columns - rows), [0, 1, 2])
    assert J.indptr[1] == 3
    np.testing.assert_allclose(J.diagonal(0), u[1:-1] ** 2, atol=1e-12)
    np.testing.assert_allclose(J.diagonal(2), u[1:-1] ** 2, atol=1e-12)
    agrees_with_dense(stencil, np.linspace(0.2, 1, 8) ** 2, "banded")


def test_stencil_twice_has_the_pattern_of_the_product():
    n = 1_000

    def stencil(u):
        return u[1:-1] * (u[2:] - 2 * u[1:-1] + u[:-2])

    u = np.cos(np.arange(n))
    J = cr.jacobian(lambda u: stencil(stencil(u)))(u)
    assert J.nnz == 5 * (n - 4)
    one, two = cr.jacobian(stencil)(u), cr.jacobian(stencil)(stencil(u))
    np.testing.assert_allclose(J.tosparse().toarray(), (two.tosparse() @ one.tosparse()).toarray(), atol=1e-12)


def softmax_rows(z):
    e = np.exp(z - np.max(z, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def test_softmax_over_rows():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(50, 10))
    J = cr.jacobian(softmax_rows)(z)
    assert J.structure == "block diagonal" and J.structure.block == "diagonal plus low rank"
    assert J.nbytes < 60 * z.nbytes < J.size * 8
    s = softmax_rows(z[:2, :3])
    blocks = np.asarray(cr.jacobian(softmax_rows)(z[:2, :3]))
    np.testing.assert_allclose(blocks[1, :, 1], np.diag(s[1]) - np.outer(s[1], s[1]), atol=1e-12)
    assert not blocks[0, :, 1].any()


@pytest.mark.parametrize(
    ("f", "structure"),
    [
        (lambda x: x.reshape(2, 3), "selection"),
        (lambda x: x[::-1], "selection"),
        (lambda x: np.sum(x), "sum"),
        (lambda x: np.sum(x) * np.ones(3), "low rank"),
        (lambda x: np.broadcast_to(x, (3, 6)), "broadcast"),
        (lambda x: np.cumsum(x), "triangular"),
        (lambda x: np.exp(x) / np.sum(np.exp(x)), "diagonal plus low rank"),
        (lambda x: 3 * x, "scaled identity"),
        (lambda x: np.sign(x), "zero"),
        (lambda x: x, "identity"),
    ],
)
def test_names_of_structures(f, structure):
    x = np.linspace(0.5, 2, 6)
    J = cr.jacobian(f)(x)
    assert J.structure == structure
    np.testing.assert_allclose(np.asarray(J), dense_by_differences(f, x), atol=1e-8)


def test_array_like_behaviour():
    rng = np.random.default_rng(0)
    A, x = rng.normal(size=(4, 3)), rng.normal(size=3)
    J = cr.jacobian(lambda x: np.tanh(A @ x))(x)
    dense = np.asarray(J)
    M = rng.normal(size=(3, 5))
    np.testing.assert_allclose(J @ M, dense @ M)
    np.testing.assert_allclose(M.T[:, :3] @ J.T, M.T[:, :3] @ dense.T)
    np.testing.assert_allclose(J.matmat(M), dense @ M)
    np.testing.assert_allclose(J.rmatvec(np.ones(4)), dense.T @ np.ones(4))
    np.testing.assert_allclose(J[1], dense[1])
    np.testing.assert_allclose(np.asarray(J[1:3]), dense[1:3])
    np.testing.assert_allclose(J[..., 0], dense[..., 0])
    assert J[2, 1] == pytest.approx(dense[2, 1])
    np.testing.assert_allclose(J[[0, 2]], dense[[0, 2]])
    operator = J.tolinearoperator()
    np.testing.assert_allclose(operator @ x, dense @ x)
    solution = scipy.sparse.linalg.lsmr(operator, np.ones(4), atol=1e-12, btol=1e-12)[0]
    np.testing.assert_allclose(solution, np.linalg.lstsq(dense, np.ones(4))[0], rtol=1e-6)
    H = J.T @ J + 0.1 * np.eye(3)
    np.testing.assert_allclose(np.asarray(H), dense.T @ dense + 0.1 * np.eye(3))
    D = cr.jacobian(np.tanh)(x) + 0.5 * np.eye(3)
    assert D.structure == "diagonal"
    assert (0.5 * np.eye(3) + cr.jacobian(np.tanh)(x)).structure == "diagonal"
    assert J.dtype == np.float64
    assert cr.jacobian(np.tanh)(x.astype(np.float32)).dtype == np.float32


def test_product_of_jacobians_is_the_chain_rule():
    rng = np.random.default_rng(1)
    W = rng.normal(size=(3, 3))
    x = rng.normal(size=(2, 3))
    inner, outer = (lambda x: np.tanh(x @ W)), (lambda y: y * y)
    product = cr.jacobian(outer)(inner(x)) @ cr.jacobian(inner)(x)
    assert product.structure == "block diagonal"
    np.testing.assert_allclose(np.asarray(product), np.asarray(cr.jacobian(lambda x: outer(inner(x)))(x)), atol=1e-12)


def test_trees():
    params = {"W": np.ones((3, 2)), "b": np.zeros(2)}
    J = cr.jacobian(lambda p, x: {"y": x @ p["W"] + p["b"], "s": np.sum(p["b"])})(params, np.ones((4, 3)))
    assert J["y"]["W"].shape == (4, 2, 3, 2)
    assert J["y"]["b"].shape == (4, 2, 2)
    assert J["s"]["W"].structure == "zero"
    assert J["s"]["b"].structure == "sum"
    both = cr.jacobian(np.multiply, argnums=(0, 1))(np.ones(2), np.full(2, 3.0))
    np.testing.assert_allclose(np.asarray(both[0]), 3 * np.eye(2))
    np.testing.assert_allclose(np.asarray(both[1]), np.eye(2))


def normalized(x):
    centered = x - np.mean(x, axis=-1, keepdims=True)
    return centered / np.sqrt(np.mean(centered**2, axis=-1, keepdims=True) + 1e-5)


LAYER = np.random.default_rng(0).normal(size=(30, 30)) / 30
TOWERS = {
    "softmax over rows": (softmax_rows, (500, 30), "block diagonal"),
    "layer normalization": (normalized, (500, 30), "block diagonal"),
    "residual net": (lambda x: np.tanh(x @ LAYER), (500, 30), "block diagonal"),
    "normalized residual net": (lambda x: np.tanh(normalized(x) @ LAYER), (500, 30), "block diagonal"),
    "one long softmax": (softmax_rows, (20_000,), "diagonal plus low rank"),
    "division by the norm": (lambda x: x / np.linalg.norm(x), (20_000,), "diagonal plus low rank"),
    "periodic stencil": (lambda x: np.sin(np.roll(x, 1) - np.roll(x, -1)), (3_000,), "sparse"),
    "stencil": (lambda x: np.concatenate([x[:1], np.sin(x[2:] * x[:-2]), x[-1:]]), (3_000,), "sparse"),
    "gather": (lambda x: np.sin(x[np.arange(3_000) ** 2 % 3_000]), (3_000,), "sparse"),
    "cumulative sum": (lambda x: np.sin(np.cumsum(x) / 100), (20_000,), "matrix-free"),
    "solution": (lambda x: np.linalg.solve(3 * np.eye(70) + np.ones((70, 70)), x), (70, 70), "matrix-free"),
}


@pytest.mark.parametrize("name", TOWERS)
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_tall_towers_of_skips_at_sizes_that_cannot_be_dense(name, mode):
    """There are 2 ** 20 paths; at most eight blocks of 30 numbers a row are kept."""
    f, shape, structure = TOWERS[name]

    def tower(x):
        for _ in range(20):
            x = x + 0.3 * f(x)
        return x

    rng = np.random.default_rng(0)
    x, v, g = rng.normal(size=(3, *shape))
    J = cr.jacobian(tower, mode=mode)(x)
    assert J.structure == structure
    assert J.nbytes < 300 * x.nbytes
    np.testing.assert_allclose(J @ v, cr.jvp(tower, (x,), (v,))[1], rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(g @ J, cr.vjp(tower, x)[1](g)[0], rtol=1e-7, atol=1e-7)


def test_two_convolutions_have_the_pattern_of_their_product():
    """2 x 2 after 2 x 2 sees 3 x 3, whichever of the 16 paths it takes."""

    def convolution(x):
        h, w = x.shape[0] - 1, x.shape[1] - 1
        return np.tanh(sum((i + 1) * (j - 1.5) * x[i : i + h, j : j + w] for i in range(2) for j in range(2)))

    J = agrees_with_dense(lambda x: convolution(convolution(x)), np.linspace(0, 1, 20).reshape(4, 5) ** 2, "sparse")
    assert J.nnz == 2 * 3 * 9


def test_a_chain_of_10_000_is_one_diagonal():
    def chain(x):
        for _ in range(10_000):
            x = np.sin(x)
        return x

    J = cr.jacobian(chain)(np.array([0.5, 1.0, 1.5]))
    assert J.structure == "diagonal" and len(J.terms) == 1
    v = np.ones(3)
    np.testing.assert_allclose(J @ v, cr.jvp(chain, (np.array([0.5, 1.0, 1.5]),), (v,))[1], rtol=1e-9)


INNER = {
    "layer": lambda z: np.tanh(LAYER[:4, :4] @ z),
    "softmax": lambda z: np.exp(z) / np.sum(np.exp(z)),
    "sort": lambda z: np.sort(z) ** 2,
    "gather": lambda z: z[np.argsort(z)] ** 2,
    "solve": lambda z: np.linalg.solve(np.eye(4) * (2 + z @ z), np.tanh(z)),
    "stencil": lambda z: np.roll(z, 1) * z**2,
    "cumsum": lambda z: np.cumsum(z**2),
}
USES = {
    "times a plain vector": lambda J, z: J @ np.arange(1.0, 5),
    "a plain vector times": lambda J, z: np.arange(1.0, 5) @ J,
    "times a traced vector": lambda J, z: J @ z,
    "Gauss-Newton": lambda J, z: (J.T @ (J @ np.arange(1.0, 5))) + 0.1 * z,
}


@pytest.mark.parametrize("inner", INNER)
@pytest.mark.parametrize("use", USES)
def test_a_jacobian_within_a_gradient(inner, use):
    z = np.array([0.7, -0.3, 1.1, 0.2])

    def outer(z):
        return np.sum(np.sin(USES[use](cr.jacobian(INNER[inner])(z), z)))

    np.testing.assert_allclose(cr.grad(outer)(z), dense_by_differences(outer, z), rtol=1e-6, atol=1e-7)


def test_a_tower_of_skips_is_not_exponential():
    """Sums multiply under composition; the Jacobian is formed before that hurts."""
    x = np.linspace(-1, 1, 6)

    def tower(x):
        for _ in range(12):
            e = np.exp(x)
            x = x + e / np.sum(e)
        return x

    J = cr.jacobian(tower)(x)
    assert len(J.terms) <= 8
    np.testing.assert_allclose(np.asarray(J), dense_by_differences(tower, x), atol=1e-8)
