"""Show how training goes: on stderr, so that results can be piped; on a terminal a live line, elsewhere plain lines."""

from __future__ import annotations

import os
import sys
from typing import Literal, Protocol, TextIO, runtime_checkable

from ..errors import ArgumentError
from ..lazy import is_installed
from .bar import Bar
from .history import EpochRecord, Fitted
from .lines import Lines
from .notebook import Notebook, is_notebook
from .step import Measured

Verbosity = Literal["auto", 0, 1, 2]


@runtime_checkable
class Progress(Protocol):
    """What the loop tells about itself. `step` is called often and must cost nothing.

    Attributes
    ----------
    wants_every_step : bool, optional
        Whether `step` is called after each step, as it is where this is left out. Many steps are one call of native
        code otherwise, of less than a tenth of a second as a rule.
    """

    def start(self, epochs: int, steps_per_epoch: int, steps_before: int = 0) -> None:
        """A run begins, or goes on after some steps."""
        ...

    def step(self, epoch: int, step: int, measured: Measured) -> None: ...

    def epoch(self, record: EpochRecord) -> None: ...

    def finish(self, fitted: Fitted | None) -> None:
        """The run is over; None if it was broken off by an error."""
        ...


class Silent:
    """Shows nothing."""

    wants_every_step = False

    def start(self, epochs: int, steps_per_epoch: int, steps_before: int = 0) -> None:
        pass

    def step(self, epoch: int, step: int, measured: Measured) -> None:
        pass

    def epoch(self, record: EpochRecord) -> None:
        pass

    def finish(self, fitted: Fitted | None) -> None:
        pass


def progress_for(verbose: Verbosity | Progress = "auto", stream: TextIO | None = None) -> Progress:
    """The display for a verbosity.

    Parameters
    ----------
    verbose : {"auto", 0, 1, 2} or Progress
        "auto": the bar on a terminal, one display in a notebook, otherwise the first epoch, the last one, and at most a
        line in 30 s between them. 0: nothing. 1: the bar. 2: a line per epoch. Without the package rich, or on a
        terminal that cannot redraw, a line in a second stands for the bar.
    stream : text file, optional
        By default stderr.

    Raises
    ------
    ArgumentError
        If it is none of these.
    """
    if isinstance(verbose, Progress):
        return verbose
    if verbose in ("auto", 1) and stream is None and is_notebook():
        return Notebook()
    stream = stream or sys.stderr
    if stream is None or verbose == 0:  # a program without a console has no stderr
        return Silent()
    if verbose == 2:
        return Lines(stream)
    if verbose == "auto" and not stream.isatty():
        return Lines(stream, seconds_between=30.0)
    if verbose in ("auto", 1):
        can_redraw = is_installed("rich") and os.environ.get("TERM") != "dumb"
        return Bar(stream) if can_redraw else Lines(stream, seconds_between=1.0)
    raise ArgumentError("verbose says how progress is shown", got=f"verbose={verbose!r}", wanted="'auto', 0, 1 or 2")
