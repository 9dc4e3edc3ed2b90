"""Orders and neighbourhoods, against plain reachability."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chainrule.arraytype import ArrayType
from chainrule.graph import Graph, Variable, ancestors, between, consumers, descendants, operations

from .operations import F64, LABELS, apply, branching


@st.composite
def graphs(draw) -> Graph:
    """Random graphs of sums, pairs and counts."""
    graph = Graph()
    for _ in range(draw(st.integers(1, 3))):
        graph.input(F64)
    for _ in range(draw(st.integers(0, 12))):
        floats = [v for v in graph.variables if v.type is F64]
        x, y = draw(st.sampled_from(floats)), draw(st.sampled_from(floats))
        kind = draw(st.sampled_from(["add", "add", "sin", "count", "halves"]))
        apply(kind, x, y) if kind == "add" else apply(kind, x)
    return graph


def reachable(graph: Graph) -> np.ndarray:
    """[i, j]: whether there is a path from i to j, by powers of the adjacency matrix."""
    n = len(graph)
    A = np.eye(n, dtype=int)
    for v in graph.variables:
        for u in v.inputs:
            A[u.number, v.number] = 1
    for _ in range(n):
        A = np.minimum(A @ A, 1)
    return A.astype(bool)


def numbers(variables: list[Variable]) -> list[int]:
    return [v.number for v in variables]


@given(graphs(), st.data())
def test_against_reachability(graph: Graph, data: st.DataObject) -> None:
    some = st.lists(st.sampled_from(graph.variables), min_size=1, max_size=3, unique_by=id)
    starts, goals = data.draw(some), data.draw(some)
    paths = reachable(graph)
    from_starts = [n for n in range(len(graph)) if paths[numbers(starts), n].any()]
    to_goals = [n for n in range(len(graph)) if paths[n, numbers(goals)].any()]
    assert numbers(ancestors(goals)) == to_goals
    assert numbers(descendants(starts)) == from_starts


@given(graphs(), st.data())
def test_between_is_on_paths_of_floats(graph: Graph, data: st.DataObject) -> None:
    some = st.lists(st.sampled_from(graph.variables), min_size=1, max_size=3, unique_by=id)
    starts, goals = data.draw(some), data.draw(some)
    smooth = [v for v in graph.variables if v.type.carries_derivative]
    part = {v.number for v in smooth}
    ahead = {v.number for v in starts} & part
    for v in smooth:
        if any(u.number in ahead for u in v.inputs):
            ahead.add(v.number)
    behind = {v.number for v in goals} & part
    for v in reversed(smooth):
        if v.number in behind:
            behind |= {u.number for u in v.inputs} & part
    assert numbers(between(goals, starts)) == sorted(ahead & behind)


def test_a_stop_is_not_looked_behind() -> None:
    _, v = branching()
    assert ancestors([v["total"]], stop=[v["b"]]) == [v["b"], v["left"], v["total"]]
    assert ancestors([v["total"]], stop=[v["total"]]) == [v["total"]]
    assert ancestors([v["a"]], stop=[v["total"]]) == [v["x"], v["c"], v["a"]]


def test_integers_carry_no_derivative() -> None:
    graph = Graph()
    x = graph.input(F64)
    n = apply("count", x)
    m = apply("add", n, graph.input(ArrayType((), np.int64)))
    assert between([m], [x]) == []
    assert between([n], [n]) == []


def test_nothing_to_start_from() -> None:
    _, v = branching()
    assert descendants([]) == []
    assert ancestors([]) == []
    assert between([v["total"]], []) == []
    assert between([], [v["x"]]) == []
    assert between([v["total"]], [v["y"]]) == []


def test_consumers_know_the_argument() -> None:
    graph, v = branching()
    found = consumers(graph)
    assert found[v["a"].number] == [(v["b"], 0), (v["b"], 1)]
    assert found[v["b"].number] == [(v["left"], 0), (v["right"], 0)]
    assert found[v["c"].number] == [(v["a"], 1)]
    assert found[v["total"].number] == []


def test_an_operation_of_several_results_counts_once() -> None:
    graph, v = branching()
    assert list(operations(graph)) == [v["a"], v["b"], v["left"], v["n"], v["total"]]


def test_a_long_chain_is_no_deeper_than_a_short_one(long_chain: Graph) -> None:
    x, y, length = long_chain.inputs[0], long_chain.outputs[0], len(long_chain)
    assert length > 100_000
    assert len(ancestors([y])) == len(descendants([x])) == len(between([y], [x])) == length
    assert sum(1 for _ in operations(long_chain)) == length - 1
    assert len(consumers(long_chain)) == length


def test_many_paths_are_walked_once() -> None:
    """2 ** 200 paths from x to y."""
    graph = Graph()
    x = v = graph.input(F64)
    for _ in range(200):
        v = graph.append(LABELS["add"], (v, v))
    assert len(between([v], [x])) == len(ancestors([v])) == 201
