"""Recordings of rules: made once for each signature, and not without end."""

import numpy as np

import chainrule as cr
from chainrule.ops import rules


def test_a_rule_is_recorded_once_for_each_signature(monkeypatch):
    count = []
    original = rules._record_pull
    monkeypatch.setattr(rules, "_record_pull", lambda *args: (count.append(args), original(*args))[1])
    rules._pulls.clear()
    x = cr.variable("x", shape=(3,))
    u = x
    for _ in range(5):
        u = np.arctan(u)
    g = cr.Graph([x], [np.sum(u)])
    g.backprop("x", simplified=False)
    assert len(count) == 2  # arctan of three numbers, and their sum


def test_endless_shapes_do_not_fill_memory(monkeypatch):
    monkeypatch.setattr(rules, "MOST", 50)
    for n in range(1, 120):
        x = np.linspace(0.1, 1.0, n)
        np.testing.assert_allclose(cr.grad(lambda x: np.sum(np.sin(x)))(x), np.cos(x))
        assert len(rules._pulls) <= 50
