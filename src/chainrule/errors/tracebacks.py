"""Hide our frames from the user's traceback; CHAINRULE_TRACEBACK=full shows them."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from types import TracebackType
from typing import ParamSpec, TypeVar

from .classes import ChainruleError, MutationError
from .origin import OURS

NUMPY_HIDES = "setting an array element with a sequence"  # what it says where an array cannot be converted

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
        except ValueError as error:
            if not (isinstance(error.__cause__, ChainruleError) and str(error).startswith(NUMPY_HIDES)):
                raise
            raise _unhidden(error.__cause__).with_traceback(_without_ours(error.__traceback__)) from None

    return entry


def _unhidden(reason: ChainruleError) -> MutationError:
    """What NumPy hides behind its own words."""
    return MutationError(
        "a traced value is written into a plain array, which cannot hold it",
        where=reason.where,
        got=reason.got,
        wanted="an array that is made inside the traced function, by a function of NumPy: np.zeros, np.array...",
        try_="np.array(y) instead of y.copy() where it is made, or np.zeros_like(x) of a traced x",
    )


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
