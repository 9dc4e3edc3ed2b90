"""Plain NumPy under `cr.jit`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import chainrule as cr

from .problems import PROBLEMS, taken

Work = tuple[Callable[[], Any], int, Callable[[], list[float]]]


def gradient(problem: str, sizes: dict[str, int], captured: bool = False) -> Work:
    """Value and gradient."""
    f, x, data = taken(PROBLEMS[problem](np, **sizes), captured)
    run = cr.jit(cr.value_and_grad(f))

    def check() -> list[float]:
        value, x_bar = run(x, *data)
        return [value, *(np.sum(np.abs(each)) for each in (x_bar if isinstance(x, tuple) else [x_bar]))]

    return lambda: run(x, *data), 1, check


def objective(problem: str, sizes: dict[str, int]) -> Work:
    """The value alone."""
    f, x, data = PROBLEMS[problem](np, **sizes)
    run = cr.jit(f)
    return lambda: run(x, *data), 1, lambda: [run(x, *data)]


def call(problem: str, sizes: dict[str, int]) -> Work:
    """The value of arguments one by one."""
    f, x, _ = PROBLEMS[problem](np, **sizes)
    run = cr.jit(lambda *arrays: f(arrays))
    return lambda: run(*x), 1, lambda: [run(*x)]
