"""Whatever holds what a compiled function reads, a change of it is seen at the next call."""

import array
import collections
import contextvars
import functools
import types
import weakref

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

import chainrule as cr
from chainrule.errors import ChainruleWarning

LATE: list = []  # what is set while a test runs, and removed after it
NAME = "PRESENT"
PRESENT, OTHER = 2.0, 3.0


@pytest.fixture(autouse=True)
def restored():
    yield
    for name in LATE:
        globals().pop(name, None)
    LATE.clear()
    globals()["NAME"] = "PRESENT"


def set_global(name, value):
    LATE.append(name)
    globals()[name] = value


def base_method():
    class Base:
        def gain(self, x):
            return 2 * x

    class Derived(Base):
        def gain(self, x):
            return super().gain(x) + 1

    model = Derived()
    return lambda x: model.gain(x), [lambda: setattr(Base, "gain", lambda self, x: 5 * x)]


def fallback_attributes():
    class Configured:
        def __init__(self):
            self._values = {"rate": 2.0}

        def __getattr__(self, name):
            return self.__dict__["_values"][name]

    c = Configured()
    return lambda x: x * c.rate, [lambda: c._values.update(rate=3.0), lambda: setattr(c, "rate", 4.0)]


def attributes_that_are_asked_for():
    class Settings:
        pass

    return lambda x: x * getattr(Settings, "rate", 2.0), [lambda: setattr(Settings, "rate", 3.0)]


def names_that_are_not_there_yet():
    def f(x):
        try:
            return x * FACTOR
        except NameError:
            return x

    return f, [lambda: set_global("FACTOR", 3.0)]


def builtins_that_are_hidden():
    return lambda x: abs(x), [lambda: set_global("abs", lambda x: 5 * x)]


def names_in_globals():
    return lambda x: x * (FACTOR if "FACTOR" in globals() else 1.0), [lambda: set_global("FACTOR", 3.0)]  # noqa: F821


def names_by_texts():
    return lambda x: x * globals()[NAME], [lambda: globals().update(NAME="OTHER")]


def names_in_expressions():
    set_global("FACTOR", 2.0)
    return lambda x: x * eval("FACTOR + 1"), [lambda: set_global("FACTOR", 3.0)]


def attributes_of_functions():
    def g(x):
        return x * g.rate

    g.rate = 2.0
    return g, [lambda: setattr(g, "rate", 3.0)]


def dispatched_functions():
    @functools.singledispatch
    def g(kind, x):
        return x

    kinds = [1]
    changes = [lambda: g.register(int, lambda kind, x: 2 * x), lambda: g.register(bool, lambda kind, x: 3 * x)]
    return lambda x: g(kinds[0], x), [*changes, lambda: kinds.__setitem__(0, True)]


def order_of_a_dict():
    d = {"a": 1.0, "b": 2.0}
    return lambda x: x * next(iter(d.values())), [lambda: d.update(a=d.pop("a"))]


def sets_of_tuples():
    edges = {(0, 1), (1, 2)}
    return lambda x: x * sum(i * j for i, j in edges), [lambda: edges.add((2, 3)), lambda: edges.discard((1, 2))]


def objects_in_sets_and_keys():
    class Body:
        mass = 1.0

    a, b = Body(), Body()
    bodies, names = {a}, {b: "b"}

    def f(x):
        return sum(x * body.mass for body in bodies) + sum(x * body.mass for body in names)

    return f, [lambda: setattr(a, "mass", 3.0), lambda: setattr(b, "mass", 7.0)]


def arrays_of_objects():
    table = np.array([1.0, np.ones(2), {"a": 1.0}], dtype=object)

    def f(x):
        return x * table[0] + x * table[1].sum() + x * table[2]["a"]

    def filled():
        table[1][0] = 5.0

    return f, [lambda: table.__setitem__(0, 2.0), filled, lambda: table[2].update(a=4.0)]


def bytes_and_numbers():
    numbers, text = array.array("d", [1.0, 2.0]), bytearray(b"ab")
    changes = [lambda: numbers.__setitem__(0, 5.0), lambda: text.__setitem__(0, 1), lambda: numbers.append(1.0)]
    return lambda x: x * sum(numbers) + x * text[0], changes


def context_variables():
    v = contextvars.ContextVar("v", default=2.0)
    return lambda x: x * v.get(), [lambda: v.set(3.0)]


def weak_references():
    class Body:
        mass = 1.0

    body = Body()
    reference, table = weakref.ref(body), weakref.WeakKeyDictionary({body: 2.0})
    changes = [lambda: setattr(body, "mass", 3.0), lambda: table.__setitem__(body, 5.0)]
    return lambda x: x * reference().mass + x * table[body], changes


def collections_of_the_standard_library():
    chain, items = collections.ChainMap({"a": 1.0}, {"b": 2.0}), collections.UserList([1.0])
    entries, ordered = collections.UserDict(a=1.0), collections.OrderedDict(a=1.0, b=2.0)

    def f(x):
        return x * chain["b"] + x * items[0] + x * entries["a"] + x * next(iter(ordered.values()))

    changes = [lambda: chain.maps[1].update(b=3.0), lambda: items.__setitem__(0, 4.0)]
    return f, [*changes, lambda: entries.update(a=7.0), lambda: ordered.move_to_end("a")]


def splines():
    spline = CubicSpline([0.0, 1.0, 2.0], [0.0, 1.0, 4.0])
    return lambda x: x * float(spline(0.5)), [lambda: spline.c.__imul__(2.0)]


def vectorized_functions():
    rates = {"a": 2.0}
    set_global("VECTORIZED", np.vectorize(lambda t: t * rates["a"]))
    return lambda x: VECTORIZED(np.array([x, 2 * x]))[1], [lambda: rates.update(a=3.0)]  # noqa: F821


def imported_names():
    """While a function is traced, another function stands for what has been imported from NumPy."""
    set_global("made", np.eye)
    return lambda x: x + made(2)[0][0], [lambda: set_global("made", lambda n: [[3.0 * n]])]  # noqa: F821


def long_chains():
    class Node:
        def __init__(self, value, following):
            self.value, self.following = value, following

    last = node = Node(1.0, None)
    for k in range(40):
        node = Node(float(k), node)
    first = node

    def f(x):
        node, total = first, 0.0
        while node is not None:
            total, node = total + node.value * x, node.following
        return total

    return f, [lambda: setattr(last, "value", 9.0), lambda: setattr(last, "following", Node(1.0, None))]


def computed_names():
    config = types.ModuleType("config")
    config.w0, config.w1 = 1.0, 2.0
    return lambda x: sum(x * getattr(config, f"w{k}") for k in range(2)), [lambda: setattr(config, "w1", 5.0)]


HOLDERS = [
    base_method,
    fallback_attributes,
    attributes_that_are_asked_for,
    names_that_are_not_there_yet,
    builtins_that_are_hidden,
    names_in_globals,
    names_by_texts,
    names_in_expressions,
    attributes_of_functions,
    dispatched_functions,
    order_of_a_dict,
    sets_of_tuples,
    objects_in_sets_and_keys,
    arrays_of_objects,
    bytes_and_numbers,
    context_variables,
    weak_references,
    collections_of_the_standard_library,
    splines,
    vectorized_functions,
    imported_names,
    long_chains,
    computed_names,
]


@pytest.mark.parametrize("holder", HOLDERS, ids=lambda f: f.__name__)
def test_a_change_is_seen(holder):
    f, changes = holder()
    compiled, slope = cr.jit(f), cr.jit(cr.grad(lambda x: f(x) ** 2))
    for change in [lambda: None, *changes]:
        change()
        for x in (1.5, 2.5):
            value = f(x)
            assert compiled(x) == pytest.approx(value, rel=1e-14)
            assert slope(x) == pytest.approx(2 * value * (f(x + 1) - f(x)), rel=1e-12)
    assert compiled.trace_count == len(changes) + 1


def test_objects_of_other_libraries_whose_contents_cannot_be_watched():
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"a": [1.0, 2.0]})
    f = cr.jit(lambda x: x * table["a"].values.sum())
    with pytest.warns(ChainruleWarning, match="reads an object of type DataFrame, whose contents cannot be watched"):
        assert f(2.0) == 6.0
    table.loc[0, "a"] = 3.0
    assert f(2.0) == 10.0
