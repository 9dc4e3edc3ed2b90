"""Whether the user's program would handle an exception that is raised now: read from the tables of its code."""

from __future__ import annotations

import dis
import sys
from types import CodeType

from .origin import LIBRARIES

_HANDLER = dis.opmap["PUSH_EXC_INFO"]  # how `except`, `finally` and the end of `with` begin
_ranges: dict[int, tuple[CodeType, list[tuple[int, int]]]] = {}  # by the code's id; the code is kept, so that it stays


def would_be_handled() -> bool:
    """Whether the instruction of a user's frame, of those since this package called the user, stands in a `try`.

    A `with` counts as one: it may suppress what is raised in it.
    """
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(LIBRARIES):
        frame = frame.f_back
    while frame is not None and not frame.f_code.co_filename.startswith(LIBRARIES):
        at = frame.f_lasti
        if any(start <= at < end for start, end in _handled(frame.f_code)):
            return True
        frame = frame.f_back
    return False


def _handled(code: CodeType) -> list[tuple[int, int]]:
    """The ranges of instructions that a handler stands behind."""
    known = _ranges.get(id(code))
    if known is None:
        entries = dis.Bytecode(code).exception_entries if code.co_exceptiontable else ()
        found = [(each.start, each.end) for each in entries if code.co_code[each.target] == _HANDLER]
        known = _ranges[id(code)] = code, found
    return known[1]
