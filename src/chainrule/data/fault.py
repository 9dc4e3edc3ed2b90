"""What is wrong with a column, in one sentence with its rows."""

from __future__ import annotations

import numpy as np

from ..errors import DataError
from .column import PLURALS, Column, Kind
from .table import Table
from .words import is_like_a_number, is_number

MOST_EXACT = 2**53  # the whole numbers up to here are floats


def texts_among_numbers(table: Table, column: Column) -> DataError:
    """For a column of texts that should be, or nearly is, one of numbers."""
    wrong = np.array([not is_number(text) for text in column.categories] + [False])
    rows = np.flatnonzero(wrong[column.values])
    others = list(dict.fromkeys(column.categories[column.values[row]] for row in rows))
    if others and all(is_number(text, ",") for text in others):
        hint = 'decimal=","'
    elif len(others) <= 3 and not any(map(is_like_a_number, others)):
        hint = f"missing_values={others}, if this means that there is no value"
    else:
        hint = None
    return DataError(
        f"column {column.name!r} of {table.source} has texts among its numbers",
        got=f"{others[0]!r} in {table.row_numbers(rows)}" if others else "numbers that were read as texts",
        wanted=f"numbers only, or categories=[{column.name!r}], or ignore=[{column.name!r}]",
        try_=hint,
    )


def refuse_texts_among_numbers(table: Table, name: str) -> None:
    """Refuse texts most of which look like numbers: one typing error would make categories of them all.

    If all of them are numbers, texts are meant.

    Raises
    ------
    DataError
    """
    if table.kind(name) != "text":
        return
    column = table[name]
    texts = column.distinct()
    if 2 * sum(map(is_like_a_number, texts)) > len(texts) and not all(map(is_number, texts)):
        raise texts_among_numbers(table, column)


def refuse_dates(table: Table, name: str) -> None:
    """Refuse dates.

    Raises
    ------
    DataError
    """
    if table.kind(name) == "date":
        raise DataError(
            f"column {name!r} of {table.source} holds dates, which are no numbers",
            wanted="what matters of them as numbers: days since an event, the month, the hour",
            try_=f"ignore=[{name!r}], to do without",
        )


def other_kind(table: Table, column: Column, wanted: Kind) -> DataError:
    """For a column that was of another kind when the preparation was made."""
    if wanted == "number" and column.kind == "text":
        return texts_among_numbers(table, column)
    return DataError(
        f"column {column.name!r} of {table.source} holds {PLURALS[column.kind]}, in training it held {PLURALS[wanted]}",
        try_="read_table(..., kinds=preparation.kinds)",
    )


def check_finite(table: Table, column: Column, numbers: np.ndarray) -> None:
    """Refuse infinite numbers, and whole ones that no float64 is.

    Raises
    ------
    DataError
    """
    if np.isinf(numbers).any():
        rows = np.flatnonzero(np.isinf(numbers))
        raise DataError(
            f"column {column.name!r} of {table.source} has infinite numbers",
            got=f"{numbers[rows[0]]} in {table.row_numbers(rows)}",
            wanted="finite numbers",
        )
    if column.is_integer and column.values.dtype.itemsize == 8:
        rows = np.flatnonzero((column.values > MOST_EXACT) | (column.values < -MOST_EXACT))
        if len(rows):
            raise DataError(
                f"column {column.name!r} of {table.source} has whole numbers that a float64 cannot hold",
                got=f"{column.values[rows[0]]} in {table.row_numbers(rows)}",
                wanted="at most 2**53",
                try_=f"ignore=[{column.name!r}], if they are names of rows",
            )
