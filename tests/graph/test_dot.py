"""The drawing in the DOT language: every node and edge once, whatever the names."""

from __future__ import annotations

import re

import pytest

from chainrule.graph import Graph, to_dot

from .operations import F64, apply, branching, chain
from .test_text import HOSTILE


def test_nodes_and_edges() -> None:
    graph, v = branching()
    text = to_dot(graph)
    assert text.startswith("digraph {\n") and text.endswith("}\n")
    nodes = re.findall(r"^  n(\d+) \[label=\"(.*?)\"", text, re.MULTILINE)
    assert [(int(number), label.split()[0]) for number, label in nodes] == [
        (0, "x"), (1, "y"), (2, "c2"), (3, "a"), (4, "b"), (5, "left"), (6, "right"), (7, "v7"), (8, "total"),
    ]  # fmt: skip
    edges = re.findall(r"^  n(\d+) -> n(\d+) \[label=\"(\w+)\"\]", text, re.MULTILINE)
    expected = [(str(u.number), str(w.number), w.operation.name) for w in graph.variables for u in w.inputs]
    assert edges == expected
    assert f'n{v["total"].number} [label="total f64[]", peripheries=2]' in text
    assert f'n{v["c"].number} [label="c2 f64[4]", shape=plaintext]' in text


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(name: str) -> None:
    graph = Graph(name)
    x = graph.input(F64, name)
    apply("sin", x).name = name + "_"
    for line in to_dot(graph).splitlines():
        assert len(re.findall(r'(?<!\\)"', line)) % 2 == 0
    assert len(to_dot(graph).splitlines()) == 7


def test_a_long_chain() -> None:
    assert len(to_dot(chain(5_000)).splitlines()) == 4 + 2 * 5_002 - 1
