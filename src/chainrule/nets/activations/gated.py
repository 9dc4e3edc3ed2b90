"""Units that multiply their input by how likely it is to pass."""

from __future__ import annotations

import numpy as np

from ..scipy_loader import special
from .activation import activation


@activation(r"x \, \Phi(x)", "Hendrycks, Gimpel, Gaussian Error Linear Units (2016), sec. 2", weights="he_normal")
def gelu(x: np.ndarray) -> np.ndarray:
    """A Gaussian error linear unit: x times the normal distribution function of x.

    The exact form, by the distribution function itself, which keeps its digits on the left; 1 + erf does not.

    Parameters
    ----------
    x : array of float, any shape

    Returns
    -------
    y : array of float, shape of x

    Derivative
    ----------
    Phi(x) + x phi(x), with the normal distribution and its density: diagonal.

    Source
    ------
    Hendrycks, Gimpel, Gaussian Error Linear Units (2016), sec. 2.

    Examples
    --------
    >>> gelu(np.array([-1.0, 0.0, 1.0])).round(6)
    array([-0.158655,  0.      ,  0.841345])
    """
    return x * special.ndtr(x)


@activation(
    r"x \, \sigma(x)",
    "Elfwing, Uchibe, Doya, Sigmoid-Weighted Linear Units (Neural Networks, 2018), sec. 2",
    weights="he_normal",
)
def silu(x: np.ndarray) -> np.ndarray:
    """A sigmoid-weighted linear unit, also called swish: x times the logistic sigmoid of x.

    Parameters
    ----------
    x : array of float, any shape

    Returns
    -------
    y : array of float, shape of x

    Derivative
    ----------
    s + x s (1 - s) with s = sigmoid(x): diagonal.

    Source
    ------
    Elfwing, Uchibe, Doya, Sigmoid-Weighted Linear Units for Neural Network Function Approximation in Reinforcement
    Learning (Neural Networks, 2018), sec. 2.

    Examples
    --------
    >>> silu(np.array([-1000.0, 0.0, np.log(3.0)])) / np.log(3.0)
    array([-0.  ,  0.  ,  0.75])
    """
    return x * special.expit(x)
