"""Right-hand sides that fill an array, and the steps that integrate them."""

import numpy as np

from ..program import program


@program(lambda rng: (rng.uniform(0.5, 1.5, size=2), rng.uniform(0.5, 1.5, size=4)))
def lotka_volterra_rk4(start, rates):
    alpha, beta, gamma, delta = rates

    def rhs(t, y):
        dydt = np.zeros(2)
        dydt[0] = alpha * y[0] - beta * y[0] * y[1]
        dydt[1] = delta * y[0] * y[1] - gamma * y[1]
        return dydt

    n_steps = 20
    h = 0.05
    trajectory = np.zeros((n_steps + 1, 2))
    trajectory[0] = start
    for i in range(n_steps):
        t = i * h
        y = trajectory[i]
        k1 = rhs(t, y)
        k2 = rhs(t + h / 2, y + h / 2 * k1)
        k3 = rhs(t + h / 2, y + h / 2 * k2)
        k4 = rhs(t + h, y + h * k3)
        trajectory[i + 1] = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return np.sum(trajectory[:, 0] ** 2) * h + trajectory[-1, 1]


def spring_forces(positions, stiffness, rest):
    """Forces on the beads of a chain, its ends free."""
    n = len(positions)
    forces = np.zeros(n)
    for i in range(n - 1):
        stretch = positions[i + 1] - positions[i] - rest
        forces[i] += stiffness[i] * stretch
        forces[i + 1] -= stiffness[i] * stretch
    return forces


@program(lambda rng: (np.arange(5) + 0.1 * rng.normal(size=5), rng.uniform(1, 3, size=4), rng.uniform(0.5, 2, size=5)))
def verlet_chain(x0, stiffness, mass, dt=0.05, steps=25):
    x = x0.copy()
    v = np.zeros_like(x)
    a = spring_forces(x, stiffness, 1.0) / mass
    energies = []
    for step in range(steps):
        x += v * dt + 0.5 * a * dt**2
        a_new = spring_forces(x, stiffness, 1.0) / mass
        v += 0.5 * (a + a_new) * dt
        a = a_new
        if step % 5 == 0:
            kinetic = 0.5 * np.sum(mass * v**2)
            energies.append(kinetic)
    return np.mean(energies) + x[-1] - x[0]


class Pendulum:
    def __init__(self, length, damping=0.1, g=9.81):
        self.length = length
        self.damping = damping
        self.g = g

    def derivative(self, state, dstate):
        theta, omega = state
        dstate[0] = omega
        dstate[1] = -self.g / self.length * np.sin(theta) - self.damping * omega


@program(lambda rng: (rng.uniform(0.3, 1.0), rng.uniform(0.0, 0.3), rng.uniform(0.8, 1.5)))
def damped_pendulum_euler(theta0, damping, length):
    system = Pendulum(length, damping=damping)
    state = np.array([theta0, 0.0])
    rate = np.empty(2)
    dt, t = 0.01, 0.0
    history = []
    while t < 0.5:
        system.derivative(state, rate)
        state = state + dt * rate
        history.append(state[0])
        t += dt
    angles = np.array(history)
    return np.sqrt(np.mean(angles**2))


@program(lambda rng: (rng.uniform(0.5, 2.0, size=3), rng.uniform(1.0, 3.0)))
def adaptive_heun(y0, stiffness):
    """Heun with a Euler estimate of the error, and the step as large as the tolerance admits."""

    def f(t, y):
        out = np.empty_like(y)
        out[0] = -stiffness * y[0] + y[1] * y[2]
        out[1] = np.cos(t) - y[1]
        out[2] = y[0] - 0.5 * y[2] ** 2
        return out

    t, t_end, h = 0.0, 1.0, 0.1
    y = y0
    tolerance = 1e-3
    accepted = rejected = 0
    while t < t_end:
        if t + h > t_end:
            h = t_end - t
        k1 = f(t, y)
        k2 = f(t + h, y + h * k1)
        error = np.max(np.abs(0.5 * h * (k2 - k1)))
        if error <= tolerance:
            t += h
            y = y + 0.5 * h * (k1 + k2)
            accepted += 1
        else:
            rejected += 1
        h = h * min(2.0, max(0.3, 0.9 * (tolerance / (error + 1e-12)) ** 0.5))
        if accepted + rejected > 500:
            raise RuntimeError("too many steps")
    return y @ y


@program(lambda rng: rng.uniform(0.5, 2.0, size=4))
def seir_epidemic(p):
    beta, sigma, gamma, initial = 1.5 * p[0], p[1], 0.5 * p[2], 0.01 * p[3]
    S, E, I, R = 0, 1, 2, 3
    y = np.zeros(4)
    y[S] = 1.0 - initial
    y[I] = initial
    peak = 0.0
    total = np.zeros(30)
    for day in range(30):
        flow = np.zeros((4, 4))
        flow[S, E] = beta * y[S] * y[I]
        flow[E, I] = sigma * y[E]
        flow[I, R] = gamma * y[I]
        y = y + 0.25 * (flow.sum(axis=0) - flow.sum(axis=1))
        total[day] = y[I] + y[R]
        peak = max(peak, y[I])
    assert abs(y.sum() - 1) < 1e-10
    return 10 * peak + total.mean()


@program(lambda rng: (rng.normal(size=(3, 2)), rng.uniform(0.5, 2.0, size=3)))
def planets_leapfrog(positions, masses):
    """Three bodies in the plane, kick-drift-kick."""
    G, soft, dt = 1.0, 0.3, 0.02
    n = masses.shape[0]

    def acceleration(r):
        acc = np.zeros((n, 2))
        for i in range(n):
            for j in range(i + 1, n):
                d = r[j] - r[i]
                w = G / (d.dot(d) + soft**2) ** 1.5
                acc[i] += masses[j] * w * d
                acc[j] -= masses[i] * w * d
        return acc

    r = positions.copy()
    v = np.zeros((n, 2))
    a = acceleration(r)
    for _ in range(15):
        v += 0.5 * dt * a
        r += dt * v
        a = acceleration(r)
        v += 0.5 * dt * a
    center = (masses[:, None] * r).sum(axis=0) / masses.sum()
    kinetic = 0.5 * (masses * (v**2).sum(axis=1)).sum()
    return kinetic + np.linalg.norm(r[0] - center)
