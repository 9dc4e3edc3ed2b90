"""What a stream can show: how many letters in a line, and whether in color."""

from __future__ import annotations

import os
import shutil
from typing import TextIO


def is_colored(stream: TextIO) -> bool:
    """Whether to write in color: on a terminal, unless $NO_COLOR is set; elsewhere where $FORCE_COLOR is."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def width(stream: TextIO) -> int | None:
    """Letters in a line of a terminal; elsewhere there is no bound."""
    return shutil.get_terminal_size().columns if stream.isatty() else None
