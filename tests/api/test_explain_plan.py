"""`cr.explain_plan`: the path that a call takes, in the user's names."""

import pickle

import numpy as np
import pytest

import chainrule as cr
from chainrule.compile import is_available
from chainrule.errors import ChainruleWarning, TraceError

offset = np.array([1.0, 2.0, 3.0])


def loss(p, x, y):
    h = np.tanh(x @ p["W"] + p["b"])
    return np.mean((h @ p["v"] - y) ** 2)


def arguments():
    rng = np.random.default_rng(0)
    p = {"W": rng.normal(size=(5, 8)), "b": np.zeros(8), "v": rng.normal(size=8)}
    return p, rng.normal(size=(16, 5)), rng.normal(size=16)


def test_inputs_have_the_names_of_arguments():
    plan = cr.explain_plan(cr.value_and_grad(loss))(*arguments())
    inputs = {b.name for k in plan.kernels for b in k.reads if b.place == "input"}
    assert inputs == {"p.W", "p.b", "p.v", "x", "y"}
    assert "h = np.tanh(x @ p" in str(plan) and "test_explain_plan.py:" in str(plan)
    assert repr(plan) == f"<plan of loss: {len(plan.kernels)} kernels, {len(plan.by_numpy)} of them by NumPy>"
    assert plan.bytes_moved == sum(k.bytes_moved for k in plan.kernels) and plan.flops > 2 * 2 * 16 * 5 * 8
    assert plan.arena_bytes >= plan.arena_bound


def test_keywords_and_static_arguments():
    f = cr.jit(lambda x, n, *, scale: x * scale + n, static_argnums=1)
    plan = cr.explain_plan(f)(np.ones(3), 2, scale=np.ones(3))
    assert {b.name for k in plan.kernels for b in k.reads if b.place == "input"} == {"x", "scale"}


def test_arrays_from_outside_have_their_names():
    plan = cr.explain_plan(lambda x: x * offset)(np.ones(3))
    assert {b.name for b in plan.kernels[0].reads} == {"x", "offset"}


def test_the_path_that_the_arguments_take():
    @cr.jit
    def f(x):
        if x[0] > 0:
            return np.exp(x)
        return np.sin(x) + np.cos(x)

    f(np.ones(3))
    positive, negative = (cr.explain_plan(f)(sign * np.ones(3)) for sign in (1.0, -1.0))
    for plan, operations in ((positive, ["exp"]), (negative, ["sin", "cos", "add"])):
        question, last = plan.stages
        assert question.source == "if x[0] > 0:" and question.asked.startswith("test_explain_plan.py:")
        assert {k.reason for k in question.graph.kernels} == {"it decides the path"} and not last.asked
        assert [v.operation for k in last.graph.kernels for v in k.computes] == operations
        assert f"to answer {question.asked}: if x[0] > 0:" in str(plan)
    assert f.trace_count == 2


def test_a_function_that_is_called_as_it_is():
    with pytest.warns(ChainruleWarning, match="as it is"):
        plan = cr.explain_plan(lambda x: type(x) is float)(1.0)
    assert not plan.stages and "exact types" in plan.as_it_is and "is called as it is" in str(plan)
    with cr.disable_jit():
        assert cr.explain_plan(cr.jit(np.tanh))(1.0).as_it_is == "cr.disable_jit() is in force"


def test_nothing_to_compute():
    assert str(cr.explain_plan(lambda x: x)(np.ones(3))).endswith("nothing to compute")


def test_errors_are_those_of_the_function():
    with pytest.raises(ZeroDivisionError):
        cr.explain_plan(lambda x: 1 / 0)(1.0)
    with pytest.raises(TraceError, match="within a function that is being traced"):
        cr.grad(lambda x: cr.explain_plan(np.sin)(x) and x)(1.0)


def test_functions_that_a_function_makes_are_known_at_last():
    def f(x):
        def inner(y):
            return y * 2

        return inner(x) + 1

    assert [v.operation for k in cr.explain_plan(f)(1.0).kernels for v in k.computes] == ["multiply", "add"]


def test_it_is_plain_data():
    plan = cr.explain_plan(loss)(*arguments())
    assert pickle.loads(pickle.dumps(plan)) == plan and hash(plan) == hash(pickle.loads(pickle.dumps(plan)))


@pytest.mark.skipif(not is_available(), reason="needs llvmlite")
def test_no_line_is_wider_than_a_page():
    plan = cr.explain_plan(cr.value_and_grad(loss))(*arguments())
    assert max(map(len, str(plan).splitlines())) <= 120
    assert plan.stages[-1].graph.native_calls == 1


def test_without_llvmlite_it_says_so(monkeypatch):
    monkeypatch.setattr("chainrule.api.compilation.explaining.is_available", lambda: False)
    plan = cr.explain_plan(loss)(*arguments())
    assert {k.reason for k in plan.kernels} == {"llvmlite is not installed"} and "by NumPy" in str(plan)
