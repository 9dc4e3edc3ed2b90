"""The algebra of NumPy arrays against NumPy's own einsum, indexing and cumsum."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.structure import ArrayAlgebra, progression

arrays = ArrayAlgebra()
SIZES = {0: 2, 1: 3, 2: 4, 3: 1, 4: 0}


@st.composite
def contractions(draw) -> tuple[list[np.ndarray], list[tuple[int, ...]], tuple[int, ...]]:
    count = draw(st.integers(1, 4))
    labels = [tuple(draw(st.lists(st.sampled_from([0, 0, 1, 2, 3, 4]), max_size=3))) for _ in range(count)]
    known = sorted({n for each in labels for n in each})
    out = tuple(draw(st.permutations([n for n in known if draw(st.booleans())])))
    rng = np.random.default_rng(draw(st.integers(0, 9)))
    operands = [rng.integers(-3, 4, size=[SIZES[n] for n in each]).astype(float) for each in labels]
    return operands, labels, out


@settings(max_examples=400)
@given(contractions(), st.booleans())
def test_contraction_is_einsum(case, absorbing: bool) -> None:
    operands, labels, out = case
    expected = np.einsum(*itertools.chain(*zip(operands, map(list, labels), strict=True)), list(out))
    result = arrays.contract(operands, labels, out, absorbing)
    assert result.shape == expected.shape
    np.testing.assert_array_equal(result, expected)


def test_labels_may_be_any_numbers() -> None:
    """np.einsum itself takes small ones only."""
    A, B = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4)
    np.testing.assert_array_equal(arrays.contract([A, B], [(1000, -7), (-7, 99_999)], (99_999, 1000)), (A @ B).T)
    np.testing.assert_array_equal(arrays.contract([A[:, :2]], [(1000, 1000)], (1000,)), np.diagonal(A))


NONFINITE = [0.0, 1.0, -2.0, np.inf, -np.inf, np.nan]


def absorbing_sum(t: np.ndarray, W: np.ndarray) -> np.ndarray:
    """The sum over k of t[i, k] W[k, j], one product after the other, where a zero of t gives zero."""
    result = np.zeros((len(t), W.shape[1]))
    with np.errstate(invalid="ignore"):
        for i, k, j in np.ndindex(len(t), len(W), W.shape[1]):
            result[i, j] += 0.0 if t[i, k] == 0 else t[i, k] * W[k, j]
    return result


@settings(max_examples=300)
@given(st.data())
def test_a_zero_of_the_first_operand_absorbs(data: st.DataObject) -> None:
    def array(*shape: int) -> np.ndarray:
        size = int(np.prod(shape))
        return np.array(data.draw(st.lists(st.sampled_from(NONFINITE), min_size=size, max_size=size))).reshape(shape)

    t, W = array(2, 3), array(3, 2)
    np.testing.assert_array_equal(arrays.contract([t, W], [(0, 1), (1, 2)], (0, 2), True), absorbing_sum(t, W))


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
def test_without_absorbing_a_product_is_that_of_ieee(bad: float) -> None:
    result = arrays.contract([np.array([0.0, 1.0]), np.array([bad, 2.0])], [(0,), (0,)], (), False)
    assert np.isnan(result)


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
def test_products_with_zero(bad: float) -> None:
    t, slope = np.array([0.0, 0.0, 2.0]), np.array([bad, 3.0, bad])
    np.testing.assert_array_equal(arrays.absorb(t, slope), [0.0, 0.0, 2 * bad])
    np.testing.assert_array_equal(arrays.multiply(t, slope), [0.0, 0.0, 2 * bad])
    np.testing.assert_array_equal(arrays.multiply(slope, t), [0.0, 0.0, 2 * bad])


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
def test_a_boolean_factor_selects(bad: float) -> None:
    """What is not taken gives zero, whatever it is."""
    values, keep = np.array([bad, 1.0, bad]), np.array([False, True, True])
    np.testing.assert_array_equal(arrays.absorb(values, keep), [0.0, 1.0, bad])
    np.testing.assert_array_equal(arrays.multiply(values, keep), [0.0, 1.0, bad])
    np.testing.assert_array_equal(arrays.multiply(keep, values), [0.0, 1.0, bad])
    for operands in ([values[:2], keep[:2]], [keep[:2], values[:2]]):
        assert arrays.contract(operands, [(0,), (0,)], (), True) == 1.0
        assert arrays.contract(operands, [(0,), (0,)], (), False) == 1.0


def test_truth_values_are_counted_where_they_meet_numbers() -> None:
    keep = np.array([[True, True, False], [True, True, True]])
    ones = np.ones(2)
    np.testing.assert_array_equal(arrays.contract([ones, keep], [(0,), (0, 1)], (0,)), [2, 3])
    np.testing.assert_array_equal(arrays.contract([ones, keep, keep], [(0,), (0, 1), (2, 1)], (0, 2)), [[2, 2], [2, 3]])


@given(st.data())
def test_windows_are_slices_and_places_their_transposes(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 6))
    places = list(range(size))[
        slice(*(data.draw(st.integers(-size, size)) for _ in range(2)), data.draw(st.sampled_from([1, 2, -1, -2])))
    ]
    if not places:
        places = []
    start, step = (places[0], places[1] - places[0] if len(places) > 1 else 1) if places else (0, 1)
    a = np.arange(1.0, 1 + 2 * size).reshape(2, size)
    np.testing.assert_array_equal(arrays.window(a, 1, start, step, len(places)), a[:, places])
    b = np.arange(1.0, 1 + 2 * len(places)).reshape(2, len(places))
    expected = np.zeros((2, size))
    expected[:, places] = b
    np.testing.assert_array_equal(arrays.place(b, 1, start, step, size), expected)


@pytest.mark.parametrize(
    ("place", "expected"),
    [((2, 3, 2), [2, 5]), ((5, -2, 3), [5, 3, 1]), ((3, -1, 4), [3, 2, 1, 0]), ((0, 1, 0), []), ((4, -4, 2), [4, 0])],
)
def test_a_progression_is_a_slice(place: tuple[int, int, int], expected: list[int]) -> None:
    assert list(range(6))[progression(*place)] == expected


def test_gather_and_scatter() -> None:
    a = np.arange(6.0).reshape(2, 3)
    index = np.array([2, 0, 2])
    np.testing.assert_array_equal(arrays.take(a, index, 1), [[2, 0, 2], [5, 3, 5]])
    np.testing.assert_array_equal(arrays.scatter(a, index, 1, 4), [[1, 0, 2, 0], [4, 0, 8, 0]])


def test_running_sums_from_either_end() -> None:
    a = np.array([[1.0, 2, 3], [4, 5, 6]])
    np.testing.assert_array_equal(arrays.cumulate(a, 1, False), [[1, 3, 6], [4, 9, 15]])
    np.testing.assert_array_equal(arrays.cumulate(a, 1, True), [[6, 5, 3], [15, 11, 6]])
    np.testing.assert_array_equal(arrays.cumulate(a, 0, True), [[5, 7, 9], [4, 5, 6]])


def test_repeated_axes_make_diagonals() -> None:
    a = np.array([[1.0, 2, 3], [4, 5, 6]])
    result = arrays.embed(a, (1, 0, 1))
    expected = np.zeros((3, 2, 3))
    for i, j in np.ndindex(2, 3):
        expected[j, i, j] = a[i, j]
    np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
def test_the_dtype_is_kept(dtype: str) -> None:
    a = np.ones((2, 2), dtype)
    results = [
        arrays.add(a, a),
        arrays.multiply(a, a),
        arrays.absorb(a, a),
        arrays.contract([a, a], [(0, 1), (1, 2)], (0, 2), True),
        arrays.scale(a, 2),
        arrays.scale(a, -1),
        arrays.window(a, 0, 0, 1, 1),
        arrays.place(a, 0, 0, 1, 3),
        arrays.scatter(a, np.array([0, 0]), 0, 2),
        arrays.cumulate(a, 0, True),
        arrays.embed(a, (0, 0, 1)),
        arrays.zeros(a, (3,)),
    ]
    assert {str(result.dtype) for result in results} == {dtype}


def test_numbers_stay_arrays() -> None:
    """NumPy makes its scalars of 0-d arrays, which would be no factors."""
    x = np.array(3.0)
    for result in [
        arrays.scale(x, -1),
        arrays.scale(x, 2),
        arrays.multiply(x, x),
        arrays.absorb(x, x),
        arrays.add(x, x),
    ]:
        assert type(result) is np.ndarray
    assert type(arrays.contract([x, x], [(), ()], ())) is np.ndarray
