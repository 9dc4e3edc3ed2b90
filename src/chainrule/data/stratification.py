"""Divide rows into parts that have every class in the same share."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..errors import ArgumentError, ShapeError


def stratified_split(labels: np.ndarray, fractions: Sequence[float], seed: int = 0) -> list[np.ndarray]:
    """Random parts of the rows, each with its fraction of every class.

    The same labels and seed give the same parts under every version of NumPy.

    Parameters
    ----------
    labels : array of int, shape (n,)
    fractions : sequence of float
        Positive; the sum is 1.
    seed : int

    Returns
    -------
    parts : list of array of int
        Row numbers in rising order; every row is in one part.

    Raises
    ------
    ShapeError
        If labels is not one column.
    ArgumentError
        If the fractions are not positive or do not add up to 1.

    Examples
    --------
    >>> first, second = stratified_split(np.array([0, 0, 0, 0, 1, 1, 1, 1]), [0.75, 0.25])
    >>> first, second
    (array([1, 2, 3, 5, 6, 7]), array([0, 4]))
    """
    labels = np.asarray(labels)
    if labels.ndim != 1:
        raise ShapeError("labels are one column", got=f"shape {labels.shape}", wanted="shape (n,)")
    if not (all(f > 0 for f in fractions) and math.isclose(sum(fractions), 1)):
        raise ArgumentError("the fractions of a split are positive and add up to 1", got=f"{list(fractions)}")
    # RandomState's stream is frozen for good; that of default_rng may change with NumPy.
    order = np.random.RandomState(seed).permutation(len(labels))
    bounds = np.cumsum(fractions)[:-1]
    parts: list[list[np.ndarray]] = [[] for _ in fractions]
    for label in np.unique(labels):
        rows = order[labels[order] == label]
        for part, piece in zip(parts, np.split(rows, np.rint(bounds * len(rows)).astype(int)), strict=True):
            part.append(piece)
    return [np.sort(np.concatenate(part)) if part else np.empty(0, order.dtype) for part in parts]
