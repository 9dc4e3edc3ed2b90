"""Rows in files that are larger than memory: mapped, shuffled by blocks, read ahead."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any, final

import numpy as np

from ..errors import ArgumentError, ShapeError
from ..files.trouble import Path
from .chunks import Rows, chunks_of
from .conversion import convert, dtype_for
from .memory_map import mapped
from .pages import Pages
from .reading_ahead import ahead
from .source import Chunk

BLOCK_BYTES = 1 << 20  # that a disk reads in one go at about its full speed
BLOCKS = 64
AHEAD = 8  # blocks that the disk is told of before they are read, and that are kept after it


@final
class MappedRows:
    """Rows of arrays that lie in files, or in memory, for `chainrule.training.fit`.

    An epoch reads blocks of rows in random order and shuffles the rows of 64 of them together, while a thread reads the
    next 64. So memory holds two buffers of 64 MiB, however large the files are. The order follows from the seed alone.

    Parameters
    ----------
    arrays : sequence of array or path
        Samples, targets, and what else the objective takes for each row: each an array, such as an `np.memmap`, or the
        path of a `.npy` file. Those in C order are read fastest.
    dtype : dtype, or sequence of dtype or None, optional
        In which the samples, the first array, are used: a file of float64 trained on in float32, say, or pixels of
        uint8. Of several, each is for one array; None leaves it as it is.
    prepare : callable, optional
        ``prepare(*rows)`` is called for all rows, some at a time, and changes them in place (to scale them, say), or
        raises. It is called in the thread that reads.
    block_bytes : int
        Of the rows of a block, on the disk or in memory, whichever is more.
    blocks : int
        How many are shuffled together.

    Raises
    ------
    FileError
        If a file is not there, or is no `.npy` file.
    ShapeError
        If the arrays differ in length, or have no rows.
    DtypeError
        If one holds no numbers, or would lose more than digits.
    DataError
        In training, if a number is too large for the dtype.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "x.npy")
    ...     np.save(path, np.arange(12.0).reshape(6, 2))
    ...     source = MappedRows([path, np.arange(6)], dtype=np.float32)
    ...     for (x, y), order in source.chunks(None, batch_size=2):
    ...         print(x.dtype, x[order[4:]].tolist(), y[order[4:]])
    float32 [[8.0, 9.0], [10.0, 11.0]] [4 5]
    """

    def __init__(
        self,
        arrays: Sequence[np.ndarray | Path],
        dtype: Any = None,
        *,
        prepare: Callable[..., object] | None = None,
        block_bytes: int = BLOCK_BYTES,
        blocks: int = BLOCKS,
    ):
        names = [f"array {k + 1}" if isinstance(x, np.ndarray) else os.fsdecode(x) for k, x in enumerate(arrays)]
        self.arrays = tuple(x if isinstance(x, np.ndarray) else mapped(x) for x in arrays)
        counts = {len(x) if x.ndim else 0 for x in self.arrays}
        if len(counts) != 1 or 0 in counts:
            shapes = ", ".join(f"{name} {x.shape}" for name, x in zip(names, self.arrays, strict=True))
            raise ShapeError("rows are as many in each array, and at least one", got=shapes or "no array")
        wanted = dtype if isinstance(dtype, tuple | list) else [dtype, *[None] * (len(arrays) - 1)]
        if len(wanted) != len(self.arrays):
            raise ShapeError("there is one dtype, or one for each array", got=f"{len(wanted)} for {len(arrays)} arrays")
        self.dtypes = tuple(
            dtype_for(x.dtype, None if each is None else np.dtype(each), name)
            for x, each, name in zip(self.arrays, wanted, names, strict=True)
        )
        self._names, self._prepare, self._blocks = names, prepare, blocks
        self._pages = [Pages.of(x) for x in self.arrays]
        on_disk = sum(x.nbytes for x in self.arrays)
        in_memory = sum(x.size * each.itemsize for x, each in zip(self.arrays, self.dtypes, strict=True))
        (self._count,) = counts
        self._rows = max(1, block_bytes * self._count // max(on_disk, in_memory, 1))
        self._starts = np.arange(0, self._count, self._rows)

    def __len__(self) -> int:
        return self._count

    def split(self, share: float, rng: int | np.random.Generator) -> tuple[MappedRows, MappedRows]:
        """The rows of some blocks, drawn at random, as a source of their own, and those of all others.

        Nothing is read or copied.

        Parameters
        ----------
        share : float
            Of the blocks, that is of the rows but for a block: 0 < share < 1. Each source has one block at least.
        rng : int or numpy.random.Generator

        Returns
        -------
        drawn, others : MappedRows

        Raises
        ------
        ArgumentError
            If share is not between 0 and 1, or there is one block only.

        Examples
        --------
        >>> drawn, others = MappedRows([np.arange(10.0)], block_bytes=16).split(0.4, 0)
        >>> len(drawn), len(others)
        (4, 6)
        """
        if not 0 < share < 1:
            raise ArgumentError("a share of the rows is between 0 and 1", got=f"share={share!r}")
        count = len(self._starts)
        if count < 2:
            raise ArgumentError("one block of rows cannot be split", got=f"{len(self)} rows", wanted="smaller blocks")
        drawn = np.zeros(count, bool)
        size = min(max(1, round(share * count)), count - 1)
        drawn[np.random.default_rng(rng).choice(count, size, replace=False)] = True
        parts = copy.copy(self), copy.copy(self)
        for part, chosen in zip(parts, (drawn, ~drawn), strict=True):
            part._starts = self._starts[chosen]
            part._count = int(np.minimum(self._rows, len(self.arrays[0]) - part._starts).sum())
        return parts

    def chunks(self, seed: np.random.SeedSequence | None, batch_size: int) -> Generator[Chunk]:
        """The rows of an epoch: without a seed in their order, with one shuffled by blocks."""
        generator = None if seed is None else np.random.default_rng(seed)
        starts = self._starts if generator is None else generator.permutation(self._starts)
        rows = self._blocks * self._rows
        blocks = self._in_turn(self._all_blocks(starts))
        return ahead(chunks_of(blocks, len(self), rows, batch_size, self._empty, generator))

    def _all_blocks(self, starts: np.ndarray) -> list[_Block]:
        end = len(self.arrays[0])
        return [_Block(self, start, min(start + self._rows, end)) for start in starts.tolist()]

    def _in_turn(self, blocks: list[_Block]) -> Iterator[_Block]:
        """Blocks, while the disk already works for those that follow."""
        pages = [each for each in self._pages if each is not None]
        for k, block in enumerate(blocks):
            for later in blocks[:AHEAD] if not k else blocks[k + AHEAD - 1 : k + AHEAD]:
                later.expect()
            yield block
            if k % AHEAD == 0 or k == len(blocks) - 1:
                for each in pages:
                    each.forget()

    def _empty(self, count: int) -> Rows:
        return tuple(np.empty((count, *x.shape[1:]), each) for x, each in zip(self.arrays, self.dtypes, strict=True))

    def _read(self, start: int, stop: int, into: Rows) -> None:
        for x, name, out in zip(self.arrays, self._names, into, strict=True):
            convert(x[start:stop], out, name)
        if self._prepare is not None:
            self._prepare(*into)


class _Block:
    """Neighboring rows."""

    def __init__(self, source: MappedRows, start: int, stop: int):
        self._source, self._start, self._stop = source, start, stop

    def __len__(self) -> int:
        return self._stop - self._start

    def expect(self) -> None:
        """It is read soon."""
        for x, pages in zip(self._source.arrays, self._source._pages, strict=True):
            if pages is not None:
                pages.expect(x[self._start : self._stop])

    def read(self, start: int, stop: int, into: Rows) -> None:
        self._source._read(self._start + start, self._start + stop, into)
