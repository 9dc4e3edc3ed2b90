"""What a generator makes, made by a thread while the item before it is in use."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from ..errors import UnsupportedError

Item = TypeVar("Item")


def ahead(items: Generator[Item | None]) -> Generator[Item]:
    """The items of a generator; one thread makes the next while one is used.

    Which items there are, and their order, does not depend on time. Whoever asks for an item is done with the one
    before it, so that two buffers in turn are enough. The thread ends with the generator that is returned, however that
    ends; where no thread can be started, items are made when they are asked for.

    Parameters
    ----------
    items : generator
        Its exceptions are raised where the item that they belong to is asked for. None is no item: it only marks where
        the work may be broken off.

    Examples
    --------
    >>> list(ahead(k if k % 2 else None for k in range(6)))
    [1, 3, 5]
    """
    process, stop = os.getpid(), threading.Event()

    def following() -> Item | None:
        for item in items:
            if item is not None or stop.is_set():
                return item
        return None

    thread = ThreadPoolExecutor(1, "chainrule-reading")
    try:
        waiting = _begun(thread, following)
        while (item := following() if waiting is None else waiting.result()) is not None:
            if waiting is not None:
                waiting = _begun(thread, following)
            yield item
            if os.getpid() != process:
                raise UnsupportedError("an epoch cannot go on in a process that was forked within it")
    finally:
        if os.getpid() == process:  # a forked child has neither the thread nor what it was about to do
            stop.set()
            thread.shutdown()
            items.close()


def _begun(thread: ThreadPoolExecutor, work: Callable[[], Item | None]) -> Future[Item | None] | None:
    """Work that a thread has been given; None where there can be no thread."""
    try:
        return thread.submit(work)
    except RuntimeError:
        return None
