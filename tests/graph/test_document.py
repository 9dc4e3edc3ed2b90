"""JSON documents and pickles: everything comes back but the places in the user's program."""

from __future__ import annotations

import copy
import json
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.errors import GraphError, TextError, user_frame
from chainrule.graph import Graph, Variable, check, from_json, from_rows, rows_of, same_graph, to_document, to_json
from chainrule.ops import CATALOGUE

from .operations import F64, LABELS, apply, branching, chain
from .test_text import HOSTILE, NUMBERS, PARAMETERS, same_bits


def there_and_back(graph: Graph, catalogue=LABELS) -> Graph:
    result = from_json(to_json(graph), catalogue)
    check(result)
    assert to_document(result) == {**to_document(graph), "variables": without_origins(graph)}
    assert same_graph(result, graph)
    return result


def without_origins(graph: Graph) -> list[dict]:
    return [{key: value for key, value in row.items() if key != "origins"} for row in to_document(graph)["variables"]]


def test_round_trip() -> None:
    graph, _ = branching()
    result = there_and_back(graph)
    assert result.name == "branching"
    assert [v.name for v in result.variables] == [v.name for v in graph.variables]
    assert [v.number for v in result.inputs] == [0, 1] and [v.number for v in result.outputs] == [8, 6]


def test_the_document_is_plain_and_has_a_version() -> None:
    graph, _ = branching()
    document = to_document(graph)
    assert document["schema"] == "chainrule/graph/1"
    assert json.loads(json.dumps(document)) == document
    assert document["variables"][4] == {
        "name": "b", "type": "f64[4]", "operation": "add", "inputs": [3, 3], "parameters": "()", "part": 0,
    }  # fmt: skip


def test_the_order_of_inputs() -> None:
    graph, v = branching()
    graph.inputs = [v["y"], v["x"]]
    assert [u.name for u in there_and_back(graph).inputs] == ["y", "x"]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(name: str) -> None:
    """A document keeps what a text cannot show."""
    graph = Graph(name)
    graph.outputs = [apply("sin", graph.input(F64, name))]
    result = there_and_back(graph)
    assert result.name == result.inputs[0].name == name


@pytest.mark.parametrize("value", NUMBERS, ids=lambda value: f"{np.asarray(value).dtype}{np.shape(value)}")
def test_constants(value: np.ndarray) -> None:
    graph = Graph()
    graph.outputs = [graph.constant(value)]
    (read,) = there_and_back(graph).outputs
    assert read.type is graph.outputs[0].type
    assert same_bits(np.asarray(value), np.asarray(read.value))


@pytest.mark.parametrize("value", PARAMETERS, ids=repr)
def test_parameters(value: object) -> None:
    graph = Graph()
    graph.outputs = [graph.append(LABELS["with_parameter"], (graph.input(F64),), (value,))]
    assert repr(there_and_back(graph).outputs[0].parameters[0]) == repr(value)


def test_parameters_that_cannot_be_written_are_refused_when_writing() -> None:
    graph = Graph()
    graph.append(LABELS["with_parameter"], (graph.input(F64),), (object(),))
    with pytest.raises(GraphError, match="has no text form"):
        to_json(graph)


def test_origins_are_shown() -> None:
    graph = Graph(locate=lambda: user_frame(depth=3))
    y = graph.append(LABELS["sin"], (graph.input(F64),))
    assert to_document(graph)["variables"][1]["origins"] == [f"test_document.py:{y.origins[0].line}"]
    there_and_back(graph)


def test_every_operation_of_the_catalogue() -> None:
    graph = Graph("catalogue")
    rng = np.random.default_rng(0)
    for operation in CATALOGUE.values():
        for example in operation.examples(rng) if operation.examples else ():
            inputs = tuple(graph.constant(np.asarray(argument)) for argument in example.arguments)
            graph.append(operation, inputs, tuple(example.parameters[name] for name in operation.parameter_names))
    assert len(graph) > 500
    there_and_back(graph, CATALOGUE)
    assert same_graph(pickle.loads(pickle.dumps(graph)), graph)


# What is no document


def test_other_schemas_are_refused() -> None:
    document = to_document(branching()[0])
    for schema in ("chainrule/graph/2", "chainrule/graph", None, 1, "onnx"):
        with pytest.raises(TextError, match=r"a document of schema .* cannot be read") as caught:
            from_json(json.dumps({**document, "schema": schema}), LABELS)
        assert caught.value.wanted == "chainrule/graph/1"


@pytest.mark.parametrize("text", ["", "{", "graph f() -> ()", "\x00"])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(TextError, match="this is no JSON document"):
        from_json(text, LABELS)


@pytest.mark.parametrize("text", ["[]", "3", "null", '"chainrule/graph/1"', "{}"])
def test_other_json_is_refused(text: str) -> None:
    with pytest.raises(TextError, match="a document of schema None cannot be read"):
        from_json(text, LABELS)


def damaged(**changes: object) -> str:
    """The document with rows or entries replaced: row_3={...} updates a row."""
    document = to_document(branching()[0])
    for key, value in changes.items():
        if key.startswith("row_"):
            document["variables"][int(key[4:])].update(value)
        else:
            document[key] = value
    return json.dumps(document)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"schema": "chainrule/graph/1"}', "KeyError: 'name'"),
        (damaged(variables=3), "TypeError"),
        (damaged(variables={"a": 1}), ""),
        (damaged(variables=["row"]), ""),
        (damaged(variables=[]), "IndexError: there is no variable 0"),
        (damaged(name=3), "TypeError: 3 is no name"),
        (damaged(inputs=[0]), "y has neither an operation nor a value, and is not among the inputs"),
        (damaged(inputs=[0, 1, 2]), "v2 is among the inputs and has an operation or a value"),
        (damaged(inputs=[0, 1, 0]), "an input stands twice among the inputs"),
        (damaged(inputs=["x"]), "TypeError"),
        (damaged(outputs=[99]), "IndexError: there is no variable 99"),
        (damaged(outputs=[-1]), "IndexError: there is no variable -1"),
        (damaged(row_0={"name": 5}), "TypeError: 5 is no name"),
        (damaged(row_0={"type": "f64"}), "'f64' is no array type"),
        (damaged(row_3={"type": "f32[4]"}), r"a is f64\[4\], not f32\[4\]|v3 is f64\[4\], not f32\[4\]"),
        (damaged(row_3={"operation": "plus"}), "KeyError: 'plus'"),
        (damaged(row_3={"inputs": [4, 0]}), "IndexError: there is no variable 4"),
        (damaged(row_3={"inputs": [-1, 0]}), "IndexError: there is no variable -1"),
        (damaged(row_3={"inputs": [0]}), "TypeError"),
        (damaged(row_3={"parameters": "(1,)"}), "ValueError"),
        (damaged(row_3={"parameters": "open('x')"}), "ValueError: malformed"),
        (damaged(row_3={"parameters": "("}), "SyntaxError"),
        (damaged(row_2={"constant": "AAAA"}), "ValueError"),
        (damaged(row_2={"constant": "no base64!"}), "Error"),
        (damaged(row_2={"constant": 1.5}), "TypeError"),
        (damaged(row_6={"part": 2}), "v6|right"),
        (damaged(row_6={"part": 0}), ""),
    ],
)
def test_damaged_documents_are_refused(text: str, reason: str) -> None:
    with pytest.raises(TextError, match=f"^the document is damaged: .*(?:{reason})"):
        from_json(text, LABELS)


def test_an_unknown_operation_of_the_catalogue_is_told() -> None:
    with pytest.raises(TextError, match="there is no operation 'halves'"):
        from_json(damaged(), CATALOGUE)


@settings(max_examples=300)
@given(st.data())
def test_documents_with_any_part_replaced_are_refused_or_legal(data: st.DataObject) -> None:
    document = to_document(branching()[0])
    values = st.sampled_from(
        [None, 0, -1, 3, 1e300, True, "", "x", "f64[4]", "f32[]", "()", "sin", "halves", [], [0], [8, 8], {}]
    )
    for _ in range(data.draw(st.integers(1, 3))):
        target = data.draw(st.sampled_from([document, *filter(None, document["variables"])]))
        key = data.draw(st.sampled_from(sorted(target)))
        if data.draw(st.booleans()):
            target[key] = data.draw(values)
        elif key != "variables":
            del target[key]
        if key == "variables":
            break
    try:
        graph = from_json(json.dumps(document), LABELS)
    except TextError:
        return
    check(graph)


# Pickles and deep copies


def pickled(graph: object) -> object:
    return pickle.loads(pickle.dumps(graph))


copies = pytest.mark.parametrize("copied", [pickled, copy.deepcopy], ids=["pickle", "deepcopy"])


@copies
def test_copies(copied) -> None:
    graph, v = branching()
    result = copied(graph)
    check(result)
    assert same_graph(result, graph) and result is not graph
    assert [u.name for u in result.variables] == [u.name for u in graph.variables]
    assert not np.shares_memory(result.variables[2].value, v["c"].value)
    result.outputs = []
    assert len(graph.outputs) == 2


@copies
def test_copies_are_of_the_same_operations(copied) -> None:
    assert copied(chain(1)).variables[1].operation is LABELS["sin"]


@copies
def test_a_variable_brings_its_graph(copied) -> None:
    graph, v = branching()
    result = copied({"left": v["left"], "right": v["right"], "graph": graph})
    assert isinstance(result["left"], Variable)
    assert result["left"].graph is result["right"].graph is result["graph"]
    assert result["left"].results == (result["left"], result["right"])


@copies
def test_a_long_chain_needs_no_deep_recursion(copied, long_chain: Graph) -> None:
    result = copied(long_chain)
    assert len(result) == len(long_chain)
    check(result)


def test_a_long_chain_as_a_document() -> None:
    graph = chain(10_000)
    assert len(from_json(to_json(graph), LABELS)) == len(graph)


@copies
def test_shared_constants_stay_what_they_are(copied) -> None:
    graph = Graph()
    value = np.arange(3.0)
    graph.outputs = [graph.constant(value), graph.constant(value), graph.constant(np.float32(2))]
    result = copied(graph)
    np.testing.assert_array_equal(result.outputs[0].value, value)
    assert str(result.outputs[2].type) == "f32[]"
    check(result)


def test_rows_hold_no_variables() -> None:
    """What pickle sees is flat: no row refers to another but by number."""
    rows = rows_of(branching()[0])
    assert "Variable" not in str(rows)
    check(from_rows(*rows))
