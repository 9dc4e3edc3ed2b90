"""Tables from files of several kinds, told by their names."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import Any

from .. import files
from ..errors import ArgumentError, FileError
from ..files.trouble import Path
from .arrow import column_from_arrow, is_of_rows
from .arrow_loader import arrow, arrow_feather, arrow_parquet
from .column import KINDS, Kind
from .delimited import read_delimited
from .memory_map import read_npy
from .table import Table
from .words import NOTHING

DELIMITED = {".csv": None, ".txt": None, ".dat": None, ".tsv": "\t", ".tab": "\t"}
PACKED = (".gz", ".bz2", ".zst", ".lz4")
TYPED = (".parquet", ".feather", ".arrow", ".npy")


def read_table(
    path: Path,
    *,
    header: bool | None = None,
    separator: str | None = None,
    decimal: str = ".",
    missing_values: Collection[str] = (),
    encoding: str | None = None,
    kinds: Mapping[str, Kind] | None = None,
) -> Table:
    """Read a table with a kind for each column: numbers, texts, booleans or dates.

    The end of the name says what the file is: `.csv`, `.tsv`, `.txt` (also packed: `.csv.gz`), `.parquet`, `.feather`,
    `.npy`. All but `.npy` need the extra "tables". A `.npy` file is mapped into memory, not read. In text, blanks
    around a field mean nothing, an empty one and NA, NaN, null and their like are missing, true and false, yes and no
    are booleans.

    Parameters
    ----------
    path : path
    header : bool, optional
        Of text: whether the first line has the names of the columns. Without one they are "column 1", "column 2" and so
        on. By default it has, unless there is a number among them, which is an error.
    separator : str, optional
        Of text: what stands between fields; found out by default.
    decimal : str
        Of text: the decimal point.
    missing_values : collection of str
        Of text: what means, beside the usual, that there is no value, such as "?".
    encoding : str, optional
        Of text: UTF-8, or UTF-16 with its mark, by default.
    kinds : mapping from str to {"number", "text", "boolean", "date"}, optional
        What columns hold, where it is known: `Preparation.kinds`, so that a file to predict for is read as the one
        before was; or {"zip": "text"}, so that "01234" stays what it is.

    Returns
    -------
    table : Table

    Raises
    ------
    FileError
        If the file is empty, or cannot be read as what its name says.
    DataError
        If it has two columns of one name, rows of different length, or what is no kind of column.
    UnsupportedError
        If the extra "tables" is needed and not there.

    Examples
    --------
    >>> import os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "flats.csv")
    ...     files.write_bytes(path, b"size;city;sold\\n70;Oslo;yes\\n;Rome;no\\n")
    ...     read_table(path)
    <Table of 2 rows: size number, city text, sold boolean>
    """
    kinds = dict(kinds or {})
    _check(separator, decimal, missing_values, kinds)
    files.opened(path).close()
    name, suffix = os.path.splitext(os.fsdecode(path).lower())
    if suffix in PACKED:
        suffix = os.path.splitext(name)[1]
        if suffix in TYPED:
            raise FileError(f"{path} is packed, which only text may be")
    if suffix in DELIMITED:
        return read_delimited(
            path,
            header=header,
            separator=separator or DELIMITED[suffix],
            decimal=decimal,
            missing=NOTHING | set(missing_values),
            encoding=encoding,
            kinds=kinds,
        )
    if suffix == ".npy":
        return read_npy(path)
    if suffix in TYPED:
        return _read_arrow(path, suffix, kinds)
    hint = 'save it as "CSV UTF-8"' if suffix in (".xls", ".xlsx", ".ods", ".numbers") else None
    wanted = ", ".join((*DELIMITED, *TYPED))
    raise FileError(f"{path} has a name that does not tell what kind of table it is", wanted=wanted, try_=hint)


def _check(separator: str | None, decimal: str, missing_values: Any, kinds: dict[str, Kind]) -> None:
    if separator is not None and (len(separator) != 1 or separator in '"\r\n' or not separator.isascii()):
        raise ArgumentError("a separator is one ASCII character", got=f"separator={separator!r}")
    if decimal not in (".", ",") or decimal == separator:
        raise ArgumentError(
            'a decimal point is "." or ",", and not the separator', got=f"decimal={decimal!r}, separator={separator!r}"
        )
    if isinstance(missing_values, str):
        raise ArgumentError("missing_values are several texts", got=repr(missing_values), try_=f"[{missing_values!r}]")
    if unknown := set(kinds.values()) - set(KINDS):
        raise ArgumentError("there is no such kind of column", got=repr(unknown.pop()), wanted=", ".join(KINDS))


def _read_arrow(path: Path, suffix: str, kinds: dict[str, Kind]) -> Table:
    try:
        if suffix == ".parquet":
            with arrow_parquet.ParquetFile(os.fsdecode(path)) as file:
                data = file.read()
        else:
            data = arrow_feather.read_table(os.fsdecode(path))
        data.validate(full=True)  # a damaged file can name places outside of its memory
        names = data.column_names
    except (arrow.ArrowException, OSError, UnicodeError) as error:
        raise FileError(f"{path} is no {suffix} file, or is damaged", got=str(error)) from error
    if not names:
        raise FileError(f"{path} is empty")
    columns = [
        column_from_arrow(name, data.column(k), kinds.get(name)) for k, name in enumerate(names) if not is_of_rows(name)
    ]
    return Table(columns, str(path))
