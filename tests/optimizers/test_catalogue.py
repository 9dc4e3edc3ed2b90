"""What every optimizer of the catalogue does; adding one adds these tests."""

from __future__ import annotations

import copy
import pickle
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import chainrule as cr
from chainrule import optimizers, tree
from chainrule.errors import ArgumentError, DtypeError, ShapeError
from chainrule.optimizers import OPTIMIZERS, configured, schedules

every = pytest.mark.parametrize("name", OPTIMIZERS)
RATES = [3.0, 1.0, 0.1, 0.03, 0.01, 0.003, 0.002]


class Layer(NamedTuple):
    W: Any
    b: Any


@dataclass
class Scale:
    slope: Any
    offset: Any


def net(dtype=np.float64, seed=0):
    """A tree of every kind of node, with a scalar, an array of rank 0 and an empty one among its leaves."""
    rng = np.random.default_rng(seed)

    def array(*shape):
        return rng.normal(size=shape).astype(dtype)

    return {
        "layers": [Layer(array(3, 4), array(4)), Layer(array(4, 2), array(2))],
        "scale": Scale(dtype(rng.normal()), array().reshape(())),
        "rest": (array(0, 3), {"deep": [array(2, 2, 2)]}, None),
    }


def leaves(x):
    return tree.flatten(x)[0]


def assert_equal(found, wanted):
    assert tree.structure_of(found) == tree.structure_of(wanted)
    for a, b in zip(leaves(found), leaves(wanted), strict=True):
        np.testing.assert_array_equal(a, b)
        assert np.asarray(a).dtype == np.asarray(b).dtype


def assert_close(found, wanted, rtol):
    assert tree.structure_of(found) == tree.structure_of(wanted)
    for a, b in zip(leaves(found), leaves(wanted), strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-300)


def walked(optimizer, parameters, steps=3, rate=0.1, seed=1):
    """Parameters and state after steps along random gradients."""
    state = optimizer.initialize(parameters)
    for k in range(steps):
        gradients = net(leaves(parameters)[0].dtype.type, seed + k)
        parameters, state = optimizer.update(parameters, gradients, state, rate)
    return parameters, state


def test_every_optimizer_is_in_the_catalogue():
    folder = Path(optimizers.__file__).parent
    assert {path.stem for path in folder.glob("*.py") if "\ndef update(" in path.read_text()} == set(OPTIMIZERS)
    assert list(OPTIMIZERS) == ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", "adadelta"]


@every
def test_declarations_say_what_people_need(name):
    entry = OPTIMIZERS[name]
    documentation = entry.module.update.__doc__
    assert entry.module is getattr(optimizers, name)
    assert name in optimizers.__all__
    for heading in ("Parameters", "Returns", "Notes", "Source", "Examples"):
        assert f"    {heading}\n    {'-' * len(heading)}\n" in documentation
    assert "PyTorch: " in documentation
    for setting in ("learning_rate", *entry.settings):
        assert re.search(rf"^    (\w+, )*{setting}(, \w+)* : ", documentation, re.MULTILINE)
    assert entry.learning_rate > 0 and entry.formula and entry.source


@every
def test_any_tree(name):
    """Each leaf moves as it does alone, and against its gradient at the first step."""
    module = OPTIMIZERS[name].module
    parameters, gradients = net(), net(seed=1)
    moved, state = module.update(parameters, gradients, module.initialize(parameters), 0.1)
    assert type(moved["layers"][0]) is Layer and type(moved["scale"]) is Scale and moved["rest"][2] is None
    assert type(state) is module.State and state.step == 1
    for each in state[1:]:
        assert tree.structure_of(each) == tree.structure_of(parameters)
    for p, g, new in zip(leaves(parameters), leaves(gradients), leaves(moved), strict=True):
        alone, _ = module.update(p, g, module.initialize(p), 0.1)
        np.testing.assert_array_equal(new, alone)
        if name != "adamw" or np.ndim(p) < 2:
            np.testing.assert_array_equal(np.sign(new - p), -np.sign(g))


@every
def test_a_number_and_nothing_at_all(name):
    module = OPTIMIZERS[name].module
    moved, state = module.update(2.0, 4.0, module.initialize(2.0), 0.25)
    assert isinstance(moved, float) and moved < 2.0
    assert module.update({}, {}, module.initialize({}), 0.1)[0] == {}
    assert module.update(moved, np.float64(1.0), state, 0.25)[0].shape == ()


@every
def test_nothing_given_is_changed(name):
    module = OPTIMIZERS[name].module
    parameters, state = walked(module, net())
    gradients = net(seed=9)
    given = (parameters, gradients, state)
    before = copy.deepcopy(given)
    for leaf in leaves(given):
        if isinstance(leaf, np.ndarray):
            leaf.flags.writeable = False
    moved, after = module.update(*given, 0.1)
    assert_equal(given, before)
    for new in leaves((moved, after)):
        assert not any(np.shares_memory(new, old) for old in leaves(given) if np.size(old))


@every
@pytest.mark.parametrize("rate", [0.1, np.float64(0.1), np.float32(0.1), np.array(0.1)], ids=lambda r: type(r).__name__)
def test_float32_stays_float32_with_the_same_bits(name, rate):
    module = OPTIMIZERS[name].module
    parameters, state = walked(module, net(np.float32), rate=rate)
    assert {np.asarray(leaf).dtype for leaf in leaves((parameters, state[1:]))} == {np.dtype(np.float32)}
    assert_equal(parameters, walked(module, net(np.float32), rate=0.1)[0])
    assert_close(parameters, walked_by_float64(module), rtol=2e-4)


def walked_by_float64(module):
    """The steps of float32 gradients, in float64."""
    parameters = tree.map_leaves(np.float64, net(np.float32))
    state = module.initialize(parameters)
    for k in range(3):
        gradients = tree.map_leaves(np.float64, net(np.float32, 1 + k))
        parameters, state = module.update(parameters, gradients, state, 0.1)
    return parameters


@every
def test_settings_in_float64_do_not_widen(name):
    settings = {key: np.float64(value) for key, value in OPTIMIZERS[name].settings.items() if key != "biases"}
    parameters, state = walked(configured(name, **settings), net(np.float32), rate=np.float64(0.1))
    assert {np.asarray(leaf).dtype for leaf in leaves((parameters, state[1:]))} == {np.dtype(np.float32)}


@every
def test_dtypes_are_those_of_each_parameter(name):
    module = OPTIMIZERS[name].module
    parameters = [np.ones(2, np.float32), np.ones(2), np.ones(2, np.longdouble)]
    moved, state = module.update(parameters, [np.ones(2)] * 3, module.initialize(parameters), 0.1)
    for each in (moved, *state[1:]):
        assert [leaf.dtype for leaf in each] == [np.float32, np.float64, np.longdouble]


@every
@pytest.mark.parametrize("dtype", [np.int64, bool, np.float16, complex])
def test_dtypes_that_cannot_be_moved(name, dtype):
    module = OPTIMIZERS[name].module
    parameters = {"W": np.ones(2, dtype)}
    message = rf"real numbers of 32 bits or more\n(.|\n)*parameters\['W'\] of dtype {np.dtype(dtype)}(.|\n)*float32 or"
    with pytest.raises(DtypeError, match=message):
        module.initialize(parameters)
    state = module.initialize({"W": np.ones(2)})
    with pytest.raises(DtypeError, match=message):
        module.update(parameters, {"W": np.ones(2)}, state, 0.1)


@every
def test_gradients_of_another_tree(name):
    module = OPTIMIZERS[name].module
    parameters = {"W": np.ones((2, 3)), "b": np.ones(3)}
    state = module.initialize(parameters)
    with pytest.raises(ArgumentError, match=r"gradients and parameters are trees of one structure\n(.|\n)*\['W'\]\n"):
        module.update(parameters, {"W": np.ones((2, 3))}, state, 0.1)
    wrong = r"of the gradients has the shape of its parameter\n(.|\n)*\(3,\) for parameters\['W'\](.|\n)*\(2, 3\)"
    with pytest.raises(ShapeError, match=wrong):
        module.update(parameters, {"W": np.ones(3), "b": np.ones(3)}, state, 0.1)
    if len(state) > 1:
        with pytest.raises(ShapeError, match="an array of the state has the shape of its parameter"):
            module.update(parameters, parameters, module.initialize({"W": np.ones(3), "b": np.ones(3)}), 0.1)


@every
def test_state_goes_through_flatten(name):
    module = OPTIMIZERS[name].module
    parameters, state = walked(module, net())
    flat, rebuild = tree.flatten(state)
    again = rebuild([copy.deepcopy(leaf) for leaf in flat])
    assert type(again) is module.State and again.step == 3 and type(again.step) is int
    assert_equal(again, state)
    assert_equal(pickle.loads(pickle.dumps(state)), state)
    gradients = net(seed=7)
    assert_equal(module.update(parameters, gradients, again, 0.1), module.update(parameters, gradients, state, 0.1))


@every
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_zero_gradients(name, dtype):
    """Nothing is divided by zero; only weights that decay move."""
    module = OPTIMIZERS[name].module
    parameters = start = [dtype([[1.0, -2.0]]), dtype([1.0, 0.0])]
    state = module.initialize(parameters)
    with np.errstate(all="raise"):
        for _ in range(3):
            parameters, state = module.update(parameters, tree.map_leaves(np.zeros_like, parameters), state, dtype(0.1))
    assert_equal(parameters[1], start[1])
    if name == "adamw":
        assert np.all(np.abs(parameters[0]) < np.abs(start[0]))
    else:
        assert_equal(parameters[0], start[0])


@every
def test_no_rate_no_step(name):
    module = OPTIMIZERS[name].module
    parameters = net()
    moved, _ = module.update(parameters, net(seed=1), module.initialize(parameters), 0.0)
    assert_equal(moved, parameters)


@every
def test_nan_shows(name):
    module = OPTIMIZERS[name].module
    moved, _ = module.update(np.ones(2), np.array([1.0, np.nan]), module.initialize(np.ones(2)), 0.1)
    assert np.isnan(moved).tolist() == [False, True]


def reaches(goal, name, function, start, steps):
    """Whether one of some learning rates leads below a value, when it goes down to zero.

    With a constant rate the steps of those that divide by the size of gradients do not become smaller.
    """
    optimizer = configured(name)
    for rate in RATES:
        w, state, schedule = start, optimizer.initialize(start), schedules.cosine(rate, steps)
        for k in range(steps):
            value, gradient = function(w)
            if not value < 1e6:
                break
            w, state = optimizer.update(w, gradient, state, schedule(k))
        if function(w)[0] < goal:
            return True
    return False


def quadratic(w):
    """A valley 25 times as steep across as along, at a slant."""
    u = np.array([0.6 * w[0] + 0.8 * w[1], 0.8 * w[0] - 0.6 * w[1]])
    bent = np.array([u[0], 25 * u[1]])
    return 0.5 * u @ bent, np.array([0.6 * bent[0] + 0.8 * bent[1], 0.8 * bent[0] - 0.6 * bent[1]])


def rosenbrock(w):
    x, y = w
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2, np.array([2 * (x - 1) - 400 * x * (y - x * x), 200 * (y - x * x)])


@every
def test_converges_on_a_quadratic(name):
    assert reaches(1e-9, name, quadratic, np.array([3.0, -2.0]), 1000)


@every
def test_converges_on_rosenbrock(name):
    """From 24.2 through the bent valley; to the end of it only with momentum."""
    has_momentum = {"momentum", "beta1"} & OPTIMIZERS[name].settings.keys()
    assert reaches(1e-8 if has_momentum else 0.02, name, rosenbrock, np.array([-1.2, 1.0]), 5000)


@every
def test_traced_with_everything_an_input(name):
    """One graph for all steps: the count of steps and the learning rate are inputs as well."""
    module = OPTIMIZERS[name].module
    parameters, state = walked(module, net(), steps=1)
    graph = cr.trace(module.update, parameters, net(seed=5), state, 0.1)
    assert not graph.guards
    for k, rate in enumerate((0.1, 0.025, 0.3)):
        gradients = net(seed=20 + k)
        found = graph(*leaves((parameters, gradients, state, rate)))
        parameters, state = module.update(parameters, gradients, state, rate)
        for a, b in zip(found, leaves((parameters, state)), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-14, atol=1e-300)


@every
@pytest.mark.parametrize("rate", [0.1, np.float64(0.1), np.array(0.1)], ids=lambda r: type(r).__name__)
def test_traced_float32_stays_float32(name, rate):
    module = OPTIMIZERS[name].module
    parameters = {"W": np.ones((2, 3), np.float32), "b": np.ones(3, np.float32)}
    graph = cr.trace(module.update, parameters, parameters, module.initialize(parameters), rate)
    assert {str(v.dtype) for v in graph.outputs} <= {"float32", "int64"}
    assert all(v.dtype == np.float32 for v in graph.variables if v.shape), "an array is widened on the way"


@every
def test_the_derivative_by_the_learning_rate(name):
    """Of what two steps reach, against central differences."""
    module = OPTIMIZERS[name].module
    start = {"W": np.array([[1.0, -0.5], [0.25, 2.0]]), "b": np.array([0.5, -1.5])}

    def objective(p):
        return np.sum(np.cosh(p["W"])) + np.sum(p["b"] ** 4)

    def reached(rate):
        parameters, state = start, module.initialize(start)
        for _ in range(2):
            parameters, state = module.update(parameters, cr.grad(objective)(parameters), state, rate)
        return objective(parameters)

    rate, h = 0.05, 1e-4
    coarse, fine = ((reached(rate + d) - reached(rate - d)) / (2 * d) for d in (2 * h, h))
    assert cr.grad(reached)(rate) == pytest.approx((4 * fine - coarse) / 3, rel=1e-8)


@every
def test_a_step_under_jit(name):
    module = OPTIMIZERS[name].module
    x, y = np.random.default_rng(3).normal(size=(2, 6, 3))
    start = [Layer(np.eye(3), np.zeros(3))]

    def step(parameters, state, x, y, rate):
        loss = lambda p: np.mean((np.tanh(x @ p[0].W + p[0].b) - y) ** 2)
        value, gradients = cr.value_and_grad(loss)(parameters)
        return (*module.update(parameters, gradients, state, rate), value)

    compiled = cr.jit(step)
    plain = fast = (start, module.initialize(start), None)
    for k in range(4):
        plain, fast = step(*plain[:2], x, y, 0.1 / (k + 1)), compiled(*fast[:2], x, y, 0.1 / (k + 1))
        assert type(fast[1]) is module.State
        assert_close(fast, plain, rtol=1e-12)
    assert fast[1].step == 4
