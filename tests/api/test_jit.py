"""`cr.jit` gives what the plain function gives: on each path, with arguments of every kind, in any order of calls."""

import copy
import dataclasses
import enum
import functools
import inspect
import logging
import math
import os
import pickle
import random
import threading
from typing import NamedTuple

import numpy as np
import pytest

import chainrule as cr
from chainrule import tree
from chainrule.errors import ArgumentError, ChainruleWarning, MutationError, TraceError


def kinds(result):
    """What a result is made of, to the types of its numbers."""
    if isinstance(result, dict):
        return {key: kinds(value) for key, value in result.items()}
    if isinstance(result, (list, tuple)):
        return type(result), [kinds(each) for each in result]
    if isinstance(result, (np.ndarray, np.generic)):
        return type(result), result.dtype, result.shape
    return type(result)


def same(got, wanted):
    assert kinds(got) == kinds(wanted)
    leaves, expected = tree.flatten(got)[0], tree.flatten(wanted)[0]
    for a, b in zip(leaves, expected, strict=True):
        if isinstance(b, (np.ndarray, np.generic, float, int, complex)):
            np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-15)
        else:
            assert a == b


def checked(f, calls, traces=None, **options):
    """Compare with the plain function over several calls, in random order; the arguments stay as they are."""
    compiled = cr.jit(f, **options)
    order = list(calls) * 3
    random.Random(0).shuffle(order)
    for args in order:
        before = copy.deepcopy(args)
        wanted = f(*copy.deepcopy(args))
        same(compiled(*args), wanted)
        same(args, before)
    if traces is not None:
        assert compiled.trace_count == traces, [str(r) for r in compiled.retraces]
    assert compiled.call_count == len(order)
    return compiled


rng = np.random.default_rng(0)
VECTORS = [(rng.normal(size=3),) for _ in range(5)]


# Paths


def branch(x):
    if x[0] > 0:
        return np.sum(np.exp(x))
    return x[1] - x[2] * 3


def test_both_sides_of_a_branch_are_traced_once():
    checked(branch, VECTORS, traces=2)


def halving(x):
    steps = 0
    while np.max(np.abs(x)) > 0.1:
        x = x / 2
        steps += 1
    return x, steps


def test_loops_of_various_lengths():
    xs = [(v * 2.0**k,) for k, (v,) in enumerate(VECTORS)]
    counts = {halving(*x)[1] for x in xs}
    checked(halving, xs, traces=len(counts))


def test_work_is_linear_in_the_number_of_guards():
    calls = []

    def forward(x):
        calls.append(1)
        return x / 2

    halved = cr.operation("halved_and_counted", forward, slopes=0.5)

    @cr.jit
    def f(x):
        n = 0
        while x > 1.0:
            x = halved(x)
            n += 1
        return x, n

    for start in (10.0, 1000.0, 100.0):
        f(np.float64(start))
    calls.clear()
    assert f(np.float64(1000.0)) == (1000.0 / 1024, 10)
    assert len(calls) == 10


def test_what_the_path_does_not_need_is_not_computed():
    def f(A):
        if A[0, 0] > 0:
            return np.linalg.cholesky(A)
        return A + 1

    checked(f, [(np.eye(2),), (-np.eye(2),), (2 * np.eye(2) + 0.1,)], traces=2)


def test_code_without_effect_on_the_result_is_not_run_again():
    calls = []
    noted = cr.operation("noted", lambda x: calls.append(1) or x + 1, slopes=1.0)

    @cr.jit
    def f(x):
        noted(x)
        return x * 2 if x[0] > 0 else x

    f(np.ones(2))
    calls.clear()
    f(np.ones(2))
    assert calls == []


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x[np.nonzero(x > 0)],
        lambda x: x[x > 0],
        lambda x: np.unique(np.round(x)),
        lambda x: np.argwhere(x > 0),
        lambda x: np.zeros(int(abs(x[0]) * 3)) + x[1],
        lambda x: x[: round(abs(x[0]))],
        lambda x: [x[0].item(), float(x[1]), x.tolist()],
        lambda x: float(np.asarray(x)[0]) * x,
        lambda x: {"a": x, "b": {"c": x[0], "d": None}, "e": "text"},
        lambda x: (x, x, x.T, x[::-1], x[:2]),
        lambda x: np.array(x[0]),
        lambda x: np.array([x[0], 1.0, x[2]]),
        lambda x: math.floor(x[0]) + math.exp(x[1]),
        lambda x: math.sin(x[0]) if math.isfinite(x[1]) else 0.0,
        lambda x: sorted(x.tolist()),
        lambda x: max(x) - min(x),
        lambda x: sum(v for v in x if v > 0),
        lambda x: "yes" if x.sum() > 0 else "no",
        lambda x: x.sum() > 0,
        lambda x: bool(x.sum() > 0),
        lambda x: x.astype(np.float32),
        lambda x: (x > 0, x.astype(int), 3, 2.5, None),
        lambda x: np.argmax(x),
        lambda x: x * int(k) if (k := np.argmax(x)) + 1 > 1 else x,  # asked for what an answer was made of
        lambda x: {1: "one", 0: "zero"}[int(x[0] > 0)],
        lambda x: {1: "one", 0: "zero"}[(x > 0).astype(int)[1]],
        lambda x: f"{int(x[0] > 0)}",
        lambda x: f"layer{np.argmax(x)}",
        lambda x: np.linalg.matrix_rank(np.outer(x, x)),
        lambda x: x.sum() in (1.0, 2.0),
        lambda x: 7,
        lambda x: np.ones(3),
        lambda x: np.add(x, 1, out=np.zeros(3)),
        lambda x: np.sqrt(x - 10),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_python_asks(f):
    checked(f, VECTORS)


def test_arguments_that_are_written_into_stay_the_callers():
    def f(x, items):
        x += 1
        x[0] = x[1] * 2
        items.append(3.0)
        return x * len(items)

    compiled = cr.jit(f)
    x, items = np.array([1.0, 2.0]), [1.0]
    for _ in range(3):
        np.testing.assert_array_equal(compiled(x, items), [12.0, 6.0])
    assert x.tolist() == [1.0, 2.0] and items == [1.0]


# Arguments


class Point(NamedTuple):
    x: np.ndarray
    y: float


@dataclasses.dataclass
class Layer:
    W: np.ndarray
    b: np.ndarray
    activation: str = "tanh"

    def __call__(self, x):
        z = x @ self.W + self.b
        return np.tanh(z) if self.activation == "tanh" else z

    @cr.jit
    def compiled(self, x):
        return self(x)


class Color(enum.Enum):
    RED = 1
    BLUE = 2


def test_trees():
    layer = Layer(np.eye(2), np.ones(2))
    checked(
        lambda p, l: {"z": l(p.x) * p.y, "p": p}, [(Point(np.ones(2), 2.0), layer), (Point(-np.ones(2), 3.0), layer)]
    )


def test_a_dict_keeps_its_order():
    f = cr.jit(lambda d: {"z": d["b"], "a": d["z"]})
    assert list(f({"z": 1.0, "b": 2.0})) == ["z", "a"]
    seen = cr.jit(lambda d: [k + str(len(d)) for k in d])
    assert seen({"z": 1.0, "b": 2.0}) == ["z2", "b2"]
    assert seen({"b": 2.0, "z": 1.0}) == ["b2", "z2"]


@pytest.mark.parametrize(
    "x", [2.0, 3, np.float32(2), np.float64(2), np.int8(3), np.array(2.0), 1j, True, np.bool_(True)]
)
@pytest.mark.parametrize(
    "y", [2.0, 3, np.float32(2), np.array([2.0], np.float32), np.arange(3, dtype=np.int16), np.array(1.5)]
)
@pytest.mark.parametrize(
    "f", [lambda x, y: x * y, lambda x, y: (x + y) * 2, lambda x, y: (x, y, x - y), lambda x, y: -x]
)
def test_kinds_and_promotion(f, x, y):
    if isinstance(x, (bool, np.bool_)) and f(1, 2) == -1:
        pytest.skip("NumPy has no negative of a boolean")
    checked(f, [(x, y)], traces=1)


def test_python_numbers_are_inputs():
    checked(lambda x, a: np.sin(x) * a + a**2, [(VECTORS[0][0], float(k)) for k in range(5)], traces=1)
    checked(lambda n, x: x.reshape(n, -1), [(1, np.arange(6.0)), (2, np.arange(6.0)), (3, np.arange(6.0))], traces=3)
    checked(lambda n: sum(range(n)), [(2,), (5,)], traces=2)
    checked(lambda n: 2**n - n * n + n // 2 - n % 3 + n**2, [(3,), (5,), (17,)], traces=1)


def test_integers_of_python_know_no_bounds():
    def f(n):
        return n * n * n + 1

    compiled = cr.jit(f)
    assert (compiled(3), compiled(5), compiled.trace_count) == (28, 126, 1)
    with pytest.warns(ChainruleWarning, match="leaves the range of 64 bits"):
        assert compiled(10**9) == 10**27 + 1
    assert compiled(3) == 28
    assert compiled(2**80) == 2**240 + 1


def test_other_byte_orders():
    f = cr.jit(lambda x: x[1:] * 2)
    assert f(np.arange(3.0).astype(">f8")).tolist() == [2.0, 4.0] == f(np.arange(3.0)).tolist()


def test_a_boolean_is_told_apart_by_identity_too():
    checked(lambda flag, x: x if flag is True else -x, [(True, 1.0), (False, 2.0)])


def test_shapes_dtypes_and_layouts():
    square = rng.normal(size=(3, 3))
    many = [np.ones(2), np.ones(3), np.ones((3, 2)), square, square.T, np.asfortranarray(square), square[::2, ::-1]]
    many += [np.float32([1, 2]), np.arange(4), np.ones(0), np.ones((2, 0)), np.ones(3, np.float16)]
    checked(lambda x: (x.ravel(), x.sum(axis=0), x.T * 2), [(x,) for x in many])


def test_keywords_and_defaults():
    def f(x, *rest, a=1.0, b=np.ones(2), **more):
        return x * a + b + sum(rest) + sum(more.values())

    g = cr.jit(f)
    x = np.arange(2.0)
    for args, keywords in [((x,), {}), ((x,), {"a": 2.0}), ((x, 1.0, 2.0), {"b": x}), ((x,), {"c": 3.0, "d": x})] * 2:
        same(g(*args, **keywords), f(*args, **keywords))


def test_static_arguments():
    def f(x, kind, n=2, *, power=1):
        return {"sum": np.sum, "max": np.max}[kind](x) * n**power

    g = cr.jit(f, static_argnums=1, static_argnames=("power", "n"))
    x = np.arange(3.0)
    for keywords in ({}, {"n": 3}, {"power": 2}, {"n": 3, "power": 2}) * 2:
        for kind in ("sum", "max"):
            same(g(x, kind, **keywords), f(x, kind, **keywords))
    assert g.trace_count == 8
    same(g(x, kind="sum"), f(x, "sum"))
    with pytest.raises(ArgumentError, match="static argument must be hashable: argument 1 is not"):
        g(x, np.ones(2))
    with pytest.raises(ArgumentError, match="names 'other'"):
        cr.jit(f, static_argnames="other")
    with pytest.raises(ArgumentError, match="static_argnums names positions"):
        cr.jit(f, static_argnums=1.5)


def test_values_that_are_equal_but_not_the_same():
    f = cr.jit(lambda x, a: str(a), static_argnums=1)
    for a in (1, 1.0, True, 0.0, -0.0, (1, 2), (1.0, 2), (True, 2), "1", b"1", None, float("nan")):
        assert f(1.0, a) == str(a)


@pytest.mark.parametrize(
    "leaf", ["relu", None, Color.RED, np.tanh, math.sin, Layer, b"ab", ..., {1, 2}, range(3), int, slice(2)]
)
def test_leaves_that_are_no_arrays(leaf):
    checked(lambda x, l: (x * 2, repr(l)) if l else x, [(np.ones(2), leaf), (np.ones(2), "other")])
    checked(lambda d: (d["x"] * 2, repr(d["l"])), [({"x": np.ones(2), "l": leaf},)])


class Unhashable:
    __hash__ = None

    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return True


def test_an_object_is_told_apart_by_identity_and_watched():
    f = cr.jit(lambda x, o: x * o.value)
    a, b = Unhashable(2.0), Unhashable(3.0)
    assert (f(1.0, a), f(1.0, b), f(1.0, a)) == (2.0, 3.0, 2.0)
    a.value = 5.0
    assert (f(1.0, a), f(1.0, b)) == (5.0, 3.0)
    a.value = np.array([1.0, 2.0])
    np.testing.assert_array_equal(f(1.0, a), [1.0, 2.0])
    a.value[0] = 7.0
    np.testing.assert_array_equal(f(1.0, a), [7.0, 2.0])


# Results belong to the caller


def test_results_share_no_memory():
    table = np.arange(4.0)

    def f(x, y):
        z = x * 2
        return x, x[:2], z, z[::-1], z.reshape(2, 2), table, table[1:], np.ones(4), np.broadcast_to(y, (4,)), z

    g = cr.jit(f)
    x, y = np.arange(4.0), 2.0
    wanted = [np.array(r) for r in f(x, y)]
    for _ in range(3):
        results = g(x, y)
        for k, r in enumerate(results):
            np.testing.assert_array_equal(r, wanted[k])
            assert r.flags.writeable and not np.shares_memory(r, x) and not np.shares_memory(r, table)
            assert not any(np.shares_memory(r, other) for other in results[:k])
            r[...] = -1.0
    assert x.tolist() == table.tolist() == [0, 1, 2, 3]


def test_a_function_that_is_called_as_it_is_shares_no_memory_either():
    table = np.arange(4.0)

    @cr.jit
    def f(x):
        x += 1
        return (n for n in [1]), table, x

    x = np.zeros(3)
    with pytest.warns(ChainruleWarning, match="an object of type generator"):
        f(x)
    result = f(x)
    assert x.tolist() == [0, 0, 0] and not np.shares_memory(result[1], table)


# Derivatives


def penalized(w, x):
    z = np.tanh(x @ w)
    if z[0] > 0:
        z = z * 2
    return np.sum(z**2) + 0.1 * np.linalg.norm(w)


PAIRS = [(rng.normal(size=2), rng.normal(size=(4, 2))) for _ in range(4)]


@pytest.mark.parametrize(
    "transform",
    [
        cr.grad,
        cr.value_and_grad,
        lambda f: cr.grad(f, argnums=(0, 1)),
        lambda f: lambda w, x: cr.hessian(f)(w, x).todense(),
        lambda f: lambda w, x: cr.hvp(f)(w, x, w + 1),
        lambda f: lambda w, x: cr.jvp(lambda w: f(w, x), (w,), (w * 2,)),
        lambda f: lambda w, x: cr.vjp(f, w, x)[1](2.0),
        lambda f: lambda w, x: cr.linearize(lambda w: f(w, x), w)[1](w),
        lambda f: cr.vmap(lambda w, x: np.tanh(x @ w) * w, in_axes=(None, 0)),
        lambda f: cr.vmap(cr.grad(lambda w, x: np.tanh(x @ w)), in_axes=(None, 0)),
        lambda f: cr.grad(lambda w, x: np.sum(cr.grad(f)(w, x) ** 2)),
        lambda f: lambda w, x: cr.jacobian(lambda w: np.tanh(x @ w) * f(w, x))(w).todense(),
        lambda f: cr.grad(lambda w, x: cr.scan(lambda c, r: (np.tanh(c * r @ w), c), 1.0, x)[0]),
        lambda f: lambda w, x: cr.fori_loop(0, 3, lambda i, s: s * 1.5 + w, w * 0),
        lambda f: cr.grad(lambda w, x: cr.cond(w[0] > 0, lambda w: np.sum(w**2), lambda w: np.sum(w), w)),
        lambda f: cr.grad(cr.checkpoint(f)),
    ],
)
def test_transforms_within(transform):
    checked(transform(penalized), PAIRS)


@pytest.mark.parametrize("transform", [cr.grad, cr.value_and_grad, lambda f: lambda w, x: cr.hvp(f)(w, x, w)])
def test_transforms_around(transform):
    inner = transform(cr.jit(penalized))
    for w, x in PAIRS:
        same(inner(w, x), transform(penalized)(w, x))
        same(cr.jit(transform(cr.jit(penalized)))(w, x), transform(penalized)(w, x))
    same(cr.vmap(cr.jit(np.sin))(np.arange(3.0)), np.sin(np.arange(3.0)))
    doubled = cr.jit(lambda c, x: (c + x, 2 * c))
    same(cr.scan(doubled, 0.0, np.arange(3.0)), cr.scan(lambda c, x: (c + x, 2 * c), 0.0, np.arange(3.0)))
    same(cr.grad(lambda a: cr.scan(doubled, a, np.arange(3.0))[0])(1.0), np.float64(1.0))


@pytest.mark.parametrize(
    "f, x",
    [
        (lambda x: np.sum(np.where(x > 0, np.sqrt(np.where(x > 0, x, 0)), 0)), np.array([-1.0, 0.0, 4.0])),
        (lambda x: np.sum(np.where(x > 0, np.log(x), 0)), np.array([-1.0, 0.0, 4.0])),
        (lambda x: np.log(np.sum(np.exp(x))), np.array([1000.0, 1.0, -1000.0])),
        (lambda x: np.sum(np.log(1 + np.exp(x))), np.array([1000.0, 1.0, -1000.0])),
        (lambda x: np.sum(np.abs(x)), np.array([-1.0, 0.0, 4.0])),
        (lambda x: np.max(x), np.array([1.0, 1.0, 0.0])),
        (lambda x: np.sum(1 / (1 + np.exp(-x))), np.array([-1000.0, 0.0, 1000.0])),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_gradients_are_as_exact_as_without(f, x):
    compiled = cr.jit(cr.value_and_grad(f))
    for scale in (1.0, 0.5, 1.0):
        value, gradient = cr.value_and_grad(f)(x * scale)
        got = compiled(x * scale)
        np.testing.assert_allclose(got[0], value, rtol=1e-14)
        np.testing.assert_allclose(got[1], gradient, rtol=1e-13)


def test_a_gradient_step_of_a_net():
    params = {"W": rng.normal(size=(3, 4)), "b": np.zeros(4), "v": rng.normal(size=4)}
    x, y = rng.normal(size=(8, 3)), rng.normal(size=8)

    def loss(p, x, y):
        return np.mean((np.maximum(x @ p["W"] + p["b"], 0) @ p["v"] - y) ** 2)

    def step(p, x, y, rate):
        value, g = cr.value_and_grad(loss)(p, x, y)
        return value, {k: p[k] - rate * g[k] for k in p}

    compiled, p, q = cr.jit(step), params, params
    for k in range(20):
        (a, p), (b, q) = step(p, x, y, 0.1 / (k + 1)), compiled(q, x, y, 0.1 / (k + 1))
        same(b, a)
    same(q, p)
    assert compiled.trace_count == 1


def test_stopped_values_may_be_looked_at():
    def f(x):
        level = float(cr.stop_gradient(x[0]))
        kept = np.asarray(cr.stop_gradient(x))
        return np.sum(x * level + kept)

    checked(f, VECTORS)
    checked(cr.grad(f), VECTORS)
    with pytest.raises(TraceError, match="derivative would be lost"):
        cr.jit(cr.grad(lambda x: float(x) * x))(2.0)


# The bound, and what cannot be traced


def test_past_the_bound_the_function_is_called_as_it_is():
    seen = []

    @cr.jit
    def f(x):
        seen.append(float(x))
        return x * 2

    with pytest.warns(ChainruleWarning, match=r"test_jit\.py:\d+: seen.append\(float\(x\)\)") as caught:
        for k in range(100):
            assert f(float(k)) == 2 * k
    assert len(caught) == 1 and "traced 64 times" in str(caught[0].message)
    assert caught[0].filename == __file__
    assert f.trace_count == 64
    assert f(np.ones(2).sum()) == 4  # another signature goes on


def test_more_signatures_than_are_kept():
    f = cr.jit(lambda x: x.sum())
    with pytest.warns(ChainruleWarning, match="256 different types") as caught:
        for n in range(300):
            assert f(np.ones(n)) == n
    assert len(caught) == 1 and f.trace_count == 256


@pytest.mark.parametrize(
    "f, args",
    [
        (lambda x: np.ma.sum(x), (np.ma.array([1.0, 2.0], mask=[True, False]),)),
        (lambda x: x[0] + "b", (np.array(["a"], dtype=object),)),
        (lambda x: [len(w) for w in x], (np.array(["a", "bc"]),)),
        (lambda x: iter([x]).__next__, (1.0,)),
        (lambda x: np.frombuffer(x, np.float64).copy(), (np.ones(2),)),
    ],
)
def test_what_cannot_be_traced_works_all_the_same(f, args):
    compiled = cr.jit(f)
    with pytest.warns(ChainruleWarning, match="as it is"):
        got = compiled(*args)
    wanted = f(*args)
    if not callable(wanted):
        same(got, wanted)
        same(compiled(*args), wanted)


def test_errors_of_the_function_are_its_own():
    calls = []

    @cr.jit
    def f(x):
        calls.append(1)
        if x > 0:
            raise KeyError("positive")
        return np.linalg.cholesky(x * np.eye(2) + 2 * np.eye(2))

    for _ in range(2):
        with pytest.raises(KeyError, match="positive") as caught:
            f(1.0)
        assert caught.value.__context__ is None
        assert caught.traceback[-1].name == "f"
    assert f(-1.0).tolist() == [[1, 0], [0, 1]]
    count = len(calls)
    assert f(-1.0).tolist() == [[1, 0], [0, 1]] and len(calls) == count
    with pytest.raises(np.linalg.LinAlgError):
        f(-3.0)
    assert f(0.0).shape == (2, 2)
    assert f.trace_count == 1


def test_what_leaks_raises():
    box = []

    @cr.jit
    def f(x):
        box.append(x * 2)
        return x

    f(np.ones(2))
    for use in (lambda x: x + 1, lambda x: float(x[0]), np.asarray, str):
        with pytest.raises(TraceError, match="after the function that made it has returned"):
            use(box[0])


def test_printing_is_told_once():
    @cr.jit
    def f(x):
        print("x is", x)
        return x

    with pytest.warns(ChainruleWarning, match="makes a text of a traced value") as caught:
        f(1.0), f(2.0), f(np.ones(2))
    assert len(caught) == 1


@pytest.mark.parametrize("text", ["{:.2f}", "{}", "{!r}"])
def test_texts_of_values_are_results(text):
    def f(x):
        return text.format(x[0]), x

    compiled = cr.jit(f)
    with pytest.warns(ChainruleWarning, match="returns a text, and makes texts of traced values"):
        assert compiled(np.ones(2))[0] == f(np.ones(2))[0]
    assert compiled(np.zeros(2))[0] == f(np.zeros(2))[0]


@pytest.mark.parametrize("seed", [True, False])
def test_draws_are_told_once(seed):
    generator = np.random.default_rng(0)

    @cr.jit
    def f(x):
        return x + (generator.normal() if seed else np.random.normal())

    with pytest.warns(ChainruleWarning, match=r"draws random numbers.*cr\.random") as caught:
        assert f(1.0) == f(1.0)
    assert len(caught) == 1


# What a compiled function is


def test_it_wraps():
    @cr.jit
    def f(x, y=2.0):
        """Product."""
        return x * y

    assert (f.__name__, f.__doc__, f.__wrapped__(1.0)) == ("f", "Product.", 2.0)
    assert str(inspect.signature(f)) == "(x, y=2.0)"
    assert repr(f).startswith("<jit of test_it_wraps")


def test_methods():
    layer = Layer(np.eye(2), np.zeros(2))
    x = np.ones((1, 2))
    for _ in range(2):
        same(layer.compiled(x), layer(x))
    layer.W = layer.W * 2
    layer.b[0] = 1.0
    same(layer.compiled(x), layer(x))
    layer.activation = "none"
    same(layer.compiled(x), layer(x))
    assert Layer.compiled.trace_count == 2, [str(r) for r in Layer.compiled.retraces]

    class Kinds:
        @cr.jit
        @staticmethod
        def static(x):
            return x * 2

        @staticmethod
        @cr.jit
        def other(x):
            return x * 3

        @classmethod
        @cr.jit
        def of_class(cls, x):
            return x, cls.__name__

    assert (Kinds.static(1.0), Kinds().static(1.0), Kinds().other(2.0), Kinds().of_class(1.0)) == (
        2,
        2,
        6,
        (1, "Kinds"),
    )


@cr.jit
def at_module_level(x):
    return x * 2


def not_decorated(x):
    return x * 3


def test_pickles_and_copies():
    assert pickle.loads(pickle.dumps(at_module_level)) is at_module_level
    f = cr.jit(not_decorated, static_argnames="x")
    f(2.0)
    for again in (pickle.loads(pickle.dumps(f)), copy.deepcopy(f), copy.copy(f)):
        assert again is not f and again(4.0) == 12.0 and again.trace_count == 1
        assert again._signature.static_names == {"x"}
    assert pickle.loads(pickle.dumps(Layer(np.ones((1, 1)), np.ones(1)).compiled)) is not None


def test_recursion_and_calls_of_each_other():
    @cr.jit
    def factorial(n):
        return n * factorial(n - 1) if n > 1 else n

    assert [factorial(float(k)) for k in (5, 3, 5)] == [120, 6, 120]
    f = cr.jit(lambda x: at_module_level(x) + factorial(x))
    assert [f(3.0), f(4.0)] == [12.0, 32.0]


def test_it_can_be_switched_off():
    calls = []
    f = cr.jit(lambda x: calls.append(1) or x)
    with cr.disable_jit():
        f(1.0), f(1.0)
        found = []
        thread = threading.Thread(target=lambda: found.append([f(2.0), f(2.0)]))
        thread.start()
        thread.join()
    assert len(calls) == 3 and found == [[2.0, 2.0]]
    f(1.0), f(1.0)
    assert len(calls) == 3


def test_threads():
    f = cr.jit(branch)
    failures = []

    def work(seed):
        r = np.random.default_rng(seed)
        for _ in range(200):
            x = r.normal(size=3)
            if not np.isclose(f(x), branch(x), rtol=1e-12):
                failures.append(x)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert failures == []
    assert len(next(iter(f._entries.values())).states[0].paths.root.children) == 2


def test_what_is_told_of_traces(caplog):
    f = cr.jit(branch)
    with caplog.at_level(logging.DEBUG, "chainrule.jit"):
        f(np.ones(3)), f(-np.ones(3)), f(np.ones(3)), f(np.float32([1, 2, 3]))
    assert [r.reason for r in f.retraces] == ["types", "guard", "types"]
    assert f.retraces[0].detail == "float64[3]" and f.retraces[2].detail == "float32[3]"
    guard = f.retraces[1]
    assert (guard.detail, guard.source, guard.paths) == ("False", "if x[0] > 0:", 2)
    assert guard.where == f"test_jit.py:{branch.__code__.co_firstlineno + 1}"
    assert [r.message for r in caplog.records][1] == f"branch traced for {guard}"


# Donation


def test_donated_arguments():
    f = cr.jit(lambda p, x: p["w"] - x, donate_argnums=0)
    w = np.ones(3)
    assert f({"w": w}, 1.0).tolist() == [0, 0, 0] and w.tolist() == [1, 1, 1]
    x = np.arange(6.0)
    sealed = np.ones(3)
    sealed.flags.writeable = False
    for p, other, why in [
        (sealed, 1.0, "read-only"),
        (x[:3], 1.0, "a view"),
        (w, w, "argument 1 shares its memory"),
        (w, w[1:2], "argument 1 shares its memory"),
    ]:
        with pytest.raises(MutationError, match=why) as caught:
            f({"w": p}, other)
        assert caught.value.what.startswith("argument 0['w'] cannot be donated")
    two = cr.jit(lambda a, b: a + b, donate_argnums=(0, 1))
    with pytest.raises(MutationError, match="argument 0 shares"):
        two(w, w)
    assert two(w, w.copy()).tolist() == [2, 2, 2]
    with pytest.raises(ArgumentError, match="names argument 2"):
        cr.jit(lambda a: a, donate_argnums=2)(w)
    with pytest.raises(ArgumentError, match="both static and donated"):
        cr.jit(lambda a: a, donate_argnums=0, static_argnums=0)


# Processes and the objects that functions are


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child():
    f = cr.jit(branch)
    x = np.array([1.0, 2.0, 3.0])
    f(x)
    child = os.fork()
    if not child:
        try:
            fits = np.isclose(f(x), branch(x)) and np.isclose(f(-x), branch(-x)) and f.trace_count == 2
        finally:
            os._exit(0 if fits else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert f(-x) == branch(-x)


@pytest.mark.parametrize("f", [np.sin, np.sum, Layer(np.eye(3), np.ones(3)), functools.partial(np.sum, axis=0)])
def test_callables_of_every_kind(f):
    compiled = cr.jit(f)
    for (x,) in VECTORS:
        same(compiled(x), f(x))
    assert compiled.trace_count == 1


def test_a_cache_keeps_nothing_traced():
    @functools.lru_cache
    def table(n):
        return np.arange(n * 2)

    f = cr.jit(lambda n, x: x * table(n))
    with pytest.warns(ChainruleWarning, match="as it is"):
        assert f(2, 3.0).tolist() == [0, 3, 6, 9]
    assert f(2, 1.0).tolist() == table(2).tolist() == [0, 1, 2, 3]
    with pytest.warns(ChainruleWarning, match="as it is"):
        assert cr.jit(lambda n: table(n) + 1)(2).tolist() == [1, 2, 3, 4]


def test_many_objects_that_come_and_go():
    class Gain:
        def __init__(self, value):
            self.value = value

        @cr.jit
        def apply(self, x):
            return x * self.value

    for k in range(300):
        assert Gain(float(k)).apply(2.0) == 2.0 * k
    assert Gain.apply.trace_count == 300


def test_threads_that_take_new_paths():
    f = cr.jit(halving)
    failures = []

    def work(seed):
        r = np.random.default_rng(seed)
        for _ in range(40):
            x = r.normal(size=2) * 10.0 ** r.integers(-2, 6)
            if not np.allclose(f(x)[0], halving(x)[0], rtol=1e-12) or f(x)[1] != halving(x)[1]:
                failures.append(x)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert failures == []


def test_zeros_have_signs_and_nan_is_nan():
    checked(lambda x: (1 / x if x else np.copysign(1.0, x), x), [(0.0,), (-0.0,), (2.0,), (np.float64(-0.0),)])
    f = cr.jit(lambda x: 1.0 if x > 0 else 2.0 if x == x else 3.0)
    assert [f(v) for v in (1.0, -1.0, float("nan"), 1.0)] == [1.0, 2.0, 3.0, 1.0]


def test_errors_that_numpy_is_asked_for():
    @cr.jit
    def f(x):
        try:
            with np.errstate(all="raise"):
                return 1 / x
        except FloatingPointError:
            return x

    with pytest.warns(ChainruleWarning, match="waits for floating-point errors"):
        assert f(np.zeros(2)).tolist() == [0, 0]
    assert f(np.ones(2)).tolist() == [1, 1]
    assert f(np.zeros(2)).tolist() == [0, 0]


def test_a_matrix_that_lapack_refuses():
    def f(A):
        try:
            return np.linalg.cholesky(A)
        except np.linalg.LinAlgError:
            return A * 0

    checked(f, [(np.eye(2),), (-np.eye(2),), (np.ones((2, 2)),)], traces=2)


def exact(x):
    return x * 2 if type(x) is np.ndarray else x * 3


def test_exact_types_are_not_guessed():
    compiled = cr.jit(lambda x: exact(x) + 1)
    with pytest.warns(ChainruleWarning, match=r"exact types by type\(\.\.\.\)"):
        assert compiled(np.ones(2)).tolist() == [3, 3]
    assert compiled(np.float64(1.0)) == 4.0


@pytest.mark.parametrize(
    "f, calls",
    [
        (lambda a, b: divmod(a, b), [(7.0, 2.0), (7, 2), (-7, 2), (np.int64(-7), 2)]),
        (lambda a, b: (a & b, a | b, a ^ b, a << 1, a >> 1, ~a, -a, abs(a), +a), [(5, 3), (-5, 3)]),
        (lambda a, b: a / b, [(1.0, 2.0), (1, 2), (3, 4.0)]),
        (lambda a, b: a**b, [(2, 3), (2.0, -1), (2.5, 3), (0.0, 2)]),
        (lambda a, b: (round(a, b), round(a), a.real, a.imag, a.conjugate()), [(1.25, 1), (2.5, 0)]),
        (lambda n, x: ([0.0] * n, n * (1, 2), x * n), [(1, np.ones(2)), (3, np.ones(2)), (np.int64(2), np.ones(2))]),
        (lambda z, w: (z * z.conjugate(), abs(z) * w, z.real, z.imag), [(1 + 2j, 3.0), (np.complex128(1j), 3)]),
        (lambda z, x: (z * x, x * z, z + 1j * x, 1j / x), [(1 + 2j, np.float64(3.0)), (1j, np.float32(2.0))]),
        (lambda n, x: (f"{n}", f"{n:d}", str(n), x), [(3, 1.0), (4, 2.0)]),
        (lambda a, b: (min(a, b), max(a, b), sorted([a, b])), [(1.0, 2.0), (2.0, 1.0)]),
        (lambda a, b: (math.sqrt(a), math.floor(a), math.hypot(a, b), math.pow(a, b)), [(2.5, 2.0), (9.0, 3.0)]),
        (lambda n, m: (math.factorial(n), math.gcd(n, m)), [(5, 10), (6, 4)]),
        (lambda a, b: (a % b, math.fmod(a, b), a // b), [(5.5, 2.0), (-5.5, 2.0)]),
    ],
)
def test_numbers_of_python(f, calls):
    checked(f, calls)


@pytest.mark.parametrize(
    "f, fine, wrong, error",
    [
        (lambda a: 1 / a, 2.0, 0.0, ZeroDivisionError),
        (lambda a: 1 // a, 2, 0, ZeroDivisionError),
        (lambda a: a**-1, 2.0, 0.0, ZeroDivisionError),
        (lambda a: a**2, 2.0, 1e200, OverflowError),
        (lambda a: math.sqrt(a), 2.0, -1.0, ValueError),
        (lambda a: math.exp(a), 2.0, 1e4, OverflowError),
        (lambda a: [1.0, 2.0][a], 1, 5, IndexError),
    ],
)
def test_numbers_of_python_raise(f, fine, wrong, error):
    compiled = cr.jit(f)
    for _ in range(2):
        same(compiled(fine), f(fine))
        with pytest.raises(error):
            compiled(wrong)
    assert compiled.trace_count == 1


def test_a_power_may_be_complex():
    compiled = cr.jit(lambda a, b: a**b)
    assert compiled(8.0, 1 / 3) == 8.0 ** (1 / 3)
    with pytest.warns(ChainruleWarning, match="no finite real number"):
        assert compiled(-8.0, 1 / 3) == (-8.0) ** (1 / 3)
    assert compiled(2.0, 3.0) == 8.0
