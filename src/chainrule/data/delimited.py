"""Tables in text: fields with commas, semicolons, tabs or bars between them."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ..errors import DataError, FileError
from ..files.trouble import Path
from .arrow import column_from_arrow
from .arrow_loader import arrow, arrow_csv
from .column import Kind
from .table import Table
from .words import is_number, understood

SEPARATORS = (",", ";", "\t", "|")
SAMPLE = 1 << 20  # [bytes] that are looked at before reading
BLOCK = 1 << 23  # [bytes] that are parsed together; a row must fit in
RECORDS = 50  # that must agree on a separator
MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}  # the first bytes of a text with two bytes a letter


def read_delimited(
    path: Path,
    *,
    header: bool | None,
    separator: str | None,
    decimal: str,
    missing: Collection[str],
    encoding: str | None,
    kinds: Mapping[str, Kind],
) -> Table:
    """Read such a table; `read_table` says what the arguments mean."""
    start, source = _start(path), str(path)
    encoding = encoding or next((name for mark, name in MARKS.items() if start.startswith(mark)), "utf-8")
    text = _decoded(path, start, encoding)
    if len(start) < SAMPLE and not text.endswith(("\n", "\r")):
        # A single line without an end is nothing to pyarrow.
        source, encoding = arrow.BufferReader(text.encode() + b"\n"), "utf-8"
    separator = separator or _separator(text, len(start) < SAMPLE, decimal)
    first = next(filter(any, _records(text, separator)), [])
    if header is None and any(is_number(field.strip(), decimal) for field in first):
        raise DataError(
            f"the first line of {path} holds a number where the name of a column should be",
            got=separator.join(first[:8]),
            wanted="header=False if it is the first row, header=True if these are names",
        )
    has_header = header is not False
    names = [field.strip() or f"column {k}" for k, field in enumerate(first, 1)]
    if not has_header:
        names = [f"column {k}" for k in range(1, len(first) + 1)]
    raw = first if has_header else [f"f{k}" for k in range(len(first))]
    data = _parsed(
        path,
        source,
        arrow_csv.ReadOptions(encoding=encoding, block_size=BLOCK, autogenerate_column_names=not has_header),
        separator,
        arrow_csv.ConvertOptions(
            null_values=sorted(missing),
            strings_can_be_null=True,
            true_values=[],  # which words are booleans, `understood` knows
            false_values=[],
            decimal_point=decimal,
            column_types={
                name: arrow.string() for name, ours in zip(raw, names, strict=True) if kinds.get(ours) == "text"
            },
        ),
    )
    if data.num_columns != len(names):
        raise FileError(f"{path} cannot be read: its first line has no clear end", got=repr(separator.join(first[:8])))
    columns = []
    for k, name in enumerate(names):
        if arrow.types.is_binary(data.column(k).type):
            raise _not_text(path, encoding, f"column {name!r}")
        column = column_from_arrow(name, data.column(k), kinds.get(name))
        if column.kind == "text":
            last = column.categories[column.values[-1]] if len(column) and column.values[-1] >= 0 else ""
            if k == len(names) - 1 and "\n" in last and not _ends_quoted(path):
                raise FileError(f"{path} has a quotation mark that is never closed", got=repr(last[:60]))
            column = understood(column, missing, decimal, kinds.get(name))
        columns.append(column)
    return Table(columns, str(path))


def _pieces(path: Path) -> Iterator[bytes]:
    """The content, unpacked if need be."""
    try:
        with arrow.input_stream(str(path)) as stream:
            while piece := stream.read(SAMPLE):
                yield piece
    except (OSError, arrow.ArrowInvalid) as error:
        raise FileError(f"{path} cannot be unpacked: {error}") from error


def _start(path: Path) -> bytes:
    start = b""
    for piece in _pieces(path):
        start += piece
        if len(start) >= SAMPLE:
            break
    return start[:SAMPLE]


def _ends_quoted(path: Path) -> bool:
    """Whether the last letter closes a quotation, as it must after a field with a line break in it."""
    end = b""
    for piece in _pieces(path):
        end = (end + piece)[-64:]
    return end.replace(b"\0", b"").rstrip().endswith(b'"')


def _decoded(path: Path, start: bytes, encoding: str) -> str:
    whole = len(start) < SAMPLE
    try:
        # A letter may be cut at the end of a sample.
        text = start.decode(encoding) if whole else start[:-4].decode(encoding, "ignore")
        if not whole and encoding == "utf-8":
            start[:-4].rpartition(b"\n")[0].decode(encoding)
    except UnicodeDecodeError as error:
        raise _not_text(path, encoding, f"line {start[: error.start].count(10) + 1}") from error
    except LookupError as error:
        raise FileError(f"{path} cannot be read: no encoding is called {encoding!r}") from error
    text = text.removeprefix("\ufeff")
    if "\0" in text:
        raise FileError(f"{path} is no text")
    if not text.strip():
        raise FileError(f"{path} is empty")
    return text


def _not_text(path: Path, encoding: str, where: str) -> FileError:
    hint = 'encoding="cp1252", if an older Excel wrote it' if encoding == "utf-8" else None
    return FileError(f"{path} is no {encoding} text: {where} has other bytes", try_=hint)


def _records(text: str, separator: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    except csv.Error:  # a field without an end
        return


def _separator(text: str, whole: bool, decimal: str) -> str:
    """The one with which the first records have equally many fields, the more the better.

    What is also the decimal point is the last resort.
    """

    def merit(separator: str) -> tuple[bool, bool, int]:
        records = list(itertools.islice(filter(None, _records(text, separator)), RECORDS + 1))
        widths = [len(record) for record in (records if whole else records[:-1])] or [1]
        return len(set(widths)) == 1 and widths[0] > 1, separator != decimal, widths[0]

    return max(SEPARATORS, key=merit)


def _parsed(path: Path, source: Any, read: Any, separator: str, convert: Any) -> Any:
    wrong: list[Any] = []

    def refuse(row: Any) -> str:
        wrong.append(row)
        return "error"

    parse = arrow_csv.ParseOptions(delimiter=separator, newlines_in_values=True, invalid_row_handler=refuse)
    try:
        return arrow_csv.read_csv(source, read_options=read, parse_options=parse, convert_options=convert)
    except arrow.ArrowInvalid as error:
        if not wrong:
            raise FileError(f"{path} cannot be read: {error}") from error
    except (OSError, UnicodeError) as error:
        raise FileError(f"{path} cannot be read: {error}") from error
    # Only a single thread knows the number of a row.
    read.use_threads = False
    del wrong[:]
    try:
        if not isinstance(source, str):
            source.seek(0)
        arrow_csv.read_csv(source, read_options=read, parse_options=parse, convert_options=convert)
    except arrow.ArrowInvalid as error:
        row = wrong[0]
        number = row.number - (not read.autogenerate_column_names) if row.number else None
        place = f"row {number}" if number else "a row"
        raise DataError(
            f"{place} of {path} has {_fields(row.actual_columns)}, the first line {row.expected_columns}",
            got=repr(row.text[:100]),
            wanted=f"{_fields(row.expected_columns)} with {separator!r} between them",
        ) from error
    raise FileError(f"{path} changed while it was read")


def _fields(count: int) -> str:
    return f"{count} field{'s' if count != 1 else ''}"
