"""Fields on lattices that look at their neighbors: np.roll, np.pad, neighbor tables, collision and streaming."""

import numpy as np

from ..program import program


@program(lambda rng: (rng.uniform(-np.pi, np.pi, size=(5, 5)), rng.uniform(0.5, 1.5)))
def xy_model_energy(theta, coupling):
    energy = 0.0
    rows, cols = theta.shape
    for i in range(rows):
        for j in range(cols):
            right = theta[i, (j + 1) % cols]
            down = theta[(i + 1) % rows, j]
            energy -= coupling * (np.cos(theta[i, j] - right) + np.cos(theta[i, j] - down))
    mx, my = np.cos(theta).mean(), np.sin(theta).mean()
    field = 0.2
    return energy - field * np.sqrt(mx**2 + my**2)


@program(lambda rng: rng.uniform(0.5, 1.5, size=(9, 4, 4)))
def lattice_boltzmann_d2q9(f):
    c = np.array([(0, 0), (1, 0), (0, 1), (-1, 0), (0, -1), (1, 1), (-1, 1), (-1, -1), (1, -1)])
    w = np.array([4 / 9] + [1 / 9] * 4 + [1 / 36] * 4)
    omega = 1.2
    for step in range(4):
        rho = f.sum(axis=0)
        ux = np.einsum("i,ixy->xy", c[:, 0], f) / rho
        uy = np.einsum("i,ixy->xy", c[:, 1], f) / rho
        usq = ux**2 + uy**2
        feq = np.zeros(f.shape)
        for i, (cx, cy) in enumerate(c):
            cu = cx * ux + cy * uy
            feq[i] = w[i] * rho * (1 + 3 * cu + 4.5 * cu**2 - 1.5 * usq)
        f = f - omega * (f - feq)
        for i in range(9):
            f[i] = np.roll(f[i], shift=(c[i, 0], c[i, 1]), axis=(0, 1))
    vorticity = (np.roll(uy, -1, 0) - np.roll(uy, 1, 0)) - (np.roll(ux, -1, 1) - np.roll(ux, 1, 1))
    return np.sum(vorticity**2) * 100 + usq.max()


@program(lambda rng: (rng.uniform(0.2, 0.8, size=(6, 6)), rng.uniform(0.02, 0.06, size=2)))
def gray_scott(u, rates):
    feed, kill = rates
    v = 1 - u

    def laplacian(z):
        return np.roll(z, 1, 0) + np.roll(z, -1, 0) + np.roll(z, 1, 1) + np.roll(z, -1, 1) - 4 * z

    for _ in range(10):
        uvv = u * v * v
        u = u + 0.16 * laplacian(u) - uvv + feed * (1 - u)
        v = v + 0.08 * laplacian(v) + uvv - (feed + kill) * v
    contrast = v.max() - v.min()
    return np.mean(v**2) + contrast


@program(lambda rng: (rng.normal(size=(6, 6)), rng.uniform(0.1, 0.3)))
def phi4_checkerboard(phi, step):
    """Relax even sites, then odd ones, in place on a copy."""
    phi = phi.copy()
    mass, lam = -0.5, 0.4
    i, j = np.indices(phi.shape)
    even = (i + j) % 2 == 0
    odd = ~even
    for sweep in range(3):
        for sites in (even, odd):
            around = sum(np.roll(phi, s, axis=a) for s in (1, -1) for a in (0, 1))
            gradient = 4 * phi - around + mass * phi + lam * phi**3
            phi[sites] -= step * gradient[sites]
    kinetic = 0.5 * sum(((phi - np.roll(phi, 1, axis)) ** 2).sum() for axis in range(2))
    potential = (0.5 * mass * phi**2 + 0.25 * lam * phi**4).sum()
    return kinetic + potential


def bilinear_rule(state, weights):
    padded = np.pad(state, 1, mode="wrap")
    new = np.zeros_like(state)
    h, w = state.shape
    for di in range(3):
        for dj in range(3):
            new += weights[di, dj] * padded[di : di + h, dj : dj + w]
    return new


@program(lambda rng: (rng.uniform(size=(5, 6)), rng.normal(size=(3, 3)) * 0.3))
def neural_cellular_automaton(state, weights, generations=4):
    target = np.zeros(state.shape)
    target[1:4, 2:4] = 1.0
    for generation in range(generations):
        update = bilinear_rule(state, weights)
        alive = state > 0.1
        state = np.clip(state + 0.5 * np.tanh(update) * alive, 0.0, 1.5)
        if not alive.any():
            break
    difference = state - target
    return (difference**2).mean()


@program(lambda rng: rng.normal(size=(12, 3)))
def heisenberg_chain_with_table(spins):
    """Classical spins of unit length on a ring with next-nearest neighbors from a table."""
    n = len(spins)
    table = np.array([[(k - 2) % n, (k - 1) % n, (k + 1) % n, (k + 2) % n] for k in range(n)])
    J = np.array([0.3, 1.0, 1.0, 0.3])
    unit = spins / np.linalg.norm(spins, axis=1, keepdims=True)
    local_fields = (J[:, None] * unit[table]).sum(axis=1)
    local_fields[:, 2] += 0.5
    energies = np.empty(n)
    for k in range(n):
        torque = np.cross(unit[k], local_fields[k])
        energies[k] = unit[k].dot(local_fields[k]) - 0.1 * np.dot(torque, torque)
    anisotropy = np.sum(unit[:, 2] ** 2)
    return -0.5 * energies.sum() + 0.2 * anisotropy


@program(lambda rng: (rng.uniform(0.1, 1.0, size=20), rng.uniform(0.2, 0.5)))
def coupled_map_lattice(x, eps):
    r = 3.2
    entropy = 0.0
    for t in range(5):
        fx = r * x * (1 - x) * np.exp(-x)
        left, right = np.roll(fx, 1), np.roll(fx, -1)
        x = (1 - eps) * fx + eps / 2 * (left + right)
        p = np.abs(x) / np.abs(x).sum()
        entropy -= (p * np.log(p)).sum()
    defects = np.count_nonzero(np.diff(np.sign(x - x.mean())))
    if defects == 0:
        return entropy
    return entropy / 5 + defects
