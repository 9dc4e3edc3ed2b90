"""Columns of what pyarrow reads."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from ..errors import DataError
from .arrow_loader import arrow as pa
from .column import ABSENT, WORDS, Column, Kind, dates


def column_from_arrow(name: str, data: Any, kind: Kind | None = None) -> Column:
    """The column of a pyarrow.ChunkedArray.

    Parameters
    ----------
    name : str
    data : pyarrow.ChunkedArray
    kind : {"number", "text", "boolean", "date"}, optional
        "text" makes texts of whole numbers; any other serves where all is missing and could be anything.

    Raises
    ------
    DataError
        If there is no kind of column for it.
    """
    types = pa.types
    if types.is_dictionary(data.type):
        data = data.cast(data.type.value_type)
    if types.is_null(data.type):
        return _empty(name, len(data), kind or "number")
    if types.is_decimal(data.type):
        data = data.cast(pa.float64())
    if kind == "text" and types.is_integer(data.type):
        data = data.cast(pa.string())
    if types.is_boolean(data.type):
        codes = _filled(data.cast(pa.int8()), ABSENT)
        return Column(name, "boolean", codes, None, WORDS)
    if types.is_integer(data.type):
        mask = _is_null(data)
        return Column(name, "number", _filled(data, 0), mask if mask.any() else None)
    if types.is_floating(data.type):
        return Column(name, "number", data.to_numpy())  # null becomes nan
    if types.is_temporal(data.type):
        return dates(name, _is_null(data))
    if types.is_string(data.type) or types.is_large_string(data.type) or data.type == "string_view":
        # The offsets of plain strings end at 2 GiB.
        encoded = data.cast(pa.large_string()).combine_chunks().dictionary_encode()
        codes = np.asarray(encoded.indices.fill_null(ABSENT))
        return Column(name, "text", codes, None, tuple(encoded.dictionary.to_pylist()))
    raise DataError(
        f"column {name!r} holds {data.type}, which is no kind of column",
        wanted="numbers, texts, booleans",
    )


def is_of_rows(name: str) -> bool:
    """Whether it is what pandas writes of the numbers of its rows, which is no column."""
    return re.fullmatch(r"__index_level_\d+__", name) is not None


def _empty(name: str, rows: int, kind: Kind) -> Column:
    """A column without a value."""
    if kind == "number":
        return Column(name, kind, np.full(rows, np.nan))
    if kind == "date":
        return dates(name, np.ones(rows, bool))
    return Column(name, kind, np.full(rows, ABSENT, np.int8), None, WORDS if kind == "boolean" else ())


def _is_null(data: Any) -> np.ndarray:
    return data.is_null().to_numpy()


def _filled(data: Any, value: int) -> np.ndarray:
    return data.fill_null(value).to_numpy() if data.null_count else data.to_numpy()
