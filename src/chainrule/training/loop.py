"""The training loop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ..api import first_cause
from ..errors import ArgumentError, DivergenceError, ShapeError
from ..optimizers import adam
from .batches import Seed, batches, epoch_order, seed_sequence
from .compiled import CompiledSteps, compiled_steps
from .history import Ending, EpochRecord, Fitted
from .interruption import StopRequest, stop_on_interrupt
from .objective import Objective
from .progress import Progress, Verbosity, progress_for
from .state import State
from .step import Measured, Optimizer
from .stride import Made, Strides

Rows = tuple[np.ndarray, np.ndarray]
Score = Callable[[Any, np.ndarray, np.ndarray], float]
Schedule = Callable[[int, Sequence[float]], float]
Callback = Callable[[EpochRecord, Any], object]


class Keeper(Protocol):
    """Keeps the state of a run somewhere safe."""

    def steps_to_next(self, state: State) -> int:
        """How many steps may be made until `after_step` is to be called."""
        ...

    def after_step(self, state: State) -> None:
        """Called between steps, often, so it costs nothing as a rule."""
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
        "auto": a live line on a terminal, one display in a notebook, else now and then a line. 0: nothing. 1: the live
        line. 2: a line per epoch. All but the display on stderr.

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
    progress = progress_for(verbose)
    run = _Run(
        state=State.initial(parameters, optimizer) if resume is None else resume.copy(),
        objective=objective,
        compiled=compiled_steps(objective, optimizer, clip, project, batch_size),
        schedule=learning_rate if callable(learning_rate) else _constant(learning_rate),
        rows=rows,
        validation_rows=validation_rows,
        score=score,
        epochs=epochs,
        batch_size=batch_size,
        order_seed=seed_sequence(seed),
        patience=patience,
        tolerance=tolerance,
        callbacks=callbacks,
        checkpoint=checkpoint,
        progress=progress,
    )
    progress.start(epochs, math.ceil(n / batch_size), run.state.steps)
    try:
        # Overflow shows in the loss, which is looked at after each step; a warning on top would say less.
        with stop_on_interrupt() as stop, np.errstate(all="ignore"):
            ending = run.ending()
            while ending is None:
                ending = run.epoch(stop)
            fitted = run.fitted(ending)
        if checkpoint is not None and fitted.ending != "diverged":
            checkpoint.save(run.state)
    except BaseException:
        progress.finish(None)
        raise
    progress.finish(fitted)
    if fitted.ending == "diverged":
        raise run.divergence(fitted)
    return fitted


@dataclass
class _Run:
    """A run with all that it was begun with; `state` is how far it has come."""

    state: State
    objective: Objective
    compiled: CompiledSteps
    schedule: Schedule
    rows: Rows
    validation_rows: Rows | None
    score: Score | None
    epochs: int
    batch_size: int
    order_seed: np.random.SeedSequence
    patience: int | None
    tolerance: float
    callbacks: Sequence[Callback]
    checkpoint: Keeper | None
    progress: Progress
    rate: float | None = None  # of the last step, if there was one
    step_at_hand: tuple[Any, Any, Any] | None = None  # the arguments of the objective

    def __post_init__(self) -> None:
        self.began = time.perf_counter() - self.state.seconds
        self.step = self.compiled.step
        self.strides = Strides(self.compiled.many, self.rows)

    def ending(self) -> Ending | None:
        """Whether there is no epoch to come, and why."""
        if self.patience is not None and self.state.epochs_since_best >= self.patience:
            return "stopped"
        return "finished" if self.state.epoch > self.epochs else None

    def epoch(self, stop: StopRequest) -> Ending | None:
        """Train for what is left of the epoch under way; why the run ends with it, or None."""
        state = self.state
        rows = len(self.rows[0])
        order = epoch_order(rows, self.order_seed, state.epoch)
        ending = self.steps(order, stop)
        if ending == "diverged" or (ending == "interrupted" and state.running.rows < rows):
            return ending  # the epoch stays open
        record = self.record()
        state.end_epoch(record, self.tolerance)
        self.progress.epoch(record)
        stops = [callback(record, state.parameters) for callback in self.callbacks]
        return ending or ("stopped" if any(stops) else self.ending())

    def steps(self, order: np.ndarray, stop: StopRequest) -> Ending | None:
        """Make the steps that are left of the epoch; why they were broken off, or None."""
        ending = self.strides_of(order, stop) if self.strides.is_possible else None
        for batch in () if ending else batches(order, self.batch_size, self.state.running.steps):
            ending = self.after_steps(self.single_step(batch), stop)
            if ending:
                break
        # What the last step has spoiled, no objective shows.
        return ending if self.state.finite else "diverged"

    def single_step(self, batch: np.ndarray) -> Measured:
        """Make a step on some rows."""
        state, (x, y) = self.state, self.rows
        rate = self.rate = self.schedule(state.steps, state.losses)
        parameters, samples, targets = self.step_at_hand = state.parameters, x[batch], y[batch]
        state.parameters, state.optimizer, measured = self.step(parameters, state.optimizer, samples, targets, rate)
        state.steps += 1
        state.running.add(measured, len(batch))
        return measured

    def strides_of(self, order: np.ndarray, stop: StopRequest) -> Ending | None:
        """Make the steps on full batches, many with each call; why they were broken off, or None."""
        state, size, running = self.state, self.batch_size, self.state.running
        count = len(order) // size
        chosen = [self.schedule(state.steps - running.steps + k, state.losses) for k in range(count)]
        if not all(type(rate) in (float, int) for rate in chosen):
            return None
        rates, rows = np.array(chosen, np.float64), order[: count * size].reshape(count, size)
        zero = Measured(0.0, 0.0, 0.0, 0.0)
        while running.steps < count:
            done, before = running.steps, (state.parameters, state.optimizer)
            last = min(done + self.most_steps(), count)
            begun = Made(running.loss, running.penalty, zero)
            after = self.strides(*before, rows, rates, done, last, begun)
            if after is None:
                return None
            state.parameters, state.optimizer, made, steps = after
            state.steps += steps
            running.go_on(steps, steps * size, made)
            self.rate = chosen[running.steps - 1]
            ending = self.after_steps(made.last, stop)
            if ending == "diverged":
                self.find_step(before, rows, rates, done, begun)
            if ending:
                return ending
        return None

    def most_steps(self) -> int:
        """How many steps may be made in one call: as long as nobody has to be asked between them."""
        if getattr(self.progress, "wants_every_step", True):
            return 1
        most = self.strides.count()
        return most if self.checkpoint is None else min(most, self.checkpoint.steps_to_next(self.state))

    def find_step(
        self, before: tuple[Any, Any], batches: np.ndarray, rates: np.ndarray, done: int, begun: Made
    ) -> None:
        """The arguments of the last step, whose objective was not finite: the steps before it are made again."""
        bad = self.state.running.steps - 1
        parameters = before[0]
        if bad > done:
            again = self.strides(*before, batches, rates, done, bad, begun)
            assert again is not None
            parameters = again[0]
        x, y = self.rows
        self.step_at_hand = parameters, x[batches[bad]], y[batches[bad]]

    def after_steps(self, last: Measured, stop: StopRequest) -> Ending | None:
        """Show and save how far it has come; why it does not go on, or None."""
        state = self.state
        state.seconds = time.perf_counter() - self.began
        if not state.running.finite:
            return "diverged"
        self.progress.step(state.epoch, state.running.steps, last)
        if self.checkpoint is not None:
            self.checkpoint.after_step(state)
        return "interrupted" if stop.made else None

    def record(self) -> EpochRecord:
        """The epoch under way in numbers, as far as it has come."""
        state = self.state
        judged = _judged(self.objective, state.parameters, self.validation_rows, self.score)
        state.seconds = time.perf_counter() - self.began
        rate = self.schedule(state.steps - 1, state.losses) if self.rate is None else self.rate
        return state.running.record(state.epoch, float(rate), judged, state.seconds)

    def fitted(self, ending: Ending) -> Fitted:
        """The outcome; an interrupted epoch counts with the steps that it made, and stays open in the state."""
        shown = state = self.state
        if ending == "interrupted" and state.running.steps:
            record = self.record()
            shown = state.copy()
            shown.end_epoch(record, self.tolerance)
            self.progress.epoch(record)
        elif ending in ("finished", "stopped") and state.history and not state.best_epoch:
            ending = "diverged"
        return Fitted(shown.best, shown.best_epoch, shown.history, self.epochs, state.seconds, ending, state)

    def divergence(self, fitted: Fitted) -> DivergenceError:
        """What went wrong first."""
        state = self.state
        arguments = self.step_at_hand
        where = f"step {state.running.steps} of epoch {state.epoch}"
        if not state.running.finite:
            what = f"the objective became {state.running.objective} in {where}"
        elif state.running.steps:
            what = f"the parameters were no longer finite after {where}"
        elif self.validation_rows is None:
            what = "the loss was finite in no epoch"
        else:
            what = "the loss on the validation rows was finite after no epoch"
            arguments = state.parameters, *self.validation_rows
        cause = None if arguments is None else first_cause(self.objective, arguments, has_aux=True)
        return DivergenceError(f"training diverged: {what}", got=cause, fitted=fitted)


def _judged(
    objective: Objective, parameters: Any, rows: Rows | None, score: Score | None
) -> tuple[float | None, float | None]:
    """The loss and the score on the validation rows."""
    if rows is None:
        return None, None
    loss = objective(parameters, *rows)[1][0]
    return float(loss), float(score(parameters, *rows)) if score else None


def _row_count(rows: Rows, name: str) -> int:
    arrays = (np.ndarray, np.generic)
    if not (isinstance(rows, tuple | list) and len(rows) == 2 and all(isinstance(each, arrays) for each in rows)):
        raise ArgumentError(f"{name} are a pair of arrays, samples and targets", got=_outlined(rows))
    x, y = rows
    if np.ndim(x) == 0 or np.ndim(y) == 0 or len(x) != len(y) or not len(x):
        raise ShapeError(
            f"{name} are as many samples as targets, and at least one",
            got=f"samples of shape {np.shape(x)}, targets of shape {np.shape(y)}",
        )
    return len(x)


def _outlined(rows: Any) -> str:
    return (
        f"({', '.join(type(each).__name__ for each in rows)})" if isinstance(rows, tuple | list) else repr(type(rows))
    )


def _constant(learning_rate: float) -> Schedule:
    is_number = isinstance(learning_rate, (int, float, np.number))
    if not (is_number and learning_rate > 0 and math.isfinite(learning_rate)):
        raise ArgumentError("a learning rate is positive and finite", got=f"learning_rate={learning_rate!r}")
    return lambda step, losses: learning_rate


def _check_numbers(epochs: int, batch_size: int, patience: int | None, tolerance: float) -> None:
    for name, value in (("epochs", epochs), ("batch_size", batch_size), ("patience", patience)):
        if value is None and name == "patience":
            continue
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
            raise ArgumentError(f"{name} is a whole number, 1 or more", got=f"{name}={value!r}")
    if not (tolerance >= 0 and math.isfinite(tolerance)):
        raise ArgumentError("a tolerance is finite and not negative", got=f"tolerance={tolerance!r}")
