"""What a failing operation was applied to, as the user wrote it: name, shape, dtype and the line that made it.

Read from the user's frame, so only for errors.
"""

from __future__ import annotations

import ast
import dis
import linecache
import os
from collections.abc import Sequence
from types import CodeType, FrameType, ModuleType
from typing import Any, NamedTuple

from .asking import UNKNOWN, Asking, looked_up
from .origin import Origin

LONGEST = 30  # letters of an expression that serves as a name
WIDEST = 100  # letters of a line with all operands


class Place(NamedTuple):
    """A line of a file."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Operand(NamedTuple):
    """What an operation was applied to; `how` it came to be at its place: "made" or "given"."""

    name: str | None
    shape: tuple[int, ...]
    dtype: str
    place: Place | None
    how: str = "made"

    def __str__(self) -> str:
        kind = self.name or ("an array" if self.shape else "a scalar")
        where = f", {self.how} at {self.place}" if self.place else ""
        return f"{kind} {self.shape} {self.dtype}{where}"

    def to_document(self) -> dict[str, Any]:
        """Plain dicts, lists, strings and numbers, for JSON."""
        file, line = self.place or (None, None)
        return {"name": self.name, "shape": list(self.shape), "dtype": self.dtype, "file": file, "line": line}


def text_of(operands: Sequence[Operand]) -> str:
    """All of them on one line, or on one each."""
    line = ";  ".join(map(str, operands))
    return line if len(line) <= WIDEST and len(operands) < 3 else "\n".join(map(str, operands))


def place_of(origin: Origin) -> Place:
    return Place(origin.file, origin.line)


def written(found: Asking, values: Sequence[Any]) -> list[str | None]:
    """What the user's expression calls each operand: a name, `p["W"]`, `x.T`; None where that is no name."""
    both = [(node, looked_up(node, found.frame)) for node in found.operand_nodes]
    nodes = [node for node, each in both if not isinstance(each, ModuleType)]  # np in np.dot(x, y)
    known = [each if hasattr(type(each), "shape") else UNKNOWN for _, each in both if not isinstance(each, ModuleType)]
    names: list[str | None] = []
    for k, value in enumerate(values):
        same = [node for node, each in zip(nodes, known, strict=True) if each is value]
        if not same and len(nodes) == len(values) and known[k] is UNKNOWN:
            same = [nodes[k]]
        names.append(name_of(same[0]) if same else None)
    return names


def name_of(node: ast.expr) -> str | None:
    """An expression that serves as a name."""
    if not isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)):
        return None
    text = ast.unparse(node)
    return text if len(text) <= LONGEST else None


def assigned_at(name: str | None, frame: FrameType) -> Place | None:
    """The one line that gives a local or global name its value; None where there are several, or none."""
    if name is None or not name.isidentifier():
        return None
    code = frame.f_code
    if name in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]:
        return None
    local = name in (*code.co_varnames, *code.co_cellvars) or code.co_name == "<module>"
    lines = _stores(code, name) if local else _module_stores(code.co_filename, name)
    return Place(os.path.basename(code.co_filename), lines[0]) if len(lines) == 1 else None


def _stores(code: CodeType, name: str) -> list[int]:
    lines, line = [], code.co_firstlineno
    for each in dis.get_instructions(code):
        if each.positions is not None and each.positions.lineno is not None:
            line = each.positions.lineno
        if each.opname.startswith("STORE_") and each.opname.endswith(("FAST", "DEREF", "NAME", "STORE_FAST")):
            stored = each.argval if isinstance(each.argval, tuple) else (each.argval,)
            lines += [line] * stored.count(name)
        elif each.opname == "STORE_FAST_LOAD_FAST" and each.argval[0] == name:
            lines.append(line)
    return lines


def _module_stores(path: str, name: str) -> list[int]:
    try:
        waiting: list[ast.AST] = [ast.parse("".join(linecache.getlines(path)))]
    except (SyntaxError, ValueError):
        return []
    lines = []
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id == name:
            lines.append(node.lineno)
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            waiting += ast.iter_child_nodes(node)
    return lines
