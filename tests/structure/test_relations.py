"""Relations against explicit matrices of zeros and ones: what they relate, how they move arrays, how two become one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.structure import ArrayAlgebra, Pairs, Progression, Ravel, Triangle
from chainrule.structure.relations import Fused, Relation, join

LEFT, MIDDLE, RIGHT = 1, 2, 3
often = settings(max_examples=500, deadline=None)
arrays = ArrayAlgebra()


def matrix(relation: Relation, sizes: dict[int, int]) -> np.ndarray:
    """Rows are left indices, columns right ones; written out pair by pair from the definition of each kind."""
    n_left, n_right = (math.prod(sizes[n] for n in side) for side in (relation.left, relation.right))
    result = np.zeros((n_left, n_right), int)
    if isinstance(relation, Progression):
        for k in range(relation.count):
            result[relation.left_start + relation.left_step * k, relation.right_start + relation.right_step * k] += 1
    elif isinstance(relation, Pairs):
        left = range(n_left) if relation.left_index is None else relation.left_index
        right = range(n_right) if relation.right_index is None else relation.right_index
        for i, j in zip(left, right, strict=True):
            result[i, j] += 1
    elif isinstance(relation, Triangle):
        for i in range(n_left):
            for j in range(n_right):
                result[i, j] = i >= j if relation.lower else i <= j
    else:
        for k in range(n_left):
            result[k, k] = 1
    return result


@st.composite
def progressions(draw, left: int, right: int, n_left: int, n_right: int) -> Progression:
    """Any progression that stays within both sizes; one of length 0 among them."""
    steps = st.sampled_from([1, -1, 2, -2, 3, -3, 4, 6])
    start, step = draw(st.integers(0, max(n_left - 1, 0))), draw(steps)
    other_start, other_step = draw(st.integers(0, max(n_right - 1, 0))), draw(steps)
    longest = 0
    while 0 <= start + step * longest < n_left and 0 <= other_start + other_step * longest < n_right:
        longest += 1
    count = draw(st.sampled_from([longest, longest, longest // 2, 0]))
    return Progression((left,), (right,), start, step, other_start, other_step, count)


@st.composite
def pairs(draw, left: int, right: int, n_left: int, n_right: int) -> Pairs:
    def index(size: int, count: int) -> np.ndarray:
        return np.array(draw(st.lists(st.integers(0, size - 1), min_size=count, max_size=count)), dtype=int)

    kind = draw(st.sampled_from(["gather", "scatter", "both"]))
    if kind == "gather":
        return Pairs((left,), (right,), None, index(n_right, n_left))
    if kind == "scatter":
        return Pairs((left,), (right,), index(n_left, n_right), None)
    count = draw(st.integers(0, 6))
    return Pairs((left,), (right,), index(n_left, count), index(n_right, count))


@st.composite
def chains(draw) -> tuple[Relation, Relation, dict[int, int]]:
    """Two relations over a common middle."""
    sizes = {n: draw(st.integers(1, 12)) for n in (LEFT, MIDDLE, RIGHT)}
    first = draw(st.sampled_from([progressions, pairs]))(LEFT, MIDDLE, sizes[LEFT], sizes[MIDDLE])
    second = draw(st.sampled_from([progressions, pairs]))(MIDDLE, RIGHT, sizes[MIDDLE], sizes[RIGHT])
    return draw(first), draw(second), sizes


def check_fused(first: Relation, second: Relation, sizes: dict[int, int]) -> None:
    """The one relation is the product of both; they stay two only where that would be a longer list than theirs."""
    a, b = matrix(first, sizes), matrix(second, sizes)
    expected = a @ b
    fused = first.fused(second, sizes)
    if fused is None:
        assert expected.sum() > 2 * (a.sum() + b.sum())
    elif fused is Fused.EMPTY:
        assert not expected.any()
    elif fused is Fused.SAME:
        np.testing.assert_array_equal(expected, np.eye(len(expected)))
    else:
        assert fused.left == first.left and fused.right == second.right
        np.testing.assert_array_equal(matrix(fused, sizes), expected)


@often
@given(chains())
def test_two_become_one(chain: tuple[Relation, Relation, dict[int, int]]) -> None:
    check_fused(*chain)


@pytest.mark.parametrize(
    ("first", "second", "n_middle"),
    [
        ((0, 1, 0, 2, 5), (1, 2, 0, 1, 5), 10),  # even places, then odd ones: nothing in common
        ((0, 1, 0, 4, 3), (2, 6, 0, 1, 2), 12),  # 0, 4, 8 and 2, 8: one in common
        ((0, 1, 1, 6, 2), (3, 4, 0, 1, 3), 12),  # 1, 7 and 3, 7, 11
        ((0, 1, 11, -1, 12), (11, -1, 0, 1, 12), 12),  # flipped and flipped back
        ((0, 1, 9, -3, 4), (1, 2, 0, 1, 5), 12),  # 9, 6, 3, 0 and 1, 3, 5, 7, 9
        ((0, 1, 2, 1, 3), (0, 1, 0, 1, 2), 12),  # 2, 3, 4 and 0, 1
        ((0, 1, 5, 1, 1), (5, 7, 0, 1, 1), 12),  # one place only
    ],
)
def test_steps_that_meet_or_miss(first: tuple[int, ...], second: tuple[int, ...], n_middle: int) -> None:
    sizes = {LEFT: 12, MIDDLE: n_middle, RIGHT: 12}
    check_fused(Progression((LEFT,), (MIDDLE,), *first), Progression((MIDDLE,), (RIGHT,), *second), sizes)


def test_a_pair_of_flips_is_no_relation_at_all() -> None:
    flip, back = Progression((LEFT,), (MIDDLE,), 0, 1, 3, -1, 4), Progression((MIDDLE,), (RIGHT,), 3, -1, 0, 1, 4)
    sizes = {LEFT: 4, MIDDLE: 4, RIGHT: 4}
    assert flip.fused(back, sizes) is Fused.SAME
    assert flip.fused(flip.flipped(), {**sizes, LEFT: 4}) is Fused.SAME


def test_equal_progressions_are_written_alike() -> None:
    """However they came about: merging terms compares what is written."""
    sizes = {LEFT: 4, MIDDLE: 8, RIGHT: 8}
    down = Progression((LEFT,), (MIDDLE,), 3, -1, 6, -2, 4)
    shift = Progression((MIDDLE,), (RIGHT,), 0, 1, 0, 1, 7)
    up = Progression((LEFT,), (MIDDLE,), 0, 1, 0, 2, 4)
    assert down.fused(shift, sizes).key == up.fused(shift, sizes).key


@given(st.data())
def test_a_permutation_and_its_inverse_are_the_identity(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 8))
    order = np.array(data.draw(st.permutations(range(n))))
    there = Pairs((LEFT,), (MIDDLE,), None, order)
    assert there.fused(Pairs((MIDDLE,), (RIGHT,), order, None), {LEFT: n, MIDDLE: n, RIGHT: n}) is Fused.SAME
    assert (
        Pairs((LEFT,), (MIDDLE,), order, None).fused(
            Pairs((MIDDLE,), (RIGHT,), None, order), dict.fromkeys((1, 2, 3), n)
        )
        is Fused.SAME
    )


def test_merging_and_splitting_axes_the_same_way_is_the_identity() -> None:
    sizes = {10: 2, 11: 3, 2: 6, 20: 2, 21: 3, 30: 3, 31: 2}
    split, merge = Ravel((10, 11), (MIDDLE,)), Ravel((MIDDLE,), (20, 21))
    assert split.fused(merge, sizes) is Fused.SAME
    other = split.fused(Ravel((MIDDLE,), (30, 31)), sizes)
    assert isinstance(other, Ravel)
    assert other.left == (10, 11) and other.right == (30, 31)


def test_many_to_many_stays_two() -> None:
    """Two short lists instead of a long one: everything to one place, and from there to everywhere."""
    sizes = {LEFT: 100, MIDDLE: 3, RIGHT: 100}
    places = np.ones(100, dtype=int)
    collect, spread = Pairs((LEFT,), (MIDDLE,), None, places), Pairs((MIDDLE,), (RIGHT,), places, None)
    assert collect.fused(spread, sizes) is None


def test_what_has_no_closed_form_stays_two() -> None:
    sizes = {LEFT: 4, MIDDLE: 4, RIGHT: 4}
    cumsum, shift = Triangle((LEFT,), (MIDDLE,)), Progression((MIDDLE,), (RIGHT,), 0, 1, 1, 1, 3)
    assert cumsum.fused(shift, sizes) is None
    assert shift.flipped().fused(cumsum.flipped(), sizes) is None
    assert Ravel((LEFT,), (MIDDLE,)).fused(cumsum, sizes) is None


@st.composite
def single(draw) -> tuple[Relation, dict[int, int]]:
    sizes = {LEFT: draw(st.integers(1, 7)), RIGHT: draw(st.integers(1, 7))}
    kind = draw(st.sampled_from(["progression", "pairs", "triangle", "ravel"]))
    if kind in ("triangle", "ravel"):
        sizes[RIGHT] = sizes[LEFT]
        return (
            Triangle((LEFT,), (RIGHT,), draw(st.booleans())) if kind == "triangle" else Ravel((LEFT,), (RIGHT,))
        ), sizes
    make = progressions if kind == "progression" else pairs
    return draw(make(LEFT, RIGHT, sizes[LEFT], sizes[RIGHT])), sizes


@often
@given(single())
def test_moving_an_array_multiplies_by_the_matrix(case: tuple[Relation, dict[int, int]]) -> None:
    relation, sizes = case
    array = np.arange(1.0, 1 + 2 * sizes[RIGHT]).reshape(2, sizes[RIGHT])
    np.testing.assert_array_equal(relation.move(array, sizes, arrays), array @ matrix(relation, sizes).T)


@often
@given(single())
def test_read_from_right_to_left_it_is_the_transpose(case: tuple[Relation, dict[int, int]]) -> None:
    relation, sizes = case
    np.testing.assert_array_equal(matrix(relation.flipped(), sizes), matrix(relation, sizes).T)
    assert relation.flipped().flipped().key == relation.key


@often
@given(single())
def test_its_pairs_are_the_ones_of_the_matrix(case: tuple[Relation, dict[int, int]]) -> None:
    relation, sizes = case
    result = np.zeros((sizes[LEFT], sizes[RIGHT]), int)
    np.add.at(result, relation.pairs(sizes), 1)
    np.testing.assert_array_equal(result, matrix(relation, sizes))


@often
@given(single())
def test_what_it_says_of_itself_is_true_of_the_matrix(case: tuple[Relation, dict[int, int]]) -> None:
    relation, sizes = case
    M = matrix(relation, sizes)
    if relation.is_function(sizes):
        assert (M.sum(1) == 1).all()
    if relation.is_single_valued:
        assert (M.sum(1) <= 1).all()
    low, high = relation.offsets
    rows, columns = M.nonzero()
    assert (low <= columns - rows).all() and (columns - rows <= high).all()


def test_axes_are_merged_row_by_row() -> None:
    sizes = {1: 2, 2: 3, 3: 6}
    array = np.arange(24).reshape(4, 2, 3)
    np.testing.assert_array_equal(Ravel((3,), (1, 2)).move(array, sizes, arrays), array.reshape(4, 6))
    np.testing.assert_array_equal(Ravel((1, 2), (3,)).move(array.reshape(4, 6), sizes, arrays), array)


@given(st.lists(st.integers(0, 5), max_size=8), st.lists(st.integers(0, 5), max_size=8))
def test_a_join_lists_every_match_once(left: list[int], right: list[int]) -> None:
    i, j = join(np.array(left, dtype=int), np.array(right, dtype=int))
    expected = [(a, b) for a in range(len(left)) for b in range(len(right)) if left[a] == right[b]]
    assert sorted(zip(i.tolist(), j.tolist(), strict=True)) == expected
    assert i.tolist() == sorted(i.tolist())
