"""The same in JAX, with buffers given away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from . import BETA1, BETA2, DECAY, EPSILON, RATE, compared, problem

tree_map = jax.tree_util.tree_map


def loss(p: dict[str, Any], x: Any, y: Any) -> Any:
    layers = len(p) // 2
    a = x
    for k in range(layers - 1):
        a = jnp.maximum(a @ p[f"W{k}"] + p[f"b{k}"], 0)
    log_p = jax.nn.log_softmax(a @ p[f"W{layers - 1}"] + p[f"b{layers - 1}"])
    penalty = sum(jnp.sum(p[f"W{k}"] ** 2) for k in range(layers))
    return -jnp.mean(jnp.take_along_axis(log_p, y[:, None], axis=1)) + 0.5 * DECAY * penalty


def step(state: Any, rows: Any) -> tuple[Any, Any]:
    p, m, v, t = state
    J, g = jax.value_and_grad(loss)(p, *rows)
    t = t + 1
    rate = RATE * jnp.sqrt(1 - BETA2**t) / (1 - BETA1**t)
    m = tree_map(lambda m, g: BETA1 * m + (1 - BETA1) * g, m, g)
    v = tree_map(lambda v, g: BETA2 * v + (1 - BETA2) * g**2, v, g)
    epsilon = EPSILON * jnp.sqrt(1 - BETA2**t)
    p = tree_map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + epsilon), p, m, v)
    return (p, m, v, t), J


def initial(parameters: Any) -> Any:
    p = tree_map(jnp.asarray, parameters)
    return p, tree_map(jnp.zeros_like, p), tree_map(jnp.zeros_like, p), jnp.float32(0)


def epoch(sizes: list[int], batch: int, steps: int) -> tuple[Callable[[], None], int, Callable[[], list[float]]]:
    parameters, x, y, order = problem(sizes, batch, steps)
    x, y, order = (jnp.asarray(each) for each in (x, y, order))

    def whole(state: Any, x: Any, y: Any, order: Any) -> Any:
        return jax.lax.scan(lambda s, rows: step(s, (x[rows], y[rows])), state, order)

    train = jax.jit(whole, donate_argnums=0)
    now: list[Any] = [initial(parameters), None]

    def once() -> None:
        now[:] = train(now[0], x, y, order)
        jax.block_until_ready(now)

    return once, steps, lambda: [now[1][0], now[1][compared(steps)]]


def step_by_step(sizes: list[int], batch: int, steps: int) -> tuple[Callable[[], None], int, Callable[[], list[float]]]:
    parameters, x, y, order = problem(sizes, batch, steps)
    rows = jnp.asarray(x[order[0]]), jnp.asarray(y[order[0]])
    train = jax.jit(step, donate_argnums=0)
    now: list[Any] = [initial(parameters), None]

    def once() -> None:
        now[:] = train(now[0], rows)
        jax.block_until_ready(now)

    return once, 1, lambda: [now[1]]
