"""Training on batches: what scikit-learn's nets do between epochs, around the loop of `chainrule.training`."""

from __future__ import annotations

import dataclasses
import sys
import warnings
from typing import Any

import numpy as np

from ..data import Source
from ..errors import ArgumentError, DivergenceError
from ..optimizers import SCHEDULES
from ..training import EpochRecord, State, fit
from ..training.dense import mean_loss, starting_buffers
from ..training.recipe import named_schedule
from .lbfgs import NOT_FINITE
from .rate import Checked, Rate
from .recipe import Recipe
from .rows import Shuffled, in_order
from .sklearn_loader import ConvergenceWarning


def fit_stochastic(
    estimator: Any,
    recipe: Recipe,
    optimizer: Any,
    rows: tuple[Any, ...],
    source: Source,
    held: Source | None,
    random_state: np.random.RandomState,
    incremental: bool,
) -> None:
    """Train for the estimator's epochs, or one where it is incremental, and set what was learned.

    `rows` are what callbacks are shown; a source of them, or of a part, is trained on, and `held` judges.
    """
    epochs = 1 if incremental else estimator.max_iter
    batch_size = _batch_size(estimator, len(source))
    state = _state(estimator, recipe, optimizer, incremental)
    rate = _rate(estimator, epochs * -(-len(source) // batch_size), incremental)
    estimator.n_iter_ = 0
    follower = _Follower(estimator, recipe, optimizer, rate, state, rows, len(source), held, incremental)
    follower.begin()
    try:
        fitted = fit(
            recipe.objective,
            state.parameters,
            source,
            optimizer=optimizer,
            learning_rate=rate,
            clip=recipe.clip,
            project=recipe.project,
            epochs=epochs,
            batch_size=batch_size,
            seed=0 if isinstance(source, Shuffled) else int(random_state.randint(2**31)),
            shuffle=estimator.shuffle,
            callbacks=[follower],
            checkpoint=follower,
            resume=state,
            verbose=0,
        )
    except DivergenceError as error:
        follower.diverged(error)
        return
    if fitted.ending == "interrupted":
        warnings.warn("Training interrupted by user.", stacklevel=7)
    elif not follower.may_end:
        warnings.warn(
            f"Stochastic Optimizer: Maximum iterations ({epochs}) reached and the optimization hasn't converged yet.",
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


def _state(estimator: Any, recipe: Recipe, optimizer: Any, incremental: bool) -> State:
    """Where training begins: at the attributes, or where a step before it has ended."""
    parameters, dtype = estimator._parameters(), estimator.coefs_[0].dtype
    buffers = {
        **starting_buffers(recipe.net, dtype, estimator.alpha, getattr(estimator, "_dropout_seed", 0)),
        "net": estimator._net_buffers(),
    }
    before = getattr(estimator, "_state", None) if incremental else None
    if before is None:
        return State.initial(parameters, optimizer, buffers)
    judged = before.judged(optimizer)
    coefs, intercepts = estimator.coefs_, estimator.intercepts_
    same = all(a["W"] is W and a["b"] is b for a, W, b in zip(judged, coefs, intercepts, strict=True))
    if "step" in buffers:
        buffers["step"] = before.buffers["step"]
    carried = before.optimizer._replace(buffers=buffers)
    return State(before.parameters if same else parameters, carried, parameters, buffers)


def _rate(estimator: Any, steps: int, incremental: bool) -> Any:
    kind = estimator.learning_rate
    if callable(kind):
        return Checked(kind)
    if isinstance(kind, dict) or (kind in SCHEDULES and kind != "constant"):
        return named_schedule(kind, estimator.learning_rate_init, steps)
    kept = getattr(estimator, "_rate", None) if incremental else None
    kind = kind if estimator.solver == "sgd" else "constant"
    return kept or Rate(estimator.learning_rate_init, kind, estimator.power_t)


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
        rows: tuple[Any, ...],
        count: int,
        held: Source | None,
        incremental: bool,
    ):
        self.estimator, self.recipe, self.optimizer, self.rate = estimator, recipe, optimizer, rate
        self.state, self.rows, self.count, self.held, self.incremental = state, rows, count, held, incremental
        self.best = estimator._attributes(state.parameters, state.buffers["net"])
        self.may_end = True  # without a word: training stopped because it got no further, or somebody asked it to
        self.context: Any = None
        self.task: Any = None

    def begin(self) -> None:
        """Before the first epoch."""
        estimator = self.estimator
        estimator._rate = self.rate if isinstance(self.rate, Rate) else None
        if self.held is not None and estimator.validation_loss_curve_ is None:
            estimator.validation_loss_curve_ = []
        most = 1 if self.incremental else estimator.max_iter
        self.context = estimator._init_callback_context(max_subtasks=most)
        self.context.call_on_fit_task_begin(estimator=estimator, **self._data())
        self._begin_task()

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
        estimator.t_ += self.count
        estimator.loss_ = record.loss * estimator._shown_share() + record.penalty
        estimator.loss_curve_.append(estimator.loss_)
        self.now = estimator._attributes(parameters, self.state.buffers["net"])
        if estimator.verbose:
            print(f"Iteration {estimator.n_iter_}, loss = {estimator.loss_:.8f}")
        self._judge(parameters)
        if isinstance(self.rate, Rate):
            self.rate.after_epoch(estimator.t_)
        stop = self._gets_no_further()
        asked = self.task.call_on_fit_task_end(
            estimator=estimator,
            **self._data(),
            reconstruction_attributes=lambda: {**self.now, "n_iter_": estimator.n_iter_},
        )
        self.may_end = stop or asked or self.incremental
        if not (stop or asked) and estimator.n_iter_ < self.context.max_subtasks:
            self._begin_task()
        return stop or asked

    def end(self, state: State) -> None:
        """After the last epoch: set what was learned."""
        estimator = self.estimator
        if estimator.early_stopping:
            learned = self.best
        else:
            learned = estimator._attributes(state.judged(self.optimizer), state.buffers["net"])
            if not all(np.isfinite(x).all() for x in (*learned["coefs_"], *learned["intercepts_"])):
                raise ArgumentError(NOT_FINITE)
        for name, value in learned.items():
            setattr(estimator, name, value)
        estimator._state = dataclasses.replace(state, best=None, best_buffers=None, history=[])
        self.context.call_on_fit_task_end(
            estimator=estimator, **self._data(), reconstruction_attributes=lambda: learned
        )

    def diverged(self, error: DivergenceError) -> None:
        """The objective is no number any more: what was best is kept where somebody judged, else it is an error."""
        estimator = self.estimator
        if not estimator.early_stopping:
            raise ArgumentError(NOT_FINITE, got=error.got) from error
        estimator.n_iter_ += 1
        estimator.loss_ = float("nan")
        estimator.loss_curve_.append(estimator.loss_)
        estimator.validation_scores_.append(float("nan"))
        for name, value in self.best.items():
            setattr(estimator, name, value)
        estimator._state = None
        warnings.warn(
            f"Training diverged in epoch {estimator.n_iter_}; the weights with the best validation score are kept. "
            f"{error.got or ''}",
            ConvergenceWarning,
            stacklevel=8,
        )

    def _begin_task(self) -> None:
        self.task = self.context.subcontext(task_name="epoch")
        self.task.call_on_fit_task_begin(estimator=self.estimator, **self._data())

    def _data(self) -> dict[str, Any]:
        x, y, *weights = self.rows
        return {"X": x, "y": y, "metadata": {"sample_weight": weights[0]} if weights else None}

    def _judge(self, parameters: Any) -> None:
        """By the validation rows, or by the loss in training."""
        estimator = self.estimator
        if self.held is not None:
            net, buffers = self.recipe.net, self.state.buffers["net"]
            parts = []
            with np.errstate(all="ignore"):
                for x, *others in in_order(self.held, estimator._block_rows()):
                    parts.append((net.forward(parameters, x, buffers), *(each.copy() for each in others)))
                outputs, y, *weights = (np.concatenate(part) for part in zip(*parts, strict=True))
                loss = float(mean_loss(self.recipe.loss, outputs, y, *weights))
            estimator.validation_loss_curve_.append(loss * estimator._shown_share())
            if estimator.early_stopping:
                self._judge_by_score(estimator._validation_score(outputs, y, *weights))
                return
        self._count(estimator.loss_ > estimator.best_loss_ - estimator.tol)
        estimator.best_loss_ = min(estimator.best_loss_, estimator.loss_)

    def _judge_by_score(self, score: float) -> None:
        estimator = self.estimator
        estimator.validation_scores_.append(score)
        if estimator.verbose:
            print(f"Validation score: {score:f}")
        self._count(score < estimator.best_validation_score_ + estimator.tol)
        if score > estimator.best_validation_score_:
            estimator.best_validation_score_, self.best = score, self.now

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
