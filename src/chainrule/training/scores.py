"""How good a classifier is, in numbers that people compare."""

from __future__ import annotations

import numpy as np


def accuracy(predicted: np.ndarray, labels: np.ndarray) -> float:
    """The share of rows whose class was predicted.

    Parameters
    ----------
    predicted, labels : array of int, shape (n,)

    Examples
    --------
    >>> accuracy(np.array([1, 2, 2, 0]), np.array([1, 2, 0, 0]))
    0.75
    """
    return float(np.mean(predicted == labels))


def confusion_table(predicted: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """How many rows of each class were taken for which.

    Parameters
    ----------
    predicted, labels : array of int, shape (n,)
    classes : int

    Returns
    -------
    table : array of int, shape (classes, classes)
        The class downwards, what was predicted across.

    Examples
    --------
    >>> confusion_table(np.array([1, 1, 0]), np.array([1, 1, 1]), 2)
    array([[0, 0],
           [1, 2]])
    """
    return np.bincount(labels * classes + predicted, minlength=classes * classes).reshape(classes, classes)
