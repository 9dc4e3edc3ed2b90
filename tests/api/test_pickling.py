"""Everything public is pickled and copied: by all protocols, to a fresh process and back, with equal results."""

import copy
import inspect
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import linalg

import chainrule as cr
from chainrule import errors, losses, nets, optimizers, regularizers, training
from chainrule.backprop import jacobian
from chainrule.ops import CATALOGUE
from chainrule.structure import Program

from . import pickled_functions as functions
from .pickled_functions import Weights

X = np.array([1.0, -0.5, 2.0])
S = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 5.0]])
A = np.array([[1.0, 2.0, 0.0], [-1.0, 0.5, 3.0], [0.3, 0.1, 1.0]])
POINT = Weights(A, X)
TANGENT = Weights(S, X * X)
COPIES = {
    **{f"protocol {n}": lambda x, n=n: pickle.loads(pickle.dumps(x, n)) for n in range(2, 6)},
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}

FUNCTIONS: dict[str, Any] = {
    "grad": (cr.grad(functions.energy), (X,)),
    "grad under its own name": (functions.slope, (X,)),
    "grad as a decorator": (functions.decorated, (X,)),
    "grad of a grad": (cr.grad(cr.grad(functions.energy)), (1.5,)),
    "grad with options": (cr.grad(np.dot, argnums=(1, 0)), (X, X)),
    "grad of a method": (cr.grad(POINT.energy), (X,)),
    "value_and_grad": (functions.both, (X,)),
    "elementwise_grad": (cr.elementwise_grad(np.tanh), (X,)),
    "jacobian": (cr.jacobian(functions.field, mode="forward"), (X,)),
    "hessian": (cr.hessian(functions.energy), (X,)),
    "hvp": (cr.hvp(functions.energy), (X, X)),
    "vmap": (cr.vmap(cr.grad(functions.energy), in_axes=1, out_axes=1), (A,)),
    "checkpoint": (cr.checkpoint(functions.field), (X,)),
    "jit": (functions.compiled, (X,)),
    "jit of a grad": (functions.compiled_slope, (X,)),
    "jit as a decorator": (functions.compiled_by_name, (X,)),
    "grad of a jit": (cr.grad(cr.jit(functions.energy)), (X,)),
    "operation": (functions.cubed, (X,)),
    "grad of an operation": (cr.elementwise_grad(functions.cubed), (X,)),
    "linear operation": (functions.turned, (X,)),
    "custom_gradient as a decorator": (cr.grad(functions.clipped_energy), (X,)),
    "custom_gradient": (functions.doubled_slope, (X,)),
    "pullback": (cr.vjp(functions.field, X)[1], (X,)),
    "pullback of trees": (cr.vjp(functions.layer, POINT, X)[1], ({"out": X, "norm": 2.0},)),
    "tangent map": (cr.linearize(functions.field, X)[1], (X,)),
    "tangent map of trees": (cr.linearize(functions.layer, POINT, X)[1], (TANGENT, X)),
    "unravel": (cr.ravel({"w": S, "b": 2.0})[1], (np.arange(10.0),)),
    "graph": (cr.trace(functions.energy, X), (X,)),
    "graph with operations": (cr.trace(lambda x: functions.clipped(functions.cubed(x)), X), (X,)),
    "graph with loops": (cr.trace(lambda x: cr.scan(lambda c, r: (c * r, c), 1.0, x)[1], X), (X,)),
    "random": (cr.random.normal, (cr.random.key(3), (2,))),
    "stop_gradient": (cr.stop_gradient, (X,)),
    "decorator with options": (cr.grad(argnums=0), (functions.energy,)),
}


def assert_equal(found: Any, wanted: Any):
    """Trees of arrays; another order in memory may add in another order."""
    if isinstance(wanted, Weights):
        found, wanted = vars(found), vars(wanted)
    if isinstance(wanted, dict):
        assert found.keys() == wanted.keys()
        found, wanted = list(found.values()), list(wanted.values())
    if isinstance(wanted, (tuple, list)):
        assert len(found) == len(wanted)
        for each in zip(found, wanted, strict=True):
            assert_equal(*each)
    elif callable(wanted):
        assert type(found) is type(wanted) and inspect.unwrap(found) is inspect.unwrap(wanted)
    else:
        np.testing.assert_allclose(np.asarray(found), np.asarray(wanted), rtol=1e-14, atol=1e-15, strict=True)


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name, how):
    f, arguments = FUNCTIONS[name]
    again = COPIES[how](f)
    for attribute in ("__name__", "__qualname__", "__module__", "__doc__"):
        assert getattr(again, attribute, None) == getattr(f, attribute, None)
    assert_equal(again(*arguments), f(*arguments))


def test_what_stands_under_its_name_is_itself():
    for f in (functions.decorated, functions.compiled_by_name):
        assert pickle.loads(pickle.dumps(f)) is f
    for name in cr.__all__:
        if name not in ("random", "__version__"):
            assert pickle.loads(pickle.dumps(getattr(cr, name))) is getattr(cr, name)
            assert copy.deepcopy(getattr(cr, name)) is getattr(cr, name)
    for name in cr.random.__all__:
        assert pickle.loads(pickle.dumps(getattr(cr.random, name))) is getattr(cr.random, name)


FRESH = """
import pickle, sys
f, arguments = pickle.load(sys.stdin.buffer)
assert "numpy" in sys.modules
result = f(*arguments)
sys.stdout.buffer.write(pickle.dumps(result))
"""


def in_a_fresh_process(program, data, check=True):
    root = Path(__file__).parents[2]
    paths = [str(root), *sys.path]
    return subprocess.run(
        [sys.executable, "-c", program],
        input=data,
        capture_output=True,
        check=check,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))},
    )


def test_all_functions_in_a_fresh_process():
    """In one, one after the other: modules are imported as they are needed."""
    program = """
import pickle, sys
results = {}
for name, data in pickle.load(sys.stdin.buffer).items():
    f, arguments = pickle.loads(data)
    results[name] = f(*arguments)
sys.stdout.buffer.write(pickle.dumps(results))
"""
    data = {name: pickle.dumps(case) for name, case in FUNCTIONS.items()}
    results = pickle.loads(in_a_fresh_process(program, pickle.dumps(data)).stdout)
    for name, (f, arguments) in FUNCTIONS.items():
        assert_equal(results[name], f(*arguments))


@pytest.mark.parametrize("name", ["operation", "graph with operations", "pullback of trees", "custom_gradient"])
def test_what_is_declared_elsewhere_is_imported(name):
    """Each alone: nothing else has imported the module that declares it."""
    f, arguments = FUNCTIONS[name]
    assert_equal(pickle.loads(in_a_fresh_process(FRESH, pickle.dumps((f, arguments))).stdout), f(*arguments))


def test_an_operation_that_is_not_declared_there():
    """Declared by code that runs, not by a module that can be imported: an error names it."""
    here = cr.operation("test_declared_here", np.sin, slopes=lambda y, x: np.cos(x))
    graph = pickle.dumps((cr.trace(here, X), (X,)))
    found = in_a_fresh_process(FRESH, graph, check=False)
    assert b"UnknownNameError" in found.stderr and b"test_declared_here" in found.stderr


def test_another_operation_of_the_same_name():
    """What a name stood for where it was pickled is not what it stands for here: refused, not computed wrongly."""
    data = pickle.dumps(cr.trace(functions.doubled_slope, X))
    assert b"doubled_1" in data
    for name in ("doubled_1", "doubled_1_pullback"):
        CATALOGUE[name].declared_by = (functions.__name__, "another_function")
    try:
        with pytest.raises(errors.UnknownNameError, match="doubled_1"):
            pickle.loads(data)
    finally:
        for name in ("doubled_1", "doubled_1_pullback"):
            CATALOGUE[name].declared_by = (functions.__name__, "doubled")


# Jacobians


def looped(x):
    return cr.scan(lambda c, r: (np.cos(c * r) + x[0], c), 1.0, x)[1]


JACOBIANS: dict[str, Any] = {
    "zero": (lambda x: np.ones(3) + np.sign(x), X),
    "identity": (lambda x: x + 1, X),
    "scaled identity": (lambda x: 3 * x, X),
    "diagonal": (np.tanh, X),
    "selection": (lambda x: x[[2, 0]], X),
    "broadcast": (lambda x: np.broadcast_to(x, (2, 3)), X),
    "sum": (lambda x: np.sum(x, axis=0), A),
    "Kronecker": (lambda x: A @ x @ S, S),
    "block diagonal": (lambda x: np.einsum("nij,nj->ni", np.stack([A, S]), x), np.stack([X, X])),
    "banded": (lambda x: np.diff(np.sin(x)), X),
    "triangular": (np.cumsum, X),
    "low rank": (lambda x: X * (x @ X), X),
    "diagonal plus low rank": (lambda x: np.exp(x) / np.sum(np.exp(x)), X),
    "dense": (functions.field, X),
    "sorted": (np.sort, X),
    "running product": (np.cumprod, X),
    "solve": (lambda x: np.linalg.solve(x, X), A),
    "solve by the right side": (lambda b: np.linalg.solve(S, b), X),
    "solve a batch of vectors": (lambda x: np.linalg.solve(x, X[:, None])[..., 0], np.stack([A, S])),
    "inverse": (np.linalg.inv, A),
    "determinant": (np.linalg.det, A),
    "cholesky": (np.linalg.cholesky, S),
    "complex cholesky": (lambda x: np.abs(np.linalg.cholesky(x)), S + 0.1j * (A - A.T)),
    "eigh": (lambda x: np.linalg.eigh(x)[0], S),
    "svd": (lambda x: np.linalg.svd(x)[1], A),
    "Q of qr": (lambda x: np.linalg.qr(x)[0], A),
    "R of qr": (lambda x: np.linalg.qr(x)[1], A),
    "expm": (lambda x: linalg.expm(x), A),
    "fft": (lambda x: np.fft.fft(x), X + 1j * X),
    "real part of fft": (lambda x: np.real(np.fft.fft(x)), X),
    "rfft": (lambda x: np.abs(np.fft.rfft(x)), X),
    "irfft": (lambda x: np.fft.irfft(x * (1 + 1j)), X),
    "conjugate": (np.conj, X + 1j * X),
    "scan": (looped, X),
    "while_loop": (lambda x: cr.while_loop(lambda s: s[0] < 9, lambda s: s * 1.5 + np.sin(s), x), X),
    "cond": (lambda x: cr.cond(x[0] > 0, np.sin, np.cos, x), X),
    "checkpoint": (cr.checkpoint(functions.field), X),
    "custom_gradient": (functions.doubled_slope, X),
    "operation": (functions.cubed, X),
    "linear operation": (functions.turned, X),
}


def results_of(J, name):
    rng = np.random.default_rng(0)
    v, g = rng.normal(size=J.in_shape), rng.normal(size=J.out_shape)
    found = [J.T @ g, (J.T * 3) @ g, g @ J]
    return found if name == "custom_gradient" else [*found, J @ v, (2 * J) @ v, (J + J) @ v]


@pytest.mark.parametrize("formed", [True, False], ids=["formed", "applied only"])
@pytest.mark.parametrize("name", JACOBIANS)
def test_jacobians(name, formed, monkeypatch):
    """As they are, and where they are too large to be formed, so that programs stand in them."""
    if not formed:
        monkeypatch.setattr(jacobian, "DENSE_ENOUGH", 0)
    f, x = JACOBIANS[name]
    J = cr.jacobian(f)(x)
    for each in (J, J.T, 2 * J, J @ J.T) if name != "custom_gradient" else (J, 2 * J):
        wanted = results_of(each, name)
        for how in COPIES.values():
            again = how(each)
            assert (again.shape, again.dtype, again.structure) == (each.shape, each.dtype, each.structure)
            assert repr(again) == repr(each)
            for found, right in zip(results_of(again, name), wanted, strict=True):
                np.testing.assert_allclose(found, right, rtol=1e-12, atol=1e-13)


def test_jacobians_in_a_fresh_process(monkeypatch):
    monkeypatch.setattr(jacobian, "DENSE_ENOUGH", 0)
    program = """
import pickle, sys
cases = pickle.load(sys.stdin.buffer)
sys.stdout.buffer.write(pickle.dumps({name: J.T @ g for name, (J, g) in cases.items()}))
"""
    maps = {name: cr.jacobian(f)(x) for name, (f, x) in JACOBIANS.items()}
    cases = {name: (J, np.random.default_rng(0).normal(size=J.out_shape)) for name, J in maps.items()}
    results = pickle.loads(in_a_fresh_process(program, pickle.dumps(cases)).stdout)
    for name, (J, g) in cases.items():
        np.testing.assert_allclose(results[name], J.T @ g, rtol=1e-12, atol=1e-13)


def cases_of_the_catalogue():
    for name, operation in CATALOGUE.items():
        if operation.examples is not None and operation.declared_by is None:
            yield pytest.param(operation, id=name)


@pytest.mark.parametrize("operation", list(cases_of_the_catalogue()))
def test_the_local_jacobians_of_every_operation(operation):
    for example in list(operation.examples(np.random.default_rng(0)))[:3]:
        values = [np.asarray(x) for x in example.arguments]
        parameters = tuple(example.parameters[name] for name in operation.parameter_names)
        ys = operation.compute(values, parameters)
        ys = [np.asarray(y) for y in (ys if isinstance(ys, tuple) else (ys,))]
        for k in range(len(values)):
            try:
                maps = operation.local_jacobians(k, ys, values, parameters)
            except errors.DerivativeError:
                continue
            for J in maps:
                if J is None:
                    continue
                again, g = pickle.loads(pickle.dumps(J)), np.random.default_rng(1).normal(size=J.out_shape)
                if not isinstance(J, Program):
                    np.testing.assert_allclose(again.T.apply(g), J.T.apply(g), rtol=1e-12, atol=1e-13)


def test_a_hessian_of_trees():
    H = cr.hessian(lambda w, x: np.sum(functions.layer(w, x)["out"]))(POINT, X)
    again = pickle.loads(pickle.dumps(H))
    np.testing.assert_allclose(np.asarray(again.W.b), np.asarray(H.W.b), rtol=1e-14)


# What belongs to a graph


def test_a_symbolic_variable_is_pickled_with_its_graph():
    x = cr.variable("x", (3,))
    for each in (x, np.sum(x * x)):
        with pytest.raises(errors.TraceError, match="is a part of a graph, and is pickled with that") as caught:
            pickle.dumps(each)
        assert caught.value.try_ == "pickle cr.Graph(inputs=[...], outputs=[...])"
    graph = pickle.loads(pickle.dumps(cr.Graph(inputs=[x], outputs=[np.sum(x * x)])))
    assert graph(X) == X @ X


@pytest.mark.parametrize("how", COPIES)
def test_a_variable_of_a_graph(how):
    graph = cr.trace(functions.energy, X)
    again = COPIES[how](graph.variable("x"))
    assert (again.name, again.type) == ("x", graph.variable("x").type)
    table = graph.backward(graph.forward(X))
    np.testing.assert_array_equal(COPIES[how](table)["x"], table["x"])


@pytest.mark.parametrize("make", [cr.vjp, cr.linearize])
def test_products_within_a_trace_belong_to_it(make):
    """Their error says so, when they are pickled or copied while the trace is under way, and afterwards."""
    kept = []

    def f(x):
        kept.append(make(functions.field, x)[1])
        with pytest.raises(errors.TraceError, match="made within a trace and belongs to it"):
            pickle.dumps(kept[0])
        return np.sum(x)

    cr.grad(f)(X)
    for how in (pickle.dumps, copy.deepcopy):
        with pytest.raises(errors.TraceError, match="made within a trace and belongs to it"):
            how(kept[0])


def test_a_traced_array_is_not_pickled():
    with pytest.raises(errors.TraceError, match="pickle"):
        cr.grad(lambda x: pickle.loads(pickle.dumps(x)))(2.0)


def test_a_function_without_a_name_is_named_by_the_error():
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        pickle.dumps(cr.grad(lambda x: x * x))
    assert copy.deepcopy(cr.grad(lambda x: x * x))(3.0) == 6.0


def test_deep_copies_of_methods_have_an_object_of_their_own():
    point = Weights(A.copy(), X.copy())
    gradient = cr.grad(point.energy)
    wanted, again = gradient(X), copy.deepcopy(gradient)
    point.W[:] = 0
    np.testing.assert_array_equal(again(X), wanted)
    np.testing.assert_array_equal(gradient(X), 0)


# Catalogues and training


def entries():
    for catalogue in (
        losses.LOSSES,
        regularizers.REGULARIZERS,
        optimizers.OPTIMIZERS,
        optimizers.SCHEDULES,
        nets.ACTIVATIONS,
        nets.INITIALIZATIONS,
        nets.BIASES,
    ):
        for name, entry in catalogue.items():
            yield pytest.param(entry, id=f"{type(entry).__name__} {name}")


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("entry", list(entries()))
def test_entries_of_catalogues(entry, how):
    assert COPIES[how](entry) == entry


def test_entries_with_settings():
    huber = losses.LOSSES["huber"].configured(delta=2.0)
    again = pickle.loads(pickle.dumps(huber))
    assert again.settings == huber.settings
    assert again.function(np.array([10.0]), np.array([0.0])) == 18.0
    name, known = next((n, e) for n, e in nets.ACTIVATIONS.items() if e.settings and "pieces" not in e.settings)
    setting = next(iter(known.settings))
    activation = known.configured(**{setting: 0.5})
    assert pickle.loads(pickle.dumps(activation)) == activation, name


def test_settings_of_training():
    settings = training.Settings(hidden=(32, 16), epochs=5)
    for how in COPIES.values():
        assert how(settings) == settings
