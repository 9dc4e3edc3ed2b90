"""scikit-learn's net, which has neither dropout nor normalization nor a falling rate with Adam."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier

from . import BATCH, Settings


def fitted(x: np.ndarray, y: np.ndarray, settings: Settings, seed: int) -> Any:
    """A function that predicts."""
    net = MLPClassifier(
        settings.hidden,
        alpha=settings.alpha,
        batch_size=BATCH,
        learning_rate_init=settings.rate,
        max_iter=settings.epochs,
        tol=0.0,
        n_iter_no_change=np.inf,
        random_state=seed,
    )
    return net.fit(x, y).predict
