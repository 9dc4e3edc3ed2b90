"""Loops as operations of the graph: the same as Python's own loops, to second order, in all transforms."""

import copy
import functools
import pickle
import threading
import time
import tracemalloc

import numpy as np
import pytest

import chainrule as cr
from chainrule import tree
from chainrule.api import plans
from chainrule.errors import (
    ArgumentError,
    ControlFlowError,
    DtypeError,
    ForeignVariableError,
    MutationError,
    ShapeError,
    TextError,
    TraceError,
)
from chainrule.graph import Body
from chainrule.ops import loops

from .loop_programs import OURS, PROGRAMS, UNROLLED, flat

every_program = pytest.mark.parametrize("name", PROGRAMS)


def both(name):
    """A program with our loops and with Python's, as functions of a vector, and that vector."""
    f, args = PROGRAMS[name]
    ours, x = flat(functools.partial(f, OURS), args)
    return ours, flat(functools.partial(f, UNROLLED), args)[0], x


def close(a, b, rtol=1e-10):
    b = np.asarray(b)
    np.testing.assert_allclose(np.asarray(a), b, rtol=rtol, atol=rtol * max(1.0, np.abs(b).max(initial=0)))


# The same as the unrolled loop


@every_program
def test_values_and_gradients(name):
    ours, unrolled, x = both(name)
    close(ours(x), unrolled(x))
    value, gradient = cr.value_and_grad(ours)(x)
    close(value, unrolled(x))
    close(gradient, cr.grad(unrolled)(x))
    assert np.any(gradient)


@every_program
def test_forward_mode(name):
    ours, unrolled, x = both(name)
    v = np.random.default_rng(1).normal(size=x.shape)
    y, y_dot = cr.jvp(ours, (x,), (v,))
    close(y, unrolled(x))
    close(y_dot, cr.grad(unrolled)(x) @ v)
    _, tangent_map = cr.linearize(ours, x)
    close(tangent_map(v), y_dot)
    _, pullback = cr.vjp(ours, x)
    close(pullback(2.0)[0], 2 * cr.grad(unrolled)(x))


@every_program
def test_second_order(name):
    ours, unrolled, x = both(name)
    H = np.asarray(cr.hessian(unrolled)(x))
    close(cr.hessian(ours)(x), H, rtol=1e-8)
    v = np.random.default_rng(2).normal(size=x.shape)
    close(cr.hvp(ours)(x, v), H @ v, rtol=1e-8)
    close(cr.grad(lambda x: cr.grad(ours)(x) @ v)(x), H @ v, rtol=1e-8)
    close(cr.grad(lambda x: cr.jvp(ours, (x,), (v,))[1])(x), H @ v, rtol=1e-8)


@every_program
def test_against_differences(name):
    ours, _, x = both(name)
    cr.check_grads(ours, (x,), order=2)


@pytest.mark.parametrize("name", ["cumulative_products", "pendulum", "newton", "branch_in_scan"])
def test_third_order(name):
    ours, unrolled, x = both(name)
    v = np.random.default_rng(3).normal(size=x.shape)

    def third(f):
        return cr.grad(lambda x: cr.grad(lambda x: cr.grad(f)(x) @ v)(x) @ v)(x)

    close(third(ours), third(unrolled), rtol=1e-7)


@every_program
def test_other_transforms(name):
    ours, unrolled, x = both(name)
    rows = np.stack([x, 1.01 * x])
    expected = np.stack([cr.grad(unrolled)(row) for row in rows])
    close(cr.vmap(cr.grad(ours))(rows), expected)
    close(cr.jit(cr.grad(cr.jit(ours)))(x), expected[0])
    J = cr.jacobian(lambda x: np.stack([ours(x), x[0] * ours(2 * x)]))(x)
    wanted = cr.jacobian(lambda x: np.stack([unrolled(x), x[0] * unrolled(2 * x)]))(x)
    close(J, wanted)
    g = np.array([1.0, -2.0])
    close(g @ J, g @ np.asarray(wanted))


# The numbers of JAX 0.4 and later, in float64: jax.lax.scan, fori_loop, while_loop; jax.grad, hessian, jvp


def test_a_recurrent_net_over_50_steps():
    W, U = np.cos(np.arange(16.0)).reshape(4, 4) / 2, np.sin(np.arange(8.0)).reshape(2, 4)
    xs = np.sin(np.arange(100.0)).reshape(50, 2)

    def loss(W, U, xs):
        def cell(h, x):
            h = np.tanh(h @ W + x @ U)
            return h, np.sum(h**2)

        h, ys = cr.scan(cell, np.zeros(4), xs)
        return np.sum(h) + np.mean(ys)

    value, gradients = cr.value_and_grad(loss, argnums=(0, 1, 2))(W, U, xs)
    close(value, 0.8714857810240576)
    close([g.sum() for g in gradients], [2.4963562729278226, -3.1613450847014355, 0.49182296789236607])
    v = np.cos(np.arange(16.0) + 1).reshape(4, 4)
    close(cr.hvp(loss)(W, U, xs, v).sum(), 0.5383954702403209)


def test_the_equations_of_lorenz():
    """100 steps of Runge and Kutta."""

    def end(p):
        def slope(y):
            return np.stack([p[0] * (y[1] - y[0]), y[0] * (p[1] - y[2]) - y[1], y[0] * y[1] - p[2] * y[2]])

        def step(_, y):
            a = slope(y)
            b = slope(y + 0.005 * a)
            c = slope(y + 0.005 * b)
            d = slope(y + 0.01 * c)
            return y + 0.01 / 6 * (a + 2 * b + 2 * c + d)

        return np.sum(cr.fori_loop(0, 100, step, np.ones(3)) ** 2)

    p = np.array([10.0, 28.0, 8 / 3])
    value, gradient = cr.value_and_grad(end)(p)
    close(value, 1019.9496395414915)
    close(gradient, [-2.7056851873062113, 15.151819661533118, 331.95546428236145])
    close(np.asarray(cr.hessian(end)(p)).sum(), -1000.0891725897301)


def test_the_function_of_lambert_by_newtons_iteration():
    def lambert(a):
        def off(s):
            return abs(s[0] * np.exp(s[0]) - a) > 1e-13

        def step(s):
            w, count = s
            return w - (w * np.exp(w) - a) / (np.exp(w) * (1 + w)), count + 1

        return cr.while_loop(off, step, (a / 2, 0))[0]

    value, slope = cr.jvp(lambert, (1.5,), (1.0,))
    close(value, 0.7258613577662469)
    close(slope, 0.2803861212079248)
    close(cr.grad(lambert)(1.5), slope)
    w = value  # and by hand: w'' = -w' (w + 2) / ((1 + w)^2 e^w)
    close(cr.grad(cr.grad(lambert))(1.5), -slope * (w + 2) / ((1 + w) ** 2 * np.exp(w)), rtol=1e-6)


# Graphs


@every_program
def test_graphs(name):
    """Forward and backward by tables, symbol to symbol, simplified, as text and as documents, pickled and copied."""
    ours, unrolled, x = both(name)
    g = cr.trace(ours, x)
    g.check()
    expected = cr.grad(unrolled)(x)
    values = g.forward(x)
    close(values[g.outputs[0]], unrolled(x))
    close(g.backward(values)[g.inputs[0]], expected)
    for simplified in (True, False):
        gradient = g.backprop(g.inputs, simplified=simplified)
        gradient.check()
        close(gradient(x), expected)
    smaller = g.simplified()
    smaller.check()
    for other in (
        smaller,
        cr.Graph.from_text(g.to_text()),
        cr.Graph.from_json(g.to_json()),
        pickle.loads(pickle.dumps(g)),
        copy.deepcopy(g),
    ):
        other.check()
        close(other(x), unrolled(x))
        close(cr.grad(lambda x, other=other: other(x))(x), expected)
    assert cr.Graph.from_text(g.to_text()).to_text() == g.to_text()
    assert pickle.loads(pickle.dumps(g)).to_text() == g.to_text()
    assert "digraph" in g.to_dot()


def test_the_text_of_a_loop():
    g = cr.trace(lambda a, x: cr.scan(lambda c, row: (c * a, c + row), 1.0, x), 2.0, np.arange(3.0))
    assert g.to_text().splitlines() == [
        "graph lambda(a: f64[], x: f64[3]) -> (v3, v4)",
        "  c2: f64[] = 1.0",
        "  v3, v4: f64[], f64[3] = scan(a, c2, x; "
        "body=body('graph scan(a: f64[], carry: f64[], x: f64[]) -> (v3, v4)', "
        "'v3: f64[] = multiply(carry, a)', 'v4: f64[] = add(carry, x)'), "
        "held=1, carried=1, length=3, reverse=False, keep=False)",
    ]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("multiply(carry, a)", "multiplied(carry, a)", "line 3: line 2: there is no operation 'multiplied'"),
        ("multiply(carry, a)", "multiply(carry, b)", "line 3: line 2: there is no 'b'"),
        ("carried=1", "carried=2", "line 3: scan does not give its body"),
        ("carried=1", "carried=9", "line 3: a scan of 3 inputs cannot hold 1, carry 9"),
        ("held=1", "held=-1", "line 3: a scan of 3 inputs cannot hold -1"),
        ("length=3", "length=4", "line 3: a scan of 4 steps takes rows of that number"),
        ("body=body('graph", "body=body('grape", "line 3: line 1 does not begin a graph"),
        ("body=body(", "body=print(", "line 3 is no part of a graph"),
    ],
)
def test_damaged_texts_of_loops(old, new, words):
    text = cr.trace(lambda a, x: cr.scan(lambda c, row: (c * a, np.sin(row)), 1.0, x), 2.0, np.arange(3.0)).to_text()
    assert old in text
    with pytest.raises(TextError) as caught:
        cr.Graph.from_text(text.replace(old, new))
    assert words in str(caught.value)


def test_bodies_are_equal_where_their_graphs_are():
    def graph(scale):
        x = cr.variable("x")
        return cr.Graph([x], [x * scale]).data

    a, b, c = Body(graph(3.0)), Body(graph(3.0)), Body(graph(4.0))
    assert a is b
    assert a is not c
    assert pickle.loads(pickle.dumps(a)) is a
    assert copy.deepcopy(a) is a
    assert repr(a) == "<body graph(f64[]) -> (f64[])>"


def test_a_repeated_gradient_is_planned_once(monkeypatch):
    planned = []

    def counting(*args):
        planned.append(args)
        return original(*args)

    original = plans.Plan
    monkeypatch.setattr(plans, "Plan", counting)
    plans.clear_plans()
    weights = np.ones(3)

    def loss(W, scale):
        return cr.scan(lambda c, w: (np.tanh(c * w * scale), c), 0.5, W * weights)[1].sum()

    for k in range(4):
        weights = np.full(3, 1.0 + k)  # arrays and numbers from outside may change
        cr.grad(loss)(np.arange(3.0) + k, 0.1 + k)
    assert len(planned) == 1


def names_of(g):
    return [v.operation.name for v in g if v.operation and not v.part]


def test_the_steps_are_taken_once_forward_and_once_back():
    """Back-propagation does not run the loop again: what it keeps is kept by the loop itself."""
    g = cr.trace(lambda c: cr.scan(lambda c, _: (np.sin(c), None), c, None, length=4)[0], 1.0)
    backward = g.backprop(g.inputs)
    assert names_of(backward).count("scan") == 2
    x = cr.variable("x")
    combined = cr.Graph([x], [g(x), backward(x)])
    assert names_of(combined).count("scan") == 3
    assert names_of(combined.simplified()).count("scan") == 2


def test_a_linear_loop_keeps_nothing():
    """Where the steps' slopes do not depend on what is carried, nothing needs to be kept."""
    g = cr.trace(lambda c, x: cr.scan(lambda c, x: (c * x, None), c, x)[0], 1.0, np.ones(4))
    assert "keep=True" not in g.backprop(g.inputs[:1]).to_text()
    assert "keep=True" in g.backprop(g.inputs).to_text()


# Time and memory


def test_ten_thousand_steps():
    """The graph does not grow with the steps; time and memory grow linearly."""

    def loss(c, n):
        return np.sum(cr.scan(lambda c, _: (c + 1e-3 * np.sin(c), None), c, None, length=n)[0])

    assert len(cr.trace(loss, np.ones(3), 10_000)) == len(cr.trace(loss, np.ones(3), 10))
    x = np.linspace(0.1, 0.5, 1000)
    peaks = []
    for n in (1_000, 2_000):
        tracemalloc.start()
        cr.grad(loss)(x, n)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 2.2 * peaks[0]
    assert peaks[1] < 2_000 * 8_000 * 1.3  # a carry for each step, and little more

    def scalar(c):
        return loss(c, 10_000)

    begin = time.perf_counter()
    gradient = cr.grad(scalar)(0.5)
    assert time.perf_counter() - begin < 10
    c, slope = 0.5, 1.0
    for _ in range(10_000):
        slope *= 1 + 1e-3 * np.cos(c)
        c += 1e-3 * np.sin(c)
    close(gradient, slope)


def test_blocks_of_steps_with_checkpoints_keep_less():
    """400 steps as 20 blocks of 20: a carry for each block, and one for each step of the block under way."""

    def step(c, _):
        return c + 1e-2 * np.sin(c), None

    def block(c, _):
        return cr.scan(step, c, None, length=20)[0], None

    def whole(c):
        return np.sum(cr.scan(step, c, None, length=400)[0])

    def in_blocks(c):
        return np.sum(cr.scan(cr.checkpoint(block), c, None, length=20)[0])

    x = np.linspace(0.1, 0.5, 1000)
    close(cr.grad(in_blocks)(x), cr.grad(whole)(x))
    peaks = []
    for f in (whole, in_blocks):
        tracemalloc.start()
        cr.grad(f)(x)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 0.25 * peaks[0]


# Ends of the range


@pytest.mark.parametrize("transform", ["plain", "traced"])
def test_no_steps(transform):
    def f(c, xs):
        c, ys = cr.scan(lambda c, x: (c * x["a"], {"y": np.stack([c, c])}), c, {"a": xs})
        assert ys["y"].shape == (0, 2)
        assert ys["y"].dtype == np.float32
        return c

    c, xs = np.float32(3.0), np.zeros(0, np.float32)
    if transform == "plain":
        assert f(c, xs) == 3.0
    else:
        gradient, by_rows = cr.grad(f, argnums=(0, 1))(c, xs)
        assert (gradient, by_rows.shape, by_rows.dtype) == (1.0, (0,), np.float32)
        assert cr.jvp(f, (c, xs), (np.float32(2.0), xs)) == (3.0, 2.0)
    assert cr.fori_loop(3, 3, lambda i, s: s * i, 2.0) == 2.0
    assert cr.grad(lambda s: cr.fori_loop(3, 1, lambda i, s: s * i, s))(2.0) == 1.0
    assert cr.grad(lambda s: cr.while_loop(lambda s: s > 5, lambda s: s / 2, s))(2.0) == 1.0


def test_nothing_to_carry():
    assert cr.scan(lambda c, x: (c, x * x), (), np.arange(3.0))[1].tolist() == [0, 1, 4]
    gradient = cr.grad(lambda x: cr.scan(lambda c, x: (c, x * x), None, x)[1].sum())(np.arange(3.0))
    assert gradient.tolist() == [0, 2, 4]
    assert cr.grad(lambda x: cr.scan(lambda c, x: (c, None), (), x * np.ones(2)) and x)(3.0) == 1.0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtypes_stay(dtype):
    def f(c, xs):
        return cr.scan(lambda c, x: (c * x + 1, c / 3), c, xs)

    c, xs = np.asarray(2, dtype)[()], np.arange(1, 4).astype(dtype)
    for found in (f(c, xs), cr.jvp(f, (c, xs), (c, xs))[1]):
        assert [part.dtype for part in found] == [dtype, dtype]
    gradients = cr.grad(lambda c, xs: f(c, xs)[0] + f(c, xs)[1].sum(), argnums=(0, 1))(c, xs)
    assert [g.dtype for g in gradients] == [dtype, dtype]


def test_a_number_takes_the_dtype_that_it_meets():
    xs = np.arange(3, dtype=np.float32)

    def sums(xs):
        return cr.scan(lambda c, x: (c + x, c), 0, xs)[0]

    assert sums(xs).dtype == np.float32
    assert cr.grad(sums)(xs).dtype == np.float32
    assert cr.value_and_grad(sums)(xs)[0].dtype == np.float32
    assert cr.fori_loop(0, 3, lambda i, s: s + i, 0) == 3

    def given(xs):
        def step(c, x):
            c[1][:] = c[1] + x  # what was written is not seen when the first step is taken again
            return [c[0] + x, c[1]], np.cos(c[0])

        return cr.scan(step, [0, np.ones(1, np.float32)], xs)

    plain, traced = given(xs), cr.jvp(given, (xs,), (xs,))[0]
    for a, b in zip(tree.flatten(plain)[0], tree.flatten(traced)[0], strict=True):
        assert a.dtype == b.dtype == np.float32
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("traced", [False, True])
def test_the_callers_arrays_stay(traced):
    """A step may write to what it is given."""

    def f(c, xs):
        def step(c, x):
            c += x
            x *= 2
            return c, x

        return cr.scan(step, c, xs)

    c, xs = np.zeros(2), np.ones((3, 2))
    total, ys = cr.jvp(f, (c, xs), (c, xs))[0] if traced else f(c, xs)
    assert total.tolist() == [3, 3]
    assert ys.tolist() == [[2, 2]] * 3
    assert not c.any()
    assert (xs == 1).all()


def test_arrays_from_outside_that_were_written_to():
    """An array that is filled before the loop and read within it."""

    def f(a):
        table = np.zeros_like(a, shape=3)
        for k in range(3):
            table[k] = a * k
        view = table[1:]
        table[2] = a**2
        c, _ = cr.scan(lambda c, x: (c * view[1] + table[0] + x, None), a, np.ones(2))
        return c + table.sum() + view[0]

    def expected(a):
        return (a * a**2 + 1) * a**2 + 1 + (a + a**2) + a

    close(f(np.float64(1.5)), expected(1.5))
    close(cr.grad(f)(1.5), cr.grad(expected)(1.5))


def test_symbolic_variables():
    x = cr.variable("x", shape=(3,))
    c, ys = cr.scan(lambda c, x: (c + x, c * x), 0.0, x)
    g = cr.Graph([x], [c * ys.sum()])
    assert names_of(g)[0] == "scan"
    # by hand: c = x0 + x1 + x2 and the sum of ys is x0 x1 + (x0 + x1) x2; at 1, 2, 3 these are 6 and 11
    assert g.backprop("x")(x=[1.0, 2.0, 3.0]).tolist() == [11 + 6 * 5, 11 + 6 * 4, 11 + 6 * 3]


def test_the_number_of_steps_may_be_traced():
    def f(x, n):
        return cr.fori_loop(0, n, lambda i, s: s * x + i, 1.0)

    close(cr.grad(lambda x: f(x, np.floor(x).astype(int)))(3.5), 3 * 3.5**2 + 1)

    def triangle(x):
        return cr.scan(lambda c, n: (c + f(x, n), None), 0.0, np.arange(4))[0]

    def unrolled(x):
        return 1 + (x) + (x * x + 1) + ((x * x + 1) * x + 2)

    close(triangle(1.5), unrolled(1.5))
    close(cr.grad(triangle)(1.5), cr.grad(unrolled)(1.5))
    close(cr.grad(cr.grad(triangle))(1.5), cr.grad(cr.grad(unrolled))(1.5))


def test_loops_of_another_length_at_each_call():
    def halvings(x):
        return cr.while_loop(lambda s: s > 1, lambda s: s / 2, x)

    for x, slope in ((0.5, 1.0), (3.0, 0.25), (100.0, 1 / 128)):
        assert cr.grad(halvings)(x) == slope
        assert cr.jvp(halvings, (x,), (1.0,))[1] == slope


def test_threads():
    ours, unrolled, x = both("nested")
    expected = cr.grad(unrolled)(x)
    wrong = []

    def work():
        for _ in range(5):
            if not np.allclose(cr.grad(ours)(x), expected):
                wrong.append(1)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong


def test_the_number_of_a_step():
    """It is a Python number: weak, and compared with others."""

    def f(a):
        return cr.fori_loop(0, 4, lambda i, s: cr.cond(i < 2, lambda s: s * a, lambda s: s + i % 2, s), np.float32(1))

    assert f(np.float32(3)) == 10
    value, gradient = cr.value_and_grad(f)(np.float32(3))
    assert (value, gradient, value.dtype) == (10, 6, np.float32)


def test_what_is_printed_in_a_body():
    shown = []
    cr.grad(lambda a: cr.scan(lambda c, _: (shown.append(f"{c} {a}") or c, None), a, None, length=2)[0])(1.5)
    assert shown == ["<traced carry f64[]> 1.5"]


# Where Python asks


def message(kind, f, *args):
    with pytest.raises(kind) as caught:
        f(*args)
    return str(caught.value)


@pytest.mark.parametrize(
    ("step", "line"),
    [
        (lambda c, x: (c if c > 0 else -c, c), "if c > 0"),
        (lambda c, x: (c * float(x), c), "float(x)"),
        (lambda c, x: (c * int(c), c), "int(c)"),
        (lambda c, x: (c + np.nonzero(np.stack([c, x]))[0].size, c), "np.nonzero"),
        (lambda c, x: (c + len(range(round(c))), c), "round(c)"),
        (lambda c, x: (c + np.random.default_rng(0).normal(c), c), "normal(c)"),
    ],
)
def test_there_is_no_single_value(step, line):
    text = message(ControlFlowError, cr.grad(lambda a: cr.scan(step, a, np.ones(3))[0]), 2.0)
    assert text.startswith("in the body of cr.scan there is no single value for Python to ask for")
    assert "cr.cond(p, f, g, *args)" in text
    assert "np.where(p, a, b)" in text
    assert "test_loops.py" in text
    assert line in text


def test_other_bodies_have_no_single_value_either():
    text = message(ControlFlowError, cr.grad(lambda a: cr.while_loop(lambda s: bool(s < 3), lambda s: s * 2, a)), 1.0)
    assert "in the body of cr.while_loop" in text
    text = message(ControlFlowError, cr.grad(lambda a: cr.cond(a > 0, lambda x: x if x > 1 else -x, abs, a)), 1.0)
    assert "in the body of cr.cond" in text
    text = message(ControlFlowError, cr.grad(lambda a: cr.fori_loop(0, 3, lambda i, s: s * [1, 2, 3][i], a)), 1.0)
    assert "in the body of cr.fori_loop" in text
    x = cr.variable("x")
    text = message(ControlFlowError, lambda: cr.scan(lambda c, _: (c if c > 0 else -c, c), x, None, length=2))
    assert "in the body of cr.scan" in text


def test_what_does_not_differ_from_step_to_step_may_be_asked():
    def f(a, x):
        return cr.scan(lambda c, x: (c * a if a > 0 else c - a, None), 1.0, x)[0]

    close(cr.grad(f)(2.0, np.ones(3)), 12.0)
    assert cr.grad(f)(-2.0, np.ones(3)) == -3.0
    g = cr.trace(f, 2.0, np.ones(3))
    with pytest.raises(TraceError, match="takes another path"):
        g(-2.0, np.ones(3))


def test_within_a_stopped_gradient_there_is_no_value_either():
    def f(a):
        return cr.scan(lambda c, _: (c * float(cr.stop_gradient(c)), c), a, None, length=2)[0]

    message(ControlFlowError, cr.grad(f), 2.0)


# Mistakes


@pytest.mark.parametrize("traced", [False, True])
class TestMistakes:
    def call(self, traced, f):
        return message((ShapeError, DtypeError, ArgumentError), (cr.grad if traced else lambda f: f)(f), 2.0)

    def test_the_carry_changes_its_shape(self, traced):
        def f(a):
            return cr.scan(lambda c, x: ({"h": [np.append(c["h"][0], x)]}, None), {"h": [np.ones(2) * a]}, np.ones(3))

        text = self.call(traced, f)
        assert "the carry of cr.scan changes its shape from step to step: carry['h'][0]" in text
        assert "f64[2] before the step, f64[3] after it" in text

    def test_the_carry_changes_its_dtype(self, traced):
        begin = np.zeros(2, np.float32)
        text = self.call(traced, lambda a: cr.scan(lambda c, x: (c + x * a, None), begin, np.ones((3, 2)))[0].sum())
        assert "the carry of cr.scan changes its dtype from step to step: carry" in text
        assert "f32[2] before the step, f64[2] after it" in text
        assert "begin with carry of dtype float64" in text
        text = self.call(traced, lambda a: cr.fori_loop(0, 2, lambda i, s: s * a > 1, np.ones(2)).sum())
        assert "the state of cr.fori_loop changes its dtype" in text
        assert "return state as .astype('float64')" in text

    def test_the_carry_changes_its_tree(self, traced):
        text = self.call(traced, lambda a: cr.while_loop(lambda s: s[0] < 9, lambda s: [s[0] * 2], (a,))[0])
        assert "the state of cr.while_loop changes its tree" in text
        assert "[*]" in text
        assert "(*,)" in text

    def test_no_pair(self, traced):
        text = self.call(traced, lambda a: cr.scan(lambda c, x: c + x, a, np.ones(3))[0])
        assert "the function of cr.scan returns (carry, y)" in text

    def test_rows_differ_in_number(self, traced):
        text = self.call(traced, lambda a: cr.scan(lambda c, x: (c, c), a, {"p": np.ones(3), "q": np.ones(4)})[0])
        assert "the rows of cr.scan differ in number: 3 in xs['p'], 4 in xs['q']" in text
        text = self.call(traced, lambda a: cr.scan(lambda c, x: (c, c), a, np.ones(3), length=2)[0])
        assert "3 in xs, 2 in length=" in text

    def test_no_rows(self, traced):
        text = self.call(traced, lambda a: cr.scan(lambda c, x: (c, c), a, None)[0])
        assert "no rows to count" in text
        assert "length=" in text
        assert "the first axis of its rows, and xs has none" in self.call(traced, lambda a: cr.scan(max, a, 3.0)[0])
        assert "a scan of -1 steps" in self.call(traced, lambda a: cr.scan(max, a, None, length=-1)[0])

    def test_no_whole_number(self, traced):
        text = self.call(traced, lambda a: cr.fori_loop(0, 3.0, lambda i, s: s, a))
        assert "n1 is a whole number, not float" in text
        assert "try     3" in text
        assert "length is a whole number, not str" in self.call(traced, lambda a: cr.scan(max, a, None, length="3"))

    def test_no_array(self, traced):
        text = self.call(traced, lambda a: cr.scan(lambda c, x: (c, "y"), a, np.ones(3))[0])
        assert "y is a value of type str, which is no array" in text
        text = self.call(traced, lambda a: cr.scan(lambda c, x: (c, a), {"name": "x", "a": a}, np.ones(3))[0])
        assert "carry['name'] is a value of type str" in text

    def test_no_truth(self, traced):
        text = self.call(traced, lambda a: cr.while_loop(lambda s: s < 3, lambda s: s, np.ones(2) * a).sum())
        assert "the test of cr.while_loop returns one truth value" in text
        assert "np.all" in text


def test_side_effects_are_refused():
    def writes(a):
        log = np.zeros_like(a, shape=3) + a

        def step(c, x):
            log[0] = c
            return c, x

        return cr.scan(step, a, np.ones(3))[0]

    text = message(MutationError, cr.grad(writes), 1.0)
    assert "the body of cr.scan changes an array that was made outside of it" in text
    assert "log[0] = c" in text

    def adds(a):
        total = np.zeros_like(a, shape=2) + a

        def body(i, s):
            nonlocal total
            total += s
            return s

        return cr.fori_loop(0, 3, body, a)

    assert "cr.fori_loop" in message(MutationError, cr.grad(adds), 1.0)


def test_values_do_not_leak():
    kept = []

    def f(a):
        c, _ = cr.scan(lambda c, x: (kept.append(c) or c * x, None), a, np.ones(3))
        return kept[-1] * c

    assert "return it from there" in message(ForeignVariableError, cr.grad(f), 1.0)

    def returned(a):
        cr.scan(lambda c, x: (kept.append(c * x) or c * x, None), a, np.ones(3))
        return kept[-1]

    text = message(TraceError, cr.grad(returned), 1.0)
    assert "belongs to the body of a loop or a branch that has ended" in text
    assert "return it from the function" in text
    message(TraceError, cr.grad(lambda a: float(returned(a)) * a), 1.0)


def test_an_error_leaves_the_trace_as_it_was():
    def f(a):
        with pytest.raises(ZeroDivisionError):
            cr.scan(lambda c, x: (c * x, 1 / 0), a, np.ones(3))
        b = a * a
        return cr.scan(lambda c, x: (c * x, None), b, np.full(3, 2.0))[0]

    assert cr.grad(f)(3.0) == 48.0


def test_a_row_as_an_index():
    """A row of integers is a NumPy scalar, and one of many."""
    places = np.array([2, 0, -1])
    f = lambda x: cr.scan(lambda c, k: (c + x[k] ** 2, x[k]), 0.0, places)
    total, picked = f(np.arange(3.0))
    assert (total, picked.tolist()) == (8.0, [2.0, 0.0, 2.0])
    assert cr.grad(lambda x: f(x)[0])(np.arange(3.0)).tolist() == [0.0, 0.0, 8.0]


def test_an_index_outside_is_an_error():
    def f(x):
        return cr.fori_loop(0, 4, lambda i, s: s + x[i], 0.0)

    with pytest.raises(IndexError):
        f(np.ones(3))
    with pytest.raises(IndexError):
        cr.grad(f)(np.ones(3))

    def fill(x):
        def body(i, out):
            out[i] = x[0] * i
            return out

        return cr.fori_loop(0, 4, body, np.zeros(3)).sum()

    with pytest.raises(IndexError):
        fill(np.ones(3))
    with pytest.raises(IndexError):
        cr.grad(fill)(np.ones(3))


def test_entries_by_number():
    A = np.arange(12.0).reshape(3, 4)

    def f(A):
        def body(i, s):
            out, total = s
            out[i, -1] = A[i, i] * total
            out[-1 - i] += A[i]
            return out, total + A[:, i].sum() + A[i].prod()

        out, total = cr.fori_loop(0, 3, body, (A * 2, 1.0))
        return out.sum() * total

    def unrolled(A):
        out, total = A * 2, 1.0
        for i in range(3):
            out[i, -1] = A[i, i] * total
            out[-1 - i] += A[i]
            total = total + A[:, i].sum() + A[i].prod()
        return out.sum() * total

    close(f(A), unrolled(A))
    close(cr.grad(f)(A), cr.grad(unrolled)(A))


def test_nested_transforms_of_user_operations():
    cube = cr.operation("test_cube_in_loop", lambda x: x**3, slopes=lambda y, x: 3 * x * x)

    @cr.custom_gradient
    def clipped(x):
        return x, lambda y_bar: np.clip(y_bar, -1.0, 1.0)

    def f(a):
        return cr.scan(lambda c, x: (clipped(cube(c) * 0.1 + x), None), a, np.ones(2))[0]

    # by hand: dc2 = 1 clipped, dc1 = 0.3 c1^2 = 0.3 (0.8 + 1)^2 = 0.972; then 0.3 * 2^2 * 0.972
    close(cr.grad(f)(2.0), 0.972 * 1.2)


def test_zero_absorbs_in_loops():
    """What a step does not use does not put a nan into a gradient."""

    def f(x):
        return cr.scan(lambda c, x: (c + np.where(x > 0, np.sqrt(x), 0.0), 1 / x), 0.0, x)[0]

    with np.errstate(divide="ignore"):
        gradient = cr.grad(f)(np.array([4.0, 0.0, 1.0]))
    assert gradient.tolist() == [0.25, 0.0, 0.5]


def test_stable_forms_within_a_step():
    """log(1 + exp(x)) is differentiated in its stable form in a step, too."""

    def f(x):
        return cr.scan(lambda c, x: (c + np.log(1 + np.exp(x)), None), 0.0, x)[0]

    with np.errstate(over="ignore"):
        assert cr.grad(f)(np.array([1000.0, 0.0, -1000.0])).tolist() == [1.0, 0.5, 0.0]


def test_examples_of_the_operations_are_what_loops_make():
    body = cr.trace(lambda w, c, x: (c * w, x), 1.0, 2.0, 3.0).data
    result = loops.scan(
        np.float64(2.0),
        np.float64(1.0),
        np.arange(3.0),
        body=Body(body),
        held=1,
        carried=1,
        length=3,
        reverse=False,
        keep=True,
    )
    assert [np.asarray(part).tolist() for part in result] == [8.0, [0.0, 1.0, 2.0], [1.0, 2.0, 4.0]]


def test_what_is_repeated_is_held_as_it_was():
    def f(w, xs):
        return cr.scan(lambda h, x: (h + np.broadcast_to(2 * w, (50, 50)) * x, None), np.zeros((50, 50)), xs)[0]

    graph = cr.trace(f, np.float64(3.0), np.ones(4)).data
    (loop,) = [v for v in graph.variables if v.operation is not None and v.operation.name == "scan"]
    assert max(u.size for u in loop.inputs[:1]) == 1
    np.testing.assert_array_equal(cr.jit(f)(np.float64(3.0), np.ones(4)), np.full((50, 50), 24.0))
