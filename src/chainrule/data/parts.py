"""Rows to fit, rows to choose the best epoch by, rows to judge the result by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import ArgumentError
from .stratification import stratified_split
from .table import Table
from .target import Task, task_of


class Parts(NamedTuple):
    """Three sets of rows: to fit, to choose the best epoch, to judge the result."""

    training: Any
    validation: Any
    held_out: Any


def split(
    table: Table,
    target: str,
    fractions: Sequence[float] = (0.7, 0.1, 0.2),
    seed: int = 0,
    task: Task | None = None,
) -> Parts:
    """Divide a table at random, in classification with the same share of every class in each part.

    Parameters
    ----------
    table : Table
    target : str
        The column that is to be predicted.
    fractions : three floats
        Of the rows, for training, validation and held-out; positive, the sum is 1.
    seed : int
        The same table and seed give the same parts.
    task : {"classification", "regression"}, optional
        By default what `task_of` says.

    Returns
    -------
    training, validation, held_out : Table
        Nothing is copied. Of a class with very few rows, some parts have none.

    Raises
    ------
    UnknownNameError
        If there is no such column.
    ArgumentError
        If the fractions are not three, positive, with the sum 1.

    Examples
    --------
    >>> table = Table.of({"x": np.arange(10.0), "kind": ["a", "b"] * 5})
    >>> [len(part) for part in split(table, "kind", (0.6, 0.2, 0.2))]
    [6, 2, 2]
    """
    if len(fractions) != len(Parts._fields):
        raise ArgumentError("a table is divided into three parts", got=f"{list(fractions)}")
    return Parts(*divided(table, target, fractions, seed, task))


def divided(table: Table, target: str, fractions: Sequence[float], seed: int, task: Task | None) -> list[Table]:
    """As `split` does it, into any number of parts."""
    column = table[target]
    classes = column.coded()[1] if (task or task_of(column)) == "classification" else np.zeros(len(table), np.int64)
    return [table.take(rows) for rows in stratified_split(classes, fractions, seed)]
