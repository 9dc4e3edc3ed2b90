"""Nets and scientific functions with healthy data: where faults are put, and where nothing may be found."""

from __future__ import annotations

import numpy as np
from tests.programs.program import program

import chainrule as cr


def _layers(rng, *sizes, gain=1.0):
    return [
        {"W": rng.normal(size=(m, n)) * np.sqrt(gain / m), "b": 0.1 * rng.normal(size=n)}
        for m, n in (sizes[k : k + 2] for k in range(len(sizes) - 1))
    ]


def _net(rows, *sizes, gain=1.0, targets="numbers"):
    """What a net is called with: parameters, samples, and numbers, classes or truth values to learn."""

    def draw(rng):
        parameters, x = _layers(rng, *sizes, gain=gain), rng.normal(size=(rows, sizes[0]))
        y = {
            "numbers": lambda: rng.normal(size=(rows, sizes[-1])),
            "classes": lambda: rng.integers(0, sizes[-1], rows),
            "truth": lambda: (rng.uniform(size=(rows, sizes[-1])) < 0.5) * 1.0,
        }[targets]()
        return parameters, x, y

    return draw


@program(_net(32, 6, 16, 16, 2))
def tanh_net_for_regression(parameters, x, y):
    h = x
    for layer in parameters[:-1]:
        z = h @ layer["W"] + layer["b"]
        h = np.tanh(z)
    prediction = h @ parameters[-1]["W"] + parameters[-1]["b"]
    residual = prediction - y
    return np.mean(residual**2)


@program(_net(48, 8, 24, 24, 24, 24, 4, gain=2.0, targets="classes"))
def relu_net_for_classes(parameters, x, labels):
    h = x
    for layer in parameters[:-1]:
        z = h @ layer["W"] + layer["b"]
        h = np.maximum(z, 0)
    z = h @ parameters[-1]["W"] + parameters[-1]["b"]
    shifted = z - np.max(z, axis=1, keepdims=True)
    log_sum = np.log(np.sum(np.exp(shifted), axis=1))
    chosen = shifted[np.arange(len(labels)), labels]
    penalty = 1e-3 * sum(np.sum(layer["W"] ** 2) for layer in parameters)
    return np.mean(log_sum - chosen) + penalty


@program(_net(40, 5, 12, 3, gain=1.0, targets="truth"))
def sigmoid_net_for_truth_values(parameters, x, y):
    first, last = parameters
    z = x @ first["W"] + first["b"]
    h = 1 / (1 + np.exp(-z))
    logits = h @ last["W"] + last["b"]
    losses = np.logaddexp(0, logits) - y * logits
    return np.mean(np.sum(losses, axis=1))


@program(_net(24, 6, 16, 16, 16, 1, gain=1.0))
def residual_net_with_softplus(parameters, x, y):
    h = x @ parameters[0]["W"] + parameters[0]["b"]
    for layer in parameters[1:-1]:
        z = h @ layer["W"] + layer["b"]
        step = np.logaddexp(0, z) - 0.7
        h = h + 0.5 * step
    prediction = h @ parameters[-1]["W"] + parameters[-1]["b"]
    r = prediction - y
    return np.mean(np.sqrt(1 + r**2) - 1)  # pseudo-Huber


@program(lambda rng: (*_net(64, 6, 20, 20, 3, gain=2.0)(rng), 1 + 0.1 * rng.normal(size=20), 0.1 * rng.normal(size=20)))
def net_with_batch_normalization(parameters, x, y, scale, shift):
    h = x
    for layer in parameters[:-1]:
        z = h @ layer["W"] + layer["b"]
        mean = np.mean(z, axis=0)
        centered = z - mean
        variance = np.mean(centered**2, axis=0)
        normalized = centered / np.sqrt(variance + 1e-5)
        h = np.maximum(scale * normalized + shift, 0)
    prediction = h @ parameters[-1]["W"] + parameters[-1]["b"]
    return np.mean((prediction - y) ** 2)


@program(lambda rng: (rng.normal(size=5), rng.normal(), rng.normal(size=(60, 5)), rng.integers(0, 2, 60)))
def logistic_regression(w, b, x, y):
    z = x @ w + b
    p = 1 / (1 + np.exp(-z))
    likelihood = np.where(y == 1, np.log(p), np.log(1 - p))
    return -np.mean(likelihood) + 0.01 * np.sum(w**2)


@program(
    lambda rng: (rng.normal(size=3), rng.normal(size=(3, 2)), 0.2 * rng.normal(size=(3, 2)), rng.normal(size=(40, 2)))
)
def gaussian_mixture(weights, means, log_scales, x):
    shares = weights - np.max(weights)
    log_shares = shares - np.log(np.sum(np.exp(shares)))
    difference = x[:, None, :] - means
    scaled = difference / np.exp(log_scales)
    log_densities = -0.5 * np.sum(scaled**2, axis=2) - np.sum(log_scales, axis=1)
    joint = log_shares + log_densities
    largest = np.max(joint, axis=1)
    total = np.sum(np.exp(joint - largest[:, None]), axis=1)
    return -np.mean(largest + np.log(total))


@program(lambda rng: (rng.uniform(0.8, 1.2, 4), rng.uniform(0.8, 1.2, 2)))
def predator_and_prey_by_runge_kutta(rates, start):
    def slope(y):
        prey = rates[0] * y[0] - rates[1] * y[0] * y[1]
        predators = rates[2] * y[0] * y[1] - rates[3] * y[1]
        return np.stack([prey, predators])

    h, y, energy = 0.05, start, 0.0
    for _ in range(20):
        k1 = slope(y)
        k2 = slope(y + h / 2 * k1)
        k3 = slope(y + h / 2 * k2)
        k4 = slope(y + h * k3)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        energy = energy + h * np.sum(y**2)
    return energy


@program(lambda rng: (rng.uniform(0.5, 1.0, 3), rng.normal(size=3), rng.uniform(0.5, 2.0)))
def pendulums_by_leapfrog(angles, momenta, stiffness):
    h = 0.1
    q, p = angles, momenta
    for _ in range(25):
        force = -stiffness * np.sin(q)
        p = p + h / 2 * force
        q = q + h * p
        force = -stiffness * np.sin(q)
        p = p + h / 2 * force
    kinetic = 0.5 * np.sum(p**2)
    potential = stiffness * np.sum(1 - np.cos(q))
    return kinetic + 0.5 * potential


@program(lambda rng: (rng.uniform(0.05, 0.2), rng.uniform(0.2, 0.5), np.cumsum(rng.normal(size=20) * 0.3)))
def kalman_filter(process, noise, observations):
    F = np.array([[1.0, 0.1], [0.0, 1.0]])
    H = np.array([[1.0, 0.0]])
    state, P = np.zeros(2), np.eye(2)
    total = 0.0
    for z in observations:
        state = F @ state
        P = F @ P @ F.T + process * np.eye(2)
        innovation = z - (H @ state)[0]
        S = (H @ P @ H.T)[0, 0] + noise
        gain = (P @ H.T)[:, 0] / S
        state = state + gain * innovation
        P = P - np.outer(gain, H @ P)
        total = total + 0.5 * (np.log(S) + innovation**2 / S)
    return total


@program(lambda rng: (rng.normal(size=(5, 3)) * 2, 0.1 * rng.normal(size=(5, 3)), rng.uniform(0.5, 1.5, 5)))
def bodies_that_attract(positions, velocities, masses):
    x, v, h = positions, velocities, 0.02
    for _ in range(10):
        difference = x[:, None, :] - x[None, :, :]
        square = np.sum(difference**2, axis=2) + 0.1
        pull = masses[None, :, None] * difference / (square * np.sqrt(square))[:, :, None]
        acceleration = -np.sum(pull, axis=1)
        v = v + h * acceleration
        x = x + h * v
    speed = np.sum(v**2, axis=1)
    return 0.5 * np.sum(masses * speed) + np.sum(x[:, 0] * masses)


@program(lambda rng: (np.sin(np.linspace(0, np.pi, 24)) + 0.1 * rng.normal(size=24), rng.uniform(0.1, 0.4)))
def heat_equation(temperature, diffusivity):
    u = temperature
    for _ in range(15):
        left, right = np.roll(u, 1), np.roll(u, -1)
        flow = left - 2 * u + right
        u = u + diffusivity * flow
    weight = np.exp(-(np.linspace(-1, 1, len(u)) ** 2))
    return np.sum(weight * u**2)


@program(
    lambda rng: (rng.uniform(80, 120, 6), np.full(6, 100.0), rng.uniform(0.1, 0.4, 6), rng.uniform(0.5, 2, 6), 0.02)
)
def black_scholes(spot, strike, volatility, maturity, rate):
    spread = volatility * np.sqrt(maturity)
    d1 = (np.log(spot / strike) + (rate + volatility**2 / 2) * maturity) / spread
    d2 = d1 - spread
    first = 0.5 * (1 + np.tanh(0.7978845608 * (d1 + 0.044715 * d1**3)))
    second = 0.5 * (1 + np.tanh(0.7978845608 * (d2 + 0.044715 * d2**3)))
    discounted = strike * np.exp(-rate * maturity)
    return np.sum(spot * first - discounted * second)


@program(
    lambda rng: (np.sort(rng.uniform(-2, 2, 14)), rng.normal(size=14), rng.uniform(0.5, 1.0), rng.uniform(0.2, 0.5))
)
def gaussian_process_likelihood(x, y, length, noise):
    distance = (x[:, None] - x[None, :]) / length
    K = np.exp(-0.5 * distance**2) + noise**2 * np.eye(len(x))
    L = np.linalg.cholesky(K)
    alpha = np.linalg.solve(L, y)
    log_determinant = np.sum(np.log(np.diag(L)))
    return 0.5 * np.sum(alpha**2) + log_determinant


@program(lambda rng: (np.sort(rng.uniform(0, 1, 8)) + 0.2 * np.arange(8), rng.normal(size=8), rng.uniform(0.5, 1.5)))
def spline_and_quadrature(knots, heights, scale):
    h = knots[1:] - knots[:-1]
    slopes = (heights[1:] - heights[:-1]) / h
    diagonal = np.diag(2 * (h[:-1] + h[1:]))
    A = diagonal + np.diag(h[1:-1], 1) + np.diag(h[1:-1], -1)
    curvature = np.linalg.solve(A, 6 * (slopes[1:] - slopes[:-1]))
    inner = np.sum(h * (heights[1:] + heights[:-1]) / 2)
    correction = np.sum((h[:-1] + h[1:]) ** 3 * curvature) / 48
    return np.exp(-scale * inner**2 / 10) + correction


@program(
    lambda rng: (
        0.3 * rng.normal(size=(6, 6)),
        0.5 * rng.normal(size=(4, 6)),
        rng.normal(size=(12, 8, 4)),
        rng.normal(size=8),
    )
)
def recurrent_net_by_scan(W, U, inputs, targets):
    def step(h, x):
        z = h @ W + x @ U
        h = np.tanh(z)
        return h, np.sum(h**2, axis=1)

    h, sizes = cr.scan(step, np.zeros((8, 6)), inputs)
    prediction = np.sum(h, axis=1)
    return np.mean((prediction - targets) ** 2) + 0.01 * np.mean(sizes)


@program(
    lambda rng: (
        0.3 * rng.normal(size=(6, 6)),
        0.5 * rng.normal(size=(4, 6)),
        rng.normal(size=6),
        rng.normal(size=(10, 16, 4)),
    )
)
def gated_recurrence_by_loop(W, U, gate, inputs):
    h = np.zeros((16, 6))
    for x in inputs:
        z = h @ W + x @ U
        share = 1 / (1 + np.exp(-(z * gate)))
        candidate = np.tanh(z)
        h = share * h + (1 - share) * candidate
    return np.mean(h**2)


@program(lambda rng: (rng.normal(size=(4, 4)), rng.normal(size=(4, 5)), rng.integers(0, 5, 15)))
def hidden_markov_chain_by_scan(transitions, emissions, symbols):
    def normalized(z):
        shifted = z - np.max(z, axis=1, keepdims=True)
        return shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))

    log_a, log_e = normalized(transitions), normalized(emissions)

    def step(alpha, symbol):
        joint = alpha[:, None] + log_a
        largest = np.max(joint, axis=0)
        alpha = largest + np.log(np.sum(np.exp(joint - largest), axis=0)) + log_e[:, symbol]
        return alpha, None

    alpha, _ = cr.scan(step, np.full(4, -np.log(4.0)), symbols)
    top = np.max(alpha)
    return -(top + np.log(np.sum(np.exp(alpha - top))))


@program(lambda rng: (rng.uniform(0.2, 0.8, (3, 4)), rng.uniform(0.5, 1.5, 4)))
def entropy_of_a_flow(pressures, rates):
    shares = pressures / np.sum(pressures, axis=1, keepdims=True)
    surprise = -np.log(shares)
    entropy = np.sum(shares * surprise, axis=1)
    flow = np.sqrt(np.sum(rates**2)) * entropy
    return np.sum(flow**1.5)


NETS = frozenset(
    {
        "tanh_net_for_regression",
        "relu_net_for_classes",
        "sigmoid_net_for_truth_values",
        "residual_net_with_softplus",
        "net_with_batch_normalization",
        "recurrent_net_by_scan",
        "gated_recurrence_by_loop",
    }
)
