"""Ten typical functions of people who differentiate NumPy code, for any module with NumPy's names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy


def rosenbrock(np: Any, n: int) -> tuple[Callable[..., Any], Any]:
    def f(x):
        return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    return f, numpy.random.default_rng(0).normal(size=n)


def scalar_code(np: Any) -> tuple[Callable[..., Any], Any]:
    """Formulas on single numbers, as engineers write them."""

    def f(x):
        total = 0.0
        for i in range(10):
            for j in range(10):
                total = total + np.sin(x[i]) * x[j] + 0.5 * x[i] * x[j]
        return total

    return f, numpy.random.default_rng(0).normal(size=10)


def recurrence(np: Any) -> tuple[Callable[..., Any], Any]:
    def f(x):
        y = x[0]
        for k in range(1, 200):
            y = 0.9 * y + np.sin(x[k % 50]) * y
        return y

    return f, 0.1 * numpy.random.default_rng(0).normal(size=50)


def filling_loop(np: Any) -> tuple[Callable[..., Any], Any]:
    """An array filled entry by entry; where item assignment cannot be differentiated, a list that becomes an array."""
    if np.__name__ == "numpy":

        def f(x):
            y = np.zeros_like(x)
            y[0] = x[0]
            for k in range(1, len(x)):
                y[k] = 0.5 * y[k - 1] + np.sin(x[k])
            return np.sum(y * y)
    else:

        def f(x):
            y = [x[0]]
            for k in range(1, len(x)):
                y.append(0.5 * y[k - 1] + np.sin(x[k]))
            y = np.array(y)
            return np.sum(y * y)

    return f, numpy.random.default_rng(0).normal(size=500)


def logistic_regression(np: Any) -> tuple[Callable[..., Any], Any]:
    rng = numpy.random.default_rng(0)
    X, y = rng.normal(size=(500, 50)), numpy.sign(rng.normal(size=500))

    def f(w):
        return np.sum(np.log(1 + np.exp(-y * np.dot(X, w)))) + 0.1 * np.sum(w**2)

    return f, rng.normal(size=50) / 10


def neural_net(np: Any) -> tuple[Callable[..., Any], Any]:
    rng = numpy.random.default_rng(0)
    X, labels = rng.normal(size=(128, 64)), numpy.eye(10)[rng.integers(0, 10, 128)]

    def f(parameters):
        W1, b1, W2, b2 = parameters
        z = np.dot(np.tanh(np.dot(X, W1) + b1), W2) + b2
        largest = np.max(z, axis=1, keepdims=True)
        normalizer = largest + np.log(np.sum(np.exp(z - largest), axis=1, keepdims=True))
        return -np.mean(np.sum(labels * (z - normalizer), axis=1))

    return f, [rng.normal(size=s) / 8 for s in ((64, 100), (100,), (100, 10), (10,))]


def n_body(np: Any) -> tuple[Callable[..., Any], Any]:
    rng = numpy.random.default_rng(0)
    masses, eye = rng.uniform(1, 2, size=30), numpy.eye(30)

    def f(positions):
        difference = positions[:, None, :] - positions[None, :, :]
        distance = np.sqrt(np.sum(difference**2, axis=2) + eye)
        return -np.sum(masses[:, None] * masses[None, :] / distance * (1 - eye)) / 2

    return f, rng.normal(size=(30, 3))


def gaussian_mixture(np: Any) -> tuple[Callable[..., Any], Any]:
    rng = numpy.random.default_rng(0)
    X = rng.normal(size=(200, 5))

    def f(parameters):
        means, log_scales, weights = parameters
        scaled = (X[:, None, :] - means[None, :, :]) / np.exp(log_scales)[None, :, :]
        logs = weights - np.log(np.sum(np.exp(weights))) - 0.5 * np.sum(scaled**2, axis=2) - np.sum(log_scales, axis=1)
        largest = np.max(logs, axis=1)
        return -np.sum(largest + np.log(np.sum(np.exp(logs - largest[:, None]), axis=1)))

    return f, [rng.normal(size=(8, 5)), 0.1 * rng.normal(size=(8, 5)), rng.normal(size=8)]


def pendulum(np: Any) -> tuple[Callable[..., Any], Any]:
    """A double state stepped by Runge and Kutta's method."""

    def f(parameters):
        state = np.concatenate([parameters[:2], np.zeros(0)])
        damping = parameters[2]

        def slope(s):
            return np.stack([s[1], -np.sin(s[0]) - damping * s[1]])

        h = 0.05
        for _ in range(40):
            k1 = slope(state)
            k2 = slope(state + h / 2 * k1)
            k3 = slope(state + h / 2 * k2)
            k4 = slope(state + h * k3)
            state = state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        return np.sum(state**2)

    return f, numpy.array([1.0, 0.0, 0.1])


PROGRAMS: dict[str, Callable[[Any], tuple[Callable[..., Any], Any]]] = {
    "scalar code, 100 terms": scalar_code,
    "Rosenbrock, n = 50": lambda np: rosenbrock(np, 50),
    "Rosenbrock, n = 5,000": lambda np: rosenbrock(np, 5_000),
    "recurrence, 200 steps": recurrence,
    "filling loop, n = 500": filling_loop,
    "logistic regression, 500 x 50": logistic_regression,
    "neural net, 128 x 64-100-10": neural_net,
    "n-body energy, 30 bodies": n_body,
    "Gaussian mixture, 200 x 5, K = 8": gaussian_mixture,
    "pendulum, 40 Runge-Kutta steps": pendulum,
}
