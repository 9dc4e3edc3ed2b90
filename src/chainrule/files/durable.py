"""Writing so that a file is what it was or what it shall be, whatever happens in between."""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import secrets
import stat
import time

from ..errors import FileError
from .trouble import Path, irregular, named, trouble

SUFFIX = ".partial"
ABANDONED = 3600.0  # [s] the age from which on what another process began to write is taken for left behind


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all, and safe from a loss of power when this returns.

    The bytes go into a new file in the same folder, onto the disk, and under the old name in one move. A link is
    followed: what it points at is replaced. The file keeps its mode.

    Parameters
    ----------
    path : path
    content : bytes

    Raises
    ------
    FileError
        If the file cannot be written. What stood there before is unharmed, and nothing new is left behind.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_bytes(os.path.join(folder, "a.txt"), b"new")
    ...     os.listdir(folder)
    ['a.txt']
    """
    text = named(path)
    target = os.path.realpath(text)
    folder, name = os.path.split(target)
    try:
        if not os.path.isdir(folder):
            raise FileError(f"{text} cannot be written: there is no folder {os.path.dirname(text)}")
        mode = _mode(text, target)
        partial = os.path.join(folder, f".{name}.{secrets.token_hex(4)}{SUFFIX}")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        try:
            with open(descriptor, "wb") as file:
                if mode is not None:
                    os.chmod(partial, mode)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, target)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(partial)
            raise
        _sync_folder(folder)
    except FileError:
        raise
    except OSError as error:
        raise trouble(text, error, "written") from error
    _remove_abandoned(folder, name)


def _mode(text: str, target: str) -> int | None:
    """The permissions of what stands there."""
    try:
        found = os.stat(target).st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found):
        raise irregular(text, found)
    return stat.S_IMODE(found)


def _sync_folder(folder: str) -> None:
    """Put the new name onto the disk too, where the system has a way."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # a file system that does not know it for folders
            raise
    finally:
        os.close(descriptor)


def _remove_abandoned(folder: str, name: str) -> None:
    """Remove what processes left behind that were killed while they wrote the same file."""
    for leftover in glob.iglob(os.path.join(glob.escape(folder), f".{glob.escape(name)}.????????{SUFFIX}")):
        with contextlib.suppress(OSError):
            if time.time() - os.stat(leftover).st_mtime > ABANDONED:
                os.unlink(leftover)
