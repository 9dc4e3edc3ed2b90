"""Bad input: the right class, the user's line, and a message that helps."""

import warnings

import numpy as np
import pytest

import chainrule as cr
from chainrule import errors
from chainrule.graph import Graph as Data
from chainrule.graph import check, from_text, substitute
from chainrule.ops import CATALOGUE


def raised(kind, function, *args, **keywords):
    with pytest.raises(kind) as caught:
        function(*args, **keywords)
    return caught.value


def is_here(error, code):
    """The message shows this file and the line of code."""
    text = str(error)
    assert "test_bad_input.py:" in text
    assert code in text
    assert "^" in text


def test_shapes_that_do_not_fit():
    W = np.ones((128, 10))

    def layer(x):
        hidden = np.tanh(x)
        return np.sum(hidden @ W)

    error = raised(errors.ShapeError, cr.grad(layer), np.ones((64, 100)))
    assert isinstance(error, ValueError)
    assert error.what == "matrix product needs inner sizes to agree: 100 is not 128"
    is_here(error, "return np.sum(hidden @ W)")
    assert "hidden (64, 100) float64, made at test_bad_input.py:" in error.got
    assert "(128, 10)" in error.got
    assert "(100, ...)" in error.wanted


def test_shapes_that_do_not_broadcast():
    error = raised(errors.ShapeError, cr.grad(lambda x: np.sum(x + np.ones(4))), np.ones(3))
    assert "add needs shapes that broadcast: (3,) and (4,) do not" in str(error)
    is_here(error, "np.sum(x + np.ones(4))")


@pytest.mark.parametrize("value", [np.arange(3), np.array([True, False]), 3, True])
def test_dtypes_that_carry_no_derivative(value):
    error = raised(errors.DtypeError, cr.grad(lambda weights: np.sum(weights * 1.0)), value)
    assert isinstance(error, TypeError)
    assert "no derivative by an argument of dtype" in str(error) and "weights" in str(error)
    is_here(error, "function(*args")


def test_integer_leaf_in_a_tree_is_named():
    error = raised(errors.DtypeError, cr.grad(lambda p: p["a"] * 1.0), {"a": 1.0, "b": [np.ones(2), np.arange(2)]})
    assert "p['b'][1]" in str(error)
    assert error.try_ == "np.asarray(p['b'][1], dtype=float)"


def test_strings_and_objects():
    error = raised(errors.DtypeError, cr.grad(lambda x: x), "text")
    assert "no derivative" in str(error)
    raised(errors.DtypeError, cr.grad(lambda x: x), np.array([None]))


def test_complex_results_have_a_gradient_where_they_are_said_to_be_holomorphic():
    error = raised(errors.DtypeError, cr.grad(np.sin), 1j)
    assert "the gradient is that of a real scalar, but sin returns a complex one" in str(error)
    assert "holomorphic=True" in error.try_
    error = raised(errors.DtypeError, cr.grad(lambda x: x * 1j, holomorphic=True), 1.0)
    assert "the arguments to differentiate by are complex, and x is not" in str(error)
    error = raised(errors.DtypeError, cr.grad(lambda z: abs(z), holomorphic=True), 1j)
    assert "with holomorphic=True the result is complex, and <lambda> returns a real one" in str(error)


def test_what_is_not_known_for_complex_numbers_is_refused_not_got_wrong():
    length = cr.operation("test_length", lambda z: np.abs(z), slopes=lambda y, z: z / y)
    assert cr.grad(length)(-2.0) == -1
    error = raised(errors.DerivativeError, cr.grad(length), 1 + 1j)
    assert "the derivative of test_length is not known for complex numbers" in str(error)
    assert "for_complex=True in its declaration" in error.try_


def test_result_that_is_no_scalar():
    error = raised(errors.ShapeError, cr.grad(lambda x: x * 2), np.ones(3))
    assert "the gradient is that of a scalar, but <lambda> returns an array of shape (3,)" in str(error)
    assert "cr.jacobian" in error.try_
    error = raised(errors.ShapeError, cr.grad(lambda x: (x, x)), 1.0)
    assert "returns tuple of 2 arrays" in str(error)
    error = raised(errors.ShapeError, cr.grad(lambda x: None), 1.0)
    assert "None" in str(error)
    error = raised(errors.DtypeError, cr.grad(lambda x: x > 0), 1.0)
    assert "dtype bool" in str(error)


@pytest.mark.parametrize("argnums", [2, -3, (0, 5)])
def test_argnums_out_of_range(argnums):
    error = raised(errors.ArgumentError, cr.grad(lambda x, y: x * y, argnums=argnums), 1.0, 2.0)
    assert "out of range for a call with 2 positional arguments" in str(error)
    is_here(error, "function(*args")


def test_argnums_that_are_no_numbers():
    assert "positions" in str(raised(errors.ArgumentError, cr.grad(lambda x: x, argnums=("x",)), 1.0))
    assert "twice" in str(raised(errors.ArgumentError, cr.grad(lambda x: x, argnums=(0, -1)), 1.0))
    assert "0 positional arguments" in str(raised(errors.ArgumentError, cr.grad(lambda x: x), x=1.0))


def test_foreign_variables():
    x, z = cr.variable("x"), cr.variable("z")
    error = raised(errors.GraphError, cr.Graph, [x], [x * z])
    assert "the outputs depend on z, which is not among the inputs" in str(error)
    assert error.try_ == "Graph(inputs=[x, z], ...)"
    g = cr.Graph([x], [x * x])
    other = cr.Graph([x], [x + x])
    error = raised(errors.ForeignVariableError, g.variable, other.outputs[0])
    assert "belongs to another graph" in str(error)
    raised(errors.ForeignVariableError, cr.Graph, [g.inputs[0]], [other.outputs[0]])


def test_leaked_array():
    kept = []
    cr.grad(lambda x: (kept.append(x), x * x)[1])(2.0)
    error = raised(errors.TraceError, lambda: kept[0] + 1.0)
    assert "after the function that made it has returned" in str(error)


def test_cycles():
    text = "graph f(x: f64[]) -> (b)\n  a: f64[] = add(x, b)\n  b: f64[] = sin(a)\n"
    error = raised(errors.TextError, from_text, text, CATALOGUE)
    assert "line 2" in str(error) and "'b'" in str(error)
    graph = Data()
    x = graph.input(cr.variable("x").variable.type)
    a = graph.append(CATALOGUE["sin"], (x,))
    b = graph.append(CATALOGUE["cos"], (a,))
    graph.outputs = [b]
    a.inputs = (b,)
    assert "cycle" in str(raised(errors.GraphError, check, graph))
    a.inputs = (x,)
    assert "cycle" in str(raised(errors.GraphError, substitute, graph, {a: b}))


def test_unknown_names():
    x = cr.variable("x")
    g = cr.Graph([x], [x * x])
    error = raised(errors.UnknownNameError, g.backprop, ["y"])
    assert isinstance(error, LookupError)
    assert "no variable 'y'" in str(error) and "x" in error.wanted
    assert "no input 'y'" in str(raised(errors.UnknownNameError, g.forward, y=1.0))
    assert "no value for the input x" in str(raised(errors.ArgumentError, g.forward))
    assert "there is no operation 'nothing'" in str(raised(errors.UnknownNameError, lambda: CATALOGUE["nothing"]))
    raised(AttributeError, lambda: cr.nothing)


def test_graph_inputs_of_another_shape_or_dtype():
    x = cr.variable("x", shape=(3,))
    g = cr.Graph([x], [np.sum(x)])
    assert "has shape (3,), not (2,)" in str(raised(errors.ShapeError, g.forward, x=[1.0, 2.0]))
    assert "complex128" in str(raised(errors.DtypeError, g.forward, x=np.ones(3) * 1j))


def test_seeds():
    x = cr.variable("x", shape=(3,))
    g = cr.Graph([x], [x * x, np.sum(x)])
    values = g.forward(x=np.ones(3))
    assert "single scalar output" in str(raised(errors.ShapeError, g.backward, values))
    assert "1 seeds for 2 outputs" in str(raised(errors.ArgumentError, g.backward, values, [1.0]))
    assert "seed" in str(raised(errors.ShapeError, g.backward, values, [np.ones(2), 1.0]))


def test_symbolic_variables_have_no_value():
    x = cr.variable("x")
    error = raised(errors.TraceError, lambda: 1.0 if x > 0 else 2.0)
    assert "has no value" in str(error)
    is_here(error, "if x > 0")


def test_value_taken_out_of_the_trace():
    error = raised(errors.TraceError, cr.grad(lambda x: float(x)), 1.0)
    assert "derivative would be lost" in str(error) and error.try_.startswith("x instead of float(x)")
    is_here(error, "float(x)")


def test_unsupported_function_is_named():
    error = raised(errors.UnsupportedError, cr.grad(lambda x: np.sum(np.linalg.eigvals(x))), np.ones((3, 3)))
    assert "np.linalg.eigvals is not supported on traced arrays" in str(error)
    is_here(error, "np.linalg.eigvals(x)")


def test_tangents_and_cotangents():
    raised(errors.ShapeError, cr.jvp, np.sin, (np.ones(3),), (np.ones(2),))
    raised(errors.ArgumentError, cr.jvp, np.sin, (np.ones(3),), ())
    raised(errors.ArgumentError, cr.jvp, np.sin, np.ones(3), np.ones(3))
    _, pullback = cr.vjp(np.sin, np.ones(3))
    raised(errors.ShapeError, pullback, np.ones(2))


def test_check_grads_finds_a_wrong_rule():
    wrong = cr.operation("test_wrong_slope", lambda x: x**3, slopes=lambda y, x: 2 * x * x)
    try:
        error = raised(errors.DerivativeError, cr.check_grads, wrong, (np.array([1.0, 2.0]),))
        assert "differs from central differences" in str(error)
    finally:
        del CATALOGUE["test_wrong_slope"]


def test_our_frames_are_hidden(monkeypatch):
    import traceback

    def f(x):
        return np.sum(x + np.ones(4))

    error = raised(errors.ShapeError, cr.grad(f), np.ones(3))
    frames = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    assert sum("chainrule" in name and "tests" not in name for name in frames) <= 2  # the entry points themselves
    monkeypatch.setenv("CHAINRULE_TRACEBACK", "full")
    error = raised(errors.ShapeError, cr.grad(f), np.ones(3))
    frames = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    assert sum("chainrule" in name and "tests" not in name for name in frames) > 4


def test_write_into_a_plain_array():
    plain = np.zeros(3)

    def fill(x):
        y = plain.copy()
        y[0] = x[0]
        return np.sum(y)

    error = raised(errors.MutationError, cr.grad(fill), np.ones(3))
    is_here(error, "y[0] = x[0]")
    assert "filled = np.array(y)" in error.try_


def test_subclasses_of_ndarray_are_refused_not_stripped():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        matrix = np.matrix([[1.0, 2.0]])
    for x in (np.ma.array([1.0, 2.0], mask=[False, True]), matrix):
        error = raised(errors.DtypeError, cr.grad(lambda x: np.sum(x * x)), x)
        assert type(x).__name__ in str(error)


def test_memory_maps_are_arrays(tmp_path):
    x = np.memmap(tmp_path / "x.bin", float, "w+", shape=(3,))
    x[:] = [1.0, 2.0, 3.0]
    np.testing.assert_array_equal(cr.grad(lambda x: np.sum(x * x))(x), [2.0, 4.0, 6.0])
