"""The training loop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import ArgumentError, DivergenceError, ShapeError
from ..optimizers import adam
from .batches import shuffled_batches
from .history import Ending, EpochRecord, Fitted
from .interruption import stop_on_interrupt
from .objective import Objective
from .progress import Progress, Verbosity, progress_for
from .step import Measured, Optimizer, training_step

Rows = tuple[np.ndarray, np.ndarray]
Score = Callable[[Any, np.ndarray, np.ndarray], float]


def fit(
    objective: Objective,
    parameters: Any,
    rows: Rows,
    validation_rows: Rows | None = None,
    *,
    score: Score | None = None,
    optimizer: Optimizer = adam,
    learning_rate: float = 1e-3,
    epochs: int = 100,
    batch_size: int = 32,
    seed: int | np.random.SeedSequence | np.random.Generator = 0,
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
    learning_rate : float
    epochs : int
        How often each row is used.
    batch_size : int
        Rows per step.
    seed : int, SeedSequence or Generator
        Of the order of rows. Equal seeds give equal weights.
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
        If the objective becomes infinite or nan. The error's `fitted` holds what was best until then.

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
    _check_numbers(learning_rate, epochs, batch_size)
    rng = np.random.default_rng(seed)
    step, state = training_step(objective, optimizer), optimizer.initialize(parameters)
    best, best_epoch, lowest = parameters, 0, math.inf
    history: list[EpochRecord] = []
    sums = _Sums()
    progress = progress_for(verbose)
    progress.start(epochs, math.ceil(n / batch_size))
    began = time.perf_counter()
    try:
        # Overflow shows in the loss, which is looked at after each step; a warning on top would say less.
        with stop_on_interrupt() as stop, np.errstate(all="ignore"):
            for epoch in range(1, epochs + 1):
                sums = _Sums()
                for batch in shuffled_batches(n, batch_size, rng):
                    parameters, state, measured = step(parameters, state, rows[0][batch], rows[1][batch], learning_rate)
                    sums.add(measured, len(batch))
                    if not sums.finite:
                        break
                    progress.step(epoch, sums.steps, measured)
                    if stop.made:
                        break
                if not sums.finite:
                    break
                judged = _judged(objective, parameters, validation_rows, score)
                record = EpochRecord(epoch, *sums.summary(), *judged, time.perf_counter() - began)
                history.append(record)
                progress.epoch(record)
                if record.monitored < lowest:
                    best, best_epoch, lowest = parameters, epoch, record.monitored
                if stop.made:
                    break
        ending: Ending = "diverged" if not sums.finite else "interrupted" if stop.made else "finished"
        fitted = Fitted(best, best_epoch, history, epochs, time.perf_counter() - began, ending)
    except BaseException:
        progress.finish(None)
        raise
    progress.finish(fitted)
    if not sums.finite:
        where = f"step {sums.steps} of epoch {len(history) + 1}"
        raise DivergenceError(f"training diverged: the objective became {sums.objective} in {where}", fitted=fitted)
    return fitted


class _Sums:
    """What an epoch adds up, over the rows of its steps."""

    def __init__(self) -> None:
        self.steps, self.rows = 0, 0
        self.objective = self.loss = self.penalty = self.gradient_norm = 0.0

    def add(self, measured: Measured, rows: int) -> None:
        self.steps += 1
        self.rows += rows
        self.objective, self.gradient_norm = float(measured.objective), float(measured.gradient_norm)
        self.loss += rows * float(measured.loss)
        self.penalty += rows * float(measured.penalty)

    @property
    def finite(self) -> bool:
        """Whether the last objective was a number."""
        return math.isfinite(self.objective)

    def summary(self) -> tuple[int, float, float, float]:
        """Steps, mean loss, mean penalty, last norm of the gradient."""
        return self.steps, self.loss / self.rows, self.penalty / self.rows, self.gradient_norm


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


def _check_numbers(learning_rate: float, epochs: int, batch_size: int) -> None:
    for name, value in (("epochs", epochs), ("batch_size", batch_size)):
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise ArgumentError(f"{name} is a whole number, 1 or more", got=f"{name}={value!r}")
    if not (learning_rate > 0 and math.isfinite(learning_rate)):
        raise ArgumentError("a learning rate is positive and finite", got=f"learning_rate={learning_rate!r}")
