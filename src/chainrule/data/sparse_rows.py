"""Rows of a sparse matrix, made dense some at a time."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, final

import numpy as np

from ..errors import ArgumentError, ShapeError
from .chunks import Rows, chunks_of
from .conversion import convert, dtype_for
from .mapped_rows import BLOCK_BYTES, BLOCKS
from .reading_ahead import ahead
from .scipy_loader import sparse
from .source import Chunk


@final
class SparseRows:
    """Rows of a sparse matrix and of arrays, for `chainrule.training.fit`.

    All rows are shuffled. They are made dense by blocks, by a thread that is one chunk of 64 blocks ahead of training,
    so that beside the matrix memory holds two buffers of 64 MiB.

    Parameters
    ----------
    x : scipy.sparse array or matrix, shape (n, d)
        The samples. What is not CSR is converted to it.
    *arrays : arrays, each of shape (n, ...)
        Targets, and what else the objective takes for each row.
    dtype : dtype, optional
        In which the samples are used; by default float32 where they are, float64 for all others.
    block_bytes : int
        Of the dense rows of a block.
    blocks : int
        How many make a chunk.

    Raises
    ------
    ArgumentError
        If x is not sparse, or has not two axes.
    ShapeError
        If the arrays differ in length, or have no rows.
    DtypeError
        If one holds no numbers, or would lose more than digits.
    DataError
        In training, if a number is too large for the dtype.

    Examples
    --------
    >>> x = sparse.csr_array(np.eye(4))
    >>> for (dense, y), order in SparseRows(x, np.arange(4)).chunks(None, batch_size=2):
    ...     print(dense[order[2:]], y[order[2:]])
    [[0. 0. 1. 0.]
     [0. 0. 0. 1.]] [2 3]
    """

    def __init__(
        self, x: Any, *arrays: np.ndarray, dtype: Any = None, block_bytes: int = BLOCK_BYTES, blocks: int = BLOCKS
    ):
        if not (sparse.issparse(x) and x.ndim == 2):
            raise ArgumentError("x is a sparse matrix of samples", got=f"{type(x).__name__}, shape {np.shape(x)}")
        shapes = [x.shape, *(each.shape for each in arrays)]
        if len({shape[:1] for shape in shapes}) > 1 or not x.shape[0]:
            raise ShapeError("rows are as many in each array, and at least one", got=", ".join(map(str, shapes)))
        wanted = dtype if dtype is not None else np.float32 if x.dtype == np.float32 else np.float64
        self.x = x.tocsr()
        self.arrays = arrays
        self.dtypes = (
            dtype_for(x.dtype, np.dtype(wanted), "x"),
            *(dtype_for(each.dtype, None, f"array {k}") for k, each in enumerate(arrays, 2)),
        )
        bytes_each = sum(each.nbytes for each in self._empty(1))
        self._rows = max(1, block_bytes // max(bytes_each, 1))
        self._blocks = blocks

    def __len__(self) -> int:
        return self.x.shape[0]

    def chunks(self, seed: np.random.SeedSequence | None, batch_size: int) -> Generator[Chunk]:
        """The rows of an epoch: without a seed in their order, with one shuffled all together."""
        count = len(self)
        order = None if seed is None else np.random.default_rng(seed).permutation(count)
        blocks = (_Block(self, start, min(start + self._rows, count), order) for start in range(0, count, self._rows))
        return ahead(chunks_of(blocks, count, self._blocks * self._rows, batch_size, self._empty))

    def _empty(self, count: int) -> Rows:
        shapes = [self.x.shape[1:], *(each.shape[1:] for each in self.arrays)]
        return tuple(np.empty((count, *shape), each) for shape, each in zip(shapes, self.dtypes, strict=True))

    def _read(self, rows: slice | np.ndarray, into: Rows) -> None:
        x = self.x[rows]
        values = np.empty(x.nnz, self.dtypes[0])
        convert(x.data, values, "x")
        sparse.csr_array((values, x.indices, x.indptr), x.shape).toarray(out=into[0])
        for each, out in zip(self.arrays, into[1:], strict=True):
            out[...] = each[rows]


class _Block:
    """Rows that come one after another in an order, or as they lie."""

    def __init__(self, source: SparseRows, start: int, stop: int, order: np.ndarray | None):
        self._source, self._start, self._stop, self._order = source, start, stop, order

    def __len__(self) -> int:
        return self._stop - self._start

    def read(self, start: int, stop: int, into: Rows) -> None:
        rows = slice(self._start + start, self._start + stop)
        self._source._read(rows if self._order is None else self._order[rows], into)
