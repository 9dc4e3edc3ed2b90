"""Weight decay: the squared length of the weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .regularizer import regularizer
from .weights import counted


@regularizer(
    "penalty",
    r"\tfrac12 \textstyle\sum_i (w_i - w^0_i)^2",
    "Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 7.1.1",
)
def l2(
    parameters: Any,
    biases: bool = False,
    strengths: Sequence[float] | None = None,
    center: Any = None,
) -> Any:
    """Half the sum of squares of all weights, or of their distances from where they should be.

    Biases are left alone by default: they need less data to be fitted than weights, and shrinking them underfits.

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
        In squared units of the weights.

    Raises
    ------
    ArgumentError
        If there is not one strength for each layer, or center is another tree than the parameters.

    Derivative
    ----------
    strength * (w - w0), the weights themselves by default; zero for biases that do not count.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 7.1.1.

    Examples
    --------
    >>> parameters = [{"W": np.array([[3.0, 4.0]]), "b": np.array([7.0, 7.0])}]
    >>> float(l2(parameters))
    12.5
    >>> float(l2(parameters, strengths=[0.1], center=[{"W": np.array([[3.0, 2.0]]), "b": np.zeros(2)}]))
    0.2
    """
    return 0.5 * sum(strength * np.sum(np.square(w)) for strength, w in counted(parameters, biases, strengths, center))
