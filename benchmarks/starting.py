"""A fresh process that prints what its start took [s].

``python -m benchmarks.starting gradient``: the import, and the first gradient of the MLP after it;
``python -m benchmarks.starting elementwise 1000``, or ``layers 1000``: the first call of about so many operations.
"""

from __future__ import annotations

import importlib
import json
import math
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

Program = tuple[Callable[..., Any], tuple[Any, ...]]


def elementwise(operations: int) -> Program:
    """A chain of element-wise operations."""

    def f(x: Any) -> Any:
        y = x
        for k in range(operations // 4):
            y = np.sin(y * (1 + k / operations) + x) - x
        return y

    return f, (np.linspace(0, 1, 100),)


def layers(operations: int) -> Program:
    """Products, sums and element-wise operations in turns, of sizes that come again after a while."""
    rng = np.random.default_rng(0)
    widths = [8 + 3 * k for k in range(7)]
    weights = [rng.normal(size=(n, m)) / n for n, m in zip(widths, widths[1:] + widths[:1], strict=True)]

    def f(x: Any, weights: Any) -> Any:
        y = x
        for k in range(operations // 5):
            y = np.tanh(y @ weights[k % 7] - np.sum(y, axis=1, keepdims=True) * 0.1)
        return y

    return f, (rng.normal(size=(32, widths[0])), weights)


def gradient() -> dict[str, float]:
    start = time.perf_counter()
    cr = importlib.import_module("chainrule")
    imported = time.perf_counter() - start
    nets = importlib.import_module("benchmarks.nets")
    loss = importlib.import_module("benchmarks.nets.chainrule").loss
    p, x, y, order = nets.problem(**nets.NETS[nets.MLP])
    start = time.perf_counter()
    cr.jit(cr.value_and_grad(loss))(p, x[order[0]], y[order[0]])
    return {"import": imported, "gradient": time.perf_counter() - start}


def first_call(program: Program) -> dict[str, float]:
    """Of a jitted function, infinite if it is not compiled; the number of operations is that of its trace."""
    cr = importlib.import_module("chainrule")
    f, x = program
    cr.jit(np.sin)(x[0])  # what is loaded once is loaded
    start = time.perf_counter()
    try:
        with warnings.catch_warnings(action="error"):
            cr.jit(f)(*x)
        seconds = time.perf_counter() - start
    except Warning:  # it was not compiled
        seconds = math.inf
    traced = cr.trace(f, *x).data.variables
    return {"seconds": seconds, "operations": sum(v.operation is not None for v in traced)}


PROGRAMS = {"elementwise": elementwise, "layers": layers}


def main(what: str, operations: str = "0") -> None:
    print(json.dumps(gradient() if what == "gradient" else first_call(PROGRAMS[what](int(operations)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
