"""Progress as plain lines, for files, pipes and schedulers."""

from __future__ import annotations

import math
import time
from typing import TextIO

from .history import EpochRecord, Fitted
from .step import Measured
from .text import counted, epoch_fields, speed_fields


class Lines:
    """The first epoch, the last one, and between them at most a line in so many seconds."""

    wants_every_step = False

    def __init__(self, stream: TextIO, seconds_between: float = 0.0):
        self.stream, self.seconds_between = stream, seconds_between
        self.waiting: EpochRecord | None = None

    def start(self, epochs: int, steps_per_epoch: int, steps_before: int = 0) -> None:
        self.epochs, self.steps_per_epoch = epochs, steps_per_epoch
        self.next_time = -math.inf

    def step(self, epoch: int, step: int, measured: Measured) -> None:
        pass

    def epoch(self, record: EpochRecord) -> None:
        now = time.perf_counter()
        if now < self.next_time:
            self.waiting = record
            return
        self.next_time = now + self.seconds_between
        self._print(record)

    def finish(self, fitted: Fitted | None) -> None:
        if self.waiting is not None:
            self._print(self.waiting)
        if fitted is not None and fitted.ending != "finished":
            print(fitted, file=self.stream, flush=True)

    def _print(self, record: EpochRecord) -> None:
        self.waiting = None
        steps = (record.epoch - 1) * self.steps_per_epoch + record.steps
        fields = epoch_fields(record) + speed_fields(record.seconds, steps, self.epochs * self.steps_per_epoch)
        print("  ".join([counted(record.epoch, self.epochs), *fields]), file=self.stream, flush=True)
