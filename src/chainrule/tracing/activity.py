"""Which trace is active: one for each thread, none while values are computed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .trace import Trace


class _Active(threading.local):
    trace: Trace | None = None


active = _Active()


class quiet:
    """While values are computed, what runs is not traced: no array made there has to be fillable."""

    __slots__ = ("before",)

    def __enter__(self) -> None:
        self.before = active.trace
        active.trace = None

    def __exit__(self, *error: object) -> None:
        active.trace = self.before


def body_under_way() -> int:
    """A number for the body of a loop or a branch that this thread traces, 0 outside of all."""
    trace = active.trace
    return trace.body if trace is not None else 0
