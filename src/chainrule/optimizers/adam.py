"""Adam: steps scaled by running means of the gradient and of its square."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .. import tree


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
    return State(0, tree.map_leaves(np.zeros_like, parameters), tree.map_leaves(np.zeros_like, parameters))


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
        Alike in structure, shapes and dtypes.
    state : State
        From `initialize` or the last step.
    learning_rate : float
        About the length of a step in each coordinate.
    beta1, beta2 : float
        What the running means keep at each step, 0 <= beta < 1.
    epsilon : float
        Keeps the division defined where the gradient is zero.

    Returns
    -------
    parameters : tree of arrays of float
        New arrays, of the same dtypes; those given are left as they are.
    state : State

    Source
    ------
    Kingma, Ba, Adam: A Method for Stochastic Optimization (ICLR 2015), Algorithm 1.

    Examples
    --------
    >>> w, state = np.array([1.0, 1.0]), initialize(np.array([1.0, 1.0]))
    >>> w, state = update(w, np.array([5.0, -0.1]), state, learning_rate=0.25)
    >>> w.round(6)
    array([0.75, 1.25])
    """
    step = state.step + 1
    first_share, second_share = 1 - beta1**step, 1 - beta2**step
    leaves, rebuild = tree.flatten(parameters)
    moved, first_moments, second_moments = [], [], []
    for p, g, m, v in zip(leaves, *(tree.flatten(each)[0] for each in (gradients, *state[1:])), strict=True):
        # The moments carry the dtype: a rate that is a float64 scalar must not widen float32 parameters.
        m_next = (beta1 * m + (1 - beta1) * g).astype(m.dtype, copy=False)
        v_next = (beta2 * v + (1 - beta2) * np.square(g)).astype(m.dtype, copy=False)
        change = learning_rate * (m_next / first_share) / (np.sqrt(v_next / second_share) + epsilon)
        moved.append(p - change.astype(m.dtype, copy=False))
        first_moments.append(m_next)
        second_moments.append(v_next)
    return rebuild(moved), State(step, rebuild(first_moments), rebuild(second_moments))
