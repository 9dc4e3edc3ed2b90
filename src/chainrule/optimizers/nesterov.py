"""Nesterov's momentum: the gradient is taken where the velocity is about to lead."""

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
    """One step of the points at which gradients are taken.

    The algorithm moves theta, and takes the gradient at the interim point theta + momentum * v. Here the parameters
    are the interim points, so that a gradient is taken at the parameters as for any other optimizer. The two come
    together as the velocity dies down.

    Parameters
    ----------
    parameters, gradients : trees of arrays of float
        Alike in structure and shapes.
    state : State
        From `initialize` or the last step.
    learning_rate : float
        What the gradient adds to the velocity.
    momentum : float
        What the velocity keeps at each step, 0 <= momentum < 1.

    Returns
    -------
    parameters : tree of arrays of float
        New arrays, of the same dtypes; those given are left as they are.
    state : State

    Notes
    -----
    PyTorch: `SGD` with nesterov=True moves the interim points too, and is the same at a constant learning rate. When
    the rate changes, its velocity changes at once, as for `momentum`.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), Algorithm 8.3, in the variables of Bengio,
    Boulanger-Lewandowski, Pascanu, Advances in Optimizing Recurrent Networks (ICASSP 2013), sec. 3.5.

    Examples
    --------
    From rest the velocity becomes -0.25 * 4 = -1. So theta goes from 3 to 2, and the next interim point is
    2 + 0.5 * (-1). With the gradient 2 there, the velocity becomes 0.5 * (-1) - 0.25 * 2 = -1, theta 1, and the next
    interim point 1 + 0.5 * (-1):

    >>> import numpy as np
    >>> w = np.array([3.0])
    >>> w, state = update(w, np.array([4.0]), initialize(w), learning_rate=0.25, momentum=0.5)
    >>> w, state
    (array([1.5]), State(step=1, velocity=array([-1.])))
    >>> update(w, np.array([2.0]), state, learning_rate=0.25, momentum=0.5)
    (array([0.5]), State(step=2, velocity=array([-1.])))
    """

    def move(p: Any, g: Any, v: Any, rate: Any) -> list[Any]:
        # p = theta + momentum * v, and theta + v_next + momentum * v_next in its place
        push = rate * g
        v = momentum * v - push
        return [p - push + momentum * v, v]

    moved, velocity = leafwise(move, [learning_rate], parameters, gradients, state.velocity)
    return moved, State(state.step + 1, velocity)


declare(
    update,
    formula="v = momentum * v - rate * g; p = p - rate * g + momentum * v",
    source="Goodfellow, Bengio, Courville (2016), Algorithm 8.3",
)
