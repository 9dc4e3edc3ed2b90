"""What a document tells of ill numbers: marks, first causes, what reaches the loss, where a gradient dies."""

import itertools
import json

import numpy as np
import pytest

import chainrule as cr
from chainrule.health import Thresholds
from chainrule.health.thresholds import _LIMITS
from chainrule.view import document, to_json
from chainrule.view.fading import fading
from chainrule.view.findings import ICONS

from .graphs import document_of, nan, outline_with_numbers


def marks(found):
    return {node["name"]: node["health"] for node in found["nodes"] if "health" in node}


def test_exactly_one_first_cause_and_the_rest_is_poisoned():
    found = document_of("nan")
    by_name = marks(found)
    (first,) = [name for name, mark in by_name.items() if mark["brief"] == "first cause"]
    assert first == "entropy" and by_name[first]["kind"] == "non-finite"
    assert by_name[first]["reach"] == "reaches the loss"
    (finding,) = [each for each in found["findings"] if each["severity"] == "error"]
    assert found["nodes"][finding["node"]]["name"] == "entropy"
    rest = {name: mark for name, mark in by_name.items() if name != first}
    assert {found["nodes"][mark["by"]]["name"] for mark in rest.values()} == {"entropy"}
    assert {mark["kind"] for mark in rest.values()} == {"poisoned"}
    below = {node["name"] for node in found["nodes"] if node["word"] in ("multiply", "sum", "add")}
    assert set(rest) == below - {"v6"} and finding["poisoned_count"] == len(rest)


def test_a_branch_not_taken_is_told_to_not_reach_the_loss():
    found = document(outline_with_numbers(*nan(reaches=False)))
    by_name = marks(found)
    assert by_name["entropy"]["brief"] == "first cause" and by_name["entropy"]["severity"] == "note"
    assert by_name["entropy"]["reach"] == "does not reach the loss"
    poisoned = [node["word"] for node in found["nodes"] if node.get("health", {}).get("kind") == "poisoned"]
    assert poisoned == ["multiply"]
    assert found["summary"]["forward"] == "ok"
    assert found["nodes"][found["outputs"][0]]["value"]["numbers"] == pytest.approx(
        0.5 * np.log(0.5) + 0.25 * np.log(0.25) + 5
    )


def test_first_cause_in_the_gradient():
    graph = cr.trace(lambda x: np.sum(np.sqrt(x) * 2.0), np.ones(2))
    found = document(outline_with_numbers(graph, (np.array([4.0, 0.0]),)))
    (finding,) = found["findings"]
    assert (finding["kind"], finding["brief"], finding["reach"]) == (
        "non-finite gradient",
        "first cause",
        "reaches a gradient by an input",
    )
    assert finding["node"] == found["inputs"][0] and finding["line"]


def test_dead_units_are_counted():
    found = document_of("dead")
    (mark,) = [mark for mark in marks(found).values() if mark["kind"] == "dead"]
    assert mark["brief"] == "32 of 32 units" and mark["icon"] == "cross"
    (finding,) = [each for each in found["findings"] if each["kind"] == "dead"]
    assert finding["limits"] == {"dead_share": 0.5, "dead_batch": 8}
    assert found["nodes"][finding["node"]]["name"] == "h2"


def test_healthy_nets_have_no_mark():
    for name in ("tiny", "mlp"):
        assert not [mark for mark in marks(document_of(name)).values() if mark["severity"] != "note"], name


def test_units_of_one_line_in_several_layers_are_marked_each():
    def layer(h, W, b):
        return np.maximum(h @ W + b, 0)

    def loss(x, W1, b1, W2, b2, W3):
        return np.mean((layer(layer(x, W1, b1), W2, b2) @ W3) ** 2)

    rng = np.random.default_rng(0)
    bias = np.where(np.arange(12) < 3, -100.0, 0.0)
    sizes = [(40, 6), (6, 12), (12,), (12, 10), (10,), (10, 1)]
    arguments = [rng.normal(size=size) for size in sizes]
    arguments[2], arguments[4] = bias, np.where(np.arange(10) < 4, -100.0, 0.0)
    found = document(outline_with_numbers(cr.trace(loss, *arguments), arguments))
    dead = [mark["brief"] for mark in marks(found).values() if mark["kind"] == "dead"]
    assert dead == ["3 of 12 units", "4 of 10 units"]
    (finding,) = [each for each in found["findings"] if each["kind"] == "dead"]
    assert finding["repeats"] == 2 and len(finding["alike"]) == 1


def test_other_causes_on_the_line_of_the_first_are_marked_too():
    def f(xs):
        return sum(np.log(x) for x in xs)

    xs = [np.zeros(()), np.ones(()), np.zeros(())]
    found = document(outline_with_numbers(cr.trace(f, [np.ones(())] * 3), xs))
    logs = [node["health"]["brief"] for node in found["nodes"] if node["word"] == "log" and "health" in node]
    assert logs == ["first cause", "another cause"]


def test_where_a_gradient_dies():
    """Sigmoids of slope s(1-s) between multiples by w: one weight is tiny, there the product falls most."""
    weights = np.array([1.0, 2.0, 1e-6, 3.0])

    def f(a, b, c, d, x):
        for w in (a, b, c, d):
            x = np.tanh(w * x)
        return x

    graph = cr.trace(f, *weights, 0.1)
    outline = outline_with_numbers(graph, (*weights, 0.1))
    variables, gains = outline.graph.variables, outline.measured.gains
    way = fading(outline.graph, gains, variables[graph.variable("x").number])
    assert way.path[0] == graph.outputs[0].number and way.path[-1] == graph.variable("x").number
    gradient = float(outline.measured.gradients[way.path[-1]])
    assert way.products[0] == 1.0 and way.products[-1] == pytest.approx(abs(gradient), rel=1e-9)
    (third,) = [v for v in variables if v.operation and graph.variable("c") in v.inputs]
    assert way.at in {u.number for u in third.inputs}


def test_of_several_ways_the_one_of_the_greatest_product_is_told():
    """By hand: y = 3 (2 x) + 0.5 x goes by the product of slopes 6."""
    graph = cr.trace(lambda x: 3.0 * (2.0 * x) + 0.5 * x, 1.0)
    outline = outline_with_numbers(graph, (1.0,))
    way = fading(outline.graph, outline.measured.gains, graph.data.inputs[0])
    assert way.products == pytest.approx([1.0, 1.0, 3.0, 6.0])
    assert [len(outline.graph.variables[n].inputs) for n in way.path] == [2, 2, 2, 0]
    unused = cr.trace(lambda x, y: x * 1.0, 1.0, 2.0)
    outline = outline_with_numbers(unused, (1.0, 2.0))
    assert fading(outline.graph, outline.measured.gains, unused.data.inputs[1]) is None


def test_vanishing_gradients_have_their_way_in_the_document():
    def f(parameters, x):
        for p in parameters:
            x = 1 / (1 + np.exp(-(x @ p["W"])))
        return np.mean(x**2)

    rng = np.random.default_rng(0)
    parameters = [{"W": rng.normal(size=(8, 8)) * 0.3} for _ in range(12)]
    x = rng.normal(size=(16, 8))
    arguments = (*(p["W"] for p in parameters), x)
    found = document(outline_with_numbers(cr.trace(f, parameters, x), arguments))
    finding = next(each for each in found["findings"] if each["kind"] == "vanishing")
    way = finding["way"]
    assert way["path"][-1] == finding["node"] and len(way["products"]) == len(way["path"])
    assert finding["brief"].startswith("rms ") and finding["limits"] == {"vanishing": 1e-3}
    gains = {(edge["to"], edge["from"]): edge["gain"] for edge in found["edges"] if "gain" in edge}
    for (a, b), (p, q) in zip(itertools.pairwise(way["path"]), itertools.pairwise(way["products"]), strict=True):
        assert q == pytest.approx(p * gains[a, b])


def test_every_kind_of_finding_has_an_icon_and_limits_that_exist():
    assert set(_LIMITS) <= set(ICONS)
    for kind in ICONS:
        assert all(hasattr(Thresholds(), name) for name in Thresholds().of(kind))


def test_documents_with_ill_numbers_are_json():
    assert json.loads(to_json(outline_with_numbers(*nan())))["findings"]
