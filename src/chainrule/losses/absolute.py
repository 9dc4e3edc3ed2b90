"""Losses whose best prediction is the median, or another quantile."""

from __future__ import annotations

import numpy as np

from ..errors import ArgumentError
from .loss import loss
from .rows import columns_of, fitting, mean_over_rows


def _examples(rng: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray]]:
    """Off by a half at least."""
    examples = []
    for shape in ((7,), (6, 3), (4, 2, 3)):
        targets = rng.normal(size=shape)
        examples.append((targets + rng.choice([-1, 1], size=shape) * rng.uniform(0.5, 2, size=shape), targets))
    return examples


@loss(
    "regression",
    r"|\hat y - y|",
    "Goodfellow, Bengio, Courville, Deep Learning (2016), eq. 6.16",
    examples=_examples,
    perfect=lambda targets: targets,
    prior=lambda targets, units: np.median(columns_of(targets), axis=0),
    smooth=False,
)
def absolute(outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The absolute error, added over columns, mean over rows.

    For one column that of PyTorch's `l1_loss` and scikit-learn's `mean_absolute_error`, which are means over all
    elements: for c columns it is c times theirs.

    Parameters
    ----------
    outputs, targets : array of float, shape (n, ...)
        Alike in shape; or outputs (n, 1) and targets (n,).

    Returns
    -------
    loss : array of float, shape ()
        In units of the targets.

    Raises
    ------
    ShapeError
        If the shapes differ, or there are no rows.

    Derivative
    ----------
    sign(outputs - targets) / n, 0 where they are equal: one row, of the shape of the outputs.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), eq. 6.16.

    Examples
    --------
    >>> float(absolute(np.array([[1.0], [5.0]]), np.array([2.0, 2.0])))
    2.0
    """
    outputs, targets = fitting(outputs, targets, "the absolute error")
    return mean_over_rows(np.abs(outputs - targets))


def _quantile(targets: np.ndarray, units: int, level: float = 0.5) -> np.ndarray:
    return np.quantile(columns_of(targets), level, axis=0, method="inverted_cdf")


@loss(
    "regression",
    r"\max(q (y - \hat y), (q - 1)(y - \hat y))",
    "Koenker, Bassett, Regression Quantiles (Econometrica, 1978), eq. 2.1",
    examples=_examples,
    perfect=lambda targets, level=0.5: targets,
    prior=_quantile,
    settings={"level": 0.5},
    smooth=False,
)
def quantile(outputs: np.ndarray, targets: np.ndarray, level: float = 0.5) -> np.ndarray:
    """The loss that is least at a quantile of the targets: added over columns, mean over rows.

    For one column scikit-learn's `mean_pinball_loss` with alpha = level. At level 0.5 it is half the absolute error.

    Parameters
    ----------
    outputs, targets : array of float, shape (n, ...)
        Alike in shape; or outputs (n, 1) and targets (n,).
    level : float
        Which quantile, 0 < level < 1.

    Returns
    -------
    loss : array of float, shape ()
        In units of the targets.

    Raises
    ------
    ShapeError
        If the shapes differ, or there are no rows.
    ArgumentError
        If level is not between 0 and 1.

    Derivative
    ----------
    -level / n where the output is too small, (1 - level) / n where it is too great, 0 where it is right.

    Source
    ------
    Koenker, Bassett, Regression Quantiles (Econometrica, 1978), eq. 2.1.

    Examples
    --------
    >>> float(quantile(np.array([[1.0], [4.0]]), np.array([2.0, 2.0]), level=0.75))  # (0.75 * 1 + 0.25 * 2) / 2
    0.625
    """
    if not 0 < level < 1:
        raise ArgumentError("the level of a quantile is a share between 0 and 1", got=f"level={level}")
    outputs, targets = fitting(outputs, targets, "the quantile loss")
    missing = targets - outputs
    # Two rectifiers with slope 0 at 0 rather than the greater of two lines, whose slope there would be level - 1/2.
    return mean_over_rows(level * np.maximum(missing, 0) + (1 - level) * np.maximum(-missing, 0))
