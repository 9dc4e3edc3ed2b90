"""The step as plain NumPy; `cr.jit` compiles it, `cr.scan` makes an epoch of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import chainrule as cr

from . import BETA1, BETA2, DECAY, EPSILON, RATE, compared, problem


def loss(p: dict[str, Any], x: Any, y: Any) -> Any:
    layers = len(p) // 2
    a = x
    for k in range(layers - 1):
        a = np.maximum(a @ p[f"W{k}"] + p[f"b{k}"], 0)
    z = a @ p[f"W{layers - 1}"] + p[f"b{layers - 1}"]
    z = z - np.max(z, axis=1, keepdims=True)
    log_p = z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))
    penalty = sum(np.sum(p[f"W{k}"] ** 2) for k in range(layers))
    return -np.mean(log_p[np.arange(len(y)), y]) + 0.5 * DECAY * penalty


def step(state: Any, x: Any, y: Any) -> tuple[Any, Any]:
    p, m, v, t = state
    J, g = cr.value_and_grad(loss)(p, x, y)
    t = t + 1
    rate = RATE * np.sqrt(1 - BETA2**t) / (1 - BETA1**t)
    m = {k: BETA1 * m[k] + (1 - BETA1) * g[k] for k in p}
    v = {k: BETA2 * v[k] + (1 - BETA2) * g[k] ** 2 for k in p}
    p = {k: p[k] - rate * m[k] / (np.sqrt(v[k]) + EPSILON * np.sqrt(1 - BETA2**t)) for k in p}
    return (p, m, v, t), J


def initial(parameters: dict[str, np.ndarray]) -> Any:
    zeros = {k: np.zeros_like(v) for k, v in parameters.items()}
    return parameters, zeros, {k: v.copy() for k, v in zeros.items()}, np.float32(0)


def epoch(sizes: list[int], batch: int, steps: int) -> tuple[Callable[[], None], int, Callable[[], list[float]]]:
    parameters, x, y, order = problem(sizes, batch, steps)
    train = cr.jit(lambda state, x, y, order: cr.scan(lambda s, rows: step(s, x[rows], y[rows]), state, order))
    now: list[Any] = [initial(parameters), None]

    def once() -> None:
        now[:] = train(now[0], x, y, order)

    return once, steps, lambda: [now[1][0], now[1][compared(steps)]]


def step_by_step(sizes: list[int], batch: int, steps: int) -> tuple[Callable[[], None], int, Callable[[], list[float]]]:
    parameters, x, y, order = problem(sizes, batch, steps)
    train = cr.jit(step)
    now: list[Any] = [initial(parameters), None]
    x, y = x[order[0]], y[order[0]]

    def once() -> None:
        now[:] = train(now[0], x, y)

    return once, 1, lambda: [now[1]]
