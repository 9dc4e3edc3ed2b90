"""The graphs that drawings are tested on."""

from __future__ import annotations

import functools
import itertools

import numpy as np

import chainrule as cr
from chainrule.view import Outline, document


def tiny():
    """The lecture's scalar example, a logistic unit's loss: 7 variables."""

    def loss(w, x, y):
        z = w * x
        p = np.tanh(z)
        e = p - y
        return e**2

    arguments = (0.5, 2.0, 1.0)
    return cr.trace(loss, *arguments), arguments


def layer(h, p):
    z = h @ p["W"] + p["b"]
    return np.tanh(z)


def regularized(parameters, x, y):
    h = x
    for p in parameters[:-1]:
        h = layer(h, p)
    logits = h @ parameters[-1]["W"] + parameters[-1]["b"]
    m = logits - np.max(logits, axis=1, keepdims=True)
    log_p = m - np.log(np.sum(np.exp(m), axis=1, keepdims=True))
    loss = -np.mean(np.sum(y * log_p, axis=1))
    penalty = 0.0
    for p in parameters:
        penalty = penalty + np.sum(p["W"] ** 2)
    return loss + 0.01 * penalty


def mlp(sizes=(20, 32, 32, 10)):
    rng = np.random.default_rng(0)
    parameters = [{"W": rng.normal(size=(a, b)) / np.sqrt(a), "b": np.zeros(b)} for a, b in itertools.pairwise(sizes)]
    x, y = rng.normal(size=(64, sizes[0])), np.eye(sizes[-1])[rng.integers(0, sizes[-1], 64)]
    leaves = [array for p in parameters for array in (p["W"], p["b"])]
    return cr.trace(regularized, parameters, x, y), (*leaves, x, y)


def block(h, p):
    z = h @ p["W"] + p["b"]
    return h + np.tanh(z) * np.exp(-z * z)


def repeated(parameters, x):
    h = x
    for p in parameters:
        h = block(h, p)
    return np.mean(h**2)


def deep(blocks=250):
    """8 operations in each of 250 equal blocks."""
    rng = np.random.default_rng(0)
    parameters = [{"W": rng.normal(size=(4, 4)) / 4, "b": np.zeros(4)} for _ in range(blocks)]
    x = rng.normal(size=(2, 4))
    leaves = [array for p in parameters for array in (p["W"], p["b"])]
    return cr.trace(repeated, parameters, x), (*leaves, x)


def wide(inputs=60):
    """Many inputs of one sum."""
    xs = [cr.variable(f"x{k}", shape=(1,)) for k in range(inputs)]
    return cr.Graph(xs, [np.sum(np.concatenate(xs))], "wide"), [np.array([float(k)]) for k in range(inputs)]


def nan(reaches=True):
    """The logarithm of 0 in one branch; where it does not reach the loss, another value is chosen."""

    def loss(p, x):
        entropy = np.log(p)
        chosen = p * entropy if reaches else np.where(p > 0, p * entropy, 0.0)
        return np.sum(chosen) + np.sum(x**2)

    arguments = (np.array([0.5, 0.0, 0.25]), np.array([1.0, 2.0]))
    return cr.trace(loss, *[np.ones_like(x) for x in arguments]), arguments


def dead():
    """A layer of rectified units with a bias of -100, behind one that is well."""

    def loss(W1, W2, b2, W3, x):
        h1 = np.maximum(x @ W1, 0)
        h2 = np.maximum(h1 @ W2 + b2, 0)
        return np.mean((h2 @ W3) ** 2)

    rng = np.random.default_rng(0)
    arguments = (
        rng.normal(size=(8, 16)),
        rng.normal(size=(16, 32)),
        np.full(32, -100.0),
        rng.normal(size=(32, 1)),
        rng.normal(size=(64, 8)),
    )
    return cr.trace(loss, *arguments), arguments


FIXTURES = {"tiny": tiny, "mlp": mlp, "deep": deep, "wide": wide, "nan": nan, "dead": dead}


@functools.cache
def graph_of(name):
    """A graph and its values."""
    graph, arguments = FIXTURES[name]()
    with np.errstate(all="ignore"):
        return graph, graph.forward(*arguments)


@functools.cache
def outline_of(name):
    """An outline with values and gradients."""
    return outline_with_numbers(*FIXTURES[name]())


def outline_with_numbers(graph, arguments):
    with np.errstate(all="ignore"):
        values = graph.forward(*arguments).by_number
        return Outline(graph.data, values, {graph.outputs[0]: np.ones(())})


@functools.cache
def document_of(name):
    """Its document, which nobody may change."""
    return document(outline_of(name))
