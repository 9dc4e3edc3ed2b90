"""The graph of the last trace that failed, kept as a document of this user's: what `chainrule last` opens.

Structure, shapes, statistics and lines of the program; no array. One file, written whole or not at all, in a folder
that nobody else can read.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from .. import files
from ..errors import FileError
from ..graph import Graph
from .document import document
from .opening import open_groups
from .outline import Outline
from .picture import Picture
from .svg import to_svg
from .table import rows

SCHEMA: Final = "chainrule/last/1"
NAME: Final = "last.json"
LARGEST: Final = 64 * 1024**2  # bytes


def directory() -> Path | None:
    """Where it lies: $XDG_STATE_HOME/chainrule, or ~/.local/state/chainrule; None where there is no home."""
    base = os.environ.get("LOCALAPPDATA" if os.name == "nt" else "XDG_STATE_HOME")
    if not base:
        with contextlib.suppress(RuntimeError):
            base = str(Path.home() / ".local" / "state")
    return Path(base) / "chainrule" if base else None


def keep(graph: Graph, values: Mapping[int, Any], failure: Mapping[str, Any]) -> bool:
    """Write down a graph and why it ends where it does, in place of the last one; False where there is no place."""
    folder = directory()
    if folder is None:
        return False
    outline = Outline(graph, values, spare=True)
    opened = open_groups(outline, "auto")
    found = {
        "schema": SCHEMA,
        "program": os.path.basename(sys.argv[0]) if sys.argv else "",
        "time": time.strftime("%Y-%m-%d %H:%M:%S"),
        "failure": dict(failure),
        "graph": document(outline),
        "table": rows(outline, opened),
        "picture": to_svg(Picture(outline, opened, "compact", "value"), "auto"),
        "opened": sorted(opened),
    }
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    files.write_bytes(folder / NAME, json.dumps(found, separators=(",", ":"), allow_nan=False).encode())
    return True


def kept() -> dict[str, Any]:
    """What `keep` has written last.

    Raises
    ------
    FileError
        If there is nothing, or something else.
    """
    folder = directory()
    path = None if folder is None else folder / NAME
    if path is None or not path.is_file():
        raise FileError(
            "no graph of a failed trace is kept",
            wanted="a program that ended with an error out of a function that was being traced",
        )
    with files.opened(path) as file:
        text = file.read(LARGEST + 1)
    try:
        found = json.loads(text)
    except ValueError as error:
        raise FileError(f"{path} is no JSON document: {error}") from error
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise FileError(f"{path} is no document of {SCHEMA}", try_=f"rm {path}")
    return found
