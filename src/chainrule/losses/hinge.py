"""Losses that are zero as soon as the right class is ahead by a margin."""

from __future__ import annotations

import numpy as np

from .loss import loss
from .rows import fitting, is_label, is_positive, labels_of, mean_over_rows, zeros_and_ones


def _binary_examples(rng: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray]]:
    """Margins within 1/2 of 0, or beyond 3/2."""
    examples = []
    for shape in ((7,), (6, 3), (4, 2, 3)):
        sign, near = rng.choice([-1, 1], size=shape), rng.random(shape) < 0.5
        size = np.where(near, rng.uniform(0, 0.5, size=shape), rng.uniform(1.5, 3, size=shape))
        examples.append((sign * size, rng.integers(0, 2, size=shape)))
    return examples


@loss(
    "binary",
    r"\max(0, 1 - (2 y - 1) \hat z)",
    "Hastie, Tibshirani, Friedman, The Elements of Statistical Learning (2009), eq. 12.25",
    examples=_binary_examples,
    decide=is_positive,
    perfect=lambda targets: 2.0 * (2 * targets - 1),
    smooth=False,
)
def hinge(outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """What is missing to a margin of 1, for targets of 0 or 1: added over columns, mean over rows.

    For one column scikit-learn's `hinge_loss`.

    Parameters
    ----------
    outputs : array of float, shape (n, ...)
        Scores: positive for class 1.
    targets : array of int or bool, shape of outputs
        0 or 1; or outputs (n, 1) and targets (n,).

    Returns
    -------
    loss : array of float, shape ()
        In units of the outputs.

    Raises
    ------
    ShapeError
        If the shapes differ, or there are no rows.
    ArgumentError
        If a target is below 0 or above 1.

    Derivative
    ----------
    (1 - 2 y) / n where the margin is missed, else 0, at the margin too.

    Source
    ------
    Hastie, Tibshirani, Friedman, The Elements of Statistical Learning (2009), eq. 12.25.

    Examples
    --------
    >>> float(hinge(np.array([[0.5], [3.0], [1.0]]), np.array([1, 1, 0])))  # (0.5 + 0 + 2) / 3
    0.8333333333333334
    """
    outputs, targets = fitting(outputs, targets, "the hinge loss")
    zeros_and_ones(targets, "the hinge loss")
    return mean_over_rows(np.maximum(1 - (2 * targets - 1) * outputs, 0))


def _multiclass_examples(rng: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray]]:
    """Differences of scores that keep away from 1: multiples of 0.4, moved a little."""
    scores = [
        0.4 * rng.integers(-6, 7, size=shape) + rng.uniform(-0.05, 0.05, size=shape) for shape in ((7, 4), (5, 2))
    ]
    return [(outputs, rng.integers(0, outputs.shape[1], size=len(outputs))) for outputs in scores]


@loss(
    "classification",
    r"\sum_{j \ne y} \max(0, 1 + \hat z_j - \hat z_y)",
    "Weston, Watkins, Support Vector Machines for Multi-Class Pattern Recognition (1999)",
    examples=_multiclass_examples,
    decide=lambda outputs: np.argmax(outputs, axis=-1),
    perfect=lambda labels: 2.0 * np.eye(int(labels.max()) + 1)[labels],
    smooth=False,
)
def multiclass_hinge(outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """What is missing to a margin of 1 before each wrong class, added over the wrong classes: mean over rows.

    PyTorch's `multi_margin_loss` times the number of classes. scikit-learn's `hinge_loss` takes the worst wrong class.

    Parameters
    ----------
    outputs : array of float, shape (n, k)
        Scores of the classes.
    labels : array of int, shape (n,)
        Class of each row, 0 <= label < k.

    Returns
    -------
    loss : array of float, shape ()
        In units of the outputs.

    Raises
    ------
    ShapeError
        If outputs has no class axis, there are no rows, or rows and labels differ in number.
    DtypeError
        If labels are not integers.
    ArgumentError
        If a label is none of the classes.

    Derivative
    ----------
    1 / n for each wrong class that is too near, for the right one minus their number; block diagonal, n blocks (1, k).

    Source
    ------
    Weston, Watkins, Support Vector Machines for Multi-Class Pattern Recognition (ESANN 1999), the primal problem.

    Examples
    --------
    >>> float(multiclass_hinge(np.array([[2.0, 1.5, -1.0]]), np.array([0])))  # 1 + 1.5 - 2
    0.5
    """
    labels = labels_of(outputs, labels, "the hinge loss")
    right = is_label(labels, outputs.shape[1])
    of_label = np.sum(np.where(right, outputs, 0), axis=1, keepdims=True)
    return mean_over_rows(np.where(right, 0, np.maximum(1 + outputs - of_label, 0)))
