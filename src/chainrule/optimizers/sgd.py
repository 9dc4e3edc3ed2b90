"""Stochastic gradient descent: straight down the gradient."""

from __future__ import annotations

from typing import Any, NamedTuple

from .catalogue import declare
from .leafwise import leafwise, zeros


class State(NamedTuple):
    """What is remembered between steps: how many there were."""

    step: int


def initialize(parameters: Any) -> State:
    """The state before the first step.

    Parameters
    ----------
    parameters : tree of arrays of float

    Returns
    -------
    state : State

    Examples
    --------
    >>> import numpy as np
    >>> initialize(np.ones(2))
    State(step=0)
    """
    zeros(parameters)
    return State(0)


def update(parameters: Any, gradients: Any, state: State, learning_rate: float = 1e-2) -> tuple[Any, State]:
    """One step against the gradient.

    Parameters
    ----------
    parameters, gradients : trees of arrays of float
        Alike in structure and shapes.
    state : State
        From `initialize` or the last step.
    learning_rate : float
        The length of a step for a gradient of length 1.

    Returns
    -------
    parameters : tree of arrays of float
        New arrays, of the same dtypes; those given are left as they are.
    state : State

    Notes
    -----
    PyTorch: `SGD` without momentum, the same. Its default learning rate is 1e-3.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), Algorithm 8.1.

    Examples
    --------
    1 - 0.25 * 2 and 3 - 0.25 * (-4):

    >>> import numpy as np
    >>> w = np.array([1.0, 3.0])
    >>> update(w, np.array([2.0, -4.0]), initialize(w), learning_rate=0.25)
    (array([0.5, 4. ]), State(step=1))
    """
    (moved,) = leafwise(lambda p, g, rate: [p - rate * g], [learning_rate], parameters, gradients)
    return moved, State(state.step + 1)


declare(update, formula="p = p - rate * g", source="Goodfellow, Bengio, Courville (2016), Algorithm 8.1")
