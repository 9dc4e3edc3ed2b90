"""The catalogue of losses, and what an entry says."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal, Self, TypeVar, final

import numpy as np

from ..errors import ArgumentError

Task = Literal["regression", "classification", "binary", "counts"]
Function = TypeVar("Function", bound=Callable[..., Any])


@final
@dataclass(frozen=True)
class Loss:
    """A loss: ``function(outputs, targets)`` is the mean over the rows, a number."""

    name: str
    function: Callable[..., Any]
    task: Task
    formula: str  # of one output and its target
    source: str
    examples: Callable[[np.random.Generator], list[tuple[np.ndarray, np.ndarray]]]  # away from kinks
    predict: Callable[[np.ndarray], np.ndarray] = lambda outputs: outputs  # probabilities, means, rates, scores
    decide: Callable[[np.ndarray], np.ndarray] | None = None  # the class of each row, where there are classes
    units: Callable[[int], int] = lambda columns: columns  # output units for so many classes or columns of targets
    # Both take the settings too: perfect(targets), outputs at, or within 1e-6 of, the least loss; and
    # prior(targets, units), the best outputs that are equal for all rows.
    perfect: Callable[..., np.ndarray] | None = None
    prior: Callable[..., np.ndarray] | None = None
    settings: Mapping[str, float] = field(default_factory=dict)
    smooth: bool = True  # twice differentiable

    def configured(self, **settings: float) -> Self:
        """The same loss with other constants.

        Raises
        ------
        ArgumentError
            If there is no such setting.

        Examples
        --------
        >>> float(LOSSES["huber"].configured(delta=2.0).function(np.array([10.0]), np.array([0.0])))
        18.0
        """
        for name in settings:
            if name not in self.settings:
                raise ArgumentError(
                    f"{self.name} has no setting {name}", wanted=", ".join(self.settings) or "no settings"
                )
        known = {**self.settings, **settings}
        if not settings:
            return self
        perfect, prior = (each and partial(each, **settings) for each in (self.perfect, self.prior))
        function = partial(self.function, **settings)
        return replace(self, function=function, perfect=perfect, prior=prior, settings=known)

    def __reduce__(self) -> Any:
        """By name where it is of the catalogue, whose entries hold functions that have none."""
        known = LOSSES.get(self.name)
        if known is None or known.examples is not self.examples or _inner(known.function) is not _inner(self.function):
            return object.__reduce_ex__(self, 2)
        return _named, (self.name, _inner(self.function).__module__, dict(self.settings))


LOSSES: dict[str, Loss] = {}


def _inner(function: Any) -> Any:
    return function.func if isinstance(function, partial) else function


def _named(name: str, module: str, settings: dict[str, float]) -> Loss:
    """An entry that has been pickled; one of a user's is declared by importing its module."""
    if name not in LOSSES:
        importlib.import_module(module)
    known = LOSSES[name]
    return known if known.settings == settings else known.configured(**settings)


def loss(task: Task, formula: str, source: str, **about: Any) -> Callable[[Function], Function]:
    """Declare a function as a loss under its own name."""

    def declare(function: Function) -> Function:
        name = function.__name__
        LOSSES[name] = Loss(name, function, task, formula, source, **about)
        return function

    return declare


def losses_of(task: Task) -> dict[str, Loss]:
    """The losses for a task.

    Examples
    --------
    >>> sorted(losses_of("counts"))
    ['poisson']
    """
    return {name: entry for name, entry in LOSSES.items() if entry.task == task}
