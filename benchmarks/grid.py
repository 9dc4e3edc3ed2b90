"""Training of dense nets of many shapes, each layer as wide as its input, with ten classes: where we are not ahead.

One unit of work is a step, as in `nets`; an epoch is one call by `cr.scan`, by JAX's scan, or eager PyTorch with its
fused Adam. As many steps as take chainrule about a fifteenth of a second: an epoch is timed three times in each round.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from .figures import Figure, of_ratio
from .nets import multiplications
from .nets.comparison import three, trained
from .peers import ROUNDS

WIDTHS, DEPTHS, BATCHES = (16, 64, 256, 1024), (2, 4), (1, 16, 128, 1024)
EPOCH = 0.07  # seconds
RATE, LAYER, PARAMETER = 6e10, 5e-7, 1e-9  # multiplications each second; seconds for each layer and each parameter


def net(width: int, depth: int, batch: int) -> dict[str, Any]:
    sizes = [width] * depth + [10]
    parameters = sum(n * m for n, m in itertools.pairwise(sizes))
    step = multiplications(sizes, batch) / RATE + LAYER * depth + PARAMETER * parameters
    return {"sizes": sizes, "batch": batch, "steps": max(2, min(1000, round(EPOCH / step)))}


def run(rounds: int = ROUNDS) -> Iterator[Figure]:
    for threads in (1, 2):
        cells = []
        a, b, c = three(threads)
        with a, b, c:
            for width, depth, batch in itertools.product(WIDTHS, DEPTHS, BATCHES):
                mine, jax, torch = trained((a, b, c), "epoch", net(width, depth, batch), rounds)
                beside = {"threads": threads, "steps/s": 1 / mine.seconds}
                beside |= {"JAX": jax.seconds / mine.seconds, "PyTorch": torch.seconds / mine.seconds}
                better = min(jax, torch, key=lambda times: times.seconds)
                title = f"width {width}, {depth} layers, batch {batch}: against the better"
                cells.append(of_ratio(title, better.rounds, mine.rounds, beside=beside))
                yield cells[-1]
        quiet = [cell for cell in cells if cell.counts]
        beside = {"threads": threads, "cells": len(quiet)}
        ahead = sum(cell.seen > 1 for cell in quiet)
        yield Figure("cells ahead of both", ahead, ahead, beside=beside)
        if quiet:
            lowest = min(quiet, key=lambda cell: cell.seen)
            yield Figure("the lowest ratio", lowest.seen, lowest.best, lowest.noise, beside=beside)
