"""Units left out at random, so that none relies on another."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DtypeError, ShapeError


def thinned(h: np.ndarray, kept: Any, rate: float, layer: int) -> np.ndarray:
    """The outputs that are kept, divided by the share of such; zero for the others.

    The expectation is then h itself, so that prediction leaves nothing out and divides by nothing (inverted dropout).

    Parameters
    ----------
    h : array of float, shape (..., units)
    kept : array of bool, shape (..., units)
        True with a probability of 1 - rate.
    rate : float
        0 <= rate < 1.
    layer : int
        The number of the layer, from 1, for errors.

    Returns
    -------
    thinned : array of float, shape (..., units)

    Raises
    ------
    ShapeError
        If there is not one answer for each output.
    DtypeError
        If the answers are not True and False.

    Derivative
    ----------
    Diagonal: 1 / (1 - rate) where a unit is kept, else 0.

    Source
    ------
    Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, Dropout (JMLR 2014), sec. 4 and 10. Goodfellow, Bengio,
    Courville, Deep Learning (2016), sec. 7.12.

    Examples
    --------
    >>> thinned(np.array([[3.0, 6.0]]), np.array([[True, False]]), 0.25, layer=1)
    array([[4., 0.]])
    """
    if np.shape(kept) != h.shape:
        raise ShapeError(
            f"dropout in layer {layer} asks for each output whether it is kept",
            got=f"an answer of shape {np.shape(kept)}",
            wanted=str(h.shape),
        )
    if getattr(kept, "dtype", None) != np.dtype(bool):
        raise DtypeError(
            "what dropout keeps is told by True and False",
            got=f"an answer of {getattr(kept, 'dtype', type(kept).__name__)} for layer {layer}",
            try_="kept = lambda layer, shape, rate: rng.random(shape) >= rate",
        )
    # Chosen, not multiplied by 0: what is left out may be infinite.
    return np.where(kept, h / (1 - rate), 0)
