"""A run as its log tells it: while it goes on, after its end, and where it was broken off."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, final

import numpy as np

from .. import files
from ..errors import FileError, UnsupportedError
from ..lazy import is_installed
from .events import EVENTS
from .folder import SETTINGS
from .pandas_loader import pandas
from .toml import read_toml

OLD_LOG = "log.jsonl"  # of runs before there were events: epochs alone


@final
@dataclass
class Recorded:
    """What is known of a run from the files of its folder.

    Made by `read_run`.

    Attributes
    ----------
    name : str
        Of the folder.
    settings : dict
        Those that the run was begun with.
    begun : dict
        What the log says of the beginning: rows, layers, classes...
    epochs : list of dict
        Those that count, in order: an epoch that was made again after a break stands here once.
    validation : dict or None
        What the best weights say of the validation rows; there is nothing before the run has ended.
    ended : dict or None
        How it has ended; None while it goes on, or where it was broken off.
    """

    name: str
    settings: dict[str, Any]
    begun: dict[str, Any] = field(default_factory=dict)
    epochs: list[dict[str, Any]] = field(default_factory=list)
    validation: dict[str, Any] | None = None
    ended: dict[str, Any] | None = None

    def columns(self) -> dict[str, np.ndarray]:
        """A number of each epoch, by its name; nan where there is none.

        Returns
        -------
        columns : dict from str to array of float64, shape (epochs,)
            epoch, steps, loss, penalty, gradient_norm, validation_loss, score, seconds, learning_rate;
            seconds_per_step; and for each layer the middle one of the steps that were sampled in the epoch:
            "gradient_norm of layer 1", "step_ratio of layer 1".

        Examples
        --------
        >>> run = Recorded("run", {}, epochs=[{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": None}])
        >>> run.columns()["loss"]
        array([0.5, nan])
        """
        names = dict.fromkeys(name for epoch in self.epochs for name in epoch if name not in ("event", "samples"))
        columns = {name: _column([epoch.get(name) for epoch in self.epochs]) for name in names}
        for what in ("gradient_norm", "step_ratio"):
            for layer, low_middle_high in self.by_layer(what).items():
                columns[f"{what} of {layer}"] = low_middle_high[1]
        return columns

    def by_layer(self, what: str) -> dict[str, np.ndarray]:
        """The least, the middle and the greatest of the sampled steps of each epoch, for each layer.

        Parameters
        ----------
        what : {"gradient_norm", "step_ratio"}

        Returns
        -------
        layers : dict from str to array of float64, shape (3, epochs)
            nan where no step was sampled.
        """
        found = {}
        for k, layer in enumerate(self.begun.get("layers", [])):
            table = np.full((3, len(self.epochs)), np.nan)
            for place, epoch in enumerate(self.epochs):
                seen = epoch.get("samples", {}).get(what) or []
                numbers = [x for x in (seen[k] if k < len(seen) else []) if x is not None]
                if numbers:
                    table[:, place] = min(numbers), median(numbers), max(numbers)
            found[layer["name"]] = table
        return found

    def to_frame(self) -> Any:
        """The columns as a data frame of pandas, a row for each epoch.

        Raises
        ------
        UnsupportedError
            If pandas is not installed.
        """
        if not is_installed("pandas"):
            raise UnsupportedError("a data frame needs the package pandas", try_="pip install pandas, or .columns()")
        return pandas.DataFrame(self.columns())


@final
class RunReader:
    """Reads what the folder of a run tells, again and again: each line of the log once.

    Parameters
    ----------
    folder : path

    Raises
    ------
    FileError
        If there is no run.
    """

    def __init__(self, folder: str | os.PathLike[str]):
        path = Path(folder)
        if not (path / SETTINGS).exists():
            raise FileError(f"{path} holds no training run: it has no {SETTINGS}")
        self._logs = [path / OLD_LOG, path / EVENTS]
        self._read = [0, 0]  # bytes
        self._run = Recorded(path.resolve().name, read_toml(str(path / SETTINGS)))

    def read(self) -> Recorded:
        """What the log tells until now; a last line that is cut off is left out."""
        for k, path in enumerate(self._logs):
            if path.exists():
                with files.opened(str(path)) as file:
                    file.seek(self._read[k])
                    content = file.read()
                whole = content.rfind(b"\n") + 1
                self._read[k] += whole
                for line in _objects(content[:whole]):
                    _take(self._run, line)
        return dataclasses.replace(self._run, epochs=list(self._run.epochs))


def read_run(folder: str | os.PathLike[str]) -> Recorded:
    """Read what the folder of a run tells, at any time: a last line that is cut off is left out.

    Parameters
    ----------
    folder : path
        As `train` has made it.

    Returns
    -------
    run : Recorded

    Raises
    ------
    FileError
        If there is no run.
    """
    return RunReader(folder).read()


def _take(run: Recorded, line: dict[str, Any]) -> None:
    event = line.get("event") or ("epoch" if "epoch" in line else "resume")
    if event == "begin":
        run.begun = line
    elif event == "epoch" and isinstance(line.get("epoch"), int):
        while run.epochs and run.epochs[-1]["epoch"] >= line["epoch"]:  # made again after a break
            run.epochs.pop()
        before = run.epochs[-1].get("seconds") if run.epochs else 0.0
        after, steps = line.get("seconds"), line.get("steps")
        if before is not None and after is not None and steps:
            line["seconds_per_step"] = (after - before) / steps
        run.epochs.append(line)
    elif event == "resume":
        run.ended = None
    elif event == "validation":
        run.validation = line
    elif event == "end":
        run.ended = line


def _objects(content: bytes) -> Iterator[dict[str, Any]]:
    """The JSON objects of lines, those left out that are none."""
    for line in content.splitlines():
        try:
            value = json.loads(line)
        except ValueError:  # cut off by a break
            continue
        if isinstance(value, dict):
            yield value


def _column(numbers: list[Any]) -> np.ndarray:
    return np.array([np.nan if x is None else x for x in numbers], np.float64)
