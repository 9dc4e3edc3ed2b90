"""What recording costs: microseconds per operation, per backward node, and per step of a loop that fills an array."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.backprop import back_propagation_nodes

from .figures import Figure, of_ratio, of_rounds
from .peers import ROUNDS

FLOORS = {"operation": 8.0, "node": 8.0, "growth": 1.3}
STEPS = 20_000


def mixed(x: Any) -> Any:
    y = x
    for _ in range(STEPS // 4):
        y = y * x
        y = y + 2.0
        y = np.sin(y)
        y = -y
    return np.sum(y)


def fill(x: Any) -> Any:
    y = np.zeros_like(x)
    y[0] = x[0]
    for k in range(1, len(x)):
        y[k] = 0.5 * y[k - 1] + x[k]
    return np.sum(y)


def seconds(function: Callable[[], Any], rounds: int) -> list[float]:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return times


def run(rounds: int = ROUNDS) -> Iterator[Figure]:
    tracing = seconds(lambda: cr.trace(mixed, np.ones(3)), rounds)
    per_operation = [1e6 * t / STEPS for t in tracing]
    yield of_rounds("tracing, per operation [us]", per_operation, at_most=True, floor=FLOORS["operation"])
    graph = cr.trace(mixed, np.ones(3)).data
    before = len(graph)
    seed = graph.constant(np.ones(()))

    def backward() -> None:
        back_propagation_nodes(graph.outputs, [seed], graph.inputs)
        del graph.variables[before + 1 :]

    per_node = [1e6 * t / before for t in seconds(backward, rounds)]
    yield of_rounds("backward, per node [us]", per_node, at_most=True, floor=FLOORS["node"])
    gradient = cr.grad(fill)
    steps = {}
    for n in (500, 8_000):
        x = np.ones(n)
        gradient(x), gradient(x)
        steps[n] = [t / n for t in seconds(lambda x=x: gradient(x), rounds)]
    yield of_ratio(
        "filling an array: time per step at n = 8,000 over n = 500",
        *(steps[8_000], steps[500]),
        at_most=True,
        floor=FLOORS["growth"],
    )
