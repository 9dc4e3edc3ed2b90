"""Adam: steps scaled by running means of the gradient and of its square."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .catalogue import declare
from .leafwise import leafwise, zeros


class State(NamedTuple):
    """What Adam remembers between steps."""

    step: int
    first_moment: Any
    second_moment: Any


def initialize(parameters: Any) -> State:
    """The state before the first step: no steps, moments of zero.

    Parameters
    ----------
    parameters : tree of arrays of float

    Returns
    -------
    state : State

    Examples
    --------
    >>> initialize({"w": np.array([1.0, 2.0])})
    State(step=0, first_moment={'w': array([0., 0.])}, second_moment={'w': array([0., 0.])})
    """
    return State(0, zeros(parameters), zeros(parameters))


def update(
    parameters: Any,
    gradients: Any,
    state: State,
    learning_rate: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> tuple[Any, State]:
    """One step, with moments corrected for their start at zero.

    Parameters
    ----------
    parameters, gradients : trees of arrays of float
        Alike in structure and shapes.
    state : State
        From `initialize` or the last step.
    learning_rate : float
        About the length of a step in each coordinate.
    beta1, beta2 : float
        What the running means keep at each step, 0 <= beta < 1.
    epsilon : float
        Keeps the division defined where gradients are zero. Outside the root.

    Returns
    -------
    parameters : tree of arrays of float
        New arrays, of the same dtypes; those given are left as they are.
    state : State

    Notes
    -----
    PyTorch: `Adam`, the same form with epsilon outside the root and after the correction, and the same defaults. Its
    weight_decay, off by default, adds to the gradients: here that is a penalty in the objective. Its amsgrad does not
    exist here.

    Source
    ------
    Kingma, Ba, Adam: A Method for Stochastic Optimization (ICLR 2015), Algorithm 1. Goodfellow, Bengio, Courville, Deep
    Learning (2016), Algorithm 8.7.

    Examples
    --------
    After the correction the first moments are g and g^2, so that the step is the learning rate:

    >>> w, state = np.array([1.0, 1.0]), initialize(np.array([1.0, 1.0]))
    >>> w, state = update(w, np.array([5.0, -0.1]), state, learning_rate=0.25)
    >>> w.round(6)
    array([0.75, 1.25])
    """
    step = state.step + 1
    numbers = [learning_rate, 1 - beta1**step, 1 - beta2**step]

    def move(p: Any, g: Any, m: Any, v: Any, *numbers: Any) -> list[Any]:
        taken, m, v = change(g, m, v, numbers, beta1, beta2, epsilon)
        return [p - taken, m, v]

    moved, first_moment, second_moment = leafwise(move, numbers, parameters, gradients, *state[1:])
    return moved, State(step, first_moment, second_moment)


def change(
    g: Any, m: Any, v: Any, numbers: Sequence[Any], beta1: float, beta2: float, epsilon: float
) -> tuple[Any, Any, Any]:
    """What a step takes off one leaf, and its new moments."""
    rate, first_share, second_share = numbers
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * np.square(g)
    return rate * (m / first_share) / (np.sqrt(v / second_share) + epsilon), m, v


declare(
    update,
    formula="m = beta1 * m + (1 - beta1) * g; v = beta2 * v + (1 - beta2) * g**2; "
    "p = p - rate * (m / (1 - beta1**t)) / (sqrt(v / (1 - beta2**t)) + epsilon) in step t = 1, 2, ...",
    source="Kingma, Ba (ICLR 2015), Algorithm 1; Goodfellow, Bengio, Courville (2016), Algorithm 8.7",
)
