"""What is left of a program when its names and constants are taken away: two programs that share it are one program."""

from __future__ import annotations

import ast
import functools
import inspect
import sys
from collections.abc import Callable
from typing import Any


@functools.cache
def _definitions(module: str) -> dict[str, ast.stmt]:
    parsed = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: node for node in parsed.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}


def parts_of(function: Callable[..., Any]) -> list[ast.stmt]:
    """The definition of a program and of the functions and classes of its module that it names, each once."""
    defined = dict(_definitions(function.__module__))
    start = defined.pop(function.__name__)
    found, waiting = [start], [start]
    while waiting:
        for node in ast.walk(waiting.pop()):
            if isinstance(node, ast.Name) and node.id in defined:
                other = defined.pop(node.id)
                found.append(other)
                waiting.append(other)
    return found


def statements(function: Callable[..., Any]) -> int:
    """Statements of a program and its helpers, those within others counted too, docstrings not."""
    nodes = [node for part in parts_of(function) for node in ast.walk(part) if isinstance(node, ast.stmt)]
    return sum(not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in nodes)


def _shape(node: Any) -> Any:
    """The kinds of nodes, and what is in them; every name, attribute, keyword and constant is the same one."""
    if isinstance(node, list):
        return tuple(map(_shape, node))
    if isinstance(node, ast.Constant) or not isinstance(node, ast.AST):
        return None
    fields = dict(ast.iter_fields(node))
    if isinstance(node, ast.FunctionDef):
        del fields["decorator_list"]
        fields["body"] = [each for each in node.body if not isinstance(getattr(each, "value", None), ast.Constant)]
    return type(node).__name__, *map(_shape, fields.values())


def skeleton(function: Callable[..., Any]) -> tuple[Any, ...]:
    """The program's own definition without names and constants."""
    return _shape(parts_of(function)[0])
