"""A run as its log tells it: while it goes on, after its end, and where it was broken off."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
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
        if "seconds" in columns and "steps" in columns:
            columns["seconds_per_step"] = np.diff(columns["seconds"], prepend=0.0) / columns["steps"]
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
                    table[:, place] = min(numbers), np.median(numbers), max(numbers)
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
    path = Path(folder)
    if not (path / SETTINGS).exists():
        raise FileError(f"{path} holds no training run: it has no {SETTINGS}")
    run = Recorded(path.resolve().name, read_toml(str(path / SETTINGS)))
    for name in (OLD_LOG, EVENTS):
        if (path / name).exists():
            for line in _objects(path / name):
                _take(run, line)
    return run


def _take(run: Recorded, line: dict[str, Any]) -> None:
    event = line.get("event") or ("epoch" if "epoch" in line else "resume")
    if event == "begin":
        run.begun = line
    elif event == "epoch" and isinstance(line.get("epoch"), int):
        run.epochs = [epoch for epoch in run.epochs if epoch["epoch"] < line["epoch"]]
        run.epochs.append(line)
    elif event == "resume":
        run.ended = None
    elif event == "validation":
        run.validation = line
    elif event == "end":
        run.ended = line


def _objects(path: Path) -> Iterator[dict[str, Any]]:
    """The JSON objects of the lines of a file, those left out that are none."""
    with files.opened(str(path)) as file:
        for line in file.read().splitlines():
            try:
                value = json.loads(line)
            except ValueError:  # cut off
                continue
            if isinstance(value, dict):
                yield value


def _column(numbers: list[Any]) -> np.ndarray:
    return np.array([np.nan if x is None else x for x in numbers], np.float64)
