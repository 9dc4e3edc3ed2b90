"""Outputs and targets that fit together, and the mean over rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ArgumentError, DtypeError, ShapeError


def fitting(outputs: Any, targets: Any, loss: str) -> tuple[Any, Any]:
    """Outputs, and targets of their shape: one column of outputs may have targets without an axis for columns.

    NumPy would broadcast (n, 1) with (n,) to (n, n), wrong in silence.
    """
    if not isinstance(outputs, np.ndarray):
        outputs = np.asarray(outputs)
    if not isinstance(targets, np.ndarray):
        targets = np.asarray(targets)
    if outputs.shape == (*targets.shape, 1):
        targets = np.reshape(targets, outputs.shape)
    if outputs.ndim == 0 or outputs.shape != targets.shape or 0 in outputs.shape:
        raise ShapeError(
            f"{loss} takes one target for each output, and at least one row",
            got=f"outputs {outputs.shape}, targets {targets.shape}",
            wanted="both (n, k); or outputs (n, 1) and targets (n,)",
        )
    if targets.dtype.kind in "biu" and outputs.dtype.kind == "f":
        targets = targets.astype(outputs.dtype)  # whole numbers must not widen float32
    return outputs, targets


def has_values(array: Any) -> bool:
    """Whether an array is one in memory, a memory map too: a traced array is none by its type."""
    return issubclass(type(array), np.ndarray)


def mean_over_rows(values: Any) -> Any:
    """The sum over the columns of each row, averaged over the rows."""
    return np.sum(values) / values.shape[0]


def labels_of(outputs: Any, labels: Any, loss: str) -> Any:
    """Labels as an array, if there is one for each row of outputs and a column for each label."""
    if not isinstance(labels, np.ndarray):
        labels = np.asarray(labels)
    if outputs.ndim != 2 or labels.shape != outputs.shape[:1] or 0 in outputs.shape:
        raise ShapeError(
            f"{loss} takes a row of outputs and one label for each sample",
            got=f"outputs {outputs.shape}, labels {labels.shape}",
            wanted="outputs (n, k), labels (n,), where n and k are at least 1",
        )
    if labels.dtype.kind not in "iu":
        raise DtypeError(
            "labels are the numbers of classes, so they are integers",
            got=f"labels of dtype {labels.dtype}",
            wanted="0, 1, ...",
        )
    # A negative label would count from the end, wrong in silence. Labels that are traced have no values to look at.
    if has_values(labels) and not 0 <= labels.min() <= labels.max() < outputs.shape[1]:
        wrong = labels[(labels < 0) | (labels >= outputs.shape[1])][0]
        raise ArgumentError(
            f"there is no class {wrong} among {outputs.shape[1]} columns of outputs",
            wanted=f"labels from 0 to {outputs.shape[1] - 1}",
        )
    return labels


def is_label(labels: Any, classes: int) -> Any:
    """Where each row has the column of its label, shape (n, classes).

    Unlike an index this stays a function of the labels in a graph that has them as an input.
    """
    return labels[:, None] == np.arange(classes)


def zeros_and_ones(targets: Any, loss: str) -> None:
    """Refuse targets below 0 or above 1, where their values are known."""
    if has_values(targets) and not np.all((targets >= 0) & (targets <= 1)):
        wrong = targets[~((targets >= 0) & (targets <= 1))].flat[0]
        raise ArgumentError(f"{loss} takes targets of 0 or 1", got=f"a target of {wrong}")


def smoothed(smoothing: float, loss: str) -> bool:
    """Whether targets are smoothed, if by a share that leaves something of them."""
    if not 0 <= smoothing < 1:
        raise ArgumentError(f"{loss} smooths by a share, at least 0 and below 1", got=f"smoothing={smoothing}")
    return smoothing != 0


def is_positive(outputs: np.ndarray) -> np.ndarray:
    """Class 1 where a score or log-odds are positive, else 0; without the axis of a single column."""
    classes = (outputs > 0).astype(np.int64)
    return classes[:, 0] if classes.ndim == 2 and classes.shape[1] == 1 else classes


def columns_of(targets: np.ndarray) -> np.ndarray:
    """Targets as a matrix, for statistics of its columns."""
    targets = np.asarray(targets)
    return targets.reshape(len(targets), -1)
