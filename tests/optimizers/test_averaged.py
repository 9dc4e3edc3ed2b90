"""Means of parameters: by hand, against PyTorch and sums, in training, under jit, and what is refused."""

import copy
import pickle
from types import SimpleNamespace

import numpy as np
import pytest

import chainrule as cr
from chainrule.compile import is_available
from chainrule.errors import ArgumentError
from chainrule.optimizers import adam, averaged, configured
from chainrule.training import Checkpoint, fit, load_state, regularized
from chainrule.training.compiled import compiled_steps

KINDS = [{}, {"start": 2}, {"decay": 0.75}, {"decay": 0.9, "start": 3}]
kinds = pytest.mark.parametrize("kind", KINDS, ids=str)


def path_of(optimizer, steps=7, dtype=np.float64):
    """The parameters after each step along random gradients, and what is judged there."""
    rng = np.random.default_rng(0)
    w = {"W": rng.normal(size=(2, 3)).astype(dtype), "b": np.zeros(3, dtype)}
    state, path, judged = optimizer.initialize(w), [], []
    for _ in range(steps):
        gradients = {name: rng.normal(size=leaf.shape).astype(dtype) for name, leaf in w.items()}
        w, state = optimizer.update(w, gradients, state, 0.1)
        path.append(w)
        judged.append(optimizer.judged(w, state))
    return path, judged


def test_by_hand():
    # Steps of sgd from 4 with a gradient of 1 and a rate of 1 lead to 3, 2, 1, 0.
    # With decay 1/2 the weights are 1; 1/3, 2/3; 1/7, 2/7, 4/7; and 1/15, 2/15, 4/15, 8/15.
    for kind, wanted in (
        ({}, [3, 2.5, 2, 1.5]),
        ({"start": 2}, [3, 2, 1, 0.5]),
        ({"decay": 0.5}, [3, 7 / 3, 11 / 7, 11 / 15]),
        ({"decay": 0.5, "start": 1}, [3, 2, 4 / 3, 4 / 7]),
    ):
        optimizer, w = averaged("sgd", **kind), np.array([4.0])
        state = optimizer.initialize(w)
        np.testing.assert_array_equal(optimizer.judged(w, state), w)
        for step, mean in enumerate(wanted):
            w, state = optimizer.update(w, np.ones(1), state, 1.0)
            assert w == 3 - step and optimizer.judged(w, state)[0] == pytest.approx(mean, rel=1e-15)


def test_against_torch():
    # PyTorch 2.13.0, in float64: net = Linear(2, 1, bias=False), Adam(lr=0.1), mean = AveragedModel(net)
    #
    #   for step in range(6):
    #       opt.zero_grad(); ((net(x) - y) ** 2).mean().backward(); opt.step()
    #       if step >= 2: mean.update_parameters(net)
    x, y = np.array([[1.0, 2.0], [-1.0, 0.5], [3.0, 1.0]]), np.array([[1.0], [0.0], [2.0]])
    w, optimizer = np.array([[1.0], [-2.0]]), averaged(adam, start=2)
    state = optimizer.initialize(w)
    for _ in range(6):
        w, state = optimizer.update(w, cr.grad(lambda w: np.mean((x @ w - y) ** 2))(w), state, 0.1)
    np.testing.assert_allclose(w[:, 0], [1.4604262728412016, -1.4128887525706584], rtol=1e-12)
    np.testing.assert_allclose(optimizer.judged(w, state)[:, 0], [1.3856957056636459, -1.5563878116478773], rtol=1e-12)


@kinds
def test_it_is_the_weighted_sum(kind):
    path, judged = path_of(averaged("adam", **kind))
    start, decay = kind.get("start", 0), kind.get("decay")
    for t in range(len(path)):
        counted = path[min(start, t) : t + 1]
        weights = [1.0 if decay is None else decay**k for k in range(len(counted))][::-1]
        for name in ("W", "b"):
            wanted = sum(c * p[name] for c, p in zip(weights, counted, strict=True)) / sum(weights)
            np.testing.assert_allclose(judged[t][name], wanted, rtol=1e-13, atol=1e-15)


@kinds
def test_the_steps_are_those_of_the_optimizer(kind):
    plain = configured("adam")
    rng, w = np.random.default_rng(0), np.ones(3)
    optimizer, v = averaged("adam", **kind), w
    state, inner = optimizer.initialize(v), plain.initialize(w)
    for _ in range(5):
        gradient = rng.normal(size=3)
        v, state = optimizer.update(v, gradient, state, 0.1)
        w, inner = plain.update(w, gradient, inner, 0.1)
        np.testing.assert_array_equal(v, w)


@kinds
def test_parameters_that_stay_are_their_own_mean(kind):
    optimizer, w = averaged("sgd", **kind), np.random.default_rng(1).normal(size=20)
    state = optimizer.initialize(w)
    for _ in range(50):
        w, state = optimizer.update(w, np.zeros(20), state, 0.1)
        np.testing.assert_array_equal(optimizer.judged(w, state), w)


@kinds
def test_single_precision_stays(kind):
    _, judged = path_of(averaged("adam", **kind), dtype=np.float32)
    assert {leaf.dtype for each in judged for leaf in each.values()} == {np.dtype(np.float32)}
    optimizer, w = averaged("adam", **kind), np.ones(3, np.float32)
    graph = cr.trace(optimizer.update, w, w, optimizer.initialize(w), 0.1)
    assert all(v.dtype == np.float32 for v in graph.variables if v.shape and v.dtype.kind == "f")


@kinds
def test_under_jit_and_in_a_native_loop(kind):
    optimizer = averaged("adam", **kind)
    start = {"W": np.array([[1.0, -2.0]]), "b": np.array([0.5])}

    def step(parameters, state):
        gradients = cr.grad(lambda p: np.sum(np.cosh(p["W"])) + np.sum(p["b"] ** 4))(parameters)
        return optimizer.update(parameters, gradients, state, 0.1)

    def many(parameters, state, count):
        def one(carry):
            parameters, state, k = carry
            return *step(parameters, state), k + 1

        parameters, state, _ = cr.while_loop(lambda carry: carry[2] < count, one, (parameters, state, 0))
        return parameters, state, optimizer.judged(parameters, state)

    parameters, state = start, optimizer.initialize(start)
    for _ in range(6):
        parameters, state = step(parameters, state)
    # The count of steps is an array within a loop.
    begun = step(start, optimizer.initialize(start))
    begun = begun[0], begun[1]._replace(step=np.int64(1), optimizer=begun[1].optimizer._replace(step=np.int64(1)))
    found = cr.jit(many)(*begun, 5)
    for name, leaf in optimizer.judged(parameters, state).items():
        np.testing.assert_allclose(found[0][name], parameters[name], rtol=1e-13)
        np.testing.assert_allclose(found[2][name], leaf, rtol=1e-13)
    if is_available():
        assert not cr.explain_plan(many)(*begun, 5).by_numpy


# In training

RNG = np.random.default_rng(0)
X = RNG.normal(size=(48, 3))
Y = X @ np.array([1.0, -2.0, 0.5]) + 0.3 * RNG.normal(size=48)
LINE = regularized(lambda w, x: x @ w, lambda y_hat, y: np.mean((y_hat - y) ** 2))


def run(optimizer, **options):
    options = {"learning_rate": 0.1, "batch_size": 8, "epochs": 3, "verbose": 0, **options}
    return fit(LINE, np.zeros(3), (X, Y), optimizer=optimizer, **options)


def test_training_keeps_the_mean():
    seen = []
    fitted = run(
        averaged("sgd", start=6), validation_rows=(X, Y), callbacks=[lambda record, p: seen.append((record, p))]
    )
    plain = []
    for epochs in (1, 2, 3):
        plain.append(run(configured("sgd"), epochs=epochs).state.parameters)
    np.testing.assert_array_equal(fitted.state.parameters, plain[-1])
    # The first epoch is judged by its parameters, the others by a mean of 6 and of 12 steps, which is none of them.
    np.testing.assert_array_equal(seen[0][1], plain[0])
    assert np.all(seen[2][1] != plain[2])
    for record, judged in seen:
        assert record.validation_loss == pytest.approx(float(np.mean((X @ judged - Y) ** 2)), rel=1e-12)
    assert any(np.array_equal(fitted.parameters, judged) for _, judged in seen)


def test_the_mean_keeps_the_bounds_that_training_keeps():
    # The rate leads far out of a ball of radius 1/2; what is used lies in it, and so does the mean.
    def within(w):
        return w * np.minimum(1, 0.5 / np.sqrt(np.sum(w * w)))

    judged = []
    run(averaged("sgd"), project=within, learning_rate=0.5, callbacks=[lambda record, p: judged.append(p)])
    for mean in judged:
        assert np.linalg.norm(mean) <= 0.5 * (1 + 1e-12)


def test_the_mean_is_nearer_to_the_minimum():
    # x^2 / 2 with gradients of noise 1 and a rate of 0.2: the parameters have a variance of 0.2 / (2 - 0.2) = 0.111,
    # the mean of n steps about 1 / n.
    rng, optimizer = np.random.default_rng(2), averaged("sgd", start=100)
    w = np.zeros(400)
    state = optimizer.initialize(w)
    for _ in range(1100):
        w, state = optimizer.update(w, w + rng.normal(size=400), state, 0.2)
    assert np.var(w) == pytest.approx(0.2 / 1.8, rel=0.2)
    assert np.mean(optimizer.judged(w, state) ** 2) == pytest.approx(1e-3, rel=0.2)


def test_a_checkpoint_holds_the_mean(tmp_path):
    optimizer = averaged("adam", decay=0.9)
    run(optimizer, epochs=2, checkpoint=Checkpoint(tmp_path / "s"))
    on = run(optimizer, epochs=4, resume=load_state(tmp_path / "s", np.zeros(3), optimizer))
    whole = run(optimizer, epochs=4)
    np.testing.assert_array_equal(on.parameters, whole.parameters)
    np.testing.assert_array_equal(on.state.optimizer.mean, whole.state.optimizer.mean)


# As a value


@kinds
def test_it_is_a_value(kind):
    made = averaged(configured("momentum", momentum=0.5), **kind)
    assert repr(made) == (
        f"averaged(configured('momentum', momentum=0.5), decay={kind.get('decay')}, start={kind.get('start', 0)})"
    )
    assert eval(repr(made)) == made and hash(eval(repr(made))) == hash(made)
    for again in (pickle.loads(pickle.dumps(made)), copy.deepcopy(made)):
        assert again == made and hash(again) == hash(made)
        for a, b in zip(path_of(again)[1], path_of(made)[1], strict=True):
            np.testing.assert_array_equal(a["W"], b["W"])
    assert made.learning_rate == 0.01
    assert made != averaged("momentum", **kind) and averaged("adam", **kind) == averaged(adam, **kind)
    assert hash(configured("adam", beta1=0.8)) == hash(configured("adam", beta1=0.8))


def test_its_compiled_steps_are_found_again():
    optimizer = averaged("adam")
    first = compiled_steps(LINE, optimizer, None, None)
    assert compiled_steps(LINE, optimizer, None, None) is first


def test_anything_with_the_two_functions():
    mine = SimpleNamespace(initialize=lambda w: 0, update=lambda w, g, state, rate: (w - rate * g, state + 1))
    optimizer = averaged(mine, start=1)
    w, state = optimizer.update(1.0, 0.5, optimizer.initialize(1.0), 1.0)
    assert (w, state.optimizer, optimizer.learning_rate) == (0.5, 1, None)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: averaged("adm"), "there is no optimizer 'adm'"),
        (lambda: averaged(averaged("adam")), "an optimizer is averaged once"),
        *(
            (lambda d=d: averaged("adam", decay=d), f"above 0 and below 1\n(.|\n)*decay={d!r}")
            for d in (0, 1.0, -1, "1")
        ),
        (lambda: averaged("adam", decay=np.nan), "decay=nan"),
        (lambda: averaged("adam", decay=True), "decay=True"),
        *(
            (lambda s=s: averaged("adam", start=s), f"a whole number, 0 or more\n(.|\n)*start={s}")
            for s in (-1, 1.5, True)
        ),
    ],
)
def test_what_makes_no_sense(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()
