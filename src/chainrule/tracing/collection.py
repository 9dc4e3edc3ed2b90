"""While a function is traced, full collections of cyclic garbage wait.

All that a trace makes is alive until it ends, and grows: each full collection would walk over it in vain, which makes a
loop that records n steps cost more than n times a step. Young garbage is collected as ever.
"""

from __future__ import annotations

import gc
import threading
from typing import TYPE_CHECKING

from ..locks import in_forked_child, new_lock

if TYPE_CHECKING:
    from .trace import Trace

NEVER = 2**31 - 1  # the largest threshold

_lock = new_lock()
_traces: dict[Trace, int] = {}  # under way, with the thread of each
_threshold = 0


def postpone_full_collections(trace: Trace) -> None:
    """Until `resume_full_collections` of all traces that are under way; threads may overlap."""
    global _threshold
    with _lock:
        _traces[trace] = threading.get_ident()
        if len(_traces) == 1:
            young, middle, old = gc.get_threshold()
            if old != NEVER:
                _threshold = old
                gc.set_threshold(young, middle, NEVER)


def resume_full_collections(trace: Trace) -> None:
    """The threshold that stood before, unless somebody has set another meanwhile. It may be called again."""
    with _lock:
        if trace in _traces:
            if len(_traces) == 1:
                _restore()
            del _traces[trace]


def _restore() -> None:
    young, middle, old = gc.get_threshold()
    if old == NEVER:
        gc.set_threshold(young, middle, _threshold)


def _without_other_threads() -> None:
    for trace, thread in list(_traces.items()):
        if thread != threading.get_ident():
            del _traces[trace]
    if not _traces:
        _restore()


in_forked_child(_without_other_threads)
