"""J[...] is what NumPy gives for the dense array; basic indices keep the structure."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.errors import TooLargeError
from chainrule.structure import LinearMap, MatrixFree, dense_map, identity_map, pointwise_map

from .catalogue import CATALOGUE, Entry, dense_of, stencil, whole_numbers

every_entry = pytest.mark.parametrize("entry", CATALOGUE, ids=repr)


@st.composite
def indices(draw, shape: tuple[int, ...]) -> object:
    entries: list[object] = []
    for size in shape[: draw(st.integers(0, len(shape)))]:
        places = st.integers(-size, size - 1) if size else st.just(slice(None))
        slices = st.builds(slice, *(st.one_of(st.none(), st.integers(-size - 1, size + 1)) for _ in range(2)),
                           st.sampled_from([None, 1, 2, -1, -2]))  # fmt: skip
        entries.append(draw(st.one_of(places, slices)))
    if draw(st.booleans()):
        entries.append(Ellipsis)
    return entries[0] if len(entries) == 1 and draw(st.booleans()) else tuple(entries)


def check(J: LinearMap, dense: np.ndarray, index: object) -> None:
    result, expected = J[index], dense[index]
    assert result.shape == expected.shape
    np.testing.assert_array_equal(np.asarray(result), expected)
    assert result.dtype == expected.dtype
    assert isinstance(result, (LinearMap, np.ndarray, np.generic))


@settings(max_examples=400)
@given(st.data())
def test_basic_indices_are_numpys(data: st.DataObject) -> None:
    entry = data.draw(st.sampled_from(CATALOGUE))
    check(entry.J, dense_of(entry.function, entry.J.in_shape), data.draw(indices(entry.J.shape)))


@every_entry
def test_rows(entry: Entry) -> None:
    dense = dense_of(entry.function, entry.J.in_shape)
    for k in range(len(dense) if dense.ndim else 0):
        check(entry.J, dense, k)
        check(entry.J, dense, k - len(dense))


J = stencil(8)
DENSE = J.todense()


@pytest.mark.parametrize(
    "index",
    [2, -1, slice(1, 3), slice(None, None, -2), Ellipsis, (Ellipsis, 0), (0, 1), (slice(1, 4), slice(2, None)), ()],
)
def test_examples(index: object) -> None:
    check(J, DENSE, index)


@pytest.mark.parametrize(
    "index",
    [
        [0, 2, 2],
        np.array([1, 0]),
        np.arange(6) > 2,
        (slice(None), [1, 2]),
        (np.array([0, 1]), np.array([3, 2])),
        None,
        (0, None),
        True,
        np.array(3),
    ],
)
def test_fancy_indices_fall_back_to_the_dense_array(index: object) -> None:
    result = J[index]
    assert isinstance(result, np.ndarray)
    np.testing.assert_array_equal(result, DENSE[index])


def test_slices_keep_the_structure() -> None:
    assert J[1:4].structure == "banded"
    assert J[1:4].shape == (3, 8)
    assert identity_map((5,))[1:3].structure == "selection"
    assert identity_map((5,))[1:3, 1:3].structure == "identity"
    assert pointwise_map(whole_numbers(4), (4,), (4,))[2:, 2:].structure == "diagonal"
    matrix = identity_map((4, 3))
    assert isinstance(matrix[0], LinearMap) and matrix[0].shape == (3, 4, 3)
    assert isinstance(matrix[0, 1], np.ndarray)  # a gradient
    assert isinstance(matrix[..., 0, 0], np.ndarray)


def test_a_slice_of_something_huge() -> None:
    n = 10**6
    J = pointwise_map(np.arange(float(n)), (n,), (n,))
    assert J[5, 5] == 5
    assert J[10:13, 10:13].todense().tolist() == np.diag([10.0, 11, 12]).tolist()
    with pytest.raises(TooLargeError):
        J[[1, 2]]


def test_one_entry_is_a_number() -> None:
    assert isinstance(J[0, 0], np.float64)
    assert J[0, 1] == -2
    assert isinstance(dense_map(np.array(4.0), (), ())[()], np.float64)


@pytest.mark.parametrize("index", [6, -7, (0, 8), (Ellipsis, -9)])
def test_out_of_bounds(index: object) -> None:
    with pytest.raises(IndexError, match=r"index -?\d is out of bounds for an axis of size \d"):
        J[index]


def test_too_many_indices() -> None:
    with pytest.raises(IndexError, match="too many indices"):
        J[0, 0, 0]


def test_iteration_gives_rows_and_ends() -> None:
    np.testing.assert_array_equal(list(J), DENSE)
    assert len(J) == 6
    with pytest.raises(TypeError, match="len"):
        len(dense_map(np.array(4.0), (), ()))


def test_the_dtype_stays() -> None:
    J = dense_map(np.ones((2, 3), np.float32), (2,), (3,))
    assert J[0].dtype == J[:1].dtype == J[0, 0].dtype == np.float32


def test_what_is_known_by_its_action_only() -> None:
    opaque = MatrixFree(J.apply, J.T.apply, J.out_shape, J.in_shape)
    for index in (2, slice(1, 3), (Ellipsis, 0), (0, 1), [0, 2]):
        np.testing.assert_array_equal(np.asarray(opaque[index]), DENSE[index])
