"""The structural key: equal for graphs of one shape, whatever values their constants hold."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.arraytype import ArrayType
from chainrule.graph import Graph, is_slot, structural_key

from .operations import F64, LABELS, apply, branching


def with_constant(value: object) -> Graph:
    graph = Graph()
    graph.outputs = [apply("add", graph.constant(value), graph.constant(value))]
    return graph


def test_equal_graphs_have_equal_keys() -> None:
    assert structural_key(branching()[0]) == structural_key(branching()[0])
    assert hash(structural_key(branching()[0])) == hash(structural_key(branching()[0]))


def test_names_are_no_part_of_the_structure() -> None:
    graph, v = branching()
    v["a"].name = "other"
    assert structural_key(graph) == structural_key(branching()[0])


def test_numbers_of_transforms_are_no_part_of_the_structure() -> None:
    def tagged(serial: int) -> Graph:
        graph = Graph()
        graph.outputs = [apply("tag", graph.input(F64), serial=serial)]
        return graph

    assert structural_key(tagged(1)) == structural_key(tagged(2))


@pytest.mark.parametrize(("value", "other"), [(0.1, 0.2), (3.0, 4.0), (np.arange(3), np.ones(3, int)), (1j, 2j)])
def test_values_that_change_from_call_to_call_are_slots(value: object, other: object) -> None:
    assert structural_key(with_constant(value)) == structural_key(with_constant(other))
    assert is_slot(with_constant(value).variables[0])


@pytest.mark.parametrize(
    ("value", "other"),
    [
        (0.0, 1.0),
        (1.0, 2.0),
        (0.5, 0.1),
        (0.0, -0.0),
        (1, 1.0),
        (True, 1),
        (1.0, np.float32(1)),
        (1.0, np.ones(1)),
        (np.ones(2), np.ones(3)),
    ],
)
def test_numbers_that_rewrites_depend_on_are_part_of_the_key(value: object, other: object) -> None:
    assert structural_key(with_constant(value)) != structural_key(with_constant(other))


def test_a_negative_zero_is_no_zero() -> None:
    """x + 0.0 may be rewritten where x + -0.0 may not."""
    assert not is_slot(with_constant(0.0).variables[0])
    assert is_slot(with_constant(-0.0).variables[0])
    assert is_slot(with_constant(complex(0.0, -0.0)).variables[0])


def test_inputs_and_results_are_no_slots() -> None:
    _, v = branching()
    assert not is_slot(v["x"]) and not is_slot(v["a"])


def test_what_is_computed_from_what() -> None:
    def graph(*order: int, name: str = "add", parameter: int = 0) -> Graph:
        result = Graph()
        made = [result.input(F64), result.input(F64)]
        apply(name, *(made[k] for k in order)) if name == "add" else apply(name, made[0], parameter=parameter)
        return result

    keys = [
        structural_key(each)
        for each in (
            graph(0, 1),
            graph(1, 0),
            graph(0, 0),
            graph(name="with_parameter"),
            graph(name="with_parameter", parameter=1),
        )
    ]
    assert len(set(keys)) == len(keys)


def test_types_are_part_of_the_key() -> None:
    def graph(type: ArrayType) -> Graph:
        result = Graph()
        result.append(LABELS["sin"], (result.input(type),))
        return result

    assert structural_key(graph(F64)) != structural_key(graph(ArrayType((5,), float)))
    assert structural_key(graph(F64)) != structural_key(graph(ArrayType((4,), "f4")))
