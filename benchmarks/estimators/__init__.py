"""The estimators beside scikit-learn's, and beside a loop in PyTorch as people write it, at equal settings.

One unit of work is a fit: arrays in, a trained net out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .sets import SETS, Rows

HIDDEN, ALPHA, BATCH, RATE = 100, 1e-4, 200, 1e-3  # the defaults of scikit-learn's nets
COMPARED = 5  # the epoch whose loss is compared, besides the first: later on, rounding drives nets apart


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
    """Fits of an estimator, and the losses of two of its epochs."""
    rows = ready(name, dtype)
    model = (classifier if rows.of_classes else regressor)(**settings(epochs))
    return lambda: model.fit(rows.x, rows.y), 1, lambda: compared(model.loss_curve_)


def compared(losses: list[float]) -> list[float]:
    return [losses[0], losses[min(len(losses), COMPARED) - 1]]
