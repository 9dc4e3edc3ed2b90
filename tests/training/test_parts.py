"""The objective, the step, batches and scores."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.data import InMemory
from chainrule.errors import ArgumentError
from chainrule.losses import cross_entropy
from chainrule.nets import Dense
from chainrule.optimizers import adam
from chainrule.regularizers import l2
from chainrule.training import (
    Settings,
    State,
    Trained,
    accuracy,
    confusion_table,
    fit,
    load_state,
    regularized,
    save_state,
    train,
    training_step,
)
from chainrule.training.batches import batches, epoch_seed, seed_sequence
from chainrule.training.built_in import BUILT_IN
from chainrule.training.prepared import prepared


def test_objective_is_loss_plus_penalty():
    parameters = [{"W": np.array([[1.0, 2.0]]), "b": np.zeros(2)}]
    x, y = np.ones((1, 1)), np.array([0])
    value, (loss, penalty) = regularized(Dense([1, 2]).forward, cross_entropy, l2, 0.1)(parameters, x, y)
    assert loss == pytest.approx(np.log1p(np.e))
    assert penalty == pytest.approx(0.1 * 2.5)
    assert value == loss + penalty


@pytest.mark.parametrize("arguments", [(), (l2,), (l2, 0.0)])
def test_objective_without_a_penalty(arguments):
    parameters = [{"W": np.array([[1.0, 2.0]]), "b": np.zeros(2)}]
    objective = regularized(Dense([1, 2]).forward, cross_entropy, *arguments)
    value, (loss, penalty) = objective(parameters, np.ones((1, 1)), [0])
    assert value == loss and penalty == 0.0


def test_gradient_of_the_objective():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(6, 4)), rng.integers(0, 3, size=6)
    net = Dense([4, 5, 3])
    objective = regularized(net.forward, cross_entropy, l2, 0.1)
    cr.check_grads(lambda p: objective(p, x, y)[0], (net.initialize(1),))


@pytest.mark.parametrize(
    "parts", [1.0, None, (1.0,), (1.0, 2.0, 3.0), (np.ones(3), 0.0), {"loss": 1.0, "penalty": 0.0}]
)
def test_an_objective_of_another_kind(parts):
    step = training_step(lambda p, x, y: (np.mean((x @ p - y) ** 2), parts), adam)
    with pytest.raises(ArgumentError, match="three numbers"):
        step(np.ones(2), adam.initialize(np.ones(2)), np.ones((3, 2)), np.ones(3), 0.1)


def test_a_step_measures_before_it_moves():
    # J = 5 w^2 at w = 2: 20, slope 20; the loss is 4 w^2 = 16, the penalty w^2 = 4.
    objective = regularized(lambda w, x: 2 * w, lambda y_hat, y: np.sum(y_hat**2), lambda w: np.sum(w**2), 1.0)
    step = training_step(objective, adam)
    w = np.array([2.0])
    moved, state, measured = step(w, adam.initialize(w), None, None, 0.5)
    assert measured.converted(float) == (20.0, 16.0, 4.0, 20.0, (400.0,))
    assert moved[0] == pytest.approx(1.5) and state.step == 1 and w[0] == 2.0


def epoch_order(rows, seed, epoch):
    (chunk,) = InMemory((np.arange(rows), np.arange(rows))).chunks(epoch_seed(seed, epoch), 4)
    return chunk.order


@pytest.mark.parametrize(
    ("rows", "size", "lengths"), [(10, 4, [4, 4, 2]), (8, 4, [4, 4]), (3, 100, [3]), (2, 1, [1, 1])]
)
def test_batches_hold_every_row_once(rows, size, lengths):
    order = epoch_order(rows, seed_sequence(0), 1)
    every = list(batches(order, size))
    assert [len(batch) for batch in every] == lengths
    np.testing.assert_array_equal(np.sort(np.concatenate(every)), np.arange(rows))
    np.testing.assert_array_equal(np.concatenate([[], *batches(order, size, 1)]), order[size:])


def test_orders_differ_from_epoch_to_epoch_and_from_seed_to_seed():
    orders = [tuple(epoch_order(50, seed_sequence(seed), epoch)) for seed in (0, 1) for epoch in (1, 2)]
    assert len(set(orders)) == 4
    assert orders[1] == tuple(epoch_order(50, seed_sequence(np.random.SeedSequence(0)), 2))


def test_scores_by_hand():
    # Of three 0s one was taken for 1; of two 1s one for 2; the only 2 was found.
    labels, predicted = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 2, 2])
    assert accuracy(predicted, labels) == 4 / 6
    np.testing.assert_array_equal(confusion_table(predicted, labels, 3), [[2, 1, 0], [0, 1, 1], [0, 0, 1]])
    assert confusion_table(predicted, labels, 4).shape == (4, 4)


def test_a_net_with_running_statistics_is_the_same_from_its_folder(tmp_path):
    chosen = {"epochs": 8, "hidden": [32], "dropout": 0.2, "normalization": "batch", "averaging": 0.9, "batch_size": 64}
    outcome = train(Settings.of(chosen), tmp_path / "run", verbose=0)
    again = Trained.load(tmp_path / "run")
    statistics = outcome.trained.buffers["net"][0]
    assert statistics["mean"].any() and again.buffers["net"][0].keys() == {"mean", "variance"}
    np.testing.assert_array_equal(again.buffers["net"][0]["mean"], statistics["mean"])
    table, _ = BUILT_IN["digits"].read()
    np.testing.assert_array_equal(again.outputs(table), outcome.trained.outputs(table))
    assert outcome.parts["held_out"].score > 0.7
    # Judged without dropout and by running statistics, not by those of the rows at hand.
    parameters, buffers = again.parameters, again.buffers["net"]
    x = again.preparation.inputs(table)
    z = (x @ parameters[0]["W"] - buffers[0]["mean"]) / np.sqrt(buffers[0]["variance"] + 1e-5)
    h = np.maximum(z * parameters[0]["scale"] + parameters[0]["b"], 0)
    np.testing.assert_allclose(again.outputs(table), h @ parameters[1]["W"] + parameters[1]["b"], rtol=1e-9)


def test_an_interrupted_run_with_dropout_goes_on_with_the_same_bits(tmp_path):
    chosen = Settings.of({"epochs": 3, "hidden": [8], "dropout": 0.5, "normalization": "batch", "batch_size": 64})
    whole = train(chosen, tmp_path / "whole", verbose=0)
    ready = prepared(chosen)
    recipe, begun = ready.untrained.recipe, ready.untrained
    start = State.initial(begun.parameters, recipe.fit["optimizer"], begun.buffers)
    settings = {**recipe.fit, "epochs": 1}
    first = fit(recipe.objective, begun.parameters, ready.parts.training, resume=start, verbose=0, **settings)
    save_state(tmp_path / "state", first.state)
    state = load_state(tmp_path / "state", begun.parameters, recipe.fit["optimizer"], begun.buffers)
    rest = fit(recipe.objective, begun.parameters, ready.parts.training, resume=state, verbose=0, **recipe.fit)
    np.testing.assert_array_equal(rest.state.parameters[0]["W"], whole.fitted.state.parameters[0]["W"])
