"""The training loop."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from .. import tree
from ..data import Chunk, InMemory, Source
from ..errors import ArgumentError, DivergenceError, ShapeError
from ..optimizers import adam
from .batches import Seed, batches, epoch_seed, equal_batches, seed_sequence
from .compiled import CompiledSteps, compiled_steps
from .divergence import divergence
from .history import Ending, EpochRecord, Fitted
from .interruption import StopRequest, stop_on_interrupt
from .objective import Buffered, Objective
from .progress import Progress, Verbosity, progress_for
from .state import State
from .step import Carried, Measured, Optimizer
from .stride import Made, Strides

Rows = tuple[np.ndarray, ...]
Score = Callable[..., float]
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


class Inspector(Protocol):
    """Looks at some steps more closely than what is measured of all."""

    def steps_to_next(self, state: State) -> int:
        """How many steps may be made before the next one that it looks at; 0 if that is the next one."""
        ...

    def after_steps(self, state: State, before: Any, measured: Measured) -> None:
        """Called after every call that makes steps; `before` are the parameters before the step that it looks at, or
        None where it did not ask for the last one."""
        ...


def fit(
    objective: Objective,
    parameters: Any,
    rows: Rows | Source,
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
    shuffle: bool = True,
    patience: int | None = None,
    tolerance: float = 0.0,
    callbacks: Sequence[Callback] = (),
    checkpoint: Keeper | None = None,
    inspector: Inspector | None = None,
    resume: State | None = None,
    verbose: Verbosity | Progress = "auto",
) -> Fitted:
    """Minimize an objective over rows of data by steps on mini-batches.

    Ctrl-C ends training after the step at hand; what was best until then is returned.

    Parameters
    ----------
    objective : callable
        ``objective(parameters, x, y)`` returns (J, (loss, penalty)), as `regularized` makes it. One that carries
        numbers from step to step is a `Buffered`.
    parameters : tree of arrays of float
        Where to start; never changed.
    rows : arrays, each of shape (n, ...), or Source
        What to train on: samples, targets, and what else the objective takes for each row. A `Source` reads them chunk
        by chunk.
    validation_rows : arrays, optional
        What the best epoch is chosen by: the one with the lowest loss on them. Without, the training loss decides.
    score : callable, optional
        ``score(parameters, x, y)``, shown with the validation loss; ``score(parameters, buffers, x, y)`` where there
        are buffers.
    optimizer : Optimizer
        With ``initialize`` and ``update``, such as the module `chainrule.optimizers.adam`. Where it has
        ``judged(parameters, state)``, an average say, that is what an epoch is judged by and what is kept of it.
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
        Rows per step. The last step of an epoch takes what is left over, and the rows of the step before with it where
        they are too few for the objective (`Buffered`).
    seed : int, SeedSequence or Generator
        Of the order of rows. Equal seeds give equal weights.
    shuffle : bool
        Whether each epoch has a new order, or all have that of the rows.
    patience : int, optional
        Stop after so many epochs without a better one.
    tolerance : float
        By how much a better epoch has to be better [unit of the loss].
    callbacks : sequence of callable
        ``callback(record, parameters)`` after every epoch; a true answer stops training.
    checkpoint : Checkpoint, optional
        Where to save the state of the run, now and then and at its end.
    inspector : Inspector, optional
        Looks at some steps more closely, as `Samples` does. It changes nothing, not a bit of the weights.
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
        If the objective becomes infinite or nan, or a gradient spoils the parameters: names the first operation that
        did so, its line and the ranges of its inputs, and a cure where one was found. The error's `fitted` holds what
        was best until then, its `diagnosis` the step itself, looked at by `cr.diagnose`.

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
    source = InMemory(_checked(rows, "rows")) if isinstance(rows, tuple | list | np.ndarray) else rows
    if validation_rows is not None:
        _checked(validation_rows, "validation rows")
    _check_numbers(epochs, batch_size, patience, tolerance)
    progress = progress_for(verbose)
    run = _Run(
        state=State.initial(parameters, optimizer, _buffers(objective)) if resume is None else resume.copy(),
        objective=objective,
        optimizer=optimizer,
        compiled=compiled_steps(objective, optimizer, clip, project),
        schedule=learning_rate if callable(learning_rate) else _constant(learning_rate),
        rows=source,
        validation_rows=validation_rows,
        score=score,
        epochs=epochs,
        batch_size=batch_size,
        order_seed=seed_sequence(seed) if shuffle else None,
        patience=patience,
        tolerance=tolerance,
        callbacks=callbacks,
        checkpoint=checkpoint,
        inspector=inspector,
        progress=progress,
    )
    progress.start(epochs, math.ceil(len(source) / batch_size), run.state.steps)
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
    optimizer: Optimizer
    compiled: CompiledSteps
    schedule: Schedule
    rows: Source
    validation_rows: Rows | None
    score: Score | None
    epochs: int
    batch_size: int
    order_seed: np.random.SeedSequence | None
    patience: int | None
    tolerance: float
    callbacks: Sequence[Callback]
    checkpoint: Keeper | None
    inspector: Inspector | None
    progress: Progress
    rate: float | None = None  # of the last step, if there was one
    step_at_hand: tuple[Any, ...] | None = None  # the arguments of the objective
    last_call: tuple[Any, ...] | None = None  # of steps that are done, by which the last one's arguments are found

    def __post_init__(self) -> None:
        self.began, self.first_parameters = time.perf_counter() - self.state.seconds, self.state.parameters
        self.step = self.compiled.step
        self.strides: dict[int, Strides] = {}  # by the rows of a batch
        self.losses = [record.monitored for record in self.state.history]
        self.smallest_batch = self.objective.smallest_batch if isinstance(self.objective, Buffered) else 1

    def ending(self) -> Ending | None:
        """Whether there is no epoch to come, and why."""
        if self.patience is not None and self.state.epochs_since_best >= self.patience:
            return "stopped"
        return "finished" if self.state.epoch > self.epochs else None

    def epoch(self, stop: StopRequest) -> Ending | None:
        """Train for what is left of the epoch under way; why the run ends with it, or None."""
        state = self.state
        seed = None if self.order_seed is None else epoch_seed(self.order_seed, state.epoch)
        ending, first = None, 0
        with _closed(self.rows.chunks(seed, self.batch_size)) as chunks:
            for chunk in chunks:
                if state.running.rows < (first + len(chunk.order)):
                    ending = self.steps(chunk, first, stop)
                if ending:
                    break
                first += len(chunk.order)
        if ending == "diverged" or (ending == "interrupted" and state.running.rows < len(self.rows)):
            return ending  # the epoch stays open
        judged = state.judged(self.optimizer)
        record = self.record(judged)
        state.end_epoch(record, self.tolerance, judged)
        self.losses.append(record.monitored)
        self.progress.epoch(record)
        stops = [callback(record, judged) for callback in self.callbacks]
        return ending or ("stopped" if any(stops) else self.ending())

    def steps(self, chunk: Chunk, first_row: int, stop: StopRequest) -> Ending | None:
        """Make the steps that are left of a chunk of the epoch; why they were broken off, or None."""
        size, first = self.batch_size, first_row // self.batch_size  # step of this chunk
        whole = equal_batches(len(chunk.order), size, self.smallest_batch)
        ending = self.strides_of(chunk.rows, chunk.order[: whole * size].reshape(whole, size), first, stop)
        if not ending and whole * size < len(chunk.order):
            ending = self.strides_of(chunk.rows, chunk.order[None, whole * size :], first + whole, stop)
        left = batches(chunk.order, size, self.state.running.steps - first, self.smallest_batch)
        for batch in () if ending else left:
            ending = self.after_steps(self.single_step(chunk.rows, batch), stop)
            if ending:
                break
        last, self.last_call = self.last_call, None
        if not self.state.finite:  # what the last step has spoiled, no objective shows
            ending = "diverged"
        if ending == "diverged" and last is not None:
            self.find_step(*last)
        return ending

    def single_step(self, rows: Rows, batch: np.ndarray) -> Measured:
        """Make a step on some rows."""
        state, self.last_call = self.state, None
        rate = self.rate = self.schedule(state.steps, self.losses)
        batch_rows = tuple(each[batch] for each in rows)
        until_looked_at, before = self.steps_until_looked_at(), state.parameters
        self.step_at_hand = *_arguments(state.parameters, state.buffers), *batch_rows
        state.parameters, state.optimizer, measured = self.step(state.parameters, state.optimizer, *batch_rows, rate)
        state.steps += 1
        state.running.add(measured, len(batch))
        if self.inspector is not None:
            self.inspector.after_steps(state, None if until_looked_at else before, measured)
        return measured

    def strides_of(self, rows: Rows, numbers: np.ndarray, first: int, stop: StopRequest) -> Ending | None:
        """Make the steps on batches of one size, many with each call; why they were broken off, or None.

        None, too, where they are not made so.

        Parameters
        ----------
        numbers : array of int, (steps, size)
            The rows of each.
        first : int
            The number of the first step in its epoch.
        """
        state, running = self.state, self.state.running
        count, size = numbers.shape
        strides = self.strides.get(size) or self.strides.setdefault(size, Strides(self.compiled.many(size)))
        if not strides.are_possible(rows) or running.steps < first:
            return None
        begin = state.steps - running.steps + first
        chosen = [self.schedule(begin + k, self.losses) for k in range(count)]
        if not all(type(rate) in (float, int) for rate in chosen):
            return None
        rates = np.array(chosen, np.float64)
        zero = Measured(0.0, 0.0, 0.0, 0.0, (0.0,) * len(tree.flatten(state.parameters)[0]))
        self.last_call = None
        while running.steps - first < count:
            done, before = running.steps - first, (state.parameters, state.optimizer)
            until_looked_at = self.steps_until_looked_at()
            last = min(done + (min(self.most_steps(strides), until_looked_at) or 1), count)
            begun = Made(running.loss, running.penalty, zero)
            after = strides(*before, rows, numbers, rates, done, last, begun)
            if after is None:
                return None
            state.parameters, state.optimizer, made, steps = after
            state.steps += steps
            running.go_on(steps, steps * size, made)
            self.rate = chosen[done + steps - 1]
            if self.inspector is not None:
                self.inspector.after_steps(state, None if until_looked_at else before[0], made.last)
            ending = self.after_steps(made.last, stop)
            if ending == "diverged" or running.steps - first == count:
                self.last_call = before, rows, numbers, rates, (done, done + steps - 1), begun
            if ending:
                return ending
        return None

    def most_steps(self, strides: Strides) -> int:
        """How many steps may be made in one call: as long as nobody has to be asked between them."""
        if getattr(self.progress, "wants_every_step", True):
            return 1
        most = strides.count()
        return most if self.checkpoint is None else min(most, self.checkpoint.steps_to_next(self.state))

    def steps_until_looked_at(self) -> int:
        """How many steps may be made before the one that the inspector is to see."""
        return sys.maxsize if self.inspector is None else self.inspector.steps_to_next(self.state)

    def find_step(
        self,
        before: tuple[Any, Any],
        rows: Rows,
        batches: np.ndarray,
        rates: np.ndarray,
        made: tuple[int, int],
        begun: Made,
    ) -> None:
        """The arguments of the last step, whose objective was not finite: the steps before it are made again."""
        first, bad = made
        parameters, carried = before
        if bad > first:
            again = self.strides[batches.shape[1]](*before, rows, batches, rates, first, bad, begun)
            assert again is not None
            parameters, carried, *_ = again
        buffers = carried.buffers if isinstance(carried, Carried) else None
        self.step_at_hand = *_arguments(parameters, buffers), *(each[batches[bad]] for each in rows)

    def after_steps(self, last: Measured, stop: StopRequest) -> Ending | None:
        """Show and save how far it has come; why it does not go on, or None."""
        state = self.state
        state.seconds = time.perf_counter() - self.began
        if not (state.running.finite and (math.isfinite(state.running.gradient_norm) or state.finite)):
            return "diverged"  # a gradient that is not finite spoils the parameters, but for one whose squares overflow
        self.progress.step(state.epoch, state.running.steps, last)
        if self.checkpoint is not None:
            self.checkpoint.after_step(state)
        return "interrupted" if stop.made else None

    def record(self, parameters: Any) -> EpochRecord:
        """The epoch under way in numbers, as far as it has come."""
        state = self.state
        judged = _judged(self.objective, _arguments(parameters, state.buffers), self.validation_rows, self.score)
        state.seconds = time.perf_counter() - self.began
        rate = self.schedule(state.steps - 1, self.losses) if self.rate is None else self.rate
        return state.running.record(state.epoch, float(rate), judged, state.seconds)

    def fitted(self, ending: Ending) -> Fitted:
        """The outcome; an interrupted epoch counts with the steps that it made, and stays open in the state."""
        shown = state = self.state
        if ending == "interrupted" and state.running.steps:
            judged = state.judged(self.optimizer)
            record = self.record(judged)
            shown = state.copy()
            shown.end_epoch(record, self.tolerance, judged)
            self.progress.epoch(record)
        elif ending in ("finished", "stopped") and state.history and not state.best_epoch:
            ending = "diverged"
        return Fitted(
            shown.best,
            shown.best_epoch,
            shown.history,
            self.epochs,
            state.seconds,
            ending,
            state,
            shown.best_buffers,
        )

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
            arguments = *_arguments(state.judged(self.optimizer), state.buffers), *self.validation_rows
        return divergence(what, self.objective, arguments, fitted, self.first_parameters, self.rate)


@contextmanager
def _closed(chunks: Iterator[Chunk]) -> Generator[Iterator[Chunk]]:
    """Chunks whose source is told where no more are wanted, before what ended them goes on."""
    try:
        yield chunks
    finally:
        if isinstance(chunks, Generator):
            chunks.close()


def _buffers(objective: Objective) -> Any:
    return objective.buffers if isinstance(objective, Buffered) else None


def _arguments(parameters: Any, buffers: Any) -> tuple[Any, ...]:
    """Those of an objective before its rows."""
    return (parameters,) if buffers is None else (parameters, buffers)


def _judged(
    objective: Objective, arguments: tuple[Any, ...], rows: Rows | None, score: Score | None
) -> tuple[float | None, float | None]:
    """The loss and the score on the validation rows."""
    if rows is None:
        return None, None
    evaluate = objective.evaluate if isinstance(objective, Buffered) else objective
    loss = evaluate(*arguments, *rows)[1][0]
    return float(loss), float(score(*arguments, *rows)) if score else None


def _checked(rows: Any, name: str) -> Rows:
    arrays = (np.ndarray, np.generic)
    if not (isinstance(rows, tuple | list) and len(rows) > 1 and all(isinstance(each, arrays) for each in rows)):
        raise ArgumentError(f"{name} are arrays, samples and targets", got=_outlined(rows))
    counts = {len(each) if np.ndim(each) else 0 for each in rows}
    if len(counts) > 1 or 0 in counts:
        raise ShapeError(
            f"{name} are as many samples as targets, and at least one",
            got=f"samples of shape {np.shape(rows[0])}, "
            + ", ".join(f"targets of shape {np.shape(each)}" for each in rows[1:]),
        )
    return tuple(rows)


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
