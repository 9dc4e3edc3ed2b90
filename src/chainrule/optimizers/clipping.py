"""Gradients cut down to a size before an optimizer follows them, so that one cliff does not throw parameters away."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from .. import tree
from ..errors import ArgumentError
from .leafwise import dtype_of


def clip_by_global_norm(gradients: Any, limit: float) -> Any:
    """Gradients of the same direction, no longer than a limit as one long vector.

    Parameters
    ----------
    gradients : tree of arrays of float
    limit : float
        The greatest length, positive.

    Returns
    -------
    gradients : tree of arrays of float
        New arrays, of the same dtypes. Those within the limit keep their bits. Where any is infinite or nan there is no
        direction to keep, and all are returned as they are, so that training can see it.

    Raises
    ------
    ArgumentError
        If the limit is not positive.

    Notes
    -----
    PyTorch: `clip_grad_norm_` divides by the length + 1e-6, so that clipped gradients are a little shorter than the
    limit; it changes them in place, and its squares overflow from 1e19 on in float32, which makes them zero.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 10.11.1, eq. 10.48 and 10.49. Pascanu, Mikolov, Bengio,
    On the Difficulty of Training Recurrent Neural Networks (ICML 2013), Algorithm 1.

    Examples
    --------
    The length of (3, 4) is 5, which is cut to 1:

    >>> clip_by_global_norm({"a": np.array([3.0]), "b": np.array([4.0])}, 1.0)
    {'a': array([0.6]), 'b': array([0.8])}
    """
    _check(limit)
    leaves, rebuild = tree.flatten(gradients)
    # Divided by the largest first: squares of numbers that are at most 1 cannot overflow.
    largest = functools.reduce(np.maximum, [np.max(np.abs(g), initial=0.0) for g in leaves], 0.0)
    unit = np.where(largest > 0, largest, 1.0)
    length = np.sqrt(sum(np.sum(np.square(g / unit)) for g in leaves))
    cut = unit * length > limit
    factor = np.where(cut, limit, 1.0) / np.where(cut, length, 1.0)
    return rebuild([np.where(cut, g / unit * factor, g).astype(dtype_of(g), copy=False) for g in leaves])


def clip_by_value(gradients: Any, limit: float) -> Any:
    """Gradients with each coordinate between -limit and limit, which may turn their direction.

    Parameters
    ----------
    gradients : tree of arrays of float
    limit : float
        The greatest magnitude, positive.

    Returns
    -------
    gradients : tree of arrays of float
        New arrays, of the same dtypes. A nan stays nan.

    Raises
    ------
    ArgumentError
        If the limit is not positive.

    Notes
    -----
    PyTorch: `clip_grad_value_`, the same, in place.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 10.11.1.

    Examples
    --------
    >>> clip_by_value([np.array([3.0, -0.5, -7.0])], 1.0)
    [array([ 1. , -0.5, -1. ])]
    """
    _check(limit)
    return tree.map_leaves(lambda g: np.clip(g, -limit, limit).astype(dtype_of(g), copy=False), gradients)


def _check(limit: float) -> None:
    if not limit > 0:
        raise ArgumentError("a limit of gradients is positive", got=f"limit={limit!r}")
