"""Which pages of a mapped file a process keeps: none of those that it has read and does not need again."""

from __future__ import annotations

import mmap

import numpy as np


class Pages:
    """The pages behind an array in a mapped file.

    Parameters
    ----------
    mapping : mmap.mmap
        Whose pages are those of the file, so that nothing is lost with them.
    """

    def __init__(self, mapping: mmap.mmap):
        self._mapping = mapping
        self._start = np.frombuffer(mapping, np.uint8).ctypes.data

    @classmethod
    def of(cls, array: np.ndarray) -> Pages | None:
        """Those of an array; None where it is in no file, or has changes that are not in the file."""
        each = array
        while isinstance(each, np.ndarray):
            mapping = getattr(each, "_mmap", None)
            if isinstance(mapping, mmap.mmap):
                is_of_file = getattr(each, "mode", "c") != "c" and hasattr(mapping, "madvise")
                return cls(mapping) if is_of_file else None
            each = each.base
        return None

    def expect(self, rows: np.ndarray) -> None:
        """These are read soon: the disk may begin."""
        if rows.nbytes and rows.flags.c_contiguous:
            first = rows.ctypes.data - self._start
            start = first // mmap.PAGESIZE * mmap.PAGESIZE
            self._mapping.madvise(mmap.MADV_WILLNEED, start, first + rows.nbytes - start)

    def forget(self) -> None:
        """All that have been read; they stay in the cache of the system as long as there is room.

        All of the file, for the system maps some pages around those that are read as well.
        """
        self._mapping.madvise(mmap.MADV_DONTNEED)
