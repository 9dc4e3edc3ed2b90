"""Whole Hessians beside loops of Hessian-vector products, on the problems of Laue, Mitterreiter and Giesen (2018)."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import chainrule as cr

from .figures import Figure, of_ratio
from .peers import ROUNDS


def logistic_regression(n: int) -> tuple[Callable[..., Any], np.ndarray]:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(2 * n, n)), np.sign(rng.normal(size=2 * n))
    return lambda w: np.sum(np.log(np.exp(-y * (X @ w)) + 1)), rng.normal(size=n) / n


def matrix_factorization(n: int) -> tuple[Callable[..., Any], np.ndarray]:
    rng = np.random.default_rng(0)
    k = max(1, n // 100)
    T, U, V = rng.normal(size=(n, n)), rng.normal(size=(n, k)), rng.normal(size=(n, k))
    return lambda U: np.sum((T - U @ V.T) ** 2), U


def by_products(f: Callable[..., Any], x: np.ndarray) -> np.ndarray:
    """A row for each unit vector; the gradient is traced and linearized once."""
    product = cr.linearize(cr.grad(f), x)[1]
    units = np.eye(x.size).reshape(-1, *x.shape)
    return np.stack([product(unit) for unit in units]).reshape(x.shape + x.shape)


def by_traced_products(f: Callable[..., Any], x: np.ndarray) -> np.ndarray:
    """The same with `cr.hvp`, which traces for each product."""
    product = cr.hvp(f)
    units = np.eye(x.size).reshape(-1, *x.shape)
    return np.stack([product(x, unit) for unit in units]).reshape(x.shape + x.shape)


def whole(f: Callable[..., Any], x: np.ndarray) -> np.ndarray:
    """The Hessian with its structure, then made dense."""
    return cr.hessian(f)(x).todense()


def seconds(function: Callable[..., Any], *args: Any) -> float:
    start = time.perf_counter()
    function(*args)
    return time.perf_counter() - start


def run(rounds: int = ROUNDS, n: int = 500) -> Iterator[Figure]:
    for name, make in (("logistic regression", logistic_regression), ("matrix factorization", matrix_factorization)):
        f, x = make(n)
        np.testing.assert_allclose(whole(f, x), by_products(f, x), rtol=1e-8, atol=1e-8)
        times: dict[str, list[float]] = {"whole": [], "factored": [], "linearized": [], "traced": []}
        for _ in range(rounds):
            times["factored"].append(seconds(cr.hessian(f), x))
            times["whole"].append(seconds(whole, f, x))
            times["linearized"].append(seconds(by_products, f, x))
            times["traced"].append(seconds(by_traced_products, f, x))
        beside = {
            "in factors [ms]": 1e3 * statistics.median(times["factored"]),
            "dense [ms]": 1e3 * statistics.median(times["whole"]),
        }
        for loop, key in (("linearized products", "linearized"), ("`cr.hvp`", "traced")):
            title = f"{name}, n = {n}, Hessian {x.size} x {x.size}: loop of {loop} / dense"
            yield of_ratio(title, times[key], times["whole"], beside=beside)
