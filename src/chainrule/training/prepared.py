"""From settings to rows that a net can learn from, and to the net before its training."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from ..data import Parts, Preparation, Table, divided, read_table, split
from ..errors import ArgumentError, DataError
from .built_in import BUILT_IN
from .recipe import Recipe
from .settings import Settings
from .trained import Trained, classes_of

DEFAULT = Settings()


@final
@dataclass(frozen=True)
class Prepared:
    """The rows of a run, ready for its net, and the net before training."""

    untrained: Trained
    parts: Parts  # pairs (x, y)
    validation: Table  # those rows as they are in the table
    validation_numbers: np.ndarray  # of these rows in the table, from 1

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
    known = BUILT_IN.get(settings.data)
    if known is None:
        settings = dataclasses.replace(settings, data=os.path.abspath(settings.data))
        table, held_out = read_table(settings.data, **settings.reading), None
    else:
        table, held_out = known.read()
        settings = dataclasses.replace(settings, target=settings.target or known.target)
    target = settings.target
    if target is None:
        raise ArgumentError(
            "which column to predict has to be said: target is missing",
            wanted=f"one of {', '.join(map(repr, table.names))}",
        )
    task: Any = None if settings.task == "auto" else settings.task
    how: dict[str, Any] = {
        "target": target,
        "task": task,
        "missing": settings.missing,
        "ignore": settings.ignore,
        "categories": settings.categories,
        "most_categories": settings.most_categories,
    }
    Preparation.fit(table, **how)  # what cannot be used is told of the whole table, whichever part its row falls into
    tables = _divided(settings, target, task, table, held_out)
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
    untrained = Trained(
        settings, preparation, recipe, recipe.initial_parameters(settings), recipe.initial_buffers(settings)
    )
    shown = tables.validation.take(preparation.rows(tables.validation))
    return Prepared(untrained, Parts(*parts), shown.copied(), shown.numbers)


def _divided(settings: Settings, target: str, task: Any, table: Table, held_out: Table | None) -> Parts:
    """The table in three parts; in two, where rows are held out officially."""
    share = settings.validation
    if held_out is None:
        return split(table, target, (1 - settings.held_out - share, share, settings.held_out), settings.seed, task)
    if settings.held_out != DEFAULT.held_out:
        raise ArgumentError(
            f"{settings.data} has held-out rows of its own, of which no share can be chosen",
            got=f"held_out={settings.held_out:g}",
        )
    training, validation = divided(table, target, (1 - share, share), settings.seed, task)
    return Parts(training, validation, held_out)


def _digest(arrays: Iterable[np.ndarray]) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.shape}{array.dtype.str}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
