"""Hessians from the rules of the rules: no operation has code for them."""

import numpy as np

import chainrule as cr

rng = np.random.default_rng(0)


def test_quadratic_form():
    A, x = rng.normal(size=(5, 5)), rng.normal(size=5)
    H = cr.hessian(lambda x: x @ A @ x)(x)
    np.testing.assert_allclose(np.asarray(H), A + A.T, rtol=1e-13)
    assert len(H.terms) == 1 and len(H.terms[0].factors) == 1


def test_least_squares():
    A, b, x = rng.normal(size=(7, 5)), rng.normal(size=7), rng.normal(size=5)
    H = cr.hessian(lambda x: ((A @ x - b) ** 2).sum())(x)
    np.testing.assert_allclose(np.asarray(H), 2 * A.T @ A, rtol=1e-12)


def test_logistic_sum_is_factored():
    A, x = rng.normal(size=(40, 30)), rng.normal(size=30) / 5
    H = cr.hessian(lambda x: np.log1p(np.exp(A @ x)).sum())(x)
    s = 1 / (1 + np.exp(-A @ x))
    np.testing.assert_allclose(np.asarray(H), A.T @ np.diag(s * (1 - s)) @ A, rtol=1e-10)
    (term,) = H.terms
    assert sorted(factor.shape for factor, _ in term.factors) == [(40,), (40, 30), (40, 30)]


def test_product_of_matrices():
    A, B, x = rng.normal(size=(5, 5)), rng.normal(size=(5, 5)), rng.normal(size=5)
    H = cr.hessian(lambda x: x @ A @ B @ x)(x)
    np.testing.assert_allclose(np.asarray(H), A @ B + (A @ B).T, rtol=1e-12)


def logistic_regression(n):
    """Laue, Mitterreiter, Giesen (2018), section 4: f(w) = sum log(exp(-y * (X w)) + 1), X of shape (2 n, n)."""
    X, y = rng.normal(size=(2 * n, n)), np.sign(rng.normal(size=2 * n))
    return X, y, rng.normal(size=n) / n, lambda w: np.sum(np.log(np.exp(-y * (X @ w)) + 1))


def matrix_factorization(n, k):
    """The same: f(U) = |T - U V'|^2."""
    T, U, V = rng.normal(size=(n, n)), rng.normal(size=(n, k)), rng.normal(size=(n, k))
    return V, U, lambda U: np.sum((T - U @ V.T) ** 2)


def test_logistic_regression_in_closed_form():
    X, y, w, f = logistic_regression(20)
    s = 1 / (1 + np.exp(y * (X @ w)))
    np.testing.assert_allclose(np.asarray(cr.hessian(f)(w)), X.T @ np.diag(s * (1 - s)) @ X, rtol=1e-10)


def test_matrix_factorization_in_closed_form():
    V, U, f = matrix_factorization(8, 3)
    H = cr.hessian(f)(U)
    assert H.structure == "Kronecker"
    np.testing.assert_allclose(np.asarray(H), np.einsum("ij,kl->ikjl", np.eye(8), 2 * V.T @ V), rtol=1e-11)
    assert H.storage <= 3 * 8 + 9


def test_it_is_kept_in_factors():
    """So it costs a product of matrices when it is formed, not n passes over the data."""
    X, _, w, f = logistic_regression(60)
    (term,) = cr.hessian(f)(w).terms
    assert sum(np.array_equal(factor, X) for factor, _ in term.factors) == 2


def test_hessian_vector_product_and_nested_transforms_agree():
    x, v = rng.normal(size=4), rng.normal(size=4)

    def f(x):
        return np.sum(np.tanh(x) * x[::-1] ** 3)

    H = cr.hessian(f)(x)
    np.testing.assert_allclose(H @ v, cr.hvp(f)(x, v), rtol=1e-10)
    np.testing.assert_allclose(np.asarray(cr.jacobian(cr.grad(f))(x)), np.asarray(H), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(np.asarray(H), np.asarray(H).T, rtol=1e-12, atol=1e-14)


def test_trees():
    def f(p):
        return np.sum(p["a"] ** 2) * p["b"]

    H = cr.hessian(f)({"a": np.array([1.0, 2.0]), "b": 3.0})
    np.testing.assert_allclose(np.asarray(H["a"]["a"]), 6 * np.eye(2))
    np.testing.assert_allclose(np.asarray(H["a"]["b"]), [2.0, 4.0])
    np.testing.assert_allclose(np.asarray(H["b"]["b"]), 0.0)


def test_several_arguments_give_a_tuple_of_tuples():
    def f(a, p, b):
        return np.sum(a * p["u"] ** 2) + np.sum(b * a) * p["v"]

    rng = np.random.default_rng(5)
    a, b, u, v = rng.normal(size=3), rng.normal(size=3), rng.normal(size=3), rng.normal()
    H = cr.hessian(f, argnums=(0, 1))(a, {"u": u, "v": v}, b)
    assert isinstance(H, tuple) and isinstance(H[0], tuple) and set(H[1]["u"][1]) == {"u", "v"}
    np.testing.assert_allclose(np.asarray(H[0][0]), np.zeros((3, 3)))
    np.testing.assert_allclose(np.asarray(H[0][1]["u"]), np.diag(2 * u))
    np.testing.assert_allclose(np.asarray(H[1]["v"][0]), b)
    np.testing.assert_allclose(np.asarray(H[1]["u"][1]["u"]), np.diag(2 * a))
    within = cr.grad(lambda s: np.sum(cr.hessian(f, argnums=(0, 1))(a * s, {"u": u, "v": v}, b)[1]["u"][1]["u"] @ b))(
        1.0
    )
    np.testing.assert_allclose(within, np.sum(2 * a * b))
