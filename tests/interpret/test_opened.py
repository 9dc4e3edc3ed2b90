"""Loops and branches written out: the same values and gradients, each step with its own lines."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule import interpret
from tests.health.programs import line_of


def scanned(x, a):
    def step(c, r):
        y = np.tanh(c * r[0] + a)
        return y, (y, r)

    c, (ys, rows) = cr.scan(step, a, x, reverse=True)
    return np.sum(c) + np.sum(ys * rows[:, 1])


def searched(x, a):
    y = cr.while_loop(lambda y: np.sum(y) < 10, lambda y: y * 2 + a, x[0])
    return np.sum(cr.cond(y[0] > y[1], np.sin, lambda y: y * y, y))


def nested(x, a):
    def outer(i, c):
        return cr.fori_loop(0, 2, lambda j, d: d + np.sin(c * a), c)

    return cr.checkpoint(lambda c: np.sum(cr.fori_loop(0, 3, outer, c)))(x[1])


def empty(x, a):
    return cr.scan(lambda c, r: (c * r[0], c), a, x[:0])[0]


def derived(x, a):
    return cr.grad(lambda a: searched(x, a))(a)


X = np.array([[0.3, 0.7], [1.2, -0.4], [0.5, 0.9]])


@pytest.mark.parametrize("f", [scanned, searched, nested, empty, derived])
def test_values_and_gradients_are_the_same(f):
    g = cr.trace(f, X, 0.4)
    opened = interpret.Opened(g.data, [X, 0.4])
    assert not {"scan", "while_loop", "cond", "call", "counted"} & {
        v.operation.name for v in opened.graph.variables if v.operation
    }
    assert opened.failure is None and set(opened.values) == {v.number for v in opened.graph.variables}
    (y,) = opened.graph.outputs
    assert opened.values[y.number] == f(X, 0.4)
    np.testing.assert_allclose(cr.diagnose(f, X, 0.4).gradients["x"], cr.grad(f)(X, 0.4), rtol=1e-12, atol=1e-15)


def test_the_line_within_a_loop_is_named():
    def first(x):
        def step(c, r):
            y = np.log(r)
            return c + y, None

        return cr.scan(step, 0.0, x)[0]

    def second(x):  # the same loop, elsewhere
        def step(c, r):
            y = np.log(r)
            return c + y, None

        return cr.scan(step, 0.0, x)[0]

    for f in (first, second):
        cause = cr.diagnose(f, np.array([1.0, 0.0, 2.0])).first_cause
        assert cause.operation == "log" and cause.origin.line == line_of(f, "np.log")
        assert "log of x_1 gives -inf" in cause.message


def test_an_operation_that_fails_within_a_loop():
    def f(A):
        def step(A, _):
            return A - np.linalg.inv(A), None

        return np.sum(cr.scan(step, A, None, length=3)[0])

    g = cr.trace(f, np.diag([1.0, 2.0]))
    opened = interpret.Opened(g.data, [np.diag([1.0, 2.0])])
    assert isinstance(opened.failure, np.linalg.LinAlgError)  # in the second step, at a row of zeros
    assert sum(v.operation is not None and v.operation.name == "inv" for v in opened.graph.variables) == 2


def test_a_loop_that_is_too_long_stays_one_operation(monkeypatch):
    monkeypatch.setattr("chainrule.interpret.opened.MOST", 20)
    g = cr.trace(scanned, X, 0.4)
    opened = interpret.Opened(g.data, [X, 0.4])
    assert "scan" in {v.operation.name for v in opened.graph.variables if v.operation}
    assert opened.values[opened.graph.outputs[0].number] == scanned(X, 0.4)
