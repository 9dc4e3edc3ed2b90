"""What becomes of missing values: nothing that nobody chose."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

import numpy as np

from ..errors import ArgumentError, DataError
from .column import PLURALS, Column
from .table import Table

Missing = Literal["error", "mean", "median", "category", "drop"]
CHOICES: tuple[Missing, ...] = ("error", "mean", "median", "category", "drop")


def choices_for(table: Table, name: str, target: str, categories: Collection[str]) -> tuple[Missing, ...]:
    """What can be done for a column."""
    if name == target:
        return ("error", "drop")
    if table.kind(name) == "text" or name in categories:
        return ("error", "category", "drop")
    return CHOICES


def chosen(
    missing: str | Sequence[str] | Mapping[str, str],
    table: Table,
    names: Sequence[str],
    target: str,
    categories: Collection[str],
) -> dict[str, Missing]:
    """The choice for each column: the first that fits it, "error" if none does.

    Raises
    ------
    ArgumentError
        If there is no such choice, or one that was made for a column does not fit it.
    UnknownNameError
        If a choice was made for a column that is not there.
    """
    fitting = {name: choices_for(table, name, target, categories) for name in (*names, target)}
    result: dict[str, Missing] = dict.fromkeys(fitting, "error")
    if isinstance(missing, Mapping):
        for name, choice in missing.items():
            fits = choices_for(table, _there(table, name), target, categories)
            if choice not in fits:
                raise ArgumentError(
                    f"missing={choice!r} does not fit column {name!r}",
                    got="the target" if name == target else PLURALS[table.kind(name)],
                    wanted=" or ".join(map(repr, fits)),
                )
            if name in result:
                result[name] = fits[fits.index(choice)]
        return result
    several = [missing] if isinstance(missing, str) else list(missing)
    for choice in several:
        if choice not in CHOICES:
            raise ArgumentError(
                "there is no such choice for missing values", got=repr(choice), wanted=", ".join(CHOICES)
            )
    for name, fits in fitting.items():
        places = [fits.index(choice) for choice in several if choice in fits]
        if places:
            result[name] = fits[places[0]]
    return result


def _there(table: Table, name: str) -> str:
    table.kind(name)
    return name


def complete_rows(table: Table, names: Sequence[str]) -> np.ndarray:
    """The rows, counted from 0, that have a value in each of these columns."""
    complete = np.ones(len(table), bool)
    start = 0
    for part in table.parts():
        for name in names:
            complete[start : start + len(part)] &= ~part[name].missing()
        start += len(part)
    return np.flatnonzero(complete)


def unchosen(table: Table, name: str, rows: np.ndarray, fitting: Sequence[Missing]) -> DataError:
    """For missing values in training, before anybody has said what becomes of them."""
    choices = " or ".join(repr(choice) for choice in fitting if choice != "error")
    return DataError(
        f"column {name!r} of {table.source} has missing values",
        got=f"none in {table.row_numbers(rows)}",
        wanted=f"a choice for them: missing={choices}",
        try_=f'missing="{fitting[-2] if len(fitting) > 2 else fitting[-1]}"',
    )


def refuse_missing(table: Table, column: Column, choice: Missing) -> None:
    """Refuse missing values that there is no way for.

    Raises
    ------
    DataError
    """
    rows = np.flatnonzero(column.missing())
    if len(rows):
        why = "in training there were none" if choice == "error" else "such rows were left out in training"
        raise DataError(
            f"column {column.name!r} of {table.source} has missing values, and {why}",
            got=f"none in {table.row_numbers(rows)}",
            wanted="a value in every row",
        )
