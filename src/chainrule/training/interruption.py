"""Ctrl-C as a wish to stop, granted between two steps; a second one stops at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class StopRequest:
    """Whether somebody wants the loop to stop."""

    __slots__ = ("made",)

    def __init__(self) -> None:
        self.made = False


@contextmanager
def stop_on_interrupt() -> Iterator[StopRequest]:
    """Turn the first SIGINT within the block into a request; from then on SIGINT means what it meant before.

    Signals can only be caught in the main thread, and are left alone where they are ignored.
    """
    request = StopRequest()
    previous = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or previous in (None, signal.SIG_IGN):
        yield request
        return

    def note_request(number: int, frame: FrameType | None) -> None:
        request.made = True
        signal.signal(signal.SIGINT, previous)

    signal.signal(signal.SIGINT, note_request)
    try:
        yield request
    finally:
        if signal.getsignal(signal.SIGINT) is note_request:
            signal.signal(signal.SIGINT, previous)
