"""Arrays in `.npy` files, whose values stay on the disk until they are asked for, and tables of them."""

from __future__ import annotations

import os
import tokenize

import numpy as np

from ..errors import DataError, FileError
from ..files.trouble import Path, opened
from .column import column_of
from .table import Table

MAGIC = b"\x93NUMPY"


def mapped(path: Path) -> np.ndarray:
    """The array in a file, mapped into memory.

    Raises
    ------
    FileError
        If there is none.
    """
    with opened(path) as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise FileError(f"{path} is no .npy file")
    try:
        return np.load(os.fsdecode(path), mmap_mode="r", allow_pickle=False)
    except (ValueError, TypeError, EOFError, OSError, OverflowError, SyntaxError, tokenize.TokenError) as error:
        raise FileError(f"{path} is cut off, damaged, or holds Python objects", got=str(error)) from error


def read_npy(path: Path) -> Table:
    """The table of an array: of its columns, or of its fields if it has names for them."""
    array = mapped(path)
    if array.dtype.names is not None and array.ndim == 1:
        columns = [(name, array[name]) for name in array.dtype.names]
    elif array.ndim == 1:
        columns = [("column 1", array)]
    elif array.ndim == 2:
        columns = [(f"column {k + 1}", array[:, k]) for k in range(array.shape[1])]
    else:
        raise DataError(
            f"{path} holds an array of shape {array.shape}, which is no table",
            wanted="shape (rows, columns)",
            try_=f"x.reshape({array.shape[0]}, -1)" if array.ndim > 2 and array.size else None,
        )
    return Table([column_of(name, values) for name, values in columns], str(path))
