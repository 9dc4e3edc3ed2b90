"""Blocks of rows, one after another, as chunks of whole batches that are shuffled within."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import Protocol

import numpy as np

from .source import Chunk

Rows = tuple[np.ndarray, ...]


class Block(Protocol):
    """Rows that lie together."""

    def __len__(self) -> int:
        """How many."""
        ...

    def read(self, start: int, stop: int, into: Rows) -> None:
        """Copy some of them, each once and in rising order."""
        ...


def chunks_of(
    blocks: Iterable[Block],
    count: int,
    rows: int,
    batch_size: int,
    empty: Callable[[int], Rows],
    generator: np.random.Generator | None = None,
) -> Generator[Chunk | None]:
    """The rows of blocks as chunks, all but the last of the same number of rows.

    Chunks lie in two buffers in turn, which all have the same shape: compiled code of one is that of all.

    Parameters
    ----------
    blocks : iterable of Block
    count : int
        The rows of all blocks together.
    rows : int
        At the most of a chunk, if that makes a batch. What a block has more goes into the next chunk.
    batch_size : int
    empty : callable
        ``empty(n)`` makes the arrays for n rows.
    generator : numpy.random.Generator, optional
        Of the order within a chunk; without, the rows stay as they lie.

    Yields
    ------
    chunk : Chunk, or None
        None after each reading.
    """
    size = min(count, max(1, rows // batch_size) * batch_size)
    # A last row alone has no batch that it could join.
    size = next((each for each in range(size, batch_size, -batch_size) if count % each != 1), size)
    buffers = [empty(size) for _ in range(2 if size < count else 1)]
    filled = read = 0
    for block in blocks:
        start = 0
        while start < len(block):
            stop = min(len(block), start + size - filled)
            after = filled + stop - start
            block.read(start, stop, tuple(x[filled:after] for x in buffers[0]))
            read += stop - start
            start, filled = stop, after
            yield None
            if filled == size or read == count:
                yield Chunk(buffers[0], np.arange(filled) if generator is None else generator.permutation(filled))
                buffers.reverse()
                filled = 0
