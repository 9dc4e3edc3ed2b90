"""What the operating system says about a file, in one sentence."""

from __future__ import annotations

import errno
import os
import stat
from typing import BinaryIO

from ..errors import FileError

Path = str | os.PathLike[str]

SENTENCES = {
    errno.ENOENT: "is not there",
    errno.ENOTDIR: "is not there: a part of its path is a file",
    errno.EISDIR: "is a folder",
    errno.ENOSPC: "cannot be written: the disk is full",
    errno.EDQUOT: "cannot be written: the disk quota is used up",
    errno.EFBIG: "cannot be written: files may not be as large as this",
    errno.EROFS: "cannot be written: the file system is read-only",
}


def trouble(path: Path, error: OSError, verb: str) -> FileError:
    """The FileError for what happened when a file was to be "read" or "written"."""
    if error.errno in (errno.EACCES, errno.EPERM):
        return FileError(f"{path} may not be {verb} by this user")
    said = error.strerror or str(error) or type(error).__name__
    return FileError(f"{path} {SENTENCES.get(error.errno or 0, f'cannot be {verb}: {said}')}")


def named(path: Path) -> str:
    """A path as text.

    Raises
    ------
    FileError
        If it cannot be the path of a file.
    """
    text = os.fsdecode(path)
    if not text or "\0" in text:
        raise FileError(f"{text!r} is no path of a file")
    return text


def opened(path: Path) -> BinaryIO:
    """A regular file, open for reading.

    Parameters
    ----------
    path : path

    Returns
    -------
    file : binary file
        To be used in a `with` statement.

    Raises
    ------
    FileError
        If it is not there, is a folder or a device, or may not be read.

    Examples
    --------
    >>> try:
    ...     opened("no/such/file")
    ... except FileError as error:
    ...     print(error.what)
    no/such/file is not there
    """
    text = named(path)
    try:
        mode = os.stat(text).st_mode
        if not stat.S_ISREG(mode):  # opening a pipe would wait for its other end
            raise irregular(text, mode)
        return open(text, "rb")
    except FileError:
        raise
    except OSError as error:
        raise trouble(text, error, "read") from error


def irregular(path: Path, mode: int) -> FileError:
    """What stands there is no file that could be read or replaced."""
    return FileError(f"{path} is a folder" if stat.S_ISDIR(mode) else f"{path} is no regular file")
