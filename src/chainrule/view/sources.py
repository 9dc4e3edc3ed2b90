"""Places in the user's files that a document speaks of, with a few lines of code. No path of the machine."""

from __future__ import annotations

import linecache
import os
from collections.abc import Sequence
from typing import Any, Final, final

from ..errors import Origin
from ..errors.origin import RawOrigin

LINES: Final = 1  # of code before and after the one that made a variable


@final
class Sources:
    """Each place once; `found` is the list of them."""

    def __init__(self) -> None:
        self.found: list[dict[str, Any]] = []
        self._places: dict[RawOrigin, int] = {}

    def place(self, raw: RawOrigin | None) -> int | None:
        if raw is None:
            return None
        if raw not in self._places:
            self._places[raw] = len(self.found)
            self.found.append(source(Origin(raw)))
        return self._places[raw]


def source(origin: Origin) -> dict[str, Any]:
    """File, function and line, the lines around, and which columns of the line are the call."""
    line, end_line, start, end = origin.span
    first = max(1, line - LINES)
    code = _lines(origin.path, first, line + LINES)
    text = code[line - first] if line - first < len(code) else ""
    inside = len(text.encode()[:start].decode(errors="ignore"))
    last = len(text.encode()[:end].decode(errors="ignore")) if end_line == line else len(text)
    return {
        "file": origin.file,
        "function": origin.function,
        "line": line,
        "first": first,
        "code": [without_home(each) for each in code],
        "columns": [inside, last],
    }


def _lines(path: str, first: int, last: int) -> Sequence[str]:
    found = [linecache.getline(path, n).rstrip("\n") for n in range(first, last + 1)]
    while found and not found[-1]:
        found.pop()
    return found


def without_home(text: str) -> str:
    """A text of the user's program, without the place of their files."""
    home = os.path.expanduser("~")
    return text.replace(home, "~") if len(home) > 1 else text
