"""Samples as the loop of training reads them: in memory, in blocks of a sparse matrix, or in blocks of a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, final

import numpy as np

from ..data import Chunk, MappedRows
from .sklearn_loader import check_feature_names, check_n_features

LARGE = 1 << 26  # bytes from which on a memory map is read block by block


@final
class Shuffled:
    """Rows in memory, each epoch in another order.

    The orders are those of scikit-learn's nets: each shuffles the one before, by the same random numbers.

    Parameters
    ----------
    rows : tuple of arrays, each of shape (n, ...)
    random_state : numpy.random.RandomState or None
        None: as they lie.
    """

    def __init__(self, rows: tuple[np.ndarray, ...], random_state: np.random.RandomState | None):
        self.rows = tuple(np.ascontiguousarray(x) for x in rows)
        self.order, self.random_state = np.arange(len(rows[0])), random_state

    def __len__(self) -> int:
        return len(self.order)

    def chunks(self, seed: Any, batch_size: int) -> Iterator[Chunk]:
        """One chunk; the seed is not asked."""
        if self.random_state is not None:
            places = np.arange(len(self.order))
            self.random_state.shuffle(places)
            self.order = self.order[places]
        yield Chunk(self.rows, self.order)


def source_of(rows: tuple[Any, ...], random_state: np.random.RandomState | None) -> Any:
    """The source of rows that suits the samples."""
    x, *others = rows
    if mapped(x):
        return MappedRows(rows, [weights_dtype(x), *[None] * len(others)])
    if hasattr(x, "toarray"):
        x = x.toarray()
    return Shuffled((x, *others), random_state)


def weights_dtype(x: Any) -> np.dtype:
    """Of a net that is trained on such samples."""
    return np.dtype(x.dtype if x.dtype in (np.float32, np.float64) else np.float32)


def mapped(X: Any) -> bool:
    """Whether samples lie in a file that is better read in blocks."""
    return isinstance(X, np.memmap) and X.nbytes >= LARGE


def validated_map(estimator: Any, X: np.memmap, y: Any, reset: bool) -> tuple[np.memmap, Any]:
    """What scikit-learn's validation says of an array, without reading it: training refuses what is not finite."""
    if X.ndim != 2:
        raise ValueError(f"Expected 2D array, got {X.ndim}D array instead.")
    check_feature_names(estimator, X, reset=reset)
    check_n_features(estimator, X, reset=reset)
    return X, None if y is None else np.asarray(y)
