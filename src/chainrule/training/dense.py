"""The objective of a dense net with what training adds: weights of rows, a penalty, dropout, running statistics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..api import random, vmap
from ..errors import ShapeError
from ..nets import Dense
from .objective import Buffered


def dense_objective(
    net: Dense,
    loss: Callable[[Any, Any], Any],
    penalty: Callable[[Any], Any] | None = None,
    *,
    shared: bool = True,
) -> Buffered:
    """The objective J = L(net(parameters, x), y) + strength * penalty(parameters), or a share of the penalty.

    Parameters
    ----------
    net : Dense
    loss : callable
        ``loss(outputs, y)`` gives one number, the mean over the rows.
    penalty : callable, optional
        ``penalty(parameters)`` gives one number.
    shared : bool
        Whether all rows share the penalty, so that n rows have strength * penalty / n; n is the sum of the weights,
        where there are weights.

    Returns
    -------
    objective : Buffered
        Its buffers are those of `starting_buffers`. Where the rows are (x, y, weights), L is the weighted mean of the
        losses of the rows, and a batch of rows without weight has J = 0. It raises a ShapeError where the loss or the
        penalty is not one number.

    Source
    ------
    Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, Dropout (JMLR, 2014), sec. 4; the penalty as in
    scikit-learn's `MLPClassifier`.
    """

    def value_of(outputs: Any, parameters: Any, buffers: Any, y: Any, weights: tuple[Any, ...]) -> Any:
        data_loss = mean_loss(loss, outputs, y, *weights)
        if penalty is None:
            return data_loss, (data_loss, 0.0)
        weighted = buffers["strength"] * _number(penalty(parameters), "penalty(parameters)")
        if shared:
            weighted = weighted / (total_weight(*weights) if weights else len(y))
        return data_loss + weighted, (data_loss, weighted)

    def function(parameters: Any, buffers: Any, x: Any, y: Any, *weights: Any) -> Any:
        kept = None
        after = dict(buffers)
        if "key" in buffers:
            key = random.fold_in(buffers["key"], buffers["step"])
            kept = lambda layer, shape, rate: random.mask(random.fold_in(key, layer), 1 - rate, shape)
            after["step"] = buffers["step"] + 1
        outputs, after["net"] = net.training_forward(parameters, buffers["net"], x, kept)
        value, parts = value_of(outputs, parameters, buffers, y, weights)
        return value, (*parts, after)

    def evaluate(parameters: Any, buffers: Any, x: Any, y: Any, *weights: Any) -> Any:
        return value_of(net.forward(parameters, x, buffers["net"]), parameters, buffers, y, weights)

    return Buffered(function, starting_buffers(net), evaluate, smallest_batch=2 if net.takes_statistics else 1)


def starting_buffers(net: Dense, dtype: Any = np.float64, strength: float = 0.0, seed: int = 0) -> dict[str, Any]:
    """What the first step of such an objective is given.

    Parameters
    ----------
    net : Dense
    dtype : floating dtype
        Of the parameters.
    strength : float
        Factor of the penalty.
    seed : int
        Of what dropout leaves out.
    """
    buffers = {"net": net.buffers(dtype), "strength": np.dtype(dtype).type(strength)}
    if any(layer.dropout for layer in net.layers):
        buffers |= {"key": random.key(seed), "step": np.int64(0)}
    return buffers


def mean_loss(loss: Callable[[Any, Any], Any], outputs: Any, y: Any, weights: Any = None) -> Any:
    """The mean of the losses of rows; the weighted mean where there are weights."""
    if weights is None:
        return _number(loss(outputs, y), "loss(outputs, targets)")
    return np.sum(weights * row_losses(loss, outputs, y)) / total_weight(weights)


def total_weight(weights: Any) -> Any:
    """The sum of the weights of a batch; infinite where no row counts, so that its means are 0, and their gradients."""
    total = np.sum(weights)
    return np.where(total > 0, total, np.inf)


def row_losses(loss: Callable[[Any, Any], Any], outputs: Any, y: Any) -> Any:
    """The loss of each row by itself."""
    return vmap(lambda output, target: _number(loss(output[None], target[None]), "loss(outputs, targets)"))(outputs, y)


def _number(value: Any, what: str) -> Any:
    """What a function of the user's gives, if it is one number."""
    shape = getattr(value, "shape", ())
    if value is None or shape != ():
        raise ShapeError(
            f"{what} gives one number", got="None" if value is None else f"an array of shape {shape}", wanted="shape ()"
        )
    return value
