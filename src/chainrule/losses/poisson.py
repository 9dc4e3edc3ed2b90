"""The loss of counts whose outputs are logarithms of rates."""

from __future__ import annotations

import numpy as np

from ..errors import ArgumentError
from .loss import loss
from .rows import columns_of, fitting, has_values, mean_over_rows


def _examples(rng: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(rng.normal(size=shape), rng.poisson(2.0, size=shape)) for shape in ((7,), (6, 3), (4, 2, 3))]


def _perfect(targets: np.ndarray) -> np.ndarray:
    """The logarithm of the count; of a count of 0 a rate that is as good as none."""
    return np.where(targets > 0, np.log(np.maximum(targets, 1e-9)), -20.0)


def _log_mean(targets: np.ndarray, units: int) -> np.ndarray:
    """That of the mean count; a column of zeros alone counts as half an event."""
    columns = columns_of(targets)
    return np.log(np.maximum(columns.mean(axis=0), 0.5 / len(columns)))


@loss(
    "counts",
    r"e^{\hat z} - y \hat z",
    "McCullagh, Nelder, Generalized Linear Models (1989), sec. 6.2",
    examples=_examples,
    predict=np.exp,
    perfect=_perfect,
    prior=_log_mean,
)
def poisson(outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The negative log-likelihood of counts, but for log(y!): added over columns, mean over rows.

    For one column PyTorch's `poisson_nll_loss` with log_input=True, and half of scikit-learn's `mean_poisson_deviance`
    but for a constant. It grows as the rate does: outputs above 709 in float64, 88 in float32, overflow to inf.

    Parameters
    ----------
    outputs : array of float, shape (n, ...)
        Logarithms of rates [log(events per row)].
    targets : array of float or int, shape of outputs
        Counts, 0 or more; or outputs (n, 1) and targets (n,).

    Returns
    -------
    loss : array of float, shape ()
        In nat.

    Raises
    ------
    ShapeError
        If the shapes differ, or there are no rows.
    ArgumentError
        If a count is negative.

    Derivative
    ----------
    (exp(outputs) - targets) / n: one row, of the shape of the outputs.

    Source
    ------
    McCullagh, Nelder, Generalized Linear Models (1989), sec. 6.2.

    Examples
    --------
    >>> float(poisson(np.array([[0.0], [np.log(2.0)]]), np.array([5, 0])))  # (1 - 0 + 2 - 0) / 2
    1.5
    """
    outputs, targets = fitting(outputs, targets, "the Poisson loss")
    if has_values(targets) and not np.all(targets >= 0):
        raise ArgumentError(
            "the Poisson loss takes counts, which are 0 or more", got=f"a target of {targets[~(targets >= 0)].flat[0]}"
        )
    return mean_over_rows(np.exp(outputs) - targets * outputs)
