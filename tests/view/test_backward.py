"""The graph of the gradients in a document: its numbers are those of back-propagation, its links lead there."""

import json

import numpy as np
import pytest

import chainrule as cr
from chainrule.view import Outline, document

from .graphs import FIXTURES, dead, mlp, nan, outline_with_numbers, tiny


def both(found):
    return found["backward"], found["backward"]["simplified"]


def with_backward(graph, arguments, seeds=None):
    values = graph.forward(*arguments)
    return json.loads(graph.to_view(values=values, seeds=seeds, backward=True))


def first(part, n):
    """The variable of the gradient with respect to forward variable n."""
    (links,) = [link["backward"] for link in part["links"] if link["forward"] == n]
    return part["document"]["nodes"][links[0]]


def loop(a, xs):
    return cr.scan(lambda c, x: (np.tanh(c * a + x), None), 0.0, xs)[0]


GRAPHS = {
    "tiny": tiny,
    "mlp": mlp,
    "dead": dead,
    "used twice": lambda: (cr.trace(lambda x: x * x + np.sum(np.sin(x)), 2.0), (2.0,)),
    "slices": lambda: (cr.trace(lambda x: np.sum(x[1:] * x[:-1]), np.arange(5.0)), (np.arange(5.0),)),
    "loop": lambda: (cr.trace(loop, 2.0, np.ones(4)), (2.0, np.arange(4.0))),
    "eigenvalues": lambda: (cr.trace(lambda a: np.sum(np.linalg.eigvalsh(a) ** 2), np.eye(3)), (np.diag([1.0, 2, 4]),)),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_the_values_of_the_gradient_graph_are_the_gradients_of_the_forward_graph(name):
    graph, arguments = GRAPHS[name]()
    found = with_backward(graph, arguments)
    table = graph.backward(graph.forward(*arguments))
    for part in both(found):
        linked = {link["forward"] for link in part["links"]}
        assert set(found["inputs"]) <= linked
        for n in linked:
            node = first(part, n)
            expected = table[graph.names[n]]
            assert node["shape"] == list(expected.shape)
            if "numbers" in node["value"]:
                assert np.array(node["value"]["numbers"]) == pytest.approx(expected, rel=1e-12, abs=1e-300)
            rms = node["value"]["statistics"]["rms"]
            assert rms == pytest.approx(np.sqrt(np.mean(np.square(expected))), rel=1e-12, abs=1e-300)


def test_every_variable_of_the_way_back_belongs_to_a_forward_one():
    for name in GRAPHS:
        graph, arguments = GRAPHS[name]()
        for part in both(with_backward(graph, arguments)):
            nodes = part["document"]["nodes"]
            linked = {n for link in part["links"] for n in link["backward"]}
            assert {node["id"] for node in nodes if node["operation"]} <= linked, name
            given = {pair["backward"] for pair in part["values"]}
            assert given == {node["id"] for node in nodes if node["role"] in ("input", "parameter")}


def test_a_forward_variable_may_have_several():
    """z = w x, p = tanh(z), e = p - y: the gradient of z is that of p times the slope, which is computed first."""
    graph, arguments = tiny()
    part = both(with_backward(graph, arguments))[0]
    nodes = part["document"]["nodes"]
    names = {link["forward"]: [nodes[n]["name"] for n in link["backward"]] for link in part["links"]}
    z = graph.variable("z").number
    assert names[z][0] == "z_bar" and len(names[z]) == 2
    assert first(part, graph.variable("w").number)["name"] == "w_bar"
    assert {nodes[pair["backward"]]["name"] for pair in part["values"]} == {"w", "x", "z", "e"}


def test_simplification_leaves_less():
    before, after = both(with_backward(*mlp()))
    count = [part["document"]["summary"]["operations"] for part in (before, after)]
    assert count[0] > count[1] > 20
    assert before["opened"][0] == 0


def test_several_results_start_from_their_seeds():
    graph = cr.trace(lambda x: (np.sin(x), 3.0 * x), 0.5)
    found = with_backward(graph, (0.5,), seeds=[2.0, 1.0])
    for part in both(found):
        assert first(part, 0)["value"]["numbers"] == pytest.approx(2 * np.cos(0.5) + 3)


def test_without_seeds_the_gradients_to_start_from_are_inputs():
    graph = cr.trace(lambda x: np.sin(x) * x, np.ones(3))
    part = both(json.loads(graph.to_view(values=graph.forward(np.ones(3)), backward=True)))[0]
    labels = [node["label"] for node in part["document"]["nodes"] if node["role"] == "input"]
    assert "v2_bar" in labels and not any("value" in node for node in part["document"]["nodes"])


def test_without_values_the_gradient_graph_has_no_numbers():
    graph, _ = mlp()
    for part in both(json.loads(graph.to_view(backward=True))):
        assert part["links"] and not any({"value", "gradient"} & node.keys() for node in part["document"]["nodes"])


def test_the_gradient_of_a_gradient():
    graph = cr.trace(lambda x: np.sin(x) * x, 0.7).backprop("x")
    found = with_backward(graph, (0.7,))
    for part in both(found):
        assert first(part, found["inputs"][0])["value"]["numbers"] == pytest.approx(
            2 * np.cos(0.7) - 0.7 * np.sin(0.7), rel=1e-12
        )


def test_where_there_is_no_gradient_there_is_no_graph_of_it():
    assert json.loads(cr.trace(lambda n: n + 1, 3).to_view(backward=True))["backward"] is None
    unknown = cr.operation("view_backward_unknown", lambda z: np.abs(z), slopes=lambda y, z: z / y)
    graph = cr.trace(lambda x: np.sum(unknown(x * 1j)), np.ones(3))
    assert json.loads(graph.to_view(backward=True))["backward"] is None
    assert "backward" not in json.loads(cr.trace(np.sin, 1.0).to_view())


def test_numbers_that_are_not_finite_are_told_of_there_too():
    outline = outline_with_numbers(*nan())
    found = document(outline, with_backward=True)
    assert found["backward"]["document"]["summary"]["forward"] == "not finite"


def test_the_documents_within_have_the_names_and_places_of_the_program():
    found = with_backward(*mlp())
    document_within = found["backward"]["document"]
    assert {each["file"] for each in document_within["sources"]} == {"graphs.py"}
    assert document_within["schema"] == found["schema"]
    for name in FIXTURES:
        if name in ("wide", "tiny"):
            graph, _ = FIXTURES[name]()
            assert document(Outline(graph.data), with_backward=True)["backward"]["links"]
