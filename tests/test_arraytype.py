"""Types of arrays: one object for each shape and dtype."""

from __future__ import annotations

import copy
import pickle
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.arraytype import ArrayType, dtype_name, dtype_of_name
from chainrule.errors import DtypeError, TextError

NAMES = {
    "bool": np.bool_,
    "i8": np.int8,
    "i16": np.int16,
    "i32": np.int32,
    "i64": np.int64,
    "u8": np.uint8,
    "u16": np.uint16,
    "u32": np.uint32,
    "u64": np.uint64,
    "f16": np.float16,
    "f32": np.float32,
    "f64": np.float64,
    "c64": np.complex64,
    "c128": np.complex128,
}
types = st.builds(ArrayType, st.lists(st.integers(0, 9), max_size=4).map(tuple), st.sampled_from(list(NAMES.values())))


def test_attributes() -> None:
    t = ArrayType((3, 4), np.float32)
    assert (t.shape, t.dtype, t.ndim, t.size) == ((3, 4), np.dtype(np.float32), 2, 12)
    assert ArrayType((), float).size == 1
    assert ArrayType((3, 0), float).size == 0
    assert t.with_shape((12,)) is ArrayType((12,), np.float32)


@pytest.mark.parametrize(
    "dtype", [float, "f8", "float64", np.float64, np.dtype("<f8"), np.dtype(">f8"), np.dtype("d"), np.double]
)
def test_equal_types_are_the_same_object(dtype: object) -> None:
    """However the dtype is written; the order of bytes is no part of it."""
    assert ArrayType((2,), dtype) is ArrayType((2,), np.float64)
    assert ArrayType((2,), dtype).dtype.isnative


def test_names_of_one_size_are_one_type() -> None:
    assert ArrayType((), np.longlong) is ArrayType((), np.int64)
    assert ArrayType((), np.intp).dtype.itemsize == np.dtype(np.intp).itemsize


def test_numbers_of_numpy_in_a_shape_become_pythons() -> None:
    t = ArrayType((np.int64(1234), np.uint8(5)), float)
    assert t is ArrayType((1234, 5), float)
    assert [type(n) for n in t.shape] == [int, int]
    assert str(t) == "f64[1234,5]"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.zeros((2, 3), np.int8), "i8[2,3]"),
        (np.float32(1), "f32[]"),
        (np.bool_(True), "bool[]"),
        (1.0, "f64[]"),
        (1, "i64[]"),
        (True, "bool[]"),
        (1j, "c128[]"),
        ([[1.0, 2.0]], "f64[1,2]"),
        ([], "f64[0]"),
        (np.arange(3, dtype=">i4"), "i32[3]"),
        (np.zeros(2, np.longdouble), f"f{8 * np.dtype(np.longdouble).itemsize}[2]"),
    ],
)
def test_of_values(value: object, text: str) -> None:
    assert str(ArrayType.of(value)) == text
    assert ArrayType.parse(text) is ArrayType.of(value)


@given(types)
def test_text_is_read_back(t: ArrayType) -> None:
    assert ArrayType.parse(repr(t)) is t


@pytest.mark.parametrize("name", NAMES)
def test_names_of_dtypes(name: str) -> None:
    assert dtype_name(np.dtype(NAMES[name])) == name
    assert dtype_of_name(name) == NAMES[name]


def test_spaces_are_read() -> None:
    assert ArrayType.parse(" f64[ 3, 4 ] ") is ArrayType((3, 4), float)


NO_TYPES = ["", "f64", "f64[", "f64[3,]", "f64[,3]", "f64[3,,4]", "f64[3 4]", "f64[-1]", "f64[x]", "f64[3]x"]


@pytest.mark.parametrize("text", NO_TYPES)
def test_what_is_no_type(text: str) -> None:
    with pytest.raises(TextError, match="is no array type") as caught:
        ArrayType.parse(text)
    assert caught.value.wanted == "a type such as f64[3,4]"


@pytest.mark.parametrize("name", ["f65", "f8", "x64", "i128", "c8", "u", "64", "float", "boolean", "f64x", "f0"])
def test_what_is_no_dtype(name: str) -> None:
    with pytest.raises(TextError, match=f"'{name}' is no dtype of a graph"):
        ArrayType.parse(f"{name}[3]")


@pytest.mark.parametrize(
    "value",
    [
        np.array(["a"]),
        np.array([None, 1]),
        np.array("2020", "M8[D]"),
        np.zeros(1, "m8[s]"),
        np.zeros(1, "V4"),
        np.zeros(1, "f8,i4"),
    ],
)
def test_dtypes_that_no_graph_holds(value: object) -> None:
    with pytest.raises(DtypeError, match="cannot be part of a graph") as caught:
        ArrayType.of(value)
    assert caught.value.wanted == "bool, integer, float or complex"
    assert (caught.value.try_ == "np.array(values, dtype=float)") == (value.dtype == object)


@pytest.mark.parametrize(("name", "carries"), [(name, name[0] in "fc") for name in NAMES])
def test_what_carries_a_derivative(name: str, carries: bool) -> None:
    assert ArrayType((2,), NAMES[name]).carries_derivative == carries


@given(types)
def test_copies_are_the_same_object(t: ArrayType) -> None:
    assert pickle.loads(pickle.dumps(t)) is t
    assert copy.copy(t) is t and copy.deepcopy([t])[0] is t


def test_one_object_for_many_threads() -> None:
    found: list[ArrayType] = []
    gate = threading.Barrier(8)

    def make() -> None:
        gate.wait()
        found.extend(ArrayType((7, n), np.float32) for n in range(1000, 1200))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(t) for t in found}) == 200


def test_a_type_is_not_changed_by_accident() -> None:
    with pytest.raises(AttributeError):
        ArrayType((2,), float).name = "x"
