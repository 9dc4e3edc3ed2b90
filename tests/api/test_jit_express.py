"""The short way through a call of a compiled function: it is taken, and never where anything has changed."""

import gc
import threading
import weakref
from typing import NamedTuple

import numpy as np
import pytest

import chainrule as cr
from chainrule.api.compilation.express import MISSED

pytest.importorskip("llvmlite")

scale = 2.0
table = {"shift": 1.0, "weights": [1.0, 2.0]}


def helper(x):
    return x * 3


def warm(f, *args, times=3):
    for _ in range(times):
        f(*args)
    return f


def takes_the_short_way(f, *args):
    return any(express(args) is not MISSED for express in f._express)


x = np.linspace(-1, 1, 7)


def test_arrays_numbers_and_trees():
    f = cr.jit(lambda p, n, pair: {"a": p["w"] * n, "b": (pair[0] + p["b"], pair[1]), "c": float(3)})
    args = {"w": x, "b": x + 1}, 2.5, (x, np.float32(2))
    warm(f, *args)
    assert takes_the_short_way(f, *args)
    result = f({"w": x + 1, "b": x}, 0.5, (x, np.float32(3)))
    np.testing.assert_array_equal(result["a"], (x + 1) * 0.5)
    np.testing.assert_array_equal(result["b"][0], 2 * x)
    assert result["b"][1] == 3 and type(result["b"][1]) is np.float32 and result["c"] == 3.0


def test_results_are_nobody_elses():
    f = warm(cr.jit(lambda x: (x + 1, x + 1, x, np.ones(3), x[:2], np.sum(x), x.reshape(7, 1))), x)
    assert takes_the_short_way(f, x)
    first, second = f(x), f(x)
    arrays = [y for y in (*first, *second) if isinstance(y, np.ndarray)]
    for k, y in enumerate(arrays):
        assert y.flags.writeable and y.flags.owndata and not np.shares_memory(x, y)
        assert not any(np.shares_memory(y, other) for other in arrays[:k])
    assert type(first[5]) is np.float64


@pytest.mark.parametrize(
    "other",
    [x.astype(np.float32), x[::-1], np.ones(8), np.ones((7, 1)), x.astype(">f8"), np.arange(7), 2.0, [1.0, 2.0]],
    ids=str,
)
def test_arguments_of_another_kind(other):
    f = cr.jit(lambda x: np.asarray(x) * 2)
    warm(f, x)
    assert takes_the_short_way(f, x)
    np.testing.assert_array_equal(f(other), np.asarray(other) * 2)
    assert f(other).dtype == (np.asarray(other) * 2).dtype


def test_order_of_keys_and_kinds_of_containers():
    f = cr.jit(lambda p: sum(k * v for k, v in zip((1, 10), p.values(), strict=True)) if isinstance(p, dict) else p[0])
    warm(f, {"a": x, "b": x + 1})
    np.testing.assert_array_equal(f({"b": x + 1, "a": x}), x + 1 + 10 * x)

    class Pair(NamedTuple):
        first: np.ndarray

    np.testing.assert_array_equal(f([x]), x)
    np.testing.assert_array_equal(f(Pair(x + 5)), x + 5)


def test_what_a_function_reads_besides(monkeypatch):
    def f(x):
        return helper(x) * scale + table["shift"] * table["weights"][1]

    def check():
        np.testing.assert_array_equal(compiled(x), f(x))

    compiled = warm(cr.jit(f), x)
    assert takes_the_short_way(compiled, x)
    monkeypatch.setitem(globals(), "scale", 5.0)
    check()
    monkeypatch.setitem(table, "shift", -3.0)
    check()
    warm(compiled, x)
    table["weights"][1] = 7.0
    check()
    table["weights"][1] = 2.0
    check()
    monkeypatch.setitem(globals(), "helper", lambda x: x - 1)
    check()
    warm(compiled, x)
    before, code = helper.__code__, (lambda x: x * x).__code__
    helper.__code__ = code
    check()
    helper.__code__ = before


def test_closures_defaults_and_one_for_true():
    number, array = 1, np.ones(7)

    def f(x, factor=2.0):
        return x * number * factor + array if number is not True else x

    compiled = warm(cr.jit(f), x)
    assert takes_the_short_way(compiled, x)
    array[2] = 50.0
    np.testing.assert_array_equal(compiled(x), f(x))
    array = np.zeros(7)
    np.testing.assert_array_equal(compiled(x), f(x))
    number = True
    np.testing.assert_array_equal(compiled(x), x)
    number = 1
    f.__defaults__ = (4.0,)
    np.testing.assert_array_equal(compiled(x), f(x))


def test_arrays_from_outside_are_not_kept():
    held = np.ones(1000)

    def f(x):
        return x * np.sum(held)

    compiled = warm(cr.jit(f), x)
    first = weakref.ref(held)
    held = np.full(1000, 2.0)
    warm(compiled, x)
    np.testing.assert_array_equal(compiled(x), x * 2000)
    gc.collect()
    assert first() is None


def test_attributes_of_objects():
    class Model:
        def __init__(self):
            self.w, self.rate = np.ones(7), 0.5

        def __call__(self, x):
            return x * self.w * self.rate

    model = Model()
    f = warm(cr.jit(lambda x: model(x)), x)
    model.rate = 3.0
    np.testing.assert_array_equal(f(x), 3 * x)
    model.w[:] = 2.0
    np.testing.assert_array_equal(f(x), 6 * x)
    Model.__call__ = lambda self, x: x - self.rate
    np.testing.assert_array_equal(f(x), x - 3)


def test_under_a_transform_and_disabled():
    f = warm(cr.jit(lambda x: np.sum(x**2)), x)
    np.testing.assert_allclose(cr.grad(lambda x: f(x) * 2)(x), 4 * x)
    calls = []
    g = warm(cr.jit(lambda x: calls.append(1) or x + 1), x)
    count = len(calls)
    with cr.disable_jit():
        g(x)
    assert len(calls) == count + 1 and g.call_count == 4


def test_care():
    f = warm(cr.jit(lambda x: (np.sin(x), x[::2], x, x[:3] * 1.0, x[::2])), x)
    large = np.full(7, 1e300)
    assert takes_the_short_way(f, large)
    results = f(large)
    np.testing.assert_array_equal(results[0], np.sin(large))
    for k, y in enumerate(results):
        assert y.flags.owndata and y.flags.writeable and not np.shares_memory(y, large)
        assert not any(np.shares_memory(y, other) for other in results[:k])


def test_errors_show_the_users_lines():
    f = warm(cr.jit(lambda x, k: x[k] * 2), x, np.array([1, 2]))
    np.testing.assert_array_equal(f(x, np.array([-1, 6])), [2 * x[-1], 2 * x[6]])
    with pytest.raises(IndexError) as caught:
        f(x, np.array([1, 7]))
    assert caught.traceback[-1].path.name in ("test_jit_express.py",) or "x[k]" in str(caught.getrepr())


def test_donated_memory_is_used_by_later_calls():
    f = cr.jit(lambda state, x: ({k: v * 0.5 + x for k, v in state.items()}, np.sum(x)), donate_argnums=0)
    state, expected, addresses = {"a": np.ones(7), "b": np.zeros(7)}, {"a": np.ones(7), "b": np.zeros(7)}, set()
    for _ in range(20):
        given = dict(state)
        state, total = f(state, x)
        expected = {k: v * 0.5 + x for k, v in expected.items()}
        for k, v in state.items():
            np.testing.assert_array_equal(v, expected[k])
            assert v.flags.owndata and v.flags.writeable
            assert not any(v is other for other in given.values())
            addresses.add(v.ctypes.data)
        assert total == np.sum(x)
    assert len(addresses) < 20


def test_donated_memory_that_comes_back():
    f = warm(cr.jit(lambda a, b: (a + b, a - b), donate_argnums=0), x.copy(), x)
    first, second = x + 1, x + 2
    f(first, x)  # first is ours no more, and what is done with it is wrong; but no other result suffers
    a, b = f(second, first)
    assert not np.shares_memory(a, first) and not np.shares_memory(a, b)
    c, d = f(a.copy(), first[:])
    assert not any(np.shares_memory(y, first) for y in (c, d))


def test_donated_arguments_are_looked_at_each_time():
    f = warm(cr.jit(lambda a, b: a + b, donate_argnums=0), x.copy(), x)
    whole = np.ones(14)
    for a, b in ((whole[:7], x), (whole[:7].copy(), None)):
        if b is None:
            b = a
        with pytest.raises(cr.errors.MutationError):
            f(a, b)
    fixed = x.copy()
    fixed.flags.writeable = False
    with pytest.raises(cr.errors.MutationError):
        f(fixed, x)
    owner = x.copy()
    with pytest.raises(cr.errors.MutationError):
        f(owner, owner[::-1][::-1])


def test_donated_memory_in_threads():
    f = warm(cr.jit(lambda a, b: a * 2 + b, donate_argnums=0), np.ones(1000), np.ones(1000))
    wrong = []

    def work(number):
        for k in range(500):
            y = f(np.full(1000, float(k)), np.full(1000, float(number)))
            if not np.array_equal(y, np.full(1000, 2.0 * k + number)):
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
