"""One step of training as a pure function, compiled as a whole: forward, backward and the optimizer's move."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np

from .. import tree
from ..api import jit, value_and_grad
from ..errors import ArgumentError
from .objective import Buffered, Objective


class Optimizer(Protocol):
    """What a step needs from an optimizer; a module with these two functions is one."""

    def initialize(self, parameters: Any) -> Any:
        """The state before the first step."""
        ...

    def update(self, parameters: Any, gradients: Any, state: Any, learning_rate: float) -> tuple[Any, Any]:
        """The parameters and the state after a step."""
        ...


class Carried(NamedTuple):
    """What a step with buffers hands on beside the parameters."""

    optimizer: Any
    buffers: Any


class Measured(NamedTuple):
    """What a step saw before it moved; `squares` are the sums of squares of each leaf of the gradient."""

    objective: Any
    loss: Any
    penalty: Any
    gradient_norm: Any
    squares: tuple[Any, ...] = ()

    def converted(self, convert: Callable[[Any], Any]) -> Measured:
        """The same numbers, each made another type."""
        objective, loss, penalty, gradient_norm = map(convert, self[:4])
        return Measured(objective, loss, penalty, gradient_norm, tuple(map(convert, self.squares)))


Step = Callable[..., tuple[Any, Any, Measured]]


def training_step(
    objective: Objective,
    optimizer: Optimizer,
    clip: Callable[[Any], Any] | None = None,
    project: Callable[[Any], Any] | None = None,
) -> Step:
    """Forward and back-propagation on a batch, and the optimizer's move.

    Parameters
    ----------
    objective : callable
        As `regularized` makes it.
    optimizer : Optimizer
    clip : callable, optional
        ``clip(gradients)`` bounds the gradients before the optimizer sees them.
    project : callable, optional
        ``project(parameters)`` brings the parameters back into bounds after the move.

    Returns
    -------
    step : callable
        ``step(parameters, state, *rows, learning_rate)`` gives the new parameters, the new state, and what was measured
        at the old ones. The state is the optimizer's; of a `Buffered` objective, that and the buffers, `Carried`.
    """
    value_and_gradient, carries = value_and_grad(objective, has_aux=True), isinstance(objective, Buffered)

    def step(parameters: Any, state: Any, *rows_and_rate: Any) -> tuple[Any, Any, Measured]:
        *rows, learning_rate = rows_and_rate
        state, buffers = state if carries else (state, None)
        before_rows = (parameters, buffers) if carries else (parameters,)
        (value, parts), gradients = value_and_gradient(*before_rows, *rows)
        if carries:
            *parts, buffers = parts
        loss, penalty = _two_numbers(parts)
        squares = tuple(np.vdot(g, g) for g in tree.flatten(gradients)[0])
        measured = Measured(value, loss, penalty, np.sqrt(sum(squares)), squares)
        if clip is not None:
            gradients = clip(gradients)
        moved, state = optimizer.update(parameters, gradients, state, learning_rate)
        moved = moved if project is None else project(moved)
        return moved, Carried(state, buffers) if carries else state, measured

    return jit(step)


def _two_numbers(parts: Any) -> tuple[Any, Any]:
    are_two = isinstance(parts, (tuple, list)) and len(parts) == 2
    if not (are_two and all(getattr(each, "shape", ()) == () for each in parts)):
        raise ArgumentError(
            "an objective returns (J, (loss, penalty)), three numbers",
            got=f"{tree.outline(parts)} for (loss, penalty)",
            try_="regularized(forward, loss), which makes one",
        )
    return parts[0], parts[1]
