"""What is to be predicted: one of several classes, or a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final

import numpy as np

from ..errors import ArgumentError, DataError
from .column import ABSENT, Column, Kind
from .fault import check_finite, other_kind, refuse_dates, refuse_texts_among_numbers
from .missing import Missing
from .scaling import Scaling
from .table import Table, listed

Task = Literal["classification", "regression"]
FEW = 20  # more different whole numbers than this are no classes


def task_of(column: Column) -> Task:
    """What a target asks for: texts, booleans and few whole numbers are classes.

    Few are two, or up to 20 that occur in two rows each on average.

    Examples
    --------
    >>> table = Table.of({"price": [1.5, 2.0, 1.5], "sold": [True, False, True], "rooms": [1, 2, 3]})
    >>> [task_of(table[name]) for name in table.names]
    ['regression', 'classification', 'regression']
    """
    if column.kind != "number":
        return "classification"
    if not column.is_integer:
        return "regression"
    distinct = len(np.unique(column.values[~column.missing()]))
    return "classification" if distinct <= 2 or distinct <= min(FEW, len(column) / 2) else "regression"


@final
@dataclass(frozen=True)
class Classes:
    """The names of the classes; a label is a place among them."""

    name: str
    kind: Kind
    missing: Missing
    classes: tuple[str, ...]

    @classmethod
    def fit(cls, table: Table, name: str, missing: Missing, most: int) -> Classes:
        """Those of a column.

        Raises
        ------
        DataError
            If there is one only, or there are more than `most`.
        """
        column = table[name]
        found = column.distinct()
        if len(found) < 2:
            raise DataError(
                f"column {name!r} of {table.source} has one class only: there is nothing to tell apart",
                got=f"{found[0]!r} in all of {len(table)} rows" if found else "no value at all",
                wanted="two classes or more",
            )
        if len(found) > most:
            hint = 'task="regression"' if column.kind == "number" else None
            raise DataError(
                f"column {name!r} of {table.source} has more classes than can be learned",
                got=f"{len(found)} different values in {len(table)} rows",
                wanted=f"at most {most}, or a larger most_categories",
                try_=hint,
            )
        return cls(name, column.kind, missing, tuple(found))

    def values(self, table: Table) -> np.ndarray:
        """The label of each row, int64 of shape (n,).

        Raises
        ------
        DataError
            If a class was not seen in training.
        """
        column = table[self.name]
        texts, codes = column.coded()
        if self.kind == "boolean":
            texts = self.classes  # however they are written
        places = {text: k for k, text in enumerate(self.classes)}
        labels = np.array([*(places.get(text, -2) for text in texts), ABSENT])[codes]
        if (labels == -2).any():
            rows = np.flatnonzero(labels == -2)
            raise DataError(
                f"column {self.name!r} of {table.source} has a class that was not there in training",
                got=f"{texts[codes[rows[0]]]!r} in {table.row_numbers(rows)}",
                wanted=listed(self.classes),
            )
        return labels.astype(np.int64)

    def in_own_units(self, labels: np.ndarray) -> np.ndarray:
        """The names of classes."""
        return np.array(self.classes)[labels]


@final
@dataclass(frozen=True)
class Quantity:
    """A number, scaled for the net to mean 0 and deviation 1."""

    name: str
    kind: Kind
    missing: Missing
    mean: float
    deviation: float

    @classmethod
    def fit(cls, table: Table, name: str, missing: Missing) -> Quantity:
        """The scaling of a column.

        Raises
        ------
        DataError
            If it has texts or infinite numbers, or one value only.
        """
        column = table[name]
        if column.kind == "text":
            raise other_kind(table, column, "number")
        numbers = column.numbers()
        check_finite(table, column, numbers)
        if not len(numbers) or np.min(numbers) == np.max(numbers):
            raise DataError(
                f"column {name!r} of {table.source} has one value only: there is nothing to learn",
                got=f"{numbers[0]} in all of {len(table)} rows" if len(numbers) else "no value at all",
            )
        scaling = Scaling.of(numbers)
        return cls(name, column.kind, missing, float(scaling.mean), float(scaling.deviation))

    @property
    def scaling(self) -> Scaling:
        return Scaling(np.asarray(self.mean), np.asarray(self.deviation))

    def values(self, table: Table) -> np.ndarray:
        """The scaled number of each row, float64 of shape (n, 1): rows by target columns, as a net's outputs are.

        Raises
        ------
        DataError
            If there are texts or infinite numbers.
        """
        column = table[self.name]
        numbers = column.numbers()
        check_finite(table, column, numbers)
        return self.scaling(numbers)[:, None]

    def in_own_units(self, values: np.ndarray) -> np.ndarray:
        """Unscaled numbers."""
        return self.scaling.undone(values)


Target = Classes | Quantity


def fitted_target(table: Table, name: str, task: Task | None, missing: Missing, most_classes: int) -> Target:
    """The target of a column without missing values.

    Raises
    ------
    DataError, ArgumentError
    """
    refuse_dates(table, name)
    if task is None:
        refuse_texts_among_numbers(table, name)
        task = task_of(table[name])
    if task == "classification":
        return Classes.fit(table, name, missing, most_classes)
    if task == "regression":
        return Quantity.fit(table, name, missing)
    raise ArgumentError("there is no such task", got=repr(task), wanted="classification, regression")
