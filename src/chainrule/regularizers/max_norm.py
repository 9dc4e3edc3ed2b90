"""A bound on the weights of each unit, kept by projection after each step."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import tree
from ..errors import ArgumentError
from .regularizer import regularizer


@regularizer(
    "projection",
    r"w_u \min(1, c / \lVert w_u \rVert_2)",
    "Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 7.2",
    settings={"limit": 3.0, "biases": False},
)
def max_norm(parameters: Any, limit: float = 3.0, biases: bool = False) -> Any:
    """Weights of which no unit's are longer than a limit: longer ones are shortened to it, others left as they are.

    Unlike a penalty it does not pull at weights within the limit, and cannot make dead units by pulling too hard.

    Parameters
    ----------
    parameters : tree of arrays of float
        Arrays of rank 2 and more are weights, one column for each unit; others biases.
    limit : float
        Of the length of a column, positive, in units of the weights.
    biases : bool
        Whether biases are bounded as well, each by itself.

    Returns
    -------
    parameters : tree of arrays of float
        Of the same dtypes.

    Raises
    ------
    ArgumentError
        If the limit is not positive.

    Derivative
    ----------
    1 for columns within the limit; for others limit / |w| times what is across w: block diagonal.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 7.2; Srebro, Shraibman, Rank, Trace-Norm and Max-Norm
    (COLT 2005).

    Examples
    --------
    >>> max_norm([{"W": np.array([[3.0, 0.3], [4.0, 0.4]]), "b": np.array([7.0, 7.0])}], limit=1.0)
    [{'W': array([[0.6, 0.3],
           [0.8, 0.4]]), 'b': array([7., 7.])}]
    """
    if not limit > 0:
        raise ArgumentError("the longest that weights may be is positive", got=f"limit={limit}")
    return tree.map_leaves(lambda w: _shortened(w, limit) if biases or np.ndim(w) > 1 else w, parameters)


def _shortened(w: Any, limit: float) -> Any:
    if np.ndim(w) < 2:
        return np.clip(w, -limit, limit)
    columns = np.reshape(w, (-1, w.shape[-1]))
    length = np.linalg.norm(columns, axis=0)
    # Columns within the limit are multiplied by 1, which keeps their bits; a length of 0 is never divided by.
    return w * np.where(length > limit, limit / np.where(length > limit, length, 1), 1)
