"""From a table to the arrays that a net takes, by what the training rows say; the same way for any other table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from ..errors import ArgumentError, DataError
from . import stored
from .column import Kind
from .fault import other_kind
from .fitting import fitted_inputs
from .inputs import UNSEEN, Input, Unseen
from .missing import choices_for, chosen, complete_rows, refuse_missing, unchosen
from .table import Table, listed, near
from .target import Target, Task, fitted_target

SCHEMA = "chainrule/preparation/1"


@final
@dataclass(frozen=True)
class Preparation:
    """What becomes of each column of a table, and of the one that is to be predicted.

    Made by `fit` or `from_document`. Columns of a table that it does not know are left alone.

    Attributes
    ----------
    columns : tuple of Numeric and Categorical
        The columns that go into x, in this order.
    target : Classes or Quantity
        What goes into y.

    Examples
    --------
    >>> table = Table.of({"size": [70.0, 90.0], "city": ["Oslo", "Rome"], "sold": ["no", "yes"]})
    >>> preparation = Preparation.fit(table, target="sold")
    >>> preparation.labels
    ['size', 'city=Oslo', 'city=Rome']
    >>> preparation(table)
    (array([[-1., 1., 0.],
            [ 1., 0., 1.]]), array([0, 1]))
    >>> preparation.in_own_units(np.array([1, 1, 0])).tolist()
    ['yes', 'yes', 'no']
    """

    columns: tuple[Input, ...]
    target: Target

    @classmethod
    def fit(
        cls,
        table: Table,
        target: str,
        *,
        task: Task | None = None,
        missing: str | Sequence[str] | Mapping[str, str] = "error",
        unseen: Unseen = "zeros",
        ignore: Collection[str] = (),
        categories: Collection[str] = (),
        most_categories: int = 256,
    ) -> Preparation:
        """Learn the way from the training rows.

        Numbers are scaled to mean 0 and standard deviation 1 (what is constant, to 0), booleans become 0 and 1, and
        each text a column of its own with a 1 where it stands.

        Parameters
        ----------
        table : Table
            The training rows.
        target : str
            The column that is to be predicted.
        task : {"classification", "regression"}, optional
            By default what `task_of` says: texts, booleans and few whole numbers are classes.
        missing : {"error", "mean", "median", "category", "drop"}, or several, or a dict of them by column
            What becomes of missing values. "error": nothing, they are refused. "mean", "median": of the training rows,
            for numbers and booleans. "category": what is missing has a column of x of its own (beside the mean, for
            numbers). "drop": the row is left out, where there is a target to learn from or to judge by. Of several, the
            first that fits the column is taken: ("mean", "category"). In a dict, other columns have "error". The target
            can only be refused or dropped.
        unseen : {"zeros", "error"}
            What becomes, later, of a text that was not there in training.
        ignore : collection of str
            Columns that are not to be used.
        categories : collection of str
            Columns whose numbers are to be taken as categories, or whose texts are meant though they look like numbers.
        most_categories : int
            More different texts than this are an error: they are likely names of the rows.

        Returns
        -------
        preparation : Preparation

        Raises
        ------
        UnknownNameError
            If there is no such column.
        DataError
            If there are no rows, or a column cannot be used as it is: names the column, its rows, and the choices.
        ArgumentError
            If an option has no meaning.

        Examples
        --------
        >>> table = Table.of({"age": [20.0, np.nan, 40.0], "price": [1.5, 2.0, 4.0]})
        >>> x, y = Preparation.fit(table, target="price", missing="mean")(table)
        >>> x.tolist()
        [[-1.0], [0.0], [1.0]]
        """
        for name in (target, *ignore, *categories):
            table.kind(name)  # or it is not there
        if unseen not in UNSEEN:
            raise ArgumentError(
                "there is no such choice for what is unseen", got=repr(unseen), wanted=", ".join(UNSEEN)
            )
        names = [name for name in table.names if name != target and name not in ignore]
        if not names:
            raise DataError(f"{table.source} has no column to predict {target!r} from", got=listed(table.names))
        if not len(table):
            raise DataError(f"{table.source} has no rows")
        choices = chosen(missing, table, names, target, categories)
        kept = complete_rows(table, [name for name, choice in choices.items() if choice == "drop"])
        if not len(kept):
            raise DataError(f"{table.source} has no row without a missing value", got=f"{len(table)} rows")
        table = _taken(table, kept)
        for name, choice in choices.items():
            if choice == "error" and (absent := table[name].missing()).any():
                raise unchosen(table, name, np.flatnonzero(absent), choices_for(table, name, target, categories))
        return cls(
            fitted_inputs(table, names, choices, categories, unseen, most_categories),
            fitted_target(table, target, task, choices[target], most_categories),
        )

    def __call__(self, table: Table) -> tuple[np.ndarray, np.ndarray]:
        """Samples and targets, to learn from or to judge by.

        Parameters
        ----------
        table : Table

        Returns
        -------
        x : array of float64, shape (n, d)
        y : array
            In classification the labels, int64 of shape (n,); in regression the scaled numbers, float64 of shape
            (n, 1). Rows with missing values that are to be dropped are not among them: `rows` tells which are.

        Raises
        ------
        DataError
            If the columns differ from those in training, or hold what there is no way for.
        """
        self._check(table, [*self.columns, self.target])
        table = _taken(table, self.rows(table))
        return self._x(table), self.target.values(table)

    def inputs(self, table: Table) -> np.ndarray:
        """Samples alone, for rows whose target is not known.

        Parameters
        ----------
        table : Table

        Returns
        -------
        x : array of float64, shape (n, d)
            For every row of the table.

        Raises
        ------
        DataError
            If the columns differ from those in training, or hold what there is no way for.
        """
        self._check(table, self.columns)
        return self._x(table)

    def rows(self, table: Table) -> np.ndarray:
        """The rows, counted from 0, that `preparation(table)` takes: all but those that are to be dropped."""
        return complete_rows(table, [each.name for each in (*self.columns, self.target) if each.missing == "drop"])

    def in_own_units(self, y: np.ndarray) -> np.ndarray:
        """Targets or predictions as the table has them: names of classes, or numbers no longer scaled.

        Parameters
        ----------
        y : array
            Labels, or scaled numbers.
        """
        return self.target.in_own_units(y)

    @property
    def labels(self) -> list[str]:
        """What each column of x is."""
        return [label for each in self.columns for label in each.labels]

    @property
    def kinds(self) -> dict[str, Kind]:
        """What each column held, for `read_table`."""
        return {each.name: each.kind for each in (*self.columns, self.target)}

    def to_document(self) -> dict[str, Any]:
        """Plain JSON, from which `from_document` makes an equal preparation.

        Examples
        --------
        >>> table = Table.of({"age": [20.0, 40.0], "sold": [True, False]})
        >>> preparation = Preparation.fit(table, target="sold")
        >>> Preparation.from_document(preparation.to_document()) == preparation
        True
        """
        return {
            "schema": SCHEMA,
            "columns": [stored.document_of(each) for each in self.columns],
            "target": stored.document_of(self.target),
        }

    @classmethod
    def from_document(cls, document: Any) -> Preparation:
        """Read what `to_document` made.

        Raises
        ------
        TextError
            If it is damaged, or of another version.
        """
        columns, target = stored.read(document, SCHEMA)
        return cls(columns, target)

    def _check(self, table: Table, wanted: Sequence[Input | Target]) -> None:
        """Refuse a table with other columns than in training."""
        lacking = [each.name for each in wanted if each.name not in table.names]
        if lacking:
            meant = [f"{guess} as {name!r}" for name in lacking if (guess := near(name, table.names))]
            raise DataError(
                f"{table.source} lacks the column{'s' if len(lacking) > 1 else ''} {listed(lacking)}",
                got=listed(table.names),
                wanted=listed([each.name for each in wanted]),
                try_=", ".join(meant) or None,
            )
        for each in wanted:
            if table.kind(each.name) != each.kind and not (column := table[each.name]).missing().all():
                raise other_kind(table, column, each.kind)
        if self.target in wanted and self.target.missing == "error":
            refuse_missing(table, table[self.target.name], self.target.missing)

    def _x(self, table: Table) -> np.ndarray:
        ends = np.cumsum([0, *(len(each.labels) for each in self.columns)])
        x = np.empty((len(table), ends[-1]))
        start = 0
        for part in table.parts():
            of_part = x[start : start + len(part)]
            for each, first, end in zip(self.columns, ends[:-1], ends[1:], strict=True):
                column = part[each.name]
                if each.missing in ("error", "drop"):
                    refuse_missing(part, column, each.missing)
                each.write(part, column, of_part[:, first:end])
            start += len(part)
        return x


def _taken(table: Table, rows: np.ndarray) -> Table:
    return table if len(rows) == len(table) else table.take(rows)
