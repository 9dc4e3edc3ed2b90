"""Matrix products of all shapes: ragged ends, transposes, batches, several summed axes, what zero absorbs."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.arraytype import ArrayType
from chainrule.compile import Program, machine, products
from chainrule.compile.shares import product_of
from chainrule.graph import Graph
from chainrule.ops import arithmetic
from chainrule.ops.contraction import einsum
from chainrule.ops.movement import transpose

from .comparing import assert_equal, both

NN, NT, TN = ((0, 1), (1, 2)), ((0, 1), (2, 1)), ((1, 0), (1, 2))


def product(m, k, n, labels, dtype, absorbing=False):
    sizes = {0: m, 1: k, 2: n}
    graph = Graph("product")
    a, b = (graph.input(ArrayType(tuple(sizes[i] for i in names), dtype)) for names in labels)
    graph.outputs = [einsum(a, b, labels=labels, out=(0, 2), absorbing=absorbing)]
    return graph


def draw(rng, graph):
    return [rng.normal(size=v.shape).astype(v.dtype) for v in graph.inputs]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("labels", [NN, NT, TN], ids=["NN", "NT", "TN"])
@pytest.mark.parametrize(
    "shape",
    [
        (2, 1, 2),
        (2, 3, 2),
        (5, 7, 3),
        (14, 8, 16),
        (15, 9, 17),
        (31, 33, 47),
        (128, 20, 10),
        (7, 300, 130),
        (3, 2, 65),
        (3, 1, 70),
    ],
)
def test_shapes(shape, labels, dtype):
    rng = np.random.default_rng(0)
    graph = product(*shape, labels, dtype)
    program = assert_equal(graph, draw(rng, graph))
    assert [kernel.kind for kernel in program.unit.fusion.kernels] == ["product" if shape[1] > 1 else "loops"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(200, 16, 300), (129, 5, 250), (784, 20, 70), (300, 7, 67)])
@pytest.mark.parametrize("threads", [1, 2])
def test_rows_beside_other_arrays(shape, dtype, threads):
    """Panels are packed first, and tiles go along the rows."""
    (n, k, m), rng = shape, np.random.default_rng(0)
    arrays = [rng.normal(size=size).astype(dtype) for size in ((k, n), (k, m), (n, m), (n, m), (m,))]
    graph = cr.trace(lambda a, b, w, v, c: (w - 0.1 * (a.T @ b + v), v * 0.9 + c), *arrays).data
    cr.set_num_threads(threads)
    program = assert_equal(graph, arrays)
    kernels = [each for each in program.unit.fusion.kernels if each.kind == "product"]
    assert product_of(kernels[0], machine()).by_rows


def test_integers_are_exact():
    graph = product(5, 40, 19, NN, np.int64)
    arrays = [np.random.default_rng(0).integers(-(10**6), 10**6, size=v.shape) for v in graph.inputs]
    native, numpy, _ = both(graph, arrays)
    np.testing.assert_array_equal(native[0], numpy[0])


@pytest.mark.parametrize(
    ("shapes", "labels", "out"),
    [
        (((4, 5, 6), (4, 6, 7)), ((0, 1, 2), (0, 2, 3)), (0, 1, 3)),  # a batch
        (((4, 5, 1), (4, 1, 37)), ((0, 1, 2), (0, 2, 3)), (0, 1, 3)),  # of which each sum has one term
        (((4, 20, 1), (4, 37, 1)), ((0, 1, 2), (0, 3, 2)), (0, 1, 3)),
        (((4, 5, 6), (6, 5, 7)), ((0, 1, 2), (2, 1, 3)), (0, 3)),  # two summed
        (((4, 5, 6), (6, 7)), ((0, 1, 2), (2, 3)), (0, 3, 1)),  # the result in another order
        (((4, 6), (3, 6, 20)), ((0, 1), (2, 1, 3)), (2, 0, 3)),
        (((3, 4, 5), (5, 20)), ((0, 1, 2), (2, 3)), (0, 1, 3)),
    ],
)
def test_more_axes(shapes, labels, out):
    rng = np.random.default_rng(0)
    graph = Graph("more")
    xs = [graph.input(ArrayType(shape, np.float64)) for shape in shapes]
    graph.outputs = [einsum(*xs, labels=labels, out=out, absorbing=False)]
    assert_equal(graph, draw(rng, graph))


def test_what_follows_is_computed_from_the_registers():
    graph = product(30, 20, 37, NN, np.float64)
    bias = graph.input(ArrayType((37,), np.float64))
    h = arithmetic.relu(graph.outputs[0] + bias)
    graph.outputs = [h, transpose(h, axes=(1, 0))]
    program = assert_equal(graph, draw(np.random.default_rng(0), graph))
    product_kernel, *others = program.unit.fusion.kernels
    assert len(product_kernel.variables) == 3 and [k.kind for k in others] == ["loops"]  # the transposed copy


@pytest.mark.parametrize("shape", [(3, 4, 2), (20, 30, 40)])
def test_zero_absorbs_infinity(shape):
    rng = np.random.default_rng(0)
    graph = product(*shape, NN, np.float64, absorbing=True)
    a, b = draw(rng, graph)
    a[1, 2], b[2, :] = 0.0, np.inf
    native, numpy, _ = both(graph, [a, b])
    np.testing.assert_allclose(native[0], numpy[0])
    assert np.isfinite(native[0][1]).all()


def test_a_product_of_a_view_reads_it_where_it_lies():
    def f(x, w):
        return x[::2, 1:].T @ w

    rng = np.random.default_rng(0)
    arrays = rng.normal(size=(10, 6)), rng.normal(size=(5, 33))
    assert_equal(cr.trace(f, *arrays).data, arrays)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(31, 9, 47), (7, 5, 3), (200, 16, 300)])
def test_what_is_long_is_written_in_a_loop_and_gives_the_same_bits(shape, dtype, monkeypatch):
    (n, k, m), rng = shape, np.random.default_rng(0)
    arrays = [rng.normal(size=size).astype(dtype) for size in ((n, k), (k, m), (m,), (n, m))]
    program = Program(cr.trace(lambda a, b, c, d: (np.tanh(a @ b + c) * d, d + 1), *arrays).data)
    text = program.text
    monkeypatch.setenv("CHAINRULE_CACHE_DIR", "")
    monkeypatch.setattr(products, "FEW_INSTRUCTIONS", 10**9)
    unrolled = Program(program.graph)
    for x, y in zip(program(arrays), unrolled(arrays), strict=True):
        np.testing.assert_array_equal(x, y)
    assert unrolled.text.count("fdiv") >= 2 * text.count("fdiv"), "one tanh divides once"


def test_error_is_that_of_numpy():
    rng = np.random.default_rng(0)
    graph = product(40, 2000, 40, NN, np.float32)
    a, b = draw(rng, graph)
    native, numpy, _ = both(graph, [a, b])
    exact = a.astype(np.float64) @ b.astype(np.float64)
    scale = np.abs(a).astype(np.float64) @ np.abs(b)
    off = [np.max(np.abs(y[0] - exact) / scale) for y in (native, numpy)]
    assert off[0] <= 2 * off[1] + np.finfo(np.float32).eps
