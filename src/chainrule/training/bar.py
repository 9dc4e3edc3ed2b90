"""Progress as one live line on a terminal; epochs that are done scroll away above it."""

from __future__ import annotations

import time
from typing import Any, TextIO

from . import terminal
from .history import EpochRecord, Fitted
from .step import Measured
from .text import counted, epoch_fields, fitting, losses, short, sparkline, speed_fields

BAR_WIDTH = 20
ROOM_FOR_PARTS = 80  # characters
SECONDS_BETWEEN = 0.25


class Bar:
    """Redrawn four times a second, from the training thread: a thread of its own would compete with the steps."""

    wants_every_step = False

    def __init__(self, stream: TextIO):
        self.stream = stream
        self.live: Any = None

    def start(self, epochs: int, steps_per_epoch: int, steps_before: int = 0) -> None:
        self.epochs, self.steps_per_epoch = epochs, steps_per_epoch
        self.steps_before, self.steps_to_go = steps_before, epochs * steps_per_epoch - steps_before
        self.validation_losses, self.waiting = [], None
        # The stream is a terminal, or the user has asked for a bar.
        self.console = terminal.console.Console(file=self.stream, force_terminal=True, highlight=False, markup=False)
        self.unicode = self.console.encoding.startswith("utf")
        self.live = terminal.live.Live(
            console=self.console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
        )
        self.live.start()
        self.began = self.next_time = self.next_epoch = time.perf_counter()

    def step(self, epoch: int, step: int, measured: Measured) -> None:
        now = time.perf_counter()
        if now >= self.next_time:
            self._draw(epoch, step, measured, now)
            self.next_time = time.perf_counter() + SECONDS_BETWEEN

    def epoch(self, record: EpochRecord) -> None:
        if record.validation_loss is not None:
            self.validation_losses.append(record.validation_loss)
        self.waiting = record
        now = time.perf_counter()
        if now >= self.next_epoch:
            self._scroll()
            self.next_epoch = now + SECONDS_BETWEEN

    def finish(self, fitted: Fitted | None) -> None:
        if self.live is None:
            return
        self._scroll()
        self.live.stop()
        self.live = None
        if fitted is not None and fitted.ending != "finished":
            self.console.print(str(fitted), soft_wrap=True)

    def _scroll(self) -> None:
        if self.waiting is not None:
            line = fitting([counted(self.waiting.epoch, self.epochs), *epoch_fields(self.waiting)], self.console.width)
            self.console.print(line, no_wrap=True, overflow="crop")
            self.waiting = None

    def _draw(self, epoch: int, step: int, measured: Measured, now: float) -> None:
        head, made = counted(epoch, self.epochs), (epoch - 1) * self.steps_per_epoch + step - self.steps_before
        count = f"{step:{len(str(self.steps_per_epoch))}}/{self.steps_per_epoch}"
        room = self.console.width - len(head) - BAR_WIDTH - len(count) - 6
        loss, penalty = float(measured.loss), float(measured.penalty)
        fields = [losses(loss, penalty) if room >= ROOM_FOR_PARTS else losses(loss + penalty)]
        if self.validation_losses:
            curve = sparkline(self.validation_losses) if self.unicode else ""
            fields.append(f"val {short(self.validation_losses[-1])} {curve}".rstrip())
        fields.append(f"|g| {float(measured.gradient_norm):.1e}")
        fields += speed_fields(now - self.began, made, self.steps_to_go)
        line = terminal.table.Table.grid(padding=(0, 2), expand=False)
        for _ in range(4):
            line.add_column(no_wrap=True, overflow="crop")
        bar = terminal.progress_bar.ProgressBar(self.steps_per_epoch, step, width=BAR_WIDTH)
        line.add_row(head, bar, count, fitting(fields, room))
        self.live.update(line, refresh=True)
