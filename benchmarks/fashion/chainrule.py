"""Our estimator."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.estimators import MLPClassifier

from . import BATCH, Settings


def fitted(x: np.ndarray, y: np.ndarray, settings: Settings, seed: int) -> Any:
    """A function that predicts."""
    net = MLPClassifier(
        settings.hidden,
        dropout=settings.dropout,
        normalization=settings.normalization,
        penalty="l2" if settings.alpha else None,
        alpha=settings.alpha,
        initialization="glorot_uniform",
        batch_size=BATCH,
        learning_rate="cosine" if settings.falls else "constant",
        learning_rate_init=settings.rate,
        max_iter=settings.epochs,
        tol=0.0,
        n_iter_no_change=np.inf,
        random_state=seed,
    )
    return net.fit(x, y).predict
