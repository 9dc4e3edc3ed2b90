"""The log of a run: a line of JSON for each thing that happens, appended to a file that anybody can read."""

from __future__ import annotations

import dataclasses
import json
import math
import os
from pathlib import Path
from typing import Any

from ..errors import FileError
from .history import EpochRecord
from .samples import Samples

EVENTS = "events.jsonl"
SCHEMA = "chainrule/events/1"
NUMBERS = tuple(field.name for field in dataclasses.fields(EpochRecord))


class Events:
    """Appends to the log.

    Every line is an object; its "event" says of which kind. "begin": what is trained, with which settings. "epoch": an
    `EpochRecord`, and what `Samples` has seen in it. "resume": the run goes on after so many steps; an epoch that is
    made again stands there again, with the same losses. "validation": what the best weights say of the validation
    rows. "end": how the run ended. What is not finite is null.

    Parameters
    ----------
    path : path
        A line that was cut off there by a broken run is left alone, and a new one begun.
    samples : Samples
    """

    def __init__(self, path: Path, samples: Samples):
        self.samples = samples
        try:
            self._file = path.open("ab+")
            self.is_new = not self._file.seek(0, os.SEEK_END)
            self._end_line()
        except OSError as error:
            raise FileError(f"{path} cannot be written: {error.strerror}") from error

    def __enter__(self) -> Events:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def __call__(self, record: EpochRecord, parameters: Any) -> None:
        """Append an epoch; a callback of `fit`."""
        numbers = {name: getattr(record, name) for name in NUMBERS}
        self.write("epoch", numbers | {"samples": self.samples.taken()})

    def write(self, event: str, values: dict[str, Any]) -> None:
        """Append a line."""
        line = {"event": event, **values}
        try:
            text = json.dumps(line, allow_nan=False)
        except ValueError:
            text = json.dumps(_finite(line))
        self._file.write(f"{text}\n".encode())
        self._file.flush()

    def _end_line(self) -> None:
        if not self.is_new:
            self._file.seek(-1, os.SEEK_END)
            if self._file.read(1) != b"\n":
                self._file.write(b"\n")


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
