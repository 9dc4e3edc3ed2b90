"""Tables as strangers bring them."""

from __future__ import annotations

import bz2
import contextlib
import csv
import datetime
import decimal
import gzip
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.data import Table, read_table
from chainrule.errors import ArgumentError, ChainruleError, DataError, FileError

NAN = float("nan")


def contents(table: Table) -> dict[str, Any]:
    """Numbers as they are, texts and booleans as words, None for what is missing."""
    result = {}
    for name in table.names:
        column = table[name]
        if column.kind == "number":
            values = [None if absent else v for v, absent in zip(column.values.tolist(), column.missing(), strict=True)]
        else:
            values = [None if code < 0 else column.categories[code] for code in column.values]
        result[name] = (column.kind, values)
    return result


@pytest.fixture
def read(tmp_path: Path):
    """Write a file and read it as a table."""

    def make(content: str | bytes, name: str = "a.csv", **settings: Any) -> Table:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_table(path, **settings)

    return make


numbers = ("number", [1, 2])


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ("a,b\n1,x\n2,y\n", {"a": numbers, "b": ("text", ["x", "y"])}),
        ("a;b\r\n1;x\r\n2;y\r\n", {"a": numbers, "b": ("text", ["x", "y"])}),
        ("a\tb\n1\tx\n2\ty", {"a": numbers, "b": ("text", ["x", "y"])}),
        ("a|b\n1|x\n2|y", {"a": numbers, "b": ("text", ["x", "y"])}),
        ("a,b\r1,x\r2,y\r", {"a": numbers, "b": ("text", ["x", "y"])}),
        ("\ufeffa,b\n1,x\n2,y\n", {"a": numbers, "b": ("text", ["x", "y"])}),
        ("\n\na\n1\n\n2\n", {"a": numbers}),
        (" size (m²) , b c\n 1 , x\n2,  y y \n", {"size (m²)": numbers, "b c": ("text", ["x", "y y"])}),
        ('a,"b, c"\n1,"x, ""q""\n z"\n2,"NA"\n', {"a": numbers, "b, c": ("text", ['x, "q"\n z', None])}),
        ('"a\nb",c\n1,x\n2,y\n', {"a\nb": numbers, "c": ("text", ["x", "y"])}),
        ('"a","b"\n"1","x"\n"2","y"\n', {"a": numbers, "b": ("text", ["x", "y"])}),
        ("a,b\n1,it's 5\" long\n2,x\n", {"a": numbers, "b": ("text", ["it's 5\" long", "x"])}),
        (",a\n1,1\n2,2\n", {"column 1": numbers, "a": numbers}),
        ("a;b\n1,5;x\n2,5;y\n", {"a": ("text", ["1,5", "2,5"]), "b": ("text", ["x", "y"])}),
        ("a,b\n", {"a": ("number", []), "b": ("number", [])}),
        ("a,b", {"a": ("number", []), "b": ("number", [])}),
        ("\n\na", {"a": ("number", [])}),
        # Kinds.
        ("a\n1\nNA\n2\n", {"a": ("number", [1, None, 2])}),
        ("a,b\n1,0\n,0\n2,0\n", {"a": ("number", [1, None, 2]), "b": ("number", [0, 0, 0])}),
        ("a\n1\n2.5\nnan\n", {"a": ("number", [1.0, 2.5, None])}),
        ("a\n+1\n-.5\n1.e3\n1E-2\n", {"a": ("number", [1.0, -0.5, 1000.0, 0.01])}),
        ("a\n 1\n ?\n 2\n", {"a": ("text", ["1", "?", "2"])}),
        ("a\n 1\n NA\n 2\n", {"a": ("number", [1, None, 2])}),
        ("a\n0.1\n1e308\n", {"a": ("number", [0.1, 1e308])}),
        ("a\n9007199254740993\n1\n", {"a": ("number", [9007199254740993, 1])}),
        ("a,b\n,1\n,2\n", {"a": ("number", [None, None]), "b": numbers}),
        ("a\ntrue\nfalse\n", {"a": ("boolean", ["true", "false"])}),
        ("a\nTRUE\nFALSE\nNULL\n", {"a": ("boolean", ["TRUE", "FALSE", None])}),
        ("a\nyes\nno\n", {"a": ("boolean", ["yes", "no"])}),
        ("a\nNo\nYes\n", {"a": ("boolean", ["No", "Yes"])}),
        ("a\nNo\nno\nYes\n", {"a": ("boolean", ["no", "no", "yes"])}),
        ("a\nyes\nyes\n", {"a": ("boolean", ["yes", "yes"])}),
        ("a\nyes\ntrue\n", {"a": ("text", ["yes", "true"])}),
        ("a\nyes\nmaybe\n", {"a": ("text", ["yes", "maybe"])}),
        ("a\n2020-01-01\nNA\n", {"a": ("date", ["a date", None])}),
        ("a\n2020-01-01 12:30\n", {"a": ("date", ["a date"])}),
        ("a\n12:30\n", {"a": ("date", ["a date"])}),
        ("a\n0x10\n1_0\n", {"a": ("text", ["0x10", "1_0"])}),
        ("a\n١\n", {"a": ("text", ["١"])}),
    ],
)
def test_text(read, content: str, wanted: dict[str, Any]) -> None:
    assert contents(read(content)) == wanted


@pytest.mark.parametrize(
    ("content", "settings", "wanted"),
    [
        ("1,2\n1,2\n", {"header": False}, {"column 1": ("number", [1, 1]), "column 2": ("number", [2, 2])}),
        ("0,1\n1,2\n", {"header": True}, {"0": ("number", [1]), "1": ("number", [2])}),
        ("x,1", {"header": False}, {"column 1": ("text", ["x"]), "column 2": ("number", [1])}),
        ("é,1".encode("utf-16"), {"header": False}, {"column 1": ("text", ["é"]), "column 2": ("number", [1])}),
        ("a,b\nc,d\n", {"header": False}, {"column 1": ("text", ["a", "c"]), "column 2": ("text", ["b", "d"])}),
        ("a;b\n1,5;x\n-2,5e1;y\n", {"decimal": ","}, {"a": ("number", [1.5, -25.0]), "b": ("text", ["x", "y"])}),
        ('a,b\n"1,5",x\n" 2,5",y\n', {"decimal": ","}, {"a": ("number", [1.5, 2.5]), "b": ("text", ["x", "y"])}),
        ("a\n1,5\n2,5\n", {"decimal": ","}, {"a": ("number", [1.5, 2.5])}),
        (
            "1,5;2,5\n3,5;4,5\n",
            {"decimal": ",", "header": False},
            {"column 1": ("number", [1.5, 3.5]), "column 2": ("number", [2.5, 4.5])},
        ),
        ("a b\n1 x\n", {"separator": " "}, {"a": ("number", [1]), "b": ("text", ["x"])}),
        ("a;b\n1;2\n", {"separator": ","}, {"a;b": ("text", ["1;2"])}),
        ("a\n1\n?\n-\n", {"missing_values": ["?", "-"]}, {"a": ("number", [1, None, None])}),
        ("é\nü\n".encode("cp1252"), {"encoding": "cp1252"}, {"é": ("text", ["ü"])}),
        ("é,b\n1,x\n".encode("utf-16"), {}, {"é": ("number", [1]), "b": ("text", ["x"])}),
        ("zip,b\n01234,1\n,2\n", {"kinds": {"zip": "text"}}, {"zip": ("text", ["01234", None]), "b": numbers}),
        ("01234\n", {"header": False, "kinds": {"column 1": "text"}}, {"column 1": ("text", ["01234"])}),
        (" zip ,b\n01,1\n02,2\n", {"kinds": {"zip": "text"}}, {"zip": ("text", ["01", "02"]), "b": numbers}),
        ("a\n\n", {"kinds": {"a": "text", "b": "text"}}, {"a": ("text", [])}),
        ("a,b\n,1\n,2\n", {"kinds": {"a": "text"}}, {"a": ("text", [None, None]), "b": numbers}),
        ("a,b\n,1\n,2\n", {"kinds": {"a": "boolean"}}, {"a": ("boolean", [None, None]), "b": numbers}),
        ("a,b\n,1\n,2\n", {"kinds": {"a": "date"}}, {"a": ("date", [None, None]), "b": numbers}),
        ("a\ntrue\n", {"kinds": {"a": "text"}}, {"a": ("text", ["true"])}),
        ("a\n2020-01-01\n", {"kinds": {"a": "text"}}, {"a": ("text", ["2020-01-01"])}),
    ],
)
def test_text_as_it_is_told(read, content: str, settings: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert contents(read(content, **settings)) == wanted


@pytest.mark.parametrize(("name", "pack"), [("a.csv.gz", gzip.compress), ("a.csv.bz2", bz2.compress)])
def test_packed_text(read, name: str, pack) -> None:
    assert contents(read(pack(b"a,b\n1,x\n2,y\n"), name)) == {"a": numbers, "b": ("text", ["x", "y"])}


@pytest.mark.parametrize("name", ["a.tsv", "a.tab", "A.TSV"])
def test_the_name_says_tabs(read, name: str) -> None:
    """Also where commas would fit as well."""
    assert read("a,b\n1,2\n", name).names == ["a,b"]
    assert read("a\tb\n1\t2\n", name).names == ["a", "b"]


REFUSED = [
    ("", {}, FileError, "FILE is empty", None),
    ("\n \n", {}, FileError, "FILE is empty", None),
    ("\ufeff", {}, FileError, "FILE is empty", None),
    ("a,a\n1,2\n", {}, DataError, "FILE has 2 columns called 'a'", None),
    ("a, a\n1,2\n", {}, DataError, "FILE has 2 columns called 'a'", None),
    ("column 2,\n1,2\n", {}, DataError, "FILE has 2 columns called 'column 2'", None),
    ("a,b\n1,2\n3\n", {}, DataError, "row 2 of FILE has 1 field, the first line 2", None),
    ("a,b\n1,2\n3", {}, DataError, "row 2 of FILE has 1 field, the first line 2", None),
    ("a,b\n1,2\n3,4,5\n", {}, DataError, "row 2 of FILE has 3 fields, the first line 2", None),
    ("1,2\n3,4,5\n", {"header": False}, DataError, "row 2 of FILE has 3 fields, the first line 2", None),
    ("a\nx,y\nz\n", {}, DataError, "row 1 of FILE has 2 fields, the first line 1", None),
    ('a,b\n1,"x\n2,y\n', {}, FileError, "FILE has a quotation mark that is never closed", None),
    ('a,b\n1,"x\n2,y', {}, FileError, "FILE has a quotation mark that is never closed", None),
    ('a,b\n1,x\n"2,y\n3,z\n', {}, DataError, "row 2 of FILE has 1 field, the first line 2", None),
    (
        "1,2\n3,4\n",
        {},
        DataError,
        "the first line of FILE holds a number where the name of a column should be",
        None,
    ),
    ("\x89PNG\n\x1a\n\0\0".encode(), {}, FileError, "FILE is no text", None),
    (
        b"a\n\xe9t\xe9\n",
        {},
        FileError,
        "FILE is no utf-8 text: line 2 has other bytes",
        'encoding="cp1252", if an older Excel wrote it',
    ),
    (
        b"a,b\n" + b"x,1\n" * 300_000 + b"\xe9,2\n",
        {},
        FileError,
        "FILE is no utf-8 text: column 'a' has other bytes",
        'encoding="cp1252", if an older Excel wrote it',
    ),
    ("a\n1\n", {"encoding": "klingon"}, FileError, "FILE cannot be read: no encoding is called 'klingon'", None),
]


@pytest.mark.parametrize(("content", "settings", "kind", "sentence", "cure"), REFUSED)
def test_text_that_is_refused(read, tmp_path, content, settings, kind, sentence, cure) -> None:
    with pytest.raises(ChainruleError) as caught:
        read(content, **settings)
    error = caught.value
    assert (type(error), error.what.replace(str(tmp_path / "a.csv"), "FILE"), error.try_) == (kind, sentence, cure)
    assert str(error.where).startswith("test_reading.py:")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"separator": ", "}, "a separator is one ASCII character"),
        ({"separator": '"'}, "a separator is one ASCII character"),
        ({"decimal": ";"}, 'a decimal point is "." or ",", and not the separator'),
        ({"decimal": ",", "separator": ","}, 'a decimal point is "." or ",", and not the separator'),
        ({"missing_values": "?"}, "missing_values are several texts"),
        ({"kinds": {"a": "float"}}, "there is no such kind of column"),
    ],
)
def test_settings_that_are_refused(read, settings, sentence: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        read("a\n1\n", **settings)
    assert caught.value.what == sentence


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("a.xlsx", "FILE has a name that does not tell what kind of table it is"),
        ("a", "FILE has a name that does not tell what kind of table it is"),
        ("a.parquet.gz", "FILE is packed, which only text may be"),
        ("a.parquet", "FILE is no .parquet file, or is damaged"),
        ("a.feather", "FILE is no .feather file, or is damaged"),
        ("a.npy", "FILE is no .npy file"),
        ("a.csv.gz", "FILE cannot be unpacked"),
    ],
)
def test_names_that_promise_something_else(read, tmp_path, name: str, sentence: str) -> None:
    with pytest.raises(FileError) as caught:
        read("a,b\n1,2\n", name)
    assert caught.value.what.replace(str(tmp_path / name), "FILE").startswith(sentence)


def test_a_spreadsheet_has_a_cure(read) -> None:
    with pytest.raises(FileError) as caught:
        read(b"PK", "a.xlsx")
    assert caught.value.try_ == 'save it as "CSV UTF-8"'


def test_what_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    for name, sentence in (("a.csv", "is not there"), ("folder.csv", "is a folder")):
        with pytest.raises(FileError) as caught:
            read_table(tmp_path / name)
        assert caught.value.what == f"{tmp_path / name} {sentence}"


def test_a_kind_that_shows_late(read) -> None:
    """A column of whole numbers for megabytes, then one that is none."""
    rows = 400_000
    table = read("a,b\n" + "1,x\n" * rows + "2.5,x\n")
    assert len(table) == rows + 1
    assert table["a"].values[[0, -1]].tolist() == [1.0, 2.5]
    table = read("a,b\n" + "1,x\n" * rows + "oops,x\n")
    assert table.kind("a") == "text" and set(table["a"].categories) == {"1", "oops"}


def test_a_very_wide_table(read) -> None:
    names = [f"pixel {k} of a picture" for k in range(20_000)]
    table = read(",".join(names) + "\n" + ",".join(map(str, range(20_000))) + "\n")
    assert table.names == names and table["pixel 777 of a picture"].values.tolist() == [777]


def test_line_breaks_in_many_fields(read) -> None:
    """Wherever a block of the file ends."""
    rows = 300_000
    table = read("a,b\n" + "".join(f'{k},"x\ny, {k % 7}\n"\n' for k in range(rows)))
    assert len(table) == rows
    assert table["a"].values.tolist() == list(range(rows))
    assert sorted(table["b"].categories) == [f"x\ny, {k}" for k in range(7)]


texts = st.text(st.sampled_from('ab,;"\n é|\t'), max_size=6)


@given(st.lists(st.tuples(texts, st.floats(allow_nan=False, allow_infinity=False)), min_size=1, max_size=6))
def test_what_another_program_wrote(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, float]]) -> None:
    """Python's own csv writes; blanks around a field are nobody's."""
    path = tmp_path_factory.mktemp("written") / "a.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "number", "end"])
        writer.writerows((text, repr(number), "z") for text, number in rows)
    table = read_table(path, kinds={"text": "text"}, separator=",")
    found = contents(table)
    assert found["text"][1] == [text.strip() or None for text, _ in rows]
    assert [float(value) for value in found["number"][1]] == [number for _, number in rows]


# Files that know their types.

TYPED = {
    "i": pa.array([1, None, 3], pa.int8()),
    "u": pa.array([1, 2, 2**63], pa.uint64()),
    "f": pa.array([0.5, None, NAN], pa.float32()),
    "h": pa.array(np.array([0.5, 1, 2], np.float16)),
    "d": pa.array([decimal.Decimal("1.25"), None, decimal.Decimal("-2.00")], pa.decimal128(9, 2)),
    "b": pa.array([True, None, False]),
    "s": pa.array([" x", None, "NA"]),
    "l": pa.array(["x", "y", "x"], pa.large_string()),
    "c": pa.array(["x", None, "x"]).dictionary_encode(),
    "t": pa.array([datetime.date(2020, 1, 1), None, None]),
    "w": pa.array([datetime.datetime(2020, 1, 1)] * 3),
    "n": pa.nulls(3),
    "__index_level_0__": pa.array([0, 1, 2]),
}
WANTED = {
    "i": ("number", [1, None, 3]),
    "u": ("number", [1, 2, 2**63]),
    "f": ("number", [0.5, None, None]),
    "h": ("number", [0.5, 1.0, 2.0]),
    "d": ("number", [1.25, None, -2.0]),
    "b": ("boolean", ["true", None, "false"]),
    "s": ("text", [" x", None, "NA"]),
    "l": ("text", ["x", "y", "x"]),
    "c": ("text", ["x", None, "x"]),
    "t": ("date", ["a date", None, None]),
    "w": ("date", ["a date"] * 3),
    "n": ("number", [None] * 3),
}


@pytest.mark.parametrize("chunks", [1, 2])
@pytest.mark.parametrize("suffix", [".parquet", ".feather", ".arrow"])
def test_typed_files(tmp_path: Path, suffix: str, chunks: int) -> None:
    path = tmp_path / f"a{suffix}"
    data = pa.table(TYPED)
    if suffix == ".parquet":
        pa.parquet.write_table(data, path, row_group_size=3 if chunks == 1 else 2)
    else:
        pa.feather.write_feather(data, path, chunksize=3 if chunks == 1 else 2)
    assert contents(read_table(path)) == WANTED
    assert read_table(path)["i"].is_integer and read_table(path)["u"].is_integer
    assert contents(read_table(path, kinds={"i": "text"}))["i"] == ("text", ["1", None, "3"])


@pytest.mark.parametrize("values", [pa.array([[1], [2]]), pa.array([{"a": 1}] * 2), pa.array([b"x", b"y"])])
def test_columns_of_no_kind(tmp_path: Path, values: pa.Array) -> None:
    pa.parquet.write_table(pa.table({"x": values}), tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"column 'x' holds .* which is no kind of column"):
        read_table(tmp_path / "a.parquet")


def test_two_typed_columns_of_one_name(tmp_path: Path) -> None:
    pa.feather.write_feather(pa.table([pa.array([1]), pa.array([2])], ["x", "x"]), tmp_path / "a.feather")
    with pytest.raises(DataError, match="has 2 columns called 'x'"):
        read_table(tmp_path / "a.feather")


@pytest.mark.parametrize("suffix", [".parquet", ".feather", ".npy"])
def test_damaged_bytes(tmp_path: Path, suffix: str) -> None:
    """They are refused, or are other values: no other error, and no crash of the process."""
    path = tmp_path / f"a{suffix}"
    data = pa.table({"a": list(range(50)), "b": ["x", "yy"] * 25, "c": [0.5, None] * 25})
    if suffix == ".parquet":
        pa.parquet.write_table(data, path)
    elif suffix == ".feather":
        pa.feather.write_feather(data, path, compression="uncompressed")
    else:
        np.save(path, np.ones((10, 3)))
    content = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(1000):
        changed = bytearray(content)
        for place in rng.integers(len(content), size=rng.integers(1, 4)):
            changed[place] = rng.integers(256)
        path.write_bytes(changed)
        with contextlib.suppress(FileError, DataError):
            contents(read_table(path))


def test_a_typed_file_that_is_cut_off(tmp_path: Path) -> None:
    pa.parquet.write_table(pa.table({"x": list(range(1000))}), tmp_path / "a.parquet")
    content = (tmp_path / "a.parquet").read_bytes()
    for length in (0, 3, 100, len(content) - 1):
        (tmp_path / "a.parquet").write_bytes(content[:length])
        with pytest.raises(FileError, match=r"is no \.parquet file, or is damaged"):
            read_table(tmp_path / "a.parquet")


# Memory maps.


@pytest.mark.parametrize(
    ("array", "wanted"),
    [
        (np.array([[1.0, 2.0], [3.0, NAN]]), {"column 1": ("number", [1.0, 3.0]), "column 2": ("number", [2.0, None])}),
        (np.array([1, 2], np.uint8), {"column 1": numbers}),
        (np.array([[True], [False]]), {"column 1": ("boolean", ["true", "false"])}),
        (np.array([["x", "y"], ["z", "y"]]), {"column 1": ("text", ["x", "z"]), "column 2": ("text", ["y", "y"])}),
        (
            np.array([(1, "x"), (2, "y")], [("size", "f4"), ("city", "U3")]),
            {"size": ("number", [1.0, 2.0]), "city": ("text", ["x", "y"])},
        ),
        (np.array(["2020-01-01", "NaT"], "M8[D]"), {"column 1": ("date", ["a date", None])}),
        (np.zeros((0, 2)), {"column 1": ("number", []), "column 2": ("number", [])}),
        (
            np.asfortranarray(np.array([[1, 2], [3, 4]], ">i4")),
            {"column 1": ("number", [1, 3]), "column 2": ("number", [2, 4])},
        ),
    ],
)
def test_npy(tmp_path: Path, array: np.ndarray, wanted: dict[str, Any]) -> None:
    np.save(tmp_path / "a.npy", array)
    assert contents(read_table(tmp_path / "a.npy")) == wanted


def test_a_map_is_not_read(tmp_path: Path) -> None:
    """A terabyte, most of it a hole: only what is asked for comes into memory."""
    path = tmp_path / "a.npy"
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": (2**31, 64)})
        file.truncate(file.tell() + 2**31 * 64 * 8)
    table = read_table(path)
    assert len(table) == 2**31
    last = table.take(np.array([2**31 - 1, 5]))
    assert last["column 64"].values.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (np.zeros((2, 3, 4)), "holds an array of shape (2, 3, 4), which is no table"),
        (np.array(3.0), "holds an array of shape (), which is no table"),
    ],
)
def test_arrays_that_are_no_tables(tmp_path: Path, array: np.ndarray, sentence: str) -> None:
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(DataError) as caught:
        read_table(tmp_path / "a.npy")
    assert caught.value.what == f"{tmp_path / 'a.npy'} {sentence}"


@pytest.mark.parametrize("dtype", ["c16", "V3"])
def test_maps_of_no_kind(tmp_path: Path, dtype: str) -> None:
    np.save(tmp_path / "a.npy", np.zeros(3, dtype))
    with pytest.raises(DataError, match="is no kind of column"):
        read_table(tmp_path / "a.npy")


def test_a_map_executes_nothing(tmp_path: Path) -> None:
    class Hostile:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "executed"),)

    np.save(tmp_path / "a.npy", np.array([Hostile()], object), allow_pickle=True)
    (tmp_path / "b.npy").write_bytes(pickle.dumps(Hostile()))
    np.save(tmp_path / "c.npy", np.ones((100, 3)))
    content = (tmp_path / "c.npy").read_bytes()
    sentences = {"a.npy": "is cut off, damaged, or holds Python objects", "b.npy": "is no .npy file"}
    for length in (7, 60, 200):
        (tmp_path / f"{length}.npy").write_bytes(content[:length])
        sentences[f"{length}.npy"] = sentences["a.npy"]
    hostile_header = b"\x93NUMPY\x01\x00\x40\x00" + b"__import__('os').mkdir('executed')".ljust(63) + b"\n"
    (tmp_path / "d.npy").write_bytes(hostile_header)
    sentences["d.npy"] = sentences["a.npy"]
    for name, sentence in sentences.items():
        with pytest.raises(FileError) as caught:
            read_table(tmp_path / name)
        assert caught.value.what == f"{tmp_path / name} {sentence}"
    assert not (tmp_path / "executed").exists()


# What is loaded.


def test_importing_the_room_loads_no_pyarrow() -> None:
    program = "import sys, chainrule.data, chainrule.files\n"
    program += "print([name for name in ('pyarrow', 'safetensors') if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_without_the_extra(tmp_path: Path) -> None:
    """Memory maps work; for text the extra is named."""
    np.save(tmp_path / "a.npy", np.ones((2, 2)))
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    program = (
        "import sys\n"
        "sys.modules['pyarrow'] = None\n"
        "from chainrule.data import read_table\n"
        "print(read_table(sys.argv[1] + '/a.npy'))\n"
        "try:\n"
        "    read_table(sys.argv[1] + '/a.csv')\n"
        "except TypeError as error:\n"
        "    print(error.what)\n"
        "    print(error.try_)\n"
    )
    run = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == [
        "<Table of 2 rows: column 1 number, column 2 number>",
        "this needs the package pyarrow, which is not installed",
        'pip install "chainrule[tables]"',
    ]
    assert re.search("pyarrow", run.stderr) is None
