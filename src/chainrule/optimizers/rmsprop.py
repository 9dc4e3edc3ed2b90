"""RMSProp: steps divided by the root of a running mean of squared gradients."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .catalogue import declare
from .leafwise import leafwise, zeros


class State(NamedTuple):
    """What is remembered between steps."""

    step: int
    mean_of_squares: Any


def initialize(parameters: Any) -> State:
    """The state before the first step: a mean of zero.

    Parameters
    ----------
    parameters : tree of arrays of float

    Returns
    -------
    state : State

    Examples
    --------
    >>> initialize(np.ones(2))
    State(step=0, mean_of_squares=array([0., 0.]))
    """
    return State(0, zeros(parameters))


def update(
    parameters: Any,
    gradients: Any,
    state: State,
    learning_rate: float = 1e-3,
    decay: float = 0.9,
    epsilon: float = 1e-8,
) -> tuple[Any, State]:
    """One step, scaled by the recent size of gradients in each coordinate.

    Parameters
    ----------
    parameters, gradients : trees of arrays of float
        Alike in structure and shapes.
    state : State
        From `initialize` or the last step.
    learning_rate : float
        The length of a step in each coordinate under steady gradients. The first is 1 / sqrt(1 - decay) times as
        long, because the mean starts at zero: `schedules.warm_up` is a cure, Adam's correction another.
    decay : float
        What the running mean keeps at each step, 0 <= decay < 1.
    epsilon : float
        Keeps the division defined where gradients are zero. Outside the root.

    Returns
    -------
    parameters : tree of arrays of float
        New arrays, of the same dtypes; those given are left as they are.
    state : State

    Notes
    -----
    PyTorch: `RMSprop`, the same form with epsilon outside the root. Its decay is called alpha and is 0.99 by default,
    its learning rate 1e-2. Its centered and momentum, off by default, do not exist here. The book's algorithm has
    epsilon inside of the root, where 1e-6 is a floor of 1e-3 under the size of gradients; outside it is the floor
    itself, as in AdaGrad and Adam.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), Algorithm 8.5, but for the place of epsilon. Tieleman,
    Hinton, Neural Networks for Machine Learning (2012), lecture 6.5.

    Examples
    --------
    The mean of squares is 0.75 * 0 + 0.25 * 6^2 = 9 and the step 0.5 * 6 / 3; then the mean is
    0.75 * 9 + 0.25 * 37 = 16 and the step 0.5 * sqrt(37) / 4:

    >>> w = np.array([2.0])
    >>> w, state = update(w, np.array([6.0]), initialize(w), learning_rate=0.5, decay=0.75)
    >>> w.round(6), state
    (array([1.]), State(step=1, mean_of_squares=array([9.])))
    >>> w, state = update(w, np.array([np.sqrt(37)]), state, learning_rate=0.5, decay=0.75)
    >>> w.round(6), state.mean_of_squares.round(12)
    (array([0.239655]), array([16.]))
    """

    def move(p: Any, g: Any, r: Any, rate: Any) -> list[Any]:
        r = decay * r + (1 - decay) * np.square(g)
        return [p - rate * g / (np.sqrt(r) + epsilon), r]

    moved, squares = leafwise(move, [learning_rate], parameters, gradients, state.mean_of_squares)
    return moved, State(state.step + 1, squares)


declare(
    update,
    formula="r = decay * r + (1 - decay) * g**2; p = p - rate * g / (sqrt(r) + epsilon)",
    source="Goodfellow, Bengio, Courville (2016), Algorithm 8.5, but for the place of epsilon",
)
