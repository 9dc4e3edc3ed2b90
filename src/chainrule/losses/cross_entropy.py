"""The loss of a classifier whose outputs are logits."""

from __future__ import annotations

import numpy as np

from .loss import loss
from .rows import is_label, labels_of, mean_over_rows, smoothed


def _examples(rng: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(2 * rng.normal(size=(n, k)), rng.integers(0, k, size=n)) for n, k in ((7, 4), (5, 2), (3, 1))]


def _probabilities(logits: np.ndarray) -> np.ndarray:
    weights = np.exp(logits - np.max(logits, axis=-1, keepdims=True))
    return weights / np.sum(weights, axis=-1, keepdims=True)


def _log_frequencies(labels: np.ndarray, units: int, smoothing: float = 0.0) -> np.ndarray:
    """Those of the classes, smoothed; if they are not, a class without a row counts as half of one."""
    counts = np.maximum(np.bincount(labels, minlength=units), 0 if smoothing else 0.5)
    return np.log((1 - smoothing) * (counts / len(labels)) + smoothing / units)


def _perfect(labels: np.ndarray, smoothing: float = 0.0) -> np.ndarray:
    units = int(labels.max()) + 1
    is_class = np.eye(units)[labels]
    return np.log((1 - smoothing) * is_class + smoothing / units) if smoothing else 40.0 * is_class


@loss(
    "classification",
    r"\log \textstyle\sum_j e^{\hat z_j} - (1 - s) \hat z_y - \tfrac{s}{k} \sum_j \hat z_j",
    "Goodfellow, Bengio, Courville, Deep Learning (2016), eq. 6.30; smoothing s: Szegedy et al. (CVPR 2016), sec. 7",
    examples=_examples,
    predict=_probabilities,
    decide=lambda outputs: np.argmax(outputs, axis=-1),
    perfect=_perfect,
    prior=_log_frequencies,
    settings={"smoothing": 0.0},
)
def cross_entropy(logits: np.ndarray, labels: np.ndarray, smoothing: float = 0.0) -> np.ndarray:
    """Mean cross-entropy between softmax(logits) and integer labels.

    Computed as logsumexp(z) - z[label], which stays finite where log(softmax(z)) does not. PyTorch's `cross_entropy`,
    and scikit-learn's `log_loss` of the probabilities.

    Parameters
    ----------
    logits : array of float, shape (n, k)
        Unnormalized log-probabilities [nat], defined up to a constant per row.
    labels : array of int, shape (n,)
        Class of each row, 0 <= label < k.
    smoothing : float
        The share s of each label that is spread over all classes, 0 <= s < 1: the target of a row is
        (1 - s) onehot(label) + s / k. So no logit is driven to infinity. PyTorch's `label_smoothing`.

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
        If a label is none of the classes, or the smoothing not below 1.

    Derivative
    ----------
    (softmax(logits) - targets) / n: block diagonal, n blocks of (1, k).

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), eq. 6.30, and sec. 7.5.1 for smoothing; Szegedy, Vanhoucke,
    Ioffe, Shlens, Wojna, Rethinking the Inception Architecture for Computer Vision (CVPR 2016), sec. 7.

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
    of_target = of_label
    if smoothed(smoothing, "cross-entropy"):
        of_target = (1 - smoothing) * of_label + smoothing * np.mean(z, axis=1)
    return mean_over_rows(np.log(np.sum(np.exp(z), axis=1)) - of_target)
