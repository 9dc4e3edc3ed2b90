"""Weighted sums brought to mean 0 and variance 1: of each unit over a batch, or of each sample over its units."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..errors import ArgumentError, ShapeError


class About(NamedTuple):
    """What a normalization does."""

    formula: str  # of the weighted sums a
    over: str
    source: str


NORMALIZATIONS = {
    "batch": About(
        r"\frac{a - E_{\mathrm{rows}}[a]}{\sqrt{V_{\mathrm{rows}}[a] + 10^{-5}}}",
        "the rows of the batch",
        "Ioffe, Szegedy, Batch Normalization (ICML 2015), Algorithms 1 and 2",
    ),
    "layer": About(
        r"\frac{a - E_{\mathrm{units}}[a]}{\sqrt{V_{\mathrm{units}}[a] + 10^{-5}}}",
        "the units of each row",
        "Ba, Kiros, Hinton, Layer Normalization (2016), eq. 3",
    ),
}
EPSILON = 1e-5  # added to the variance, so that a sum that never changes is divided by something
MOMENTUM = 0.1  # the weight of the newest batch in the running statistics


def layer_normalized(a: np.ndarray) -> np.ndarray:
    """Each sample by the mean and the variance of its own weighted sums.

    Parameters
    ----------
    a : array of float, shape (..., columns)

    Returns
    -------
    normalized : array of float, shape (..., columns)

    Derivative
    ----------
    Block diagonal, a block for each sample.

    Source
    ------
    Ba, Kiros, Hinton, Layer Normalization (2016), eq. 3.

    Examples
    --------
    >>> layer_normalized(np.array([[1.0, 3.0], [10.0, 10.0]])).round(4)
    array([[-1.,  1.],
           [ 0.,  0.]])
    """
    return _standardized(a, *_moments(a, (-1,)))


def batch_normalized(
    a: np.ndarray, running: dict[str, Any], layer: int, share: float = MOMENTUM
) -> tuple[np.ndarray, dict[str, Any]]:
    """Each column by its mean and variance over the batch, which the running statistics follow.

    Parameters
    ----------
    a : array of float, shape (..., columns)
    running : {"mean": array, shape (columns,); "variance": array, shape (columns,)}
        Of the batches before.
    layer : int
        The number of the layer, from 1, for errors.
    share : float
        What of the running statistics is this batch's.

    Returns
    -------
    normalized : array of float, shape (..., columns)
        By the biased variance, that of the batch itself.
    running : dict
        0.9 of the one before and 0.1 of this batch, whose variance is the unbiased one: the estimate of all rows'. In
        the dtypes of those before.

    Raises
    ------
    ShapeError
        If there are fewer than two rows: normalized, a single one is 0 whatever it was, and has no variance.

    Derivative
    ----------
    Each column dense over the rows, the columns apart.

    Source
    ------
    Ioffe, Szegedy, Batch Normalization (ICML 2015), Algorithms 1 and 2. PyTorch: `BatchNorm1d`, the same.

    Examples
    --------
    >>> running = {"mean": np.zeros(1), "variance": np.ones(1)}
    >>> normalized, running = batch_normalized(np.array([[1.0], [3.0]]), running, layer=1)
    >>> normalized.round(4).tolist(), running["mean"].round(4), running["variance"].round(4)
    ([[-1.0], [1.0]], array([0.2]), array([1.1]))
    """
    axes = tuple(range(a.ndim - 1))
    rows = int(np.prod(a.shape[:-1]))
    if rows < 2:
        raise ShapeError(
            f"batch normalization in layer {layer} needs two rows or more, whose variance it can take",
            got=f"a batch of {'one row' if rows else 'no rows'} in training",
            wanted="batches of two rows or more; or layer normalization",
        )
    _check(running, a.shape[-1], layer)
    mean, variance = _moments(a, axes)
    newest = {"mean": mean.reshape(-1), "variance": variance.reshape(-1) * (rows / (rows - 1))}
    followed = {
        name: ((1 - share) * before + share * newest[name]).astype(before.dtype, copy=False)
        for name, before in running.items()
    }
    return _standardized(a, mean, variance), followed


def normalized_as_before(a: np.ndarray, running: dict[str, Any], layer: int) -> np.ndarray:
    """Each column by the running statistics, so that no row depends on the others.

    Examples
    --------
    >>> normalized_as_before(np.array([[5.0]]), {"mean": np.array([1.0]), "variance": np.array([4.0])}, 1).round(4)
    array([[2.]])
    """
    _check(running, a.shape[-1], layer)
    return _standardized(a, running["mean"], running["variance"])


def _moments(a: np.ndarray, axes: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    mean = np.mean(a, axis=axes, keepdims=True)
    # Of the differences: a mean of squares less a squared mean loses all digits where the mean is large.
    return mean, np.mean(np.square(a - mean), axis=axes, keepdims=True)


def _standardized(a: np.ndarray, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
    return (a - mean) / np.sqrt(variance + EPSILON)


def _check(running: dict[str, Any], columns: int, layer: int) -> None:
    if set(running) != {"mean", "variance"}:
        raise ArgumentError(
            f"layer {layer} is normalized by running statistics",
            got=f"buffers {', '.join(map(str, running)) or 'without any'}",
            wanted="mean and variance, as net.buffers() makes them",
        )
    for name, statistic in running.items():
        if np.shape(statistic) != (columns,):
            raise ShapeError(
                f"the running {name} of layer {layer} has a number for each column of its weighted sums",
                got=f"shape {np.shape(statistic)}",
                wanted=f"({columns},)",
            )
