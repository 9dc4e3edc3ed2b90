"""What the training rows say about each column."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from ..errors import DataError
from .column import Column
from .fault import check_finite, refuse_dates, refuse_texts_among_numbers
from .inputs import Categorical, Input, Numeric, Unseen
from .missing import Missing
from .scaling import Scaling
from .table import Table


def fitted_inputs(
    table: Table,
    names: Sequence[str],
    missing: Mapping[str, Missing],
    categories: Collection[str],
    unseen: Unseen,
    most_categories: int,
) -> tuple[Input, ...]:
    """The inputs of these columns, in this order.

    Raises
    ------
    DataError
        If a column cannot be used.
    """
    for name in names:
        refuse_dates(table, name)
        if name not in categories:
            refuse_texts_among_numbers(table, name)
    numeric = [name for name in names if table.kind(name) != "text" and name not in categories]
    scalings = _scalings(table, numeric)
    return tuple(
        _numeric(table, name, missing[name], *scalings[name])
        if name in scalings
        else _categorical(table[name], table, missing[name], unseen, most_categories)
        for name in names
    )


def _scalings(table: Table, names: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Mean and deviation of columns, in two walks over the rows."""

    def parts() -> Iterator[np.ndarray]:
        for part in table.parts():
            block = np.empty((len(names), len(part)))
            for k, name in enumerate(names):
                column = part[name]
                block[k] = column.numbers()
                check_finite(part, column, block[k])
            yield block

    if not names:
        return {}
    scaling = Scaling.of_parts(parts)
    return {
        name: (float(mean), float(deviation))
        for name, mean, deviation in zip(names, scaling.mean, scaling.deviation, strict=True)
    }


def _numeric(table: Table, name: str, missing: Missing, mean: float, deviation: float) -> Numeric:
    if np.isnan(mean):
        raise DataError(f"column {name!r} of {table.source} has no value at all", try_=f"ignore=[{name!r}]")
    if not np.isfinite([mean, deviation]).all():
        raise DataError(
            f"column {name!r} of {table.source} has numbers too large to be added up", try_="their logarithm"
        )
    kind = table[name].kind
    if kind == "boolean":
        shift, scale = 0.0, 1.0
    else:
        shift, scale = mean, deviation
    fill = None
    if missing == "median":
        fill = float(np.nanmedian(table[name].numbers()))
    elif missing in ("mean", "category"):
        fill = mean
    indicator = missing == "category" and bool(table[name].missing().any())
    return Numeric(name, kind, missing, shift, scale, fill, indicator)


def _categorical(column: Column, table: Table, missing: Missing, unseen: Unseen, most: int) -> Categorical:
    found = column.categories if column.kind == "boolean" else tuple(column.distinct())
    absent = bool(column.missing().any())
    if not found:
        raise DataError(
            f"column {column.name!r} of {table.source} has no value at all", try_=f"ignore=[{column.name!r}]"
        )
    if len(found) > most:
        raise DataError(
            f"column {column.name!r} of {table.source} has more different values than categories can be",
            got=f"{len(found)} in {len(table)} rows",
            wanted=f"at most {most}, or a larger most_categories",
            try_=f"ignore=[{column.name!r}], if they are names of rows",
        )
    return Categorical(column.name, column.kind, missing, found, missing == "category" and absent, unseen)
