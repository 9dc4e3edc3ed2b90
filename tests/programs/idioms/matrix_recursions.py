"""Matrices that are multiplied, iterated, expanded and reduced again and again."""

from functools import reduce

import numpy as np

from ..program import program


@program(lambda rng: (np.eye(3) + 0.2 * rng.normal(size=(3, 3)), rng.normal(size=(3, 2)), rng.uniform(0.5, 2, size=3)))
def riccati_recursion(A, B, q):
    Q = np.diag(q)
    R = 0.5 * np.identity(B.shape[1])
    P = Q.copy()
    gains = []
    for k in range(15):
        S = R + B.T @ P @ B
        K = np.linalg.solve(S, B.T @ P @ A)
        P = Q + A.T @ P @ (A - B @ K)
        P = (P + P.T) / 2
        gains.append(K)
    x = np.ones(3)
    cost = 0.0
    for K in reversed(gains):
        u = -K @ x
        cost += x @ Q @ x + u @ R @ u
        x = A @ x + B @ u
    return cost + np.trace(P)


@program(lambda rng: rng.uniform(0.1, 1.0, size=(5, 5)))
def pagerank_power_iteration(weights):
    P = weights / weights.sum(axis=0)
    n = P.shape[0]
    teleport = 0.15
    rank = np.ones(n) / n
    for iteration in range(300):
        new = (1 - teleport) * P.dot(rank) + teleport / n
        delta = np.abs(new - rank).sum()
        rank = new
        if delta < 1e-14:
            break
    order = np.argsort(rank)[::-1]
    entropy = -np.sum(rank * np.log(rank))
    return entropy + rank[order[0]] / rank[order[1]]


@program(lambda rng: (rng.normal(size=(4, 4)) * 0.7, rng.uniform(0.5, 1.5)))
def matrix_exponential_by_scaling(A, t):
    A = A * t
    norm = np.abs(A).sum(axis=0).max()
    squarings = max(0, int(np.ceil(np.log2(norm))) + 3)
    X = A / 2**squarings
    term = np.eye(len(A))
    result = np.eye(len(A))
    for k in range(1, 15):
        term = term @ X / k
        result += term
    for _ in range(squarings):
        result = result @ result
    return np.log(np.abs(result)).sum() / 16 + result.trace()


def minor_determinant(M):
    if M.shape == (1, 1):
        return M[0, 0]
    if M.shape[0] == 2:
        return M[0, 0] * M[1, 1] - M[0, 1] * M[1, 0]
    total = 0.0
    for j in range(M.shape[1]):
        rest = np.delete(M[1:], j, axis=1)
        total += (-1) ** j * M[0, j] * minor_determinant(rest)
    return total


@program(lambda rng: rng.normal(size=(4, 4)))
def determinant_by_minors(M):
    d = minor_determinant(M)
    cofactors = np.zeros_like(M)
    for i in range(4):
        for j in range(4):
            keep_rows = [k for k in range(4) if k != i]
            keep_cols = [k for k in range(4) if k != j]
            cofactors[i, j] = (-1) ** (i + j) * minor_determinant(M[np.ix_(keep_rows, keep_cols)])
    adjugate = cofactors.T
    identity = M @ adjugate / d
    assert np.allclose(identity, np.eye(4), atol=1e-6)
    return np.arctan(d) + 0.01 * np.linalg.norm(adjugate)


@program(lambda rng: (rng.uniform(0.2, 1.5), rng.uniform(-0.5, 0.5), rng.normal(size=6)))
def ising_chain_transfer_matrix(beta, field, couplings):
    """The partition function of a ring, by products of 2 x 2 matrices kept from overflowing."""
    spins = np.array([1.0, -1.0])
    log_scale = 0.0
    product = np.eye(2)
    for J in couplings:
        T = np.exp(beta * (J * np.outer(spins, spins) + field * (spins[:, None] + spins[None, :]) / 2))
        product = product @ T
        scale = product.max()
        product /= scale
        log_scale += np.log(scale)
    log_z = np.log(np.trace(product)) + log_scale
    two_site = reduce(np.matmul, [np.diag(spins), product, np.diag(spins)])
    return log_z + np.trace(two_site) / np.trace(product)


@program(lambda rng: (rng.normal(size=(6, 6)), rng.normal(size=6)))
def lanczos_tridiagonal(M, start):
    A = (M + M.T) / 2
    m = 4
    alpha, beta = np.zeros(m), np.zeros(m - 1)
    v_prev = np.zeros(6)
    v = start / np.linalg.norm(start)
    for j in range(m):
        w = A @ v
        if j > 0:
            w -= beta[j - 1] * v_prev
        alpha[j] = w @ v
        w -= alpha[j] * v
        if j < m - 1:
            beta[j] = np.linalg.norm(w)
            v_prev, v = v, w / beta[j]
    T = np.diag(alpha) + np.diag(beta, 1) + np.diag(beta, -1)
    ritz = np.linalg.eigvalsh(T)
    p_prev, p = 1.0, alpha[0] - 0.3
    for a, b in zip(alpha[1:], beta):
        p_prev, p = p, (a - 0.3) * p - b**2 * p_prev
    return ritz[-1] - ritz[0] + np.arcsinh(p)


@program(lambda rng: (rng.uniform(1.2, 2.5, size=5), rng.uniform(0.1, 0.4, size=5), rng.uniform(0.5, 0.7)))
def thin_film_reflectance(index, thickness, wavelength):
    """Transfer matrices of a stack of layers at normal incidence, complex amplitudes."""
    M = np.eye(2, dtype=complex)
    for n, d in zip(index, thickness):
        phase = 2 * np.pi * n * d / wavelength
        layer = np.array([[np.cos(phase), 1j * np.sin(phase) / n], [1j * n * np.sin(phase), np.cos(phase)]])
        M = M @ layer
    n0, ns = 1.0, 1.52
    top = n0 * (M[0, 0] + M[0, 1] * ns) - (M[1, 0] + M[1, 1] * ns)
    bottom = n0 * (M[0, 0] + M[0, 1] * ns) + (M[1, 0] + M[1, 1] * ns)
    r = top / bottom
    reflectance = np.abs(r) ** 2
    assert 0 <= reflectance <= 1
    return reflectance + 0.1 * np.angle(r)
