"""Weights that turn a signal and change its length by one factor in every direction."""

from __future__ import annotations

import numpy as np

from .initialization import initialization


@initialization(
    r"g Q, \; Q^\top Q = I",
    "Saxe, McClelland, Ganguli, Exact Solutions to the Nonlinear Dynamics of Learning in Deep Linear Networks (2014)",
    settings={"gain": None},
    variance=lambda inputs, units, gain: gain**2 / max(inputs, units),
)
def orthogonal(inputs: int, units: int, rng: np.random.Generator, gain: float = 1.0) -> np.ndarray:
    """A factor times random orthonormal columns; orthonormal rows, where there are more units than inputs.

    Every orthogonal matrix is equally likely.

    Parameters
    ----------
    inputs, units : int
    rng : numpy.random.Generator
    gain : float
        The factor; in a net, where it is not set, that of the layer's activation.

    Returns
    -------
    W : array of float64, shape (inputs, units)

    Source
    ------
    Saxe, McClelland, Ganguli, Exact Solutions to the Nonlinear Dynamics of Learning in Deep Linear Neural Networks
    (ICLR 2014); Mezzadri, How to Generate Random Matrices from the Classical Compact Groups (2007), for the signs.

    Examples
    --------
    >>> W = orthogonal(5, 3, np.random.default_rng(0), gain=2.0)
    >>> np.abs(W.T @ W - 4 * np.eye(3)).max() < 1e-14
    np.True_
    """
    tall = rng.normal(size=(max(inputs, units), min(inputs, units)))
    Q, R = np.linalg.qr(tall)
    # A factorization prefers signs; with those of R's diagonal taken out, no direction is preferred.
    Q = Q * np.sign(np.diagonal(R))
    return gain * (Q if inputs >= units else Q.T)
