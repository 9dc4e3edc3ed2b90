"""Momentum: a velocity that the gradients push, and that friction slows down."""

from __future__ import annotations

from typing import Any, NamedTuple

from .catalogue import declare
from .leafwise import leafwise, zeros


class State(NamedTuple):
    """What is remembered between steps."""

    step: int
    velocity: Any


def initialize(parameters: Any) -> State:
    """The state before the first step: at rest.

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
    State(step=0, velocity=array([0., 0.]))
    """
    return State(0, zeros(parameters))


def update(
    parameters: Any, gradients: Any, state: State, learning_rate: float = 1e-2, momentum: float = 0.9
) -> tuple[Any, State]:
    """One step along the velocity, after the gradient has changed it.

    Parameters
    ----------
    parameters, gradients : trees of arrays of float
        Alike in structure and shapes.
    state : State
        From `initialize` or the last step.
    learning_rate : float
        What the gradient adds to the velocity. Under a steady gradient steps grow to 1 / (1 - momentum) times that.
    momentum : float
        What the velocity keeps at each step, 0 <= momentum < 1.

    Returns
    -------
    parameters : tree of arrays of float
        New arrays, of the same dtypes; those given are left as they are.
    state : State

    Notes
    -----
    PyTorch: `SGD` keeps the sum of gradients and multiplies it by the learning rate when it steps. At a constant rate
    that is the same. When the rate changes, PyTorch's steps change at once, and ours as fast as the velocity forgets.
    PyTorch's dampening, which it leaves out in the first step, is a smaller learning rate here. Its default momentum
    is 0.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), Algorithm 8.2.

    Examples
    --------
    The velocity is -0.25 * 4 = -1, then 0.5 * (-1) - 0.25 * 4 = -1.5:

    >>> import numpy as np
    >>> w, g = np.array([3.0]), np.array([4.0])
    >>> w, state = update(w, g, initialize(w), learning_rate=0.25, momentum=0.5)
    >>> w, state
    (array([2.]), State(step=1, velocity=array([-1.])))
    >>> update(w, g, state, learning_rate=0.25, momentum=0.5)
    (array([0.5]), State(step=2, velocity=array([-1.5])))
    """

    def move(p: Any, g: Any, v: Any, rate: Any) -> list[Any]:
        v = momentum * v - rate * g
        return [p + v, v]

    moved, velocity = leafwise(move, [learning_rate], parameters, gradients, state.velocity)
    return moved, State(state.step + 1, velocity)


declare(
    update,
    formula="v = momentum * v - rate * g; p = p + v",
    source="Goodfellow, Bengio, Courville (2016), Algorithm 8.2",
)
