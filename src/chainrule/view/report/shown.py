"""A run with what the page shows of it, computed once: its columns, its layers, its best epoch."""

from __future__ import annotations

import dataclasses
from typing import Any, Final, NamedTuple

import numpy as np

from ...training import Recorded

MOST: Final = 1000  # epochs that are shown


class Shown(NamedTuple):
    """A run under a name, of very many epochs some."""

    name: str
    run: Recorded
    columns: dict[str, np.ndarray]
    best: dict[str, Any] | None
    is_thinned: bool

    @classmethod
    def of(cls, run: Recorded, name: str) -> Shown:
        best = best_epoch(run)
        count = len(run.epochs)
        if count <= MOST:
            return cls(name, run, run.columns(), best, False)
        places = {round(k * (count - 1) / (MOST - 1)) for k in range(MOST)}
        epochs = [epoch for k, epoch in enumerate(run.epochs) if k in places or epoch is best]
        run = dataclasses.replace(run, epochs=epochs)
        return cls(name, run, run.columns(), best, True)


def best_epoch(run: Recorded) -> dict[str, Any] | None:
    """The epoch whose weights are kept: of those until now that with the lowest loss on the validation rows."""
    if run.ended is not None and run.ended.get("best_epoch"):
        return next((epoch for epoch in run.epochs if epoch["epoch"] == run.ended["best_epoch"]), None)
    known = [epoch for epoch in run.epochs if epoch.get("validation_loss") is not None]
    return min(known, key=lambda epoch: epoch["validation_loss"], default=None)
