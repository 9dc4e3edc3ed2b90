"""While a function is traced, full collections of cyclic garbage wait.

All that a trace makes is alive until it ends, and grows: each full collection would walk over it in vain, which makes a
loop that records n steps cost more than n times a step. Young garbage is collected as ever.
"""

from __future__ import annotations

import gc
import threading

NEVER = 2**31 - 1  # the largest threshold

_lock = threading.Lock()
_traces = 0
_threshold = 0


def postpone_full_collections() -> None:
    """To be undone by as many calls of `resume_full_collections`; threads may overlap."""
    global _traces, _threshold
    with _lock:
        _traces += 1
        if _traces == 1:
            young, middle, _threshold = gc.get_threshold()
            gc.set_threshold(young, middle, NEVER)


def resume_full_collections() -> None:
    """The threshold that stood before, unless somebody has set another meanwhile."""
    global _traces
    with _lock:
        _traces -= 1
        if not _traces:
            young, middle, old = gc.get_threshold()
            if old == NEVER:
                gc.set_threshold(young, middle, _threshold)
