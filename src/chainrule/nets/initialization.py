"""Random weights of such a size that a signal keeps its strength from layer to layer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .activations import relu

Draw = Callable[[int, int, np.random.Generator], np.ndarray]


def he(inputs: int, units: int, rng: np.random.Generator) -> np.ndarray:
    """Normal weights of variance 2 / inputs, for units that let half of their signal through.

    Parameters
    ----------
    inputs, units : int
    rng : numpy.random.Generator

    Returns
    -------
    W : array of float64, shape (inputs, units)

    Source
    ------
    He, Zhang, Ren, Sun, Delving Deep into Rectifiers (ICCV 2015), eq. 10.

    Examples
    --------
    >>> float(he(400, 200, np.random.default_rng(0)).var().round(4))
    0.005
    """
    return rng.normal(0.0, np.sqrt(2 / inputs), size=(inputs, units))


def glorot(inputs: int, units: int, rng: np.random.Generator) -> np.ndarray:
    """Uniform weights of variance 2 / (inputs + units), for units that are linear around 0.

    Parameters
    ----------
    inputs, units : int
    rng : numpy.random.Generator

    Returns
    -------
    W : array of float64, shape (inputs, units)

    Source
    ------
    Glorot, Bengio, Understanding the Difficulty of Training Deep Feedforward Neural Networks (AISTATS 2010), eq. 16.

    Examples
    --------
    >>> float(np.abs(glorot(200, 100, np.random.default_rng(0))).max().round(3))
    0.141
    """
    limit = np.sqrt(6 / (inputs + units))
    return rng.uniform(-limit, limit, size=(inputs, units))


def suited_to(activation: Callable[[np.ndarray], np.ndarray]) -> Draw:
    """The way to draw weights for layers of units with this activation."""
    return he if activation is relu else glorot
