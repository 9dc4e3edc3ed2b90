"""Random graphs and random sums of products, their values and derivatives in both modes, in onnxruntime.

How far two ways to compute one number may be apart is what rounding explains, found by one more back-propagation.
"""

import random

import numpy as np

import chainrule as cr
from chainrule.errors import UnsupportedError
from chainrule.onnx import export
from chainrule.testing import Trial, seeded_graph
from chainrule.testing.properties import rounding

from .running import agrees, run
from .test_catalogue import TRANSLATED, holds_a_graph

OPERATIONS = [each for each in TRANSLATED if not holds_a_graph(each)]


def compare(trial, graph, values, arrays):
    """All outputs of a graph, weighted at random."""
    for v, got in zip(graph.outputs, run(export(cr.Graph.of(graph), *arrays), *arrays), strict=True):
        want = np.asarray(values[v.number])
        assert (got.dtype, got.shape) == (want.dtype, want.shape)
        if np.array_equal(got, want, equal_nan=True):
            continue
        if not np.isfinite(want).all():
            assert np.array_equal(np.isfinite(got), np.isfinite(want)), v.label
            continue
        weights = trial.weights(v)
        allowed = rounding(graph, values, {v: weights})
        if not np.isfinite(allowed):  # a derivative that does not exist says nothing about rounding
            allowed = 1e-6 * max(1.0, float(np.abs(want).max()))
        with np.errstate(all="ignore"):
            off = np.sum((got.astype(float) - want.astype(float)) * weights)
        assert abs(off) <= allowed, (v.label, got, want)


def check(seed):
    """Whether all of a graph of a seed is translated; raises where onnxruntime gives something else."""
    operations = random.Random(seed).sample(OPERATIONS, 20)  # trying out the examples of all would take longer
    trial = Trial(seeded_graph(seed, catalogue=operations))
    compare(trial, trial.graph, trial.values, trial.arrays)
    expansion = trial.expansion
    if not expansion.graph.outputs:  # nothing depends on anything
        return True
    try:
        compare(trial, expansion.graph, expansion.values, expansion.arrays)
    except UnsupportedError:  # a derivative that is made of other operations
        return False
    return True


def test_random_graphs():
    translated = [check(seed) for seed in range(6)]
    assert sum(translated) >= 4


def test_random_sums_of_products():
    """With indices of all kinds: of one operand, of both, of the result or not, and of size 1."""
    draw, rng = random.Random(0), np.random.default_rng(0)
    for _ in range(25):
        names = "abcd"
        sizes = dict(zip(names, draw.choices([1, 2, 3, 4], k=4), strict=True))
        labels = ["".join(draw.sample(names, draw.randint(0, 4))) for _ in range(draw.choice([1, 2, 2, 3]))]
        used = sorted(set("".join(labels)))
        text = f"{','.join(labels)}->{''.join(draw.sample(used, draw.randint(0, len(used))))}"
        operands = [rng.normal(size=[sizes[name] for name in each]) for each in labels]
        every = tuple(range(len(operands)))
        agrees(cr.grad(lambda *xs, text=text: np.sum(np.einsum(text, *xs) ** 2), every), *operands, tolerance=1e-12)
