"""A fully connected net: every unit of a layer sees every unit of the layer before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ..errors import ArgumentError, DtypeError, ShapeError
from .activations import relu
from .initialization import suited_to

Activation = Callable[[np.ndarray], np.ndarray]
Parameters = list[dict[str, np.ndarray]]


def initialize(
    sizes: Sequence[int],
    rng: int | np.random.Generator,
    activation: Activation = relu,
    dtype: Any = np.float64,
) -> Parameters:
    """Random weights and zero biases.

    Parameters
    ----------
    sizes : sequence of int
        Units of each layer: inputs, hidden layers, outputs.
    rng : int or numpy.random.Generator
        A seed, or where the random numbers come from. They are the same for every dtype.
    activation : callable
        That of the hidden units: rectifiers get the weights of He, others those of Glorot.
    dtype : floating dtype

    Returns
    -------
    parameters : list of {"W": array, shape (inputs, units); "b": array, shape (units,)}
        One entry for each layer after the inputs.

    Raises
    ------
    ArgumentError
        If there are fewer than two sizes, or one is not a positive integer.
    DtypeError
        If dtype is not a floating one.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 8.4.

    Examples
    --------
    >>> [layer["W"].shape for layer in initialize([64, 32, 10], rng=0)]
    [(64, 32), (32, 10)]
    """
    sizes = list(sizes)
    if len(sizes) < 2 or not all(isinstance(n, (int, np.integer)) and n > 0 for n in sizes):
        raise ArgumentError(
            "a net has at least inputs and outputs, each of one unit or more",
            got=f"sizes={sizes}",
            wanted="[64, 32, 10], say",
        )
    dtype = np.dtype(dtype)
    if dtype.kind != "f":
        raise DtypeError(
            "weights that are trained are floating-point numbers", got=f"dtype={dtype}", wanted="float64 or float32"
        )
    draw, rng = suited_to(activation), np.random.default_rng(rng)
    return [
        {"W": draw(inputs, units, rng).astype(dtype), "b": np.zeros(units, dtype)} for inputs, units in pairwise(sizes)
    ]


def forward(parameters: Parameters, x: np.ndarray, activation: Activation = relu) -> np.ndarray:
    """Forward propagation: h = activation(h W + b) in each hidden layer, h W + b in the last one.

    Parameters
    ----------
    parameters : list of {"W": array, shape (inputs, units); "b": array, shape (units,)}
    x : array of float, shape (n, d)
        Samples as rows.
    activation : callable
        What the hidden units do.

    Returns
    -------
    y : array of float, shape (n, k)
        The weighted sums of the output units. A loss adds what it needs: cross-entropy takes them as logits.

    Raises
    ------
    ShapeError
        If a layer does not have as many inputs as the layer before has units.

    Derivative
    ----------
    With respect to W and to x of a layer: Kronecker; to b: broadcast; through the activation: diagonal.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), Algorithm 6.3, with samples as rows.

    Examples
    --------
    >>> net = [{"W": np.array([[1.0, -1.0]]), "b": np.zeros(2)}, {"W": np.array([[2.0], [3.0]]), "b": np.ones(1)}]
    >>> forward(net, np.array([[5.0], [-5.0]]))
    array([[11.],
           [16.]])
    """
    h, last = x, len(parameters) - 1
    for k, layer in enumerate(parameters):
        W, b = layer["W"], layer["b"]
        if h.shape[-1:] != W.shape[:1]:
            raise ShapeError(
                f"layer {k + 1} takes {W.shape[0]} inputs, but gets {h.shape[-1] if h.ndim else 'a scalar'}",
                got=f"inputs of shape {h.shape}; W of shape {W.shape}",
                wanted=f"inputs of shape (n, {W.shape[0]})",
            )
        h = h @ W + b
        if k < last:
            h = activation(h)
    return h


def predict(parameters: Parameters, x: np.ndarray, activation: Activation = relu) -> np.ndarray:
    """The class of each sample: its greatest output.

    Parameters
    ----------
    parameters, x, activation
        As for `forward`.

    Returns
    -------
    labels : array of int, shape (n,)

    Examples
    --------
    >>> predict([{"W": np.array([[1.0, -1.0]]), "b": np.zeros(2)}], np.array([[5.0], [-5.0]]))
    array([0, 1])
    """
    return np.argmax(forward(parameters, x, activation), axis=-1)
