"""Rows of a Parquet file that is larger than memory, by its row groups."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator, Iterator, Sequence
from typing import Any, final

import numpy as np

from ..errors import ArgumentError, DataError, FileError, UnknownNameError
from ..files.trouble import Path, opened
from .arrow import column_from_arrow, is_of_rows
from .arrow_loader import arrow, arrow_parquet
from .chunks import Rows, chunks_of
from .column import PLURALS, Column
from .conversion import convert
from .fault import MOST_EXACT
from .mapped_rows import BLOCK_BYTES, BLOCKS
from .reading_ahead import ahead
from .source import Chunk
from .table import SHOWN, listed, near, refuse_duplicates


@final
class ParquetRows:
    """Rows of a Parquet file, for `chainrule.training.fit`.

    An epoch reads the row groups of the file in random order, and shuffles the rows of several of them together, while
    a thread reads the next ones. Memory holds two buffers of 64 MiB, or of two row groups where that is more, and one
    row group as pyarrow decodes it. The order follows from the seed alone.

    Parameters
    ----------
    path : path
    target : str or sequence of str
        What is to be predicted: a column, then y is of shape (n,), or several, then of shape (n, k).
    columns : sequence of str, optional
        Those that make x, in this order; by default all but the target.
    dtype : dtype
        Of x, and of a target that is not whole. Whole numbers and booleans, labels of classes say, become int64.
    chunk_bytes : int
        Of the rows that are shuffled together, at the least as many as in two row groups.

    Raises
    ------
    FileError
        If the file cannot be read as Parquet, or has changed since.
    UnknownNameError
        If there is no such column.
    DataError
        If there are no rows, a column is not of numbers or booleans, or, in training, has missing or infinite values:
        names column, file and rows.
    UnsupportedError
        If pyarrow, the extra "tables", is not there.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "flats.parquet")
    ...     table = arrow.table({"size": [70, 95, 40], "floor": [1.5, 2.0, 0.0], "sold": [True, False, True]})
    ...     arrow_parquet.write_table(table, path, row_group_size=2)
    ...     for (x, y), order in ParquetRows(path, "sold").chunks(None, batch_size=3):
    ...         print(x[order].tolist(), y[order])
    [[70.0, 1.5], [95.0, 2.0], [40.0, 0.0]] [1 0 1]
    """

    def __init__(
        self,
        path: Path,
        target: str | Sequence[str],
        columns: Sequence[str] | None = None,
        dtype: Any = np.float64,
        *,
        chunk_bytes: int = BLOCKS * BLOCK_BYTES,
    ):
        self.path = os.fsdecode(path)
        self._one_target = isinstance(target, str)
        self.targets = [target] if isinstance(target, str) else list(target)
        with _opened(self.path) as file:
            self._metadata = file.metadata
            schema = file.schema_arrow
        refuse_duplicates(schema.names, self.path)
        others = [name for name in schema.names if name not in self.targets and not is_of_rows(name)]
        self.columns = others if columns is None else list(columns)
        if not self.columns or not self.targets:
            raise ArgumentError("rows have a target and columns to predict it from", got=listed(schema.names))
        if twice := sorted({name for name in self._names if self._names.count(name) > 1}):
            raise ArgumentError(f"each column is used once: {listed(twice)}")
        kinds = [self._column(name, _empty_column(schema, name, self.path)) for name in self._names]
        count = len(self.columns)
        is_whole = all(each.is_integer or each.kind == "boolean" for each in kinds[count:])
        wanted = np.dtype(dtype)
        if wanted.kind != "f":
            raise ArgumentError("x is made of floats", got=f"dtype={wanted}")
        self.dtypes = (wanted, np.dtype(np.int64) if is_whole else wanted)
        self._sizes = [self._metadata.row_group(k).num_rows for k in range(self._metadata.num_row_groups)]
        if not sum(self._sizes):
            raise DataError(f"{self.path} has no rows")
        bytes_each = sum(each.nbytes for each in self._empty(1))
        self._rows = max(chunk_bytes // bytes_each, 2 * max(self._sizes))

    @property
    def _names(self) -> list[str]:
        return [*self.columns, *self.targets]

    def __len__(self) -> int:
        return sum(self._sizes)

    def chunks(self, seed: np.random.SeedSequence | None, batch_size: int) -> Generator[Chunk]:
        """The rows of an epoch: without a seed in their order, with one shuffled by row groups."""
        return ahead(self._filled(seed, batch_size))

    def _filled(self, seed: np.random.SeedSequence | None, batch_size: int) -> Generator[Chunk | None]:
        generator = None if seed is None else np.random.default_rng(seed)
        groups = np.arange(len(self._sizes))
        if generator is not None:
            groups = generator.permutation(groups)
        with _opened(self.path) as file:
            if not file.metadata.equals(self._metadata):
                raise FileError(f"{self.path} has changed since it was first looked at")
            blocks = (_Group(self, file, number) for number in groups.tolist())
            yield from chunks_of(blocks, len(self), self._rows, batch_size, self._empty, generator)

    def _empty(self, count: int) -> Rows:
        x_type, y_type = self.dtypes
        of_target = (count,) if self._one_target else (count, len(self.targets))
        return np.empty((count, len(self.columns)), x_type), np.empty(of_target, y_type)

    def _group(self, file: Any, number: int) -> list[np.ndarray]:
        """The numbers of a row group, by column."""
        with _trouble(self.path):
            table = file.read_row_group(number, columns=self._names, use_threads=False)
            table.validate(full=True)  # a damaged file can name places outside of its memory
        first = sum(self._sizes[:number])
        return [self._numbers(self._column(name, table.column(name)), first) for name in self._names]

    def _column(self, name: str, data: Any) -> Column:
        """A column of numbers or booleans."""
        try:
            column = column_from_arrow(name, data)
        except DataError as error:
            raise DataError(f"{error.what}: {self.path}", wanted=error.wanted) from error
        if column.kind not in ("number", "boolean"):
            raise DataError(
                f"column {name!r} of {self.path} holds {PLURALS[column.kind]}",
                got=str(data.type),
                wanted="numbers or booleans",
                try_=None if name in self.targets else f"columns=..., without {name!r}",
            )
        return column

    def _numbers(self, column: Column, first: int) -> np.ndarray:
        """The values of a column, all of which are there and finite; the number of its first row is for messages."""
        values = column.values
        self._refuse(column.missing(), first, f"column {column.name!r} of {self.path} has missing values")
        if values.dtype.kind == "f":
            self._refuse(np.isinf(values), first, f"column {column.name!r} of {self.path} has infinite numbers")
        elif values.dtype.itemsize == 8:
            what = f"column {column.name!r} of {self.path} has whole numbers that a float64 cannot hold"
            self._refuse((values > MOST_EXACT) | (values < -MOST_EXACT), first, what)
        return values

    def _refuse(self, bad: np.ndarray, first: int, what: str) -> None:
        if bad.any():
            rows = np.flatnonzero(bad) + first + 1
            more = f" and {len(rows) - SHOWN} more of its row group" if len(rows) > SHOWN else ""
            shown = ", ".join(map(str, rows[:SHOWN].tolist()))
            raise DataError(what, got=f"in row{'s' if len(rows) > 1 else ''} {shown}{more}")


class _Group:
    """A row group, decoded when its first rows are wanted, and until its last."""

    def __init__(self, source: ParquetRows, file: Any, number: int):
        self._source, self._file, self._number = source, file, number
        self._values: list[np.ndarray] = []

    def __len__(self) -> int:
        return self._source._sizes[self._number]

    def read(self, start: int, stop: int, into: Rows) -> None:
        source = self._source
        self._values = self._values or source._group(self._file, self._number)
        x, y = into
        places = [*x.T, *(y.reshape(len(y), -1).T)]
        for name, values, place in zip(source._names, self._values, places, strict=True):
            convert(values[start:stop], place, f"column {name!r} of {source.path}")
        if stop == len(self):
            self._values = []


def _empty_column(schema: Any, name: str, path: str) -> Any:
    """A column as the file has it, without rows."""
    if name not in schema.names:
        hint = near(name, schema.names)
        raise UnknownNameError(f"{path} has no column {name!r}", got=listed(schema.names), try_=hint)
    return arrow.chunked_array([], type=schema.field(name).type)


@contextlib.contextmanager
def _opened(path: str) -> Iterator[Any]:
    """The file, while it is read."""
    opened(path).close()
    with _trouble(path):
        file = arrow_parquet.ParquetFile(path)
    with file:
        yield file


@contextlib.contextmanager
def _trouble(path: str) -> Iterator[None]:
    try:
        yield
    except (arrow.ArrowException, OSError, UnicodeError) as error:
        raise FileError(f"{path} is no Parquet file, or is damaged", got=str(error)) from error
