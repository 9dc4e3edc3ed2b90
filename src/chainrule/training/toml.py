"""The one way of this room to TOML: read by Python, written by tomli-w."""

from __future__ import annotations

import tomllib
from typing import Any

from .. import files
from ..errors import FileError
from ..lazy import LazyModule

_writer = LazyModule("tomli_w")


def to_toml(values: dict[str, Any]) -> str:
    """A mapping as TOML.

    Examples
    --------
    >>> print(to_toml({"epochs": 5, "hidden": [32, 16]}), end="")
    epochs = 5
    hidden = [
        32,
        16,
    ]
    """
    return _writer.dumps(values)


def read_toml(path: str) -> dict[str, Any]:
    """The mapping in a TOML file.

    Raises
    ------
    FileError
        If it is not there, or is no TOML.
    """
    with files.opened(path) as file:
        content = file.read()
    try:
        return tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FileError(f"{path} is no TOML: {error}") from error
