"""Adadelta: steps as long as recent ones, in proportion of the gradient to recent gradients."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .catalogue import declare
from .leafwise import leafwise, zeros


class State(NamedTuple):
    """What is remembered between steps."""

    step: int
    mean_of_squares: Any
    mean_of_squared_changes: Any


def initialize(parameters: Any) -> State:
    """The state before the first step: means of zero.

    Parameters
    ----------
    parameters : tree of arrays of float

    Returns
    -------
    state : State

    Examples
    --------
    >>> initialize(np.ones(1))
    State(step=0, mean_of_squares=array([0.]), mean_of_squared_changes=array([0.]))
    """
    return State(0, zeros(parameters), zeros(parameters))


def update(
    parameters: Any,
    gradients: Any,
    state: State,
    learning_rate: float = 1.0,
    decay: float = 0.95,
    epsilon: float = 1e-6,
) -> tuple[Any, State]:
    """One step in the units of the parameters, which needs no learning rate.

    Parameters
    ----------
    parameters, gradients : trees of arrays of float
        Alike in structure and shapes.
    state : State
        From `initialize` or the last step.
    learning_rate : float
        A factor of the step; 1 is the paper's algorithm.
    decay : float
        What the running means keep at each step, 0 <= decay < 1.
    epsilon : float
        Inside both roots. Its own root is about the length of the first steps, which grow from there.

    Returns
    -------
    parameters : tree of arrays of float
        New arrays, of the same dtypes; those given are left as they are.
    state : State

    Notes
    -----
    PyTorch: `Adadelta`, the same form with epsilon inside of the roots, and the mean of squared changes before the
    learning rate multiplies them. Its decay is called rho and is 0.9 by default.

    Source
    ------
    Zeiler, ADADELTA: An Adaptive Learning Rate Method (arXiv:1212.5701, 2012), Algorithm 1.

    Examples
    --------
    With decay 3/4 and epsilon 1 the mean of squares is 12 / 4 = 3, and the step sqrt(0 + 1) / sqrt(3 + 1) times the
    gradient, sqrt(3). The mean of squared changes becomes 3 / 4:

    >>> w = np.array([2.0])
    >>> w, state = update(w, np.array([np.sqrt(12.0)]), initialize(w), decay=0.75, epsilon=1.0)
    >>> ((2.0 - w) ** 2).round(12), state.mean_of_squares.round(12), state.mean_of_squared_changes.round(12)
    (array([3.]), array([3.]), array([0.75]))
    """

    def move(p: Any, g: Any, r: Any, d: Any, rate: Any) -> list[Any]:
        r = decay * r + (1 - decay) * np.square(g)
        change = np.sqrt(d + epsilon) / np.sqrt(r + epsilon) * g
        return [p - rate * change, r, decay * d + (1 - decay) * np.square(change)]

    moved, squares, changes = leafwise(move, [learning_rate], parameters, gradients, *state[1:])
    return moved, State(state.step + 1, squares, changes)


declare(
    update,
    formula="r = decay * r + (1 - decay) * g**2; c = g * sqrt(d + epsilon) / sqrt(r + epsilon); p = p - rate * c; "
    "d = decay * d + (1 - decay) * c**2",
    source="Zeiler (2012), Algorithm 1",
)
