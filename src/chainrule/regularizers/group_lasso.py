"""A penalty that makes all weights of an input, or of a unit, zero together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import ArgumentError
from .regularizer import regularizer
from .weights import counted


@regularizer(
    "penalty",
    r"\textstyle\sum_g \sqrt{p_g} \, \lVert w_g - w^0_g \rVert_2",
    "Yuan, Lin, Model Selection and Estimation in Regression with Grouped Variables (2006), eq. 2.1",
    settings={"by": "inputs"},
    smooth=False,
)
def group_lasso(
    parameters: Any,
    by: str = "inputs",
    biases: bool = False,
    strengths: Sequence[float] | None = None,
    center: Any = None,
) -> Any:
    """The lengths of groups of weights, each times the square root of how many weights it has.

    Parameters
    ----------
    parameters : tree of arrays of float
        Arrays of rank 2 and more are weights, others biases.
    by : {"inputs", "units"}
        What is kept or dropped as a whole: with "inputs" all weights that leave an input or unit of the layer before
        (a row of W), with "units" all that enter a unit (a column of W). A bias is a group of its own.
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
        If there is not one strength for each layer, or center is another tree than the parameters,
        or groups are neither by inputs nor by units.

    Derivative
    ----------
    strength * sqrt(p) * (w - w0) / |w - w0| in each group of p weights; 0 in a group that is zero.

    Source
    ------
    Yuan, Lin, Model Selection and Estimation in Regression with Grouped Variables (JRSS B, 2006), eq. 2.1; Scardapane,
    Comminiello, Hussain, Uncini, Group Sparse Regularization for Deep Neural Networks (Neurocomputing, 2017).

    Examples
    --------
    >>> float(group_lasso(np.array([[3.0, 4.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]])))  # sqrt(4) * 5 + 0
    10.0
    """
    if by not in ("inputs", "units"):
        raise ArgumentError("groups of weights are by inputs or by units", got=f"by={by!r}")
    axis = 0 if by == "inputs" else -1
    terms = (strength * np.sum(_lengths(w, axis)) for strength, w in counted(parameters, biases, strengths, center))
    return sum(terms, 0.0)


def _lengths(w: Any, axis: int) -> Any:
    """Of the groups along an axis, times the roots of their sizes; arrays of rank 0 and 1 are groups of one."""
    if np.ndim(w) < 2:
        return np.abs(w)
    groups = np.reshape(np.moveaxis(w, axis, 0), (w.shape[axis], -1))
    return math.sqrt(groups.shape[1]) * np.linalg.norm(groups, axis=1)
