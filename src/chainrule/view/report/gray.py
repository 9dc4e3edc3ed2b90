"""Shades of gray as a PNG file."""

from __future__ import annotations

import struct
import zlib


def gray_png(shades: bytes, rows: int, columns: int) -> bytes:
    """The file of a picture.

    Parameters
    ----------
    shades : bytes
        0 is black, 255 white; row after row.
    rows, columns : int

    Source
    ------
    Portable Network Graphics (PNG) Specification, third edition, W3C (2025), sec. 5, 11.2: grayscale of 8 bits.
    """
    lines = b"".join(b"\0" + shades[k * columns : (k + 1) * columns] for k in range(rows))
    head = struct.pack(">IIBBBBB", columns, rows, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
