"""The learning rate: as scikit-learn changes it between epochs, or by a schedule of the catalogue."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any, final

from ..errors import ArgumentError
from ..optimizers import SCHEDULES
from ..optimizers.schedules import warm_up
from ..training.recipe import check_settings, named_schedule
from .idle import is_scheduled
from .named import named

SMALLEST = 1e-6  # an adaptive rate that is no larger than this ends training
SHRINKING = 5.0


@final
class Rate:
    """A schedule that is told how training goes.

    Parameters
    ----------
    initial : float
    kind : {"constant", "invscaling", "adaptive"}
        "invscaling": initial / (t + 1)^power after t samples. "adaptive": a fifth whenever training gets no further.
    power : float
    """

    def __init__(self, initial: float, kind: str = "constant", power: float = 0.5):
        self.initial = self.current = float(initial)
        self.kind, self.power = kind, power

    def __call__(self, step: int, losses: Sequence[float]) -> float:
        return self.current

    def after_epoch(self, samples: int) -> None:
        """So many samples have been used in all."""
        if self.kind == "invscaling":
            self.current = self.initial / (samples + 1) ** self.power

    def can_shrink(self) -> bool:
        """Whether training that gets no further goes on at a smaller rate."""
        return self.kind == "adaptive" and self.current > SMALLEST

    def shrink(self) -> None:
        self.current /= SHRINKING


@final
class Checked:
    """A schedule of the user's, whose rates are looked at."""

    def __init__(self, schedule: Callable[[int, Sequence[float]], Any]):
        self.schedule = schedule

    def __call__(self, step: int, losses: Sequence[float]) -> float:
        rate = self.schedule(step, losses)
        if not (isinstance(rate, Real) and 0 <= float(rate) < math.inf):
            raise ArgumentError("a learning rate is finite and not negative", got=f"{rate!r} for step {step}")
        return float(rate)


def rate_of(estimator: Any, steps: int, goes_on: bool) -> Any:
    """The schedule that an estimator's parameters mean, for a run of so many steps.

    Raises
    ------
    ArgumentError
        If there is no such schedule or setting.
    """
    kind, initial = estimator.learning_rate, estimator.learning_rate_init
    if is_scheduled(kind):
        return _scheduled(kind, initial, steps)
    kept = estimator._rate if goes_on else None
    return kept or Rate(initial, "constant" if estimator.solver == "adam" else kind, estimator.power_t)


def _scheduled(choice: Any, initial: float, steps: int) -> Any:
    """One of the catalogue, whose settings suit the run where they are not given; or a function."""
    if callable(choice):
        return Checked(choice)
    name, settings = named(choice, SCHEDULES, "schedule")
    if name == "warm_up":  # to another schedule
        check_settings(name, settings)
        after = _scheduled(settings.pop("schedule", "constant"), initial, steps)
        return warm_up(after, **{"steps": max(1, steps // 20), **settings})
    return named_schedule({"name": name, **settings}, initial, steps)
