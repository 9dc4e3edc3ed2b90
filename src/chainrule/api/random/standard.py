"""Standard draws, of which others are made: a uniform number by its distance v from 1/2, and quantiles of it.

Both tails of v are exact, to 2^-54.
"""

from __future__ import annotations

from typing import Any

from ...ops import special
from ...ops.random import random_centered
from ...original import np
from .keys import checked, drawn


def centered(key: Any, shape: tuple[int, ...]) -> Any:
    return drawn(random_centered, checked(key), shape=shape)


def tail(v: Any) -> Any:
    """The smaller one of u and 1 - u: exact."""
    return 0.5 - np.abs(v)


def signed(v: Any, size: Any) -> Any:
    return np.where(v < 0, -size, size)


def log_probabilities(v: Any) -> tuple[Any, Any]:
    """log u and log(1 - u)."""
    smaller = tail(v)
    small, large = np.log(smaller), np.log1p(-smaller)
    return np.where(v < 0, small, large), np.where(v < 0, large, small)


def standard_normal(key: Any, shape: tuple[int, ...]) -> Any:
    v = centered(key, shape)
    return signed(v, -drawn(special.ndtri, tail(v)))


def standard_exponential(key: Any, shape: tuple[int, ...]) -> Any:
    return -log_probabilities(centered(key, shape))[1]


def standard_gumbel(key: Any, shape: tuple[int, ...]) -> Any:
    return -np.log(-log_probabilities(centered(key, shape))[0])
