"""The names of structures: what each example is called, and that every name keeps its promise."""

from __future__ import annotations

import copy
import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given, settings

from chainrule.structure import (
    NAMES,
    IndexMap,
    MatrixFree,
    Product,
    Structure,
    Sum,
    Triangle,
    identity_map,
    index_map,
    pointwise_map,
    window_map,
)

from .catalogue import CATALOGUE, Array, Entry, dense_of, gather, softmax_like, stencil, whole_numbers
from .compositions import Composition, compositions

every_entry = pytest.mark.parametrize("entry", CATALOGUE, ids=repr)


@every_entry
def test_name(entry: Entry) -> None:
    assert (entry.J.structure, entry.J.structure.block) == (entry.structure, entry.block)


def test_the_catalogue_shows_every_name() -> None:
    assert {entry.structure for entry in CATALOGUE} == {*NAMES} - {"matrix-free"}


# What a name promises of the dense array, for any numbers in the factors: written down without looking at terms.


def at_most_one_a_row(M: Array) -> bool:
    return bool(((M != 0).sum(1) <= 1).all())


def is_kronecker(dense: Array) -> bool:
    """Whether the axes fall into two parts whose arrays multiply to this one."""
    axes = [axis for axis in range(dense.ndim) if dense.shape[axis] > 1]
    for size in range(1, len(axes)):
        for part in itertools.combinations(axes, size):
            rest = [axis for axis in range(dense.ndim) if axis not in part]
            rows = int(np.prod([dense.shape[axis] for axis in part]))
            if np.linalg.matrix_rank(dense.transpose([*part, *rest]).reshape(rows, -1)) <= 1:
                return True
    return False


def is_block_diagonal(dense: Array, n_out: int) -> bool:
    for k, j in itertools.product(range(n_out), range(n_out, dense.ndim)):
        if dense.shape[k] == dense.shape[j] > 1:
            blocks = np.moveaxis(dense, (k, j), (0, 1))
            off = ~np.eye(len(blocks), dtype=bool)
            if not blocks[off].any():
                return True
    return False


def keeps_its_promise(name: str, dense: Array, n_out: int) -> bool:
    M = dense.reshape(int(np.prod(dense.shape[:n_out])), int(np.prod(dense.shape[n_out:])))
    rows, columns = M.nonzero()
    values = M[rows, columns]
    square, equal = M.shape[0] == M.shape[1], bool((values == values[:1]).all())
    if name == "zero":
        return not M.any()
    if name == "identity":
        return dense.shape[:n_out] == dense.shape[n_out:] and np.array_equal(M, np.eye(len(M)))
    if name == "scaled identity":
        return square and np.array_equal(M, np.diag(M)[:1] * np.eye(len(M)))
    if name == "diagonal":
        return square and bool((rows == columns).all())
    if name == "selection":
        return bool((values == 1).all()) and (at_most_one_a_row(M) or at_most_one_a_row(M.T))
    if name == "broadcast":
        return equal and at_most_one_a_row(M)
    if name == "sum":
        return equal and at_most_one_a_row(M.T)
    if name == "Kronecker":
        return is_kronecker(dense)
    if name == "block diagonal":
        return is_block_diagonal(dense, n_out)
    if name == "banded":
        offsets = columns - rows
        return not len(offsets) or offsets.max() - offsets.min() < min(M.shape)
    if name == "triangular":
        return np.array_equal(M, np.tril(M)) or np.array_equal(M, np.triu(M))
    if name == "low rank":
        return np.linalg.matrix_rank(M) < min(M.shape)
    if name == "diagonal plus low rank":
        # The blocks beside the diagonal know nothing of it.
        half = len(M) // 2
        return square and all(np.linalg.matrix_rank(B) < len(M) for B in (M[:half, half:], M[half:, :half]))
    return name in ("sparse", "dense", "matrix-free")


@every_entry
def test_promise(entry: Entry) -> None:
    dense = dense_of(entry.function, entry.J.in_shape)
    assert keeps_its_promise(entry.J.structure, dense, len(entry.J.out_shape))
    turned = np.moveaxis(dense, range(len(entry.J.out_shape)), range(-len(entry.J.out_shape), 0))
    assert keeps_its_promise(entry.J.T.structure, turned, len(entry.J.in_shape))


@settings(max_examples=500)
@given(compositions())
def test_promise_of_compositions(composition: Composition) -> None:
    structure = composition.J.structure
    assert keeps_its_promise(structure, composition.dense, len(composition.J.out_shape)), structure
    assert structure in NAMES


@pytest.mark.parametrize(
    ("false", "dense"),
    [
        ("zero", np.eye(2)),
        ("identity", 2 * np.eye(2)),
        ("scaled identity", np.diag([1.0, 2])),
        ("diagonal", np.ones((2, 2))),
        ("selection", np.array([[1.0, 1], [1, 0]])),
        ("selection", np.array([[2.0, 0], [0, 1]])),
        ("broadcast", np.array([[1.0, 1]])),
        ("sum", np.array([[1.0], [1]])),
        ("Kronecker", np.arange(16.0).reshape(2, 2, 2, 2) ** 2),
        ("block diagonal", np.ones((2, 2))),
        ("banded", np.ones((3, 3))),
        ("triangular", np.ones((3, 3))),
        ("low rank", np.eye(3)),
        ("diagonal plus low rank", np.ones((3, 4))),
        ("no name", np.eye(3)),
    ],
)
def test_the_promises_can_be_broken(false: str, dense: Array) -> None:
    """The tests above could fail: each promise is denied to an array that does not keep it."""
    assert not keeps_its_promise(false, dense, dense.ndim // 2)


def test_names_that_the_pages_show() -> None:
    h, W = np.tanh(whole_numbers(64, 32)), whole_numbers(20, 32)
    tanh = pointwise_map(1 - h**2, (64, 32), (64, 32))
    assert tanh.structure == "diagonal"
    matmul = index_map("ik", "ij", (W, "jk"), out_shape=(64, 32), in_shape=(64, 20))
    by_weights = index_map("ik", "jk", (whole_numbers(64, 20), "ij"), out_shape=(64, 32), in_shape=(20, 32))
    assert matmul.structure == by_weights.structure == "Kronecker"
    assert (tanh @ matmul).structure == "block diagonal"
    assert (tanh @ by_weights).structure == "block diagonal"
    assert softmax_like(np.full(10, 0.1)).structure == "diagonal plus low rank"
    rows = softmax_like(np.full((64, 10), 0.1)).structure
    assert (rows, rows.block) == ("block diagonal", "diagonal plus low rank")


def test_a_name_depends_on_types_alone() -> None:
    """Numbers that happen to be zero or one make no other structure."""
    assert pointwise_map(np.zeros(3), (3,), (3,)).structure == "diagonal"
    assert index_map("i", "j", (np.eye(3), "ij"), out_shape=(3,), in_shape=(3,)).structure == "dense"


def test_bands_and_triangles() -> None:
    n = 50
    assert stencil(n).structure == "banded"
    assert (stencil(n - 2) @ stencil(n)).structure == "banded"
    assert (stencil(n).T @ stencil(n)).structure == "banded"
    lower = index_map("p", "q", out_shape=(n,), in_shape=(n,), relations=[Triangle(("p",), ("q",))])
    shift = window_map([(1, 1, n - 1)], (n,)).T @ window_map([(0, 1, n - 1)], (n,))
    assert (lower @ shift).structure == "triangular"
    assert (lower @ window_map([(1, 1, n - 1)], (n,)).T).structure == "dense"  # not square
    assert (lower @ shift.T).structure == "dense"  # reaches one above the diagonal
    assert (lower + lower.T).structure == "dense"
    assert (lower - 3 * shift).structure == "triangular"


def test_a_band_as_wide_as_the_matrix_is_none() -> None:
    assert stencil(4).structure == "sparse"
    assert stencil(5).structure == "banded"


def test_pieces_put_side_by_side_are_a_selection() -> None:
    """np.roll and other permutations by slices; not where entries are taken twice and land on one place."""
    n, k = 10, 3
    head, tail = window_map([(0, 1, k)], (n,)), window_map([(k, 1, n - k)], (n,))
    rolled = window_map([(n - k, 1, k)], (n,)).T @ head + window_map([(0, 1, n - k)], (n,)).T @ tail
    assert rolled.structure == rolled.T.structure == "selection"
    folded = window_map([(0, 1, k)], (n - k,)).T @ head + tail  # every entry used once, like a scatter
    assert folded.structure == "selection"
    assert (window_map([(0, 1, n - 1)], (n,)) + window_map([(1, 1, n - 1)], (n,))).structure == "banded"
    assert (gather([0, 0], 2) + gather([1, 1], 2)).structure == "sparse"


def test_joining_many_pieces_is_quick() -> None:
    n = 60
    pieces = [window_map([(k, 1, 1)], (n,)).T @ window_map([(n - 1 - k, 1, 1)], (n,)) for k in range(n)]
    J = IndexMap((term for piece in pieces for term in piece.terms), (n,), (n,))
    assert J.structure == "selection"


def test_what_is_known_by_its_action_only_is_matrix_free() -> None:
    opaque = MatrixFree(lambda v: v, lambda g: g, (3,), (3,))
    for J in (opaque, opaque.T, opaque @ opaque, opaque + identity_map((3,)), 2 * opaque):
        assert J.structure == "matrix-free" and J.structure.block is None
    assert isinstance(opaque @ opaque, Product) and isinstance(opaque + opaque, Sum)


def test_a_structure_is_a_name_of_the_list() -> None:
    with pytest.raises(ValueError, match="'blocky' is not the name of a structure"):
        Structure("blocky")
    assert len(set(NAMES)) == len(NAMES) == 16


def test_a_structure_keeps_its_blocks_when_copied() -> None:
    structure = Structure("block diagonal", Structure("triangular"))
    for copied in (pickle.loads(pickle.dumps(structure)), copy.deepcopy(structure), copy.copy(structure)):
        assert copied == "block diagonal" and copied.block == "triangular"
        assert isinstance(copied, Structure)
