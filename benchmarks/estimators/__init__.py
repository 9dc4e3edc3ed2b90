"""The estimators beside scikit-learn's, and beside a loop in PyTorch as people write it, at equal settings.

One unit of work is a fit: arrays in, a trained net out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .sets import SETS, Rows

HIDDEN, ALPHA, BATCH, RATE = 100, 1e-4, 200, 1e-3  # the defaults of scikit-learn's nets
# The epoch whose loss is compared: later on, rounding drives nets apart, and before, scikit-learn takes probabilities
# below the rounding of float32 for that.
COMPARED = 5


def settings(epochs: int) -> dict[str, Any]:
    """Of a fit of so many epochs, whatever comes of them."""
    return {
        "hidden_layer_sizes": (HIDDEN,),
        "alpha": ALPHA,
        "learning_rate_init": RATE,
        "max_iter": epochs,
        "tol": 0.0,
        "n_iter_no_change": np.inf,
        "random_state": 0,
    }


def ready(name: str, dtype: str) -> Rows:
    """The rows of a set, standardized."""
    return SETS[name]().standardized().astype(dtype)


def fits(
    classifier: Any, regressor: Any, name: str, dtype: str, epochs: int
) -> tuple[Callable[[], object], int, Callable[[], list[float]]]:
    """Fits of an estimator, and the loss of an epoch."""
    rows = ready(name, dtype)
    model = (classifier if rows.of_classes else regressor)(**settings(epochs))
    return lambda: model.fit(rows.x, rows.y), 1, lambda: compared(model.loss_curve_)


def compared(losses: list[float]) -> list[float]:
    return [losses[min(len(losses), COMPARED) - 1]]
