"""Units that share a probability of 1 among them."""

from __future__ import annotations

import numpy as np

from .activation import activation


@activation(
    r"\frac{e^{x_i}}{\sum_j e^{x_j}}",
    "Goodfellow, Bengio, Courville, Deep Learning (2016), eq. 6.29",
    elementwise=False,
    mean_square=lambda: 1.0,
)
def softmax(x: np.ndarray) -> np.ndarray:
    """Probabilities that are proportional to exp(x), along the last axis.

    Parameters
    ----------
    x : array of float, shape (..., k)
        Unnormalized log-probabilities [nat], defined up to a constant per row.

    Returns
    -------
    y : array of float, shape (..., k)
        Each row sums to 1.

    Derivative
    ----------
    diag(y) - y y^T in each row: block diagonal, each block diagonal plus low rank.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), eq. 6.29.

    Examples
    --------
    >>> softmax(np.log([[1.0, 3.0], [4.0, 4.0]])).round(12)
    array([[0.25, 0.75],
           [0.5 , 0.5 ]])
    """
    weights = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return weights / np.sum(weights, axis=-1, keepdims=True)
