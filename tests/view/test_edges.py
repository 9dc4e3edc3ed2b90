"""What a document tells of an edge: a sample of the local Jacobian, and what the edge adds to a gradient."""

import json

import numpy as np
import pytest

import chainrule as cr
from chainrule.view import Outline, document
from chainrule.view.samples import MOST

from .graphs import document_of


def shown(f, *arguments, seed=None):
    graph = cr.trace(f, *arguments)
    (output,) = graph.outputs
    values = graph.forward(*arguments)
    return document(Outline(graph.data, values.by_number, {output: np.ones(output.shape) if seed is None else seed}))


def edge_to(found, word, argument=0):
    nodes = found["nodes"]
    return next(e for e in found["edges"] if nodes[e["to"]]["word"] == word and e["argument"] == argument)


def differences(f, x, h=1e-6):
    """The dense Jacobian by central differences, (y.size, x.size)."""
    columns = []
    for k in range(x.size):
        dx = np.zeros(x.size)
        dx[k] = h
        columns.append((f(x + dx.reshape(x.shape)) - f(x - dx.reshape(x.shape))).ravel() / (2 * h))
    return np.stack(columns, axis=1)


W = np.random.default_rng(1).normal(size=(5, 6))
ONE_OPERATION = {
    "tanh": np.tanh,
    "matmul": lambda x: x @ W,
    "sum": lambda x: np.sum(x, axis=0),
    "transpose": np.transpose,
    "broadcast_to": lambda x: np.broadcast_to(x, (3, *x.shape)),
    "amax": lambda x: np.max(x, axis=1),
    "multiply": lambda x: x * np.where(np.arange(5) < 4, 0.0, 2.0),
    "cumsum": lambda x: np.cumsum(x, axis=1),
    "concatenate": lambda x: np.concatenate([np.zeros((9, 5)), x]),
}


@pytest.mark.parametrize("word", ONE_OPERATION)
def test_a_sample_is_a_part_of_the_jacobian_in_which_something_is_seen(word):
    f = ONE_OPERATION[word]
    x = np.random.default_rng(0).normal(size=(7, 5))
    found = shown(f, x)
    number = found["inputs"][0]
    (edge,) = [e for e in found["edges"] if e["from"] == number]
    sample = edge["sample"]
    dense = differences(f, x)
    entries = np.array(sample["entries"])
    assert entries.shape == (len(sample["rows"]), len(sample["columns"])) <= (MOST, MOST)
    assert entries == pytest.approx(dense[np.ix_(sample["rows"], sample["columns"])], abs=1e-8)
    for axis, size in enumerate(dense.shape):
        assert size <= MOST or (entries != 0).any(axis=1 - axis).all()
    assert sample["rows"] == sorted(set(sample["rows"])) and sample["columns"] == sorted(set(sample["columns"]))


def test_a_small_jacobian_is_shown_in_full():
    def f(x):
        return x * np.array([0.0, 2.0, 0.0])

    assert edge_to(shown(f, np.ones(3)), "multiply")["sample"] == {
        "rows": [0, 1, 2],
        "columns": [0, 1, 2],
        "entries": [[0, 0, 0], [0, 2, 0], [0, 0, 0]],
    }


def test_blocks_of_a_kronecker_product_are_seen():
    """x @ W has W^T in each block of its Jacobian by x: four rows of two blocks are shown."""
    x = np.random.default_rng(0).normal(size=(7, 5))
    edge = edge_to(shown(lambda x: x @ W, x), "matmul")
    assert edge["sample"]["rows"] == [0, 1, 2, 3, 6, 7, 8, 9]
    assert edge["sample"]["columns"] == [0, 1, 2, 3, 5, 6, 7, 8]
    block = W[:4, :4].T
    assert edge["sample"]["entries"] == np.block([[block, np.zeros((4, 4))], [np.zeros((4, 4)), block]]).tolist()
    assert edge["factors"] == [[5, 6]]
    assert edge["notation"].startswith("δ[i,i']")


def test_infinite_slopes_and_missing_rules():
    with np.errstate(all="ignore"):
        edge = edge_to(shown(np.sqrt, np.array([0.0, 4.0])), "sqrt")
    assert edge["sample"]["entries"] == [["inf", 0], [0, 0.25]]
    found = shown(lambda x: np.where(x > 0, x, 2 * x), np.array([1.0, -2.0]))
    assert not any("sample" in e for e in found["edges"] if found["nodes"][e["to"]]["dtype"] == "bool")


def test_the_jacobian_of_a_loop_is_sampled_too():
    def f(a, xs):
        return cr.scan(lambda c, x: (c * a + x, None), 0.0, xs)[0]

    edge = edge_to(shown(f, 2.0, np.ones(3)), "scan", 1)
    found = [e["sample"]["entries"] for e in shown(f, 2.0, np.ones(3))["edges"] if e["shape"] == [[], [3]]]
    assert found == [[[4.0, 2.0, 1.0]]], edge  # c = a^2 x0 + a x1 + x2


def test_contributions_by_hand():
    """y = x x + 3 x at 2: the product hands 2 to x twice, the multiple 3; all together 7."""
    found = shown(lambda x: x * x + 3.0 * x, 2.0)
    x = found["inputs"][0]
    parts = [e["contribution"] for e in found["edges"] if e["from"] == x]
    assert parts == [{"rms": 2.0, "numbers": 2.0}, {"rms": 2.0, "numbers": 2.0}, {"rms": 3.0, "numbers": 3.0}]
    assert found["nodes"][x]["gradient"]["numbers"] == 7.0
    others = [e["contribution"] for e in found["edges"] if e["from"] != x]
    assert others and set(others) == {"gradient"}


@pytest.mark.parametrize("name", ["tiny", "mlp", "deep"])
def test_contributions_add_up_to_the_gradient(name):
    found = document_of(name)
    parts = {}
    for edge in found["edges"]:
        if "contribution" in edge:
            parts.setdefault(edge["from"], []).append(edge["contribution"])
    several = 0
    for node in found["nodes"]:
        gradient, held = node.get("gradient", {}), parts.get(node["id"], [])
        if "statistics" in gradient and node["id"] not in found["outputs"]:
            assert held == ["gradient"] or (held and "gradient" not in held)
            if held != ["gradient"] and "numbers" in gradient:
                several += len(held) > 1
                total = sum(np.array(each["numbers"]) for each in held)
                assert total == pytest.approx(np.array(gradient["numbers"]), rel=1e-12)
        else:
            assert not held
    assert several == {"tiny": 0, "mlp": 0, "deep": 2 * 250}[name]


def test_large_contributions_have_a_picture_in_small_graphs():
    pictured = [e["contribution"] for e in document_of("mlp")["edges"] if "picture" in e.get("contribution", ())]
    assert pictured and all(set(each) - {"sum_rms"} == {"rms", "picture"} for each in pictured)


def test_sums_on_the_way_to_a_large_gradient():
    """y = a x + b x + c x with 100 numbers each: from the last operation to the first c, b + c, a + b + c."""
    a, b, c, x = np.random.default_rng(0).normal(size=(4, 100))
    found = shown(lambda a, b, c, x: np.sum(a * x + b * x + c * x), a, b, c, x)
    held = [e["contribution"] for e in found["edges"] if e["from"] == found["inputs"][3]][::-1]
    assert "sum_rms" not in held[0]
    rms = [np.sqrt(np.mean(total**2)) for total in (b + c, a + b + c)]
    assert [each["sum_rms"] for each in held[1:]] == pytest.approx(rms, rel=1e-12)
    assert [each["rms"] for each in held] == pytest.approx([np.sqrt(np.mean(each**2)) for each in (c, b, a)], rel=1e-12)


def test_where_gradients_start():
    """Of two results, of which one is made from the other: y = 2 x and z = 3 y."""

    def f(x):
        y = 2.0 * x
        return y, 3.0 * y

    graph = cr.trace(f, 1.0)
    found = json.loads(graph.to_view(values=graph.forward(1.0), seeds=[10.0, 100.0]))
    y, z = (found["nodes"][number] for number in found["outputs"])
    assert (y["seed"], z["seed"]) == ({"rms": 10.0, "numbers": 10.0}, {"rms": 100.0, "numbers": 100.0})
    assert y["gradient"]["numbers"] == 310.0
    assert all("seed" not in each for each in found["nodes"] if each["id"] not in found["outputs"])


def test_in_large_graphs_one_jacobian_of_a_kind_is_sampled():
    found = document_of("deep")
    words = [found["nodes"][e["to"]]["word"] for e in found["edges"] if "sample" in e]
    assert len(words) < 20
    assert set(words) == {each["word"] for each in found["nodes"] if each["operation"]}
    assert "samples of one local Jacobian of a kind" in found["thinned"]
