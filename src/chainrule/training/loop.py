"""The training loop."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ..api import first_cause
from ..errors import ArgumentError, DivergenceError, ShapeError
from ..optimizers import adam
from .batches import Seed, batches, epoch_order, seed_sequence
from .history import Ending, EpochRecord, Fitted
from .interruption import StopRequest, stop_on_interrupt
from .objective import Objective
from .progress import Progress, Verbosity, progress_for
from .state import State
from .step import Optimizer, Step, training_step

Rows = tuple[np.ndarray, np.ndarray]
Score = Callable[[Any, np.ndarray, np.ndarray], float]
Schedule = Callable[[int, Sequence[float]], float]
Callback = Callable[[EpochRecord, Any], object]


class Keeper(Protocol):
    """Keeps the state of a run somewhere safe."""

    def after_step(self, state: State) -> None:
        """Called after every step, so it costs nothing as a rule."""
        ...

    def save(self, state: State) -> None:
        """Called at the end, however it comes."""
        ...


def fit(
    objective: Objective,
    parameters: Any,
    rows: Rows,
    validation_rows: Rows | None = None,
    *,
    score: Score | None = None,
    optimizer: Optimizer = adam,
    learning_rate: float | Schedule = 1e-3,
    clip: Callable[[Any], Any] | None = None,
    project: Callable[[Any], Any] | None = None,
    epochs: int = 100,
    batch_size: int = 32,
    seed: Seed = 0,
    patience: int | None = None,
    tolerance: float = 0.0,
    callbacks: Sequence[Callback] = (),
    checkpoint: Keeper | None = None,
    resume: State | None = None,
    verbose: Verbosity | Progress = "auto",
) -> Fitted:
    """Minimize an objective over rows of data by steps on mini-batches.

    Ctrl-C ends training after the step at hand; what was best until then is returned.

    Parameters
    ----------
    objective : callable
        ``objective(parameters, x, y)`` returns (J, (loss, penalty)), as `regularized` makes it.
    parameters : tree of arrays of float
        Where to start; never changed.
    rows : pair of arrays, (n, ...) and (n, ...)
        What to train on: samples and targets.
    validation_rows : pair of arrays, optional
        What the best epoch is chosen by: the one with the lowest loss on them. Without, the training loss decides.
    score : callable, optional
        ``score(parameters, x, y)``, shown with the validation loss.
    optimizer : Optimizer
        With ``initialize`` and ``update``, such as the module `chainrule.optimizers.adam`.
    learning_rate : float or callable
        A number, or a schedule: ``schedule(step, losses)`` gives the rate of a step, counted from 0; `losses` are those
        that the epochs so far were judged by.
    clip : callable, optional
        ``clip(gradients)``, before the optimizer sees them.
    project : callable, optional
        ``project(parameters)``, after each step.
    epochs : int
        How often each row is used.
    batch_size : int
        Rows per step.
    seed : int, SeedSequence or Generator
        Of the order of rows. Equal seeds give equal weights.
    patience : int, optional
        Stop after so many epochs without a better one.
    tolerance : float
        By how much a better epoch has to be better [unit of the loss].
    callbacks : sequence of callable
        ``callback(record, parameters)`` after every epoch; a true answer stops training.
    checkpoint : Checkpoint, optional
        Where to save the state of the run, now and then and at its end.
    resume : State, optional
        Go on from here instead of `parameters`. With equal settings the outcome has the bits of a run that was never
        broken off.
    verbose : {"auto", 0, 1, 2} or Progress
        "auto": a live line on a terminal, else now and then a line. 0: nothing. 1: the live line. 2: a line per epoch.
        All on stderr.

    Returns
    -------
    fitted : Fitted
        The best parameters, in which epoch they were found, and the history.

    Raises
    ------
    ArgumentError
        If a number makes no sense.
    ShapeError
        If samples and targets differ in number, or there are none.
    DivergenceError
        If the objective becomes infinite or nan: names the first operation that did, its line and the ranges of its
        inputs. The error's `fitted` holds what was best until then.

    Examples
    --------
    >>> from chainrule.training import regularized
    >>> x = np.linspace(-1.0, 1.0, 20)[:, None]
    >>> line = regularized(lambda p, x: x * p["slope"] + p["offset"], lambda y_hat, y: np.mean((y_hat - y) ** 2))
    >>> start = {"slope": np.zeros(1), "offset": np.zeros(1)}
    >>> fitted = fit(line, start, (x, 3 * x + 1), learning_rate=0.1, epochs=100, batch_size=5, verbose=0)
    >>> {name: float(value.item().__round__(2)) for name, value in fitted.parameters.items()}
    {'slope': 3.0, 'offset': 1.0}
    """
    n = _row_count(rows, "rows")
    if validation_rows is not None:
        _row_count(validation_rows, "validation rows")
    _check_numbers(epochs, batch_size, patience, tolerance)
    schedule = learning_rate if callable(learning_rate) else _constant(learning_rate)
    step = training_step(objective, optimizer, clip, project)
    state = State.initial(parameters, optimizer) if resume is None else resume
    progress = progress_for(verbose)
    run = _Run(state, objective, step, schedule, rows, validation_rows, score, progress, checkpoint)
    progress.start(epochs, math.ceil(n / batch_size), state.steps)
    try:
        # Overflow shows in the loss, which is looked at after each step; a warning on top would say less.
        with stop_on_interrupt() as stop, np.errstate(all="ignore"):
            order_seed = seed_sequence(seed)
            ending: Ending | None = None if state.epoch <= epochs else "finished"
            while ending is None:
                order = epoch_order(n, order_seed, state.epoch)
                ending = run.steps(batches(order, batch_size, state.running.steps), stop)
                if ending == "diverged" or (ending == "interrupted" and state.running.rows < n):
                    break  # the epoch stays open
                record = run.record()
                state.end_epoch(record, tolerance)
                progress.epoch(record)
                if ending is None:
                    stops = [callback(record, state.parameters) for callback in callbacks]
                    if any(stops) or (patience is not None and state.epochs_since_best >= patience):
                        ending = "stopped"
                    elif state.epoch > epochs:
                        ending = "finished"
            fitted = run.fitted(epochs, ending, tolerance)
        if checkpoint is not None and ending != "diverged":
            checkpoint.save(state)
    except BaseException:
        progress.finish(None)
        raise
    progress.finish(fitted)
    if ending == "diverged":
        where = f"step {state.running.steps} of epoch {state.epoch}"
        raise DivergenceError(
            f"training diverged: the objective became {state.running.objective} in {where}",
            got=first_cause(objective, run.step_at_hand, has_aux=True),
            fitted=fitted,
        )
    return fitted


@dataclass
class _Run:
    """What the steps of a run have in common."""

    state: State
    objective: Objective
    step: Step
    schedule: Schedule
    rows: Rows
    validation_rows: Rows | None
    score: Score | None
    progress: Progress
    checkpoint: Keeper | None
    rate: float = math.nan
    step_at_hand: tuple[Any, ...] = ()  # the arguments of the objective

    def __post_init__(self) -> None:
        self.began = time.perf_counter() - self.state.seconds

    def steps(self, rows_of_steps: Iterable[np.ndarray], stop: StopRequest) -> Ending | None:
        """What is left of the epoch under way; why it was broken off, or None."""
        state, (x, y) = self.state, self.rows
        for batch in rows_of_steps:
            self.rate = self.schedule(state.steps, state.losses)
            parameters, *rows = self.step_at_hand = state.parameters, x[batch], y[batch]
            state.parameters, state.optimizer, measured = self.step(parameters, state.optimizer, *rows, self.rate)
            state.steps += 1
            state.running.add(measured, len(batch))
            state.seconds = time.perf_counter() - self.began
            if not state.running.finite:
                return "diverged"
            self.progress.step(state.epoch, state.running.steps, measured)
            if self.checkpoint is not None:
                self.checkpoint.after_step(state)
            if stop.made:
                return "interrupted"
        return None

    def record(self) -> EpochRecord:
        """The epoch under way in numbers, as far as it has come."""
        judged = _judged(self.objective, self.state.parameters, self.validation_rows, self.score)
        seconds = self.state.seconds = time.perf_counter() - self.began
        return self.state.running.record(self.state.epoch, self.rate, judged, seconds)

    def fitted(self, epochs: int, ending: Ending, tolerance: float) -> Fitted:
        """The outcome; an interrupted epoch counts with the steps that it made, and stays open in the state."""
        state = self.state
        shown = state
        if ending == "interrupted" and state.running.steps:
            record = self.record()
            shown = dataclasses.replace(state, history=list(state.history))
            shown.end_epoch(record, tolerance)
            self.progress.epoch(record)
        return Fitted(shown.best, shown.best_epoch, shown.history, epochs, state.seconds, ending, state)


def _judged(
    objective: Objective, parameters: Any, rows: Rows | None, score: Score | None
) -> tuple[float | None, float | None]:
    """The loss and the score on the validation rows."""
    if rows is None:
        return None, None
    loss = objective(parameters, *rows)[1][0]
    return float(loss), float(score(parameters, *rows)) if score else None


def _row_count(rows: Rows, name: str) -> int:
    x, y = rows
    if np.ndim(x) == 0 or np.ndim(y) == 0 or len(x) != len(y) or not len(x):
        raise ShapeError(
            f"{name} are as many samples as targets, and at least one",
            got=f"samples of shape {np.shape(x)}, targets of shape {np.shape(y)}",
        )
    return len(x)


def _constant(learning_rate: float) -> Schedule:
    if not (learning_rate > 0 and math.isfinite(learning_rate)):
        raise ArgumentError("a learning rate is positive and finite", got=f"learning_rate={learning_rate!r}")
    return lambda step, losses: learning_rate


def _check_numbers(epochs: int, batch_size: int, patience: int | None, tolerance: float) -> None:
    for name, value in (("epochs", epochs), ("batch_size", batch_size), ("patience", patience)):
        if value is None and name == "patience":
            continue
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise ArgumentError(f"{name} is a whole number, 1 or more", got=f"{name}={value!r}")
    if not (tolerance >= 0 and math.isfinite(tolerance)):
        raise ArgumentError("a tolerance is finite and not negative", got=f"tolerance={tolerance!r}")
