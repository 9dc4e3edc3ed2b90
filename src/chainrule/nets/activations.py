"""What a unit does with the weighted sum of its inputs.

Each is one formula that is right for every finite input, in value and in derivative: a form that overflows where
nobody looks at the value still gives a wrong slope there.
"""

from __future__ import annotations

import numpy as np


def identity(x: np.ndarray) -> np.ndarray:
    """The input itself: a linear unit.

    Parameters
    ----------
    x : array of float, any shape

    Returns
    -------
    y : array of float, shape of x

    Derivative
    ----------
    1: identity.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 6.2.2.1.
    """
    return x


def relu(x: np.ndarray) -> np.ndarray:
    """The positive part of x: a rectified linear unit.

    Parameters
    ----------
    x : array of float, any shape

    Returns
    -------
    y : array of float, shape of x

    Derivative
    ----------
    1 where x > 0, else 0, at 0 too: diagonal.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 6.3.1.

    Examples
    --------
    >>> relu(np.array([-2.0, 0.0, 3.0]))
    array([0., 0., 3.])
    """
    return np.maximum(x, 0)


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
    """
    return np.tanh(x)


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
    y (1 - y): diagonal.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), eq. 3.30.

    Examples
    --------
    >>> sigmoid(np.array([-800.0, 0.0, 800.0]))
    array([0. , 0.5, 1. ])
    """
    # exp of a negative number only, so nothing overflows. |x| in place of the choice would have slope 0 at 0, where the
    # sigmoid has slope 1/4; 0.5 + 0.5 tanh(x/2) loses all digits far on the left.
    positive = x >= 0
    small = np.exp(np.where(positive, -x, x))
    return np.where(positive, 1, small) / (1 + small)


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
    Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 6.2.2.3.

    Examples
    --------
    >>> softmax(np.log([[1.0, 3.0], [4.0, 4.0]])).round(12)
    array([[0.25, 0.75],
           [0.5 , 0.5 ]])
    """
    weights = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return weights / np.sum(weights, axis=-1, keepdims=True)
