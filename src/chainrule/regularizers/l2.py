"""Weight decay: the squared length of the weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import tree


def l2(parameters: Any, biases: bool = False) -> Any:
    """Half the sum of squares of all weights.

    Biases are left alone by default: they need less data to be fitted than weights, and shrinking them underfits.

    Parameters
    ----------
    parameters : tree of arrays of float
        Arrays of rank 2 and more are weights, others biases.
    biases : bool
        Whether biases count as well.

    Returns
    -------
    penalty : array of float, shape ()

    Derivative
    ----------
    The weights themselves; zero for biases that do not count.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 7.1.1.

    Examples
    --------
    >>> float(l2([{"W": np.array([[3.0, 4.0]]), "b": np.array([7.0, 7.0])}]))
    12.5
    """
    leaves, _ = tree.flatten(parameters)
    return 0.5 * sum(np.sum(np.square(w)) for w in leaves if biases or np.ndim(w) > 1)
