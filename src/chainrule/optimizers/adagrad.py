"""AdaGrad: steps divided by the root of all squared gradients so far, coordinate by coordinate."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .catalogue import declare
from .leafwise import leafwise, zeros


class State(NamedTuple):
    """What is remembered between steps."""

    step: int
    sum_of_squares: Any


def initialize(parameters: Any) -> State:
    """The state before the first step: no squares yet.

    Parameters
    ----------
    parameters : tree of arrays of float

    Returns
    -------
    state : State

    Examples
    --------
    >>> initialize(np.ones(2))
    State(step=0, sum_of_squares=array([0., 0.]))
    """
    return State(0, zeros(parameters))


def update(
    parameters: Any, gradients: Any, state: State, learning_rate: float = 1e-2, epsilon: float = 1e-7
) -> tuple[Any, State]:
    """One step, shorter in coordinates that have seen large gradients.

    Parameters
    ----------
    parameters, gradients : trees of arrays of float
        Alike in structure and shapes.
    state : State
        From `initialize` or the last step.
    learning_rate : float
        The length of the first step in each coordinate; that of step t is at most this, and under steady gradients
        this divided by sqrt(t).
    epsilon : float
        Keeps the division defined where all gradients were zero. Outside the root.

    Returns
    -------
    parameters : tree of arrays of float
        New arrays, of the same dtypes; those given are left as they are.
    state : State

    Notes
    -----
    PyTorch: `Adagrad`, the same form with epsilon outside the root. Its default epsilon is 1e-10. Its lr_decay and
    initial_accumulator_value, zero by default, do not exist here: a schedule does the work of the first.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), Algorithm 8.4. Duchi, Hazan, Singer, Adaptive Subgradient
    Methods (JMLR 2011).

    Examples
    --------
    The sum of squares is 3^2, then 3^2 + 4^2 = 5^2. The steps are 0.5 * 3 / 3 and 0.5 * 4 / 5:

    >>> w = np.array([2.0])
    >>> w, state = update(w, np.array([3.0]), initialize(w), learning_rate=0.5)
    >>> w.round(6), state
    (array([1.5]), State(step=1, sum_of_squares=array([9.])))
    >>> w, state = update(w, np.array([4.0]), state, learning_rate=0.5)
    >>> w.round(6), state
    (array([1.1]), State(step=2, sum_of_squares=array([25.])))
    """

    def move(p: Any, g: Any, r: Any, rate: Any) -> list[Any]:
        r = r + np.square(g)
        return [p - rate * g / (np.sqrt(r) + epsilon), r]

    moved, squares = leafwise(move, [learning_rate], parameters, gradients, state.sum_of_squares)
    return moved, State(state.step + 1, squares)


declare(
    update,
    formula="r = r + g**2; p = p - rate * g / (sqrt(r) + epsilon)",
    source="Goodfellow, Bengio, Courville (2016), Algorithm 8.4; Duchi, Hazan, Singer (JMLR 2011)",
)
