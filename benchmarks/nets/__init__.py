"""Training of dense nets: plain NumPy under `cr.jit` and `cr.scan` beside JAX and PyTorch.

ReLU, softmax and cross-entropy, an L2 penalty on weights, Adam, float32. One unit of work is one step.
"""

from __future__ import annotations

import itertools
import sys
from typing import Any

import numpy as np

from ..machine import fused_multiply_adds
from ..peers import NOISE, Peer, side_by_side

RATE, DECAY, BETA1, BETA2, EPSILON = 1e-3, 1e-4, 0.9, 0.999, 1e-8
LIBRARIES = ("chainrule", "jax", "torch")
ROUNDS = 5
NETS = {
    "MLP 784-256-128-10, batch 128": {"sizes": [784, 256, 128, 10], "batch": 128, "steps": 100},
    "tiny 2-16-16-1, batch 32": {"sizes": [2, 16, 16, 2], "batch": 32, "steps": 1000},
    "wide 1024-2048-2048-10, batch 256": {"sizes": [1024, 2048, 2048, 10], "batch": 256, "steps": 4},
}


def problem(sizes: list[int], batch: int, steps: int) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray, Any]:
    """Parameters, rows, labels and the rows of each step."""
    rng = np.random.default_rng(0)
    parameters: dict[str, np.ndarray] = {}
    for k, (n, m) in enumerate(itertools.pairwise(sizes)):
        parameters[f"W{k}"] = (rng.normal(size=(n, m)) * np.sqrt(2 / n)).astype(np.float32)
        parameters[f"b{k}"] = np.zeros(m, np.float32)
    rows = batch * min(steps, 100)
    x = rng.normal(size=(rows, sizes[0])).astype(np.float32)
    y = rng.integers(0, sizes[-1], rows)
    order = np.stack([rng.permutation(rows)[:batch] for _ in range(steps)])
    return parameters, x, y, order


def multiplications(sizes: list[int], batch: int) -> int:
    """Of the matrix products of one step: forward, of the weights, and of the layers but the first."""
    products = [n * m for n, m in itertools.pairwise(sizes)]
    return batch * (3 * sum(products) - products[0])


def run(rounds: int = ROUNDS) -> dict[str, Any]:
    rows = []
    for threads in (1, 2):
        peak = fused_multiply_adds(np.float32, threads)
        with Peer("chainrule", threads) as a, Peer("jax", threads) as b, Peer("torch", threads) as c:
            for name, net in NETS.items():
                for what in ("epoch", "step_by_step"):
                    if threads == 2 and name.startswith("tiny"):
                        continue
                    row = side_by_side([a, b, c], rounds, f"nets.{what}", 1e-3, **net)
                    row |= {"name": f"{name}: {what}", "threads": threads}
                    row["share"] = multiplications(net["sizes"], net["batch"]) / row["chainrule"]["seconds"] / peak
                    rows.append(row)
                    print(_row(row), file=sys.stderr, flush=True)
    return {"benchmark": "nets", "rounds": rounds, "rows": rows}


def _row(row: dict[str, Any]) -> str:
    mine, jax, torch = (row[library] for library in LIBRARIES)
    flag = " (too noisy to count)" if max(jax["noise"], torch["noise"]) > NOISE else ""
    return (
        f"| {row['name']} | {row['threads']} | {1 / mine['seconds']:,.0f} | {row['share']:.2f} "
        f"| {jax['ratio']:.2f} (best {jax['best']:.2f}) | {torch['ratio']:.2f} (best {torch['best']:.2f}) "
        f"| {max(jax['noise'], torch['noise']):.0%}{flag} |"
    )


def table(result: dict[str, Any]) -> str:
    head = "| net | threads | steps/s | share of FMA peak | against JAX | against PyTorch | noise |"
    return "\n".join([head, "|---|---|---|---|---|---|---|", *map(_row, result["rows"])])
