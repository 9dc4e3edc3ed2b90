"""Plans explained: the kernels that programs have, with figures counted by hand, and a reason for each detour."""

import numpy as np
import pytest
import scipy.linalg
import scipy.special

import chainrule as cr
from chainrule.compile import Program, explained, machine
from chainrule.compile.explanation import amount
from chainrule.compile.lowering import lowered
from chainrule.compile.recipes import kind_of, reason_for_numpy
from chainrule.ops import CATALOGUE, PRIMITIVES
from chainrule.simplify import simplify
from chainrule.testing import seeded_graph

from .comparing import graph_of


def of(f, *arguments):
    return explained(simplify(cr.trace(f, *arguments).data), machine())


def test_a_layer_is_one_kernel_with_all_its_arrays():
    def layer(x, w, b):
        z = x @ w + b
        return np.maximum(z, 0)

    plan = of(layer, np.ones((64, 20)), np.ones((20, 30)), np.ones(30))
    (kernel,) = plan.kernels
    assert kernel.kind == "product" and kernel.loops == (64, 30) and kernel.summed == (20,)
    assert [(v.name, v.operation) for v in kernel.computes if v.is_named] == [("z", "add")]
    assert [v.operation for v in kernel.computes] == ["einsum", "add", "relu"]
    assert {v.source for v in kernel.computes} == {"z = x @ w + b", "return np.maximum(z, 0)"}
    assert all(v.where.startswith("test_explaining.py:") for v in kernel.computes)
    assert {b.name: (b.place, b.size, b.moved) for b in kernel.reads} == {
        "x": ("input", 10240, 10240),
        "w": ("input", 4800, 4800),
        "b": ("input", 240, 240),
    }
    (written,) = kernel.writes
    assert (written.place, written.offset, written.size) == ("result", None, 15360)
    assert kernel.bytes_read == 15280 and kernel.bytes_written == 15360
    assert kernel.flops == 2 * 64 * 20 * 30 + 2 * 64 * 30  # multiplied and added; the bias, the maximum
    assert plan.native_calls == 1 and not plan.by_numpy


def test_what_lies_in_the_arena_has_a_place_there():
    plan = of(lambda x, w, v: np.tanh(x @ w) @ v, np.ones((16, 8)), np.ones((8, 32)), np.ones((32, 8)))
    first, second = plan.kernels
    (hidden,) = first.writes
    assert hidden.place == "arena" and hidden.size == 16 * 32 * 8
    assert hidden.offset in {each.offset for each in second.reads}
    inside = [b for k in plan.kernels for b in (*k.reads, *k.writes, k.scratch) if b is not None and b.place == "arena"]
    assert all(b.offset >= 0 and b.offset + b.size <= plan.arena_bytes for b in inside)
    assert hidden.size <= plan.arena_bound <= plan.arena_bytes


def test_of_a_slice_only_its_entries_are_moved():
    plan = of(lambda x: x[10:30, 1] * 2, np.ones((100, 3)))
    (kernel,) = plan.kernels
    (read,) = kernel.reads
    assert (read.size, read.moved) == (2400, 160) and kernel.flops == 20
    assert [v.operation for v in kernel.computes][-1] == "multiply" and "window" in str(plan)
    assert "x (input, 160 B of 2.40 kB)" in str(plan)


def test_an_array_that_is_read_twice_counts_once():
    (kernel,) = of(lambda x: x * x.T + x, np.ones((8, 8))).kernels
    assert kernel.bytes_read == kernel.bytes_written == 512


def test_a_scan_has_its_body_and_counts_its_steps():
    def f(c, xs):
        return cr.scan(lambda c, x: (c * 0.5 + x, c * x), c, xs)

    plan = of(f, np.ones(3), np.ones((7, 3)))
    (kernel,) = plan.kernels
    (body,) = kernel.bodies
    assert kernel.kind == "holding" and kernel.times == 7
    assert kernel.flops == 7 * body.flops == 7 * 3 * 3
    assert kernel.bytes_moved == 7 * body.bytes_moved
    assert kernel.by_turns == ("carry",) and not kernel.in_place  # both results of a step read what is carried
    assert "7 steps" in str(plan) and f"body         {body.summary}" in str(plan)


def test_a_while_loop_and_a_branch():
    loop = of(lambda c: cr.while_loop(lambda s: np.sum(s) < 100, lambda s: s * 1.5, c), np.ones(3)).kernels[0]
    assert loop.times is None and len(loop.bodies) == 2 and loop.flops == sum(b.flops for b in loop.bodies)
    assert loop.in_place == ("state",)
    branch = of(lambda p, c: cr.cond(p > 0, lambda y: y * 2 + 1, lambda y: y[::-1], c), 1.0, np.ones(3)).kernels[-1]
    assert [b.flops for b in branch.bodies] == [6, 0] and branch.flops == 6


@pytest.mark.parametrize("seed", range(20))
def test_kernels_are_those_of_the_program(seed):
    graph = simplify(seeded_graph((11, seed)).graph)
    plan, program = explained(graph, machine()), Program(graph)
    kernels = program.unit.fusion.kernels
    assert [k.kind for k in plan.kernels] == [k.kind for k in kernels]
    assert plan.arena_bytes == program.layout.arena_bytes >= plan.arena_bound
    assert all(bool(k.reason) == (k.kind == "numpy") for k in plan.kernels)
    assert plan.native_calls == sum(segment[0].kind != "numpy" for segment in program.segments)
    assert all(len(line) <= 120 for line in str(plan).splitlines())


@pytest.mark.parametrize("operation", [each.name for each in PRIMITIVES if each.examples is not None])
def test_what_numpy_runs_has_a_reason(operation):
    for example in CATALOGUE[operation].examples(np.random.default_rng(0)):
        graph = graph_of(CATALOGUE[operation], [np.asarray(a) for a in example.arguments], example.parameters)
        explained(graph, machine())
        for v in lowered(graph).variables:
            if v.operation is not None and kind_of(v) == "numpy":
                assert v.operation.name in reason_for_numpy(v) or "array is empty" in reason_for_numpy(v)


@pytest.mark.parametrize(
    ("f", "reason"),
    [
        (lambda x: np.partition(x, 1), "partition_places has no native code"),
        (lambda x: x * 1j, "multiply with complex128 has no native code"),
        (lambda x: scipy.special.gammaln(x), "gammaln has no native code"),
        (lambda x: np.linalg.norm(x) * scipy.linalg.expm(np.diag(x)), "expm has no native code"),
        (lambda x: np.sort(np.tile(x, 1000)), "sort has native code for short rows"),
        (
            lambda x: cr.scan(lambda c, y: (scipy.special.gamma(c) + y, y), x, np.ones((2, 3)))[0],
            "in its body, gamma has no native code",
        ),
    ],
)
def test_reasons(f, reason):
    kernels = of(f, np.ones(3)).by_numpy
    assert any(kernel.reason.startswith(reason) for kernel in kernels)


def test_large_kernels_are_shared():
    large, small = (of(lambda x, w: x @ w, np.ones((n, n)), np.ones((n, n))).kernels[0] for n in (256, 8))
    assert large.pieces > 1 == small.pieces
    plan = of(lambda x, w: x @ w, np.ones((256, 256)), np.ones((256, 256)))
    assert f"shared       {large.pieces} pieces for any number of threads" in str(plan)


def test_without_llvm_numpy_runs_everything():
    graph = cr.trace(lambda x: np.tanh(x) + 1, np.ones(3)).data
    plan = explained(graph, None)
    assert [k.kind for k in plan.kernels] == ["numpy", "numpy"] and plan.native_calls == plan.arena_bytes == 0
    assert {k.reason for k in plan.by_numpy} == {"llvmlite is not installed"}
    assert plan.bytes_moved == 4 * 24 and plan.flops == 6


def test_amounts_have_three_digits():
    wanted = {0: "0 B", 999: "999 B", 1000: "1.00 kB", 9994: "9.99 kB", 9996: "10.0 kB", 99_960: "100 kB"}
    wanted |= {999_499: "999 kB", 999_500: "1.00 MB", 15_360: "15.4 kB", 10**13: "10.0 TB", 10**20: "100000 PB"}
    assert {n: amount(n, "B") for n in wanted} == wanted
