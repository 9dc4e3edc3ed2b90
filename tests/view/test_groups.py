"""Which variables are in which group."""

import threading

import numpy as np
import pytest

import chainrule as cr
from chainrule.view import Outline
from chainrule.view.groups import MOST
from chainrule.view.repeats import Run, runs


def tree_of(f, *arguments):
    return Outline(cr.trace(f, *arguments).data).tree


def nested(tree, number=0):
    """Titles, with what is within."""
    found = []
    for child in tree.groups[number].children:
        if child < 0:
            found.append((tree.groups[~child].title, nested(tree, ~child)))
        else:
            v = tree.graph.variables[child]
            found.append(v.operation.name if v.operation else v.name)
    return found


def test_scopes_are_groups_within_groups():
    def f(x):
        with cr.scope("encoder"):
            h = np.tanh(x)
            with cr.scope("inner"):
                h = np.exp(h)
        return np.sin(h)

    assert nested(tree_of(f, 1.0)) == ["x", ("encoder", ["tanh", ("inner", ["exp"])]), "sin"]


def test_each_time_that_a_scope_is_entered_is_a_group():
    @cr.scope("half")
    def half(x):
        return 0.5 * np.tanh(x)

    def f(x):
        return np.sin(half(half(x)))

    # Equal groups that follow each other are folded.
    once = ("half", ["tanh", "multiply"])
    assert nested(tree_of(f, 1.0)) == ["x", ("half", [once, once]), "sin"]


def test_a_scope_is_left_when_the_function_raises():
    def f(x):
        try:
            with cr.scope("fails"):
                raise ValueError
        except ValueError:
            return np.sin(x)

    assert nested(tree_of(f, 1.0)) == ["x", "sin"]


def test_scopes_are_those_of_one_thread():
    found = {}

    def f(x):
        return np.sin(x)

    with cr.scope("here"):
        thread = threading.Thread(target=lambda: found.update(there=nested(tree_of(f, 1.0))))
        thread.start()
        thread.join()
        assert nested(tree_of(f, 1.0)) == ["x", ("here", ["sin"])]
    assert found["there"] == ["x", "sin"]


def test_scopes_change_no_number_and_no_text():
    def plain(x):
        return np.sum(np.tanh(x) ** 2)

    def scoped(x):
        with cr.scope("a"):
            h = np.tanh(x)
        return np.sum(h**2)

    x = np.linspace(0, 1, 5)
    assert np.array_equal(cr.grad(plain)(x), cr.grad(scoped)(x))
    assert np.array_equal(cr.jit(cr.grad(plain))(x), cr.jit(cr.grad(scoped))(x))


@pytest.mark.parametrize("name", ["", None, 3])
def test_a_scope_without_a_name_is_refused(name):
    with pytest.raises(cr.errors.ArgumentError, match="a scope has a name"):
        cr.scope(name)


def test_functions_and_layers_are_groups():
    def layer(h, p):
        return np.tanh(h @ p["W"])

    def f(parameters, x):
        h = layer(x, parameters[0])
        h = layer(h, parameters[1])
        return np.sum(h @ parameters[2]["W"])

    leaves = [{"W": np.ones(s)} for s in ((2, 3), (3, 4), (4, 5))]
    assert nested(tree_of(f, leaves, np.ones((6, 2)))) == [
        "x",
        ("layer parameters.0", ["parameters.0.W", "einsum", "tanh"]),
        ("layer parameters.1", ["parameters.1.W", "einsum", "tanh"]),
        ("parameters.2", ["parameters.2.W", "einsum"]),
        "einsum",
    ]


def test_comprehensions_belong_to_their_function():
    def inner(x):
        return sum(np.sin(k * x) for k in (1.0, 2.0))

    def f(x):
        return np.exp(sum(np.cos(k * x) for k in (1.0, 2.0))) + inner(x)

    assert [each if isinstance(each, str) else each[0] for each in nested(tree_of(f, 1.0))] == [
        *["x", "multiply", "cos", "add", "multiply", "cos", "add", "exp"],
        *["inner", "add"],
    ]


def test_loops_in_a_function_are_steps():
    def f(x):
        for _ in range(20):
            x = np.sin(x)
            x = np.cos(x)
        return np.exp(x)

    tree = tree_of(f, 1.0)
    fold = tree.groups[~tree.groups[0].children[1]]
    assert (fold.kind, fold.copies) == ("copies", 20)
    assert fold.title == f"loop, test_groups.py:{f.__code__.co_firstlineno + 2}"
    assert nested(tree, ~fold.children[7]) == ["sin", "cos"]


def test_very_many_copies_are_folds_in_a_fold():
    def f(x):
        for _ in range(1000):
            x = np.sin(x)
            x = np.cos(x)
        return np.exp(x)

    tree = tree_of(f, 1.0)
    fold = tree.groups[~tree.groups[0].children[1]]
    assert (fold.kind, fold.copies) == ("copies", 1000)
    parts = [tree.groups[~child] for child in fold.children]
    assert len(parts) == 31 and sum(part.copies for part in parts) == 1000
    assert all(part.kind == "copies" and len(part.children) == part.copies in (32, 33) for part in parts)
    assert parts[1].title == f"{fold.title}, 33…64" and parts[-1].title.endswith("…1000")
    copies = tree.copies(fold.number)
    assert len(copies) == 1000 and [tree.members(n) for n in copies] == [[2 * k + 1, 2 * k + 2] for k in range(1000)]


def test_steps_of_other_shapes_are_not_folded():
    def f(x):
        for n in (40, 30, 20, 10):
            x = np.sin(x[:n])
            x = np.cos(x) * x
            for _ in range(3):
                x = np.exp(-x)
        return np.sum(x)

    tree = tree_of(f, np.ones(50))
    assert all(group.copies <= 3 for group in tree.groups)
    assert any(group.kind == "step" for group in tree.groups)


def test_what_is_long_is_cut_into_parts():
    rng = np.random.default_rng(0)
    functions = (np.sin, np.cos, np.tanh, np.exp, np.negative, np.arctan)

    def f(x):
        for k in rng.integers(0, len(functions), 3000):
            x = functions[k](x)
        return x

    tree = tree_of(f, 0.5)
    sizes = [len(group.children) for group in tree.groups if group.kind != "copies" and group.copies == 1]
    assert max(sizes) <= MOST + 1  # and the input
    assert sorted(tree.members(0)) == list(range(len(tree.graph)))


def test_runs_by_hand():
    assert runs("abababc") == [Run(0, 2, 3)]
    assert runs("xaaaay") == [Run(1, 1, 4)]
    assert runs("abab") == []  # twice is no loop
    assert runs("aabaabaab") == [Run(0, 3, 3)]
    assert runs("") == []
