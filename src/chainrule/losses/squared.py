"""The loss whose best prediction is the mean."""

from __future__ import annotations

import numpy as np

from .loss import loss
from .rows import columns_of, fitting, mean_over_rows


def _examples(rng: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(rng.normal(size=shape), rng.normal(size=shape)) for shape in ((7,), (6, 3), (4, 2, 3))]


@loss(
    "regression",
    r"\tfrac12 (\hat y - y)^2",
    "Goodfellow, Bengio, Courville, Deep Learning (2016), eq. 6.13",
    examples=_examples,
    perfect=lambda targets: targets,
    prior=lambda targets, units: columns_of(targets).mean(axis=0),
)
def squared(outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Half the squared error, added over columns, mean over rows.

    The negative log-likelihood of a normal distribution of variance 1, but for a constant. For one column it is half of
    PyTorch's `mse_loss` and of scikit-learn's `mean_squared_error`, and the loss of its `MLPRegressor`; for c columns
    these are means over all elements, so it is c/2 times the first two and c times the last.

    Parameters
    ----------
    outputs, targets : array of float, shape (n, ...)
        Alike in shape; or outputs (n, 1) and targets (n,).

    Returns
    -------
    loss : array of float, shape ()
        In squared units of the targets.

    Raises
    ------
    ShapeError
        If the shapes differ, or there are no rows.

    Derivative
    ----------
    (outputs - targets) / n: one row, of the shape of the outputs.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), eq. 6.13.

    Examples
    --------
    >>> float(squared(np.array([[1.0], [5.0]]), np.array([1.0, 2.0])))
    2.25
    """
    outputs, targets = fitting(outputs, targets, "the squared error")
    return mean_over_rows(0.5 * np.square(outputs - targets))
