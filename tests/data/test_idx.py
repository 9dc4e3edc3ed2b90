"""IDX files: every dtype and shape, plain and packed; every damage in one sentence."""

import gzip
import struct

import numpy as np
import pytest

from chainrule.data import read_idx
from chainrule.errors import FileError

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def idx(array):
    """As the format is described: a magic number, big-endian sizes, big-endian numbers."""
    code = CODES[array.dtype.str[1:]]
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, code, array.ndim]) + sizes + array.astype(array.dtype.newbyteorder(">")).tobytes()


@pytest.mark.parametrize("dtype", CODES)
@pytest.mark.parametrize("shape", [(5,), (2, 3), (2, 3, 4), (0, 3), (1, 1, 1, 2)])
def test_arrays_come_as_they_were_written(tmp_path, dtype, shape):
    array = (np.arange(np.prod(shape)).reshape(shape) * 3 - (0 if dtype == "u1" else 7)).astype(dtype)
    for name, content in (("plain", idx(array)), ("packed", gzip.compress(idx(array)))):
        (tmp_path / name).write_bytes(content)
        found = read_idx(tmp_path / name)
        assert found.dtype == np.dtype(f"={dtype}") and found.dtype.isnative and found.shape == shape
        np.testing.assert_array_equal(found, array)
        found[...] = 1  # it is the reader's


def test_the_header_of_mnist(tmp_path):
    # 00000803 is the magic number of the training images: 3 axes of unsigned bytes, most significant byte first.
    (tmp_path / "x").write_bytes(bytes.fromhex("00000803 00000001 00000002 00000003 000102030405".replace(" ", "")))
    assert read_idx(tmp_path / "x").tolist() == [[[0, 1, 2], [3, 4, 5]]]


WHOLE = idx(np.arange(12, dtype=np.int16).reshape(3, 4))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "x is no IDX file"),
        (WHOLE[:3], "x is no IDX file"),
        (b"\x01" + WHOLE[1:], "x is no IDX file"),
        (b"\0\0\x0a" + WHOLE[3:], "x is no IDX file"),
        (b"\0\0\x08\0" + WHOLE[4:], "x is no IDX file"),
        (b"PK\3\4 an archive", "x is no IDX file"),
        (WHOLE[:9], "x is cut off: it ends within the sizes of its 2 axes"),
        (WHOLE[:-1], "x is cut off: it has fewer numbers than it says"),
        (WHOLE[:12], "x is cut off: it has fewer numbers than it says"),
        (WHOLE + b"\0", "x is damaged: it has more numbers than it says"),
        (b"\0\0\x0b\x04" + b"\xff" * 16 + b"\0\1", "x is cut off: it has fewer numbers than it says"),
        (b"\0\0\x0b\x41" + bytes(4 * 0x41), "x says a shape that no array can have"),
    ],
)
def test_damage(tmp_path, content, message):
    for each in (content, gzip.compress(content)):
        (tmp_path / "x").write_bytes(each)
        with pytest.raises(FileError, match=message):
            read_idx(tmp_path / "x")


def test_damage_of_what_is_packed(tmp_path):
    packed = gzip.compress(WHOLE)
    flipped = bytes([*packed[:-7], packed[-7] ^ 1, *packed[-6:]])  # of the checksum
    for content in (packed[:-9], packed[:15], packed[:3], flipped, packed[:12] + b"\xff" * 8 + packed[20:]):
        (tmp_path / "x").write_bytes(content)
        with pytest.raises(FileError, match="x is cut off or damaged"):
            read_idx(tmp_path / "x")


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(FileError, match="is not there"):
        read_idx(tmp_path / "x")
    with pytest.raises(FileError, match="is a folder"):
        read_idx(tmp_path)
