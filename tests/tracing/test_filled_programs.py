"""Programs as people write them: arrays made and filled inside the function. Their gradients, unchanged.

Values are those of plain NumPy; the reference of a gradient is Richardson's extrapolation of central differences.
"""

from __future__ import annotations

import math
from math import cos, sin

import numpy
import numpy as np
import pytest
from numpy import array, zeros
from scipy import integrate, interpolate, linalg, optimize

import chainrule as cr

RNG = np.random.default_rng(3)
DATA = RNG.normal(size=(6, 3))
TIMES = np.linspace(0.0, 1.0, 6)


def richardson(f, x):
    """Central differences of two steps, extrapolated; and how far the two are apart."""
    slopes, apart = np.zeros(x.size), np.zeros(x.size)
    for k in range(x.size):
        found = []
        for step in (1e-3, 5e-4):
            moved = [x.copy(), x.copy()]
            moved[0][k] += step
            moved[1][k] -= step
            found.append((f(moved[0]) - f(moved[1])) / (2 * step))
        slopes[k] = (4 * found[1] - found[0]) / 3
        apart[k] = abs(found[1] - found[0])
    return slopes, apart


def lotka_volterra(p):
    def rhs(y):
        dy = np.zeros(2)
        dy[0] = p[0] * y[0] - p[1] * y[0] * y[1]
        dy[1] = p[2] * y[0] * y[1] - y[1]
        return dy

    y = np.array([1.0, 0.5])
    for _ in range(10):
        k1 = rhs(y)
        k2 = rhs(y + 0.05 * k1)
        y = y + 0.1 * k2
    return np.sum(y**2)


def van_der_pol_history(p):
    steps = 12
    history = np.empty((steps + 1, 2))
    history[0] = [p[0], p[1]]
    for k in range(steps):
        x, v = history[k]
        history[k + 1, 0] = x + 0.05 * v
        history[k + 1, 1] = v + 0.05 * (p[2] * (1 - x**2) * v - x)
    return np.mean(history[:, 0] ** 2) + history[-1, 1]


def kalman_filter(p):
    F = np.eye(2)
    F[0, 1] = p[0]
    Q = np.diag([0.1, p[1] ** 2])
    H = np.array([[1.0, 0.0]])
    x, P = np.zeros(2), np.eye(2)
    total = 0.0
    for z in DATA[:, 0]:
        x = F @ x
        P = F @ P @ F.T + Q
        S = H @ P @ H.T + np.array([[p[2] ** 2 + 0.1]])
        K = P @ H.T @ np.linalg.inv(S)
        r = np.array([z]) - H @ x
        x = x + K @ r
        P = (np.eye(2) - K @ H) @ P
        total += (r**2 / S[0])[0] + np.log(S[0, 0])
    return total


def robot_arm(q):
    def rotation(a):
        return np.array([[np.cos(a), -np.sin(a), 0.0], [np.sin(a), np.cos(a), 0.0], [0.0, 0.0, 1.0]])

    T = np.eye(3)
    for angle, length in zip(q, (1.0, 0.7, 0.4), strict=True):
        shift = np.identity(3)
        shift[0, 2] = length
        T = T @ rotation(angle) @ shift
    return T[0, 2] ** 2 + 2 * T[1, 2]


def robot_arm_with_math(q):
    position = array([0.0, 0.0])
    total = 0.0
    for angle in q:
        total = total + angle
        position += array([cos(total), sin(total)])
    return position[0] * position[1] + math.sqrt(position[0] ** 2 + 1)


def triangular_fill(p):
    L = np.zeros((3, 3))
    L[np.tril_indices(3)] = [np.exp(p[0]), p[1], np.exp(p[2]), 0.3, p[0], 1.0]
    C = L @ L.T
    return np.linalg.slogdet(C + np.eye(3))[1] + C[0, 2]


def cholesky_by_hand(p):
    A = np.diag(p**2 + 2.0) + 0.3
    n = A.shape[0]
    L = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            s = A[i, j] - L[i, :j] @ L[j, :j]
            L[i, j] = np.sqrt(s) if i == j else s / L[j, j]
    return 2 * np.sum(np.log(np.diag(L))) + L[2, 0]


def finite_difference_matrix(p):
    n = 6
    A = np.zeros((n, n))
    for i in range(n):
        A[i, i] = 2.0 + p[0]
        if i > 0:
            A[i, i - 1] = -p[1]
        if i < n - 1:
            A[i, i + 1] = -1.0
    b = np.ones(n)
    b[0] = p[2]
    return np.sum(np.linalg.solve(A, b) ** 2)


def heat_equation(p):
    u = np.zeros(8)
    u[2:5] = p
    for _ in range(6):
        new = u.copy()
        new[1:-1] = u[1:-1] + 0.2 * (u[2:] - 2 * u[1:-1] + u[:-2])
        u = new
    return np.sum(u * np.arange(8.0))


def wave_lattice(p):
    grid = np.zeros((5, 5))
    grid[2, 2] = p[0]
    speed = np.full((5, 5), p[1])
    before = grid.copy()
    for _ in range(3):
        lap = np.zeros_like(grid)
        lap[1:-1, 1:-1] = grid[2:, 1:-1] + grid[:-2, 1:-1] + grid[1:-1, 2:] + grid[1:-1, :-2] - 4 * grid[1:-1, 1:-1]
        grid, before = 2 * grid - before + speed**2 * 0.1 * lap, grid
    return np.sum(grid**2) + p[2] * grid[1, 2]


def fibonacci_recurrence(p):
    f = np.zeros(10)
    f[0], f[1] = p[0], p[1]
    for k in range(2, 10):
        f[k] = 0.5 * f[k - 1] + p[2] * f[k - 2]
    return f[-1] * f[4]


def legendre_polynomials(p):
    x = p
    P = [np.ones(3), x]
    for n in range(1, 5):
        P.append(((2 * n + 1) * x * P[n] - n * P[n - 1]) / (n + 1))
    return np.sum(np.array(P) ** 2)


def accumulator(p):
    total = np.zeros(3)
    for row in DATA:
        total += row * np.tanh(p)
    return total @ total


def accumulator_of_outer_products(p):
    C = numpy.zeros((3, 3))
    for row in DATA:
        r = row - p
        C += numpy.outer(r, r)
    return numpy.trace(C @ C) / len(DATA)


def list_to_array(p):
    values = []
    for k in range(5):
        values.append(np.sin(p[0] * k) + p[1])
    y = np.array(values)
    return np.sum(y * y) * p[2]


def list_of_rows(p):
    rows = [[p[0], 1.0, 2.0], [0.0, p[1], p[2] ** 2]]
    M = np.array(rows)
    return np.sum(M @ M.T) + np.max([p[0], p[1]])


def stacked_pieces(p):
    left = np.array([p[0], p[1]])
    whole = np.concatenate([left, [p[2], 1.0], np.zeros(2)])
    table = np.stack([whole, np.ones(6)], axis=1)
    return np.sum(table[:, 0] ** 2 * np.arange(6))


def n_body(p):
    positions = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.5]])
    positions[0] = p[:2]
    forces = np.zeros((3, 2))
    for i in range(3):
        for j in range(3):
            if i != j:
                d = positions[j] - positions[i]
                forces[i] += p[2] * d / (d @ d + 0.1) ** 1.5
    return np.sum(forces**2)


def masked_forces(p):
    d = np.subtract.outer(p, np.arange(3.0))
    force = np.zeros((3, 3))
    near = np.abs(d) > 0.2
    force[near] = 1.0 / d[near]
    return np.sum(force**2)


def sliding_window(p):
    signal = np.zeros(8)
    signal[1:4] = p
    signal[5:8] = p[::-1] ** 2
    out = np.empty(6)
    for k in range(6):
        out[k] = np.dot(signal[k : k + 3], [0.25, 0.5, 0.25])
    return np.sum(out**3)


def newton_iteration(p):
    x = np.array([1.0, 1.0])
    for _ in range(6):
        F = np.array([x[0] ** 2 + x[1] - 3.0 - 0.1 * p[0], x[0] * p[1] - x[1] ** 2 * p[2]])
        J = np.array([[2 * x[0], 1.0], [p[1], -2 * x[1] * p[2]]])
        x = x - np.linalg.solve(J, F)
    return x @ x


def monte_carlo_path(p):
    noise = np.random.default_rng(1).normal(size=(4, 10))
    paths = np.zeros((4, 11))
    paths[:, 0] = p[0]
    for t in range(10):
        paths[:, t + 1] = paths[:, t] * np.exp(p[1] * 0.1 + abs(p[2]) * 0.1 * noise[:, t])
    return np.mean(np.maximum(paths[:, -1] - 0.4, 0))


def matrix_recursion(p):
    A = np.eye(2) * 0.5
    A[0, 1] = p[0]
    A[1, 0] = p[1] / 3
    total = np.zeros((2, 2))
    power = np.eye(2)
    for k in range(5):
        total += power / math.factorial(k)
        power = power @ A
    return np.sum(total * p[2])


def string_keyed_state(p):
    state = {"x": np.zeros(2), "v": np.array([p[0], 1.0])}
    for _ in range(5):
        state["x"] += 0.1 * state["v"]
        state["v"] -= 0.1 * p[1] * state["x"]
    return state["x"] @ state["x"] + p[2] ** 2


class Pendulum:
    def __init__(self, length):
        self.state = np.array([0.5, 0.0])
        self.length = length

    def step(self):
        acceleration = -9.81 / self.length * np.sin(self.state[0])
        self.state[1] += 0.01 * acceleration
        self.state[0] += 0.01 * self.state[1]


def pendulum_class(p):
    pendulum = Pendulum(p[0] ** 2 + 1)
    for _ in range(20):
        pendulum.step()
    return pendulum.state[0] * p[1] + pendulum.state[1] * p[2]


def views_of_views(p):
    big = np.zeros((4, 6))
    block = big[1:3, ::2]
    row = block[0]
    row[:] = p
    block[1, 1:] = p[:2] ** 2
    big[:, -1] += 1.0
    return np.sum(big**2) + big[2, 4] * big[1, 0]


def transposed_view(p):
    A = np.zeros((2, 3))
    B = A.T
    B[:, 0] = p
    A[1] = A[0] ** 2
    return np.sum(B @ A)


def reshaped_range(p):
    grid = np.arange(6.0).reshape(2, 3)
    grid[0] *= p
    grid[1, 1:] += p[0]
    return np.sum(np.sin(grid))


def out_keyword(p):
    buffer = np.empty(3)
    total = np.zeros(3)
    for _ in range(3):
        np.multiply(p, total + 1.0, out=buffer)
        np.add(total, buffer, out=total)
    return np.sum(total**2)


def histogram_weights(p):
    bins = np.array([0, 1, 1, 3, 0, 2])
    counts = np.zeros(4)
    np.add.at(counts, bins, np.concatenate([p, p**2]))
    return np.sum(counts**3)


def penalties_of_rows(p):
    table = np.tile(np.ones(3), (2, 1))
    table[0] = p
    np.fill_diagonal(table, p[0] * 2)
    return np.sum(table**2)


def spline_as_constant(p):
    spline = interpolate.CubicSpline(TIMES, np.sin(TIMES * 3))
    nodes = np.zeros(3)
    nodes[:] = spline(np.array([0.1, 0.5, 0.9])) * p
    return nodes @ nodes


def solver_as_constant(p):
    def rhs(t, y):
        return np.array([y[1], -y[0]])

    y = integrate.solve_ivp(rhs, (0.0, 1.0), np.array([1.0, 0.0]), t_eval=np.linspace(0, 1, 3)).y
    weights = np.zeros(3)
    weights[0], weights[1], weights[2] = p
    return np.sum(weights * y[0]) ** 2


def least_squares_as_constant(p):
    fit = optimize.least_squares(lambda q: q - np.array([1.0, 2.0]), np.ones(2) * 3)
    out = np.zeros(2)
    out[0] = fit.x[0] * p[0]
    out[1] = fit.x[1] * p[1] ** 2
    return out.sum() * p[2]


def matrix_exponential_as_constant(p):
    E = linalg.expm(np.array([[0.0, 1.0], [-1.0, 0.0]]))
    v = np.ones(2)
    v[1] = p[0]
    return (E @ v)[0] * p[1] + p[2] ** 2


def dynamic_programming(p):
    cost = np.full((4, 4), np.inf)
    cost[0, 0] = 0.0
    d = np.abs(np.subtract.outer(np.append(p, 0.3), TIMES[:4]))
    for i in range(1, 4):
        for j in range(1, 4):
            cost[i, j] = d[i, j] + min(cost[i - 1, j], cost[i, j - 1], cost[i - 1, j - 1])
    return cost[3, 3]


def polynomial_by_powers(p):
    powers = np.ones((6, 3))
    for k in range(1, 3):
        powers[:, k] = powers[:, k - 1] * (TIMES + p[0])
    return np.sum((powers @ np.array([p[1], p[2], 1.0])) ** 2)


def exponential_moving_average(p):
    alpha = 1 / (1 + math.exp(-p[0]))
    average = zeros(6)
    average[0] = DATA[0, 0]
    for t in range(1, 6):
        average[t] = alpha * DATA[t, 0] + (1 - alpha) * average[t - 1]
    return np.var(average) + p[1] * average[3] * p[2]


def markov_chain(p):
    rates = np.zeros((3, 3))
    rates[0, 1] = np.exp(p[0])
    rates[1, 2] = np.exp(p[1])
    rates[2, 0] = np.exp(p[2])
    P = rates / rates.sum(axis=1, keepdims=True) * 0.4 + np.identity(3) * 0.6 + 0.05 * p[0]
    state = np.eye(3)[0]
    for _ in range(4):
        state = state @ P
    return state[2] * 3


def padded_convolution(p):
    kernel = np.array([p[0], 1.0, p[2]])
    signal = np.pad(np.arange(4.0), 1, constant_values=p[1])
    out = np.zeros(4)
    for k in range(4):
        out[k] = np.sum(signal[k : k + 3] * kernel[::-1])
    return np.sum(out**2)


def givens_rotations(p):
    A = np.arange(9.0).reshape(3, 3) + np.eye(3) * 4
    A[0] = A[0] + p
    for i in range(2):
        a, b = A[i, i], A[i + 1, i]
        r = np.hypot(a, b)
        G = np.eye(3)
        G[i : i + 2, i : i + 2] = np.array([[a, b], [-b, a]]) / r
        A = G @ A
    return np.sum(np.abs(np.diag(A)))


def lower_and_upper(p):
    A = np.diag(np.array([3.0, 4.0, 5.0])) + 0.2 * np.ones((3, 3))
    A[0, 1], A[1, 2] = p[0], p[1] * p[2]
    L, U = np.eye(3), A.copy()
    for k in range(2):
        for i in range(k + 1, 3):
            L[i, k] = U[i, k] / U[k, k]
            U[i, k:] -= L[i, k] * U[k, k:]
    return np.prod(np.diag(U)) + L[2, 1]


def quaternion(p):
    half = p / 2
    q = np.array([1.0, *half])
    q /= np.linalg.norm(q)
    w, x, y, z = q
    R = np.empty((3, 3))
    R[0] = [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)]
    R[1] = [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)]
    R[2] = np.cross(R[0], R[1])
    return np.sum(R @ np.array([1.0, 2.0, 3.0])) + R[2, 2]


def bins_by_value(p):
    edges = np.linspace(0.0, 2.5, 6)
    sums = np.zeros(5)
    for v in p:
        k = int(np.searchsorted(edges, v)) - 1
        sums[k] += v**2
    return np.sum(sums * np.arange(1, 6))


def interpolated_table(p):
    knots = np.arange(4.0)
    values = np.zeros(4)
    values[1:] = p
    return np.interp(1.5, knots, values) * np.interp(p[0], knots, np.ones(4) * 2)


PROGRAMS = [
    value
    for name, value in list(globals().items())
    if callable(value) and getattr(value, "__module__", "") == __name__ and not name.startswith("test")
    if name not in ("richardson", "Pendulum")
]


def test_how_many_there_are():
    assert len(PROGRAMS) >= 40


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_program(f):
    x = np.array([0.7, 1.3, 0.45])
    before = x.copy()
    wanted = f(x)
    value, gradient = cr.value_and_grad(f)(x)
    np.testing.assert_allclose(value, wanted, rtol=1e-14)
    assert type(value) is np.float64 and type(gradient) is np.ndarray
    slopes, apart = richardson(f, x)
    assert np.all(apart < 1e-3 * (1 + np.abs(slopes))), "the differences are no reference here"
    np.testing.assert_allclose(gradient, slopes, rtol=1e-7, atol=1e-9)
    np.testing.assert_array_equal(x, before)
    assert f(x) == wanted, "plain NumPy as before"
    np.testing.assert_array_equal(cr.grad(f)(x), gradient)  # by the cached plan
