"""Training of dense nets: plain NumPy under `cr.jit` and `cr.scan` beside JAX and PyTorch.

ReLU, softmax and cross-entropy, an L2 penalty on weights, Adam, float32. One unit of work is one step.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

RATE, DECAY, BETA1, BETA2, EPSILON = 1e-3, 1e-4, 0.9, 0.999, 1e-8
MLP, TINY, WIDE = "MLP 784-256-128-10, batch 128", "tiny 2-16-16-2, batch 32", "wide 1024-2048-2048-10, batch 256"
NETS = {
    MLP: {"sizes": [784, 256, 128, 10], "batch": 128, "steps": 100},
    TINY: {"sizes": [2, 16, 16, 2], "batch": 32, "steps": 1000},
    WIDE: {"sizes": [1024, 2048, 2048, 10], "batch": 256, "steps": 4},
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


def compared(steps: int) -> int:
    """The step whose loss is compared, besides the first: later on, rounding drives nets apart."""
    return min(steps, 20) - 1


def multiplications(sizes: list[int], batch: int) -> int:
    """Of the matrix products of one step: forward, of the weights, and of the layers but the first."""
    products = [n * m for n, m in itertools.pairwise(sizes)]
    return batch * (3 * sum(products) - products[0])
