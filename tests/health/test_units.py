"""Rectified units that are dead, and units at the ends of their range."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule.health import Thresholds

from .programs import found, kinds, net, planted, rows


def layer(activation):
    def loss(parameters, x):
        z = x @ parameters["W"] + parameters["b"]
        h = activation(z)  # the units
        return np.mean(h**2)

    return loss


RECTIFIED = {
    "maximum": lambda z: np.maximum(z, 0),
    "maximum from the left": lambda z: np.maximum(0.0, z),
    "where": lambda z: np.where(z > 0, z, 0.0),
    "a mask": lambda z: z * (z > 0),
}


@pytest.mark.parametrize("name", RECTIFIED)
def test_a_bias_far_below_zero_kills_every_unit(name):
    parameters = net(8, 32, bias=-100.0)[0]
    finding = found(cr.diagnose(layer(RECTIFIED[name]), parameters, rows(16, 8, 2)[0]), "dead")
    assert finding.severity == "warning"
    assert finding.message.startswith("32 of 32 units of ") and finding.message.endswith("zero in all of 16 examples")


def test_the_line_of_dead_units():
    def loss(W, x):
        return np.sum(np.maximum(x @ W - 100.0, 0))

    finding = planted(loss, np.ones((8, 4)), rows(16, 8, 2)[0], kind="dead", at="np.maximum")
    assert finding.inputs[0].startswith("x @ W - 100.0 (16, 4) float64, min ")


def test_a_few_dead_units_are_a_note():
    parameters = net(8, 32)[0]
    parameters["b"][5] = -100.0
    diagnosis = cr.diagnose(layer(RECTIFIED["maximum"]), parameters, rows(64, 8, 2)[0])
    assert diagnosis.ok
    assert "1 of 32 units" in found(diagnosis, "dead").message
    assert "the first is unit 5" in found(diagnosis, "dead").message
    strict = Thresholds(dead_share=0.01)
    assert not cr.diagnose(layer(RECTIFIED["maximum"]), parameters, rows(64, 8, 2)[0], thresholds=strict).ok


def test_units_that_are_zero_for_one_example_are_not_dead():
    assert cr.diagnose(layer(RECTIFIED["maximum"]), net(8, 32)[0], rows(1, 8, 2)[0]).findings == []


def test_leaky_units_do_not_die():
    parameters = net(8, 32, bias=-100.0)[0]
    assert cr.diagnose(layer(lambda z: np.where(z > 0, z, 0.01 * z)), parameters, rows(16, 8, 2)[0]).findings == []


SATURATED = {"tanh": np.tanh, "sigmoid": lambda z: 1 / (1 + np.exp(-z))}


@pytest.mark.parametrize("name", SATURATED)
def test_weights_that_are_far_too_large_saturate(name):
    parameters = net(8, 32, gain=1e6)[0]
    diagnosis = cr.diagnose(layer(SATURATED[name]), parameters, rows(16, 8, 2)[0])
    finding = found(diagnosis, "saturated")
    assert finding.severity == "warning" and f"have a slope below 0.001: {name} is saturated" in finding.message


def test_a_sigmoid_that_chooses_its_form_saturates_too():
    def f(z):
        positive = z >= 0
        small = np.exp(np.where(positive, -z, z))
        return np.sum(np.where(positive, 1, small) / (1 + small))

    assert "sigmoid is saturated" in planted(f, np.full((4, 4), 30.0), kind="saturated", at="1 + small").message
    assert cr.diagnose(f, np.full((4, 4), 1.0)).ok


def test_a_softmax_that_is_one_hot():
    def f(z):
        e = np.exp(z - np.max(z, axis=1, keepdims=True))
        p = e / np.sum(e, axis=1, keepdims=True)
        return np.sum(p**2)

    z = np.random.default_rng(0).normal(size=(20, 5))
    finding = planted(f, 1e3 * z, kind="saturated", at="p = e /")
    assert finding.message == "100% of p are one-hot: softmax is saturated"
    assert cr.diagnose(f, z).ok


def test_a_softmax_over_many_classes_is_not_saturated():
    def f(z):
        e = np.exp(z)
        return np.sum((e / np.sum(e, axis=1, keepdims=True)) ** 2)

    assert kinds(cr.diagnose(f, np.zeros((2, 20_000)))) == set()


def test_a_single_number_is_no_layer_of_units():
    diagnosis = cr.diagnose(np.tanh, 9.0)
    assert diagnosis.ok and kinds(diagnosis) == {"saturated"}
    assert not cr.diagnose(lambda x: np.sum(np.tanh(x)), np.full(8, 9.0)).ok
