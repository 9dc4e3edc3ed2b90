"""All that a run needs to go on: kept between steps, saved in checkpoints."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .. import tree
from .history import EpochRecord
from .step import Carried, Measured, Optimizer
from .stride import Made


@dataclass(slots=True)
class Running:
    """What the steps of the epoch under way add up to."""

    steps: int = 0
    rows: int = 0
    objective: float = 0.0
    loss: float = 0.0
    penalty: float = 0.0
    gradient_norm: float = 0.0

    def add(self, measured: Measured, rows: int) -> None:
        """One step on so many rows."""
        self.steps += 1
        self.rows += rows
        self.objective, self.gradient_norm = float(measured.objective), float(measured.gradient_norm)
        self.loss += rows * float(measured.loss)
        self.penalty += rows * float(measured.penalty)

    def go_on(self, steps: int, rows: int, made: Made) -> None:
        """Several steps; what they made includes what was before."""
        self.steps += steps
        self.rows += rows
        self.loss, self.penalty, last = made
        self.objective, self.gradient_norm = last.objective, last.gradient_norm

    @property
    def finite(self) -> bool:
        """Whether the last objective was a number."""
        return math.isfinite(self.objective)

    def record(
        self, epoch: int, learning_rate: float, judged: tuple[float | None, float | None], seconds: float
    ) -> EpochRecord:
        """The epoch in numbers: means over rows, and what the validation rows say."""
        return EpochRecord(
            epoch,
            self.steps,
            self.loss / self.rows,
            self.penalty / self.rows,
            self.gradient_norm,
            *judged,
            seconds,
            learning_rate,
        )


@dataclass(slots=True)
class State:
    """A run between two steps.

    Attributes
    ----------
    parameters, optimizer : tree of arrays
        At this step; `optimizer` is the state of the optimizer, with the buffers of the objective where it has some.
    best, best_buffers : tree of arrays
        The parameters of the best epoch so far, and its buffers.
    best_epoch : int
        0 before the first epoch has ended.
    history : list of EpochRecord
        The epochs that have ended.
    running : Running
        The one under way.
    steps : int
        In all.
    seconds : float
        Spent on training.
    """

    parameters: Any
    optimizer: Any
    best: Any
    best_buffers: Any = None
    best_epoch: int = 0
    history: list[EpochRecord] = field(default_factory=list)
    running: Running = field(default_factory=Running)
    steps: int = 0
    seconds: float = 0.0

    @classmethod
    def initial(cls, parameters: Any, optimizer: Optimizer, buffers: Any = None) -> State:
        """Before the first step; the buffers are those of a `Buffered` objective."""
        state = optimizer.initialize(parameters)
        return cls(parameters, state if buffers is None else Carried(state, buffers), parameters, buffers)

    def copy(self) -> State:
        """Another one that goes its own way: of arrays nothing is copied, for steps make new ones."""
        return replace(self, history=list(self.history), running=replace(self.running))

    @property
    def finite(self) -> bool:
        """Whether all parameters are numbers."""
        return all(np.isfinite(leaf).all() for leaf in tree.flatten(self.parameters)[0])

    @property
    def epoch(self) -> int:
        """The number of the epoch under way, from 1."""
        return len(self.history) + 1

    @property
    def buffers(self) -> Any:
        """Those of the next step; None where the objective has none."""
        return self.optimizer.buffers if isinstance(self.optimizer, Carried) else None

    def judged(self, optimizer: Optimizer) -> Any:
        """The parameters that count after this step: those that the optimizer makes of them, or they themselves."""
        judged = getattr(optimizer, "judged", None)
        state = self.optimizer.optimizer if isinstance(self.optimizer, Carried) else self.optimizer
        return self.parameters if judged is None else judged(self.parameters, state)

    def end_epoch(self, record: EpochRecord, tolerance: float, judged: Any) -> None:
        """Close the epoch under way; what was judged is the best if it is better by more than the tolerance."""
        lowest = self.history[self.best_epoch - 1].monitored if self.best_epoch else math.inf
        self.history.append(record)
        self.running = Running()
        if math.isfinite(record.monitored) and record.monitored < lowest - tolerance:
            self.best, self.best_buffers, self.best_epoch = judged, self.buffers, record.epoch

    @property
    def epochs_since_best(self) -> int:
        return len(self.history) - self.best_epoch
