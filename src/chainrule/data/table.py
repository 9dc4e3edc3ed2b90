"""Rows of named columns."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, final

import numpy as np

from ..errors import ArgumentError, DataError, UnknownNameError
from .column import Column, Kind, column_of

SHOWN = 5  # row numbers in a message
ROWS_OF_A_PART = 8192


@final
class Table:
    """Columns of one length, each with a name and a kind.

    Selecting rows copies nothing: the values are fetched when a column or a part is asked for. Rows are numbered from 1
    in messages, those of a file from the first below the names.

    Parameters
    ----------
    columns : sequence of Column
    source : str
        What messages call the table.

    Examples
    --------
    >>> table = Table.of({"size": [70.0, 95.0, 40.0], "city": ["Oslo", "Rome", "Oslo"]})
    >>> table
    <Table of 3 rows: size number, city text>
    >>> table.take(np.array([2, 0]))["size"].values
    array([40., 70.])
    """

    def __init__(self, columns: Sequence[Column], source: str = "the table", rows: slice | np.ndarray | None = None):
        self._columns = {column.name: column for column in columns}
        if len(self._columns) < len(columns):
            refuse_duplicates([column.name for column in columns], source)
        lengths = {len(column) for column in columns}
        if len(lengths) > 1:
            raise DataError(f"the columns of {source} differ in length", got=", ".join(map(str, sorted(lengths))))
        self.source = source
        self._rows = slice(0, *lengths or {0}) if rows is None else rows

    @classmethod
    def of(cls, columns: Mapping[str, Any], source: str = "the table") -> Table:
        """The table of arrays of one axis (or lists, or a data frame), not copied where they are numbers.

        Raises
        ------
        DataError
            If they differ in length, or one is of no known kind.
        """
        return cls([column_of(str(name), values) for name, values in columns.items()], source)

    def __len__(self) -> int:
        rows = self._rows
        return rows.stop - rows.start if isinstance(rows, slice) else len(rows)

    def __repr__(self) -> str:
        columns = ", ".join(f"{column.name} {column.kind}" for column in self._columns.values())
        return f"<Table of {len(self)} row{'s' if len(self) != 1 else ''}: {columns}>"

    @property
    def names(self) -> list[str]:
        return list(self._columns)

    def kind(self, name: str) -> Kind:
        """What a column holds: "number", "text", "boolean" or "date".

        Raises
        ------
        UnknownNameError
            If there is no such column.
        """
        return self._whole(name).kind

    def __getitem__(self, name: str) -> Column:
        """A column, with the rows of this table.

        Raises
        ------
        UnknownNameError
            If there is none of this name.
        """
        return self._whole(name).part(self._rows)

    def _whole(self, name: str) -> Column:
        if name not in self._columns:
            raise UnknownNameError(
                f"{self.source} has no column {name!r}", got=listed(self.names), try_=near(name, self.names)
            )
        return self._columns[name]

    def take(self, rows: np.ndarray) -> Table:
        """The table of some rows, counted from 0, in this order.

        Raises
        ------
        ArgumentError
            If there is no such row.
        """
        rows = np.asarray(rows)
        if rows.ndim != 1 or (rows.dtype.kind not in "iu" and rows.size):
            raise ArgumentError("rows are picked by an array of whole numbers", got=f"{rows.dtype}, shape {rows.shape}")
        if rows.size and (rows.min() < 0 or rows.max() >= len(self)):
            raise ArgumentError(
                "there is no such row", got=f"{rows.min()} to {rows.max()}", wanted=f"0 to {len(self) - 1}"
            )
        return self._selected(rows.astype(np.int64))

    def _selected(self, rows: np.ndarray) -> Table:
        ours = self._rows
        selected = rows + ours.start if isinstance(ours, slice) else ours[rows]
        return Table(list(self._columns.values()), self.source, selected)

    def parts(self, rows: int = ROWS_OF_A_PART) -> Iterator[Table]:
        """The table in parts of so many rows, the last one with what is left."""
        ours = self._rows
        for start in range(0, len(self), rows):
            stop = min(start + rows, len(self))
            part = slice(ours.start + start, ours.start + stop) if isinstance(ours, slice) else ours[start:stop]
            yield Table(list(self._columns.values()), self.source, part)

    def copied(self) -> Table:
        """The same rows by themselves, without the table that they were selected from."""
        return Table([self[name] for name in self.names], self.source)

    @property
    def numbers(self) -> np.ndarray:
        """The numbers of the rows, counted from 1 in the table that they were selected from."""
        ours = self._rows
        return 1 + (np.arange(ours.start, ours.stop) if isinstance(ours, slice) else ours)

    def row_numbers(self, rows: np.ndarray) -> str:
        """The numbers of some rows of this table, as messages have them: "rows 3, 8"."""
        numbers = self.numbers[rows]
        shown = ", ".join(map(str, numbers[:SHOWN].tolist()))
        more = f" and {len(numbers) - SHOWN} more" if len(numbers) > SHOWN else ""
        return f"row{'s' if len(numbers) > 1 else ''} {shown}{more}"


def listed(names: Sequence[str], most: int = 20) -> str:
    """Names of columns for a message."""
    shown = ", ".join(map(repr, names[:most]))
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown or "no columns"


def near(name: str, names: Sequence[str]) -> str | None:
    """Which names may have been meant."""
    by_lower = {other.strip().lower(): other for other in reversed(names)}
    close = difflib.get_close_matches(name.strip().lower(), by_lower, n=3)
    return " or ".join(repr(by_lower[lower]) for lower in close) or None


def refuse_duplicates(names: Sequence[str], source: str) -> None:
    """Refuse columns of one name.

    Raises
    ------
    DataError
    """
    for name in names:
        places = [str(k) for k, other in enumerate(names, 1) if other == name]
        if len(places) > 1:
            raise DataError(
                f"{source} has {len(places)} columns called {name!r}",
                got=f"columns {', '.join(places[:-1])} and {places[-1]}",
                wanted="a name of its own for each column",
            )
