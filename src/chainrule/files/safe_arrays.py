"""Arrays by name and a document in one safetensors file: plain bytes behind a header, nothing to be executed."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np

from ..errors import ArgumentError, DtypeError, FileError
from .documents import LARGEST, decoded, encoded
from .durable import write_bytes
from .safetensors_loader import safetensors, safetensors_numpy
from .trouble import Path, opened

VERSION = 1
SCHEMA = "chainrule/file/"  # and the version
RESERVED = "__metadata__"  # what safetensors keeps its texts under
OURS = "chainrule"  # the only one of them: with several, equal contents would not give equal files
DTYPES = {
    "BOOL": "bool",
    **{f"{kind}{8 * size}": f"{letter}{size}" for kind, letter in (("I", "i"), ("U", "u")) for size in (1, 2, 4, 8)},
    **{f"F{8 * size}": f"f{size}" for size in (2, 4, 8)},
}
_STORABLE = {np.dtype(code) for code in DTYPES.values()}


def save(path: Path, arrays: Mapping[str, np.ndarray], document: dict[str, Any]) -> None:
    """Write arrays and a document into one safetensors file, whole or not at all.

    Parameters
    ----------
    path : path
    arrays : mapping from str to array
        Of booleans, integers or floats of 2, 4 or 8 bytes; any layout and byte order.
    document : dict
        As in `write_json`: stands in the header, where other programs can read it too.

    Raises
    ------
    DtypeError
        If safetensors has no such numbers: complex, longdouble, text, objects.
    ArgumentError
        If a name is none, or JSON cannot hold the document without a change.
    FileError
        If the file cannot be written. What stood there before is unharmed.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "net.safetensors")
    ...     save(path, {"W": np.ones((2, 1)), "b": np.zeros(1)}, {"activation": "tanh"})
    ...     load(path)
    ({'W': array([[1.], [1.]]), 'b': array([0.])}, {'activation': 'tanh'})
    """
    text = f'{{"schema": "{SCHEMA}{VERSION}", "document": {encoded(document)}}}'
    content = safetensors_numpy.save({_name(name): _storable(name, a) for name, a in arrays.items()}, {OURS: text})
    header = int.from_bytes(content[:8], "little")
    if header > LARGEST:
        raise ArgumentError(f"the document and the names are too large: {header} bytes", wanted=f"at most {LARGEST}")
    write_bytes(path, content)


def _name(name: Any) -> str:
    if not isinstance(name, str) or name == RESERVED:
        raise ArgumentError(f"the name of an array is a text other than {RESERVED}", got=repr(name))
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise ArgumentError("the name of an array is a text with half a letter", got=repr(name)) from error
    return name


def _storable(name: str, value: Any) -> np.ndarray:
    """In C order and this machine's byte order."""
    array = np.asarray(value)
    dtype = array.dtype.newbyteorder("=")
    if dtype not in _STORABLE or isinstance(value, np.ma.MaskedArray):
        got = "a masked array" if isinstance(value, np.ma.MaskedArray) else f"dtype {dtype}"
        hint = f"two arrays, of {name}.real and {name}.imag" if dtype.kind == "c" else None
        raise DtypeError(
            f"the array {name} cannot be stored",
            got=got,
            wanted="booleans, integers or floats of at most 8 bytes",
            try_=hint,
        )
    return np.asarray(array, dtype, order="C")


def load(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read what `save` wrote.

    The header is looked at before anything else is read, and no more memory is taken than the file is long.

    Parameters
    ----------
    path : path

    Returns
    -------
    arrays : dict from str to array
        In the order of their names.
    document : dict

    Raises
    ------
    FileError
        If there is no such file, or it is no safetensors file, cut off, damaged, another program's, or of a version
        that this one does not know.

    Examples
    --------
    >>> try:
    ...     load("no/such/file")
    ... except FileError as error:
    ...     print(error.what)
    no/such/file is not there
    """
    with opened(path) as file:
        document = _checked_document(path, file)
        try:
            with safetensors.safe_open(os.fsdecode(path), framework="np") as tensors:
                # Sorted, since the order in the file is by size of element.
                arrays = {name: tensors.get_tensor(name) for name in sorted(tensors.keys())}
        except safetensors.SafetensorError as error:
            raise FileError(f"{path} is damaged: {error}") from error
        except MemoryError as error:
            raise FileError(f"{path} holds more than fits into memory") from error
    return arrays, document


def _checked_document(path: Path, file: BinaryIO) -> dict[str, Any]:
    """What stands in the header of one of our files beside the places of the arrays, which have been looked at."""
    size = os.fstat(file.fileno()).st_size
    start = file.read(9)
    if not start:
        raise FileError(f"{path} is empty")
    length = int.from_bytes(start[:8], "little")
    if len(start) < 9 or start[8:] != b"{":
        raise FileError(f"{path} is no safetensors file")
    if length > LARGEST:
        raise FileError(f"{path} is damaged or no safetensors file: its header claims {length} bytes")
    if 8 + length > size:
        raise FileError(f"{path} is cut off: its header has {length} bytes, the whole file {size}")
    header = decoded(start[8:] + file.read(length - 1), f"the header of {path}")
    document = _document(path, header.pop(RESERVED, None))
    try:
        unknown = {str(entry["dtype"]) for entry in header.values()} - DTYPES.keys()
        end = max((int(entry["data_offsets"][1]) for entry in header.values()), default=0)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise FileError(f"the header of {path} is damaged") from error
    if unknown:
        raise FileError(f"{path} holds numbers that NumPy does not have: {', '.join(sorted(unknown))}")
    if 8 + length + end > size:
        raise FileError(f"{path} is cut off: {8 + length + end - size} bytes are missing")
    return document


def _document(path: Path, metadata: Any) -> dict[str, Any]:
    text = metadata.get(OURS) if isinstance(metadata, dict) else None
    if not isinstance(text, str):
        raise FileError(f"{path} was not written by chainrule")
    inner = decoded(text, f"the document in {path}")
    schema = inner.get("schema")
    version = re.fullmatch(rf"{SCHEMA}([1-9]\d{{0,8}})", schema, re.ASCII) if isinstance(schema, str) else None
    if version is None:
        raise FileError(f"{path} was not written by chainrule")
    if int(version[1]) > VERSION:
        raise FileError(
            f"{path} was written by a newer chainrule",
            got=f"format {version[1]}",
            wanted=f"format {VERSION}, or an older one",
            try_="pip install --upgrade chainrule",
        )
    document = inner.get("document")
    if not isinstance(document, dict):
        raise FileError(f"the header of {path} is damaged: there is no document in it")
    return document
