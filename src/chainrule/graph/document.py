"""A graph as a versioned JSON document, and back; pickling uses the same rows."""

from __future__ import annotations

import ast
import base64
import copyreg
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..arraytype import ArrayType
from ..errors import TextError
from .graph import Graph
from .order import operations
from .variable import OperationLike, Variable

SCHEMA = "chainrule/graph/1"


def to_document(graph: Graph) -> dict[str, Any]:
    """Plain dicts, lists, strings and numbers."""
    rows = []
    for v in graph.variables:
        row: dict[str, Any] = {"name": v.name, "type": str(v.type)}
        if v.is_constant:
            row["constant"] = _encoded(v.value)
        elif v.operation is not None:
            row |= {
                "operation": v.operation.name,
                "inputs": [u.number for u in v.inputs],
                "parameters": repr(v.parameters),
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
    except ValueError as error:
        raise TextError(f"this is no JSON document: {error}") from error
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema != SCHEMA:
        raise TextError(f"a document of schema {schema!r} cannot be read", wanted=SCHEMA)
    graph = Graph(document["name"])
    made: list[Variable] = []
    try:
        for row in document["variables"]:
            type_ = ArrayType.parse(row["type"])
            if "constant" in row:
                v = graph.constant(_decoded(row["constant"], type_))
            elif "operation" not in row:
                v = graph.input(type_)
            elif row["part"]:
                v = made[len(made) - row["part"]].results[row["part"]]
            else:
                inputs = tuple(made[n] for n in row["inputs"])
                operation = catalogue[row["operation"]]
                result = graph.append(operation, inputs, ast.literal_eval(row["parameters"]))
                v = result[0] if isinstance(result, tuple) else result
            v.name = row["name"]
            made.append(v)
        graph.inputs = [made[n] for n in document["inputs"]]
        graph.outputs = [made[n] for n in document["outputs"]]
    except (KeyError, IndexError, TypeError) as error:
        raise TextError(f"the document is damaged: {type(error).__name__}: {error}") from error
    return graph


def _encoded(value: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()


def _decoded(text: str, type_: ArrayType) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), type_.dtype).reshape(type_.shape)


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
    return graph.variables[number]


copyreg.pickle(Graph, lambda graph: (from_rows, rows_of(graph)))
copyreg.pickle(Variable, lambda v: (_variable_at, (v.graph, v.number)))
