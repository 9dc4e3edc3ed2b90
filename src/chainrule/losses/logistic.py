"""The loss of a yes or no whose outputs are log-odds."""

from __future__ import annotations

import numpy as np

from .loss import loss
from .rows import columns_of, fitting, is_positive, mean_over_rows, smoothed, zeros_and_ones


def _examples(rng: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(3 * rng.normal(size=shape), rng.integers(0, 2, size=shape)) for shape in ((7,), (6, 3), (4, 2, 3))]


def _log_odds(targets: np.ndarray, units: int, smoothing: float = 0.0) -> np.ndarray:
    """Those of the share of ones, smoothed; if it is not, a column of one kind counts as half a row of the other."""
    columns = columns_of(targets)
    least = smoothing / 2 or 0.5 / len(columns)
    share = np.clip((1 - smoothing) * columns.mean(axis=0) + smoothing / 2, least, 1 - least)
    return np.log(share) - np.log1p(-share)


def _perfect(targets: np.ndarray, smoothing: float = 0.0) -> np.ndarray:
    sides = 2 * targets - 1
    return np.log1p((1 - smoothing) * sides) - np.log1p((smoothing - 1) * sides) if smoothing else 40.0 * sides


@loss(
    "binary",
    r"t \log(1 + e^{-\hat z}) + (1 - t) \log(1 + e^{\hat z}); \; t = (1 - s) y + \tfrac{s}{2}",
    "Goodfellow, Bengio, Courville, Deep Learning (2016), eq. 6.26; smoothing s: Szegedy et al. (CVPR 2016), sec. 7",
    examples=_examples,
    predict=lambda outputs: np.exp(-np.logaddexp(0, -outputs)),  # the sigmoid
    decide=is_positive,
    perfect=_perfect,
    prior=_log_odds,
    settings={"smoothing": 0.0},
)
def logistic(outputs: np.ndarray, targets: np.ndarray, smoothing: float = 0.0) -> np.ndarray:
    """Cross-entropy between the logistic sigmoid of log-odds and targets of 0 or 1: added over columns, mean over rows.

    For one column PyTorch's `binary_cross_entropy_with_logits` and scikit-learn's `log_loss`; for c columns, several
    yes-or-no questions to each sample, the first is a mean over all elements: this is c times it.

    Parameters
    ----------
    outputs : array of float, shape (n, ...)
        Log-odds of a 1 [nat].
    targets : array of float, int or bool, shape of outputs
        0 or 1, or a probability between; or outputs (n, 1) and targets (n,).
    smoothing : float
        The share s of each target that is spread over no and yes, 0 <= s < 1: then a target y counts as
        (1 - s) y + s / 2. So no log-odds are driven to infinity.

    Returns
    -------
    loss : array of float, shape ()
        In nat.

    Raises
    ------
    ShapeError
        If the shapes differ, or there are no rows.
    ArgumentError
        If a target is below 0 or above 1, or the smoothing not below 1.

    Derivative
    ----------
    (sigmoid(outputs) - targets) / n: one row, of the shape of the outputs.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), eq. 6.26, and sec. 7.5.1 for smoothing; Szegedy, Vanhoucke,
    Ioffe, Shlens, Wojna, Rethinking the Inception Architecture for Computer Vision (CVPR 2016), sec. 7, with k = 2.

    Examples
    --------
    >>> float(np.exp(-logistic(np.log([3.0]), np.array([1]))).round(12))  # odds of 3 : 1
    0.75
    """
    outputs, targets = fitting(outputs, targets, "the logistic loss")
    zeros_and_ones(targets, "the logistic loss")
    if smoothed(smoothing, "the logistic loss"):
        targets = (1 - smoothing) * targets + smoothing / 2
    # Two terms that are never negative: softplus(z) - y z would lose a small loss of a sure and right output.
    return mean_over_rows(targets * np.logaddexp(0, -outputs) + (1 - targets) * np.logaddexp(0, outputs))
