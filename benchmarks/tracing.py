"""What recording costs: microseconds per operation, per backward node, and per step of a loop that fills an array."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.backprop import back_propagation_nodes

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


def seconds(function: Callable[[], Any], rounds: int = 7) -> list[float]:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return times


def run() -> dict[str, Any]:
    tracing = seconds(lambda: cr.trace(mixed, np.ones(3)))
    graph = cr.trace(mixed, np.ones(3)).data
    before = len(graph)
    seed = graph.constant(np.ones(()))

    def backward() -> None:
        back_propagation_nodes(graph.outputs, [seed], graph.inputs)
        del graph.variables[before + 1 :]

    backwards = seconds(backward)
    gradient = cr.grad(fill)
    sizes = (500, 8_000)
    steps = {}
    for n in sizes:
        x = np.ones(n)
        gradient(x), gradient(x)
        steps[n] = statistics.median(seconds(lambda x=x: gradient(x))) / n * 1e6
    return {
        "benchmark": "tracing",
        "tracing_us_per_operation": statistics.median(tracing) / STEPS * 1e6,
        "backward_us_per_forward_node": statistics.median(backwards) / before * 1e6,
        "fill_us_per_step": {str(n): t for n, t in steps.items()},
        "fill_growth": steps[8_000] / steps[500],
    }


def table(result: dict[str, Any]) -> str:
    lines = [
        "| what | seen | floor |",
        "|---|---|---|",
        f"| tracing, per operation [us] | {result['tracing_us_per_operation']:.1f} | 8 |",
        f"| backward, per node [us] | {result['backward_us_per_forward_node']:.1f} | 8 |",
        f"| filling an array: time per step at n = 8,000 over n = 500 | {result['fill_growth']:.2f} | 1.3 |",
    ]
    return "\n".join(lines)
