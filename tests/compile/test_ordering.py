"""Places of extrema, sorted rows, runs, looking up and reading along an axis: natively, entry for entry NumPy's."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.arraytype import ArrayType
from chainrule.compile import Program
from chainrule.compile.recipes import kind_of
from chainrule.graph import Graph
from chainrule.interpret import Plan
from chainrule.ops import CATALOGUE

from .comparing import both, graph_of

_SHAPES = [(1,), (7,), (33,), (100,), (5, 3), (3, 10), (2, 3, 5)]
_DTYPES = [np.float64, np.float32, np.int64, np.int8, np.uint64, np.bool_]


def rows_of(shape, dtype):
    """With many ties; of floating numbers both zeros, infinities and nan, too."""
    rng = np.random.default_rng(sum(shape))
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return rng.choice(
            [0.0, -0.0, 1.5, -2.5, np.inf, -np.inf, np.nan, 3.0], shape, p=[0.15] * 6 + [0.05] * 2
        ).astype(dtype)
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype(bool)
    ends = np.iinfo(dtype)
    return rng.choice(np.array([0, 1, 5, ends.max, ends.min, ends.max - 1], dtype), shape)


def assert_same(name, *calls):
    """Calls of an operation, arrays and parameters, all in one graph."""
    graph, inputs = Graph(name), []
    for arrays, parameters in calls:
        variables = [graph.input(ArrayType.of(each)) for each in arrays]
        graph.outputs.append(CATALOGUE[name](*variables, **parameters))
        inputs += arrays
    native, numpy, program = both(graph, inputs)
    assert "numpy" not in [kernel.kind for kernel in program.unit.fusion.kernels]
    for x, y in zip(native, numpy, strict=True):
        assert x.dtype == y.dtype
        np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize("dtype", _DTYPES)
@pytest.mark.parametrize("name", ["argmax", "argmin", "argsort", "sort"])
def test_along_each_axis(name, dtype):
    arrays = [rows_of(shape, dtype) for shape in _SHAPES]
    assert_same(name, *[([x], {"axis": axis}) for x in arrays for axis in range(x.ndim)])


@pytest.mark.parametrize("name", ["argmax", "argmin"])
def test_extrema_of_all_the_same_and_of_nothing_but_infinities(name):
    arrays = np.full(19, -np.inf), np.full(19, np.inf), np.full(19, np.nan), np.zeros(40)
    assert_same(name, *[([x], {"axis": 0}) for x in arrays])


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.bool_])
def test_runs(dtype):
    arrays = [rows_of(shape, dtype) for shape in _SHAPES]
    axes = [(x, axis) for x in arrays for axis in range(x.ndim)]
    for reverse in (False, True):
        assert_same("runs", *[([np.sort(x, axis=axis)], {"axis": axis, "reverse": reverse}) for x, axis in axes])


@pytest.mark.parametrize("dtype", _DTYPES)
@pytest.mark.parametrize("side", ["left", "right"])
def test_looking_up(side, dtype):
    rows = [np.sort(rows_of((count,), dtype)) for count in (1, 2, 3, 7, 8, 9, 100)]
    shapes = (), (1,), (5, 7)
    assert_same("searchsorted", *[([row, rows_of(shape, dtype)], {"side": side}) for row in rows for shape in shapes])


def test_looking_up_in_another_dtype():
    row = np.array([0.0, 0.5, 1.0, 2.5])
    others = np.array([0, 1, 2, 3], np.int32), np.array([0.5, 1.0, np.nan], np.float32)
    assert_same("searchsorted", *[([row, values], {"side": "left"}) for values in others])


def test_reading_along_an_axis():
    rng = np.random.default_rng(0)
    for dtype in (np.float64, np.float32, np.int32, np.bool_):
        x = rows_of((5, 11), dtype)
        calls = []
        for shape, axis in (((5, 11), 1), ((5, 4), 1), ((3, 11), 0)):
            calls.append(([x, rng.integers(-x.shape[axis], x.shape[axis], shape)], {"axis": axis}))
        assert_same("take_along_axis", *calls)


def test_an_index_out_of_bounds_raises():
    graph = graph_of(CATALOGUE["take_along_axis"], [np.zeros(3), np.array([0, 3])], {"axis": 0})
    with pytest.raises(IndexError):
        Program(graph, careful=Plan(graph))([np.zeros(3), np.array([0, 3])])


def test_long_rows_are_left_to_numpy():
    assert kind_of(graph_of(CATALOGUE["sort"], [np.zeros(10_000)], {"axis": 0}).outputs[0]) == "numpy"
    assert kind_of(graph_of(CATALOGUE["argmax"], [np.zeros(10_000)], {"axis": 0}).outputs[0]) == "ordering"


def test_counts():
    for dtype in _DTYPES:
        x = rows_of((4, 21), dtype)
        assert_same("count_nonzero", *[([x], {"axes": axes}) for axes in ((0,), (1,), (0, 1))])


def test_what_is_read_elsewhere_is_in_memory():
    """Entries of a product are known where they are made, not where another place reads them."""
    index = np.array([3, 1, 0, 2])
    x = np.random.default_rng(0).normal(size=(4, 4))
    for f in (
        lambda x: np.take(x @ x, index, axis=0),
        lambda x: np.take_along_axis(x @ x, np.argsort(x, axis=1), 1),
        lambda x: np.sort(np.exp(x) @ x, axis=1)[:, ::-1] + np.max(x),
    ):
        graph = cr.trace(f, x).data
        np.testing.assert_allclose(Program(graph, careful=Plan(graph))([x])[0], f(x), rtol=1e-14)


def test_medians_and_accuracies_are_compiled():
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(20, 6)), rng.integers(0, 6, 20)
    for f in (lambda x: np.median(x, axis=1).sum(), lambda x: np.mean(np.argmax(x, axis=1) == labels)):
        graph = cr.trace(f, x).data
        program = Program(graph, careful=Plan(graph))
        assert "numpy" not in [kernel.kind for kernel in program.unit.fusion.kernels]
        np.testing.assert_allclose(program([x])[0], f(x), rtol=1e-14)
    np.testing.assert_allclose(
        cr.jit(cr.grad(lambda x: np.median(x, axis=1).sum()))(x), cr.grad(lambda x: np.median(x, axis=1).sum())(x)
    )
