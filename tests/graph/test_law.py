"""The law of graphs: every rule, broken by hand, is named."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from chainrule.arraytype import ArrayType
from chainrule.errors import ForeignVariableError, GraphError
from chainrule.graph import Graph, Variable, check

from .operations import F64, LABELS, branching, chain

Broken = Callable[[Graph, dict[str, Variable]], None]
OTHER = ArrayType((7,), np.float32)


def set_(name: str, **changes: object) -> Broken:
    def change(graph: Graph, v: dict[str, Variable]) -> None:
        for attribute, value in changes.items():
            setattr(v[name], attribute, value)

    return change


def children_before_parents(graph: Graph, v: dict[str, Variable]) -> None:
    v["a"].inputs = (v["b"], v["c"])


def its_own_parent(graph: Graph, v: dict[str, Variable]) -> None:
    v["a"].inputs = (v["a"], v["c"])


def foreign_parent(graph: Graph, v: dict[str, Variable]) -> None:
    v["a"].inputs = (Graph().input(F64, "stranger"), v["c"])


def foreign_variable(graph: Graph, v: dict[str, Variable]) -> None:
    graph.variables[0] = Graph().input(F64, "stranger")


def foreign_output(graph: Graph, v: dict[str, Variable]) -> None:
    graph.outputs = [Graph().input(F64, "stranger")]


def dangling_parent(graph: Graph, v: dict[str, Variable]) -> None:
    """One that says it belongs here, and does not stand in the list."""
    ghost = Graph().input(F64, "ghost")
    ghost.graph = graph
    v["a"].inputs = (ghost, v["c"])


def dangling_output(graph: Graph, v: dict[str, Variable]) -> None:
    ghost = Graph().input(F64, "ghost")
    ghost.graph, ghost.number = graph, 100
    graph.outputs = [ghost]


def forgotten_input(graph: Graph, v: dict[str, Variable]) -> None:
    graph.inputs.remove(v["y"])


def computed_input(graph: Graph, v: dict[str, Variable]) -> None:
    graph.inputs.append(v["a"])


def constant_input(graph: Graph, v: dict[str, Variable]) -> None:
    graph.inputs.append(v["c"])


def input_twice(graph: Graph, v: dict[str, Variable]) -> None:
    graph.inputs.append(v["x"])


def swapped(graph: Graph, v: dict[str, Variable]) -> None:
    graph.variables[0], graph.variables[1] = graph.variables[1], graph.variables[0]


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (swapped, "y stands at place 0 but says that it is number 1"),
        (set_("a", number=7), "a stands at place 3 but says that it is number 7"),
        (children_before_parents, "a is made from b, which comes after it: a cycle"),
        (its_own_parent, "a is made from a, which comes after it: a cycle"),
        (dangling_parent, "ghost is a parent of a and does not stand in the graph: a dangling name"),
        (dangling_output, "ghost is among the inputs or outputs and does not stand in the graph: a dangling name"),
        (forgotten_input, "y has neither an operation nor a value, and is not among the inputs"),
        (computed_input, "a is among the inputs and has an operation or a value"),
        (constant_input, "v2 is among the inputs and has an operation or a value"),
        (input_twice, "an input stands twice among the inputs"),
        (set_("a", type=OTHER), "the type of a is not what add gives"),
        (set_("total", type=OTHER), "the type of total is not what sum gives"),
        (set_("x", type=OTHER), "add cannot be applied to what a is made from"),
        (set_("c", value=np.zeros(3)), r"v2 says f64\[4\] and holds f64\[3\]"),
        (set_("a", parameters=(1,)), "a has not the parameters of add"),
        (set_("right", part=0), "right is not result 0 of the 2 that halves gives"),
        (set_("right", part=2), "right is not result 2 of the 2 that halves gives"),
        (set_("left", parts=None), "left is not result 0 of the 2 that halves gives"),
        (set_("a", part=1), "a is not result 1 of the 1 that add gives"),
        (set_("a", inputs=()), "add cannot be applied to what a is made from"),
    ],
)
def test_a_broken_rule_is_named(broken: Broken, message: str) -> None:
    graph, v = branching()
    check(graph)
    broken(graph, v)
    with pytest.raises(GraphError, match=f"^{message}"):
        check(graph)


@pytest.mark.parametrize("broken", [foreign_parent, foreign_variable, foreign_output])
def test_strangers_are_named(broken: Broken) -> None:
    graph, v = branching()
    broken(graph, v)
    with pytest.raises(ForeignVariableError, match="stranger belongs to another graph"):
        check(graph)


def test_legal_graphs() -> None:
    check(Graph())
    check(chain(1000))
    graph, v = branching()
    graph.outputs = [v["x"], v["x"], v["c"]]  # outputs may be anything, and repeat
    check(graph)
    graph.inputs.reverse()  # in any order
    check(graph)


def test_the_rules_types_are_asked_again() -> None:
    """A graph that was legal is not, where an operation has become another."""
    graph, v = branching()
    v["a"].operation = LABELS["count"]
    with pytest.raises(GraphError, match="count cannot be applied to what a is made from"):
        check(graph)
