"""Rows to train on, as a loop reads them: all at once, or chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

import numpy as np


class Chunk(NamedTuple):
    """Some rows of an epoch in memory, and the order in which they are used; all of them in full batches, but the
    last chunk of an epoch. Rows that the order does not name mean nothing."""

    rows: tuple[np.ndarray, ...]
    order: np.ndarray


class Source(Protocol):
    """Rows that need not be in memory all at once."""

    def __len__(self) -> int:
        """How many rows there are."""
        ...

    def chunks(self, seed: np.random.SeedSequence | None, batch_size: int) -> Iterator[Chunk]:
        """All rows once, in the order that follows from a seed, or as they lie where there is none.

        The arrays of a chunk may be filled anew as soon as the next one is asked for.
        """
        ...


class InMemory:
    """Rows that are all there: one chunk."""

    def __init__(self, rows: tuple[np.ndarray, ...]):
        self.rows = tuple(_plain(x) for x in rows)

    def __len__(self) -> int:
        return len(self.rows[0])

    def chunks(self, seed: np.random.SeedSequence | None, batch_size: int) -> Iterator[Chunk]:
        """One chunk."""
        count = len(self)
        yield Chunk(self.rows, np.arange(count) if seed is None else np.random.default_rng(seed).permutation(count))


def _plain(x: np.ndarray) -> np.ndarray:
    """A memory map as an array like any other, and all in C order."""
    return np.ascontiguousarray(x) if type(x) in (np.ndarray, np.memmap) and x.ndim else x
