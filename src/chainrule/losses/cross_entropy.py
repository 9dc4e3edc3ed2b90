"""The loss of a classifier whose outputs are logits."""

from __future__ import annotations

import numpy as np

from ..errors import ArgumentError, DtypeError, ShapeError


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Mean cross-entropy between softmax(logits) and integer labels.

    Computed as logsumexp(z) - z[label], which stays finite where log(softmax(z)) does not.

    Parameters
    ----------
    logits : array of float, shape (n, k)
        Unnormalized log-probabilities [nat], defined up to a constant per row.
    labels : array of int, shape (n,)
        Class of each row, 0 <= label < k.

    Returns
    -------
    loss : array of float, shape ()
        Mean over rows [nat].

    Raises
    ------
    ShapeError
        If logits has no class axis, there are no rows, or rows and labels differ in number.
    DtypeError
        If labels are not integers.
    ArgumentError
        If a label is none of the classes.

    Derivative
    ----------
    (softmax(logits) - onehot(labels)) / n: block diagonal, n blocks of (1, k).

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 6.2.2.3.

    Examples
    --------
    >>> probabilities = np.array([[0.5, 0.25, 0.25]])
    >>> float(np.exp(-cross_entropy(np.log(probabilities), np.array([1]))).round(12))
    0.25
    """
    labels = _checked(logits, labels)
    # Rows are shifted so that their greatest logit is 0: exp cannot overflow, and one term of the sum is 1.
    z = logits - np.max(logits, axis=1, keepdims=True)
    # Chosen, not multiplied by 0 or 1, which would make a nan of a logit of -inf. Unlike z[np.arange(n), labels] this
    # stays a function of the labels in a graph that has them as an input.
    of_label = np.sum(np.where(labels[:, None] == np.arange(logits.shape[1]), z, 0), axis=1)
    return np.mean(np.log(np.sum(np.exp(z), axis=1)) - of_label)


def _checked(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    if not isinstance(labels, np.ndarray):
        labels = np.asarray(labels)
    if logits.ndim != 2 or labels.shape != logits.shape[:1] or 0 in logits.shape:
        raise ShapeError(
            "cross-entropy takes a row of logits and one label for each sample",
            got=f"logits {logits.shape}, labels {labels.shape}",
            wanted="logits (n, k), labels (n,), where n and k are at least 1",
        )
    if labels.dtype.kind not in "iu":
        raise DtypeError(
            "labels are the numbers of classes, so they are integers",
            got=f"labels of dtype {labels.dtype}",
            wanted="0, 1, ...",
        )
    # A negative label would count from the end, wrong in silence. Labels that are traced have no values to look at.
    if type(labels) is np.ndarray and not 0 <= labels.min() <= labels.max() < logits.shape[1]:
        wrong = labels[(labels < 0) | (labels >= logits.shape[1])][0]
        raise ArgumentError(
            f"there is no class {wrong} among {logits.shape[1]} columns of logits",
            wanted=f"labels from 0 to {logits.shape[1] - 1}",
        )
    return labels
