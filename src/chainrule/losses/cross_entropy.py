"""The loss of a classifier whose outputs are logits."""

from __future__ import annotations

import numpy as np

from .loss import loss
from .rows import is_label, labels_of, mean_over_rows


def _examples(rng: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(2 * rng.normal(size=(n, k)), rng.integers(0, k, size=n)) for n, k in ((7, 4), (5, 2), (3, 1))]


def _probabilities(logits: np.ndarray) -> np.ndarray:
    weights = np.exp(logits - np.max(logits, axis=-1, keepdims=True))
    return weights / np.sum(weights, axis=-1, keepdims=True)


def _log_frequencies(labels: np.ndarray, units: int) -> np.ndarray:
    """Those of the classes; a class without a row counts as half of one."""
    counts = np.maximum(np.bincount(labels, minlength=units), 0.5)
    return np.log(counts / len(labels))


@loss(
    "classification",
    r"\log \textstyle\sum_j e^{\hat z_j} - \hat z_y",
    "Goodfellow, Bengio, Courville, Deep Learning (2016), eq. 6.30",
    examples=_examples,
    predict=_probabilities,
    decide=lambda outputs: np.argmax(outputs, axis=-1),
    perfect=lambda labels: 40.0 * np.eye(int(labels.max()) + 1)[labels],
    prior=_log_frequencies,
)
def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Mean cross-entropy between softmax(logits) and integer labels.

    Computed as logsumexp(z) - z[label], which stays finite where log(softmax(z)) does not. PyTorch's `cross_entropy`,
    and scikit-learn's `log_loss` of the probabilities.

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
    Goodfellow, Bengio, Courville, Deep Learning (2016), eq. 6.30.

    Examples
    --------
    >>> probabilities = np.array([[0.5, 0.25, 0.25]])
    >>> float(np.exp(-cross_entropy(np.log(probabilities), np.array([1]))).round(12))
    0.25
    """
    labels = labels_of(logits, labels, "cross-entropy")
    # Rows are shifted so that their greatest logit is 0: exp cannot overflow, and one term of the sum is 1.
    z = logits - np.max(logits, axis=1, keepdims=True)
    # Chosen, not multiplied by 0 or 1, which would make a nan of a logit of -inf.
    of_label = np.sum(np.where(is_label(labels, logits.shape[1]), z, 0), axis=1)
    return mean_over_rows(np.log(np.sum(np.exp(z), axis=1)) - of_label)
