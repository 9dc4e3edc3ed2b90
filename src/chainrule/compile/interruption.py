"""Long native calls that Ctrl-C ends: they run in a thread of their own, whose loops look at a word between steps."""

from __future__ import annotations

import contextlib
import ctypes
import threading
from collections.abc import Callable, Iterator

STOP = 8  # where the word is [bytes behind the flag that says that care is needed]; not 0: no further step
LONG = 20_000_000  # ns of work: a shorter call is not worth a thread
_LOOK = 0.05  # seconds; some systems let a signal wait until a lock is given back

_known = threading.local()


@contextlib.contextmanager
def brief_calls() -> Iterator[None]:
    """The calls within are known to end soon, however long their loops may seem: Ctrl-C waits for them."""
    before = getattr(_known, "brief", False)
    _known.brief = True
    try:
        yield
    finally:
        _known.brief = before


def interruptible(native: Callable[[], int], stop: int) -> int:
    """What a native call returns; an exception that comes meanwhile, as Ctrl-C does, stops it and goes on from here.

    Parameters
    ----------
    stop : int
        The address of the word that the call looks at.
    """
    if threading.current_thread() is not threading.main_thread() or getattr(_known, "brief", False):
        return native()  # no signal comes here, or it can wait
    word = ctypes.c_int32.from_address(stop)
    word.value = 0
    results: list[int] = []
    done = threading.Event()

    def work() -> None:
        try:
            results.append(native())
        finally:
            done.set()

    thread = threading.Thread(target=work, name="chainrule call", daemon=True)
    thread.start()
    try:
        while not done.wait(_LOOK):
            pass
    except BaseException:
        word.value = 1
        thread.join()
        raise
    finally:
        word.value = 0
    return results[0]
