"""New graphs from old ones: copies, extracts, substitutions."""

from __future__ import annotations

import pytest

from chainrule.arraytype import ArrayType
from chainrule.errors import ForeignVariableError, GraphError, user_frame
from chainrule.graph import Graph, check, copied, extract, paste, same_graph, substitute, to_text, with_assigned_names

from .operations import F64, LABELS, apply, branching, chain


def with_origins() -> Graph:
    graph = Graph("origins", locate=lambda: user_frame(depth=3))
    x = graph.input(F64, "x", user_frame(depth=1))
    a, b = graph.append(LABELS["sin"], (x,)), graph.append(LABELS["sin"], (x,))
    a.name, b.name = "a", "b"
    graph.merge_origins(a, [b])
    x.more_origins = (b.origin,)
    graph.outputs = [apply("sum", a)]
    return graph


def check_marks(new, old) -> None:
    assert (new.name, new.origin, new.more_origins) == (old.name, old.origin, old.more_origins)


def test_a_copy_is_the_same_graph() -> None:
    graph, v = branching()
    result, where = copied(graph)
    check(result)
    assert same_graph(result, graph)
    assert where[v["left"].number].name == "left"
    assert {u.graph for u in result.variables} == {result}


def test_a_copy_keeps_the_order_of_the_inputs() -> None:
    graph, v = branching()
    graph.inputs = [v["y"], v["x"]]
    result, _ = copied(graph)
    assert [u.name for u in result.inputs] == ["y", "x"]
    assert same_graph(result, graph)


def test_names_and_origins_go_along() -> None:
    graph = with_origins()
    _, where = copied(graph)
    for v in graph.variables:
        check_marks(where[v.number], v)
    small = extract(graph, graph.inputs, graph.outputs)
    check_marks(small.inputs[0], graph.inputs[0])
    check_marks(small.variables[1], graph.variables[1])
    other = substitute(graph, {})
    check_marks(other.inputs[0], graph.inputs[0])
    check_marks(other.outputs[0].inputs[0], graph.variables[1])


def test_what_is_pasted_is_reached_by_what_it_is_made_from_there() -> None:
    """The transforms under way where it came from have ended."""
    graph, v = branching()
    v["x"].mask = v["a"].mask = 8
    into = Graph("into")
    known = {u.number: into.input(u.type) for u in graph.inputs}
    known[v["x"].number].mask = 2
    paste(graph.variables, into, known)
    assert known[v["a"].number].mask == known[v["total"].number].mask == 2


# Extracting


def test_an_extract_holds_what_is_needed() -> None:
    graph, v = branching()
    result = extract(graph, [v["x"]], [v["total"]], "part")
    check(result)
    assert to_text(result) == (
        "graph part(x: f64[4]) -> (total)\n"
        "  c1: f64[4] = [0.0, 1.0, 2.0, 3.0]\n"
        "  a: f64[4] = add(x, c1)\n"
        "  b: f64[4] = add(a, a)\n"
        "  left, right: f64[2], f64[2] = halves(b)\n"
        "  total: f64[] = sum(left)\n"
    )


def test_inputs_that_are_not_needed_stay() -> None:
    graph, v = branching()
    assert [u.name for u in extract(graph, [v["y"], v["x"]], [v["a"]]).inputs] == ["y", "x"]


def test_an_extract_may_begin_in_the_middle() -> None:
    graph, v = branching()
    result = extract(graph, [v["b"]], [v["total"], v["b"]])
    check(result)
    assert [u.name for u in result.inputs] == ["b"]
    assert result.outputs[1] is result.inputs[0]


def test_one_of_several_results_may_be_an_input() -> None:
    """The other one is still made by the operation; what is given is not overwritten by it."""
    graph, v = branching()
    result = extract(graph, [v["left"], v["x"]], [v["total"], v["right"]])
    check(result)
    total, right = result.outputs
    assert total.inputs == (result.inputs[0],)
    assert right.operation is LABELS["halves"]


def test_a_dangling_input_is_told() -> None:
    graph, v = branching()
    with pytest.raises(GraphError, match="the outputs depend on x, which is not among the inputs") as caught:
        extract(graph, [v["y"]], [v["total"]])
    assert caught.value.try_ == "Graph(inputs=[y, x], ...)"
    assert caught.value.got == "inputs y"
    with pytest.raises(GraphError) as caught:
        extract(graph, [], [v["total"], v["n"]])
    assert "x, y" in caught.value.what and caught.value.got == "inputs none"


def test_strangers_are_refused() -> None:
    graph, v = branching()
    stranger = Graph().input(F64, "stranger")
    for call in (
        lambda: extract(graph, [stranger], [v["total"]]),
        lambda: extract(graph, [v["x"]], [stranger]),
        lambda: substitute(graph, {v["a"]: stranger}),
        lambda: substitute(graph, {stranger: v["a"]}),
    ):
        with pytest.raises(ForeignVariableError, match="stranger belongs to another graph"):
            call()


def test_pasting_into_a_graph_that_goes_on() -> None:
    graph, v = branching()
    other = Graph("other")
    z = other.input(F64, "z")
    where = paste(graph.variables[2:5], other, {v["x"].number: z})
    other.outputs = [where[v["b"].number]]
    check(other)
    assert [u.name for u in other.inputs] == ["z"]
    assert where[v["a"].number].inputs[0] is z


# Substituting


def test_one_variable_for_another() -> None:
    graph, v = branching()
    result = substitute(graph, {v["a"]: v["x"]})
    check(result)
    assert result.outputs[0].inputs[0].inputs[0].inputs == (result.inputs[0], result.inputs[0])
    assert [u.name for u in result.inputs] == ["x", "y"]
    assert not any(u.is_constant for u in result.variables)  # nothing needs it any more


def test_an_output_for_another() -> None:
    graph, v = branching()
    graph.outputs = [v["a"], v["b"]]
    result = substitute(graph, {v["b"]: v["a"]})
    assert result.outputs[0] is result.outputs[1]


def test_replacements_in_a_row() -> None:
    graph, v = branching()
    graph.outputs = [apply("sum", v["b"])]
    result = substitute(graph, {v["b"]: v["a"], v["a"]: v["x"]})
    assert result.outputs[0].inputs == (result.inputs[0],)


def test_a_later_variable_for_an_earlier_one() -> None:
    """What stands behind what it replaces comes before it in the new graph."""
    graph = Graph()
    x, y = graph.input(F64, "x"), graph.input(F64, "y")
    a = apply("add", x, y)
    b = apply("sin", y)
    graph.outputs = [apply("sum", a)]
    graph.outputs[0].name, b.name = "total", "b"
    result = substitute(graph, {x: b})
    check(result)
    assert "b: f64[4] = sin(y)" in to_text(result)
    assert result.outputs[0].inputs[0].inputs == (result.variables[2], result.inputs[1])


def test_one_of_several_results() -> None:
    graph, v = branching()
    graph.outputs = [apply("add", v["left"], v["right"])]
    result = substitute(graph, {v["left"]: v["right"]})
    check(result)
    left, right = result.outputs[0].inputs
    assert left is right and left.part == 1


def test_a_cycle_is_told() -> None:
    graph, v = branching()
    with pytest.raises(GraphError, match="replacing makes a cycle through"):
        substitute(graph, {v["a"]: v["b"]})
    with pytest.raises(GraphError, match="leads back to itself: a cycle"):
        substitute(graph, {v["a"]: v["b"], v["b"]: v["a"]})
    with pytest.raises(GraphError, match="leads back to itself: a cycle"):
        substitute(graph, {v["a"]: v["a"]})


def test_a_cycle_that_no_output_needs_is_none() -> None:
    graph, v = branching()
    graph.outputs = [v["n"]]
    assert len(substitute(graph, {v["a"]: v["b"]})) == 3


def test_types_must_agree() -> None:
    graph = Graph()
    x, y = graph.input(F64, "x"), graph.input(ArrayType((4,), "f4"), "y")
    with pytest.raises(GraphError, match="x cannot be replaced by y: their types differ") as caught:
        substitute(graph, {x: y})
    assert (caught.value.got, caught.value.wanted) == ("y f32[4]", "f64[4]")


def test_long_chains(long_chain: Graph) -> None:
    length = len(long_chain)
    assert len(extract(long_chain, long_chain.inputs, long_chain.outputs)) == length
    assert len(copied(long_chain)[0]) == length
    middle = long_chain.variables[length // 2]
    assert len(substitute(long_chain, {middle: long_chain.inputs[0]})) == length - middle.number


def test_many_replacements_in_a_row() -> None:
    """Each is followed once, however long the row."""
    graph = chain(3_000)
    replacements = dict(zip(graph.variables[1:-1], graph.variables[:-2], strict=True))
    assert len(substitute(graph, replacements)) == 2


def test_a_wide_and_deep_lattice() -> None:
    """Every variable used twice, in two orders: no path is walked twice, no cycle is seen where there is none."""
    graph = Graph()
    a, b = graph.input(F64), graph.input(F64)
    for _ in range(300):
        a, b = apply("add", a, b), apply("add", b, a)
    graph.outputs = [b, a]
    result = substitute(graph, {})
    check(result)
    assert len(result) == len(graph)


def test_variables_take_the_names_that_the_user_gave() -> None:
    """`h` for the result of `h = ...`; of several operations on one line, the last is what was assigned."""
    graph = Graph(locate=lambda: user_frame(depth=2))
    x = graph.input(F64, "x")
    h = graph.append(LABELS["sin"], (x,))
    sin = LABELS["sin"]
    twice = [graph.append(sin, (h,)), graph.append(sin, (h,))]
    z = graph.append(LABELS["add"], tuple(twice))
    z.name = "total"
    y = graph.append(sin, (z,)).graph.variables[-1]
    assert with_assigned_names(graph) is graph
    assert [v.name for v in graph.variables] == ["x", "h", None, None, "total", None]
    assert y is graph.variables[-1]
