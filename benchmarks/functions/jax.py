"""The same under `jax.jit`: arguments are NumPy arrays, and results are made such; data is JAX's already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .problems import PROBLEMS, taken

Work = tuple[Callable[[], Any], int, Callable[[], list[float]]]


def gradient(problem: str, sizes: dict[str, int], captured: bool = False) -> Work:
    """Value and gradient."""
    f, x, data = taken(PROBLEMS[problem](jnp, **sizes), captured)
    compiled, data = jax.jit(jax.value_and_grad(f)), [jnp.asarray(each) for each in data]

    def run() -> tuple[float, list[np.ndarray]]:
        value, x_bar = compiled(x, *data)
        return float(value), [np.asarray(each) for each in (x_bar if isinstance(x, tuple) else [x_bar])]

    def check() -> list[float]:
        value, x_bar = run()
        return [value, *(np.sum(np.abs(each)) for each in x_bar)]

    return run, 1, check


def objective(problem: str, sizes: dict[str, int]) -> Work:
    """The value alone."""
    f, x, data = PROBLEMS[problem](jnp, **sizes)
    compiled, data = jax.jit(f), [jnp.asarray(each) for each in data]
    return lambda: float(compiled(x, *data)), 1, lambda: [float(compiled(x, *data))]


def call(problem: str, sizes: dict[str, int]) -> Work:
    """The value of arguments one by one."""
    f, x, _ = PROBLEMS[problem](jnp, **sizes)
    compiled = jax.jit(lambda *arrays: f(arrays))
    return lambda: float(compiled(*x)), 1, lambda: [float(compiled(*x))]
