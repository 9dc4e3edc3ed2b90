"""The net's gradients are those of Algorithms 6.3 and 6.4 of the lecture, written out by hand in NumPy.

As there, a sample is a column and W^(k) has the shape (units, inputs), the transpose of ours; the loss of a batch is
the mean over its samples, so their gradients are added up and divided. Where the output unit is a softmax, the Hadamard
line of 6.4 does not hold: there stands J^T g with the softmax's Jacobian.
"""

import numpy as np
import pytest

import chainrule as cr
from chainrule.losses import cross_entropy, squared
from chainrule.nets import Dense
from chainrule.regularizers import l1, l2

RATE = 0.3  # the lambda of the lecture

# f and f', as a textbook has them.
ELEMENTWISE = {
    "linear": (lambda a: a, lambda a: np.ones_like(a)),
    "relu": (lambda a: np.where(a > 0, a, 0.0), lambda a: np.where(a > 0, 1.0, 0.0)),
    "leaky_relu": (lambda a: np.where(a > 0, a, 0.01 * a), lambda a: np.where(a > 0, 1.0, 0.01)),
    "elu": (lambda a: np.where(a > 0, a, np.exp(a) - 1), lambda a: np.where(a > 0, 1.0, np.exp(a))),
    "softplus": (lambda a: np.log(1 + np.exp(a)), lambda a: 1 / (1 + np.exp(-a))),
    "silu": (
        lambda a: a / (1 + np.exp(-a)),
        lambda a: 1 / (1 + np.exp(-a)) + a * np.exp(-a) / (1 + np.exp(-a)) ** 2,
    ),
    "tanh": (np.tanh, lambda a: 1 - np.tanh(a) ** 2),
    "sigmoid": (lambda a: 1 / (1 + np.exp(-a)), lambda a: np.exp(-a) / (1 + np.exp(-a)) ** 2),
    "hard_tanh": (lambda a: np.minimum(np.maximum(a, -1), 1), lambda a: np.where(np.abs(a) < 1, 1.0, 0.0)),
}
# Gradients of Omega: of half the squares, and of the absolute values.
PENALTIES = {"l2": (l2, lambda w: w), "l1": (l1, np.sign), "none": (lambda p, biases: 0.0, np.zeros_like)}


def softmax(a):
    return np.exp(a) / np.sum(np.exp(a))


def convert(g, a, name):
    """The gradient on a layer's output into that on its weighted sums."""
    if name == "softmax":
        y = softmax(a)
        jacobian = np.diag(y) - np.outer(y, y)
        return jacobian.T @ g
    return g * ELEMENTWISE[name][1](a)


def algorithms(W, b, names, x, gradient_of_loss, gradient_of_penalty, biases):
    """Algorithm 6.3, then 6.4, for one sample."""
    depth, h, a = len(W), [x], []
    for k in range(depth):
        a.append(b[k] + W[k] @ h[k])
        h.append(softmax(a[k]) if names[k] == "softmax" else ELEMENTWISE[names[k]][0](a[k]))
    g = gradient_of_loss(h[depth])
    by_W, by_b = [None] * depth, [None] * depth
    for k in reversed(range(depth)):
        g = convert(g, a[k], names[k])
        by_b[k] = g + (RATE * gradient_of_penalty(b[k]) if biases else 0)
        by_W[k] = np.outer(g, h[k]) + RATE * gradient_of_penalty(W[k])
        g = W[k].T @ g
    return by_W, by_b


SIZES = (7, 6, 5, 4, 3)


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("biases", [False, True], ids=["weights penalized", "biases too"])
@pytest.mark.parametrize("output", ["linear", "sigmoid", "tanh", "softmax"])
@pytest.mark.parametrize("hidden", [*ELEMENTWISE, "softmax"])
@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_algorithm_by_hand(depth, hidden, output, biases, penalty):
    rng = np.random.default_rng(100 * depth + 7)
    net = Dense(SIZES[-depth - 1 :], activations=hidden, output=output, biases={"name": "constant", "value": 0.3})
    parameters = net.initialize(rng)
    x, y = rng.normal(size=(4, net.sizes[0])), rng.normal(size=(4, 3))
    omega, gradient_of_omega = PENALTIES[penalty]
    names = [hidden] * (depth - 1) + [output]

    def J(parameters):
        return squared(net.forward(parameters, x), y) + RATE * omega(parameters, biases=biases)

    W, b = [layer["W"].T for layer in parameters], [layer["b"] for layer in parameters]
    samples = [
        algorithms(W, b, names, x[i], lambda y_hat, i=i: y_hat - y[i], gradient_of_omega, biases) for i in range(4)
    ]
    for k, found in enumerate(cr.grad(J)(parameters)):
        wanted_W, wanted_b = (np.mean([sample[part][k] for sample in samples], axis=0) for part in (0, 1))
        np.testing.assert_allclose(found["W"].T, wanted_W, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(found["b"], wanted_b, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_softmax_and_likelihood_by_hand_are_cross_entropy_of_logits(depth):
    # The gradient of -log y_hat[label] on the output is -1 / y_hat at the label; J^T of the softmax takes it further.
    rng = np.random.default_rng(depth)
    net = Dense(SIZES[-depth - 1 :], activations="tanh")
    parameters = net.initialize(rng)
    x, labels = rng.normal(size=(4, net.sizes[0])), np.array([0, 2, 1, 2])
    names = ["tanh"] * (depth - 1) + ["softmax"]
    W, b = [layer["W"].T for layer in parameters], [layer["b"] for layer in parameters]

    def of_likelihood(label):
        return lambda y_hat: np.where(np.arange(3) == label, -1 / y_hat, 0.0)

    samples = [algorithms(W, b, names, x[i], of_likelihood(labels[i]), np.zeros_like, False) for i in range(4)]
    gradients = cr.grad(lambda p: cross_entropy(net.forward(p, x), labels))(parameters)
    for k, found in enumerate(gradients):
        np.testing.assert_allclose(found["W"].T, np.mean([s[0][k] for s in samples], axis=0), rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(found["b"], np.mean([s[1][k] for s in samples], axis=0), rtol=1e-12, atol=1e-15)
