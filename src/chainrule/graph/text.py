"""The text form of a graph, for people and for tests: one line an operation.

    graph loss(x: f64[3]) -> (y)
      c1: f64[] = 2.0
      v2: f64[3] = multiply(x, c1)        # model.py:31
      y: f64[] = einsum(v2; labels=((0,),), out=())

What is written can be read back. A graph that is a parameter stands there line by line: `body('graph ...', '...')`.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from typing import Any

from ..arraytype import ArrayType
from ..errors import ChainruleError, GraphError, TextError
from ..original import np
from .body import Body
from .graph import Graph
from .literal import literal, value_of
from .order import operations
from .variable import OperationLike, Variable

SHOWN = 8  # a larger constant is abbreviated where the text need not be read back
NAME = r"[^\W\d][\w.]*"  # what a text may call a variable
_OPERATION = r"[^\s()=;,#<]+"
_TYPE = r"\w+\[[\d,]*\]"
_STRING = r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*\""""


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
    lines = [f"graph {graph.name if re.fullmatch(NAME, graph.name) else 'graph'}({inputs}) -> ({outputs})"]
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
    """A name for every variable: the user's where it is readable (numbered from its second use on), else its place."""
    names = [""] * len(graph.variables)
    order = [*graph.inputs, *(v for v in graph.variables if not v.is_input)]
    taken = {v.name for v in order if v.name}
    given: set[str] = set()
    uses: dict[str, int] = {}
    for place, v in enumerate(order):
        first = v.name if v.name and re.fullmatch(NAME, v.name) else made_up(v, place)
        name = first
        if first == v.name and first not in given:
            given.add(first)
        else:
            while name in taken:
                uses[first] = uses.get(first, 1) + 1
                name = f"{first}_{uses[first]}"
        taken.add(name)
        names[v.number] = name
    return names


def made_up(v: Variable, place: int) -> str:
    """The name of a variable that has none."""
    return f"{'c' if v.is_constant else 'v'}{place}"


def _application(v: Variable, names: list[str]) -> str:
    assert v.operation is not None
    if not re.fullmatch(_OPERATION, v.operation.name):
        raise GraphError(f"an operation of the name {v.operation.name!r} has no text form", wanted="a name like sin")
    inputs = ", ".join(names[u.number] for u in v.inputs)
    parameters = ", ".join(
        f"{name}={parameter_text(value)}" for name, value in zip(v.operation.parameter_names, v.parameters, strict=True)
    )
    return f"{v.operation.name}({inputs}{'; ' if parameters else ''}{parameters})"


def parameter_text(value: Any) -> str:
    """A parameter of an operation, graphs included, as `parameter_of` reads it."""
    if type(value) is Body:
        lines = [line.strip() for line in to_text(value.graph).splitlines()]
        return f"body({', '.join(map(repr, lines))})"
    if type(value) is tuple and any(type(each) is Body for each in value):
        return f"({' '.join(parameter_text(each) + ',' for each in value)})"
    return literal(value)


def parameter_of(text: str | ast.expr, catalogue: Mapping[str, OperationLike]) -> Any:
    node = ast.parse(text, mode="eval").body if isinstance(text, str) else text
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "body":
        return Body(from_text("\n".join(ast.literal_eval(line) for line in node.args), catalogue))
    if isinstance(node, ast.Tuple):
        return tuple(parameter_of(each, catalogue) for each in node.elts)
    return value_of(node)


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
        return pairs.view(type.dtype)[..., 0]  # adding 1j times the second would make nan of inf
    return np.array(numbers, type.dtype).reshape(type.shape)


def from_text(text: str, catalogue: Mapping[str, OperationLike]) -> Graph:
    """Read what to_text wrote.

    Raises
    ------
    TextError
        With the number of the line that is no part of a graph.
    """
    if not isinstance(text, str):
        raise TextError(f"a graph is read from a text, not from {text!r:.40}")
    lines = [(n, line) for n, line in enumerate(map(_without_comment, text.splitlines()), 1) if line]
    if not lines:
        raise TextError("an empty text is no graph")
    number, first = lines[0]
    head = re.fullmatch(rf"graph ({NAME})\((.*)\) -> \((.*)\)", first)
    if not head:
        raise TextError(f"line {number} does not begin a graph", got=first, wanted="graph f(x: f64[3]) -> (y)")
    graph = Graph(head[1])
    known: dict[str, Variable] = {}
    try:
        for name, type in _listed(rf"({NAME})\s*:\s*({_TYPE})", head[2]):
            _name(graph.input(ArrayType.parse(type)), name, known)
        for each in lines[1:]:
            number = each[0]
            _read_line(graph, known, each[1], catalogue)
        number = lines[0][0]
        graph.outputs = [known[name] for name in _listed(NAME, head[3])]
    except ChainruleError as error:
        line = dict(lines)[number]
        raise TextError(f"line {number}: {error.what}", got=line, wanted=error.wanted, try_=error.try_) from error
    except KeyError as error:
        raise TextError(f"line {number}: there is no {error.args[0]!r}", got=dict(lines)[number]) from error
    except (ValueError, TypeError, IndexError, SyntaxError) as error:
        raise TextError(f"line {number} is no part of a graph: {error}", got=dict(lines)[number]) from error
    return graph


def _without_comment(line: str) -> str:
    return re.sub(rf"({_STRING})|#.*", lambda found: found[1] or "", line).strip()


def _listed(pattern: str, text: str) -> list[Any]:
    """What stands between commas, if it is nothing but that."""
    if not re.fullmatch(rf"\s*(?:{pattern}(?:\s*,\s*{pattern})*)?\s*", text):
        raise ValueError(f"{text!r} is no list of names")
    return re.findall(pattern, text)


def _name(v: Variable, name: str, known: dict[str, Variable]) -> None:
    if name in known:
        raise ValueError(f"{name} is defined twice")
    v.name = None if name == made_up(v, v.number) else name
    known[name] = v


def _read_line(graph: Graph, known: dict[str, Variable], line: str, catalogue: Mapping[str, OperationLike]) -> None:
    left, _, right = line.partition(" = ")
    names_text, _, types_text = left.partition(":")
    types = [ArrayType.parse(type) for type in _listed(_TYPE, types_text)]
    call = re.fullmatch(rf"({_OPERATION})\((.*)\)", right)
    if right.startswith("<"):
        raise TextError("a text with abbreviated constants cannot be read back", try_="to_text(graph, full=True)")
    if call is None:
        results: tuple[Variable, ...] = (graph.constant(array_of(json.loads(right), types[0])),)
    else:
        operation = catalogue[call[1]]
        inputs_text, _, parameters_text = call[2].partition(";")
        inputs = tuple(known[name] for name in _listed(NAME, inputs_text))
        given = _keywords(parameters_text, catalogue)
        if given.keys() != set(operation.parameter_names):
            raise ValueError(f"{operation.name} has the parameters {', '.join(operation.parameter_names) or 'none'}")
        result = graph.append(operation, inputs, tuple(given[name] for name in operation.parameter_names))
        results = result if isinstance(result, tuple) else (result,)
    if [v.type for v in results] != types:
        raise ValueError(f"{', '.join(map(str, types))} where {', '.join(str(v.type) for v in results)} comes out")
    for name, v in zip(_listed(NAME, names_text), results, strict=True):
        _name(v, name, known)


def _keywords(text: str, catalogue: Mapping[str, OperationLike]) -> dict[str | None, Any]:
    call = ast.parse(f"f({text})", mode="eval").body
    if not isinstance(call, ast.Call) or call.args:
        raise ValueError(f"{text.strip()!r} are no parameters")
    return {keyword.arg: parameter_of(keyword.value, catalogue) for keyword in call.keywords}


def same_graph(a: Graph, b: Graph) -> bool:
    """Whether two graphs are equal in all but the places in the user's program."""
    if to_text(a) != to_text(b):
        return False
    return [v.operation for v in operations(a)] == [v.operation for v in operations(b)]
