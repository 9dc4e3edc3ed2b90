"""Functions that take and make functions: integrators, callbacks, partial application, memo dicts, generators."""

import itertools
from functools import lru_cache, partial, reduce

import numpy as np

from ..program import program


def simpson(f, a, b, n=20):
    x = np.linspace(a, b, n + 1)
    y = np.array([f(t) for t in x])
    weights = np.ones(n + 1)
    weights[1:-1:2] = 4
    weights[2:-1:2] = 2
    return (b - a) / (3 * n) * (weights @ y)


@program(lambda rng: (rng.uniform(0.5, 2.0), rng.uniform(1.0, 2.0)))
def double_integral(width, height):
    def inner(x):
        def integrand(y):
            return np.exp(-(x**2) * width) * np.cos(x * y)

        return simpson(integrand, 0.0, height, n=6)

    area = simpson(inner, 0.0, width, n=8)
    check = simpson(lambda t: t, 0, 1)
    assert abs(check - 0.5) < 1e-12
    return area**2


def rk4(f, y, t0, t1, steps, callback=None):
    h = (t1 - t0) / steps
    t = t0
    for _ in range(steps):
        k1 = f(t, y)
        k2 = f(t + h / 2, y + h / 2 * k1)
        k3 = f(t + h / 2, y + h / 2 * k2)
        k4 = f(t + h, y + h * k3)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        t += h
        if callback is not None:
            callback(t, y)
    return y


@program(lambda rng: (rng.normal(size=3), rng.uniform(0.8, 1.2, size=3)))
def lorenz_with_callback(start, scale):
    sigma, rho, beta = np.array([10.0, 28.0, 8 / 3]) * scale
    visited = []

    def lorenz(t, state, s=sigma):
        x, y, z = state
        return np.array([s * (y - x), x * (rho - z) - y, x * y - beta * z])

    def record(t, y):
        if len(visited) < 100:
            visited.append((t, y))

    end = rk4(lorenz, start, 0.0, 0.2, 20, callback=record)
    times = np.array([t for t, _ in visited])
    states = np.array([y for _, y in visited])
    weights = np.exp(-times)
    return weights @ states[:, 0] / weights.sum() + end[2] * 0.1


@program(lambda rng: rng.uniform(0.5, 1.5, size=3))
def composed_potentials(parameters):
    def harmonic(k, r0, r):
        return 0.5 * k * (r - r0) ** 2

    def repulsive(strength, r, power=6):
        return strength / r**power

    terms = [
        partial(harmonic, parameters[0], 1.0),
        partial(repulsive, parameters[1]),
        partial(repulsive, 0.2 * parameters[2], power=2),
    ]

    def total(r):
        return sum(term(r) for term in terms)

    def slope(f, r, h=1e-3):
        return (f(r + h) - f(r - h)) / (2 * h)

    r = 1.3
    for _ in range(10):
        r = r - 0.1 * np.tanh(slope(total, r))
    return total(r) + r


@program(lambda rng: (rng.uniform(0.2, 0.8, size=8), rng.uniform(0.9, 0.99)))
def dynamic_program_with_memo(rewards, discount):
    """The best way along a line of places, one or two at a time, remembered in a dict."""
    memo = {}

    def best(i):
        if i >= len(rewards):
            return 0.0
        if i not in memo:
            one = rewards[i] + discount * best(i + 1)
            two = 1.4 * rewards[i] ** 2 + discount**2 * best(i + 2)
            memo[i] = max(one, two)
        return memo[i]

    value = best(0)
    assert len(memo) == len(rewards)
    smooth = sum(v * discount**k for k, v in memo.items()) / len(memo)
    return value + smooth


@program(lambda rng: (rng.uniform(0.5, 1.5), rng.uniform(0.2, 0.6), rng.normal(size=10)))
def generator_pipeline(gain, leak, samples):
    def source():
        for k in range(10):
            yield samples[k]

    def leaky(stream):
        level = 0.0
        for s in stream:
            level = (1 - leak) * level + gain * s
            yield level

    def rectified(stream, threshold=-0.2):
        for level in stream:
            if level < threshold:
                yield 0.1 * level
            else:
                yield level

    outputs = np.fromiter(rectified(leaky(source())), dtype=float)
    total = np.sum(outputs**2)
    first = next(leaky(itertools.islice(source(), 1)))
    return total + first * outputs[-1]


@program(lambda rng: (rng.normal(size=5), rng.uniform(-0.9, 0.9)))
def clenshaw_and_recursion(coefficients, x):
    @lru_cache(maxsize=None)
    def legendre(n):
        if n == 0:
            return 1.0
        if n == 1:
            return x
        return ((2 * n - 1) * x * legendre(n - 1) - (n - 1) * legendre(n - 2)) / n

    series = sum(c * legendre(n) for n, c in enumerate(coefficients))

    def horner(acc, c):
        return acc * x + c

    polynomial = reduce(horner, coefficients[::-1], 0.0)
    b1 = b2 = 0.0
    for c in coefficients[:0:-1]:
        b1, b2 = 2 * x * b1 - b2 + c, b1
    chebyshev = coefficients[0] + x * b1 - b2
    return series * polynomial + chebyshev


def make_optimizer(rule):
    state = {"m": 0.0, "t": 0}

    def momentum(w, g):
        state["m"] = 0.9 * state["m"] + g
        return w - 0.05 * state["m"]

    def adam_like(w, g):
        state["t"] += 1
        state["m"] = 0.9 * state["m"] + 0.1 * g
        v = state.setdefault("v", 0.0) * 0.99 + 0.01 * g**2
        state["v"] = v
        corrected = state["m"] / (1 - 0.9 ** state["t"])
        return w - 0.1 * corrected / (np.sqrt(v / (1 - 0.99 ** state["t"])) + 1e-6)

    return {"momentum": momentum, "adam": adam_like}[rule]


@program(lambda rng: (rng.normal(size=3), rng.uniform(0.5, 2.0, size=3)))
def unrolled_optimizers(w0, curvature):
    target = np.array([1.0, -0.5, 0.25])

    def gradient(w):
        return curvature * (w - target) + 0.1 * np.sin(w)

    losses = []
    for rule in ("momentum", "adam"):
        w = w0
        update = make_optimizer(rule)
        for _ in range(8):
            w = update(w, gradient(w))
        losses.append(0.5 * (curvature * (w - target) ** 2).sum())
    return max(losses) + 0.1 * np.mean(losses)


@program(lambda rng: (rng.uniform(0.5, 1.5, size=3), rng.uniform(0.2, 0.4)))
def vectorized_response_curve(doses, hill):
    threshold = 0.9

    def response(dose, slope=4.0):
        if dose < threshold:
            return hill * dose
        excess = dose - threshold
        return hill * threshold + excess**2 / (1 + slope * excess)

    curve = np.vectorize(response)
    grid = np.linspace(0, 2, 11)
    table = curve(grid[:, np.newaxis], [2.0, 4.0])
    observed = np.array([curve(d) for d in doses])
    baseline = table[0, 0] + table[-1].mean()
    return np.sum((observed - baseline) ** 2) + np.trapezoid(table[:, 1], grid)
