"""The loss that is squared for small errors and absolute for great ones."""

from __future__ import annotations

import numpy as np

from ..errors import ArgumentError
from .loss import loss
from .rows import columns_of, fitting, mean_over_rows


def _examples(rng: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray]]:
    """Errors within half of delta = 1, and beyond its double."""
    examples = []
    for shape in ((7,), (6, 3), (4, 2, 3)):
        targets, sign = rng.normal(size=shape), rng.choice([-1, 1], size=shape)
        error = np.where(rng.random(shape) < 0.5, rng.uniform(0.1, 0.5, size=shape), rng.uniform(2, 3, size=shape))
        examples.append((targets + sign * error, targets))
    return examples


def _location(targets: np.ndarray, units: int, delta: float = 1.0) -> np.ndarray:
    """Where the errors, cut off at delta, balance: found by halving, for their sum grows with the constant."""
    columns = columns_of(targets).astype(np.float64)
    low, high = columns.min(axis=0), columns.max(axis=0)
    for _ in range(100):
        middle = low + 0.5 * (high - low)
        too_great = np.sum(np.clip(middle - columns, -delta, delta), axis=0) > 0
        low, high = np.where(too_great, low, middle), np.where(too_great, middle, high)
    return low + 0.5 * (high - low)


@loss(
    "regression",
    r"\tfrac12 e^2 \text{ if } |e| \le \delta, \text{ else } \delta (|e| - \tfrac12 \delta); \; e = \hat y - y",
    "Huber, Robust Estimation of a Location Parameter (Annals of Mathematical Statistics, 1964)",
    examples=_examples,
    perfect=lambda targets, delta=1.0: targets,
    prior=_location,
    settings={"delta": 1.0},
)
def huber(outputs: np.ndarray, targets: np.ndarray, delta: float = 1.0) -> np.ndarray:
    """Half the squared error up to delta, from there on a line: added over columns, mean over rows.

    For one column PyTorch's `huber_loss`, which is a mean over all elements: for c columns it is c times that.

    Parameters
    ----------
    outputs, targets : array of float, shape (n, ...)
        Alike in shape; or outputs (n, 1) and targets (n,).
    delta : float
        From which error on it is a line, positive, in units of the targets.

    Returns
    -------
    loss : array of float, shape ()
        In squared units of the targets.

    Raises
    ------
    ShapeError
        If the shapes differ, or there are no rows.
    ArgumentError
        If delta is not positive.

    Derivative
    ----------
    The error outputs - targets, cut off at -delta and delta, over n.

    Source
    ------
    Huber, Robust Estimation of a Location Parameter (Annals of Mathematical Statistics, 1964); Hastie, Tibshirani,
    Friedman, The Elements of Statistical Learning (2009), eq. 10.23, which is twice this.

    Examples
    --------
    >>> float(huber(np.array([[0.5], [-3.0]]), np.array([0.0, 0.0])))  # (0.125 + 2.5) / 2
    1.3125
    """
    if not delta > 0:
        raise ArgumentError("the Huber loss is squared up to a positive error", got=f"delta={delta}")
    outputs, targets = fitting(outputs, targets, "the Huber loss")
    error = outputs - targets
    # By the error that is cut off, no square of a great one is formed.
    cut = np.clip(error, -delta, delta)
    return mean_over_rows(cut * (error - 0.5 * cut))
