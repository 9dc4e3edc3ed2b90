"""What is told of traces: a record of each, the log `chainrule.jit`, warnings."""

from __future__ import annotations

import logging
import warnings
from typing import NamedTuple

from ...errors import ChainruleWarning, Origin, user_frame
from ...errors.origin import RawOrigin

logger = logging.getLogger("chainrule.jit")


class Retrace(NamedTuple):
    """Why a function was traced.

    Attributes
    ----------
    reason : str
        "types" (of the arguments, or values of static ones), "guard" (Python decided otherwise) or "outside" (what the
        function reads besides its arguments has changed).
    detail : str
        The types; the answer that was new; the name of what has changed.
    where, source : str
        For a guard `file:line` and the line of code, else empty.
    paths : int
        How many paths of this signature are known now.
    """

    reason: str
    detail: str
    where: str = ""
    source: str = ""
    paths: int = 1

    def __str__(self) -> str:
        place = f" at {self.where}: {self.source}" if self.where else ""
        return f"{self.reason}: {self.detail}{place} (path {self.paths})"


def place_of(origin: RawOrigin | None) -> tuple[str, str]:
    """`file:line` and the line of code."""
    if origin is None:
        return "", ""
    where = Origin(origin)
    return str(where), where.source.strip()


def log(name: str, record: Retrace) -> None:
    logger.debug("%s traced for %s", name, record)


def warn(message: str) -> None:
    """At the user's line."""
    frame = user_frame()
    where = Origin(frame) if frame else None
    warnings.warn_explicit(message, ChainruleWarning, where.path if where else "<unknown>", where.line if where else 0)
