"""Locks that a forked child finds open: the thread that held one when it was forked is not there any more."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable


def new_lock() -> threading.Lock:
    """A lock for the life of the process, to be made where a module is imported."""
    lock = threading.Lock()
    in_forked_child(lock._at_fork_reinit)  # type: ignore[attr-defined]
    return lock


def in_forked_child(function: Callable[[], None]) -> None:
    """Call a function in each child, before anything else runs there."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=function)
