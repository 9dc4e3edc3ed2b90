"""Documents: nested dicts, lists, texts, numbers, True, False and None, as JSON and back without a change."""

from __future__ import annotations

import json
import math
from typing import Any

from ..errors import ArgumentError, FileError
from .durable import write_bytes
from .trouble import Path, opened

LARGEST = 16 * 1024**2  # [bytes] of one document; parsed, it takes up to some 30 times as much


def encoded(document: dict[str, Any], indent: int | None = None) -> str:
    """The JSON text of a document from which `decoded` makes an equal one.

    Raises
    ------
    ArgumentError
        If something in it would not come back as it is.
    """
    if not isinstance(document, dict):
        raise ArgumentError("a document is a dict", got=repr(type(document)))
    try:
        fault = _fault(document, "document")
        if fault:
            raise ArgumentError(f"{fault}, which JSON does not have")
        text = json.dumps(document, allow_nan=False, ensure_ascii=False, indent=indent)
    except RecursionError as error:
        raise ArgumentError("the document is nested too deeply, or contains itself") from error
    if len(text.encode()) > LARGEST:
        raise ArgumentError(f"the document is too large: {len(text.encode())} bytes", wanted=f"at most {LARGEST}")
    return text


def _fault(value: Any, place: str) -> str | None:
    """The first part of a document that JSON would change or refuse, as the beginning of a sentence."""
    if value is None or type(value) in (bool, int):
        return None
    if type(value) is float:
        return None if math.isfinite(value) else f"{place} is {value}"
    if type(value) is str:
        return None if _is_unicode(value) else f"{place} is a text with half a letter"
    if type(value) is list:
        return next(filter(None, (_fault(each, f"{place}[{k}]") for k, each in enumerate(value))), None)
    if type(value) is dict:
        for key, each in value.items():
            if type(key) is not str or not _is_unicode(key):
                return f"{place} has the key {key!r}"
            if fault := _fault(each, f"{place}[{key!r}]"):
                return fault
        return None
    return f"{place} is of type {type(value).__name__}"


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def decoded(text: str | bytes, what: str) -> dict[str, Any]:
    """The document in a JSON text that may be anybody's.

    Raises
    ------
    FileError
        If it is none; `what` begins the sentence.
    """
    try:
        document = json.loads(text, parse_constant=_refused, parse_float=_finite)
    except RecursionError as error:
        raise FileError(f"{what} is nested too deeply") from error
    except ValueError as error:  # of JSON, of UTF-8, or of a number with thousands of digits
        raise FileError(f"{what} is no JSON document: {error}") from error
    if not isinstance(document, dict):
        raise FileError(f"{what} is no JSON object but {str(text[:20])!r}")
    return document


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _refused(text)


def _refused(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def write_json(path: Path, document: dict[str, Any]) -> None:
    """Write a document as JSON for people to read, whole or not at all.

    Parameters
    ----------
    path : path
    document : dict
        Of dicts with text keys, lists, texts, finite numbers, True, False, None. It comes back equal, floats to the
        last bit.

    Raises
    ------
    ArgumentError
        If JSON cannot hold it without a change: names the place.
    FileError
        If the file cannot be written. What stood there before is unharmed.

    Examples
    --------
    >>> import os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "net.json")
    ...     write_json(path, {"sizes": [2, 3], "rate": 0.1})
    ...     read_json(path)
    {'sizes': [2, 3], 'rate': 0.1}
    """
    write_bytes(path, (encoded(document, indent=1) + "\n").encode())


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object from a file.

    Parameters
    ----------
    path : path

    Returns
    -------
    document : dict

    Raises
    ------
    FileError
        If there is no such file, it is too large, or holds no JSON object.

    Examples
    --------
    >>> import os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "net.json")
    ...     write_bytes(path, b"[1, 2]")
    ...     try:
    ...         read_json(path)
    ...     except FileError as error:
    ...         print(error.what.replace(folder, "runs"))
    runs/net.json is no JSON object but '[1, 2]'
    """
    with opened(path) as file:
        text = file.read(LARGEST + 1)
    if len(text) > LARGEST:
        raise FileError(f"{path} is too large for a document", wanted=f"at most {LARGEST} bytes")
    try:
        return decoded(text.decode("utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        raise FileError(f"{path} is no JSON document: it is not UTF-8 text") from error
