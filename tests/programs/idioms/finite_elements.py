"""Finite elements: element loops, assembly of stiffness matrices, trusses, beams, plates of triangles."""

import numpy as np
from numpy.linalg import det, inv, norm, solve

from ..program import program
from ..toolbox import rotation


@program(lambda rng: rng.uniform(0.5, 2.0, size=6))
def heat_conduction_in_a_rod(conductivity):
    n_el = len(conductivity)
    n = n_el + 1
    h = 1.0 / n_el
    K = np.zeros((n, n))
    F = np.zeros(n)
    for e in range(n_el):
        ke = conductivity[e] / h * np.array([[1, -1], [-1, 1]])
        dofs = [e, e + 1]
        K[np.ix_(dofs, dofs)] += ke
        F[dofs] += 0.5 * h
    T = np.zeros(n)
    T[0], T[-1] = 1.0, 0.2
    free = np.arange(1, n - 1)
    T[free] = np.linalg.solve(K[np.ix_(free, free)], F[free] - K[np.ix_(free, [0, n - 1])] @ T[[0, n - 1]])
    return T.max() + 0.1 * (K @ T)[0]


@program(lambda rng: (rng.uniform(0.5, 2.0, size=5), 0.1 * rng.normal(size=(4, 2))))
def truss_compliance(areas, offsets):
    nodes = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]) + offsets
    bars = np.array([[0, 2], [1, 3], [0, 3], [1, 2], [2, 3]])
    K = np.zeros((8, 8))
    lengths = []
    for (i, j), A in zip(bars, areas):
        d = nodes[j] - nodes[i]
        L = norm(d)
        c, s = d / L
        B = np.array([-c, -s, c, s])
        index = np.array([2 * i, 2 * i + 1, 2 * j, 2 * j + 1])
        K[index[:, None], index] += A / L * np.outer(B, B)
        lengths.append(L)
    force = np.zeros(8)
    force[7] = -1.0
    free = [d for d in range(8) if d > 3]
    u = np.zeros(8)
    u[free] = solve(K[free][:, free], force[free])
    volume = np.dot(areas, lengths)
    return force @ u + 0.2 * volume


@program(lambda rng: rng.uniform(0.5, 1.5, size=4))
def cantilever_of_beams(heights):
    E, L, b = 10.0, 0.5, 1.0
    n_dof = 2 * (heights.size + 1)
    stiffness = np.zeros((n_dof, n_dof))
    for e, t in enumerate(heights):
        I = b * t**3 / 12
        ke = (
            E
            * I
            / L**3
            * np.array(
                [
                    [12, 6 * L, -12, 6 * L],
                    [6 * L, 4 * L**2, -6 * L, 2 * L**2],
                    [-12, -6 * L, 12, -6 * L],
                    [6 * L, 2 * L**2, -6 * L, 4 * L**2],
                ]
            )
        )
        stiffness[2 * e : 2 * e + 4, 2 * e : 2 * e + 4] += ke
    load = np.zeros(n_dof)
    load[-2] = 1.0
    displacement = np.zeros(n_dof)
    displacement[2:] = solve(stiffness[2:, 2:], load[2:])
    tip, rotation = displacement[-2:]
    moment = E * b * heights[0] ** 3 / 12 * displacement[3] / L
    return tip + 0.5 * rotation**2 + moment


@program(lambda rng: (0.15 * rng.normal(size=(5, 2)), rng.uniform(0.5, 2.0, size=4)))
def poisson_on_triangles(shift, diffusivity):
    points = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0.5, 0.5]]) + shift
    triangles = [(0, 1, 4), (1, 2, 4), (2, 3, 4), (3, 0, 4)]
    K, f = np.zeros((5, 5)), np.zeros(5)
    for tri, kappa in zip(triangles, diffusivity):
        xy = points[list(tri)]
        J = np.array([xy[1] - xy[0], xy[2] - xy[0]]).T
        area = 0.5 * abs(det(J))
        grads = np.array([[-1.0, -1.0], [1.0, 0.0], [0.0, 1.0]]) @ inv(J)
        ke = kappa * area * grads @ grads.T
        for a in range(3):
            f[tri[a]] += area / 3
            for b in range(3):
                K[tri[a], tri[b]] += ke[a, b]
    for boundary in (0, 1, 2):
        K[boundary, :] = 0
        K[boundary, boundary] = 1
        f[boundary] = 0
    u = solve(K, f)
    return u @ u + u[4]


def shape_functions(xi, eta):
    N = 0.25 * np.array([(1 - xi) * (1 - eta), (1 + xi) * (1 - eta), (1 + xi) * (1 + eta), (1 - xi) * (1 + eta)])
    dN = 0.25 * np.array([[-(1 - eta), 1 - eta, 1 + eta, -(1 + eta)], [-(1 - xi), -(1 + xi), 1 + xi, 1 - xi]])
    return N, dN


@program(lambda rng: (0.1 * rng.normal(size=(4, 2)), rng.uniform(0.1, 0.4)))
def quadrilateral_plane_stress(shift, poisson_ratio):
    corners = np.array([[0.0, 0], [2, 0], [2, 1], [0, 1]]) + shift
    nu = poisson_ratio
    D = 1 / (1 - nu**2) * np.array([[1, nu, 0], [nu, 1, 0], [0, 0, (1 - nu) / 2]])
    g = 1 / np.sqrt(3)
    K = np.zeros((8, 8))
    mass = 0.0
    for xi in (-g, g):
        for eta in (-g, g):
            N, dN = shape_functions(xi, eta)
            J = dN @ corners
            dNdx = np.linalg.solve(J, dN)
            B = np.zeros((3, 8))
            B[0, 0::2] = dNdx[0]
            B[1, 1::2] = dNdx[1]
            B[2, 0::2] = dNdx[1]
            B[2, 1::2] = dNdx[0]
            K += B.T @ D @ B * np.linalg.det(J)
            mass += N.sum() * np.linalg.det(J)
    fixed = {0, 1, 6, 7}
    free = np.array(sorted(set(range(8)) - fixed))
    f = np.zeros(8)
    f[[3, 5]] = -0.5
    u = np.linalg.solve(K[np.ix_(free, free)], f[free])
    return f[free] @ u + mass


@program(lambda rng: rng.uniform(0.3, 1.0, size=6))
def topology_optimization_step(density, penal=3.0):
    rho = density.copy()
    n = rho.size
    for iteration in range(3):
        k = 0.01 + rho**penal
        K = np.diag(np.r_[k[:-1] + k[1:], k[-1]]) - np.diag(k[1:], 1) - np.diag(k[1:], -1)
        f = np.ones(n) / n
        u = np.linalg.solve(K, f)
        stretch = np.diff(np.concatenate(([0.0], u)))
        sensitivity = penal * rho ** (penal - 1) * stretch**2
        lo, hi = 1e-6, 1e3
        while (hi - lo) / (hi + lo) > 1e-3:
            mid = 0.5 * (lo + hi)
            new = np.clip(rho * np.sqrt(sensitivity / mid), 0.1, 1.0)
            if new.mean() > 0.6:
                lo = mid
            else:
                hi = mid
        rho = 0.5 * (rho + new)
    return f @ u + rho.var()


@program(lambda rng: (rng.uniform(0.5, 2.0, size=4), rng.uniform(0.5, 2.0, size=4)))
def vibration_of_a_chain(stiffnesses, masses):
    n = len(masses)
    connectivity = {e: (e - 1, e) for e in range(n)}
    K = np.zeros((n, n))
    M = np.diag(masses)
    for e, (i, j) in connectivity.items():
        k = stiffnesses[e]
        if i < 0:
            K[j, j] += k
            continue
        K[i, i] += k
        K[j, j] += k
        K[i, j] -= k
        K[j, i] -= k
    half = np.sqrt(1 / masses)
    eigenvalues, modes = np.linalg.eigh(half[:, None] * K * half)
    frequencies = np.sqrt(eigenvalues) / (2 * np.pi)
    participation = (modes.T @ np.sqrt(masses)) ** 2
    static = np.linalg.solve(K, M @ np.ones(n))
    return frequencies[0] + participation[0] / participation.sum() + static[-1]


@program(lambda rng: (rng.uniform(0.5, 2.0), rng.uniform(0.05, 0.5)))
def nonlinear_bar_by_newton(stiffness, cubic):
    n = 5
    u = np.zeros(n)
    load = np.linspace(0.1, 0.3, n - 1)
    for iteration in range(30):
        residual = np.zeros(n)
        tangent = np.zeros((n, n))
        for e in range(n - 1):
            strain = u[e + 1] - u[e]
            sigma = stiffness * strain + cubic * strain**3
            k = stiffness + 3 * cubic * strain**2
            residual[e] -= sigma
            residual[e + 1] += sigma
            tangent[e : e + 2, e : e + 2] += k * np.array([[1, -1], [-1, 1]])
        residual[1:] -= load
        step = np.linalg.solve(tangent[1:, 1:], -residual[1:])
        u[1:] += step
        if np.linalg.norm(step) < 1e-9:
            break
    energy = sum(0.5 * stiffness * s**2 + 0.25 * cubic * s**4 for s in np.diff(u))
    return u[-1] + energy


@program(lambda rng: (rng.uniform(0.5, 2.0, size=3), rng.uniform(0.2, 0.9)))
def portal_frame(inertia, lean):
    nodes = {0: (0.0, 0.0), 1: (lean, 2.0), 2: (3.0, 2.0), 3: (3.0, 0.0)}
    members = [(0, 1), (1, 2), (2, 3)]
    K = np.zeros((12, 12))
    for (a, b), I in zip(members, inertia):
        (xa, ya), (xb, yb) = nodes[a], nodes[b]
        dx, dy = xb - xa, yb - ya
        L = np.sqrt(dx**2 + dy**2)
        k = np.zeros((6, 6))
        k[0, 0] = k[3, 3] = 50 / L
        k[0, 3] = k[3, 0] = -50 / L
        bend = I * np.array([[12 / L**3, 6 / L**2], [6 / L**2, 4 / L]])
        k[1:3, 1:3] = bend
        k[4:, 4:] = bend * np.array([[1, -1], [-1, 1]])
        k[1:3, 4:] = I * np.array([[-12 / L**3, 6 / L**2], [-6 / L**2, 2 / L]])
        k[4:, 1:3] = k[1:3, 4:].T
        T = np.eye(6)
        T[:2, :2] = T[3:5, 3:5] = rotation(np.arctan2(dy, dx)).T
        dofs = np.r_[3 * a : 3 * a + 3, 3 * b : 3 * b + 3]
        K[np.ix_(dofs, dofs)] += T.T @ k @ T
    free = slice(3, 9)
    u = solve(K[free, free], np.array([1.0, 0, 0, 0, -0.5, 0]))
    return u[0] + np.abs(u).max() + u[2] * u[5]


@program(lambda rng: rng.uniform(0.5, 2.0, size=5))
def implicit_heat_stepping(conductivity):
    n = len(conductivity) + 1
    rows, cols, entries = [], [], []
    for e, k in enumerate(conductivity):
        for i in (0, 1):
            for j in (0, 1):
                rows.append(e + i)
                cols.append(e + j)
                entries.append(k if i == j else -k)
    K = np.zeros((n, n))
    np.add.at(K, (rows, cols), entries)
    M = (np.diag(np.full(n, 4.0)) + np.diag(np.ones(n - 1), 1) + np.diag(np.ones(n - 1), -1)) / 6
    theta, dt = 0.5, 0.1
    T = np.sin(np.linspace(0, np.pi, n))
    left, right = M + theta * dt * K, M - (1 - theta) * dt * K
    left_inverse = inv(left)
    t, history = 0.0, [T]
    while t < 0.45:
        T = left_inverse @ (right @ T)
        T[[0, -1]] = 0.1
        history.append(T)
        t += dt
    history = np.vstack(history)
    return history[-1].max() + history.mean() + det(left)


@program(lambda rng: (rng.uniform(1.0, 3.0), rng.uniform(0.05, 0.25)))
def contact_by_penalty(stiffness, gap):
    n, penalty = 4, 100.0
    K = stiffness * (2 * np.eye(n) - np.eye(n, k=1) - np.eye(n, k=-1))
    K[-1, -1] = stiffness
    load = np.full(n, 0.1)
    active = set()
    for iteration in range(10):
        A, b = K.copy(), load.copy()
        for node in active:
            A[node, node] += penalty
            b[node] += penalty * gap
        u = solve(A, b)
        touching = {i for i in range(n) if u[i] > gap}
        if touching == active:
            break
        active = touching
    reactions = penalty * np.maximum(u - gap, 0)
    imbalance = norm(K @ u - load + reactions)
    assert imbalance < 1e-8, f"not in equilibrium: {imbalance}"
    return reactions.sum() + u @ K @ u / 2
