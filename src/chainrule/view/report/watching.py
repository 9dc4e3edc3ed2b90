"""The page of a run that is kept up to date while it goes on."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import final

from ... import files
from ...errors import FileError
from ...training import Outcome, RunReader
from ...training.prepared import Prepared
from .net import loss_graph
from .page import FILE, GRAPH_PICTURE, page_of

FIRST, BETWEEN = 5.0, 3.0  # [s] from the first epoch to the first page, and from one to the next
SHARE = 0.003  # of the time of training that writing may take


@final
class Report:
    """Writes report.html into the folder of a run, now and then and at its end.

    To be handed to `chainrule.training.train` as a watcher. Between two pages there are at least 3 s, and 333 times as
    long as the last one has taken.

    Examples
    --------
    >>> import os, tempfile
    >>> from chainrule.training import Settings, train
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     outcome = train(Settings(hidden=(4,), epochs=1), folder, verbose=0, watchers=[Report()])
    ...     os.path.exists(os.path.join(folder, "report.html"))
    True
    """

    def __init__(self) -> None:
        self._next: float | None = None
        self._reader: RunReader | None = None

    def epoch(self, folder: Path) -> None:
        """Write the page, if it is time to. Where that fails training goes on, and so does the page, later."""
        now = time.monotonic()
        if self._next is None:
            self._next = now + FIRST
        if now < self._next:
            return
        with contextlib.suppress(FileError):
            self._write(folder)
        end = time.monotonic()
        self._next = end + max(BETWEEN, (end - now) / SHARE)

    def end(self, ready: Prepared, outcome: Outcome) -> None:
        """Write the page of a run that is over, with a picture of its graph."""
        folder = outcome.folder
        graph, values = loss_graph(outcome.trained, *ready.parts.validation)
        files.write_bytes(folder / GRAPH_PICTURE, graph.to_svg(values=values).encode())
        self._write(folder)

    def _write(self, folder: Path) -> None:
        if self._reader is None:
            self._reader = RunReader(folder)
        files.write_bytes(folder / FILE, page_of([self._reader.read()], [folder], "auto", folder).encode())
