"""Triangular and structured matrices, filled element by element."""

import numpy as np
from numpy import diag, dot, sqrt, zeros

from ..program import program


def spd(rng, n):
    A = rng.normal(size=(n, n))
    return A @ A.T + n * np.eye(n)


@program(lambda rng: spd(rng, 4))
def cholesky_by_hand(A):
    n = A.shape[0]
    L = zeros((n, n))
    for j in range(n):
        s = A[j, j] - dot(L[j, :j], L[j, :j])
        if s <= 0:
            raise ValueError(f"not positive definite at column {j}: {s}")
        L[j, j] = sqrt(s)
        for i in range(j + 1, n):
            L[i, j] = (A[i, j] - dot(L[i, :j], L[j, :j])) / L[j, j]
    half_logdet = np.log(diag(L)).sum()
    return 2 * half_logdet + L[-1, 0]


@program(lambda rng: (rng.normal(size=(5, 5)), rng.normal(size=5)))
def lu_with_pivoting(A, b):
    U = A.copy()
    x = b.copy()
    n = len(x)
    sign = 1
    for k in range(n):
        p = k + np.argmax(np.abs(U[k:, k]))
        if p != k:
            U[[k, p]] = U[[p, k]]
            x[[k, p]] = x[[p, k]]
            sign = -sign
        for i in range(k + 1, n):
            factor = U[i, k] / U[k, k]
            U[i, k:] -= factor * U[k, k:]
            x[i] -= factor * x[k]
    for i in range(n - 1, -1, -1):
        x[i] = (x[i] - U[i, i + 1 :] @ x[i + 1 :]) / U[i, i]
    determinant = sign * np.prod(np.diag(U))
    return np.tanh(determinant) + np.arctan(x).sum()


@program(lambda rng: (rng.normal(size=6) * 0.5, rng.normal(size=(8, 3))))
def gaussian_loglik_from_packed_factor(packed, data):
    """The covariance by its log-Cholesky parameters."""
    d = data.shape[1]
    L = np.zeros((d, d))
    L[np.tril_indices(d)] = packed
    L[np.diag_indices(d)] = np.exp(np.diag(L))
    centered = data - data.mean(axis=0)
    z = np.zeros_like(centered)
    for row in range(len(centered)):
        for i in range(d):
            z[row, i] = (centered[row, i] - z[row, :i].dot(L[i, :i])) / L[i, i]
    logdet = 2 * np.log(L.diagonal()).sum()
    return -0.5 * (z**2).sum() - 0.5 * len(data) * (logdet + d * np.log(2 * np.pi))


@program(lambda rng: (rng.uniform(0.5, 1.5, size=3), np.sort(rng.uniform(0, 3, size=6)), rng.normal(size=6)))
def gaussian_process_evidence(hyper, t, y):
    amplitude, length, noise = hyper
    n = len(t)
    K = np.empty((n, n))
    for i in range(n):
        for j in range(i, n):
            K[i, j] = amplitude**2 * np.exp(-0.5 * ((t[i] - t[j]) / length) ** 2)
            K[j, i] = K[i, j]
    K[np.arange(n), np.arange(n)] += noise**2
    try:
        L = np.linalg.cholesky(K)
    except np.linalg.LinAlgError:
        return np.inf
    alpha = np.linalg.solve(L.T, np.linalg.solve(L, y))
    return 0.5 * y @ alpha + np.sum(np.log(np.diag(L))) + 0.5 * n * np.log(2 * np.pi)


@program(lambda rng: (np.array([2.5, 0.8, 0.3, 0.1, 0.05]) * rng.uniform(0.8, 1.2, size=5), rng.normal(size=5)))
def levinson_durbin_toeplitz(r, y):
    n = len(r)
    a = np.zeros(n)
    a[0] = 1.0
    error = r[0]
    reflections = []
    for m in range(1, n):
        acc = r[m]
        for k in range(1, m):
            acc = acc + a[k] * r[m - k]
        kappa = -acc / error
        reflections.append(kappa)
        previous = a.copy()
        for k in range(1, m):
            a[k] = previous[k] + kappa * previous[m - k]
        a[m] = kappa
        error *= 1 - kappa**2
    T = np.array([[r[abs(i - j)] for j in range(n)] for i in range(n)])
    x = np.linalg.solve(T, y)
    return error + a @ y + np.linalg.norm(reflections) + x[2]


@program(lambda rng: rng.normal(size=6))
def correlation_from_angles(angles):
    """A correlation matrix by spherical coordinates of the rows of its factor."""
    n = 4
    theta = zeros((n, n))
    iu = np.triu_indices(n, 1)
    theta[iu] = np.pi / (1 + np.exp(-angles))
    theta = theta.T
    B = zeros((n, n))
    B[0, 0] = 1.0
    for i in range(1, n):
        product = 1.0
        for j in range(i):
            B[i, j] = np.cos(theta[i, j]) * product
            product *= np.sin(theta[i, j])
        B[i, i] = product
    C = B @ B.T
    assert np.allclose(C.diagonal(), 1.0), "rows have unit length"
    off = C[iu]
    return -np.log(np.linalg.det(C)) + off.sum() + np.tril(B, -1).max()


@program(lambda rng: (rng.normal(size=4), rng.normal(size=(6, 4))))
def gram_schmidt_qr(target, vectors):
    A = vectors.T.copy()
    m, n = A.shape
    Q = np.zeros((m, m))
    R = np.zeros((m, n))
    rank = 0
    for k in range(n):
        v = A[:, k].copy()
        for i in range(rank):
            R[i, k] = Q[:, i] @ v
            v -= R[i, k] * Q[:, i]
        length = np.sqrt(v @ v)
        if length < 1e-10 or rank == m:
            continue
        R[rank, k] = length
        Q[:, rank] = v / length
        rank += 1
    projections = Q[:, :2].T @ target
    weights = np.triu(R).sum(axis=1)
    return projections @ weights[:2] + np.sum(np.tril(R[:, :m]) ** 2)


@program(lambda rng: (rng.normal(size=(5, 2)), rng.uniform(0.5, 2.0)))
def nearly_singular_kernel_with_jitter(points, length):
    """Points given twice make a kernel matrix that has no factor, until enough is added to its diagonal."""
    X = np.vstack([points, points[:2]])
    sq = np.sum((X[:, None] - X[None, :]) ** 2, axis=2)
    K = np.exp(-0.5 * sq / length**2) - 1e-3 * np.eye(len(X))
    jitter, attempts = 0.0, 0
    while True:
        try:
            L = np.linalg.cholesky(K + jitter * np.eye(len(X)))
        except np.linalg.LinAlgError:
            attempts += 1
            jitter = 10 * jitter if jitter > 0 else 1e-4 * K.diagonal().mean()
            if attempts > 12:
                raise
        else:
            break
    y = np.sin(X[:, 0]) + X[:, 1]
    alpha = np.linalg.solve(L, y)
    return 1e-3 * alpha @ alpha + 0.1 * np.log(np.diagonal(L)).sum()
