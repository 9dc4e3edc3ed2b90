"""How one column becomes one or several columns of x."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final

import numpy as np

from ..errors import DataError
from .column import ABSENT, Column, Kind
from .fault import check_finite
from .missing import Missing
from .scaling import Scaling
from .table import Table, listed

Unseen = Literal["zeros", "error"]
UNSEEN: tuple[Unseen, ...] = ("zeros", "error")


@final
@dataclass(frozen=True)
class Numeric:
    """Numbers less a mean, divided by a deviation; booleans as 0 and 1.

    Attributes
    ----------
    missing : {"error", "mean", "median", "category", "drop"}
    fill : float or None
        Stands where a value is missing, before scaling.
    indicator : bool
        Whether a second column of x says with a 1 that the value is missing.
    """

    name: str
    kind: Kind
    missing: Missing
    mean: float
    deviation: float
    fill: float | None
    indicator: bool

    @property
    def labels(self) -> list[str]:
        """What each column of x is."""
        return [self.name, f"{self.name} is missing"] if self.indicator else [self.name]

    def write(self, table: Table, column: Column, x: np.ndarray) -> None:
        """Fill this input's columns of x."""
        numbers = column.numbers()
        check_finite(table, column, numbers)
        absent = np.isnan(numbers)
        if self.fill is not None:
            numbers[absent] = self.fill
        x[:, 0] = Scaling(np.asarray(self.mean), np.asarray(self.deviation))(numbers)
        if self.indicator:
            x[:, 1] = absent


@final
@dataclass(frozen=True)
class Categorical:
    """A 1 in the column of x that belongs to the value, 0 in the others.

    Attributes
    ----------
    missing : {"error", "category", "drop"}
    categories : tuple of str
    indicator : bool
        Whether there is a last column of x for what is missing.
    unseen : {"zeros", "error"}
        What becomes of a value that is none of the categories.
    """

    name: str
    kind: Kind
    missing: Missing
    categories: tuple[str, ...]
    indicator: bool
    unseen: Unseen

    @property
    def labels(self) -> list[str]:
        """What each column of x is."""
        missing = [f"{self.name} is missing"] if self.indicator else []
        return [*(f"{self.name}={category}" for category in self.categories), *missing]

    def write(self, table: Table, column: Column, x: np.ndarray) -> None:
        """Fill this input's columns of x."""
        texts, codes = column.coded()
        if self.kind == "boolean":
            texts = self.categories  # however they are written
        nowhere = len(self.labels)
        places = {text: k for k, text in enumerate(self.categories)}
        of_absent = len(self.categories) if self.indicator else nowhere
        place = np.array([*(places.get(text, nowhere) for text in texts), of_absent])[codes]
        rows = np.flatnonzero(place == nowhere)
        if len(rows) and self.unseen == "error":
            raise DataError(
                f"column {self.name!r} of {table.source} has a value that was not there in training",
                got=f"{_shown(texts, int(codes[rows[0]]))} in {table.row_numbers(rows)}",
                wanted=listed(self.categories),
                try_='unseen="zeros"',
            )
        x[:] = 0
        found = np.flatnonzero(place != nowhere)
        x[found, place[found]] = 1


def _shown(texts: tuple[str, ...], code: int) -> str:
    return "no value" if code == ABSENT else repr(texts[code])


Input = Numeric | Categorical
