"""Units that have a least and a greatest value."""

from __future__ import annotations

import numpy as np

from ..scipy_loader import special
from .activation import activation


@activation(r"\tanh x", "Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 6.3.2")
def tanh(x: np.ndarray) -> np.ndarray:
    """The hyperbolic tangent, between -1 and 1.

    Parameters
    ----------
    x : array of float, any shape

    Returns
    -------
    y : array of float, shape of x

    Derivative
    ----------
    1 / cosh(x)^2: diagonal.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 6.3.2.

    Examples
    --------
    >>> tanh(np.array([-1000.0, 0.0, np.log(2.0)])).round(12)
    array([-1. ,  0. ,  0.6])
    """
    return np.tanh(x)


@activation(r"\frac{1}{1 + e^{-x}}", "Goodfellow, Bengio, Courville, Deep Learning (2016), eq. 3.30")
def sigmoid(x: np.ndarray) -> np.ndarray:
    """The logistic sigmoid 1 / (1 + exp(-x)), between 0 and 1.

    Parameters
    ----------
    x : array of float, any shape

    Returns
    -------
    y : array of float, shape of x
        With full relative accuracy on both sides.

    Derivative
    ----------
    sigmoid(x) sigmoid(-x): diagonal.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), eq. 3.30.

    Examples
    --------
    >>> sigmoid(np.array([-800.0, 0.0, 800.0]))
    array([0. , 0.5, 1. ])
    """
    return special.expit(x)


@activation(
    r"\min(\max(x, -1), 1)",
    "Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 6.3.3",
    kinks={-1.0: 0.5, 1.0: 0.5},
)
def hard_tanh(x: np.ndarray) -> np.ndarray:
    """The input, cut off at -1 and 1.

    Parameters
    ----------
    x : array of float, any shape

    Returns
    -------
    y : array of float, shape of x

    Derivative
    ----------
    1 between -1 and 1, else 0; at the two ends equal shares, so 1/2: diagonal.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 6.3.3.

    Examples
    --------
    >>> hard_tanh(np.array([-3.0, 0.25, 2.0]))
    array([-1.  ,  0.25,  1.  ])
    """
    return np.clip(x, -1, 1)
