"""The lecture's drawing as text in the DOT language: variables are nodes, operations label the edges."""

from __future__ import annotations

from .graph import Graph
from .text import unique_names
from .variable import Variable


def to_dot(graph: Graph) -> str:
    names, outputs = unique_names(graph), {v.number for v in graph.outputs}
    lines = ["digraph {", "  rankdir=BT", '  node [shape=circle, fontname="sans-serif"]']
    for v in graph.variables:
        shape = ", shape=plaintext" if v.is_constant else ", peripheries=2" if v.number in outputs else ""
        lines.append(f"  n{v.number} [label={_quoted(f'{names[v.number]} {v.type}')}{shape}]")
        lines += [f"  n{u.number} -> n{v.number} [label={_quoted(_edge(v))}]" for u in v.inputs]
    return "\n".join([*lines, "}"]) + "\n"


def _edge(v: Variable) -> str:
    return v.operation.name if v.operation else ""


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'
