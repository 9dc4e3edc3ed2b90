"""Rows of Parquet files: by row groups, in an order of the seed; what is no number is refused by name."""

import threading

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from chainrule.data import ParquetRows
from chainrule.errors import ArgumentError, DataError, FileError, UnknownNameError

COUNT, GROUP = 53, 6
NUMBERS = np.arange(COUNT)
SEED = np.random.SeedSequence(1)
COLUMNS = {"a": NUMBERS / 2, "b": NUMBERS.astype(np.int32), "yes": NUMBERS % 2 == 0, "kind": NUMBERS % 3}


@pytest.fixture
def path(tmp_path):
    return written(tmp_path)


def written(folder, group=GROUP, **columns):
    path = folder / "rows.parquet"
    parquet.write_table(pa.table({**COLUMNS, **columns}), path, row_group_size=group)
    return path


def read(source, seed=SEED, batch_size=4):
    return [[x[order] for x in rows] for rows, order in source.chunks(seed, batch_size)]


def joined(parts):
    return [np.concatenate(each) for each in zip(*parts, strict=True)]


def test_all_columns_but_the_target_make_x(path):
    x, y = joined(read(ParquetRows(path, "kind"), None))
    np.testing.assert_array_equal(x, np.stack([NUMBERS / 2, NUMBERS, NUMBERS % 2 == 0], axis=1))
    np.testing.assert_array_equal(y, NUMBERS % 3)
    assert x.dtype == np.float64 and y.dtype == np.int64 and len(ParquetRows(path, "kind")) == COUNT
    x, y = joined(read(ParquetRows(path, "a", ["kind", "b"], np.float32), None))
    np.testing.assert_array_equal(x, np.stack([NUMBERS % 3, NUMBERS], axis=1).astype(np.float32))
    np.testing.assert_array_equal(y, (NUMBERS / 2).astype(np.float32))
    assert x.dtype == y.dtype == np.float32
    _, y = joined(read(ParquetRows(path, ["a", "yes"], ["b"]), None))
    np.testing.assert_array_equal(y, np.stack([NUMBERS / 2, NUMBERS % 2 == 0], axis=1))
    _, y = joined(read(ParquetRows(path, ["yes"], ["b"]), None))
    assert y.shape == (COUNT, 1) and y.dtype == np.int64


@pytest.mark.parametrize("batch_size", [1, 4, 12, 13, 100])
def test_rows_come_once_in_an_order_of_the_seed(path, batch_size):
    source = ParquetRows(path, "kind", ["b"], chunk_bytes=1)
    parts = read(source, SEED, batch_size)
    counts = [len(y) for _, y in parts]
    assert all(count == max(batch_size, 2 * GROUP // batch_size * batch_size) for count in counts[:-1])
    x, y = joined(parts)
    assert sorted(x[:, 0]) == list(range(COUNT)) and list(y) == list(x[:, 0] % 3)
    assert list(x) == list(joined(read(ParquetRows(path, "kind", ["b"], chunk_bytes=1), SEED, batch_size))[0])
    assert list(x) != list(joined(read(source, np.random.SeedSequence(2), batch_size))[0])


def test_row_groups_are_spread_and_mixed(path):
    (first, _), *_ = read(ParquetRows(path, "kind", ["b"], chunk_bytes=1), SEED, 12)
    groups = first[:, 0] // GROUP
    assert sorted(first[:, 0] % GROUP) == sorted([*range(GROUP), *range(GROUP)])  # two whole groups
    assert len(set(groups[:GROUP])) == 2
    assert len(read(ParquetRows(path, "kind"))) == 1  # all in 64 MiB


def test_each_group_is_read_once(path, monkeypatch):
    read_groups = []
    original = ParquetRows._group
    monkeypatch.setattr(ParquetRows, "_group", lambda self, file, k: read_groups.append(k) or original(self, file, k))
    read(ParquetRows(path, "kind", chunk_bytes=1), SEED, 5)
    assert sorted(read_groups) == list(range(9)) != read_groups


@pytest.mark.parametrize(
    ("columns", "message", "got"),
    [
        ({"a": [*NUMBERS[:-2] / 2, None, 1.0]}, "column 'a' of .*rows.parquet has missing values", "in row 52"),
        ({"a": [*NUMBERS[:-2] / 2, np.nan, 1.0]}, "column 'a' of .*rows.parquet has missing values", "in row 52"),
        ({"b": [None] * 2 + [1] * 51}, "column 'b' of .*rows.parquet has missing values", "in rows 1, 2"),
        ({"yes": [True] * 52 + [None]}, "column 'yes' of .*rows.parquet has missing values", "in row 53"),
        ({"kind": [0] * 52 + [None]}, "column 'kind' of .*rows.parquet has missing values", "in row 53"),
        ({"b": [None] * COUNT}, "column 'b' of .*rows.parquet has missing values", "in rows 1, 2, 3, 4, 5 and 1 more"),
        ({"a": [*NUMBERS[:-1] / 2, -np.inf]}, "column 'a' of .*rows.parquet has infinite numbers", "in row 53"),
        ({"b": [2**53 + 1] * COUNT}, "column 'b' of .* whole numbers that a float64 cannot hold", "in rows 1, 2"),
        ({"kind": np.full(COUNT, 2**64 - 1, np.uint64)}, "column 'kind' of .* cannot hold", "in rows 1, 2"),
    ],
)
def test_values_that_cannot_be_used_are_named_with_column_file_and_row(tmp_path, columns, message, got):
    source = ParquetRows(written(tmp_path, **columns), "kind")
    with pytest.raises(DataError, match=message) as caught:
        read(source, None)
    assert caught.value.got.startswith(got)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([f"{k}" for k in NUMBERS], "column 'b' of .*rows.parquet holds texts"),
        (np.full(COUNT, "2020-01-01", "M8[s]"), "column 'b' of .*rows.parquet holds dates"),
        ([[1, 2]] * COUNT, "column 'b' holds list<.*>, which is no kind of column: .*rows.parquet"),
    ],
)
def test_columns_that_are_no_numbers_are_named_at_once(tmp_path, values, message):
    path = written(tmp_path, b=values)
    with pytest.raises(DataError, match=message):
        ParquetRows(path, "kind")
    with pytest.raises(DataError, match=message):
        ParquetRows(path, "b")
    assert len(ParquetRows(path, "kind", ["a", "yes"])) == COUNT


def test_what_is_too_large_for_the_dtype_is_refused(tmp_path):
    source = ParquetRows(written(tmp_path, a=np.full(COUNT, 1e300)), "kind", dtype=np.float32)
    with pytest.raises(DataError, match=r"column 'a' of .*rows.parquet has numbers that are too large for float32"):
        read(source)


def test_names_and_files_that_are_not_there(path, tmp_path):
    with pytest.raises(UnknownNameError, match="has no column 'knid'") as caught:
        ParquetRows(path, "knid")
    assert caught.value.try_ == "'kind'"
    with pytest.raises(UnknownNameError, match="has no column 'c'"):
        ParquetRows(path, "kind", ["a", "c"])
    for target, columns in (("kind", []), ([], ["a"])):
        with pytest.raises(ArgumentError, match="a target and columns"):
            ParquetRows(path, target, columns)
    with pytest.raises(ArgumentError, match="each column is used once: 'a'"):
        ParquetRows(path, "a", ["a", "b"])
    with pytest.raises(ArgumentError, match="x is made of floats"):
        ParquetRows(path, "a", dtype=int)
    with pytest.raises(FileError, match="is not there"):
        ParquetRows(tmp_path / "no.parquet", "kind")
    with pytest.raises(DataError, match="has no rows"):
        parquet.write_table(pa.table(COLUMNS).slice(0, 0), tmp_path / "empty.parquet")
        ParquetRows(tmp_path / "empty.parquet", "kind")


def test_what_pandas_writes_of_its_rows_is_no_column(tmp_path):
    assert ParquetRows(written(tmp_path, __index_level_0__=NUMBERS), "kind").columns == ["a", "b", "yes"]


def test_columns_of_one_name_are_refused(tmp_path):
    table = pa.Table.from_arrays([pa.array(NUMBERS)] * 3, ["a", "b", "a"])
    parquet.write_table(table, tmp_path / "twice.parquet")
    with pytest.raises(DataError, match=r"twice.parquet has 2 columns called 'a'"):
        ParquetRows(tmp_path / "twice.parquet", "b")


def test_damage_is_a_file_error(path, tmp_path):
    content = path.read_bytes()
    (tmp_path / "cut.parquet").write_bytes(content[:-20])
    with pytest.raises(FileError, match=r"cut.parquet is no Parquet file, or is damaged"):
        ParquetRows(tmp_path / "cut.parquet", "kind")
    source = ParquetRows(path, "kind")
    path.write_bytes(content[:4] + bytes(200) + content[204:])
    with pytest.raises(FileError, match=r"rows.parquet is no Parquet file, or is damaged"):
        read(source)
    written(tmp_path, group=7)
    with pytest.raises(FileError, match=r"rows.parquet has changed"):
        read(source)
    assert not [each for each in threading.enumerate() if each.name.startswith("chainrule-reading")]
