"""What is differentiated, for any module with NumPy's names: a function, its argument, and data that it also takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from .. import programs

Problem = tuple[Callable[..., Any], Any, tuple[Any, ...]]


def rosenbrock(np: Any, n: int) -> Problem:
    return *programs.rosenbrock(np, n), ()


def logistic_regression(np: Any, n: int, d: int) -> Problem:
    rng = numpy.random.default_rng(0)
    X, y = rng.normal(size=(n, d)), numpy.sign(rng.normal(size=n))

    def f(w, X, y):
        return np.sum(np.log(1 + np.exp(-y * (X @ w)))) + 0.1 * np.sum(w**2)

    return f, rng.normal(size=d) / 10, (X, y)


def n_body(np: Any, n: int) -> Problem:
    """The potential energy; a body is at distance 1 from itself, and that does not count."""
    rng = numpy.random.default_rng(0)

    def f(positions, masses):
        difference = positions[:, None, :] - positions[None, :, :]
        distance = np.sqrt(np.sum(difference**2, axis=2) + np.eye(n))
        return -np.sum(masses[:, None] * masses[None, :] / distance * (1 - np.eye(n))) / 2

    return f, rng.normal(size=(n, 3)), (rng.uniform(1, 2, size=n),)


def gaussian_mixture(np: Any, n: int, d: int, k: int) -> Problem:
    """The logarithm of a mixture's posterior, with a Wishart prior.

    Each inverse covariance is Q^T Q, Q lower triangular with a diagonal of exponentials.

    Source
    ------
    Srajer, Kukelova, Fitzgibbon, A benchmark of selected algorithmic differentiation tools on some problems in
    computer vision and machine learning (2018), sec. 3.1, with gamma = 1 and m = 0.
    """
    rng = numpy.random.default_rng(0)
    X = rng.normal(size=(n, d))
    rows, columns = numpy.tril_indices(d, -1)

    if np.__name__ == "numpy":

        def triangular(entries):
            L = np.zeros((k, d, d))
            L[:, rows, columns] = entries
            return L
    else:

        def triangular(entries):
            return np.zeros((k, d, d)).at[:, rows, columns].set(entries)

    def logsumexp(x, axis):
        largest = np.max(x, axis=axis, keepdims=True)
        return np.sum(largest, axis=axis) + np.log(np.sum(np.exp(x - largest), axis=axis))

    def f(parameters, X):
        alphas, means, logs, entries = parameters
        L, diagonal = triangular(entries), np.exp(logs)
        centered = X[:, None, :] - means
        scaled = diagonal * centered + np.einsum("kij,nkj->nki", L, centered)
        terms = alphas + np.sum(logs, axis=1) - 0.5 * np.sum(scaled**2, axis=2)
        prior = 0.5 * (np.sum(diagonal**2) + np.sum(entries**2))
        constant = 0.5 * n * d * np.log(2 * np.pi)
        return np.sum(logsumexp(terms, axis=1)) - n * logsumexp(alphas, axis=0) - prior - constant

    sizes = (k,), (k, d), (k, d), (k, d * (d - 1) // 2)
    return f, tuple(0.3 * rng.normal(size=size) for size in sizes), (X,)


def ten_sums(np: Any) -> Problem:
    """Next to nothing, of ten arrays: what a call costs."""

    def f(arrays):
        return sum(np.sum(x) for x in arrays)

    return f, tuple(numpy.arange(4.0) + k for k in range(10)), ()


PROBLEMS: dict[str, Callable[..., Problem]] = {
    "gaussian_mixture": gaussian_mixture,
    "logistic_regression": logistic_regression,
    "n_body": n_body,
    "rosenbrock": rosenbrock,
    "ten_sums": ten_sums,
}


def taken(problem: Problem, captured: bool) -> Problem:
    """With data as arguments, or as what the function finds where it is defined."""
    f, x, data = problem
    return (lambda x: f(x, *data), x, ()) if captured else problem
