"""Building graphs: numbers, types, several results, foreign variables, origins."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

from chainrule.arraytype import ArrayType
from chainrule.errors import ForeignVariableError, ShapeError, user_frame
from chainrule.graph import Graph, check, graph_of

from .operations import F64, LABELS, apply, branching


def test_variables_are_numbered_in_order() -> None:
    graph, v = branching()
    assert [u.number for u in graph.variables] == list(range(len(graph))) == list(range(9))
    assert v["b"].inputs == (v["a"], v["a"])
    assert graph.inputs == [v["x"], v["y"]]
    check(graph)


def test_inputs_and_constants() -> None:
    graph = Graph()
    x = graph.input(ArrayType((2, 3), np.float32), "x")
    assert x.is_input and not x.is_constant
    assert (x.shape, x.dtype, x.ndim, x.size, x.name, x.label) == ((2, 3), np.float32, 2, 6, "x", "x")
    for value, type_ in [
        (np.ones((2, 1), np.int8), "i8[2,1]"),
        (3.0, "f64[]"),
        (True, "bool[]"),
        (1 + 2j, "c128[]"),
        (np.float32(2), "f32[]"),
        ([1, 2], "i64[2]"),
        (0.0, "f64[]"),
    ]:
        c = graph.constant(value)
        assert c.is_constant and not c.is_input
        assert str(c.type) == type_
        np.testing.assert_array_equal(c.value, value)


def test_unnamed_variables_are_labelled_by_number() -> None:
    graph = Graph()
    graph.input(F64, "x")
    assert graph.input(F64).label == "v1"


def test_repr() -> None:
    _, v = branching()
    assert repr(v["x"]) == "<x: f64[4] = input>"
    assert repr(v["c"]) == "<v2: f64[4] = constant>"
    assert repr(v["total"]) == "<total: f64[] = sum>"


def test_several_results() -> None:
    _, v = branching()
    left, right = v["left"], v["right"]
    assert left.results == right.results == (left, right)
    assert (left.part, right.part) == (0, 1)
    assert str(left.type) == "f64[2]"
    assert v["a"].results == (v["a"],) and v["a"].parts is None


def test_the_type_rule_speaks() -> None:
    graph = Graph()
    x, y = graph.input(F64), graph.input(ArrayType((3,), np.float64))
    with pytest.raises(ShapeError, match=r"f64\[4\] is not f64\[3\]"):
        graph.append(LABELS["add"], (x, y))
    assert len(graph) == 2


def test_a_variable_of_another_graph_is_refused() -> None:
    here, there = Graph(), Graph()
    x, y = here.input(F64, "x"), there.input(F64, "y")
    with pytest.raises(
        ForeignVariableError, match="y belongs to another graph and cannot be used in this one"
    ) as caught:
        apply("add", x, y)
    assert caught.value.got == "y f64[4]"
    assert caught.value.try_ is not None
    assert len(here) == 1
    assert graph_of([x, x]) is here
    with pytest.raises(ForeignVariableError):
        graph_of([x, y])


def test_a_foreign_variable_tells_where_it_was_made() -> None:
    here, there = Graph(), Graph()
    y = there.input(F64, "y", user_frame(depth=1))
    with pytest.raises(ForeignVariableError, match=r"made at test_graph.py:\d+"):
        apply("add", here.input(F64), y)


def test_masks_are_inherited() -> None:
    """One bit for each transform whose argument reaches a variable."""
    graph = Graph()
    x, y = graph.input(F64), graph.input(F64)
    x.mask, y.mask = 1, 4
    assert apply("add", x, y).mask == 5
    assert apply("sin", apply("sin", y)).mask == 4
    assert graph.constant(1.0).mask == 0


def test_origins_are_found_for_appended_variables() -> None:
    graph = Graph(locate=lambda: user_frame(depth=1))
    x = graph.input(F64)
    y = apply("sin", x)
    assert y.origins[0].function == "<lambda>"
    assert x.origins == ()


def test_merging_keeps_all_origins() -> None:
    graph = Graph()
    x = graph.input(F64)
    made = [graph.append(LABELS["sin"], (x,), (), user_frame(depth=1)) for _ in range(2)]
    third = graph.append(LABELS["sin"], (x,), (), user_frame(depth=1))
    third.name = "y"
    graph.merge_origins(made[0], [made[1], third])
    lines = [origin.line for origin in made[0].origins]
    assert len(set(lines)) == len(lines) == 2
    assert made[0].name == "y"


def test_a_released_graph_needs_no_cycle_collector() -> None:
    graph, v = branching()
    gone = weakref.ref(graph)
    gc.collect()
    gc.disable()
    try:
        graph.release()
        v.clear()
        del graph
        assert gone() is None
    finally:
        gc.enable()


def test_constants_cannot_be_changed_through_the_graph() -> None:
    array = np.ones(3)
    constant = Graph().constant(array)
    with pytest.raises(ValueError, match="read-only"):
        constant.value[0] = 2.0
    array[0] = 5.0  # the owner's business still
    assert constant.value[0] == 5.0
