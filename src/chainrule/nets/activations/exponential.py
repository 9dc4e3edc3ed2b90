"""Smooth rectifiers that end in an exponential on the left."""

from __future__ import annotations

import numpy as np

from .activation import activation


@activation(
    r"x \text{ if } x > 0, \text{ else } s (e^x - 1)",
    "Clevert, Unterthiner, Hochreiter, Exponential Linear Units (ICLR 2016), sec. 3",
    weights="he_normal",
    settings={"scale": 1.0},
)
def elu(x: np.ndarray, scale: float = 1.0) -> np.ndarray:
    """An exponential linear unit: x on the right, and on the left an exponential that ends at -scale.

    Parameters
    ----------
    x : array of float, any shape
    scale : float
        How far down it goes.

    Returns
    -------
    y : array of float, shape of x

    Derivative
    ----------
    1 where x >= 0, else scale * exp(x): diagonal. With scale 1 it is continuous.

    Source
    ------
    Clevert, Unterthiner, Hochreiter, Fast and Accurate Deep Network Learning by Exponential Linear Units (ICLR 2016),
    sec. 3.

    Examples
    --------
    >>> elu(np.array([-1000.0, 0.0, 2.0]))
    array([-1.,  0.,  2.])
    """
    # The exponential sees no number from the right, where it would overflow.
    left = x < 0
    return np.where(left, scale * np.expm1(np.where(left, x, 0)), x)


@activation(
    r"\log(1 + e^x)",
    "Goodfellow, Bengio, Courville, Deep Learning (2016), eq. 3.31",
    weights="he_normal",
)
def softplus(x: np.ndarray) -> np.ndarray:
    """A rectifier without a corner: log(1 + exp(x)), positive everywhere.

    Parameters
    ----------
    x : array of float, any shape

    Returns
    -------
    y : array of float, shape of x
        With full relative accuracy on both sides.

    Derivative
    ----------
    The logistic sigmoid of x: diagonal.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), eq. 3.31.

    Examples
    --------
    >>> softplus(np.array([-1000.0, np.log(np.e - 1), 1000.0])).round(12)
    array([   0.,    1., 1000.])
    """
    return np.logaddexp(x, 0)
