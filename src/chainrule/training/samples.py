"""Some steps of each epoch, looked at layer by layer: how long the gradient is, and how far the step goes."""

from __future__ import annotations

import math
import re
import sys
import time
from typing import Any, final

import numpy as np

from .. import tree
from .state import State
from .step import Measured

PER_EPOCH = 3
SHARE = 0.005  # of the time of training that they may take
APART = 1.5e-4  # [s] what it costs, as measured, that a step is made by a call of its own
BLOCK = 1 << 16  # numbers whose change is in memory at once


@final
class Samples:
    """The layers in a few steps of each epoch, or of some epochs where that would take more than 0.5 % of the time.

    To be handed to `fit` as its inspector. What it sees is the gradient that the step has computed anyway, and the
    weights before and after.

    Parameters
    ----------
    parameters : tree of arrays
        As they are trained. Leaves with one place but the last one in common, as ``[0]['W']`` and ``[0]['b']`` have,
        are a layer.
    steps_per_epoch, epochs : int
        How long the run will be, so that what there is time for is spread over it.

    Attributes
    ----------
    layers : dict from str to list of int
        The leaves of each layer, by their numbers.

    Examples
    --------
    >>> Samples([{"W": np.ones(2), "b": np.ones(1)}, {"W": np.ones(1)}], 30, 10).layers
    {'[0]': [0, 1], '[1]': [2]}
    """

    def __init__(self, parameters: Any, steps_per_epoch: int, epochs: int):
        self.layers = layers_of(parameters)
        self._steps_per_epoch, self._epochs = steps_per_epoch, epochs
        self._epoch, self._places = 0, []  # in its order of steps
        self._spent, self._count, self._due = 0.0, 0, 0.0
        self._began: tuple[float, float] | None = None  # seconds of the run, and of the processor
        self._elapsed = 0.0
        self._seen: list[tuple[int, list[float], list[float | None]]] = []

    def steps_to_next(self, state: State) -> int:
        """How many steps may be made before the next one to look at."""
        if state.epoch != self._epoch:
            self._epoch = state.epoch
            count = self._affordable(state)
            self._places = [(2 * k + 1) * self._steps_per_epoch // (2 * count) for k in range(count)]
        made = state.running.steps
        return next((place - made for place in self._places if place >= made), sys.maxsize)

    def _affordable(self, state: State) -> int:
        """How many steps of an epoch that begins to look at: what the last one's time allows, and what is left of that
        of others, spread over the epochs to come, with more in the next ones."""
        now = state.seconds, time.process_time()
        if self._began is None:
            self._began = now
            return min(PER_EPOCH, self._steps_per_epoch)
        # On a machine that others use too, the processor's time is what training takes; on several cores, the clock's.
        before, self._elapsed = self._elapsed, min(now[0] - self._began[0], now[1] - self._began[1])
        earned = SHARE * (self._elapsed - before) if before else 0.0  # the first epoch's is that of compiling
        left = SHARE * self._elapsed - self._spent
        to_come = max(1, self._epochs - len(state.history))
        each = self._spent / self._count if self._count else APART
        self._due += max(0.0, (earned + 2 * left / to_come) / each)
        count = min(int(self._due), PER_EPOCH, self._steps_per_epoch)
        self._due = min(self._due - count, 1.0)
        return count

    def after_steps(self, state: State, before: Any, measured: Measured) -> None:
        """Look at the last step that was made. Its gradient is known anyway: in an epoch without time for more, that
        alone is taken, once.
        """
        if before is None and (self._places or self._seen):
            return
        began = time.thread_time()
        squares = [float(np.real(each)) for each in measured.squares]
        gradients = [float(np.sqrt(sum(squares[k] for k in leaves))) for leaves in self.layers.values()]
        ratios: list[float | None] = [None] * len(self.layers)
        if before is not None:
            old, new = (tree.flatten(each)[0] for each in (before, state.parameters))
            changes = [_square_of_change(x, y) for x, y in zip(old, new, strict=True)]
            sizes = [float(np.vdot(x, x).real) for x in old]
            for place, leaves in enumerate(self.layers.values()):
                change, size = (sum(numbers[k] for k in leaves) for numbers in (changes, sizes))
                ratios[place] = math.sqrt(change / size) if size else None
            self._count += 1
            self._spent += APART + time.thread_time() - began
        self._seen.append((state.steps, gradients, ratios))

    def taken(self) -> dict[str, Any]:
        """What was seen since this was asked last.

        Returns
        -------
        seen : dict
            steps: their numbers, from 1 on. gradient_norm: for each layer, the length of its gradient in each of these
            steps. step_ratio: the length of the step over that of the weights before it; None where that is not known.
        """
        seen, self._seen = self._seen, []
        return {
            "steps": [step for step, _, _ in seen],
            "gradient_norm": [[gradients[k] for _, gradients, _ in seen] for k in range(len(self.layers))],
            "step_ratio": [[ratios[k] for _, _, ratios in seen] for k in range(len(self.layers))],
        }


def layers_of(parameters: Any) -> dict[str, list[int]]:
    """The leaves that belong together, by what their places have in common."""
    layers: dict[str, list[int]] = {}
    for k, place in enumerate(tree.paths(parameters)):
        shared = re.sub(r"(\[[^\[\]]*\]|\.\w+)$", "", place)
        layers.setdefault(shared or place, []).append(k)
    return layers


def _square_of_change(before: Any, after: Any) -> float:
    """The sum of squares of a difference, without an array of its size."""
    x, y = np.ravel(before), np.ravel(after)
    total = 0.0
    for start in range(0, x.size, BLOCK):
        change = y[start : start + BLOCK] - x[start : start + BLOCK]
        total += float(np.vdot(change, change).real)
    return total
