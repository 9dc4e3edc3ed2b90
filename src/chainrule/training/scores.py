"""How good predictions are, in numbers that people compare."""

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


def r2(predicted: np.ndarray, y: np.ndarray) -> float:
    """The share of the variance that is explained: 1 is perfect, 0 no better than the mean.

    Parameters
    ----------
    predicted, y : array of float, shape (n,) or (n, columns)

    Returns
    -------
    score : float
        Mean over the columns. Of a constant column 1 if it is met exactly, else 0.

    Examples
    --------
    >>> r2(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 4.0])).__round__(4)
    0.7857
    """
    y = np.reshape(y, (len(y), -1))
    rest = np.sum((y - np.reshape(predicted, y.shape)) ** 2, axis=0)
    spread = np.sum((y - y.mean(axis=0)) ** 2, axis=0)
    with np.errstate(all="ignore"):
        return float(np.mean(np.where(spread > 0, 1 - rest / spread, rest == 0)))


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
