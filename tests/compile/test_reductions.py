"""Sums and extrema over all kinds of axes, and how exact sums are."""

import itertools
import math

import numpy as np
import pytest

import chainrule as cr
from chainrule.arraytype import ArrayType
from chainrule.compile import Program, reductions
from chainrule.graph import Graph
from chainrule.ops import CATALOGUE
from chainrule.ops.contraction import einsum

from .comparing import assert_equal, both, graph_of

_SHAPES = [(1,), (5,), (16,), (17,), (1000,), (4097,), (3, 5), (5, 37), (64, 33), (2, 3, 4), (7, 1, 20), (3, 40, 2)]


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int32])
@pytest.mark.parametrize("shape", _SHAPES, ids=str)
@pytest.mark.parametrize("name", ["sum", "amax", "amin", "prod", "any", "all"])
def test_all_axes(name, shape, dtype):
    rng = np.random.default_rng(0)
    x = (rng.normal(size=shape) * 3).astype(dtype)
    if name == "prod":
        x = (1 + rng.normal(size=shape) / 100).astype(dtype)
    graph = Graph(name)
    variable = graph.input(ArrayType.of(x))
    for count in range(1, len(shape) + 1):
        for axes in itertools.combinations(range(len(shape)), count):
            if name == "sum":
                kept = tuple(k for k in range(len(shape)) if k not in axes)
                y = einsum(variable, labels=(tuple(range(len(shape))),), out=kept, absorbing=False)
            else:
                y = CATALOGUE[name](variable, axes=axes)
            graph.outputs.append(y)
    assert_equal(graph, [x])


def test_extrema_know_nan():
    x = np.random.default_rng(0).normal(size=(5, 40))
    x[1, 3], x[2, -1], x[3, 0] = np.nan, np.nan, np.nan
    for axes in ((0,), (1,), (0, 1)):
        assert_equal(graph_of(CATALOGUE["amax"], [x], {"axes": axes}), [x])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("count", [1000, 12_345, 1_000_003])
def test_sums_are_about_as_exact_as_numpys(count, dtype):
    rng = np.random.default_rng(0)
    for x in (rng.normal(size=count).astype(dtype), (1 + rng.uniform(size=count)).astype(dtype)):
        graph = Graph("sum")
        graph.outputs = [einsum(graph.input(ArrayType(x.shape, dtype)), labels=((0,),), out=(), absorbing=False)]
        (native,), (numpy,), _ = both(graph, [x])
        exact, scale = math.fsum(x.tolist()), math.fsum(np.abs(x).tolist())
        off, theirs = (abs(float(y) - exact) / scale for y in (native, numpy))
        assert off <= 2 * theirs + 4 * np.finfo(dtype).eps


def test_a_chain_is_computed_where_it_is_summed():
    def f(x, y):
        return np.sum((x - y) ** 2, axis=1)

    rng = np.random.default_rng(0)
    arrays = rng.normal(size=(6, 50)), rng.normal(size=(6, 50))
    program = assert_equal(cr.trace(f, *arrays).data, arrays)
    assert [kernel.kind for kernel in program.unit.fusion.kernels] == ["reduction"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(40, 10), (37, 20), (3, 9), (64, 3), (150, 3), (128, 100)])
def test_what_is_written_in_a_loop_gives_the_same_bits(shape, dtype, monkeypatch):
    rng = np.random.default_rng(0)
    x, c = rng.normal(size=shape).astype(dtype), rng.normal(size=shape[1]).astype(dtype)
    program = Program(
        cr.trace(lambda x, c: (np.exp(x).sum(axis=1), np.tanh(c + np.exp(x.sum(axis=0))), x.max(axis=1)), x, c).data
    )
    text = program.text
    monkeypatch.setenv("CHAINRULE_CACHE_DIR", "")
    monkeypatch.setattr(reductions, "FEW_INSTRUCTIONS", 10**9)
    monkeypatch.setattr(reductions, "_SHORT_ROW", 0)
    unrolled = Program(program.graph)
    for a, b in zip(program([x, c]), unrolled([x, c]), strict=True):
        np.testing.assert_array_equal(a, b)
    assert len(text) < len(unrolled.text) or (len(text) == len(unrolled.text) and shape != (128, 100))
