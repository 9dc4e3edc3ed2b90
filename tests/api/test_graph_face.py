"""cr.Graph, cr.variable and cr.trace: names, seeds, composition, copies, and what is refused."""

import copy
import pickle

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import (
    ArgumentError,
    DtypeError,
    ForeignVariableError,
    ShapeError,
    TextError,
    TraceError,
    UnknownNameError,
)


def two_outputs():
    x, y = cr.variable("x", 3), cr.variable("y")
    return cr.Graph([x, y], [np.sum(x * y), x + y], name="two")


def point():
    return np.array([1.0, 2.0, 3.0])


# Names


def test_values_by_the_variables_that_the_graph_was_made_from():
    x = cr.variable("x")
    h = np.sin(x)
    unused = np.cos(x)
    g = cr.Graph([x], [h * h])
    values = g.forward(x=0.3)
    assert values[h] == np.sin(0.3)
    assert g.backward(values)[h] == 2 * np.sin(0.3)
    assert g.backprop(wrt=[h])(0.3) == pytest.approx(2 * np.sin(0.3))
    with pytest.raises(UnknownNameError, match="not needed for the outputs"):
        values[unused]
    with pytest.raises(ForeignVariableError):
        copy.deepcopy(g).forward(x=0.3)[h]


def test_variables_of_one_name_are_two():
    first, second = cr.variable("a"), cr.variable("a")
    g = cr.Graph([first, second], [first * second])
    values = g.forward(2.0, 5.0)
    assert (values[first], values[second], values["a"], values["a_2"]) == (2.0, 5.0, 2.0, 5.0)
    assert g(a=2.0, a_2=5.0) == 10.0


@pytest.mark.parametrize("name", ["v0", "v7", "c1", "self", "inputs", "λ", "lambda", "W.1"])
def test_names_that_users_choose_are_kept(name):
    x = cr.variable(name)
    g = cr.Graph([x], [x * x])
    assert g(**{name: 3.0}) == g.forward(**{name: 3.0})[g.outputs[0]] == 9.0
    again = cr.Graph.from_text(g.to_text())
    assert again(**{name: 3.0}) == 9.0
    assert again.to_text() == g.to_text()


@pytest.mark.parametrize("name", ["", "two words", "1st", "a-b", 3, None])
def test_names_that_cannot_be_written(name):
    with pytest.raises(ArgumentError, match="a variable has a name"):
        cr.variable(name)


def test_shapes_and_dtypes_of_variables():
    assert cr.variable("x", [2, 3]).shape == (2, 3)
    assert cr.variable("x", dtype="float32").dtype == np.float32
    for shape in (None, 3.0, True, (-1,), (None,), "ab"):
        with pytest.raises(ShapeError, match="is no shape"):
            cr.variable("x", shape)
    for dtype in ("nonsense", object, "U3"):
        with pytest.raises(DtypeError):
            cr.variable("x", dtype=dtype)


def test_names_are_looked_up():
    g = two_outputs()
    values = g.forward(point(), 2.0)
    assert "x" in values and "nope" not in values
    assert values.get("nope", 3) == 3
    assert list(values) == g.names and len(values) == len(g)
    for name in ("nope", 0, None, ["x"]):
        with pytest.raises(UnknownNameError, match="the graph has no variable"):
            values[name]


def test_leaves_of_trees_are_named_by_their_place():
    g = cr.trace(lambda p: p["W"][0] * p["b"], {"W": [1.0, 2.0], "b": 3.0})
    assert [g.names[v.number] for v in g.inputs] == ["p.W.0", "p.W.1", "p.b"]


def test_a_graph_is_walked_over():
    g = two_outputs()
    assert list(g) == g.variables


# Seeds


def test_a_repeated_output_counts_twice():
    """d(y^2 + 10 y^2)/dy = 22 y."""
    y = cr.variable("y")
    square = y * y
    g = cr.Graph([y], [square, square])
    assert g.backward(g.forward(3.0), [1.0, 10.0])["y"] == 66.0
    assert g.backprop("y", seeds=[1.0, 10.0])(3.0) == 66.0
    assert g.backprop("y", seeds="inputs")(3.0, 1.0, 10.0) == 66.0


def test_seeds_by_name_may_be_left_out():
    g = two_outputs()
    values = g.forward(point(), 2.0)
    for seeds in ({g.outputs[0]: 1.0}, {g.names[g.outputs[0].number]: 1.0}):
        np.testing.assert_array_equal(g.backward(values, seeds)["x"], [2.0, 2.0, 2.0])
        np.testing.assert_array_equal(g.backprop("x", seeds=seeds)(point(), 2.0), [2.0, 2.0, 2.0])


@pytest.mark.parametrize(
    ("seeds", "kind", "message"),
    [
        (None, ShapeError, "single scalar output"),
        ([1.0], ArgumentError, "1 seeds for 2 outputs"),
        ([1.0, 1.0], ShapeError, r"the seed of v4 has shape \(\), not \(3,\)"),
        ([1.0, None], DtypeError, "the seed of v4 is of dtype object"),
        ([1j, np.ones(3)], DtypeError, "complex128"),
        ([1.0, ["a", "b", "c"]], DtypeError, "the seed of v4"),
        ({"x": np.ones(3)}, ArgumentError, "x is no output"),
        ({"nope": 1.0}, UnknownNameError, "no variable 'nope'"),
    ],
)
def test_seeds_that_do_not_fit(seeds, kind, message):
    g = two_outputs()
    values = g.forward(point(), 2.0)
    with pytest.raises(kind, match=message):
        g.backward(values, seeds)
    with pytest.raises(kind, match=message):
        g.backprop("x", seeds=seeds)


def test_values_that_are_not_those_of_the_graph():
    x = cr.variable("x")
    g, other = cr.Graph([x], [x * x]), cr.Graph([x], [np.sin(x)])
    table = g.backward(g.forward(3.0))
    for values in (other.forward(3.0), table, {"x": 3.0}, None):
        with pytest.raises(ArgumentError, match="starts from the values that forward has returned"):
            g.backward(values)


def test_integers_have_no_gradient():
    x, n = cr.variable("x"), cr.variable("n", dtype=int)
    g = cr.Graph([x, n], [x * n])
    table = g.backward(g.forward(3.0, 2))
    assert "n" not in list(table) and "n" not in repr(table)
    with pytest.raises(DtypeError, match="n is of dtype int64"):
        table["n"]
    with pytest.raises(DtypeError, match="n is of dtype int64"):
        g.backprop("n")
    counted = cr.Graph([x], [(x > 0).astype(int)])
    with pytest.raises(DtypeError, match="carries no derivative"):
        counted.backward(counted.forward(1.0))
    with pytest.raises(DtypeError, match="carries no derivative"):
        counted.backprop("x")


def test_wrt_names_something():
    g = cr.Graph([x := cr.variable("x")], [x * x])
    with pytest.raises(ArgumentError, match="names no variable"):
        g.backprop(wrt=[])
    for wrt in (3, None, ["nope"]):
        with pytest.raises(UnknownNameError):
            g.backprop(wrt=wrt)


# Inputs


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (np.ma.array(point(), mask=[True, False, False]), DtypeError),
        ([[1.0], [2.0, 3.0]], ArgumentError),
        (["a", "b", "c"], DtypeError),
        (point() * 1j, DtypeError),
        (1.0, ShapeError),
        (None, ShapeError),
    ],
)
def test_inputs_that_do_not_fit(given, kind):
    with pytest.raises(kind, match=r"x|MaskedArray"):
        two_outputs().forward(given, 2.0)


def test_numbers_of_inputs():
    g = two_outputs()
    for arguments, named, message in [
        ((point(), 2.0, 3.0), {}, "has 2 inputs, but 3"),
        ((point(),), {}, "no value for the input y"),
        ((point(), 2.0), {"x": point()}, "x is given twice"),
        ((point(),), {"z": 1.0}, "no input 'z'"),
    ]:
        with pytest.raises((ArgumentError, UnknownNameError), match=message):
            g.forward(*arguments, **named)
        with pytest.raises((ArgumentError, UnknownNameError), match=message):
            g(*arguments, **named)


@pytest.mark.parametrize("variables", [None, 3, "x", cr.variable("x")])
def test_lists_of_variables(variables):
    x = cr.variable("x")
    with pytest.raises(ArgumentError, match="is a list of variables"):
        cr.Graph(variables, [x])
    with pytest.raises(ArgumentError, match="is a list of variables"):
        cr.Graph([x], variables)


def test_what_a_graph_is_not_made_of():
    x = cr.variable("x")
    for inputs, outputs, name in (([3.0], [x], "g"), ([x], [3.0], "g"), ([x], [], "g"), ([x], [x], 3)):
        with pytest.raises(ArgumentError):
            cr.Graph(inputs, outputs, name)


# Graphs in functions


def test_a_graph_is_a_function_that_can_be_differentiated():
    g = two_outputs()
    first, second = cr.jacobian(g)(point(), 2.0)
    np.testing.assert_array_equal(np.asarray(first), [2.0, 2.0, 2.0])
    np.testing.assert_array_equal(np.asarray(second), np.eye(3))
    square = cr.Graph([x := cr.variable("x")], [x**2])
    assert cr.grad(cr.grad(lambda t: square(t * t)))(2.0) == 48.0  # t^4: 12 t^2
    assert cr.Graph([x], [square(x) + 1])(3.0) == 10.0
    with pytest.raises(TraceError, match="forward computes values") as caught:
        cr.grad(lambda t: square.forward(t)["x"])(2.0)
    assert "g(...)" in caught.value.try_


def test_a_graph_of_one_path_is_that_path_in_functions_too():
    g = cr.trace(lambda x: x * x if x > 0 else -x, 2.0)
    assert cr.grad(g)(3.0) == 6.0
    with pytest.raises(TraceError, match="another path"):
        cr.grad(g)(-3.0)


# Shapes of graphs


def test_unused_inputs_and_inputs_that_are_outputs():
    x, y = cr.variable("x", 3), cr.variable("y")
    g = cr.Graph([y, x], [y, y])
    assert g(3.0, point()) == [3.0, 3.0]
    np.testing.assert_array_equal(g.backprop("x", seeds=[1.0, 1.0])(3.0, point()), np.zeros(3))
    assert g.backprop("y", seeds=[1.0, 1.0])(3.0, point()) == 2.0


def test_pickles_and_copies():
    g = two_outputs()
    values = g.forward(point(), 2.0)
    for again in (pickle.loads(pickle.dumps(g)), copy.deepcopy(g), copy.copy(g)):
        np.testing.assert_array_equal(again(point(), 2.0)[1], [3.0, 4.0, 5.0])
        assert again.to_text() == g.to_text()
    for kept in (pickle.loads(pickle.dumps(values)), copy.deepcopy(values)):
        np.testing.assert_array_equal(kept["x"], point())
        np.testing.assert_array_equal(kept.graph.backward(kept, [1.0, point()])["x"], [3.0, 4.0, 5.0])


def test_what_is_read_must_be_a_text():
    for read in (cr.Graph.from_text, cr.Graph.from_json):
        for text in (3, None, "", "[" * 100_000):
            with pytest.raises(TextError):
                read(text)


def test_a_long_chain():
    x = y = cr.variable("x")
    for _ in range(10_000):
        y = np.sin(y)
    g = cr.Graph([x], [y])
    values = g.forward(0.5)
    for again in (pickle.loads(pickle.dumps(g)), copy.deepcopy(g), cr.Graph.from_json(g.to_json())):
        assert again(0.5) == values[g.outputs[0]]
    assert cr.Graph.from_text(g.to_text()).to_text() == g.to_text()
    assert g.backprop("x", simplified=False)(0.5) == g.backward(values)["x"]
    assert len(repr(values).splitlines()) == len(g) + 2
    assert g.to_dot().count("->") == 10_000


@pytest.mark.parametrize("method", ["show", "to_html", "to_svg", "to_latex"])
def test_views_are_there_or_not_at_all(method):
    """None of them may be a name that does nothing."""
    g = two_outputs()
    if hasattr(g, method):
        assert callable(getattr(g, method))
        assert getattr(g, method).__doc__
