"""Rows of named columns."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.data import Parts, Table, split, task_of
from chainrule.data.column import text_of
from chainrule.errors import ArgumentError, DataError, UnknownNameError

NAN = float("nan")


def table(rows: int = 20) -> Table:
    return Table.of({"k": np.arange(rows), "x": np.arange(rows) / 2, "city": ["Oslo", "Rome"] * (rows // 2)})


@pytest.mark.parametrize(
    ("values", "kind", "numbers"),
    [
        ([1, 2, 3], "number", [1, 2, 3]),
        (np.array([1, 2], ">u2"), "number", [1, 2]),
        ([0.5, NAN], "number", [0.5, NAN]),
        ([1, None, 2.5], "number", [1, NAN, 2.5]),
        ([None, None], "text", [NAN, NAN]),
        ([True, False], "boolean", [1, 0]),
        ([True, None], "boolean", [1, NAN]),
        (np.array(["2020-01-01", "NaT"], "M8[s]"), "date", None),
        (np.array([3, 4], "m8[s]"), "date", None),
    ],
)
def test_kinds(values, kind: str, numbers) -> None:
    column = Table.of({"a": values})["a"]
    assert column.kind == kind
    if numbers is not None:
        np.testing.assert_array_equal(column.numbers(), numbers)
        np.testing.assert_array_equal(column.missing(), np.isnan(numbers))


@pytest.mark.parametrize("values", [["x", "y", "x"], np.array(["x", "y", "x"], object)])
def test_texts(values) -> None:
    column = Table.of({"a": values})["a"]
    assert column.kind == "text" and column.distinct() == ["x", "y"]
    assert [column.categories[code] for code in column.values] == ["x", "y", "x"]


def test_missing_texts() -> None:
    column = Table.of({"a": ["x", None, NAN, "y"]})["a"]
    assert column.missing().tolist() == [False, True, True, False]
    assert column.distinct() == ["x", "y"]


def test_numbers_are_not_copied() -> None:
    x = np.ones((5, 3), np.float32)
    assert np.shares_memory(Table.of({"a": x[:, 1]})["a"].values, x)


def test_distinct_values_are_in_order() -> None:
    made = Table.of({"n": [10, 9, -1.5, 10], "t": ["b", "a", "c", "b"], "b": [True, True, False, True]})
    assert [made[name].distinct() for name in made.names] == [["-1.5", "9", "10"], ["a", "b", "c"], ["false", "true"]]


@pytest.mark.parametrize(("number", "text"), [(3, "3"), (3.0, "3"), (-0.0, "0"), (0.1, "0.1"), (1e300, str(10**300))])
def test_names_of_numbers(number: float, text: str) -> None:
    assert text_of(number) == text or float(text_of(number)) == number


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"a": [1, 2], "b": [1]}, "the columns of the table differ in length"),
        ({"a": np.ones((2, 2))}, "column 'a' has one axis"),
        ({"a": [1j]}, "column 'a' holds complex128, which is no kind of column"),
        ({"a": np.ones(2, np.longdouble)}, f"column 'a' holds {np.dtype(np.longdouble)}, which is no kind of column"),
        ({"a": np.array([1, "x"], object)}, "column 'a' holds objects of several kinds or none that is known"),
        ({"a": np.array([True, 2], object)}, "column 'a' holds objects of several kinds or none that is known"),
        ({"a": np.array([{}, {}], object)}, "column 'a' holds objects of several kinds or none that is known"),
    ],
)
def test_what_is_no_table(columns, sentence: str) -> None:
    with pytest.raises(DataError) as caught:
        Table.of(columns)
    assert caught.value.what == sentence


def test_no_columns() -> None:
    assert len(Table.of({})) == 0 and Table.of({}).names == []


def test_taken_rows() -> None:
    first = table().take(np.array([5, 3, 3, 18]))
    assert first["k"].values.tolist() == [5, 3, 3, 18]
    second = first.take(np.array([3, 0]))
    assert second["k"].values.tolist() == [18, 5] and len(second) == 2
    assert [second["city"].categories[code] for code in second["city"].values] == ["Oslo", "Rome"]
    assert len(first.take(np.array([], int))) == 0


def test_taking_copies_nothing() -> None:
    x = np.broadcast_to(np.float64(1), 2**40)  # eight terabytes, were they there
    made = Table.of({"x": x}).take(np.array([2**39, 0]))
    assert made["x"].values.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("rows", [[20], [-1], [[1]], [0.5], [True]])
def test_rows_that_are_none(rows) -> None:
    with pytest.raises(ArgumentError):
        table().take(np.array(rows))


@pytest.mark.parametrize("taken", [False, True])
def test_parts(taken: bool) -> None:
    made = table().take(np.arange(19, -1, -1)) if taken else table()
    parts = list(made.parts(6))
    assert [len(part) for part in parts] == [6, 6, 6, 2]
    joined = np.concatenate([part["k"].values for part in parts])
    np.testing.assert_array_equal(joined, made["k"].values)


def test_rows_keep_their_numbers() -> None:
    """Those of the file, whatever has been taken of it."""
    made = table().take(np.arange(10, 20))
    assert made.row_numbers(np.array([0])) == "row 11"
    assert made.row_numbers(np.array([0, 9])) == "rows 11, 20"
    assert list(made.parts(4))[1].row_numbers(np.array([1])) == "row 16"
    assert list(table().parts(8))[1].row_numbers(np.arange(8)) == "rows 9, 10, 11, 12, 13 and 3 more"


def test_an_unknown_column_names_those_near() -> None:
    made = Table.of({"Price": [1], "price per m²": [1], "size": [1]}, source="flats.csv")
    with pytest.raises(UnknownNameError) as caught:
        made["prise"]
    assert caught.value.what == "flats.csv has no column 'prise'"
    assert caught.value.got == "'Price', 'price per m²', 'size'"
    assert caught.value.try_ == "'Price'"
    with pytest.raises(UnknownNameError) as caught:
        made.kind("weight")
    assert caught.value.try_ is None


# What is to be predicted, and parts of rows.


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (["a", "b"], "classification"),
        ([True, False], "classification"),
        ([0, 1, 1], "classification"),
        ([1, 2, 3], "regression"),
        ([1, 2, 3] * 2, "classification"),
        (list(range(20)) * 2, "classification"),
        (list(range(21)) * 10, "regression"),
        ([0.0, 1.0, 1.0], "regression"),
        ([1, None, 1], "regression"),
    ],
)
def test_tasks(values, task: str) -> None:
    column = Table.of({"y": np.array(values, object) if None in values else values})["y"]
    if None in values:
        column = Table.of({"y": np.array([1.0, NAN, 1.0])})["y"]
    assert task_of(column) == task


def test_parts_of_classes() -> None:
    made = Table.of({"x": np.arange(110), "y": ["a"] * 100 + ["b"] * 10})
    parts = split(made, "y", seed=3)
    assert isinstance(parts, Parts)
    assert [len(part) for part in parts] == [77, 11, 22]
    assert [np.bincount(part["y"].values).tolist() for part in parts] == [[70, 7], [10, 1], [20, 2]]
    rows = np.concatenate([part["x"].values for part in parts])
    np.testing.assert_array_equal(np.sort(rows), np.arange(110))
    again = split(made, "y", seed=3)
    np.testing.assert_array_equal(again.training["x"].values, parts.training["x"].values)
    assert not np.array_equal(split(made, "y", seed=4).training["x"].values, parts.training["x"].values)


def test_parts_of_numbers() -> None:
    made = Table.of({"y": np.arange(50) / 7})
    assert [len(part) for part in split(made, "y", (0.5, 0.3, 0.2))] == [25, 15, 10]


def test_parts_by_another_task() -> None:
    """Each of few whole numbers in the same share, or not."""
    made = Table.of({"y": [0] * 10 + [1] * 10})
    assert [part["y"].numbers().mean() for part in split(made, "y", (0.5, 0.3, 0.2))] == [0.5] * 3
    assert len(split(made, "y", (0.5, 0.3, 0.2), task="regression").training) == 10


def test_two_fractions() -> None:
    with pytest.raises(ArgumentError, match="a table is divided into three parts"):
        split(table(), "city", (0.5, 0.5))
