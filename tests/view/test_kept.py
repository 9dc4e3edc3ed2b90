"""What is kept for the way back, and the totals at the head of a document."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.view import Outline, document

from .graphs import document_of


def kept(f, *arguments):
    """By the operation (or name) of what is kept: the operations whose local Jacobian needs it."""
    found = document(Outline(cr.trace(f, *arguments).data))
    nodes = found["nodes"]
    return {
        node["operation"] or node["name"]: {nodes[to]["operation"] for to, _ in node["kept"]["for"]}
        for node in nodes
        if node["kept"]
    }


def test_a_product_keeps_both_factors_and_a_square_its_argument():
    """z = w x, p = tanh(z), e = p - y, e^2: only differences keep nothing."""
    nodes = {node["name"]: node["kept"] for node in document_of("tiny")["nodes"]}
    assert nodes["w"] == {"bytes": 8, "for": [[3, 1]]} and nodes["x"] == {"bytes": 8, "for": [[3, 0]]}
    assert nodes["z"] == {"bytes": 8, "for": [[4, 0]]} and nodes["e"]["for"] == [[6, 0]]
    assert nodes["y"] is nodes["p"] is nodes["v6"] is None


def test_linear_operations_keep_nothing():
    def f(x):
        return np.sum(np.reshape(3.0 * x.T + 1.0, (6,)) - np.arange(6.0))

    found = document(Outline(cr.trace(f, np.ones((2, 3))).data))
    assert [node["name"] for node in found["nodes"] if node["kept"]] == ["c2"]  # the 3


def test_what_is_known_by_its_action_only_keeps_what_the_action_needs():
    A = np.eye(3) * 2
    assert kept(np.linalg.cholesky, A) == {"cholesky": {"cholesky"}}
    assert kept(np.linalg.solve, A, np.ones(3)) == {"a": {"solve"}, "solve": {"solve"}}
    assert kept(lambda x: np.abs(np.fft.rfft(x)) ** 2, np.ones(4)).keys() == {"rfft", "absolute"}


def test_of_several_results_those_are_kept_that_are_needed():
    found = document(Outline(cr.trace(lambda a: np.linalg.eigh(a)[1], np.eye(3)).data))
    vectors = next(n["id"] for n in found["nodes"] if n.get("part") == 1)
    assert {n.get("part"): n["kept"] and n["kept"]["for"] for n in found["nodes"] if n["operation"]} == {
        0: [[vectors, 0]],
        1: [[vectors, 0]],
    }


def test_nothing_is_kept_beside_the_way():
    def f(x, n):
        return np.sum(x * np.sqrt(n))  # n is whole: no derivative by it

    assert kept(f, np.ones(3), np.arange(3)) == {"sqrt": {"multiply"}}
    assert kept(lambda x: np.exp(cr.stop_gradient(np.sin(x))), 1.0) == {}


def test_totals():
    """By hand: three matrices of 20 x 32, 32 x 32 and 32 x 10 numbers with a bias for each column."""
    head = document_of("mlp")["summary"]
    assert head["parameters"] == 20 * 32 + 32 + 32 * 32 + 32 + 32 * 10 + 10
    assert head["variables"] == len(document_of("mlp")["nodes"]) == head["operations"] + 6 + 2 + 3
    nodes = document_of("mlp")["nodes"]
    for which, made in (("made", True), ("given", False)):
        assert head["kept"][which] == sum(
            n["bytes"] for n in nodes if n["kept"] and (n["operation"] is not None) == made
        )
    assert head["result"] == nodes[-1]["value"]["numbers"]
    assert (head["forward"], head["backward"], head["errors"], head["warnings"]) == ("ok", "ok", 0, 0)


def head_of(f, *arguments, seeds=True):
    graph = cr.trace(f, *(np.ones_like(a) for a in arguments))
    with np.errstate(all="ignore"):
        values = graph.forward(*arguments).by_number
    start = {graph.outputs[0]: np.ones(graph.outputs[0].shape)} if seeds else None
    return document(Outline(graph.data, values, start))


@pytest.mark.parametrize(
    ("f", "x", "forward", "backward"),
    [
        (np.log, np.array([1.0, 0.0]), "not finite", "ok"),
        (np.sqrt, np.array([1.0, 0.0]), "ok", "not finite"),
        (np.sin, np.array([1.0, 0.0]), "ok", "ok"),
    ],
)
def test_how_both_ways_went(f, x, forward, backward):
    head = head_of(lambda x: np.sum(f(x)), x)["summary"]
    assert (head["forward"], head["backward"]) == (forward, backward)
    assert head_of(lambda x: np.sum(f(x)), x, seeds=False)["summary"]["backward"] == "not asked for"


def test_where_a_rule_is_missing_no_gradient_is_told():
    unknown = cr.operation("view_unknown", lambda z: np.abs(z), slopes=lambda y, z: z / y)
    found = head_of(lambda x: np.sum(unknown(x * 1j)), np.ones(3))
    assert found["summary"]["backward"] == "no derivative"
    assert not any("gradient" in node for node in found["nodes"])
