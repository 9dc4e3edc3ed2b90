"""A penalty that makes weights exactly zero, one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .regularizer import regularizer
from .weights import counted


@regularizer(
    "penalty",
    r"\textstyle\sum_i |w_i - w^0_i|",
    "Goodfellow, Bengio, Courville, Deep Learning (2016), eq. 7.18",
    smooth=False,
)
def l1(
    parameters: Any,
    biases: bool = False,
    strengths: Sequence[float] | None = None,
    center: Any = None,
) -> Any:
    """The sum of the absolute values of all weights.

    Parameters
    ----------
    parameters : tree of arrays of float
        Arrays of rank 2 and more are weights, others biases.
    biases : bool
        Whether arrays of rank 0 and 1 count as well: biases, slopes.
    strengths : sequence of float, one for each layer, optional
        Factors of the terms of each entry of the parameters, which then are a list. By default 1.
    center : tree like the parameters, optional
        Where the penalty is zero: w0. By default 0.

    Returns
    -------
    penalty : array of float, shape ()
        In units of the weights.

    Raises
    ------
    ArgumentError
        If there is not one strength for each layer, or center is another tree than the parameters.

    Derivative
    ----------
    strength * sign(w - w0), 0 where they are equal; zero for biases that do not count.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), eq. 7.18.

    Examples
    --------
    >>> float(l1([{"W": np.array([[3.0, -4.0]]), "b": np.array([7.0, 7.0])}]))
    7.0
    """
    terms = (strength * np.sum(np.abs(w)) for strength, w in counted(parameters, biases, strengths, center))
    return sum(terms, 0.0)
