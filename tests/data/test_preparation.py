"""From tables to arrays: worked by hand, the same for any other table, refused in one sentence."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule import files
from chainrule.data import Preparation, Table, read_table, split
from chainrule.errors import ArgumentError, ChainruleError, DataError, TextError, UnknownNameError

NAN = float("nan")
RNG = np.random.default_rng(0)


def fit(columns: dict[str, Any], target: str = "y", **options: Any) -> Preparation:
    return Preparation.fit(Table.of(columns), target, **options)


Y = ["a", "b", "a"]


# Worked by hand.


def test_numbers() -> None:
    """1, 2, 6 have the mean 3, the deviations -2, -1, 3, of mean square 14/3."""
    x, y = (preparation := fit({"n": [1, 2, 6], "y": Y}))(Table.of({"n": [1, 2, 6], "y": Y}))
    np.testing.assert_allclose(x[:, 0], np.array([-2.0, -1.0, 3.0]) / np.sqrt(14 / 3), rtol=1e-15)
    assert y.tolist() == [0, 1, 0]
    assert (x.dtype, y.dtype) == (np.float64, np.int64)
    assert preparation.labels == ["n"]
    # By what the training rows say, whatever comes later.
    np.testing.assert_allclose(preparation.inputs(Table.of({"n": [3.0]})), [[0.0]])


def test_categories() -> None:
    preparation = fit({"c": ["z", "x", "z"], "y": Y})
    assert preparation.labels == ["c=x", "c=z"]
    table = Table.of({"c": ["x", "new", "z"]})
    assert preparation.inputs(table).tolist() == [[1, 0], [0, 0], [0, 1]]


def test_booleans() -> None:
    preparation = fit({"b": [True, False, True], "y": Y})
    assert preparation.inputs(Table.of({"b": [False, True]})).tolist() == [[0], [1]]


def test_numbers_as_categories() -> None:
    preparation = fit({"n": [10, 9, 10], "y": Y}, categories=["n"])
    assert preparation.labels == ["n=9", "n=10"]
    assert preparation.inputs(Table.of({"n": [9.0, 10.0, 11.0]})).tolist() == [[1, 0], [0, 1], [0, 0]]


def test_booleans_as_categories() -> None:
    preparation = fit({"b": [True, True, True], "y": Y}, categories=["b"])
    assert preparation.labels == ["b=false", "b=true"]
    assert preparation.inputs(Table.of({"b": [False, True]})).tolist() == [[1, 0], [0, 1]]


def test_constant_columns_become_zero() -> None:
    preparation = fit({"n": [0.1] * 3, "y": Y})
    np.testing.assert_allclose(preparation.inputs(Table.of({"n": [0.1, 1.1]})), [[0], [1]], atol=1e-15)


def test_the_order_is_that_of_the_table() -> None:
    preparation = fit({"b": [True, False, True], "y": Y, "c": ["x", "z", "x"], "a": [1, 2, 3]})
    assert preparation.labels == ["b", "c=x", "c=z", "a"]
    other = Table.of({"a": [2], "unknown": [7], "c": ["x"], "b": [True]})
    assert preparation.inputs(other).tolist() == [[1, 1, 0, 0]]


def test_what_is_ignored() -> None:
    preparation = fit({"id": ["p", "q", "r"], "n": [1, 2, 3], "y": Y}, ignore=["id"])
    assert preparation.labels == ["n"]
    assert preparation.inputs(Table.of({"n": [2]})).shape == (1, 1)


# Targets.


@pytest.mark.parametrize(
    ("values", "classes", "labels"),
    [
        (["b", "a", "b"], ["a", "b"], [1, 0, 1]),
        ([True, False, True], ["false", "true"], [1, 0, 1]),
        ([10, 9, 10], ["9", "10"], [1, 0, 1]),
        ([-1, 1, 1], ["-1", "1"], [0, 1, 1]),
    ],
)
def test_classes(values, classes: list[str], labels: list[int]) -> None:
    table = Table.of({"n": [1, 2, 3], "y": values})
    preparation = Preparation.fit(table, "y")
    assert list(preparation.target.classes) == classes
    assert preparation(table)[1].tolist() == labels
    assert preparation.in_own_units(np.array(labels)).tolist() == [classes[k] for k in labels]


def test_a_quantity() -> None:
    """1, 2, 6 again."""
    table = Table.of({"n": [1, 2, 3], "y": [1.0, 2.0, 6.0]})
    preparation = Preparation.fit(table, "y")
    y = preparation(table)[1]
    np.testing.assert_allclose(y, np.array([[-2.0], [-1.0], [3.0]]) / np.sqrt(14 / 3), rtol=1e-15)
    assert y.dtype == np.float64
    np.testing.assert_allclose(preparation.in_own_units(y), [[1.0], [2.0], [6.0]])


def test_the_task_may_be_given() -> None:
    assert fit({"n": [1, 2, 3], "y": [0, 1, 1]}, task="regression").target.mean == pytest.approx(2 / 3)
    assert fit({"n": [1, 2, 3], "y": [0.5, 1.0, 1.0]}, task="classification").target.classes == ("0.5", "1")
    assert fit({"n": [1, 2, 3], "y": [True, False, True]}, task="regression").target.mean == pytest.approx(2 / 3)


# Missing values.

HOLES = {
    "n": [1.0, NAN, 2.0, 6.0],
    "c": ["x", "z", None, "x"],
    "b": [True, None, True, False],
    "y": [1.0, 2.0, 3.0, 4.0],
}


def test_the_mean_and_a_category() -> None:
    table = Table.of(HOLES)
    preparation = Preparation.fit(table, "y", missing=("mean", "category"))
    x = preparation.inputs(table)
    assert preparation.labels == ["n", "c=x", "c=z", "c is missing", "b"]
    assert x[1, 0] == 0  # the mean, scaled
    assert x[2, 1:4].tolist() == [0, 0, 1]
    assert x[1, 4] == 2 / 3


def test_the_median() -> None:
    table = Table.of({name: HOLES[name] for name in "nby"})
    x = Preparation.fit(table, "y", missing="median").inputs(table)
    assert x[1, 0] == x[2, 0]  # 2 is the median of 1, 2, 6
    assert x[1, 1] == 1


def test_a_category_for_all() -> None:
    table = Table.of(HOLES)
    preparation = Preparation.fit(table, "y", missing="category")
    assert preparation.labels == ["n", "n is missing", "c=x", "c=z", "c is missing", "b", "b is missing"]
    x = preparation.inputs(table)
    assert x[1].tolist() == [0, 1, 0, 1, 0, 2 / 3, 1]
    assert x[0, [1, 4, 6]].tolist() == [0, 0, 0]


def test_rows_left_out() -> None:
    """Also for the means: of n only 1 and 6 are left, with the mean 3.5 and the deviation 2.5."""
    table = Table.of(HOLES)
    preparation = Preparation.fit(table, "y", missing="drop")
    x, y = preparation(table)
    assert preparation.rows(table).tolist() == [0, 3]
    assert x.tolist() == [[-1, 1, 1], [1, 1, 0]]
    assert y[:, 0].tolist() == [-1, 1]
    with pytest.raises(DataError) as caught:
        preparation.inputs(table)
    assert caught.value.what == "column 'n' of the table has missing values, and such rows were left out in training"
    assert caught.value.got == "none in row 2"
    assert preparation.inputs(table.take(np.array([0, 3]))).shape == (2, 3)


def test_targets_left_out() -> None:
    table = Table.of({"n": [1, 2, 3, 4], "y": ["a", None, "b", "a"]})
    preparation = Preparation.fit(table, "y", missing={"y": "drop"})
    assert preparation(table)[1].tolist() == [0, 1, 0]
    assert preparation.inputs(table).shape == (4, 1)


def test_choices_by_column() -> None:
    table = Table.of(HOLES)
    preparation = Preparation.fit(table, "y", missing={"n": "median", "c": "category", "b": "category"})
    assert preparation.labels == ["n", "c=x", "c=z", "c is missing", "b", "b is missing"]


def test_values_that_are_missing_only_later() -> None:
    preparation = fit({"n": [1, 2, 6], "c": ["x", "z", "x"], "y": Y}, missing=("mean", "category"))
    later = Table.of({"n": [NAN], "c": np.array([None], object)})
    assert preparation.inputs(later).tolist() == [[0, 0, 0]]
    strict = fit({"c": ["x", "z", "x"], "y": Y}, missing="category", unseen="error")
    with pytest.raises(DataError, match="has a value that was not there in training") as caught:
        strict.inputs(later)
    assert caught.value.got == "no value in row 1"


def test_a_column_without_values_later() -> None:
    """Nobody can tell of which kind it is."""
    preparation = fit({"n": [1, 2, 6], "c": ["x", "z", "x"], "b": [True, False, True], "y": Y}, missing="category")
    for empty in ([NAN, NAN], np.array([None, None], object), np.array(["NaT", "NaT"], "M8[D]")):
        x = preparation.inputs(Table.of({"n": empty, "c": empty, "b": empty}))
        np.testing.assert_allclose(x, [[0, 0, 0, 2 / 3]] * 2)


# What is refused.

REFUSED = [
    ({"y": Y}, {}, DataError, "the table has no column to predict 'y' from"),
    ({"n": [1, 2, 3], "y": Y}, {"ignore": ["n"]}, DataError, "the table has no column to predict 'y' from"),
    ({"n": [], "y": []}, {}, DataError, "the table has no rows"),
    ({"n": [1, 2, 3], "Y": Y}, {}, UnknownNameError, "the table has no column 'y'"),
    ({"n": [1, 2, 3], "y": Y}, {"ignore": ["m"]}, UnknownNameError, "the table has no column 'm'"),
    ({"n": [1, 2, 3], "y": Y}, {"categories": ["m"]}, UnknownNameError, "the table has no column 'm'"),
    ({"n": [1, 2, 3], "y": Y}, {"missing": {"m": "mean"}}, UnknownNameError, "the table has no column 'm'"),
    ({"n": [1, 2, 3], "y": Y}, {"missing": "zero"}, ArgumentError, "there is no such choice for missing values"),
    ({"n": [1, 2, 3], "y": Y}, {"missing": {"y": "mean"}}, ArgumentError, "missing='mean' does not fit column 'y'"),
    ({"c": Y, "y": Y}, {"missing": {"c": "mean"}}, ArgumentError, "missing='mean' does not fit column 'c'"),
    ({"n": [1, 2, 3], "y": Y}, {"unseen": "one"}, ArgumentError, "there is no such choice for what is unseen"),
    ({"n": [1, 2, 3], "y": Y}, {"task": "ranking"}, ArgumentError, "there is no such task"),
    ({"n": [1, NAN, 3], "y": Y}, {}, DataError, "column 'n' of the table has missing values"),
    ({"c": ["x", None, "z"], "y": Y}, {"missing": "mean"}, DataError, "column 'c' of the table has missing values"),
    ({"n": [1, 2, 3], "y": ["a", None, "b"]}, {}, DataError, "column 'y' of the table has missing values"),
    (
        {"n": [1, 2, 3], "y": [1.5, NAN, 2]},
        {"missing": "mean"},
        DataError,
        "column 'y' of the table has missing values",
    ),
    ({"n": [NAN] * 3, "y": Y}, {"missing": "mean"}, DataError, "column 'n' of the table has no value at all"),
    ({"n": [NAN] * 3, "y": Y}, {"missing": "drop"}, DataError, "the table has no row without a missing value"),
    ({"c": [None] * 3, "y": Y}, {"missing": "category"}, DataError, "column 'c' of the table has no value at all"),
    ({"n": [1, np.inf, 3], "y": Y}, {}, DataError, "column 'n' of the table has infinite numbers"),
    ({"n": [1, 2, 3], "y": [1.5, np.inf, 3]}, {}, DataError, "column 'y' of the table has infinite numbers"),
    ({"n": [1e308] * 3, "y": Y}, {}, DataError, "column 'n' of the table has numbers too large to be added up"),
    (
        {"n": [1, 2**53 + 1, 3], "y": Y},
        {},
        DataError,
        "column 'n' of the table has whole numbers that a float64 cannot hold",
    ),
    (
        {"t": np.array(["2020-01-01"] * 3, "M8[D]"), "y": Y},
        {},
        DataError,
        "column 't' of the table holds dates, which are no numbers",
    ),
    (
        {"n": [1, 2, 3], "y": np.array(["2020-01-01"] * 3, "M8[D]")},
        {},
        DataError,
        "column 'y' of the table holds dates, which are no numbers",
    ),
    ({"n": ["1.5", "2,5", "x"], "y": Y}, {}, DataError, "column 'n' of the table has texts among its numbers"),
    ({"n": [1, 2, 3], "y": ["1.5", "2,5", "3"]}, {}, DataError, "column 'y' of the table has texts among its numbers"),
    (
        {"n": [1, 2, 3], "y": ["a", "a", "a"]},
        {},
        DataError,
        "column 'y' of the table has one class only: there is nothing to tell apart",
    ),
    (
        {"n": [1, 2, 3], "y": [4, 4, 4]},
        {},
        DataError,
        "column 'y' of the table has one class only: there is nothing to tell apart",
    ),
    (
        {"n": [1, 2, 3], "y": [0.1] * 3},
        {},
        DataError,
        "column 'y' of the table has one value only: there is nothing to learn",
    ),
    (
        {"n": [1, 2, 3], "y": Y},
        {"task": "regression"},
        DataError,
        "column 'y' of the table has texts among its numbers",
    ),
    (
        {"c": ["p", "q", "r"], "y": Y},
        {"most_categories": 2},
        DataError,
        "column 'c' of the table has more different values than categories can be",
    ),
    (
        {"n": [1, 2, 3], "y": ["p", "q", "r"]},
        {"most_categories": 2},
        DataError,
        "column 'y' of the table has more classes than can be learned",
    ),
]


@pytest.mark.parametrize(("columns", "options", "kind", "sentence"), REFUSED)
def test_training_rows_that_are_refused(columns, options, kind, sentence: str) -> None:
    with pytest.raises(ChainruleError) as caught:
        fit(columns, **options)
    assert (type(caught.value), caught.value.what) == (kind, sentence)
    assert str(caught.value.where).startswith("test_preparation.py:")


@pytest.mark.parametrize(
    ("columns", "got", "wanted", "cure"),
    [
        (
            {"n": [1, NAN, 3, NAN], "y": [1.5, 2, 3, 4]},
            "none in rows 2, 4",
            "a choice for them: missing='mean' or 'median' or 'category' or 'drop'",
            'missing="category"',
        ),
        (
            {"c": ["x", None, "x", "z"], "y": [1.5, 2, 3, 4]},
            "none in row 2",
            "a choice for them: missing='category' or 'drop'",
            'missing="category"',
        ),
        (
            {"n": [1, 2, 3, 4], "y": [1.5, 2, 3, NAN]},
            "none in row 4",
            "a choice for them: missing='drop'",
            'missing="drop"',
        ),
        (
            {"n": ["1,5", "2", "3", "4,25"], "y": [1.5, 2, 3, 4]},
            "'1,5' in rows 1, 4",
            "numbers only, or categories=['n'], or ignore=['n']",
            'decimal=","',
        ),
        (
            {"n": ["1.5", "2", "?", "?"], "y": [1.5, 2, 3, 4]},
            "'?' in rows 3, 4",
            "numbers only, or categories=['n'], or ignore=['n']",
            "missing_values=['?'], if this means that there is no value",
        ),
        (
            {"n": ["$1.5", "2", "$3,000", "40%"], "y": [1.5, 2, 3, 4]},
            "'$1.5' in rows 1, 3, 4",
            "numbers only, or categories=['n'], or ignore=['n']",
            None,
        ),
    ],
)
def test_refusals_in_full(columns, got: str, wanted: str, cure: str | None) -> None:
    with pytest.raises(DataError) as caught:
        fit(columns)
    assert (caught.value.got, caught.value.wanted, caught.value.try_) == (got, wanted, cure)


def test_texts_that_are_meant() -> None:
    """Few numbers among them, or all of them, or it has been said."""
    assert fit({"size": ["M", "L", "40"], "y": Y}).labels == ["size=40", "size=L", "size=M"]
    assert fit({"zip": ["01", "02", "01"], "y": Y}).labels == ["zip=01", "zip=02"]
    assert fit({"n": ["1", "2", "?"], "y": Y}, categories=["n"]).labels == ["n=1", "n=2", "n=?"]


LATER = [
    ({"c": ["x"], "b": [True]}, "the table lacks the column 'n'"),
    ({"N": [1], "C": ["x"], "b": [True]}, "the table lacks the columns 'n', 'c'"),
    (
        {"n": [1, NAN], "c": ["x", "x"], "b": [True] * 2},
        "column 'n' of the table has missing values, and in training there were none",
    ),
    ({"n": [1, np.inf], "c": ["x", "x"], "b": [True] * 2}, "column 'n' of the table has infinite numbers"),
    ({"n": ["1", "oops"], "c": ["x", "x"], "b": [True] * 2}, "column 'n' of the table has texts among its numbers"),
    ({"n": [True], "c": ["x"], "b": [True]}, "column 'n' of the table holds booleans, in training it held numbers"),
    ({"n": [1], "c": [3], "b": [True]}, "column 'c' of the table holds numbers, in training it held texts"),
    ({"n": [1], "c": ["x"], "b": [1]}, "column 'b' of the table holds numbers, in training it held booleans"),
    ({"n": [1], "c": ["new"], "b": [True]}, "column 'c' of the table has a value that was not there in training"),
    (
        {"n": np.array(["2020-01-01"], "M8[D]"), "c": ["x"], "b": [True]},
        "column 'n' of the table holds dates, in training it held numbers",
    ),
]


@pytest.mark.parametrize(("columns", "sentence"), LATER)
def test_later_tables_that_are_refused(columns, sentence: str) -> None:
    preparation = fit({"n": [1, 2, 6], "c": ["x", "z", "x"], "b": [True, False, True], "y": Y}, unseen="error")
    with pytest.raises(DataError) as caught:
        preparation.inputs(Table.of(columns))
    assert caught.value.what == sentence


def test_renamed_columns_are_guessed() -> None:
    preparation = fit({"n": [1, 2, 6], "city": ["x", "z", "x"], "y": Y})
    with pytest.raises(DataError) as caught:
        preparation.inputs(Table.of({"n": [1], "City ": ["x"]}))
    assert caught.value.try_ == "'City ' as 'city'"


def test_a_class_that_was_not_there() -> None:
    preparation = fit({"n": [1, 2, 6], "y": Y})
    with pytest.raises(DataError) as caught:
        preparation(Table.of({"n": [1, 2], "y": ["a", "c"]}))
    assert caught.value.what == "column 'y' of the table has a class that was not there in training"
    assert (caught.value.got, caught.value.wanted) == ("'c' in row 2", "'a', 'b'")


def test_a_target_that_is_missing_later() -> None:
    preparation = fit({"n": [1, 2, 6], "y": Y})
    with pytest.raises(DataError, match="column 'y' of the table has missing values, and in training there were none"):
        preparation(Table.of({"n": [1, 2], "y": ["a", None]}))


def test_rows_of_messages_are_those_of_the_file() -> None:
    """Wherever the row came to stand."""
    values = np.ones(30_000)
    values[20_000] = np.inf
    table = Table.of({"n": values, "y": ["a", "b"] * 15_000}).take(np.arange(29_999, -1, -1))
    with pytest.raises(DataError) as caught:
        Preparation.fit(table, "y")
    assert caught.value.got == "inf in row 20001"


# The same again.


def test_no_rows_later() -> None:
    preparation = fit({"n": [1, 2, 6], "c": ["x", "z", "x"], "y": Y})
    assert preparation.inputs(Table.of({"n": [], "c": []})).shape == (0, 3)
    x, y = preparation(Table.of({"n": [], "c": [], "y": []}))
    assert x.shape == (0, 3) and y.shape == (0,)


def mixed(rows: int) -> Table:
    rng = np.random.default_rng(rows)
    number = rng.normal(1e3, 5.0, rows)
    number[rng.random(rows) < 0.1] = NAN
    city = np.array(["Oslo", "Rome", "Paris", None], object)[rng.integers(0, 4, rows)]
    return Table.of({"n": number, "city": city, "k": rng.integers(0, 5, rows), "y": rng.normal(size=rows)})


def test_parts_of_a_table_give_parts_of_x() -> None:
    table = mixed(20_000)
    preparation = Preparation.fit(table, "y", missing=("mean", "category"), categories=["k"])
    x = preparation.inputs(table)
    rows = np.random.default_rng(0).permutation(20_000)[:500]
    np.testing.assert_array_equal(preparation.inputs(table.take(rows)), x[rows])
    present = ~np.isnan(table["n"].values)
    np.testing.assert_allclose([x[present, 0].mean(), x[present, 0].std()], [0, 1], atol=1e-9)
    assert (x[:, 1:5].sum(axis=1) == 1).all() and (x[:, 5:].sum(axis=1) == 1).all()


def test_scaled_by_the_training_part_alone() -> None:
    table = mixed(1000)
    parts = split(table, "y")
    preparation = Preparation.fit(parts.training, "y", missing=("mean", "category"))
    column = preparation(parts.training)[0][:, 0]
    assert column.mean() == pytest.approx(0, abs=1e-9)
    assert preparation(parts.held_out)[0][:, 0].mean() != pytest.approx(0, abs=1e-9)
    assert preparation(parts.training)[1].mean() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("missing", ["mean", "median", "category", "drop"])
@pytest.mark.parametrize("target", ["y", "b", "c", "n"])
def test_documents(missing: str, target: str) -> None:
    columns = {
        "n": [0.1, NAN, 1 / 3, 5e-9],
        "c": ["ä", None, "z, \n", "ä"],
        "k": [7, 8, 9, 7],
        "b": [True, None, False, True],
        "y": [1.0, NAN, 3.0, 1e300],
    }
    options = {"missing": {**dict.fromkeys(columns, missing), "c": "category", "k": "category", target: "drop"}}
    if missing == "drop":
        options = {"missing": "drop"}
    table = Table.of(columns)
    preparation = Preparation.fit(table, target, unseen="zeros", categories=["k"], task=None, **options)
    document = json.loads(json.dumps(preparation.to_document()))
    again = Preparation.from_document(document)
    assert again == preparation and again.to_document() == preparation.to_document()
    rows = table.take(preparation.rows(table))
    for a, b in zip(again(rows), preparation(rows), strict=True):
        assert a.tobytes() == b.tobytes()


@given(st.lists(st.floats(-1e150, 1e150), min_size=2, max_size=6, unique=True))
def test_documents_keep_every_bit(values: list[float]) -> None:
    table = Table.of({"n": values, "y": [float(k) for k in range(len(values))]})
    preparation = Preparation.fit(table, "y")
    again = Preparation.from_document(json.loads(json.dumps(preparation.to_document())))
    assert again(table)[0].tobytes() == preparation(table)[0].tobytes()


def test_a_document_in_a_file(tmp_path: Path) -> None:
    preparation = fit({"n": [1, 2, 6], "c": ["x", "z", "x"], "y": Y})
    files.save(tmp_path / "a", {}, {"preparation": preparation.to_document()})
    assert Preparation.from_document(files.load(tmp_path / "a")[1]["preparation"]) == preparation


DOCUMENT = fit({"n": [1, 2, 6], "c": ["x", "z", "x"], "y": Y}).to_document()


def changed(path: tuple[Any, ...], value: Any) -> Any:
    document = copy.deepcopy(DOCUMENT)
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return document


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (None, "a document of schema None cannot be read as a preparation"),
        ([], "a document of schema None cannot be read as a preparation"),
        (
            changed(("schema",), "chainrule/preparation/2"),
            "a document of schema 'chainrule/preparation/2' cannot be read as a preparation",
        ),
        (changed(("columns",), []), "the document of a preparation is damaged: it has no columns"),
        (changed(("columns",), 3), "the document of a preparation is damaged: it has no columns"),
        (changed(("columns", 0), 3), "the document of a preparation is damaged: column 1 has no way that is known"),
        (
            changed(("columns", 0, "way"), "os.system"),
            "the document of a preparation is damaged: column 1 has no way that is known",
        ),
        (
            changed(("columns", 0, "way"), ["numeric"]),
            "the document of a preparation is damaged: column 1 has no way that is known",
        ),
        (
            changed(("columns", 0, "way"), "classes"),
            "the document of a preparation is damaged: column 1 has no way that is known",
        ),
        (changed(("columns", 0, "more"), 1), "the document of a preparation is damaged: column 1 has other fields"),
        (changed(("columns", 0, "mean"), "1"), "the document of a preparation is damaged: mean of column 1"),
        (changed(("columns", 0, "mean"), NAN), "the document of a preparation is damaged: mean of column 1"),
        (changed(("columns", 0, "deviation"), 0.0), "the document of a preparation is damaged: deviation of column 1"),
        (changed(("columns", 0, "missing"), {}), "the document of a preparation is damaged: missing of column 1"),
        (changed(("columns", 0, "kind"), []), "the document of a preparation is damaged: kind of column 1"),
        (changed(("columns", 1, "categories"), []), "the document of a preparation is damaged: categories of column 2"),
        (
            changed(("columns", 1, "categories"), ["x", "x"]),
            "the document of a preparation is damaged: categories of column 2",
        ),
        (
            changed(("columns", 1, "categories"), [["x"]]),
            "the document of a preparation is damaged: categories of column 2",
        ),
        (changed(("columns", 1, "name"), "n"), "the document of a preparation is damaged: two columns have one name"),
        (changed(("target",), None), "the document of a preparation is damaged: target has no way that is known"),
        (changed(("target", "classes"), ["a"]), "the document of a preparation is damaged: classes of target"),
    ],
)
def test_documents_that_are_none(document: Any, sentence: str) -> None:
    with pytest.raises(TextError) as caught:
        Preparation.from_document(document)
    assert caught.value.what == sentence


# From file to file.

TRAINING = """\ufeffName;City ;rooms;size m2;garden;zip;price class
A 1;Oslo;3;70,5;yes;0150;cheap
B 2;Rome;?;95,25;no;00118;dear
C 3;"Rome";5;120;no;00118;dear
D 4;NA;2;40;yes;0151;cheap
"""
LATER_FILE = """City,rooms,size m2,garden,zip
Rome,4,100.5,No,00118
Bonn,1,30,Yes,53111
"""


def test_a_strangers_files(tmp_path: Path) -> None:
    (tmp_path / "flats.csv").write_text(TRAINING.replace("\n", "\r\n"), encoding="utf-8", newline="")
    (tmp_path / "more.csv").write_text(LATER_FILE)
    table = read_table(tmp_path / "flats.csv", decimal=",", missing_values=["?"], kinds={"zip": "text"})
    preparation = Preparation.fit(table, "price class", missing=("mean", "category"), ignore=["Name"])
    assert preparation.labels == [
        *("City=Oslo", "City=Rome", "City is missing", "rooms", "size m2", "garden"),
        *("zip=00118", "zip=0150", "zip=0151"),
    ]
    assert preparation(table)[1].tolist() == [0, 1, 1, 0]
    later = read_table(tmp_path / "more.csv", kinds=preparation.kinds)
    x = preparation.inputs(later)
    assert x[:, [0, 1, 2, 5, 6, 7, 8]].tolist() == [[0, 1, 0, 0, 1, 0, 0], [0, 0, 0, 1, 0, 0, 0]]
    mean, deviation = 325.75 / 4, np.std([70.5, 95.25, 120, 40])
    np.testing.assert_allclose(x[:, 4], (np.array([100.5, 30]) - mean) / deviation)
    # Without being told, the zip codes of the other file are numbers.
    with pytest.raises(DataError) as caught:
        preparation.inputs(read_table(tmp_path / "more.csv"))
    assert caught.value.what == f"column 'zip' of {tmp_path / 'more.csv'} holds numbers, in training it held texts"
    assert caught.value.try_ == "read_table(..., kinds=preparation.kinds)"


def test_a_memory_map_in_parts(tmp_path: Path) -> None:
    """Batches of it give the rows that the whole would give."""
    array = RNG.normal(size=(30_000, 4)).astype(np.float32)
    np.save(tmp_path / "a.npy", array)
    table = read_table(tmp_path / "a.npy")
    preparation = Preparation.fit(table, "column 4")
    exact = array.astype(np.float64)
    wanted = (exact - exact.mean(axis=0)) / exact.std(axis=0)
    batch = RNG.permutation(30_000)[:64]
    x, y = preparation(table.take(batch))
    np.testing.assert_allclose(x, wanted[batch, :3], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(y, wanted[batch, 3:], rtol=1e-9, atol=1e-12)
