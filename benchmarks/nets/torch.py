"""The same in PyTorch: eager, with its fused Adam; the penalty's gradient is Adam's weight decay."""

from __future__ import annotations

import os
from collections.abc import Callable

import torch

from . import BETA1, BETA2, DECAY, EPSILON, RATE, compared, problem

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))


class Net:
    """Weights, biases and their optimizer."""

    def __init__(self, parameters: dict) -> None:
        self.p = {k: torch.tensor(v, requires_grad=True) for k, v in parameters.items()}
        self.layers = len(self.p) // 2
        self.weights = [self.p[f"W{k}"] for k in range(self.layers)]
        groups = [
            {"params": self.weights, "weight_decay": DECAY},
            {"params": [self.p[f"b{k}"] for k in range(self.layers)]},
        ]
        self.adam = torch.optim.Adam(groups, lr=RATE, betas=(BETA1, BETA2), eps=EPSILON, fused=True)

    def step(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        a = x
        for k in range(self.layers - 1):
            a = torch.relu(torch.addmm(self.p[f"b{k}"], a, self.p[f"W{k}"]))
        k = self.layers - 1
        J = torch.nn.functional.cross_entropy(torch.addmm(self.p[f"b{k}"], a, self.p[f"W{k}"]), y)
        self.adam.zero_grad(set_to_none=True)
        J.backward()
        self.adam.step()
        return J.detach()

    def penalty(self) -> float:
        with torch.no_grad():
            return 0.5 * DECAY * sum(float(torch.sum(w * w)) for w in self.weights)


def epoch(sizes: list[int], batch: int, steps: int) -> tuple[Callable[[], None], int, Callable[[], list[float]]]:
    parameters, x, y, order = problem(sizes, batch, steps)
    net, x, y, order = Net(parameters), torch.tensor(x), torch.tensor(y), torch.tensor(order)
    now: list[float] = []

    def once() -> None:
        for k, rows in enumerate(order):
            is_compared = len(now) < 2 and k in (0, compared(steps))
            penalty = net.penalty() if is_compared else 0.0
            J = net.step(x[rows], y[rows])
            if is_compared:
                now.append(float(J) + penalty)

    return once, steps, lambda: now


def step_by_step(sizes: list[int], batch: int, steps: int) -> tuple[Callable[[], None], int, Callable[[], list[float]]]:
    parameters, x, y, order = problem(sizes, batch, steps)
    net, x, y = Net(parameters), torch.tensor(x[order[0]]), torch.tensor(y[order[0]])
    now: list[float] = [net.penalty()]

    def once() -> None:
        J = net.step(x, y)
        if len(now) == 1:
            now.append(float(J))

    return once, 1, lambda: [sum(now)]
