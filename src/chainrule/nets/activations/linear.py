"""Units that hand on what they get."""

from __future__ import annotations

import numpy as np

from .activation import activation


@activation("x", "Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 6.2.2.1")
def linear(x: np.ndarray) -> np.ndarray:
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

    Examples
    --------
    >>> linear(np.array([-2.0, 3.0]))
    array([-2.,  3.])
    """
    return x
