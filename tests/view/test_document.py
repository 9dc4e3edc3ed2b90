"""The document that is looked at: what it holds, what it leaves out."""

import json
import os

import numpy as np
import pytest

import chainrule as cr
from chainrule.structure.recognition import NAMES
from chainrule.view import SCHEMA, Outline, document, thinning, to_json
from chainrule.view.numbers import histogram, numbers, statistics

from .graphs import FIXTURES, document_of, layer, mlp, outline_of


@pytest.fixture(scope="module")
def of_mlp():
    return json.loads(to_json(outline_of("mlp")))


def test_it_is_not_taken_for_the_document_that_graphs_are_read_from(of_mlp):
    assert of_mlp["schema"] == SCHEMA == "chainrule/view/1"
    with pytest.raises(cr.errors.TextError, match="chainrule/view/1"):
        cr.Graph.from_json(json.dumps(of_mlp))


def test_nodes_and_edges_are_those_of_the_graph(of_mlp):
    graph = outline_of("mlp").graph
    assert [node["name"] for node in of_mlp["nodes"]] == outline_of("mlp").names
    assert [tuple(node["shape"]) for node in of_mlp["nodes"]] == [v.shape for v in graph.variables]
    assert [(edge["from"], edge["to"], edge["argument"]) for edge in of_mlp["edges"]] == [
        (u.number, v.number, k) for v in graph.variables for k, u in enumerate(v.inputs)
    ]
    roles = [node["role"] for node in of_mlp["nodes"]]
    assert roles[:8] == ["parameter"] * 6 + ["input"] * 2
    assert roles.count("constant") == 3 and roles.count("loss") == 1 and roles[-1] == "loss"


def test_a_node_tells_where_it_was_made(of_mlp):
    node = next(node for node in of_mlp["nodes"] if node["word"] == "tanh")
    source = of_mlp["sources"][node["source"]]
    assert source["file"] == "graphs.py" and source["function"] == "layer"
    assert source["line"] == layer.__code__.co_firstlineno + 2
    text = source["code"][source["line"] - source["first"]]
    assert text[slice(*source["columns"])] == "np.tanh(z)"
    assert len(source["code"]) == 2  # what follows is blank


def test_no_path_of_the_machine_is_in_it(of_mlp):
    text = json.dumps(of_mlp)
    assert os.path.expanduser("~") not in text
    assert os.getcwd() not in text
    assert os.sep + "tests" not in text


def test_the_home_directory_is_left_out_of_lines_of_code(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    path = tmp_path / "secret.py"
    path.write_text("import numpy as np\ndef f(x):\n    return np.sin(x)  # /home/somebody/notes\n")
    space = {}
    exec(compile(path.read_text(), str(path), "exec"), space)
    (source,) = document(Outline(cr.trace(space["f"], 1.0).data))["sources"]
    assert source["file"] == "secret.py"
    assert source["code"][-1] == "    return np.sin(x)  # ~/notes"


def test_statistics_are_those_of_numpy():
    x = np.array([[-3.0, 0.0, 1.0], [np.nan, np.inf, 5e-324]])
    finite = np.array([-3.0, 0.0, 1.0, 5e-324])
    found = statistics(x)
    assert (found["min"], found["max"], found["mean"]) == (-3.0, 1.0, finite.mean())
    assert found["rms"] == pytest.approx(np.sqrt(10 / 4))
    assert (found["zeros"], found["nan"], found["inf"], found["subnormal"]) == (1, 1, 1, 1)
    assert statistics(np.array([1e300, 1e300]))["rms"] == pytest.approx(1e300)
    assert statistics(np.array([3 + 4j]))["rms"] == 5.0
    assert statistics(np.zeros((0, 3)))["rms"] is None
    assert statistics(np.array([True, False]))["mean"] == 0.5


def test_numbers_are_json_whatever_they_are():
    assert numbers(np.array([1.5, np.nan, np.inf, -np.inf])) == [1.5, "nan", "inf", "-inf"]
    assert numbers(np.array(1 + 2j)) == [1.0, 2.0]
    assert numbers(np.array([1, 2])) == [1, 2]


def test_a_histogram_counts_each_finite_entry_once():
    x = np.append(np.random.default_rng(0).normal(size=500), [np.inf, np.nan])
    found = histogram(x)
    assert sum(found["counts"]) == 500
    assert found["counts"] == np.histogram(x[:500], len(found["counts"]), (found["low"], found["high"]))[0].tolist()
    assert histogram(np.full(7, 2.0))["counts"] == [7]


def test_gradients_are_those_of_back_propagation(of_mlp):
    graph, arguments = mlp()
    table = graph.backward(graph.forward(*arguments))
    for node in of_mlp["nodes"]:
        if node["role"] == "parameter":
            expected = np.sqrt(np.mean(table[node["name"]] ** 2))
            assert node["gradient"]["statistics"]["rms"] == pytest.approx(expected, rel=1e-12)


def test_without_values_there_is_no_number_of_the_users():
    graph, _ = mlp()
    found = document(Outline(graph.data))
    assert not any({"value", "gradient", "health"} & node.keys() for node in found["nodes"])
    assert not any("gain" in edge for edge in found["edges"])
    assert found["findings"] == []
    secret = np.random.default_rng(0).normal(size=(3,))
    captured = cr.trace(lambda x: x * secret, np.ones(3))
    assert str(secret[0])[:8] not in to_json(Outline(captured.data))


def test_structures_are_those_of_the_list():
    for name in FIXTURES:
        found = document_of(name)
        assert {edge["structure"] for edge in found["edges"]} <= set(NAMES)


def test_structure_and_size_of_a_local_jacobian():
    def f(x, W):
        return np.sum(np.reshape(np.tanh(x @ W), (2, 2, 2)))

    found = document(Outline(cr.trace(f, np.ones((2, 3)), np.ones((3, 4))).data))
    edges = {(found["nodes"][e["to"]]["word"], e["argument"]): e for e in found["edges"]}
    of = {place: (e["structure"], e["stored"], e["full"]) for place, e in edges.items()}
    assert of["matmul", 0] == ("Kronecker", 12, 8 * 6)  # I ⊗ W^T keeps W
    assert of["matmul", 1] == ("Kronecker", 6, 8 * 12)
    assert of["tanh", 0] == ("diagonal", 8, 64)
    assert of["reshape", 0] == ("selection", 0, 64)
    assert of["sum", 0] == ("sum", 0, 8)


def test_the_size_of_a_local_jacobian_is_that_of_its_ends():
    x = np.linspace(0.1, 0.9, 4)
    for f in (np.cumsum, np.sort, lambda x: x[::2], lambda x: np.exp(x) / np.sum(np.exp(x)), np.flip, np.diff):
        graph = cr.trace(f, x)
        for edge in document(Outline(graph.data))["edges"]:
            v = graph.variables[edge["to"]]
            assert edge["full"] == v.size * graph.variables[edge["from"]].size


def test_a_structure_is_that_of_the_whole_jacobian_of_the_one_operation():
    rng = np.random.default_rng(0)
    for f, x in ((np.tanh, rng.normal(size=5)), (np.transpose, rng.normal(size=(2, 3))), (np.flip, rng.normal(size=4))):
        J = cr.jacobian(f)(x)
        edge = document(Outline(cr.trace(f, x).data))["edges"][0]
        assert (edge["structure"], edge["stored"], edge["full"]) == (J.structure, J.storage, J.size)


def test_gain_of_an_edge():
    """By hand: 3 x has slope 3; the mean of 4 numbers hands on a quarter to each, of norm 1/2 in all."""

    def f(x):
        y = 3.0 * x
        return np.sum(y) * 0.25

    graph = cr.trace(f, np.ones(4))
    outline = Outline(graph.data, graph.forward(np.ones(4)).by_number, {graph.outputs[0]: np.ones(())})
    edges = {(e["from"], e["to"]): e.get("gain") for e in document(outline)["edges"]}
    x, y = graph.variable("x").number, graph.variable("y").number
    (total,) = [v.number for v in graph if v.inputs and v.inputs[0].number == y]
    assert edges[x, y] == pytest.approx(3.0)
    assert edges[y, total] == pytest.approx(2.0)  # one number, of norm 1/4, becomes 4 of norm 1/4


def test_groups_have_the_names_of_functions_and_layers(of_mlp):
    titles = [group["title"] for group in of_mlp["groups"]]
    assert titles[:4] == ["regularized", "layer parameters.0", "layer parameters.1", "parameters.2"]
    first = of_mlp["groups"][1]
    assert (first["kind"], first["operations"], first["parameters"]) == ("function", 3, 20 * 32 + 32)


def test_equal_blocks_are_folded():
    groups = document_of("deep")["groups"]
    folds = [group for group in groups if group["copies"] > 1]
    assert folds[0]["title"] == "block parameters.0…249"
    assert len(folds[0]["over_copies"]["gradient"]) == 3
    assert [(fold["copies"], fold["operations"]) for fold in folds] == [(250, 2000)]
    top = outline_of("deep").level(0)
    assert len(top.items) < 60


def test_over_copies_the_least_the_middle_and_the_greatest_are_told():
    def f(x):
        for _ in range(31):
            x = np.sin(x)
            x = x * 0.5
        return x

    graph = cr.trace(f, 1.0)
    outline = Outline(graph.data, graph.forward(1.0).by_number, {graph.outputs[0]: np.ones(())})
    (fold,) = [group for group in document(outline)["groups"] if group["copies"] == 31]
    x, values = 1.0, []
    for _ in range(31):
        x = np.sin(x) * 0.5
        values.append(x)
    assert fold["over_copies"]["value"] == [min(values), sorted(values)[15], max(values)]


def test_rank_and_order_of_each_level_are_in_it(of_mlp):
    for level in of_mlp["levels"]:
        places = [(item["rank"], item["order"]) for item in level["items"]]
        assert len(set(places)) == len(places)
        for edge in level["edges"]:
            way = [edge["from"], *edge["through"], edge["to"]]
            ranks = [level["items"][k]["rank"] for k in way]
            assert ranks == sorted(ranks) and ranks[0] < ranks[-1]
            assert edge["lane"] >= 0 or ranks == list(range(ranks[0], ranks[0] + len(ranks)))


def test_every_variable_is_in_one_group_and_each_edge_at_the_level_around_both():
    for name in FIXTURES:
        outline = outline_of(name)
        members = outline.tree.members(0)
        chips = [v.number for v in outline.graph.variables if outline.tree.home[v.number] < 0]
        assert sorted([*members, *chips]) == list(range(len(outline.graph)))
        assert all(outline.graph.variables[n].is_constant for n in chips)


def test_the_body_of_a_loop_is_a_document_of_its_own():
    def f(a, xs):
        return cr.scan(lambda c, x: (np.tanh(c * a + x), None), 0.0, xs)[0]

    found = document(Outline(cr.trace(f, 2.0, np.ones(5)).data))
    (node,) = [node for node in found["nodes"] if "bodies" in node]
    (body,) = node["bodies"]
    assert body["parameter"] == "body" and node["parameters"]["body"] == "graph"
    assert [each["word"] for each in body["nodes"] if each["operation"]] == ["multiply", "add", "tanh"]


def test_what_is_ill_is_flagged():
    def f(x):
        return np.sum(np.log(x))

    graph = cr.trace(f, np.ones(3))
    with np.errstate(divide="ignore"):
        values = graph.forward(np.array([1.0, 0.0, 2.0]))
    found = document(Outline(graph.data, values.by_number, {graph.outputs[0]: np.ones(())}))
    flags = {node["word"]: node["health"]["kind"] for node in found["nodes"] if "health" in node}
    assert flags["log"] == "non-finite" and flags["sum"] == "poisoned"
    assert "log" in found["findings"][0]["message"]


def test_long_documents_say_what_was_thinned():
    found = document_of("deep")
    assert "2,505 variables" in found["thinned"]
    pictured = [node for node in found["nodes"] if "picture" in node.get("value", {})]
    assert {node["role"] for node in pictured if "health" not in node} == {"parameter"}
    assert all("histogram" in node["value"] for node in found["nodes"] if node["value"]["statistics"] and node["shape"])


def test_of_very_large_graphs_what_is_flagged_and_the_results_are_told_in_full(monkeypatch):
    monkeypatch.setattr(thinning, "PICTURES", 2)
    monkeypatch.setattr(thinning, "ARRAYS", 4)

    def f(x):
        return np.log(np.tanh(x)) + 1.0

    graph = cr.trace(f, np.ones(3))
    with np.errstate(divide="ignore"):
        values = graph.forward(np.array([1.0, 0.0, 2.0]))
    found = document(Outline(graph.data, values.by_number, {graph.outputs[0]: np.ones(3)}))
    assert found["thinned"].startswith("5 variables: statistics of all")
    held = {node["word"]: set(node["value"]) for node in found["nodes"]}
    everything = {"statistics", "numbers", "histogram", "picture"}
    assert held == {
        "input": {"statistics"},
        "tanh": {"statistics"},
        "log": everything,
        "constant": {"statistics", "numbers"},
        "add": everything,
    }


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble, complex])
def test_numbers_of_every_dtype_are_told(dtype):
    x = np.ones(3, dtype)
    graph = cr.trace(lambda x: np.sum(np.abs(np.exp(x)) * dtype(2.5)), x)
    found = json.loads(graph.to_view(values=graph.forward(x), backward=True))
    assert found["nodes"][0]["dtype"] == str(np.dtype(dtype))
    total = np.ravel(found["nodes"][found["outputs"][0]]["value"]["numbers"])[0]
    assert total == pytest.approx(3 * np.e * 2.5, rel=1e-3)
