"""Progress as one display of a notebook: updated a few times a second, at the end a small table that stays.

The one way of this room to IPython, which is there where a notebook is.
"""

from __future__ import annotations

import html
import sys
import time
from typing import Any

from ..lazy import LazyModule
from .history import EpochRecord, Fitted
from .step import Measured
from .text import counted, losses, short, sparkline, speed_fields

SECONDS_BETWEEN = 0.25
ROWS = 10  # epochs in the table at the end

_display = LazyModule("IPython.display")


def is_notebook() -> bool:
    """Whether this process is the kernel of a notebook; asking does not import IPython."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and type(shell).__name__ == "ZMQInteractiveShell"


class Notebook:
    """One display handle for a run."""

    wants_every_step = False

    def __init__(self) -> None:
        self.handle: Any = None

    def start(self, epochs: int, steps_per_epoch: int, steps_before: int = 0) -> None:
        self.epochs, self.steps_per_epoch = epochs, steps_per_epoch
        self.steps_before, self.steps_to_go = steps_before, epochs * steps_per_epoch - steps_before
        self.records: list[EpochRecord] = []
        self.handle = _display.display(_display.HTML(""), display_id=True)
        self.began = self.next_time = time.perf_counter()

    def step(self, epoch: int, step: int, measured: Measured) -> None:
        now = time.perf_counter()
        if now >= self.next_time:
            self._show(self._line(epoch, step, measured, now))
            self.next_time = time.perf_counter() + SECONDS_BETWEEN

    def epoch(self, record: EpochRecord) -> None:
        self.records.append(record)

    def finish(self, fitted: Fitted | None) -> None:
        if self.handle is None:
            return
        note = "" if fitted is None or fitted.ending == "finished" else f"<p>{html.escape(str(fitted))}</p>"
        self._show(self._table() + note)
        self.handle = None

    def _show(self, content: str) -> None:
        self.handle.update(_display.HTML(content))

    def _line(self, epoch: int, step: int, measured: Measured, now: float) -> str:
        made = (epoch - 1) * self.steps_per_epoch + step - self.steps_before
        fields = [losses(float(measured.loss), float(measured.penalty))]
        judged = [record.validation_loss for record in self.records if record.validation_loss is not None]
        if judged:
            fields.append(f"val {short(judged[-1])} {sparkline(judged)}")
        fields += [
            f"|g| {float(measured.gradient_norm):.1e}",
            *speed_fields(now - self.began, made, self.steps_to_go),
        ]
        bar = f'<progress value="{step}" max="{self.steps_per_epoch}"></progress>'
        head = f"{counted(epoch, self.epochs)} {bar} {step}/{self.steps_per_epoch}"
        return f"<pre>{head}  {html.escape('  '.join(fields))}</pre>"

    def _table(self) -> str:
        """The last epochs; a column for what there is."""
        columns = {
            "epoch": [str(record.epoch) for record in self.records],
            "loss": [short(record.loss + record.penalty) for record in self.records],
            "validation loss": [short(r.validation_loss) for r in self.records if r.validation_loss is not None],
            "score": [f"{record.score:.4f}" for record in self.records if record.score is not None],
        }
        columns = {name: cells[-ROWS:] for name, cells in columns.items() if cells}
        head = "".join(f"<th>{name}</th>" for name in columns)
        rows = "".join(
            "<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>"
            for row in zip(*columns.values(), strict=True)
        )
        curve = sparkline([record.monitored for record in self.records], length=40)
        return f"<table><tr>{head}</tr>{rows}</table><pre>{curve}</pre>" if columns else ""
