"""A graph as a versioned JSON document, and back; pickling uses the same rows."""

from __future__ import annotations

import base64
import copyreg
import json
from collections.abc import Mapping
from typing import Any

from ..arraytype import ArrayType
from ..errors import ChainruleError, TextError
from ..original import np
from .graph import Graph
from .law import check
from .order import operations
from .text import parameter_of, parameter_text
from .variable import OperationLike, Variable

SCHEMA = "chainrule/graph/1"


def to_document(graph: Graph) -> dict[str, Any]:
    """Plain dicts, lists, strings and numbers."""
    rows = []
    for v in graph.variables:
        row: dict[str, Any] = {"name": v.name, "type": str(v.type)}
        if v.is_constant:
            row["constant"] = _encoded(v.value, v.type)
        elif v.operation is not None:
            row |= {
                "operation": v.operation.name,
                "inputs": [u.number for u in v.inputs],
                "parameters": parameter_text(v.parameters),
                "part": v.part,
            }
        if v.origins:
            row["origins"] = [str(origin) for origin in v.origins]
        rows.append(row)
    return {
        "schema": SCHEMA,
        "name": graph.name,
        "inputs": [v.number for v in graph.inputs],
        "outputs": [v.number for v in graph.outputs],
        "variables": rows,
    }


def to_json(graph: Graph) -> str:
    return json.dumps(to_document(graph), indent=1)


def from_json(text: str, catalogue: Mapping[str, OperationLike]) -> Graph:
    """Read what to_json wrote.

    Raises
    ------
    TextError
        If the text is no JSON, of another schema, or names what is not there.
    """
    try:
        document = json.loads(text)
    except (ValueError, TypeError, RecursionError) as error:
        raise TextError(f"this is no JSON document: {error}") from error
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema != SCHEMA:
        raise TextError(f"a document of schema {schema!r} cannot be read", wanted=SCHEMA)
    try:
        graph = _read(document, catalogue)
        check(graph)
    except ChainruleError as error:
        raise TextError(f"the document is damaged: {error.what}", got=error.got, wanted=error.wanted) from error
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, SyntaxError) as error:
        raise TextError(f"the document is damaged: {type(error).__name__}: {error}") from error
    return graph


def _read(document: dict[str, Any], catalogue: Mapping[str, OperationLike]) -> Graph:
    graph = Graph(_text(document["name"]))
    for row in document["variables"]:
        if row.get("part"):
            continue  # made with the first of the results
        if "constant" in row:
            type_ = ArrayType.parse(row["type"])
            graph.constant(_decoded(row["constant"], type_))
        elif "operation" in row:
            inputs = tuple(_variable_at(graph, n) for n in row["inputs"])
            graph.append(catalogue[row["operation"]], inputs, parameter_of(row["parameters"], catalogue))
        else:
            graph.input(ArrayType.parse(row["type"]))
    for v, row in zip(graph.variables, document["variables"], strict=True):
        if str(v.type) != row["type"] or v.part != row.get("part", 0):
            raise TextError(f"{v.label} is {v.type}, not {row['type']}")
        v.name = None if row["name"] is None else _text(row["name"])
    graph.inputs = [_variable_at(graph, n) for n in document["inputs"]]
    graph.outputs = [_variable_at(graph, n) for n in document["outputs"]]
    return graph


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no name")
    return value


def _encoded(value: np.ndarray, type_: ArrayType) -> str:
    return base64.b64encode(np.asarray(value, type_.dtype.newbyteorder("<")).tobytes()).decode()


def _decoded(text: str, type_: ArrayType) -> np.ndarray:
    data = base64.b64decode(text, validate=True)
    return np.frombuffer(data, type_.dtype.newbyteorder("<")).reshape(type_.shape).astype(type_.dtype)


def rows_of(graph: Graph) -> tuple[Any, ...]:
    """What pickle stores: flat, so that a long chain needs no deep recursion. Origins stay behind."""
    leaves = [(v.type, v.name, v.value) if v.operation is None else None for v in graph.variables]
    applied = [
        (v.operation, [u.number for u in v.inputs], v.parameters, [u.name for u in v.results])
        for v in operations(graph)
    ]
    return graph.name, leaves, applied, [v.number for v in graph.inputs], [v.number for v in graph.outputs]


def from_rows(name: str, leaves: list[Any], applied: list[Any], inputs: list[int], outputs: list[int]) -> Graph:
    graph = Graph(name)
    waiting = iter(applied)
    while len(graph.variables) < len(leaves):
        leaf = leaves[len(graph.variables)]
        if leaf is not None:
            type_, its_name, value = leaf
            v = graph.input(type_) if value is None else graph.constant(value)
            v.name = its_name
            continue
        operation, numbers, parameters, names = next(waiting)
        result = graph.append(operation, tuple(graph.variables[n] for n in numbers), parameters)
        for v, its_name in zip(result if isinstance(result, tuple) else (result,), names, strict=True):
            v.name = its_name
    graph.inputs = [graph.variables[n] for n in inputs]
    graph.outputs = [graph.variables[n] for n in outputs]
    return graph


def _variable_at(graph: Graph, number: int) -> Variable:
    if not 0 <= number < len(graph.variables):
        raise IndexError(f"there is no variable {number}")
    return graph.variables[number]


copyreg.pickle(Graph, lambda graph: (from_rows, rows_of(graph)))
copyreg.pickle(Variable, lambda v: (_variable_at, (v.graph, v.number)))
