"""Hide our frames from the user's traceback; CHAINRULE_TRACEBACK=full shows them."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from types import TracebackType
from typing import ParamSpec, TypeVar

from .classes import ChainruleError
from .origin import OURS

# What NumPy says where an array cannot be converted, and Python where code in C goes on after an error.
HIDING = ("setting an array element with a sequence", "returned a result with an exception set")

P = ParamSpec("P")
R = TypeVar("R")


def users_frames_only(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate an entry point: errors that leave it show the frames of the user's own files."""

    @functools.wraps(function)
    def entry(*args: P.args, **keywords: P.kwargs) -> R:
        __tracebackhide__ = True  # what pytest and IPython ask: this frame cannot be taken out from within
        try:
            return function(*args, **keywords)
        except ChainruleError as error:
            if os.environ.get("CHAINRULE_TRACEBACK") == "full":
                raise
            raise error.with_traceback(_without_ours(error.__traceback__)) from error.__cause__
        except (ValueError, SystemError) as error:
            if not (isinstance(error.__cause__, ChainruleError) and any(words in str(error) for words in HIDING)):
                raise
            raise error.__cause__.with_traceback(_without_ours(error.__traceback__)) from None

    return entry


def _without_ours(traceback: TracebackType | None) -> TracebackType | None:
    kept = []
    while traceback is not None:
        if not traceback.tb_frame.f_code.co_filename.startswith(OURS):
            kept.append(traceback)
        traceback = traceback.tb_next
    shortened = None
    for link in reversed(kept):
        shortened = TracebackType(shortened, link.tb_frame, link.tb_lasti, link.tb_lineno)
    return shortened
