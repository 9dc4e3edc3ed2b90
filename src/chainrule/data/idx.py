"""Arrays in IDX files, the form of MNIST and of the sets that take its place; plain or packed by gzip."""

from __future__ import annotations

import gzip
import math
import zlib
from typing import Protocol

import numpy as np

from ..errors import FileError
from ..files.trouble import Path, opened, trouble

DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
GZIP = b"\x1f\x8b"
PIECE = 1 << 20


def read_idx(path: Path) -> np.ndarray:
    """The array in an IDX file.

    Parameters
    ----------
    path : path
        Whether it is packed by gzip is seen by its content.

    Returns
    -------
    array : array of uint8, int8, int16, int32, float32 or float64
        Of the shape and the dtype that the file says, in the order of bytes of this machine.

    Raises
    ------
    FileError
        If the file cannot be read, is no IDX file, or has fewer or more numbers than it says.

    Source
    ------
    LeCun, Cortes, Burges, The MNIST database of handwritten digits: "The IDX file format".

    Examples
    --------
    >>> import os, tempfile
    >>> from chainrule import files
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "labels-idx1-ubyte")
    ...     files.write_bytes(path, bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]))
    ...     read_idx(path)
    array([7, 2, 1], dtype=uint8)
    """
    with opened(path) as plain:
        try:
            packed = plain.read(len(GZIP)) == GZIP
            plain.seek(0)
            if not packed:
                return _array(plain, path)
            with gzip.GzipFile(fileobj=plain) as file:
                return _array(file, path)
        except FileError:
            raise
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise FileError(f"{path} is cut off or damaged", got=f"gzip: {error}") from error
        except OSError as error:
            raise trouble(path, error, "read") from error


class _Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


def _array(file: _Readable, path: Path) -> np.ndarray:
    start = file.read(4)
    if len(start) < 4 or start[:2] != b"\0\0" or start[2] not in DTYPES or not start[3]:
        raise FileError(
            f"{path} is no IDX file",
            got=f"it begins with {start.hex(' ') or 'nothing'}",
            wanted=f"00 00, one of {', '.join(f'{code:02x}' for code in DTYPES)}, and how many axes there are",
        )
    axes = start[3]
    sizes = file.read(4 * axes)
    if len(sizes) < 4 * axes:
        raise FileError(f"{path} is cut off: it ends within the sizes of its {axes} axes")
    shape, dtype = tuple(np.frombuffer(sizes, ">u4").tolist()), np.dtype(DTYPES[start[2]])
    wanted = math.prod(shape) * dtype.itemsize
    content = bytearray()
    while len(content) <= wanted and (piece := file.read(PIECE)):
        content += piece
    if len(content) != wanted:
        few = len(content) < wanted
        raise FileError(
            f"{path} is {'cut off' if few else 'damaged'}: it has {'fewer' if few else 'more'} numbers than it says",
            got=f"{len(content)} bytes" if few else f"more than {wanted} bytes",
            wanted=f"{wanted} bytes, for {dtype.name} of shape {shape}",
        )
    try:
        array = np.frombuffer(content, dtype).reshape(shape)
    except ValueError as error:
        raise FileError(f"{path} says a shape that no array can have", got=str(shape)) from error
    return array.astype(dtype.newbyteorder("="), copy=False)
