"""The text form of a graph, for people and for tests: one line an operation; what is written can be read back.

    graph loss(x: f64[3]) -> (y)
      c1: f64[] = 2.0
      v2: f64[3] = multiply(x, c1)        # model.py:31
      y: f64[] = einsum(v2; labels=((0,),), out=())
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..arraytype import ArrayType
from ..errors import GraphError, TextError
from .graph import Graph
from .order import operations
from .variable import OperationLike, Variable

SHOWN = 8  # a larger constant is abbreviated where the text need not be read back
_NAME = r"[^\W\d][\w.]*"


def to_text(graph: Graph, full: bool = True, origins: bool = False) -> str:
    """Write a graph down.

    Parameters
    ----------
    full : bool
        Write large constants out; without them the text cannot be parsed.
    origins : bool
        Add the user's file and line of every variable as a comment.
    """
    names = unique_names(graph)
    inputs = ", ".join(f"{names[v.number]}: {v.type}" for v in graph.inputs)
    outputs = ", ".join(names[v.number] for v in graph.outputs)
    lines = [f"graph {graph.name if re.fullmatch(_NAME, graph.name) else 'graph'}({inputs}) -> ({outputs})"]
    for v in graph.variables:
        if v.is_input or v.part:
            continue
        left = ", ".join(names[u.number] for u in v.results)
        types = ", ".join(str(u.type) for u in v.results)
        right = _constant(v.value, full) if v.operation is None else _application(v, names)
        line = f"  {left}: {types} = {right}"
        if origins and v.origins:
            line = f"{line:<60}  # {', '.join(map(str, v.origins))}"
        lines.append(line)
    return "\n".join(lines) + "\n"


def unique_names(graph: Graph) -> list[str]:
    """A name for every variable: the user's where it is one of a kind and readable, else its place in the text."""
    counts: dict[str, int] = {}
    for v in graph.variables:
        if v.name:
            counts[v.name] = counts.get(v.name, 0) + 1
    names = [""] * len(graph.variables)
    order = [*graph.inputs, *(v for v in graph.variables if not v.is_input)]
    for place, v in enumerate(order):
        plain = v.name and counts[v.name] == 1 and re.fullmatch(_NAME, v.name) and not re.fullmatch(r"[vc]\d+", v.name)
        names[v.number] = v.name if plain and v.name else f"{'c' if v.is_constant else 'v'}{place}"
    return names


def _application(v: Variable, names: list[str]) -> str:
    assert v.operation is not None
    inputs = ", ".join(names[u.number] for u in v.inputs)
    parameters = ", ".join(
        f"{name}={_literal(value, v)}" for name, value in zip(v.operation.parameter_names, v.parameters, strict=True)
    )
    return f"{v.operation.name}({inputs}{'; ' if parameters else ''}{parameters})"


def _literal(value: Any, v: Variable) -> str:
    text = repr(value)
    try:
        if ast.literal_eval(text) == value:
            return text
    except (ValueError, SyntaxError):
        pass
    assert v.operation is not None
    raise GraphError(f"parameter {text} of {v.operation.name} has no text form", wanted="numbers, strings, tuples")


def _constant(value: np.ndarray, full: bool) -> str:
    if not full and value.size > SHOWN:
        return f"<{value.size} numbers>"
    return json.dumps(numbers_of(value))


def numbers_of(value: Any) -> Any:
    """Nested lists of Python numbers; complex ones as pairs, long doubles as strings."""
    array = np.asarray(value)
    if array.dtype.kind == "c":
        array = np.stack([array.real, array.imag], -1)
    if array.dtype.itemsize > 8 and array.dtype.kind == "f":
        return array.astype(str).tolist()
    return array.tolist()


def array_of(numbers: Any, type: ArrayType) -> np.ndarray:
    """The array that numbers_of wrote."""
    if type.dtype.kind == "c":
        pairs = np.array(numbers, type.dtype.type(0).real.dtype).reshape((*type.shape, 2))
        return (pairs[..., 0] + 1j * pairs[..., 1]).astype(type.dtype)
    return np.array(numbers, type.dtype).reshape(type.shape)


def from_text(text: str, catalogue: Mapping[str, OperationLike]) -> Graph:
    """Read what to_text wrote.

    Raises
    ------
    TextError
        With the number of the line that is no part of a graph.
    """
    lines = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.split("#")[0].strip()]
    if not lines:
        raise TextError("an empty text is no graph")
    head = re.fullmatch(rf"\s*graph ({_NAME})\((.*)\) -> \((.*)\)\s*", lines[0][1].split("#")[0])
    if not head:
        raise TextError(f"line {lines[0][0]} does not begin a graph", got=lines[0][1], wanted="graph f(x: f64[3]) -> (y)")
    graph = Graph(head[1])
    known: dict[str, Variable] = {}
    for item in re.findall(rf"({_NAME})\s*:\s*(\w+\[[\d,]*\])", head[2]):
        known[item[0]] = graph.input(ArrayType.parse(item[1]), item[0])
    for number, line in lines[1:]:
        try:
            _read_line(graph, known, line, catalogue)
        except (KeyError, ValueError, SyntaxError) as error:
            if isinstance(error, TextError):
                raise
            missing = f" unknown name {error}" if isinstance(error, KeyError) else f" {error}"
            raise TextError(f"line {number} is no part of a graph:{missing}", got=line.strip()) from error
    for name in filter(None, re.split(r",\s*", head[3].strip())):
        if name not in known:
            raise TextError(f"the output {name} is not defined")
        graph.outputs.append(known[name])
    return graph


def _read_line(graph: Graph, known: dict[str, Variable], line: str, catalogue: Mapping[str, OperationLike]) -> None:
    left, _, right = line.split("#")[0].strip().partition(" = ")
    names_text, _, types_text = left.partition(":")
    names = [name.strip() for name in names_text.split(",")]
    types = [ArrayType.parse(t) for t in re.findall(r"\w+\[[\d,]*\]", types_text)]
    call = re.fullmatch(r"(\w+)\((.*)\)", right)
    if call is None:
        if right.startswith("<"):
            raise TextError("a text with abbreviated constants cannot be read back", try_="to_text(graph, full=True)")
        results: tuple[Variable, ...] = (graph.constant(array_of(json.loads(right), types[0])),)
    else:
        operation = catalogue[call[1]]
        inputs_text, _, parameters_text = call[2].partition("; ")
        if not inputs_text and "=" in parameters_text + inputs_text and ";" not in call[2]:
            inputs_text, parameters_text = "", call[2]
        inputs = tuple(known[name] for name in filter(None, re.split(r",\s*", inputs_text)))
        given = {k.arg: ast.literal_eval(k.value) for k in _keywords(parameters_text)}
        result = graph.append(operation, inputs, tuple(given[name] for name in operation.parameter_names))
        results = result if isinstance(result, tuple) else (result,)
    if [v.type for v in results] != types:
        raise ValueError(f"types {types} where {[v.type for v in results]} come out")
    for name, v in zip(names, results, strict=True):
        v.name = None if re.fullmatch(r"[vc]\d+", name) else name
        known[name] = v


def _keywords(text: str) -> list[ast.keyword]:
    call = ast.parse(f"f({text})", mode="eval").body
    assert isinstance(call, ast.Call)
    return call.keywords


def same_graph(a: Graph, b: Graph) -> bool:
    """Whether two graphs are equal in all but the places in the user's program."""
    if to_text(a) != to_text(b):
        return False
    return [v.operation for v in operations(a)] == [v.operation for v in operations(b)]
