"""What a compiled function reads besides its arguments is read at each call, wherever it stands and is changed."""

import functools
import gc
import types

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ChainruleWarning

from . import outside_config

W = np.eye(2)
PARAMS = {"W": np.eye(2), "layers": [(np.eye(2), np.ones(2)), (2 * np.eye(2), np.zeros(2))], "rate": 0.5}
SCALE = 2.0
STEP = np.float64(2.0)
NAMES = ["W"]
x = np.array([1.0, -2.0])


class Model:
    bias = np.array([1.0, 2.0])

    def __init__(self):
        self.W = np.eye(2)
        self.inner = types.SimpleNamespace(v=np.ones(2), parts={"a": np.ones(2)})
        self.rate = 0.5
        self.kind = "linear"
        self.count = 0

    def forward(self, x):
        z = x @ self.W + self.bias
        return np.tanh(z) if self.kind == "tanh" else z * self.rate

    def deep(self, x):
        return x * self.inner.v + self.inner.parts["a"]

    @property
    def doubled(self):
        return 2 * self.W

    def by_property(self, x):
        return x @ self.doubled

    def counting(self, x):
        self.count += 1
        return x * 2

    def dynamic(self, x):
        return sum(x @ getattr(self, name) for name in NAMES)


class Slotted:
    __slots__ = ("W",)

    def __init__(self):
        self.W = np.ones(2)


MODEL = Model()
SLOTTED = Slotted()


def helper(a):
    return a @ W + SCALE


def looking(x):
    if W[0, 0] > 1.5:
        return x * 10
    return x @ W


def by_default(x, w=np.ones(2), *, v=np.ones(2)):
    return x * w + v


def of_partial(w, x):
    return x @ w


VIEWED = np.arange(6.0).reshape(2, 3)[:, :2]


def closure():
    w, n = np.eye(2), 1.0

    def f(x):
        return x @ w + n

    def rebind(value, number):
        nonlocal w, n
        w, n = value, number

    return f, rebind, lambda: w


def applied(a):
    return a @ W


def set_global(name, value):
    globals()[name] = value


@pytest.fixture(autouse=True)
def restored():
    """Every test finds what the module says."""
    global W, SCALE, STEP, MODEL, SLOTTED, PARAMS, VIEWED
    yield
    W, SCALE, STEP, MODEL, SLOTTED = np.eye(2), 2.0, np.float64(2.0), Model(), Slotted()
    PARAMS = {"W": np.eye(2), "layers": [(np.eye(2), np.ones(2)), (2 * np.eye(2), np.zeros(2))], "rate": 0.5}
    VIEWED = np.arange(6.0).reshape(2, 3)[:, :2]
    Model.bias = np.array([1.0, 2.0])
    outside_config.W, outside_config.scale = np.array([[1.0, 2.0], [3.0, 4.0]]), 2.0
    by_default.__defaults__, by_default.__kwdefaults__ = (np.ones(2),), {"v": np.ones(2)}


def add_one(array):
    array += 1


CASES = {
    "global": (lambda x: x @ W, [lambda: add_one(W), lambda: set_global("W", W * 2), lambda: W.fill(3)]),
    "global, transposed": (lambda x: W.T @ x, [lambda: W.__setitem__((0, 1), 5.0), lambda: set_global("W", W * 2)]),
    "global, view": (lambda x: x * W[0], [lambda: add_one(W), lambda: set_global("W", W * 2)]),
    "a view by name": (lambda x: x @ VIEWED, [lambda: add_one(VIEWED), lambda: add_one(VIEWED.base)]),
    "global, by NumPy": (lambda x: x @ (W * 2), [lambda: add_one(W), lambda: set_global("W", W * 2)]),
    "global, both ways": (lambda x: x @ W if W[0, 0] < 1.5 else x, [lambda: add_one(W), lambda: W.fill(0)]),
    "global, looked at": (looking, [lambda: add_one(W), lambda: W.fill(0), lambda: set_global("W", W + 5)]),
    "global, in a helper": (lambda x: helper(x), [lambda: add_one(W), lambda: set_global("SCALE", 3.0)]),
    "one line, traced and plain": (
        lambda x: applied(x) + applied(np.ones(2)),
        [lambda: add_one(W), lambda: set_global("W", W * 2), lambda: add_one(W)],
    ),
    "one line, traced and plain, from outside": (
        lambda x: applied(x) + applied(PARAMS["W"]),
        [lambda: add_one(W), lambda: add_one(PARAMS["W"]), lambda: add_one(W)],
    ),
    "a norm": (
        lambda x: x @ W if np.linalg.norm(W) < 5 else x,
        [lambda: add_one(W), lambda: add_one(W), lambda: W.fill(5.0)],
    ),
    "global, as an argument": (lambda x: of_partial(W, x), [lambda: add_one(W), lambda: set_global("W", W * 2)]),
    "global, another shape": (lambda x: (x[:, None] * W).sum(), [lambda: set_global("W", np.ones((2, 3)))]),
    "global, another dtype": (lambda x: x @ W, [lambda: set_global("W", np.eye(2, dtype=np.float32))]),
    "global, as a result": (lambda x: (W, x), [lambda: add_one(W), lambda: set_global("W", W * 2)]),
    "a number": (lambda x: x * SCALE, [lambda: set_global("SCALE", 3.0), lambda: set_global("SCALE", 3)]),
    "a scalar": (lambda x: x * STEP, [lambda: set_global("STEP", np.float64(3)), lambda: set_global("STEP", STEP + 1)]),
    "dict": (
        lambda x: x @ PARAMS["W"] * PARAMS["rate"],
        [
            lambda: add_one(PARAMS["W"]),
            lambda: PARAMS.update(W=np.ones((2, 2))),
            lambda: PARAMS.update(rate=2.0),
            lambda: set_global("PARAMS", {"rate": 1.0, "W": W * 7}),
        ],
    ),
    "list in a dict": (
        lambda x: functools.reduce(lambda h, p: np.tanh(h @ p[0] + p[1]), PARAMS["layers"], x),
        [
            lambda: add_one(PARAMS["layers"][1][0]),
            lambda: PARAMS["layers"].append((np.ones((2, 2)), np.ones(2))),
            lambda: PARAMS["layers"].__setitem__(0, (np.ones((2, 2)), np.zeros(2))),
        ],
    ),
    "over entries": (
        lambda x: sum(np.sum(v) for v in PARAMS.values() if isinstance(v, np.ndarray)) * x,
        [lambda: add_one(PARAMS["W"]), lambda: PARAMS.update(V=np.ones(3))],
    ),
    "module": (
        lambda x: outside_config.scaled(x @ outside_config.W),
        [
            lambda: add_one(outside_config.W),
            lambda: setattr(outside_config, "W", np.eye(2)),
            lambda: setattr(outside_config, "scale", 5.0),
        ],
    ),
    "attributes": (
        lambda x: MODEL.forward(x),
        [
            lambda: add_one(MODEL.W),
            lambda: setattr(MODEL, "W", np.ones((2, 2))),
            lambda: setattr(MODEL, "kind", "tanh"),
            lambda: add_one(Model.bias),
            lambda: setattr(Model, "bias", np.zeros(2)),
            lambda: setattr(MODEL, "bias", np.ones(2)),
            lambda: set_global("MODEL", Model()),
            lambda: setattr(MODEL, "rate", 3.0),
        ],
    ),
    "deep attributes": (
        lambda x: MODEL.deep(x),
        [lambda: add_one(MODEL.inner.v), lambda: MODEL.inner.parts.update(a=np.zeros(2))],
    ),
    "property": (lambda x: MODEL.by_property(x), [lambda: add_one(MODEL.W), lambda: setattr(MODEL, "W", W * 3)]),
    "getattr": (lambda x: MODEL.dynamic(x), [lambda: add_one(MODEL.W), lambda: setattr(MODEL, "W", W * 3)]),
    "slots": (lambda x: x * SLOTTED.W, [lambda: add_one(SLOTTED.W), lambda: setattr(SLOTTED, "W", np.zeros(2))]),
    "defaults": (
        by_default,
        [
            lambda: add_one(by_default.__defaults__[0]),
            lambda: add_one(by_default.__kwdefaults__["v"]),
            lambda: setattr(by_default, "__defaults__", (np.zeros(2),)),
        ],
    ),
    "gradient": (
        cr.value_and_grad(lambda x: np.sum(np.tanh(x @ W) * SCALE)),
        [lambda: add_one(W), lambda: set_global("W", W * 2), lambda: set_global("SCALE", -1.0)],
    ),
    "by globals()": (lambda x: x @ globals()["W"], [lambda: add_one(W), lambda: set_global("W", W * 2)]),
}


def same(a, b):
    if isinstance(b, tuple):
        for left, right in zip(a, b, strict=True):
            same(left, right)
        return
    assert type(a) is type(b) and a.dtype == b.dtype
    np.testing.assert_allclose(a, b, rtol=1e-13)


@pytest.mark.parametrize("name", CASES)
def test_a_change_is_seen(name):
    f, changes = CASES[name]
    compiled = cr.jit(f)
    for change in changes:
        for _ in range(2):
            same(compiled(x), f(x))
            same(compiled(2 * x), f(2 * x))
        change()
    same(compiled(x), f(x))
    count = compiled.trace_count
    same(compiled(x), f(x))
    assert compiled.trace_count == count <= len(changes) + 2


@pytest.mark.parametrize(
    "name", ["global", "global, transposed", "a scalar", "slots", "gradient", "defaults", "deep attributes"]
)
def test_arrays_that_only_operations_use_are_inputs(name):
    f, changes = CASES[name]
    arrays = [change for change in changes if "SCALE" not in change.__code__.co_consts]
    compiled = cr.jit(f)
    for change in arrays:
        compiled(x)
        change()
    same(compiled(x), f(x))
    assert compiled.trace_count == 1, [str(r) for r in compiled.retraces]


def test_closures():
    f, rebind, w = closure()
    compiled = cr.jit(f)
    for change in (lambda: None, lambda: add_one(w()), lambda: rebind(np.ones((2, 2)), 1.0), lambda: rebind(w(), 5.0)):
        change()
        same(compiled(x), f(x))
    assert compiled.trace_count == 2


def test_partial_functions_and_bound_methods():
    w = np.eye(2)
    compiled = cr.jit(functools.partial(of_partial, w))
    model = Model()
    bound = cr.jit(model.forward)
    for _ in range(3):
        same(compiled(x), x @ w)
        same(bound(x), model.forward(x))
        add_one(w)
        add_one(model.W)
        model.rate += 1


def test_an_array_by_two_names():
    global W
    compiled = cr.jit(lambda x: x @ W + x @ PARAMS["W"])
    PARAMS["W"] = W
    same(compiled(x), x @ W * 2)
    W = W * 3
    same(compiled(x), x @ W + x @ PARAMS["W"])
    add_one(PARAMS["W"])
    same(compiled(x), x @ W + x @ PARAMS["W"])


def test_two_arrays_that_exchange_their_names():
    a, b = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    box = types.SimpleNamespace(a=a, b=b)
    f = cr.jit(lambda x: x * box.a - box.b)
    same(f(x), x * a - b)
    box.a, box.b = b, a
    same(f(x), x * b - a)
    assert f.trace_count == 1


def test_a_function_that_is_replaced():
    activation = np.tanh
    box = types.SimpleNamespace(f=lambda z: z * 2, g=np.tanh)
    f = cr.jit(lambda x: box.g(box.f(x)) + activation(x))
    same(f(x), np.tanh(2 * x) + np.tanh(x))
    box.f = lambda z: z * 3
    same(f(x), np.tanh(3 * x) + np.tanh(x))
    box.g = np.sin
    same(f(x), np.sin(3 * x) + np.tanh(x))
    activation = np.exp
    same(f(x), np.sin(3 * x) + np.exp(x))


def test_large_arrays():
    global W
    W = np.ones((2, 200_000))
    compiled = cr.jit(lambda x: (x @ W)[:3])
    same(compiled(x), (x @ W)[:3])
    W[0, 0] = 7.0
    same(compiled(x), (x @ W)[:3])
    W = W * 2
    same(compiled(x), (x @ W)[:3])
    assert compiled.trace_count == 1
    looked = cr.jit(lambda x: x * W[0, 1])
    same(looked(x), x * W[0, 1])
    W[:, [0, 1]] = W[:, [1, 0]]
    same(looked(x), x * W[0, 1])


def test_a_side_effect_happens_while_it_is_traced():
    model = Model()
    f = cr.jit(model.counting)
    for _ in range(4):
        same(f(x), x * 2)
        same(f(np.ones(3)), np.full(3, 2.0))
    assert model.count == f.trace_count <= 4


def test_a_buffer_that_the_function_fills():
    buffer = np.zeros(2)

    def f(x):
        total = 0.0
        for k in range(3):
            buffer[:] = k
            total = total + x @ buffer
        return total

    compiled = cr.jit(f)
    for a in (x, 2 * x, x):
        same(compiled(a), f(a))


def test_values_that_are_written_outside():
    buffer = np.zeros(2)

    def f(x):
        buffer[:] = x * 2
        return buffer.sum() + x

    compiled = cr.jit(f)
    for a in (x, 2 * x, x, 3 * x, x):
        same(compiled(a), f(a))


def test_a_traced_value_on_an_object_does_not_leak():
    model = Model()

    def f(x):
        model.last = x * 2
        return x + 1

    compiled = cr.jit(f)
    compiled(x)
    with pytest.raises(TypeError, match="after the function that made it has returned"):
        model.last + 1
    same(compiled(x), x + 1)


def test_more_than_can_be_watched():
    table = {str(k): [float(k), [k]] for k in range(4000)}
    f = cr.jit(lambda x: x * table["3"][0])
    with pytest.warns(ChainruleWarning, match="reaches more objects by name than can be watched"):
        same(f(x), x * 3)
    table["3"][0] = 5.0
    same(f(x), x * 5)


def test_a_long_list_of_numbers():
    numbers = [float(k) for k in range(100_000)]
    f = cr.jit(lambda x: x * np.array(numbers[:2]))
    same(f(x), x * [0, 1])
    numbers[1] = 5.0
    same(f(x), x * [0, 5])
    assert f.trace_count == 2


def test_arrays_of_an_object_that_is_an_argument():
    f = cr.jit(lambda m, x: m.forward(x))
    a, b = Model(), Model()
    b.W = 3 * np.eye(2)
    for _ in range(3):
        same(f(a, x), a.forward(x))
        same(f(b, x), b.forward(x))
        add_one(a.W)
        b.W = b.W * 2
    assert f.trace_count == 2
    del a


def test_an_object_that_is_gone_is_not_taken_for_another():
    f = cr.jit(lambda m, x: x * m.rate)
    for k in range(20):
        model = Model()
        model.rate = float(k)
        same(f(model, x), x * k)
        del model


def scaled_by_the_global(x):
    return np.sin(x) * SCALE


FIRST_OF = functools.partial([scaled_by_the_global].__getitem__, 0)  # what it returns, no name leads to


def test_functions_that_the_collector_has_put_away(monkeypatch):
    """A server that forks may freeze what it has loaded: it is found all the same, and what it reads is seen."""
    gc.freeze()
    try:
        compiled = cr.jit(lambda x: FIRST_OF()(x))
        for scale in (2.0, 3.0):
            monkeypatch.setitem(globals(), "SCALE", scale)
            assert compiled(1.0) == scale * np.sin(1.0)
    finally:
        gc.unfreeze()
