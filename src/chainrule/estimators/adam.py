"""Adam as scikit-learn's nets have it: epsilon counts beside the uncorrected second moment."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..optimizers.adam import State, initialize
from ..optimizers.leafwise import leafwise

__all__ = ["initialize", "update"]


def update(
    parameters: Any,
    gradients: Any,
    state: State,
    learning_rate: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> tuple[Any, State]:
    """One step, of length learning_rate * sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + epsilon).

    Source
    ------
    Kingma, Ba, Adam: A Method for Stochastic Optimization (ICLR 2015), end of sec. 2.
    """
    step = state.step + 1
    length = learning_rate * np.sqrt(1 - beta2**step) / (1 - beta1**step)

    def move(p: Any, g: Any, m: Any, v: Any, length: Any) -> list[Any]:
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * np.square(g)
        return [p - length * m / (np.sqrt(v) + epsilon), m, v]

    moved, first_moment, second_moment = leafwise(move, [length], parameters, gradients, *state[1:])
    return moved, State(step, first_moment, second_moment)
