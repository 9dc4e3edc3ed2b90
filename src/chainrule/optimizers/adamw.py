"""AdamW: Adam, and weights that shrink by themselves instead of through their gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import adam
from .adam import State, initialize
from .catalogue import declare
from .leafwise import leafwise

__all__ = ["State", "initialize", "update"]


def update(
    parameters: Any,
    gradients: Any,
    state: State,
    learning_rate: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    weight_decay: float = 1e-2,
    biases: bool = False,
) -> tuple[Any, State]:
    """A step of Adam, and one of the weights toward zero.

    A penalty in the objective would be divided by the size of gradients like everything else in them, so that weights
    with large gradients would shrink less. This decay is the same for all.

    Parameters
    ----------
    parameters, gradients : trees of arrays of float
        Alike in structure and shapes.
    state : State
        From `initialize` or the last step; that of Adam.
    learning_rate : float
        About the length of a step in each coordinate.
    beta1, beta2 : float
        What the running means keep at each step, 0 <= beta < 1.
    epsilon : float
        Keeps the division defined where gradients are zero. Outside the root.
    weight_decay : float
        Weights lose learning_rate * weight_decay of themselves at each step.
    biases : bool
        Whether arrays of rank 0 and 1 shrink as well.

    Returns
    -------
    parameters : tree of arrays of float
        New arrays, of the same dtypes; those given are left as they are.
    state : State

    Notes
    -----
    PyTorch: `AdamW`, the same form and defaults, but it shrinks biases too: biases=True here. In the paper a schedule
    multiplies both the step and the decay, and the learning rate only the step; here as in PyTorch the learning rate
    multiplies both, so that weight_decay is the paper's lambda divided by its alpha.

    Source
    ------
    Loshchilov, Hutter, Decoupled Weight Decay Regularization (ICLR 2019), Algorithm 2.

    Examples
    --------
    The weights 2 and 8 lose 0.25 * 0.5 of themselves, 0.25 and 1. Adam's first step takes off 0.25, with the sign of
    the gradient. The bias only makes the step:

    >>> parameters = {"W": np.array([[2.0, 8.0]]), "b": np.array([2.0])}
    >>> gradients = {"W": np.array([[5.0, -0.1]]), "b": np.array([5.0])}
    >>> state = initialize(parameters)
    >>> moved, state = update(parameters, gradients, state, learning_rate=0.25, weight_decay=0.5)
    >>> moved["W"].round(6), moved["b"].round(6)
    (array([[1.5 , 7.25]]), array([1.75]))
    """
    step = state.step + 1
    numbers = [learning_rate * weight_decay, learning_rate, 1 - beta1**step, 1 - beta2**step]

    def move(p: Any, g: Any, m: Any, v: Any, shrinkage: Any, *numbers: Any) -> list[Any]:
        taken, m, v = adam.change(g, m, v, numbers, beta1, beta2, epsilon)
        decayed = p - shrinkage * p if biases or np.ndim(p) > 1 else p
        return [decayed - taken, m, v]

    moved, first_moment, second_moment = leafwise(move, numbers, parameters, gradients, *state[1:])
    return moved, State(step, first_moment, second_moment)


declare(
    update,
    formula="the step of adam; p = p - rate * weight_decay * p",
    source="Loshchilov, Hutter (ICLR 2019), Algorithm 2",
)
