"""Loops that walk all entries as one row, whatever the shape; and what must not be walked so."""

import numpy as np
import pytest

import chainrule as cr

from .comparing import assert_equal

rng = np.random.default_rng(0)
SHAPES = [(3, 1), (1, 3), (5, 2), (2, 5, 1), (1, 1), (1, 7, 1, 3), (33, 3), (4, 1, 1, 5), (17, 2)]


def graph_of(f, *args):
    return cr.trace(f, *args).data


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_entry_by_entry(shape, dtype):
    x, y = (rng.normal(size=shape).astype(dtype) for _ in range(2))
    number = dtype(1.5)
    program = assert_equal(graph_of(lambda x, y, c: np.exp(x) * y + c * x, x, y, number), [x, y, number])
    (kernel,) = program.unit.fusion.kernels
    assert len(kernel.walked) == (1 if sum(size > 1 for size in shape) > 1 else len(shape))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.exp(x) * x.T,
        lambda x: np.exp(x) + x[::-1],
        lambda x: x * np.tril(x),
        lambda x: x * x[:1],
        lambda x: x * x[:, :1],
        lambda x: np.tril(x) * 2,
        lambda x: x + np.cumsum(x, axis=0),
        lambda x: (x + 1, (x * 2).T + x),
    ],
)
def test_what_is_read_at_other_places(f):
    x = rng.normal(size=(4, 4))
    assert_equal(graph_of(f, x), [x])


@pytest.mark.parametrize("columns", [1, 2, 3, 5, 7, 10])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_short_rows(columns, dtype):
    x = rng.normal(size=(70, columns)).astype(dtype)
    assert_equal(graph_of(lambda x: np.log(np.sum(np.exp(x), axis=1)), x), [x])
    assert_equal(graph_of(lambda x: x - np.max(x, axis=1, keepdims=True), x), [x])
    w, v = rng.normal(size=(70, 9)).astype(dtype), rng.normal(size=(9, columns)).astype(dtype)
    assert_equal(graph_of(lambda w, x, v: (w.T @ x) * 2 + v * v, w, x, v), [w, x, v])
    assert_equal(graph_of(lambda w, v, b: np.tanh(w @ v + b), w, v, v[0]), [w, v, v[0]])


SUMS = [
    (lambda x, w, r: x @ w, (37, 21)),
    (lambda x, w, r: np.log1p(np.exp(x @ w)) * r, (100, 50)),
    (lambda x, w, r: x.T @ r, (1000, 20)),
    (lambda x, w, r: np.max(x, axis=1) - r, (33, 40)),
    (lambda x, w, r: np.sum(x), (45, 77)),
    (lambda x, w, r: np.sum(x * x, axis=0) + w, (300, 11)),
    (lambda x, w, r: np.any(x > 2, axis=1), (50, 90)),
    (lambda x, w, r: np.prod(1 + x / 50, axis=1), (40, 30)),
    (lambda x, w, r: np.sum(x[:, None, :] * w, axis=(1, 2)), (70, 33)),
    (lambda x, w, r: np.mean(x, axis=1)[::-1] + r, (65, 19)),
]


@pytest.mark.parametrize("number", range(len(SUMS)))
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_several_sums_at_once(number, dtype):
    f, shape = SUMS[number]
    x, w, r = (rng.normal(size=size).astype(dtype) for size in (shape, shape[1], shape[0]))
    assert_equal(graph_of(f, x, w, r), [x, w, r])
