"""Gradients that vanish, explode or stand still, and arguments that no gradient reaches."""

from __future__ import annotations

import json

import numpy as np
import pytest

import chainrule as cr
from chainrule.health import Thresholds
from chainrule.losses import LOSSES
from chainrule.nets import ACTIVATIONS, Dense

from .programs import found, kinds, line_of, net, planted, rows


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def cross_entropy(z, labels):
    z = z - np.max(z, axis=1, keepdims=True)
    return np.mean(np.log(np.sum(np.exp(z), axis=1)) - z[np.arange(len(labels)), labels])


def loss_with(activation):
    def loss(parameters, x, labels):
        h = x
        for layer in parameters[:-1]:
            h = activation(h @ layer["W"] + layer["b"])
        return cross_entropy(h @ parameters[-1]["W"] + parameters[-1]["b"], labels)

    return loss


def relu(z):
    return np.maximum(z, 0)


def test_a_deep_net_of_sigmoids():
    diagnosis = cr.diagnose(loss_with(sigmoid), net(8, *[32] * 12, 3, gain=1.0), *rows(64, 8, 3))
    assert not diagnosis.ok and kinds(diagnosis) == {"vanishing"}
    first = diagnosis.findings[0]
    assert first.variable == "parameters.0.W" and first.message.startswith("the gradient by parameters.0.W vanishes: ")
    last = diagnosis.findings[-1]
    assert "vanishes on its way back from parameters.12" in last.message  # the last layer's gradient is as it should be


def test_one_layer_of_tiny_weights():
    parameters = net(8, 32, 32, 3)
    parameters[2]["W"] *= 1e-9
    x, labels = rows(64, 8, 3)
    diagnosis = cr.diagnose(loss_with(np.tanh), parameters, x, labels)
    assert kinds(diagnosis) == {"vanishing"}
    (finding,) = diagnosis.findings  # four gradients of six are tiny: the ill one is not the exception
    assert finding.message.startswith("the gradient vanishes on its way back from parameters.2.")


def test_weights_that_make_the_gradient_explode():
    parameters = net(8, *[32] * 8, 3, gain=2.0 * 400)
    diagnosis = cr.diagnose(loss_with(relu), parameters, *rows(64, 8, 3))
    assert not diagnosis.ok and "exploding" in kinds(diagnosis) and "vanishing" not in kinds(diagnosis)
    recurrent = next(finding for finding in diagnosis.findings if finding.origin and finding.kind == "exploding")
    assert recurrent.origin.line == line_of(loss_with, "h @ layer") and "over 8 repeats" in recurrent.message


def test_a_parameter_of_another_magnitude():
    def f(p):
        return np.sum(p["a"]) + np.sum(p["b"]) + 1e5 * np.sum(p["c"])

    def g(p):
        return 1e5 * np.sum(p["c"]) + np.sum(p["a"]) + np.sum(p["b"])

    tree = {name: np.ones(3) for name in "abc"}
    message = planted(g, tree, kind="exploding").message
    assert message == "the gradient by p.c explodes: its rms is 1.0e+05, the median over 3 parameters 1.0e+00"
    assert "on its way back from p.c" in planted(f, tree, kind="vanishing").message


def test_a_recurrence_that_explodes_names_its_line():
    def rollout(x):
        for _ in range(30):
            x = 1.5 * np.sin(x) + x
        return np.sum(x)

    finding = planted(rollout, np.full(4, 1e-15), kind="exploding", at="np.sin")
    assert "over 30 repeats of this line" in finding.message and "2.5 times in each" in finding.message


def test_a_recurrence_that_keeps_its_size():
    def rollout(x):
        for _ in range(30):
            x = x + 0.01 * np.sin(x)
        return np.sum(x)

    assert cr.diagnose(rollout, np.ones(4)).findings == []


def test_terms_of_a_sum_are_no_recurrence():
    def f(x):
        total = 0.0
        for weight in (1e6, 1.0, 1e-6):
            total = total + weight * np.sin(x)
        return np.sum(total)

    assert cr.diagnose(f, np.ones(4)).findings == []


def test_gradients_of_separate_arguments_are_of_separate_units():
    def f(mass, length):
        return mass * 1e9 + length

    assert cr.diagnose(f, 1.0, 2.0).findings == []

    def g(a, b, c):
        return 1e-9 * a + b + c

    assert cr.diagnose(g, 1.0, 2.0, 3.0).ok
    assert planted(g, 1.0, 2.0, 3.0, kind="vanishing", argnums=(0, 1, 2)).variable == "a"


def test_thresholds_are_arguments():
    def f(p):
        return 1e-9 * np.sum(p["a"]) + np.sum(p["b"]) + np.sum(p["c"])

    tree = {name: np.ones(3) for name in "abc"}
    assert planted(f, tree, kind="vanishing").variable == "p.a"
    assert cr.diagnose(f, tree, thresholds=Thresholds(vanishing=1e-12)).ok


def test_a_step_that_moves_nothing():
    def f(p):
        return 1e-9 * np.sum(p["a"]) + 1e-9 * np.sum(p["b"])

    tree = {"a": np.ones(3), "b": np.full(3, 1e-9)}
    finding = planted(f, tree, kind="standstill", learning_rate=0.01)
    assert finding.message == "a step of learning rate 0.01 moves p.a by 1.0e-11 of its size"
    assert cr.diagnose(f, tree).ok


def test_an_argument_without_a_path():
    def loss(parameters, x):
        return np.sum(x @ parameters["W"])

    finding = planted(loss, {"W": np.ones((2, 3)), "b": np.ones(3)}, np.ones((4, 2)), kind="unused")
    assert finding.message == "no path leads from parameters.b to the output"
    assert finding.inputs == ("parameters.b (3,) float64, min 1.0 at [0], max 1.0 at [0], an argument",)


def test_labels_that_are_not_looked_at():
    assert planted(lambda w, labels: np.sum(w), np.ones(2), np.array([1, 0]), kind="unused").variable == "labels"


def test_a_parameter_that_is_only_rounded():
    def f(p, x):
        return np.sum(p["scale"] * x) + np.sum(np.round(p["steps"]))

    finding = planted(f, {"scale": 1.0, "steps": 2.5}, np.ones(2), kind="blocked", at="np.round")
    assert finding.message == "no derivative flows from p.steps to the output: it ends at rint of p.steps"


def test_data_that_is_only_compared_is_a_note():
    def f(p, x):
        return np.sum(np.where(x > 0, p["a"], p["b"]))

    diagnosis = cr.diagnose(f, {"a": 1.0, "b": 2.0}, np.array([1.0, -1.0]))
    assert diagnosis.ok and [finding.variable for finding in diagnosis.findings] == ["x"]


def test_what_leads_only_to_outputs_that_no_gradient_was_given_for_is_not_blocked():
    graph = cr.trace(lambda x, y: (np.sum(x), np.tanh(y)), np.ones(2), np.ones(3))
    values = graph.forward(np.ones(2), np.ones(3))
    document = json.loads(graph.to_view(values=values, seeds={graph.outputs[0]: 1.0}))
    assert document["findings"] == [] and document["nodes"][1]["gradient"] == {"no_path": True}


def test_well_initialized_nets_are_healthy():
    for activation, gain in ((relu, 2.0), (np.tanh, 1.0), (sigmoid, 1.0)):
        for sizes in ((8, 16, 3), (8, 64, 64, 64, 3)):
            for count in (1, 32, 256):
                for dtype in (np.float64, np.float32):
                    diagnosis = cr.diagnose(
                        loss_with(activation), net(*sizes, gain=gain, dtype=dtype), *rows(count, 8, 3, dtype=dtype)
                    )
                    assert diagnosis.ok, f"{activation} {sizes} {count} {dtype}\n{diagnosis}"


def test_a_deep_net_of_rectified_units_is_healthy():
    assert cr.diagnose(loss_with(relu), net(8, *[64] * 8, 3), *rows(256, 8, 3)).ok


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS.keys() - {"softmax"}))  # which is not for hidden units
def test_nets_begin_healthy(activation):
    for sizes in ((8, 16, 3), (8, 64, 64, 64, 3)):
        dense = Dense(sizes=sizes, activations=activation)
        x, labels = rows(64, 8, 3)
        parameters = dense.initialize(np.random.default_rng(0))
        diagnosis = cr.diagnose(
            lambda p, x, labels: LOSSES["cross_entropy"].function(dense.forward(p, x), labels), parameters, x, labels
        )
        assert diagnosis.ok, str(diagnosis)


@pytest.mark.parametrize("name", LOSSES)
def test_losses_are_healthy_on_their_examples(name):
    for outputs, targets in LOSSES[name].examples(np.random.default_rng(0)):
        assert cr.diagnose(LOSSES[name].function, outputs, targets).findings == []


def normalized_net(parameters, x):
    z = x @ parameters["W"] + parameters["b"]
    centered = z - np.mean(z, axis=0)
    h = np.tanh(parameters["scale"] * centered / np.sqrt(np.mean(centered**2, axis=0) + 1e-5))
    return np.mean(h @ parameters["V"])


def test_a_bias_that_is_normalized_away_is_a_note():
    rng = np.random.default_rng(0)
    for dtype in (np.float64, np.float32):
        shapes = {"W": (4, 8), "b": (8,), "scale": (8,), "V": (8, 1)}
        parameters = {name: rng.normal(size=shape).astype(dtype) for name, shape in shapes.items()}
        diagnosis = cr.diagnose(normalized_net, parameters, rng.normal(size=(32, 4)).astype(dtype))
        assert diagnosis.ok
        finding = found(diagnosis, "vanishing")
        assert finding.variable == "parameters.b" and "zero up to rounding" in finding.message


def test_an_iteration_that_has_converged_does_not_explode():
    def solve(A, b):
        x = np.zeros(4)
        for _ in range(40):
            r = b - A @ x
            x = x + 0.5 * r
        return np.sum(x) + np.sum(r)

    A = np.diag([1.0, 1.2, 1.4, 1.6])
    assert cr.diagnose(solve, A, np.ones(4)).ok  # the first residuals matter, the last ones do not
    assert not cr.diagnose(solve, -4 * A, np.ones(4)).ok


def test_arguments_without_a_tree_may_be_data():
    def f(w, x):
        return np.sum(np.where(x > 0, w, 2 * w))

    diagnosis = cr.diagnose(f, 1.0, np.array([1.0, -1.0]))
    assert diagnosis.ok and kinds(diagnosis) == {"blocked"}
    assert not cr.diagnose(f, 1.0, np.array([1.0, -1.0]), argnums=(0, 1)).ok


def test_of_loops_within_each_other_the_one_that_grows_is_named():
    def f(x):
        for _ in range(4):
            y = np.sin(x)
            for _ in range(15):
                y = y - 3.5 * y
            x = 0.5 * y + 0.01 * x
        return np.sum(x)

    finding = planted(f, np.full(3, 1e-80), kind="exploding", at="y - 3.5")
    assert "over 60 repeats of this line" in finding.message


def test_a_loop_whose_steps_lead_to_separate_results():
    def f(W, x):
        def step(h, _):
            h = np.tanh(h @ W)
            y = h
            for _ in range(20):
                y = 3.0 * y
            return h, np.sum(y)

        return np.sum(cr.scan(step, x, None, length=5)[1])

    W = 0.3 * np.random.default_rng(0).normal(size=(3, 3))
    assert "20 repeats" in planted(f, W, np.ones(3), kind="exploding", at="3.0 * y").message
