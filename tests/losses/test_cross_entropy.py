"""Cross-entropy against closed forms, high precision and differences."""

import mpmath
import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError, DtypeError, ShapeError
from chainrule.losses import cross_entropy


def exact(logits, labels):
    """The definition, -log softmax(z)[label], in 60 digits."""
    with mpmath.workdps(60):
        rows = []
        for z, label in zip(logits, labels, strict=True):
            terms = [mpmath.exp(mpmath.mpf(float(v))) for v in z]
            rows.append(-mpmath.log(terms[label] / mpmath.fsum(terms)))
        return float(mpmath.fsum(rows) / len(rows))


def test_two_classes_closed_form():
    # Two logits 0 and t: the loss of label 0 is log(1 + exp(t)), of label 1 log(1 + exp(-t)).
    for t in (-3.0, 0.0, 0.5, 20.0):
        z = np.array([[0.0, t]])
        assert float(cross_entropy(z, np.array([0]))) == pytest.approx(np.logaddexp(0, t), rel=1e-15)
        assert float(cross_entropy(z, np.array([1]))) == pytest.approx(np.logaddexp(0, -t), rel=1e-8)


def test_no_knowledge_costs_log_k():
    assert float(cross_entropy(np.zeros((7, 10)), np.arange(7))) == pytest.approx(np.log(10), rel=1e-15)


def test_stored_values():
    # torch.nn.functional.cross_entropy(z, labels, reduction="none") of PyTorch 2.13.0; the first by hand:
    # log(e^1 + e^2 + e^3) - 3 = 3.4076059644443806 - 3
    z, labels = np.array([[1.0, 2.0, 3.0], [0.5, -0.5, 0.0]]), np.array([2, 1])
    stored = [0.40760596444437998, 1.6802696706417346]
    assert float(cross_entropy(z[:1], labels[:1])) == pytest.approx(stored[0], rel=1e-14)
    assert float(cross_entropy(z[1:], labels[1:])) == pytest.approx(stored[1], rel=1e-14)
    assert float(cross_entropy(z, labels)) == pytest.approx(sum(stored) / 2, rel=1e-14)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 30.0, 300.0])
def test_against_high_precision(scale):
    rng = np.random.default_rng(1)
    logits, labels = scale * rng.normal(size=(20, 6)), rng.integers(0, 6, size=20)
    assert float(cross_entropy(logits, labels)) == pytest.approx(exact(logits, labels), rel=1e-14)


def test_finite_where_softmax_underflows():
    # log(softmax(z)) would be log(0): the loss is the distance of the logits.
    z = np.array([[0.0, 1000.0], [-1e5, 1e5]])
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        assert float(cross_entropy(z, np.array([0, 0]))) == (1000.0 + 2e5) / 2
    gradient = cr.grad(cross_entropy)(z, np.array([0, 0]))
    np.testing.assert_array_equal(gradient, [[-0.5, 0.5], [-0.5, 0.5]])


def test_a_class_that_is_ruled_out():
    # exp(-inf) = 0: two classes are left, and the gradient of the third is 0.
    z = np.array([[1.0, 1.0, -np.inf]])
    assert float(cross_entropy(z, np.array([0]))) == pytest.approx(np.log(2), rel=1e-15)
    np.testing.assert_allclose(cr.grad(cross_entropy)(z, np.array([0])), [[-0.5, 0.5, 0.0]], rtol=1e-15)


def test_gradient_by_hand():
    # softmax of (0, ln 3) is (1/4, 3/4); minus onehot, over n = 2 rows.
    z = np.array([[0.0, np.log(3.0)], [0.0, np.log(3.0)]])
    gradient = cr.grad(cross_entropy)(z, np.array([0, 1]))
    np.testing.assert_allclose(gradient, [[-0.375, 0.375], [0.125, -0.125]], rtol=1e-14)


def test_gradients_to_second_order():
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 5, size=6)
    cr.check_grads(lambda z: cross_entropy(z, labels), (rng.normal(size=(6, 5)),))


def test_equal_greatest_logits():
    # The shift by the maximum must leave no trace, at ties too: softmax is (1/2, 1/2).
    np.testing.assert_allclose(cr.grad(cross_entropy)(np.zeros((1, 2)), np.array([1])), [[0.5, -0.5]], rtol=1e-15)


def test_labels_as_an_input_of_a_graph():
    rng = np.random.default_rng(4)
    logits, labels, others = rng.normal(size=(5, 3)), np.array([0, 1, 2, 0, 1]), np.array([2, 2, 0, 1, 0])
    graph = cr.trace(cross_entropy, logits, labels)
    for given in (labels, others):
        values = graph.forward(logits=logits, labels=given)
        assert float(values[graph.outputs[0]]) == pytest.approx(float(cross_entropy(logits, given)), rel=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype(dtype):
    z = np.random.default_rng(3).normal(size=(4, 3)).astype(dtype)
    value, gradient = cr.value_and_grad(cross_entropy)(z, np.array([0, 1, 2, 0]))
    assert value.dtype == gradient.dtype == cross_entropy(z, np.array([0, 1, 2, 0])).dtype == dtype


@pytest.mark.parametrize("labels", [[2, 0], np.array([2, 0], np.uint8), np.array([2, 0], np.int32)])
def test_forms_of_labels(labels):
    z = np.array([[1.0, 2.0, 3.0], [0.5, -0.5, 0.0]])
    assert float(cross_entropy(z, labels)) == float(cross_entropy(z, np.array([2, 0])))


@pytest.mark.parametrize("traced", [False, True])
@pytest.mark.parametrize(
    ("logits", "labels", "error", "message"),
    [
        (np.zeros(3), np.array([0, 1, 2]), ShapeError, "a row of outputs and one label for each sample"),
        (np.zeros((3, 2)), np.array([0, 1]), ShapeError, r"outputs \(3, 2\), labels \(2,\)"),
        (np.zeros((3, 2)), np.zeros((3, 1), int), ShapeError, r"labels \(3, 1\)"),
        (np.zeros((0, 2)), np.zeros(0, int), ShapeError, "at least 1"),
        (np.zeros((3, 2)), np.zeros(3), DtypeError, "so they are integers"),
        (np.zeros((3, 2)), np.array([0, 1, 2]), ArgumentError, "there is no class 2 among 2 columns"),
        (np.zeros((3, 2)), np.array([0, 1, -1]), ArgumentError, "there is no class -1 among 2 columns"),
    ],
)
def test_mistakes(logits, labels, error, message, traced):
    with pytest.raises(error, match=message):
        (cr.grad(cross_entropy) if traced else cross_entropy)(logits, labels)
