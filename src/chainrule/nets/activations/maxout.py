"""Units that are the greatest of several linear pieces, so that a layer learns its own activation."""

from __future__ import annotations

import numpy as np

from ...errors import ShapeError
from ..scipy_loader import special
from .activation import activation, normal_mean


def _mean_square(pieces: int) -> float:
    """That of the greatest of some standard normal numbers, whose density is k phi(z) Phi(z)^(k - 1)."""
    return normal_mean(lambda z: z * z * pieces * special.ndtr(z) ** (pieces - 1))


@activation(
    r"\max_{j \in G(i)} x_j",
    "Goodfellow, Bengio, Courville, Deep Learning (2016), eq. 6.37",
    weights="he_normal",
    settings={"pieces": 2},
    elementwise=False,
    mean_square=_mean_square,
)
def maxout(x: np.ndarray, pieces: int = 2) -> np.ndarray:
    """The greatest number of each group of neighboring columns.

    Parameters
    ----------
    x : array of float, shape (..., units * pieces)
        Weighted sums: the pieces of the first unit, then those of the next.
    pieces : int
        Columns of each unit.

    Returns
    -------
    y : array of float, shape (..., units)

    Raises
    ------
    ShapeError
        If the columns do not fall into groups of this size.

    Derivative
    ----------
    1 at the greatest piece of a unit, equal shares at ties, else 0: a selection.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), eq. 6.37; Goodfellow et al., Maxout Networks (ICML 2013).

    Examples
    --------
    >>> maxout(np.array([[1.0, 5.0, -3.0, -2.0]]))
    array([[ 5., -2.]])
    """
    if not x.ndim or x.shape[-1] % pieces:
        raise ShapeError(f"maxout takes {pieces} columns for each unit", got=f"weighted sums of shape {x.shape}")
    return np.max(np.reshape(x, (*x.shape[:-1], x.shape[-1] // pieces, pieces)), axis=-1)
