"""What training makes small: the loss on the rows, and a penalty on the parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

Objective = Callable[..., tuple[Any, tuple[Any, ...]]]


@final
@dataclass(frozen=True)
class Buffered:
    """An objective that carries buffers from step to step: numbers that no gradient changes, such as running means.

    Parameters
    ----------
    function : callable
        ``function(parameters, buffers, *rows)`` returns (J, (loss, penalty, buffers)), with the next step's buffers.
    buffers : tree of arrays
        Those of the first step.
    evaluate : callable
        ``evaluate(parameters, buffers, *rows)`` returns (J, (loss, penalty)) of rows that are not trained on.
    smallest_batch : int
        The fewest rows that it can be trained on at once. A last batch that is smaller goes with the one before.
    """

    function: Callable[..., tuple[Any, tuple[Any, Any, Any]]]
    buffers: Any
    evaluate: Objective
    smallest_batch: int = 1

    def __call__(self, parameters: Any, buffers: Any, *rows: Any) -> tuple[Any, tuple[Any, Any, Any]]:
        return self.function(parameters, buffers, *rows)


def regularized(
    forward: Callable[[Any, Any], Any],
    loss: Callable[[Any, Any], Any],
    penalty: Callable[[Any], Any] | None = None,
    strength: float = 0.0,
) -> Objective:
    """The objective J = L(forward(parameters, x), y) + strength * penalty(parameters).

    Parameters
    ----------
    forward : callable
        ``forward(parameters, x)`` gives the outputs for rows x.
    loss : callable
        ``loss(outputs, y)`` gives one number, the mean over the rows.
    penalty : callable, optional
        ``penalty(parameters)`` gives one number.
    strength : float
        The lambda of the lecture.

    Returns
    -------
    objective : callable
        ``objective(parameters, x, y)`` returns (J, (L, strength * penalty)): the value to differentiate, and its two
        parts to look at.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), Algorithm 6.3, last line.

    Examples
    --------
    >>> J = regularized(lambda w, x: w * x, lambda y_hat, y: (y_hat - y) ** 2, lambda w: w**2, strength=0.5)
    >>> J(3.0, 2.0, 5.0)
    (5.5, (1.0, 4.5))
    """

    def objective(parameters: Any, x: Any, y: Any) -> tuple[Any, tuple[Any, Any]]:
        data_loss = loss(forward(parameters, x), y)
        if penalty is None or strength == 0:
            return data_loss, (data_loss, 0.0)
        weighted = strength * penalty(parameters)
        return data_loss + weighted, (data_loss, weighted)

    return objective
