"""Training on batches: what scikit-learn's nets do between epochs, around the loop of `chainrule.training`."""

from __future__ import annotations

import dataclasses
import sys
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..data import Source
from ..errors import ArgumentError, DivergenceError
from ..training import EpochRecord, State, fit
from ..training.batches import batches
from ..training.dense import mean_loss, starting_buffers
from ..training.state import Running
from .idle import OF_SKLEARNS_SOLVERS
from .lbfgs import NOT_FINITE
from .rate import Rate, rate_of
from .recipe import Recipe, frozen, optimizer_of
from .rows import Shuffled, in_order
from .sklearn_loader import ConvergenceWarning
from .tasks import Tasks


def fit_stochastic(
    estimator: Any,
    recipe: Recipe,
    source: Source,
    held: Source | None,
    shown: dict[str, Any],
    random_state: np.random.RandomState,
    incremental: bool,
) -> None:
    """Train for the estimator's epochs, or one where it is incremental, and set what was learned.

    A source of all rows, or of a part, is trained on, and `held` judges; `shown` is what callbacks see.
    """
    batch_size, has_own_orders = _batch_size(estimator, len(source)), isinstance(source, Shuffled)
    chosen = frozen(estimator.solver), _settings(estimator), estimator.averaging
    optimizer = optimizer_of(*chosen)
    state, goes_on = _state(estimator, recipe, optimizer, chosen, incremental)
    rate = rate_of(estimator, estimator.max_iter * -(-len(source) // batch_size), goes_on)
    epochs = 1 if incremental else estimator.max_iter
    estimator.n_iter_ = 0
    follower = _Follower(estimator, recipe, optimizer, rate, state, batch_size, source, held, shown, incremental)
    follower.begin(chosen, goes_on)
    try:
        fitted = fit(
            recipe.objective,
            state.parameters,
            source,
            optimizer=optimizer,
            learning_rate=follower.rate_of_step,
            clip=recipe.clip,
            project=recipe.project,
            epochs=epochs,
            batch_size=batch_size,
            seed=0 if has_own_orders else int(random_state.randint(2**31)),
            shuffle=estimator.shuffle and not has_own_orders,
            callbacks=[follower],
            checkpoint=follower,
            resume=state,
            verbose=0,
        )
    except DivergenceError as error:
        follower.diverged(error)
        return
    except KeyboardInterrupt:
        interrupted = True
    else:
        interrupted = fitted.ending == "interrupted"
    if interrupted:
        warnings.warn("Training interrupted by user.", stacklevel=7)
    elif not follower.may_end:
        warnings.warn(
            f"Stochastic Optimizer: Maximum iterations ({estimator.max_iter}) reached and the optimization hasn't "
            "converged yet.",
            ConvergenceWarning,
            stacklevel=7,
        )
    follower.end(follower.state)


def _batch_size(estimator: Any, rows: int) -> int:
    if estimator.batch_size == "auto":
        return min(200, rows)
    if estimator.batch_size > rows:
        warnings.warn(
            "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped", stacklevel=8
        )
    return int(min(estimator.batch_size, rows))


def _settings(estimator: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((name, getattr(estimator, name)) for name in OF_SKLEARNS_SOLVERS)


def _state(
    estimator: Any, recipe: Recipe, optimizer: Any, chosen: tuple[Any, ...], incremental: bool
) -> tuple[State, bool]:
    """Where training begins, and whether it goes on from the step before.

    It goes on where the optimizer is the same and the weights are those that it has come to. Else, with the best
    weights of early stopping, say, or some that were set by hand, the optimizer begins anew at the attributes.
    """
    parameters, dtype = estimator._parameters(), estimator.coefs_[0].dtype
    buffers = {
        **starting_buffers(recipe.net, dtype, estimator.alpha, estimator._dropout_seed or 0),
        "net": estimator._net_buffers(),
    }
    if estimator._state is None:
        return State.initial(parameters, optimizer, buffers), False
    before, made_by = estimator._state
    if "step" in buffers:
        buffers["step"] = before.buffers.get("step", buffers["step"])  # no mask of dropout is drawn twice
    if not (incremental and made_by == chosen and _equal(before.judged(optimizer), parameters)):
        return State.initial(parameters, optimizer, buffers), False
    return dataclasses.replace(before, optimizer=before.optimizer._replace(buffers=buffers)), True


def _equal(some: list[dict[str, Any]], others: list[dict[str, Any]]) -> bool:
    return all(
        layer.keys() == other.keys() and all(np.array_equal(layer[name], other[name]) for name in layer)
        for layer, other in zip(some, others, strict=True)
    )


class _Follower:
    """Goes along with training: keeps the curves, decides when to stop, and calls scikit-learn's callbacks.

    To the loop it is both a callback, called after each epoch, and a keeper, which sees the state after each call of
    compiled steps.
    """

    def __init__(
        self,
        estimator: Any,
        recipe: Recipe,
        optimizer: Any,
        rate: Any,
        state: State,
        batch_size: int,
        source: Source,
        held: Source | None,
        shown: dict[str, Any],
        incremental: bool,
    ):
        self.estimator, self.recipe, self.optimizer, self.rate = estimator, recipe, optimizer, rate
        self.state, self.batch_size, self.source, self.held = state, batch_size, source, held
        self.incremental = incremental
        self.best = estimator._attributes(state.parameters, state.buffers["net"])
        self.now: dict[str, Any] | None = None  # after the last epoch, if somebody has asked
        self.may_end = True  # without a word: training stopped because it got no further, or somebody asked it to
        self.tasks = Tasks(estimator, shown, "epoch", 1 if incremental else estimator.max_iter)

    def begin(self, chosen: tuple[Any, ...], goes_on: bool) -> None:
        """Before the first epoch."""
        estimator, self.chosen = self.estimator, chosen
        estimator._rate = self.rate if isinstance(self.rate, Rate) else None
        estimator._begin_curves(self.held is not None)
        self.curve = estimator.loss_curve_ if self.held is None else estimator.validation_loss_curve_
        self.known = 0 if goes_on else len(self.curve)
        self.tasks.begin()

    def rate_of_step(self, step: int, losses: Sequence[float]) -> float:
        """The learning rate, by the curve that shows how this run goes, whose epochs may be those of `partial_fit`."""
        return float(self.rate(step, self.curve[self.known :] if self.known else self.curve))

    def steps_to_next(self, state: State) -> int:
        """As many as there are."""
        return sys.maxsize

    def after_step(self, state: State) -> None:
        """The state is at hand when the epoch ends."""
        self.state = state

    def save(self, state: State) -> None:
        """The estimator's attributes are what is kept."""

    def __call__(self, record: EpochRecord, parameters: Any) -> bool:
        """After an epoch: whether training is to stop."""
        estimator = self.estimator
        estimator.n_iter_ += 1
        estimator.t_ += len(self.source)
        estimator.loss_ = record.loss * estimator._shown_share() + record.penalty
        estimator.loss_curve_.append(estimator.loss_)
        self.now = None
        if estimator.verbose:
            print(f"Iteration {estimator.n_iter_}, loss = {estimator.loss_:.8f}")
        self._judge(parameters)
        if isinstance(self.rate, Rate):
            self.rate.after_epoch(estimator.t_)
        stop = self._gets_no_further()
        asked = self.tasks.end_part(lambda: {**self.learned(parameters), **estimator._curves()})
        self.may_end = stop or asked or self.incremental
        if not (stop or asked):
            self.tasks.begin_part()
        return stop or asked

    def learned(self, parameters: Any) -> dict[str, Any]:
        """What counts after the steps so far, by the names of the attributes; `parameters` are those that do."""
        now = self.now
        if now is None:
            buffers = self.state.buffers["net"]
            if hasattr(self.optimizer, "judged") and self.recipe.net.takes_statistics:
                buffers = self.recipe.net.statistics(parameters, self._batches())
            now = self.now = self.estimator._attributes(parameters, buffers)
        return now

    def _batches(self) -> Iterator[np.ndarray]:
        """The samples as they lie, in batches."""
        source = Shuffled(self.source.rows, None) if isinstance(self.source, Shuffled) else self.source
        for (x, *_), order in source.chunks(None, self.batch_size):
            for numbers in batches(np.arange(len(order)), self.batch_size, smallest=2):
                yield x[numbers[0] : numbers[-1] + 1]

    def end(self, state: State) -> None:
        """After the last epoch: set what was learned."""
        estimator, self.now = self.estimator, None
        if estimator.early_stopping:
            learned = self.best
        else:
            learned = self.learned(state.judged(self.optimizer))
            if not all(np.isfinite(x).all() for x in (*learned["coefs_"], *learned["intercepts_"])):
                raise ArgumentError(NOT_FINITE)
        kept = dataclasses.replace(state, best=None, best_buffers=None, best_epoch=0, history=[], running=Running())
        self._set(learned, (kept, self.chosen))

    def diverged(self, error: DivergenceError) -> None:
        """The objective is no number any more: what was best is kept where somebody judged, else it is an error."""
        estimator = self.estimator
        if not estimator.early_stopping:
            got = f"{error.what}\n{error.got or ''}".rstrip()
            raise ArgumentError(NOT_FINITE, got=got, try_=error.try_) from error
        estimator.n_iter_ += 1
        estimator.loss_ = float("nan")
        estimator.loss_curve_.append(estimator.loss_)
        estimator.validation_scores_.append(float("nan"))
        warnings.warn(
            f"Training diverged in epoch {estimator.n_iter_}; the weights with the best validation score are kept. "
            f"{error.what}: {error.got or ''}",
            ConvergenceWarning,
            stacklevel=8,
        )
        self._set(self.best, None)

    def _set(self, learned: dict[str, Any], state: Any) -> None:
        """Set what was learned, and what it takes to go on."""
        for name, value in learned.items():
            setattr(self.estimator, name, value)
        self.estimator._state = state
        self.tasks.end(lambda: learned)

    def _judge(self, parameters: Any) -> None:
        """By the validation rows, or by the loss in training."""
        estimator = self.estimator
        if self.held is not None:
            net, buffers = self.recipe.net, self.learned(parameters)["buffers_"]
            parts = []
            with np.errstate(all="ignore"):
                for x, *others in in_order(self.held, estimator._block_rows()):
                    parts.append((net.forward(parameters, x, buffers), *(each.copy() for each in others)))
                outputs, y, *weights = (np.concatenate(part) for part in zip(*parts, strict=True))
                loss = float(mean_loss(self.recipe.loss, outputs, y, *weights))
            estimator.validation_loss_curve_.append(loss * estimator._shown_share())
            if estimator.early_stopping:
                self._judge_by_score(estimator._validation_score(outputs, y, *weights), parameters)
                return
        self._count(estimator.loss_ > estimator.best_loss_ - estimator.tol)
        estimator.best_loss_ = min(estimator.best_loss_, estimator.loss_)

    def _judge_by_score(self, score: float, parameters: Any) -> None:
        estimator = self.estimator
        estimator.validation_scores_.append(score)
        if estimator.verbose:
            print(f"Validation score: {score:f}")
        self._count(score < estimator.best_validation_score_ + estimator.tol)
        if score > estimator.best_validation_score_:
            estimator.best_validation_score_, self.best = score, self.learned(parameters)

    def _count(self, no_better: bool) -> None:
        self.estimator._no_improvement_count = self.estimator._no_improvement_count + 1 if no_better else 0

    def _gets_no_further(self) -> bool:
        """Whether training is to stop because it does not get better, even at a smaller rate."""
        estimator = self.estimator
        if estimator._no_improvement_count <= estimator.n_iter_no_change:
            return False
        what = "Validation score" if estimator.early_stopping else "Training loss"
        message = f"{what} did not improve more than tol={estimator.tol:f} for {estimator.n_iter_no_change} epochs."
        shrinks = isinstance(self.rate, Rate) and self.rate.can_shrink()
        if shrinks:
            self.rate.shrink()
            estimator._no_improvement_count = 0
        if estimator.verbose:
            print(f"{message} {f'Setting learning rate to {self.rate.current:f}' if shrinks else 'Stopping.'}")
        return not shrinks
