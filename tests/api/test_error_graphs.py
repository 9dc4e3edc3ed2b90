"""An error that leaves a trace has the graph up to where it came from, for as long as it lives itself."""

from __future__ import annotations

import copy
import gc
import json
import pickle
import threading
import weakref

import numpy as np
import pytest

import chainrule as cr
from chainrule.api.scope import LOOK
from chainrule.errors import ChainruleError, DtypeError, ShapeError


def mismatch(x):
    h = np.tanh(x)
    z = h + np.ones(7)
    return np.sum(z)


def own_error(x):
    h = np.tanh(x)
    if h.shape:
        raise LookupError("of the user's own")
    return h


def failing(call):
    with pytest.raises(Exception) as caught:
        call()
    return caught.value


def words(graph):
    return [v.operation.name for v in graph if v.operation is not None]


x = np.array([0.5, 1.0, 2.0])
TRANSFORMS = {
    "trace": lambda f: cr.trace(f, x),
    "grad": lambda f: cr.grad(f)(x),
    "value_and_grad": lambda f: cr.value_and_grad(f)(x),
    "jacobian": lambda f: cr.jacobian(f)(x),
    "hessian": lambda f: cr.hessian(f)(x),
    "jvp": lambda f: cr.jvp(f, (x,), (x,)),
    "vjp": lambda f: cr.vjp(f, x),
    "linearize": lambda f: cr.linearize(f, x),
    "jit": lambda f: cr.jit(f)(x),
    "jit of grad": lambda f: cr.jit(cr.grad(f))(x),
    "vmap": lambda f: cr.vmap(f)(np.ones((4, 3))),
    "scan": lambda f: cr.grad(lambda x: cr.scan(lambda c, t: (f(c), c), x, np.ones(2))[1].sum())(x),
    "cond": lambda f: cr.grad(lambda x: cr.cond(x[0] > 0, f, np.sum, x))(x),
    "nested": lambda f: cr.grad(lambda x: np.sum(cr.grad(f)(x * 2.0)))(x),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_what_failed_and_what_was_there(name):
    error = failing(lambda: TRANSFORMS[name](mismatch))
    assert isinstance(error, ValueError)
    assert words(error.graph)[-2:] == ["tanh", "failed_add"]
    assert error.__notes__.count(LOOK) == 1
    failed = error.graph.outputs[0]
    assert [v.shape for v in failed.inputs] == [(3,), (7,)]
    assert failed.inputs[0].name == "h" and failed.origin is not None


@pytest.mark.parametrize("name", TRANSFORMS)
def test_an_error_of_the_users_own(name):
    error = failing(lambda: TRANSFORMS[name](own_error))
    assert type(error) is LookupError and error.args == ("of the user's own",)
    assert words(error.graph)[-1] == "tanh"
    assert error.__notes__ == [LOOK]


def test_it_shows_draws_and_writes(capsys, tmp_path):
    graph = failing(lambda: cr.grad(mismatch)(x)).graph
    graph.show()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:4] for line in lines[1:3]] == [["0", "x", "input", "(3)"], ["1", "h", "tanh", "(3)"]]
    assert lines[3].startswith("3  v3    add h (3), (7)  -") and lines[3].endswith("!! failed")
    assert " failed<" in graph.to_svg(tmp_path / "g.svg")
    assert graph.to_dot().count("->") == 3
    document = json.loads(graph.to_view())
    assert document["nodes"][3]["health"]["kind"] == "failed"
    assert "(3,) and (7,)" in document["nodes"][3]["health"]["message"]
    assert (document["summary"]["forward"], document["summary"]["errors"]) == ("failed", 1)
    assert "v3: bool[] = failed_add(h, c2)" in str(graph)


def test_values_that_follow_from_what_was_known():
    graph = failing(lambda: cr.grad(mismatch)(x)).graph
    assert np.array_equal(graph.values["h"], np.tanh(x))
    assert not graph.values.reached("v3")


def test_in_a_body_there_are_none():
    graph = failing(lambda: cr.vmap(mismatch)(np.ones((4, 3)))).graph
    assert not graph.values.reached("h")


def test_no_graph_where_nothing_was_traced():
    error = failing(lambda: cr.grad(lambda x: x)(3))
    assert isinstance(error, DtypeError) and error.graph is None
    assert not hasattr(error, "__notes__")


def test_what_is_caught_within_the_trace_has_it_too():
    seen = []

    def f(x):
        y = x * 2
        try:
            return cr.grad(mismatch)(y).sum()
        except ShapeError as error:
            seen.append(error)
            return (y * 3).sum()

    assert np.array_equal(cr.grad(f)(x), [6, 6, 6])
    assert words(seen[0].graph) == ["multiply", "tag", "tanh", "failed_add"]
    assert not hasattr(seen[0], "__notes__")  # it has not left


def test_one_error_of_two_traces():
    error = LookupError("again")

    def f(x, sine):
        y = np.sin(x) if sine else np.cos(x)
        raise error if y is not None else None

    for sine, word in ((True, "sin"), (False, "cos")):
        assert failing(lambda sine=sine: cr.grad(f)(x, sine)) is error
        assert words(error.graph) == [word]
    assert error.__notes__ == [LOOK]


def test_an_attribute_of_the_users_own_stays():
    class Cyclic(Exception):
        graph = None

        def __init__(self):
            self.graph = "theirs"

    def f(x):
        y = x * 2
        raise Cyclic if y is not None else None

    error = failing(lambda: cr.grad(f)(x))
    assert error.graph == "theirs" and not hasattr(error, "__notes__")


def test_an_exception_without_room_for_attributes():
    class Slim(Exception):
        __slots__ = ()

        def __setattr__(self, name, value):
            raise AttributeError(name)

    def f(x):
        y = x * 2
        raise Slim if y is not None else None

    assert type(failing(lambda: cr.grad(f)(x))) is Slim


def test_it_lives_no_longer_than_the_error():
    kept = []

    def f(x):
        table = np.full(200_000, 2.0)  # large: kept as it is, not copied
        kept.append(weakref.ref(table.memory))
        y = x[0] * table
        return np.sum(y + np.ones(7))

    error = failing(lambda: cr.grad(f)(x))
    graph = weakref.ref(error.graph)
    error.graph.show()
    error.__traceback__ = None
    gc.collect()
    assert kept[0]() is not None
    del error
    gc.collect()
    assert kept[0]() is None and graph() is None


def test_each_thread_has_its_own():
    errors = {}

    def run(n):
        def f(x):
            y = x
            for _ in range(n):
                y = np.sin(y)
            return np.sum(y + np.ones(7))

        errors[n] = failing(lambda: cr.grad(f)(x))

    threads = [threading.Thread(target=run, args=(n,)) for n in (1, 2, 3, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {n: words(e.graph).count("sin") for n, e in errors.items()} == {1: 1, 2: 2, 3: 3, 4: 4}


@pytest.mark.parametrize("f", [mismatch, own_error])
def test_errors_travel_without_it(f):
    error = failing(lambda: cr.grad(f)(x))
    for travelled in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(travelled) is type(error) and str(travelled) == str(error)
    assert pickle.loads(pickle.dumps(error)).graph is copy.deepcopy(error).graph is None
    if isinstance(error, ChainruleError):
        assert pickle.loads(pickle.dumps(error)).operands == error.operands
    assert error.graph is not None


def test_the_end_of_a_very_long_one():
    def f(x):
        for _ in range(6000):
            x = np.sin(x)
        return x + np.ones(7)

    graph = failing(lambda: cr.grad(f)(x)).graph
    assert len(graph) <= 5002 and words(graph)[-1] == "failed_add"
    assert len(graph.inputs) == 1  # what came before


def test_no_value_and_no_derivative_of_what_failed():
    graph = failing(lambda: cr.grad(mismatch)(x)).graph
    with pytest.raises(ChainruleError, match="add failed when the graph was traced"):
        graph.forward(x)
