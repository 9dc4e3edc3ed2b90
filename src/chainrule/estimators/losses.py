"""The losses of scikit-learn's nets by their names there, as functions of outputs before the last activation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..losses import LOSSES, poisson, squared
from .scipy_loader import special

Function = Callable[[Any, Any], Any]


class SklearnLoss(NamedTuple):
    """What a name stands for.

    scikit-learn's nets follow the gradient of the squared error added over columns, and show its mean over them.
    """

    function: Function
    task: str
    shows_mean_of_columns: bool = False


def half_poisson_deviance(outputs: Any, targets: Any) -> Any:
    """exp(z) - y z + y log y - y, added over columns, the mean over rows: zero where exp(z) is y.

    Derivative
    ----------
    (exp(outputs) - targets) / n: one row, of the shape of the outputs.
    """
    targets = np.asarray(targets)
    constant = special.xlogy(targets, targets) - targets
    return poisson(outputs, targets) + np.sum(constant) / outputs.shape[0]


SKLEARN_LOSSES: dict[str, SklearnLoss] = {
    "squared_error": SklearnLoss(squared, "regression", shows_mean_of_columns=True),
    "poisson": SklearnLoss(half_poisson_deviance, "counts"),
}


def loss_named(choice: Any) -> Function:
    """The function that a name, a name with settings, or a function is."""
    if callable(choice):
        return choice
    if isinstance(choice, str) and choice in SKLEARN_LOSSES:
        return SKLEARN_LOSSES[choice].function
    settings: dict[str, Any] = {"name": choice} if isinstance(choice, str) else dict(choice)
    return LOSSES[settings.pop("name")].configured(**settings).function
