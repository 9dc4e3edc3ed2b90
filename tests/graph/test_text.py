"""The text form: what is written is read back, and what cannot be read is refused with its line."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from chainrule.arraytype import ArrayType
from chainrule.errors import GraphError, Origin, TextError, user_frame
from chainrule.graph import Graph, check, from_text, operations, same_graph, to_text, unique_names
from chainrule.graph.literal import literal, value_of
from chainrule.ops import CATALOGUE

from .operations import F64, LABELS, Label, apply, branching, chain

EXAMPLE = """\
graph branching(x: f64[4], y: f64[4]) -> (total, right)
  c2: f64[4] = [0.0, 1.0, 2.0, 3.0]
  a: f64[4] = add(x, c2)
  b: f64[4] = add(a, a)
  left, right: f64[2], f64[2] = halves(b)
  v7: i64[] = count(y)
  total: f64[] = sum(left)
"""


def there_and_back(graph: Graph, catalogue=LABELS) -> Graph:
    text = to_text(graph)
    result = from_text(text, catalogue)
    check(result)
    assert to_text(result) == text
    assert same_graph(graph, result)
    return result


def test_golden_text() -> None:
    graph, _ = branching()
    assert to_text(graph) == EXAMPLE


def test_round_trip() -> None:
    graph, _ = branching()
    result = there_and_back(graph)
    assert result.name == "branching"
    assert [v.name for v in result.inputs] == ["x", "y"]
    assert [v.name for v in result.outputs] == ["total", "right"]
    assert [v.name for v in result.variables] == ["x", "y", None, "a", "b", "left", "right", None, "total"]
    assert [v.type for v in result.variables] == [v.type for v in graph.variables]


def test_names_that_are_made_up_are_not_taken_for_the_users() -> None:
    graph = Graph()
    v = graph.input(F64)
    graph.outputs = [apply("sin", apply("sin", v))]
    assert [v.name for v in there_and_back(graph).variables] == [None, None, None]


def test_the_users_names_come_before_those_that_are_made_up() -> None:
    graph = Graph()
    unnamed = graph.input(F64)
    velocity, concentration = graph.input(F64, "v0"), graph.input(F64, "c7")
    graph.outputs = [apply("add", apply("add", unnamed, velocity), concentration)]
    assert unique_names(graph) == ["v0_2", "v0", "c7", "v3", "v4"]
    there_and_back(graph)


def test_a_long_chain(long_chain: Graph) -> None:
    assert len(to_text(long_chain).splitlines()) == len(long_chain)
    graph = chain(10_000)
    assert to_text(from_text(to_text(graph), LABELS)) == to_text(graph)


def test_inputs_after_constants_stand_first() -> None:
    graph = Graph()
    c = graph.constant(np.ones(4))
    x = graph.input(F64, "x")
    graph.outputs = [apply("add", x, c), c, x, x]
    text = to_text(graph)
    assert text.startswith("graph graph(x: f64[4]) -> (v2, c1, x, x)\n  c1: f64[4]")
    there_and_back(graph)


def test_the_empty_graph() -> None:
    assert to_text(Graph("nothing")) == "graph nothing() -> ()\n"
    there_and_back(Graph("nothing"))


def test_an_operation_without_arguments() -> None:
    graph = Graph()
    graph.outputs = [graph.append(LABELS["source"], (), ((2, 3),))]
    assert "v0: f64[2,3] = source(; shape=(2, 3))" in to_text(graph)
    there_and_back(graph)


@pytest.mark.parametrize("operation", CATALOGUE.values(), ids=lambda operation: operation.name)
def test_every_operation_of_the_catalogue_is_a_line(operation) -> None:
    """With the arguments and parameters of its examples, as inputs and as constants."""
    examples = list(operation.examples(np.random.default_rng(0))) if operation.examples else []
    if not examples:
        pytest.skip("declared without examples")
    for example in examples:
        graph = Graph("line")
        values = [np.asarray(argument) for argument in example.arguments]
        parameters = tuple(example.parameters[name] for name in operation.parameter_names)
        results = []
        for make in (lambda value: graph.input(ArrayType.of(value)), graph.constant):
            result = graph.append(operation, tuple(make(value) for value in values), parameters)
            results += result if isinstance(result, tuple) else [result]
        graph.outputs = results
        back = there_and_back(graph, CATALOGUE)
        assert [v.parameters for v in operations(back)] == [parameters, parameters]


# Names


HOSTILE = [
    *(
        "</script>",
        'a"b',
        "a'b",
        "two words",
        "",
        "a,b",
        "a)b",
        "a#b",
        "a;b",
        "a = b",
        "1st",
        "x\ny",
        "x: f64[4]",
        "->",
    ),
    *(
        "-> (x)",
        "graph",
        "λ",
        "größe",
        "x.y",
        "x.y.",
        "v1",
        "c0",
        "v007",
        "\u202eabc",
        "a" * 200,
        "_",
        "π2",
        "sin",
        "nan",
    ),
    "None",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(name: str) -> None:
    """Shown where they can be read back; else a name is made up. The graph's name, too."""
    graph = Graph(name)
    x = graph.input(F64, name)
    y = apply("sin", x)
    y.name = name + "_"
    left, right = apply("halves", y)
    right.name = name + "2"
    graph.outputs = [left, right]
    result = there_and_back(graph)
    assert len(result) == 4 and len(result.inputs) == 1 and len(result.outputs) == 2
    assert "\n" not in to_text(graph).splitlines()[0]


@given(st.lists(st.text(max_size=4), min_size=3, max_size=3), st.text(max_size=5))
def test_any_names(names: list[str], title: str) -> None:
    graph = Graph(title)
    x = graph.input(F64, names[0])
    a = apply("sin", x)
    b = apply("add", a, x)
    a.name, b.name = names[1:]
    graph.outputs = [b]
    there_and_back(graph)


def test_names_given_twice_are_numbered() -> None:
    """From the second use on, and past names that are taken."""
    graph = Graph()
    x, y = graph.input(F64, "h"), graph.input(F64, "h")
    z = apply("add", x, y)
    z.name = "h_2"
    apply("sin", z).name = "h"
    assert unique_names(graph) == ["h", "h_3", "h_2", "h_4"]
    there_and_back(graph)


@given(
    st.lists(
        st.sampled_from(["x", "v0", "c1", "v2", "", None, "h", "h", "h_2", "h_3", "h_2_2"]), min_size=6, max_size=6
    )
)
def test_names_in_the_text_are_unique(names: list[str | None]) -> None:
    graph = Graph()
    v = graph.input(F64, names[0])
    for name in names[1:]:
        v = apply("sin", v)
        v.name = name
    found = unique_names(graph)
    assert len(set(found)) == len(found)
    there_and_back(graph)


# Constants


NUMBERS = [
    np.array([0.0, -0.0, np.nan, np.inf, -np.inf, 5e-324, 1.7976931348623157e308, 0.1]),
    np.array([0.1, np.nan, -np.inf, -0.0, 1e-45, 3.4e38], np.float32),
    np.array([0.1, -0.0, np.inf, 6e-8], np.float16),
    np.array([complex(1, np.inf), complex(np.nan, 0), complex(-0.0, -0.0), 1 + 2j, complex(-np.inf, np.nan)]),
    np.array([complex(0.1, -0.0)], np.complex64),
    np.array([-(2**63), 2**63 - 1, 0]),
    np.array([2**64 - 1], np.uint64),
    np.array([-128, 127], np.int8),
    np.array([True, False]),
    np.array(True),
    np.float64(-0.0),
    np.float32(0.1),
    np.zeros((0, 3)),
    np.zeros((3, 0)),
    np.zeros((2, 0, 3), np.complex128),
    np.arange(24).reshape(2, 3, 4),
    np.array([1.5, -0.0, np.inf, np.nan], np.longdouble) / 3,
    np.array([1.5 + 2j], np.clongdouble) / 3,
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.arange(3, dtype=">f8"),
]


def same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    """Equal with the sign of zeros; of nan only that it is one (as a text says)."""
    parts = [(a.real, b.real), (a.imag, b.imag)] if a.dtype.kind == "c" else [(a, b)]
    if a.shape != b.shape:
        return False
    if a.dtype.kind not in "fc":
        return np.array_equal(a, b)
    return all(
        np.array_equal(p, q, equal_nan=True)
        and np.array_equal(np.signbit(p[~np.isnan(p)]), np.signbit(q[~np.isnan(q)]))
        for p, q in parts
    )


@pytest.mark.parametrize("value", NUMBERS, ids=lambda value: f"{np.asarray(value).dtype}{np.shape(value)}")
def test_constants_are_written_exactly(value: np.ndarray) -> None:
    graph = Graph()
    c = graph.constant(value)
    graph.outputs = [c]
    (read,) = there_and_back(graph).outputs
    assert read.type is c.type
    assert same_bits(np.asarray(value), np.asarray(read.value))


@settings(max_examples=200)
@given(
    arrays.arrays(
        st.sampled_from(["f2", "f4", "f8", "c8", "c16", "i1", "u8", "i8", "?"]),
        arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
    )
)
def test_any_constant(value: np.ndarray) -> None:
    graph = Graph()
    graph.outputs = [graph.constant(value)]
    (read,) = there_and_back(graph).outputs
    assert same_bits(value, read.value)


def test_python_numbers_are_constants() -> None:
    graph = Graph()
    graph.outputs = [graph.constant(number) for number in (1, 2.5, True, 1j, float("nan"))]
    assert [str(v.type) for v in there_and_back(graph).outputs] == ["i64[]", "f64[]", "bool[]", "c128[]", "f64[]"]


def test_large_constants_are_abbreviated_on_request() -> None:
    graph = Graph()
    graph.outputs = [graph.constant(np.arange(9.0)), graph.constant(np.arange(8.0))]
    text = to_text(graph, full=False)
    assert "c0: f64[9] = <9 numbers>" in text
    assert "c1: f64[8] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]" in text
    with pytest.raises(TextError, match="line 2: a text with abbreviated constants cannot be read back") as caught:
        from_text(text, LABELS)
    assert caught.value.try_ == "to_text(graph, full=True)"


# Parameters


PARAMETERS = [
    *(0, -1, 10**30, 1.5, -0.0, float("inf"), float("-inf"), float("nan"), 1 + 2j, True, None),
    *(
        "text",
        "it's",
        'say "so"',
        "a#b",
        "# no comment",
        "x; y=1",
        "f(x)",
        "a = b",
        "new\nline",
        "\\",
        "\u2028",
        "λ",
        "nan",
    ),
    *(b"bytes", "(", ")", (), (1,), (1, (2, None), "three"), ((0, 1, 5),), [1, 2], {"a": 1}, {1, 2}),
    (float("nan"), -float("inf")),
]


@pytest.mark.parametrize("value", PARAMETERS, ids=repr)
def test_parameters(value: object) -> None:
    graph = Graph()
    graph.outputs = [graph.append(LABELS["with_parameter"], (graph.input(F64, "x"),), (value,))]
    (v,) = there_and_back(graph).outputs
    assert repr(v.parameters[0]) == repr(value)


def test_two_parameters() -> None:
    graph = Graph()
    x = graph.input(F64, "x")
    graph.outputs = [graph.append(LABELS["with_two"], (x,), (-1, "a, mode='b'"))]
    assert "with_two(x; axis=-1, mode=\"a, mode='b'\")" in to_text(graph)
    assert there_and_back(graph).outputs[0].parameters == (-1, "a, mode='b'")


@pytest.mark.parametrize(
    "value", [np.float64(1), np.arange(3), object(), len, slice(1, 2), ...], ids=lambda value: type(value).__name__
)
def test_parameters_that_cannot_be_written(value: object) -> None:
    graph = Graph()
    graph.outputs = [graph.append(LABELS["with_parameter"], (graph.input(F64),), (value,))]
    with pytest.raises(GraphError, match="has no text form"):
        to_text(graph)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(), st.lists))
def test_literals(value: object) -> None:
    assert repr(value_of(literal(value))) == repr(value)


def test_operations_that_cannot_be_written() -> None:
    graph = Graph()
    strange = Label("two words", lambda x: x)
    graph.outputs = [graph.append(strange, (graph.input(F64),))]
    with pytest.raises(GraphError, match="'two words' has no text form"):
        to_text(graph)


# Comments and origins


def test_origins_are_comments() -> None:
    graph = Graph(locate=lambda: user_frame(depth=3))
    x = graph.input(F64, "x")
    y = graph.append(LABELS["sin"], (x,))
    graph.outputs = [y]
    text = to_text(graph, origins=True)
    assert text.splitlines()[1].endswith(f"  # test_text.py:{y.origins[0].line}")
    assert to_text(from_text(text, LABELS)) == to_text(graph)


def test_two_origins() -> None:
    graph = Graph()
    x = graph.input(F64, "x")
    a = graph.append(LABELS["sin"], (x,), (), user_frame(depth=1))
    b = graph.append(LABELS["sin"], (x,), (), user_frame(depth=1))
    graph.merge_origins(a, [b])
    graph.outputs = [a]
    here = [Origin(v.origin).line for v in (a, b)]
    assert f"# test_text.py:{here[0]}, test_text.py:{here[1]}" in to_text(graph, origins=True)


def test_comments_and_empty_lines_are_skipped() -> None:
    lines = EXAMPLE.splitlines()
    text = "\n\n# before\n" + "   # behind, with 'quotes\n\n".join(lines) + "\n  # after"
    assert to_text(from_text(text, LABELS)) == EXAMPLE


# What is no graph


def changed(old: str, new: str) -> str:
    assert old in EXAMPLE
    return EXAMPLE.replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "an empty text is no graph"),
        ("# nothing\n", "an empty text is no graph"),
        ("hello", "line 1 does not begin a graph"),
        (changed("graph branching", "graf branching"), "line 1 does not begin a graph"),
        (changed("x: f64[4], y", "x f64[4], y"), "line 1 is no part of a graph: 'x f64"),
        (changed("x: f64[4], y", "x: f64[4]; y"), "line 1 is no part of a graph"),
        (changed("y: f64[4]", "x: f64[4]"), "line 1 is no part of a graph: x is defined twice"),
        (changed("y: f64[4]", "y: f65[4]"), "line 1: 'f65' is no dtype of a graph"),
        (changed("(total, right)", "(total, wrong)"), "line 1: there is no 'wrong'"),
        (changed("(total, right)", "(total right)"), "line 1 is no part of a graph: 'total right' is no list of names"),
        (changed("add(x, c2)", "add(x, c3)"), "line 3: there is no 'c3'"),
        (changed("add(x, c2)", "plus(x, c2)"), "line 3: there is no 'plus'"),
        (changed("add(x, c2)", "add(x)"), "line 3 is no part of a graph"),
        (changed("add(x, c2)", "add(x, c2"), "line 3 is no part of a graph"),
        (changed("add(x, c2)", "add(x, c2; axis=0)"), "line 3 is no part of a graph: add has the parameters none"),
        (changed("add(x, c2)", "add(x, c2; f(0))"), r"line 3 is no part of a graph: 'f\(0\)' are no parameters"),
        (changed("add(x, c2)", "add(x, c2; 1) + (2"), "line 3 is no part of a graph"),
        (
            changed("a: f64[4] = add", "a: f64[5] = add"),
            r"line 3 is no part of a graph: f64\[5\] where f64\[4\] comes out",
        ),
        (changed("a: f64[4] = add", "a = add"), "line 3 is no part of a graph"),
        (changed("a: f64[4] = add", "x: f64[4] = add"), "line 3 is no part of a graph: x is defined twice"),
        (changed("[0.0, 1.0, 2.0, 3.0]", "[0.0, 1.0]"), "line 2 is no part of a graph: cannot reshape"),
        (changed("[0.0, 1.0, 2.0, 3.0]", "zero"), "line 2 is no part of a graph"),
        (changed("c2: f64[4] =", "c2: ="), "line 2 is no part of a graph"),
        (changed("left, right: f64[2], f64[2]", "left: f64[2]"), "line 5 is no part of a graph"),
        (changed("left, right:", "left:"), "line 5 is no part of a graph"),
        (EXAMPLE + "done", "line 8 is no part of a graph"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(TextError, match=f"^{message}"):
        from_text(text, LABELS)


def test_a_shape_that_an_operation_refuses_is_told() -> None:
    with pytest.raises(TextError, match=r"line 3: f64\[2\] is not f64\[4\]"):
        from_text(
            changed("[0.0, 1.0, 2.0, 3.0]", "[0.0, 1.0]").replace("c2: f64[4]", "c2: f64[2]").replace("x, c2", "c2, x"),
            LABELS,
        )


def test_an_unknown_operation_of_the_catalogue_is_told() -> None:
    with pytest.raises(TextError, match="line 2: there is no operation 'sinus'"):
        from_text("graph f(x: f64[]) -> (y)\n  y: f64[] = sinus(x)\n", CATALOGUE)


@settings(max_examples=300)
@given(st.data())
def test_damaged_text_is_refused_or_legal(data: st.DataObject) -> None:
    """Never another error than ours."""
    start = data.draw(st.integers(0, len(EXAMPLE) - 1))
    stop = data.draw(st.integers(start, min(start + 6, len(EXAMPLE))))
    text = EXAMPLE[:start] + data.draw(st.text("afxyc0123456789[](),;:=.->#\n '\"<", max_size=4)) + EXAMPLE[stop:]
    try:
        graph = from_text(text, LABELS)
    except TextError as error:
        assert "InternalError" not in str(error)
    else:
        check(graph)


def test_graphs_that_differ_are_not_the_same() -> None:
    graph, _ = branching()
    for old, new in [("add(a, a)", "add(a, x)"), ("3.0]", "4.0]"), ("left, right:", "left, rest:")]:
        text = EXAMPLE.replace(old, new).replace(
            "(total, right)", "(total, rest)" if new.startswith("left") else "(total, right)"
        )
        assert not same_graph(graph, from_text(text, LABELS))
    assert same_graph(graph, from_text(EXAMPLE, LABELS))
