"""The losses of the catalogue, and those of scikit-learn's nets by their names there; all are functions of outputs
before the last activation."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from ..losses import LOSSES, Loss, poisson
from .named import named
from .scipy_loader import special


def half_poisson_deviance(outputs: Any, targets: Any) -> Any:
    """exp(z) - y z + y log y - y, added over columns, the mean over rows: zero where exp(z) is y.

    Derivative
    ----------
    (exp(outputs) - targets) / n: one row, of the shape of the outputs.
    """
    targets = np.asarray(targets)
    constant = special.xlogy(targets, targets) - targets
    return poisson(outputs, targets) + np.sum(constant) / outputs.shape[0]


SKLEARN_LOSSES: dict[str, Loss] = {
    "squared_error": dataclasses.replace(LOSSES["squared"], name="squared_error"),
    "poisson": dataclasses.replace(LOSSES["poisson"], function=half_poisson_deviance),
}
# scikit-learn's nets follow the gradient of the squared error added over columns, and show its mean over them.
SHOWN_AS_MEAN_OF_COLUMNS = {"squared_error"}
TASKS = {
    ("classification",): "three classes or more",
    ("binary",): "two classes or several labels",
    ("regression", "counts"): "numbers",
}


def losses_for(*tasks: str) -> dict[str, Loss]:
    """The losses for these kinds of targets, by their names."""
    return {name: entry for name, entry in {**LOSSES, **SKLEARN_LOSSES}.items() if entry.task in tasks}


def loss_entry(choice: Any, *tasks: str) -> Loss | None:
    """What is known of a loss that is chosen by its name, or by its name and settings; None of a function.

    Raises
    ------
    ArgumentError
        If there is no such loss for these kinds of targets, or it has no such setting.
    """
    if callable(choice):
        return None
    known = losses_for(*tasks)
    name, settings = named(choice, known, "loss", f" for {TASKS[tasks]}")
    return known[name].configured(**settings)


def gives_probabilities(loss: Loss | None) -> bool:
    """Whether outputs stand for probabilities of classes; those of a user's function do by convention."""
    return loss is None or loss.predict is not Loss.predict


def function_of(choice: Any, entry: Loss | None) -> Callable[[Any, Any], Any]:
    """The function itself."""
    return choice if entry is None else entry.function
