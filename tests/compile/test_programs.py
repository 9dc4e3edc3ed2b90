"""Whole graphs: NumPy between kernels, loops and branches, memory, threads, damaged indices."""

import gc
import sys
import threading
import tracemalloc

import numpy as np
import pytest

import chainrule as cr
from chainrule import tree
from chainrule.arraytype import ArrayType
from chainrule.compile import Program, explained, machine
from chainrule.compile.frame import is_known_layout
from chainrule.compile.memory import ALIGNMENT, Life, arranged, lower_bound
from chainrule.errors import ShapeError
from chainrule.graph import Graph
from chainrule.interpret import Plan
from chainrule.simplify import simplify
from chainrule.testing import Trial, seeded_graph
from chainrule.testing.properties import compiled_equals_interpretation

from .comparing import assert_equal


def compiled(f, *arguments):
    graph = simplify(cr.trace(f, *arguments).data)
    return assert_equal(graph, [np.asarray(x) for x in tree.flatten(arguments)[0]])


@pytest.mark.parametrize("seed", range(30))
def test_random_graphs(seed):
    compiled_equals_interpretation(Trial(seeded_graph((7, seed))))


_LOOPS = {
    "scan": lambda c, xs: cr.scan(lambda c, x: (c * 0.5 + x, c * x), c, xs),
    "reverse": lambda c, xs: cr.scan(lambda c, x: (c * 0.5 + x, c * x), c, xs, reverse=True),
    "one step": lambda c, xs: cr.scan(lambda c, x: (c * 0.5 + x, c * x), c, xs[:1]),
    "not in place": lambda c, xs: cr.scan(lambda c, x: (xs.T @ (xs @ c) / 9 + x, c[::-1] * x), c, xs),
    "two carried": lambda c, xs: cr.scan(lambda c, x: ((c[1] + x, c[0] * 0.5), c[0].sum()), (c, c + 1), xs),
    "the same twice": lambda c, xs: cr.scan(lambda c, x: ((c[0], c[0]), (c[1], x)), (c, c + 1), xs),
    "within each other": lambda c, xs: cr.scan(
        lambda c, x: (cr.scan(lambda d, y: (d * 0.9 + y, d), c, xs)[0] + x, c.sum()), c, xs
    ),
    "while": lambda c, xs: cr.while_loop(lambda s: np.sum(s[0] ** 2) < 100, lambda s: (s[0] * 1.5, s[1] + 1), (c, 0)),
    "while, never": lambda c, xs: cr.while_loop(lambda s: np.sum(s**2) < -1, lambda s: s * 1.5, c),
    "branch": lambda c, xs: cr.cond(c[0] > 0, lambda y: y * 2, lambda y: y[::-1] * 3 + 1, c),
    "other branch": lambda c, xs: cr.cond(c[0] < 0, lambda y: y * 2, lambda y: y[::-1] * 3 + 1, c),
    "fori": lambda c, xs: cr.fori_loop(0, 10, lambda k, s: s * 0.9 + k, c),
    "checkpoint": lambda c, xs: cr.checkpoint(lambda y: (y * y + 1) ** 2)(c) + xs.sum(),
}


@pytest.mark.parametrize("name", list(_LOOPS))
def test_loops(name):
    rng = np.random.default_rng(0)
    arrays = np.abs(rng.normal(size=3)), rng.normal(size=(5, 3))
    f = _LOOPS[name]
    program = compiled(f, *arrays)
    assert "holding" in {kernel.kind for kernel in program.unit.fusion.kernels}

    def total(*xs):
        return sum(np.sum(y * 1.0) for y in tree.flatten(f(*xs))[0])

    compiled(cr.grad(total, argnums=(0, 1)), *arrays)


def test_parameters_of_a_training_loop_are_overwritten():
    """They are also read on the way to their gradient, before the new ones are written."""

    def epoch(w, b, m, xs):
        def step(carry, x):
            w, b, m = carry
            gw, gb = cr.grad(lambda w, b: np.mean(np.tanh(x @ w + b) ** 2) + 1e-2 * np.sum(w * w), (0, 1))(w, b)
            m = 0.9 * m + gw
            return (w - 0.1 * m, b - 0.1 * gb, m), np.sum(x)

        return cr.scan(step, (w, b, m), xs)

    rng = np.random.default_rng(0)
    program = compiled(epoch, rng.normal(size=(4, 3)), np.zeros(3), np.zeros((4, 3)), rng.normal(size=(6, 8, 4)))
    (kernel,) = [each for each in explained(program.graph, machine()).kernels if each.kind == "holding"]
    assert kernel.in_place == ("carry.0", "carry.1", "carry.2") and not kernel.by_turns


@pytest.mark.parametrize(
    "step",
    [
        lambda c, x: (c[0] @ c[0] * 0.1 + c[0], c[1] + c[0]),  # the product reads all of c[0]
        lambda c, x: (c[0] + c[0].T, c[1] * c[0][::-1]),
        lambda c, x: (c[1] * 0.5, c[0] + x),  # each over the other
        lambda c, x: (c[0].reshape(-1)[::-1].reshape(3, 3) + c[0], c[1] @ c[0]),
        lambda c, x: (np.tanh(c[0] @ c[1]) + c[0], c[1] - 0.1 * (c[0].T @ (c[0] @ c[1]))),
    ],
)
def test_what_is_read_elsewhere_is_not_overwritten_too_early(step):
    rng = np.random.default_rng(0)
    c = rng.normal(size=(3, 3)), rng.normal(size=(3, 3))
    compiled(lambda a, b, xs: cr.scan(lambda c, x: (step(c, x), c[0][0, 0]), (a, b), xs), *c, np.arange(4.0))


def test_results_never_share_memory():
    def f(x):
        y = x + 1
        return y, y.reshape(-1), x, y.T

    x = np.ones((2, 3))
    graph = cr.trace(f, x).data
    program = Program(graph)
    first, second = program([x]), program([x])
    for a in first[:2] + first[3:]:
        a[...] = 7
    assert all(np.array_equal(b, c) for b, c in zip(second, [x + 1, (x + 1).reshape(-1), x, (x + 1).T], strict=True))


def test_threads():
    def f(x, w):
        return np.maximum(x @ w, 0).sum(axis=0), x.sum()

    rng = np.random.default_rng(0)
    w = rng.normal(size=(20, 30))
    program = Program(simplify(cr.trace(f, rng.normal(size=(10, 20)), w).data))
    wrong = []

    def work(seed):
        draw = np.random.default_rng(seed)
        for _ in range(200):
            x = draw.normal(size=(10, 20))
            a, b = program([x, w])
            if not (np.allclose(a, np.maximum(x @ w, 0).sum(axis=0)) and np.allclose(b, x.sum())):
                wrong.append(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_an_index_out_of_bounds_raises_as_in_numpy():
    graph = cr.trace(lambda x, i: np.take(x, i), np.arange(4.0), np.array([1, 2])).data
    program = Program(graph, careful=Plan(graph))
    assert program([np.arange(4.0), np.array([3, 0])])[0].tolist() == [3.0, 0.0]
    with pytest.raises(IndexError):
        program([np.arange(4.0), np.array([4, 0])])


def test_inputs_need_not_lie_row_by_row():
    graph = cr.trace(lambda x: x * 2 + x.T, np.ones((4, 4))).data
    x = np.random.default_rng(0).normal(size=(8, 8))[::2, ::-2]
    np.testing.assert_array_equal(Program(graph)([x])[0], x * 2 + x.T)


def test_code_is_freed_with_its_program():
    graph = cr.trace(lambda x: x * 2 + 1, np.ones(4)).data
    for _ in range(20):
        Program(graph)([np.ones(4)])
    gc.collect()


def test_the_arena_is_near_the_bound():
    rng = np.random.default_rng(0)
    for _ in range(50):
        lives = []
        for _ in range(rng.integers(1, 40)):
            first = int(rng.integers(0, 30))
            lives.append(Life(int(rng.integers(1, 5000)), first, first + int(rng.integers(0, 8))))
        offsets, total = arranged(lives)
        for k, (a, at) in enumerate(zip(lives, offsets, strict=True)):
            assert at % ALIGNMENT == 0 and at + a.size <= total
            for b, there in list(zip(lives, offsets, strict=True))[:k]:
                together = a.first <= b.last and b.first <= a.last
                assert not together or at >= there + b.size or there >= at + a.size
        assert total <= 1.25 * lower_bound(lives)


def test_arrays_are_looked_into_as_they_are():
    assert is_known_layout()


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.bool_])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 1, 3)])
def test_inputs_of_other_kinds_are_right_or_refused(shape, dtype):
    graph = Graph("plus")
    x = graph.input(ArrayType(shape, dtype))
    graph.outputs = [x + x]
    program = Program(graph)
    rng = np.random.default_rng(0)
    right = (rng.normal(size=shape) * 3).astype(dtype)
    wide = np.repeat(right[..., None], 2, axis=-1)
    unaligned = np.frombuffer(b"x" + right.tobytes(), dtype, offset=1).reshape(shape)
    turned = right.T.copy().T if shape else right
    for each in (right, wide[..., 1], right.astype(right.dtype.newbyteorder()), turned, unaligned):
        np.testing.assert_array_equal(program([each])[0], right + right)
    for wrong in (right[None], right.reshape(-1)[:0], np.zeros((*shape, 2), dtype), right.astype(complex)):
        with pytest.raises(ShapeError):
            program([wrong])


def test_many_calls_leave_nothing_behind():
    graph = cr.trace(lambda x: np.tanh(x @ x).sum(axis=0), np.ones((8, 8))).data
    program, x = Program(graph), np.ones((8, 8))
    program([x])
    before = sys.getrefcount(x)
    tracemalloc.start()
    for _ in range(100):
        program([x])
    start = tracemalloc.get_traced_memory()[0]
    for _ in range(5000):
        program([x])
    grown = tracemalloc.get_traced_memory()[0] - start
    tracemalloc.stop()
    assert sys.getrefcount(x) == before and grown < 10_000


def test_a_long_chain_is_several_kernels():
    def f(x):
        y = x
        for k in range(1000):
            y = np.sin(y) + x * (k % 3)
        return y

    x = np.linspace(-1, 1, 50)
    program = Program(cr.trace(f, x).data)
    assert max(len(kernel.variables) for kernel in program.unit.fusion.kernels) <= 100
    np.testing.assert_allclose(program([x])[0], f(x), rtol=1e-9)
