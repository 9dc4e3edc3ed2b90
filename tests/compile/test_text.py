"""The text of native code, read by an interpreter of its own: it computes the same, stays within its buffers, and moves
what `cr.explain_plan` says."""

import contextlib

import numpy as np
import pytest

import chainrule as cr
from chainrule import tree
from chainrule.compile import Program, explained, machine, shares
from chainrule.simplify import simplify
from chainrule.testing import seeded_graph

from .ir import LINE, DependsOnData, by_kernel, counted, executed
from .training_step import state, step


def program_of(f, *arguments):
    return Program(simplify(cr.trace(f, *arguments).data)), [np.asarray(x) for x in tree.flatten(arguments)[0]]


def assert_same(program, arrays):
    """As the CPU runs it; the last bit may differ, as multiplied and added is rounded twice in the interpreter."""
    outputs, calls, flag = executed(program, arrays)
    if flag:  # NumPy does it all
        return calls
    for x, y in zip(outputs, program(arrays), strict=True):
        scale = float(np.max(np.abs(y), initial=0.0, where=np.isfinite(y))) if y.dtype.kind == "f" else 0.0
        tolerance = 4 * np.finfo(y.dtype).eps if y.dtype.kind == "f" else 0
        np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance * scale)
    return calls


def assert_counted(program, calls):
    """What is counted without values is what running has counted."""
    without_values = counted(program)
    assert [call.name for call in without_values] == [call.name for call in calls]
    for a, b in zip(calls, without_values, strict=True):
        assert (a.loaded, a.stored) == (b.loaded, b.stored) and set(a.buffers) == set(b.buffers)
        for name, traffic in a.buffers.items():
            np.testing.assert_array_equal(traffic.lines_loaded, b.buffers[name].lines_loaded)
            np.testing.assert_array_equal(traffic.lines_stored, b.buffers[name].lines_stored)


@pytest.mark.parametrize("seed", range(25))
def test_random_graphs(seed):
    case = seeded_graph((13, seed))
    program = Program(simplify(case.graph))
    calls = assert_same(program, [np.asarray(x) for x in case.arrays])
    with contextlib.suppress(DependsOnData):
        assert_counted(program, calls)


_FUNCTIONS = {
    "product": lambda x, w: np.tanh(x @ w + 1),
    "of a transpose": lambda x, w: x.T @ x,
    "batched": lambda x, w: np.einsum("nij,njk->nik", x.reshape(3, 5, 7), x.reshape(3, 7, 5)),
    "reductions": lambda x, w: (x.sum(), x.sum(axis=0), x.max(axis=1), (x * x).mean(axis=1)),
    "slices": lambda x, w: x[::-1, 1::2] * 2 + x[:, :3],
    "pieces": lambda x, w: np.concatenate([x, x[:, :2] * 3], axis=1),
    "running": lambda x, w: np.cumsum(x, axis=0) + np.cumsum(x, axis=1),
    "functions": lambda x, w: np.exp(np.sin(x)) + np.log1p(x * x) ** 1.5,
    "a scan": lambda x, w: cr.scan(lambda c, row: (c * 0.5 + row, c[::-1] * row), x[0], x),
    "a scan in place": lambda x, w: cr.scan(lambda c, row: (c * 0.9 + row, None), x[0], x, reverse=True),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", list(_FUNCTIONS))
def test_functions(name, dtype):
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=shape).astype(dtype) for shape in ((15, 7), (7, 37))]
    program, arrays = program_of(_FUNCTIONS[name], *arrays)
    assert_counted(program, assert_same(program, arrays))


def test_what_depends_on_data_runs_and_is_not_counted():
    loop, arrays = program_of(lambda c: cr.while_loop(lambda s: np.sum(s) < 100, lambda s: s * 1.5, c), np.ones(3))
    assert_same(loop, arrays)
    branch, arrays = program_of(lambda x: cr.cond(x[0] > 0, lambda y: y * 2, lambda y: y[::-1], x), np.ones(3))
    assert_same(branch, arrays)
    rows, arrays = program_of(lambda x, i: np.take(x, i, axis=0) * 2, np.ones((4, 3)), np.array([2, 0]))
    assert_same(rows, arrays)
    for each in (loop, branch, rows):
        with pytest.raises(DependsOnData):
            counted(each)


def test_a_training_step():
    arguments = state((24, 16, 8, 4), 8)
    program, arrays = program_of(step, *arguments)
    assert_counted(program, assert_same(program, arrays))


def test_plans_tell_what_a_training_step_moves():
    """Kernel by kernel, in whole lines: an array may end within one, and the flag is one more."""
    graph = simplify(cr.trace(step, *state((784, 256, 128, 10), 128)).data)
    program, plan = Program(graph), explained(graph, machine())
    for call, kernel in zip(by_kernel(counted(program)), plan.kernels, strict=True):
        scratch = None if kernel.scratch is None else (kernel.scratch.offset, kernel.scratch.size)
        for stores, buffers in ((False, kernel.reads), (True, kernel.writes)):
            whole = sum(-(-each.moved // LINE) for each in buffers)
            assert whole <= call.lines(stores, scratch) <= whole + 1


def test_a_number_counted_by_hand():
    """One kernel: x is read twice by its instructions, and moved once."""
    program, arrays = program_of(lambda x: x[:-1] + x[1:], np.arange(65.0))
    (call,) = [each for each in assert_same(program, arrays) if "_kernel" in each.name]
    assert call.loaded == 2 * 64 * 8 and call.stored == 64 * 8
    assert call.lines(stores=False) == 9 and call.lines(stores=True) == 8  # 520 bytes and 512


@pytest.mark.parametrize("name", ["rows", "columns", "blocks", "loops"])
def test_pieces_give_the_same_bits_in_any_order(name, monkeypatch):
    monkeypatch.setattr(shares, "_LEAST", 1000)  # ns of work: these are small
    monkeypatch.setattr(shares, "_PIECE", 500)
    rng = np.random.default_rng(0)
    x, w = (rng.normal(size=(300, 100)).astype(np.float32), rng.normal(size=(100, 120)).astype(np.float32))
    f, arguments = {
        "rows": (lambda a, b: np.tanh(a @ b), (x[:220, :32], w[:32, :32])),
        "columns": (lambda a, b: a @ b + 1, (w[:14, :64], x[:64])),
        "blocks": (lambda a: (a * a).sum(), (x,)),
        "loops": (lambda a: a * a + 1, (x,)),
    }[name]
    program, arrays = program_of(f, *arguments)
    at_once, calls, _ = executed(program, arrays)
    others, more, _ = executed(program, arrays, one_by_one=True)
    assert len(more) > len(calls), "there are pieces"
    for a, b, c in zip(at_once, others, program(arrays), strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_allclose(a, c, rtol=1e-6, atol=1e-6 * np.max(np.abs(c)))
