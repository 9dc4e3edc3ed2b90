"""Sparse samples: every row once in a shuffle of all, dense as they come."""

import threading

import numpy as np
import pytest
from scipy import sparse

from chainrule.data import SparseRows
from chainrule.errors import ArgumentError, DataError, DtypeError, ShapeError

RNG = np.random.default_rng(0)
COUNT = 61
DENSE = np.where(RNG.uniform(size=(COUNT, 7)) < 0.3, RNG.normal(size=(COUNT, 7)), 0.0)
NUMBERS = np.arange(COUNT)
SEED = np.random.SeedSequence(1)
SMALL = {"block_bytes": 4 * 64, "blocks": 3}  # 12 rows at a time


def read(source, seed=SEED, batch_size=5):
    parts = [[x[order] for x in rows] for rows, order in source.chunks(seed, batch_size)]
    assert all(len(part[0]) == 10 for part in parts[:-1]) or len(parts) == 1
    return [np.concatenate(each) for each in zip(*parts, strict=True)]


@pytest.mark.parametrize("form", ["csr_array", "csc_array", "coo_array", "csr_matrix", "csc_matrix", "lil_array"])
def test_every_form_gives_the_dense_rows(form):
    x = getattr(sparse, form)(DENSE)
    dense, numbers = read(SparseRows(x, NUMBERS, **SMALL))
    assert sorted(numbers) == list(range(COUNT)) and dense.dtype == np.float64 and type(dense) is np.ndarray
    np.testing.assert_array_equal(dense, DENSE[numbers])
    dense, numbers = read(SparseRows(x, NUMBERS, **SMALL), None)
    np.testing.assert_array_equal(dense, DENSE)
    np.testing.assert_array_equal(numbers, NUMBERS)


def test_all_rows_are_shuffled_by_the_seed():
    x = sparse.csr_array(DENSE)
    _, first = read(SparseRows(x, NUMBERS, **SMALL))
    _, again = read(SparseRows(x, NUMBERS))  # in one chunk
    _, other = read(SparseRows(x, NUMBERS, **SMALL), np.random.SeedSequence(2))
    assert list(first) == list(again) != list(other)
    assert max(first[:10]) - min(first[:10]) > 36  # a chunk has rows from all over


def test_stored_twice_is_a_sum_and_stored_zeros_are_zeros():
    x = sparse.csr_array((np.array([1.0, 2.0, 0.0, 5.0]), np.array([1, 1, 0, 2]), np.array([0, 3, 4])), (2, 3))
    dense, _ = read(SparseRows(x, NUMBERS[:2]), None)
    assert dense.tolist() == [[0, 3, 0], [0, 0, 5]] and x.nnz == 4


def test_dtypes():
    x = sparse.csr_array(DENSE)
    weights = np.ones((COUNT, 2), ">f4")
    of_floats, more, *_ = read(SparseRows(x.astype(np.float32), weights))
    assert of_floats.dtype == np.float32 and more.dtype == np.dtype("=f4") and more.shape == (COUNT, 2)
    for stored, wanted, expected in (("i4", None, "f8"), ("?", None, "f8"), ("f8", "f4", "f4"), ("u1", "f4", "f4")):
        dense, _ = read(SparseRows(x.astype(stored), NUMBERS, dtype=wanted), None)
        assert dense.dtype == np.dtype(expected)
        np.testing.assert_array_equal(dense, DENSE.astype(stored).astype(expected))
    with pytest.raises(DataError, match="x has numbers that are too large for float32"):
        read(SparseRows(1e300 * x, NUMBERS, dtype=np.float32))
    with pytest.raises(DtypeError, match="x cannot be converted to float64"):
        SparseRows(x.astype(complex), NUMBERS)
    with pytest.raises(DtypeError, match="array 2 holds no numbers"):
        SparseRows(x, NUMBERS.astype(str))


def test_what_is_no_matrix_of_samples_is_refused():
    x = sparse.csr_array(DENSE)
    with pytest.raises(ArgumentError, match="x is a sparse matrix of samples"):
        SparseRows(DENSE, NUMBERS)
    with pytest.raises(ArgumentError, match="x is a sparse matrix of samples"):
        SparseRows(sparse.coo_array(DENSE[0]), NUMBERS)
    with pytest.raises(ShapeError, match="rows are as many in each array"):
        SparseRows(x, NUMBERS[1:])
    with pytest.raises(ShapeError, match="at least one"):
        SparseRows(x[:0], NUMBERS[:0])


def test_the_thread_ends_with_the_epoch():
    chunks = SparseRows(sparse.csr_array(DENSE), NUMBERS, **SMALL).chunks(SEED, 5)
    next(chunks)
    chunks.close()
    assert not [each for each in threading.enumerate() if each.name.startswith("chainrule-reading")]
