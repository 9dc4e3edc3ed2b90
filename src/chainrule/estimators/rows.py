"""Samples as the loop of training reads them: in memory, in blocks of a sparse matrix, or in blocks of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, final

import numpy as np

from ..data import Chunk, MappedRows, Source, SparseRows
from ..errors import ArgumentError
from .sklearn_loader import (
    assert_all_finite,
    check_consistent_length,
    check_feature_names,
    check_n_features,
    check_y,
    get_config,
)

LARGE = 1 << 26  # bytes from which on a memory map is read block by block


@final
class Shuffled:
    """Rows in memory, each epoch in another order; those of a sparse matrix are made dense some at a time.

    The orders are those of scikit-learn's nets: each shuffles the one before, by the same random numbers.

    Parameters
    ----------
    rows : tuple of arrays, each of shape (n, ...)
        The first may be sparse.
    random_state : numpy.random.RandomState or None
        None: as they lie.
    """

    def __init__(self, rows: tuple[Any, ...], random_state: np.random.RandomState | None):
        self.sparse = hasattr(rows[0], "toarray")
        samples = rows[0].tocsr() if self.sparse else np.ascontiguousarray(rows[0])
        self.rows = samples, *(np.ascontiguousarray(x) for x in rows[1:])
        self.order, self.random_state = np.arange(samples.shape[0]), random_state

    def __len__(self) -> int:
        return len(self.order)

    def chunks(self, seed: Any, batch_size: int) -> Iterator[Chunk]:
        """One chunk, of a sparse matrix several; the seed is not asked."""
        if self.random_state is not None:
            places = np.arange(len(self.order))
            self.random_state.shuffle(places)
            self.order = self.order[places]
        if not self.sparse:
            return iter([Chunk(self.rows, self.order)])
        rows = self.rows if self.random_state is None else tuple(x[self.order] for x in self.rows)
        return SparseRows(*rows).chunks(None, batch_size)


def source_of(
    rows: tuple[Any, ...],
    random_state: np.random.RandomState | None = None,
    check: Callable[..., object] | None = None,
) -> Shuffled | MappedRows:
    """The source of rows that suits the samples; `check` is called for those that are read from a file."""
    x, *others = rows
    if mapped(x):
        return MappedRows(rows, [weights_dtype(x), *[None] * len(others)], prepare=check)
    return Shuffled(rows, random_state)


def in_order(source: Source, count: int) -> Iterator[tuple[np.ndarray, ...]]:
    """The rows of a source as they lie, so many at a time; their arrays are filled anew with the next ones."""
    for rows, order in source.chunks(None, count):
        for start in range(0, len(order), count):
            yield tuple(x[start : min(start + count, len(order))] for x in rows)


def weights_dtype(x: Any) -> np.dtype:
    """Of a net that is trained on samples as they lie in a file: the smallest that holds them.

    float32 for what has 16 bits or fewer, float64 for integers of 32 bits or more.
    """
    return np.dtype(np.float32 if np.result_type(x.dtype, np.float32) == np.float32 else np.float64)


def mapped(X: Any) -> bool:
    """Whether samples lie in a file that is better read in blocks."""
    return isinstance(X, np.memmap) and X.nbytes >= LARGE


def validated_map(estimator: Any, X: np.memmap, reset: bool) -> np.memmap:
    """What scikit-learn's validation says of samples, without reading them: `finite` looks at them."""
    if X.ndim != 2:
        raise ValueError(f"Expected 2D array, got {X.ndim}D array instead.")
    if X.dtype.kind not in "biuf":
        raise ValueError(
            f"{'Complex data' if X.dtype.kind == 'c' else f'Samples of dtype {X.dtype} are'} not supported"
        )
    check_feature_names(estimator, X, reset=reset)
    check_n_features(estimator, X, reset=reset)
    return X


def validated_targets(estimator: Any, X: np.memmap, y: Any) -> Any:
    """The same of targets, which are read."""
    name = type(estimator).__name__
    if y is None:
        raise ValueError(f"This {name} estimator requires y to be passed, but the target y is None.")
    y = check_y(y, multi_output=True, y_numeric=estimator._y_numeric, estimator=estimator)
    check_consistent_length(X, y)
    return y


def refuse_masked(array: Any, what: str) -> None:
    """Refuse masked values: those under a mask would be learned from."""
    if isinstance(array, np.ma.MaskedArray) and np.ma.is_masked(array):
        raise ArgumentError(f"{what} has masked values, and missing ones cannot be used", try_=f"{what}.filled(0)")


def finite(estimator: Any) -> Callable[..., object] | None:
    """The check of samples that are read from a file; None where scikit-learn is told that it is not wanted."""
    if get_config()["assume_finite"]:
        return None
    name = type(estimator).__name__

    def check(x: np.ndarray, *others: np.ndarray) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            assert_all_finite(x, estimator_name=name, input_name="X")

    return check
