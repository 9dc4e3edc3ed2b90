"""Parameters of operations as text: Python's literals, and the numbers nan and inf, which are none."""

from __future__ import annotations

import ast
from typing import Any

from ..errors import GraphError


class _Nonfinite(ast.NodeTransformer):
    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(float(node.id)) if node.id in ("nan", "inf") else node


def literal(value: Any) -> str:
    """The text of a parameter.

    Raises
    ------
    GraphError
        If nothing equal could be read back.
    """
    text = repr(value)
    try:
        if repr(value_of(text)) == text:
            return text
    except (ValueError, SyntaxError):
        pass
    raise GraphError(f"a parameter {text} has no text form", wanted="numbers, strings, truth values, None, tuples")


def value_of(text: str | ast.expr) -> Any:
    """What literal wrote."""
    node = ast.parse(text, mode="eval").body if isinstance(text, str) else text
    return ast.literal_eval(_Nonfinite().visit(node))
