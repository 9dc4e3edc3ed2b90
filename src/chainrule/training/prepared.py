"""From settings to rows that a net can learn from, and to the net before its training."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from ..data import Parts, Preparation, Table, digits, read_table, split
from ..errors import ArgumentError, DataError
from .recipe import Recipe
from .settings import Settings
from .trained import Trained, classes_of

DIGITS = "digits"


@final
@dataclass(frozen=True)
class Prepared:
    """The rows of a run, ready for its net, and the net before training."""

    untrained: Trained
    parts: Parts  # pairs (x, y)

    def rows(self) -> dict[str, str]:
        """A digest of each part, which tells whether the rows are still the same."""
        return {name: _digest(pair) for name, pair in self.parts._asdict().items()}


def prepared(settings: Settings) -> Prepared:
    """The rows and the net that settings describe.

    Raises
    ------
    ArgumentError
        If the settings do not fit together, or the table.
    DataError
        If the table cannot be learned from as it is.
    FileError
        If it cannot be read.
    """
    if settings.target is None:
        if settings.data != DIGITS:
            raise ArgumentError(
                "which column to predict has to be said: target is missing",
                wanted=f"one of {', '.join(map(repr, table_of(settings).names))}",
            )
        settings = dataclasses.replace(settings, target="digit")
    elif settings.data != DIGITS:
        settings = dataclasses.replace(settings, data=os.path.abspath(settings.data))
    target = settings.target
    assert target is not None
    task: Any = None if settings.task == "auto" else settings.task
    table = table_of(settings)
    how: dict[str, Any] = {
        "target": target,
        "task": task,
        "missing": settings.missing,
        "ignore": settings.ignore,
        "categories": settings.categories,
        "most_categories": settings.most_categories,
    }
    Preparation.fit(table, **how)  # what cannot be used is told of the whole table, whichever part its row falls into
    shares = (1 - settings.held_out - settings.validation, settings.validation, settings.held_out)
    tables = split(table, target, shares, settings.seed, task)
    for name, part in tables._asdict().items():
        if not len(part):
            raise DataError(
                f"{table.source} has too few rows: none is left for the {name.replace('_', '-')} part",
                got=f"{len(table)} rows",
            )
    preparation = Preparation.fit(tables.training, **how)
    classes = classes_of(preparation)
    count = None if classes is None else len(classes)
    recipe = Recipe.of(settings, len(preparation.labels), count, len(tables.training))
    if recipe.loss.task == "counts":  # numbers of events are not scaled
        preparation = dataclasses.replace(
            preparation, target=dataclasses.replace(preparation.target, mean=0.0, deviation=1.0)
        )
    parts = []
    for part in tables:
        x, y = preparation(part)
        parts.append((x.astype(settings.dtype), y if classes else y.astype(settings.dtype)))
    untrained = Trained(settings, preparation, recipe, recipe.initial_parameters(settings))
    return Prepared(untrained, Parts(*parts))


def _digest(arrays: Iterable[np.ndarray]) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.shape}{array.dtype.str}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def table_of(settings: Settings) -> Table:
    """The table that the settings name."""
    if settings.data != DIGITS:
        return read_table(settings.data, **settings.reading)
    pixels, labels = digits.load()
    columns = {f"pixel_{k}": pixels[:, k].astype(np.float64) for k in range(pixels.shape[1])}
    return Table.of({**columns, "digit": labels.astype(np.int64)}, source="the digits")
