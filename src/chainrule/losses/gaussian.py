"""The loss of numbers whose spread is predicted with them."""

from __future__ import annotations

import numpy as np

from ..errors import ShapeError
from .loss import loss
from .rows import columns_of, fitting, mean_over_rows


def _examples(rng: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray]]:
    return [
        (rng.normal(size=(7, 2)), rng.normal(size=7)),
        (rng.normal(size=(6, 6)), rng.normal(size=(6, 3))),
    ]


def _mean_and_log_variance(targets: np.ndarray, units: int) -> np.ndarray:
    """Those of each column; a constant column counts as of the least positive variance."""
    columns = columns_of(targets).astype(np.float64)
    variances = np.maximum(columns.var(axis=0), np.finfo(np.float64).tiny)
    return np.concatenate([columns.mean(axis=0), np.log(variances)])


@loss(
    "regression",
    r"\tfrac12 (s + (y - m)^2 e^{-s})",
    "Nix, Weigend, Estimating the Mean and Variance of the Target Probability Distribution (1994)",
    examples=_examples,
    predict=lambda outputs: outputs[:, : outputs.shape[1] // 2],
    units=lambda columns: 2 * columns,
    prior=_mean_and_log_variance,
)
def gaussian(outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The negative log-likelihood of normal distributions, but for log(2 pi) / 2: added over columns, mean over rows.

    The first half of the outputs are the means, the second half the logarithms of the variances, so that every output
    stands for a legal distribution. For one column PyTorch's `gaussian_nll_loss`, which takes the variance itself.

    Parameters
    ----------
    outputs : array of float, shape (n, 2 k)
        Means [units of the targets], then log-variances [log of squared units].
    targets : array of float, shape (n, k)
        Or (n,), where k is 1.

    Returns
    -------
    loss : array of float, shape ()
        In nat. Without a least value: a mean that is right may have any small variance. Log-variances below -1400 in
        float64, -170 in float32, overflow.

    Raises
    ------
    ShapeError
        If there are not two outputs for each target, or no rows.

    Derivative
    ----------
    By a mean (m - y) exp(-s) / n, by its log-variance s (1 - (y - m)^2 exp(-s)) / (2 n).

    Source
    ------
    Nix, Weigend, Estimating the Mean and Variance of the Target Probability Distribution (ICNN 1994); Goodfellow,
    Bengio, Courville, Deep Learning (2016), sec. 6.2.2.4.

    Examples
    --------
    >>> float(gaussian(np.array([[1.0, 0.0], [3.0, 0.0]]), np.array([1.0, 1.0])))  # (0 + 4) / 2 / 2
    1.0
    """
    if not isinstance(outputs, np.ndarray):
        outputs = np.asarray(outputs)
    if outputs.ndim != 2 or outputs.shape[1] % 2:
        raise ShapeError(
            "the Gaussian loss takes a mean and a log-variance for each target",
            got=f"outputs {outputs.shape}",
            wanted="outputs (n, 2 k) and targets (n, k)",
        )
    half = outputs.shape[1] // 2
    mean, targets = fitting(outputs[:, :half], targets, "the Gaussian loss")
    log_variance = outputs[:, half:]
    # The error is divided by the deviation before it is squared: neither overflows where their ratio does not.
    ratio = (targets - mean) * np.exp(-0.5 * log_variance)
    return mean_over_rows(0.5 * (log_variance + np.square(ratio)))
