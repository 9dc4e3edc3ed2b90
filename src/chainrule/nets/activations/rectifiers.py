"""Rectifiers: linear on either side of 0."""

from __future__ import annotations

import numpy as np

from .activation import activation


@activation(
    r"\max(x, 0)",
    "Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 6.3.1",
    weights="he_normal",
    kinks={0.0: 0.0},
)
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


@activation(
    r"x \text{ if } x > 0, \text{ else } s x",
    "Maas, Hannun, Ng, Rectifier Nonlinearities Improve Neural Network Acoustic Models (2013), sec. 2",
    weights="he_normal",
    settings={"slope": 0.01},
    kinks={0.0: 0.01},
)
def leaky_relu(x: np.ndarray, slope: float = 0.01) -> np.ndarray:
    """A rectifier that lets a little through on the left, so that no unit is ever without a gradient.

    Parameters
    ----------
    x : array of float, any shape
    slope : float
        That on the left.

    Returns
    -------
    y : array of float, shape of x

    Derivative
    ----------
    1 where x > 0, else slope, at 0 too: diagonal.

    Source
    ------
    Maas, Hannun, Ng, Rectifier Nonlinearities Improve Neural Network Acoustic Models (ICML workshop 2013), sec. 2.

    Examples
    --------
    >>> leaky_relu(np.array([-2.0, 0.0, 3.0]))
    array([-0.02,  0.  ,  3.  ])
    """
    return np.where(x > 0, x, slope * x)


@activation(
    r"x \text{ if } x > 0, \text{ else } s x",
    "He, Zhang, Ren, Sun, Delving Deep into Rectifiers (ICCV 2015), eq. 1",
    weights="he_normal",
    leaves={"slope": 0.25},
    kinks={0.0: 0.25},
)
def parametric_relu(x: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """A leaky rectifier whose slope on the left is learned, one for each unit.

    Parameters
    ----------
    x : array of float, shape (..., units)
    slope : array of float, shape (units,)
        Parameters: the slopes on the left. They start from 0.25.

    Returns
    -------
    y : array of float, shape of x

    Derivative
    ----------
    With respect to x: 1 where x > 0, else slope, at 0 too: diagonal. To slope: x where x <= 0, summed over rows.

    Source
    ------
    He, Zhang, Ren, Sun, Delving Deep into Rectifiers (ICCV 2015), eq. 1.

    Examples
    --------
    >>> parametric_relu(np.array([[-2.0, -2.0], [1.0, 0.0]]), np.array([0.5, 0.25]))
    array([[-1. , -0.5],
           [ 1. ,  0. ]])
    """
    return np.where(x > 0, x, slope * x)
