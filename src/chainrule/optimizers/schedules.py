"""Learning rates that change as training goes on: pure functions of what has happened, without memories of their own.

A schedule is ``schedule(step, losses)``: `step` counts the steps of the optimizer from 0 on, and `losses` holds the
monitored loss of each epoch that has ended. So a run that is resumed goes on with the same rates to the last bit.
The classes here have the names of functions, which is how they are used; being classes, schedules compare, print
themselves and can be pickled.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from ..errors import ArgumentError
from .catalogue import declare_schedule

Rate = Callable[[Any, Sequence[float]], Any]


def _check(schedule: Any, name: str, right: bool, wanted: str) -> None:
    value = getattr(schedule, name)
    if not right or not math.isfinite(value):
        raise ArgumentError(f"{name} of {type(schedule).__name__} is {wanted}", got=f"{name}={value!r}")


def _check_rate(schedule: Any) -> None:
    _check(schedule, "rate", schedule.rate > 0, "a positive number")


def _check_floor(schedule: Any) -> None:
    _check(schedule, "floor", 0 <= schedule.floor <= schedule.rate, "between 0 and the rate")


def _check_count(schedule: Any, name: str, least: int = 1) -> None:
    value = getattr(schedule, name)
    _check(
        schedule,
        name,
        isinstance(value, (int, np.integer)) and bool(value >= least),
        f"a whole number, {least} or more",
    )


@final
@dataclass(frozen=True)
class constant:
    """The same rate for ever.

    Parameters
    ----------
    rate : float

    Notes
    -----
    PyTorch: an optimizer without a scheduler.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), Algorithm 8.1, with one epsilon for all k.

    Examples
    --------
    >>> constant(0.5)(1000, [])
    0.5
    """

    rate: float

    def __post_init__(self) -> None:
        _check_rate(self)

    def __call__(self, step: Any, losses: Sequence[float] = ()) -> Any:
        """The rate of a step."""
        return self.rate


declare_schedule(constant(0.5), formula="rate", source="Goodfellow, Bengio, Courville (2016), Algorithm 8.1")


@final
@dataclass(frozen=True)
class linear:
    """From one rate to another along a straight line, and constant after that.

    Parameters
    ----------
    rate : float
        That of step 0.
    last : float
        That of the step number `steps` and of all after it; the book advises about a hundredth of `rate`.
    steps : int

    Notes
    -----
    PyTorch: `LinearLR` with start_factor=1, end_factor=last / rate, total_iters=steps.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), eq. 8.14.

    Examples
    --------
    At step 1 of 4, alpha is 1/4 and the rate 3/4 * 1 + 1/4 * 0.5:

    >>> schedule = linear(1.0, 0.5, steps=4)
    >>> [float(schedule(step)) for step in (0, 1, 4, 100)]
    [1.0, 0.875, 0.5, 0.5]
    """

    rate: float
    last: float
    steps: int

    def __post_init__(self) -> None:
        _check_rate(self)
        _check(self, "last", self.last >= 0, "a number that is not negative")
        _check_count(self, "steps")

    def __call__(self, step: Any, losses: Sequence[float] = ()) -> Any:
        """The rate of a step."""
        alpha = np.minimum(step / self.steps, 1.0)
        return (1 - alpha) * self.rate + alpha * self.last


declare_schedule(
    linear(1.0, 0.5, steps=4),
    formula="(1 - alpha) * rate + alpha * last, alpha = min(k / steps, 1)",
    source="Goodfellow, Bengio, Courville (2016), eq. 8.14",
)


@final
@dataclass(frozen=True)
class step_decay:
    """A rate that is multiplied by a factor now and then.

    Parameters
    ----------
    rate : float
        That of the first steps.
    every : int
        After how many steps the factor comes in again.
    factor : float
        Above 0 and at most 1.

    Notes
    -----
    PyTorch: `StepLR` with step_size=every, gamma=factor.

    Source
    ------
    Krizhevsky, Sutskever, Hinton, ImageNet Classification with Deep Convolutional Neural Networks (NIPS 2012), sec. 5.

    Examples
    --------
    >>> schedule = step_decay(1.0, every=10, factor=0.5)
    >>> [float(schedule(step)) for step in (0, 9, 10, 20)]
    [1.0, 1.0, 0.5, 0.25]
    """

    rate: float
    every: int
    factor: float = 0.1

    def __post_init__(self) -> None:
        _check_rate(self)
        _check_count(self, "every")
        _check(self, "factor", 0 < self.factor <= 1, "above 0 and at most 1")

    def __call__(self, step: Any, losses: Sequence[float] = ()) -> Any:
        """The rate of a step."""
        return self.rate * self.factor ** (step // self.every)


declare_schedule(
    step_decay(1.0, every=10, factor=0.5),
    formula="rate * factor ** (k // every)",
    source="Krizhevsky, Sutskever, Hinton (NIPS 2012), sec. 5",
)


@final
@dataclass(frozen=True)
class cosine:
    """From a rate to a floor along half a wave: slow at both ends.

    Parameters
    ----------
    rate : float
        That of step 0.
    steps : int
        The number of the step from which on the rate is the floor.
    floor : float

    Notes
    -----
    PyTorch: `CosineAnnealingLR` with T_max=steps, eta_min=floor, which goes up again after that.

    Source
    ------
    Loshchilov, Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts (ICLR 2017), eq. 5, without restarts.

    Examples
    --------
    After a third of the way the cosine is 1/2, and three quarters of the rate are left:

    >>> schedule = cosine(1.0, steps=300)
    >>> [float(schedule(step).round(12)) for step in (0, 100, 150, 300, 1000)]
    [1.0, 0.75, 0.5, 0.0, 0.0]
    """

    rate: float
    steps: int
    floor: float = 0.0

    def __post_init__(self) -> None:
        _check_rate(self)
        _check_count(self, "steps")
        _check_floor(self)

    def __call__(self, step: Any, losses: Sequence[float] = ()) -> Any:
        """The rate of a step."""
        share = (1 + np.cos(math.pi * np.minimum(step / self.steps, 1.0))) / 2
        return self.floor + (self.rate - self.floor) * share


declare_schedule(
    cosine(1.0, steps=300),
    formula="floor + (rate - floor) * (1 + cos(pi * min(k / steps, 1))) / 2",
    source="Loshchilov, Hutter (ICLR 2017), eq. 5",
)


@final
@dataclass(frozen=True)
class warm_up:
    """Another schedule, from small rates up: for optimizers whose first steps know little.

    Parameters
    ----------
    schedule : callable
        ``schedule(step, losses)``. Its own steps count from 0 as well: it is not delayed.
    steps : int
        How many it takes to the full rate. The first is 1 / steps of it, so that none is wasted on a rate of zero.

    Notes
    -----
    PyTorch: `LinearLR` with start_factor=1 / steps and total_iters=steps - 1, chained with the other scheduler.

    Source
    ------
    Goyal et al., Accurate, Large Minibatch SGD (arXiv:1706.02677, 2017), sec. 2.2.

    Examples
    --------
    >>> schedule = warm_up(constant(1.0), steps=4)
    >>> [float(schedule(step)) for step in (0, 1, 2, 3, 4)]
    [0.25, 0.5, 0.75, 1.0, 1.0]
    """

    schedule: Rate
    steps: int

    def __post_init__(self) -> None:
        if not callable(self.schedule):
            raise ArgumentError(
                "what warm_up leads up to is a schedule", got=repr(self.schedule), try_=f"constant({self.schedule!r})"
            )
        _check_count(self, "steps")

    def __call__(self, step: Any, losses: Sequence[float] = ()) -> Any:
        """The rate of a step."""
        return np.minimum((step + 1) / self.steps, 1.0) * self.schedule(step, losses)


declare_schedule(
    warm_up(constant(1.0), steps=4),
    formula="min((k + 1) / steps, 1) * schedule(k, losses)",
    source="Goyal et al. (2017), sec. 2.2",
)


@final
@dataclass(frozen=True)
class plateau:
    """A rate that falls when the monitored loss has stopped to.

    Parameters
    ----------
    rate : float
        That of the first epochs.
    factor : float
        What the rate is multiplied by when it falls; above 0 and below 1.
    patience : int
        How many epochs in a row may fail to be better than the best so far. One more, and the rate falls, and the count
        starts anew.
    threshold : float
        By how much better a loss has to be, relative to the magnitude of the best.
    floor : float
        No rate is lower than this.

    Notes
    -----
    PyTorch: `ReduceLROnPlateau` with min_lr=floor and eps=0, the same for losses that are positive. Where the best is
    negative, it takes losses that are a little worse for better ones.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 8.3.1, where monitoring the loss is advised; the rule is
    that of PyTorch.

    Examples
    --------
    After 4, 2 is better. Then 2 and 3 are not, which is one more than the patience, and so are 2 and 2:

    >>> schedule = plateau(1.0, factor=0.5, patience=1)
    >>> losses = [4.0, 2.0, 2.0, 3.0, 2.0, 2.0]
    >>> [schedule(0, losses[:epochs]) for epochs in range(7)]
    [1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.25]
    """

    rate: float
    factor: float = 0.1
    patience: int = 10
    threshold: float = 1e-4
    floor: float = 0.0

    def __post_init__(self) -> None:
        _check_rate(self)
        _check(self, "factor", 0 < self.factor < 1, "above 0 and below 1")
        _check_count(self, "patience", least=0)
        _check(self, "threshold", self.threshold >= 0, "a number that is not negative")
        _check_floor(self)

    def __call__(self, step: Any, losses: Sequence[float] = ()) -> Any:
        """The rate of a step."""
        rate, best, failed = self.rate, math.inf, 0
        for loss in losses:
            # Infinite times zero is nan, and no loss would be better than that.
            if loss < (best - self.threshold * abs(best) if best < math.inf else best):
                best, failed = loss, 0
            else:
                failed += 1
            if failed > self.patience:
                rate, failed = max(rate * self.factor, self.floor), 0
        return rate


declare_schedule(
    plateau(1.0, factor=0.5, patience=1),
    formula="rate * factor ** (how often more than `patience` epochs in a row were not better), at least floor",
    source="Goodfellow, Bengio, Courville (2016), sec. 8.3.1",
)
