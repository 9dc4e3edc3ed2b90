"""The folder of a run: what its files are called, and whose it is."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

from ..errors import FileError

SETTINGS, ROWS, CHECKPOINT = "settings.toml", "rows.json", "checkpoint.safetensors"


def new_folder(name: str | os.PathLike[str] | None = None) -> Path:
    """An empty folder for a run: of this name, or run, run-2, run-3...

    Raises
    ------
    FileError
        If it is there already and holds something, or cannot be made.
    """
    if name is not None:
        path = Path(name)
        if not _begun(path):
            raise FileError(
                f"{path} is there already, and nothing in it shall be lost",
                try_=f"chainrule resume {path}, or another folder",
            )
        return path
    numbered = (f"run-{k}" for k in itertools.count(2))
    return next(path for path in map(Path, itertools.chain(["run"], numbered)) if not path.exists() and _begun(path))


def _begun(path: Path) -> bool:
    """Begin a run in a folder, made if need be; False if it holds something, or another run is faster."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        if any(path.iterdir()):
            return False
        (path / SETTINGS).touch(exist_ok=False)
    except FileExistsError:
        return False
    except OSError as error:
        raise FileError(f"the folder {path} cannot be made: {error.strerror}") from error
    return True
