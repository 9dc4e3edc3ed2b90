"""A penalty between l1 and l2."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import ArgumentError
from .l1 import l1
from .l2 import l2
from .regularizer import regularizer


@regularizer(
    "penalty",
    r"s \, \mathrm{l1} + (1 - s) \, \mathrm{l2}",
    "Zou, Hastie, Regularization and Variable Selection via the Elastic Net (2005), eq. 3",
    settings={"l1_share": 0.5},
    smooth=False,
)
def elastic(
    parameters: Any,
    l1_share: float = 0.5,
    biases: bool = False,
    strengths: Sequence[float] | None = None,
    center: Any = None,
) -> Any:
    """A mixture of absolute values and half squares, which keeps weights together that are of use together.

    As in scikit-learn's `ElasticNet`, whose l1_ratio is the share.

    Parameters
    ----------
    parameters : tree of arrays of float
        Arrays of rank 2 and more are weights, others biases.
    l1_share : float
        How much of it is `l1`, from 0 to 1; the rest is `l2`.
    biases : bool
        Whether arrays of rank 0 and 1 count as well: biases, slopes.
    strengths : sequence of float, one for each layer, optional
        Factors of the terms of each entry of the parameters, which then are a list. By default 1.
    center : tree like the parameters, optional
        Where the penalty is zero: w0. By default 0.

    Returns
    -------
    penalty : array of float, shape ()

    Raises
    ------
    ArgumentError
        If there is not one strength for each layer, or center is another tree than the parameters,
        or the share is not between 0 and 1.

    Derivative
    ----------
    strength * (l1_share * sign(w - w0) + (1 - l1_share) * (w - w0)).

    Source
    ------
    Zou, Hastie, Regularization and Variable Selection via the Elastic Net (JRSS B, 2005), eq. 3.

    Examples
    --------
    >>> import numpy as np
    >>> float(elastic(np.array([[3.0, -4.0]]), l1_share=0.25))  # 0.25 * 7 + 0.75 * 12.5
    11.125
    """
    if not 0 <= l1_share <= 1:
        raise ArgumentError("the share of l1 is between 0 and 1", got=f"l1_share={l1_share}")
    options = (biases, strengths, center)
    return l1_share * l1(parameters, *options) + (1 - l1_share) * l2(parameters, *options)
