"""All that is shown of a graph as one versioned JSON document: what the page reads, and programs may.

`Graph.to_json` writes another one, "chainrule/graph/1", from which the graph can be made again; this one is to be
looked at. It holds no path of the machine, and no number of the user's where none was asked for.
"""

from __future__ import annotations

import json
import linecache
import os
from collections.abc import Sequence
from typing import Any, Final

from ..errors import Origin
from ..errors.origin import RawOrigin
from ..graph import Variable
from ..graph.text import parameter_text
from .boxes import STYLES, Box, box_of_group, box_of_variable, over_copies
from .groups import Group
from .levels import Level
from .numbers import FEW, described, numbers
from .outline import Outline
from .words import bodies, constant_text, word

SCHEMA: Final = "chainrule/view/1"
PICTURES: Final = 200  # variables up to which each has its pictures
LINES: Final = 1  # of code before and after the one that made a variable


def document(outline: Outline) -> dict[str, Any]:
    """Plain dicts, lists, strings and numbers."""
    graph, tree, measured = outline.graph, outline.tree, outline.measured
    sources = _Sources()
    thinned = measured is not None and len(graph) > PICTURES
    nodes = [_node(outline, v, sources, thinned) for v in graph.variables]
    edges = [_edge(outline, v, k, u) for v in graph.variables for k, u in enumerate(v.inputs)]
    found: dict[str, Any] = {
        "schema": SCHEMA,
        "name": graph.name,
        "inputs": [v.number for v in graph.inputs],
        "outputs": [v.number for v in graph.outputs],
        "nodes": nodes,
        "edges": edges,
        "groups": [_group(outline, group) for group in tree.groups],
        "levels": [_level(outline.level(group.number)) for group in tree.groups],
        "sources": sources.found,
        "findings": [finding.to_document() for finding in measured.findings] if measured else [],
        "thinned": _what_is_thinned(len(graph)) if thinned else None,
    }
    return found


def to_json(outline: Outline) -> str:
    return json.dumps(document(outline), separators=(",", ":"), allow_nan=False)


def _what_is_thinned(count: int) -> str:
    return f"{count:,} variables: pictures of parameters and of what is flagged only, histograms and statistics of all"


def _node(outline: Outline, v: Variable, sources: _Sources, thinned: bool) -> dict[str, Any]:
    name, role, measured = outline.names[v.number], outline.roles[v.number], outline.measured
    found: dict[str, Any] = {
        "id": v.number,
        "name": name,
        "label": outline.label(v),
        "named": v.name is not None,
        "role": role,
        "operation": v.operation.name if v.operation else None,
        "word": word(v),
        "parameters": _parameters(v),
        "shape": list(v.shape),
        "dtype": str(v.dtype),
        "bytes": v.size * v.dtype.itemsize,
        "group": outline.tree.home[v.number],
        "inputs": [u.number for u in v.inputs],
        "consumers": list(dict.fromkeys(u.number for u, _ in outline.tree.consumers[v.number])),
        "source": sources.place(v.origin) if v.operation is not None else None,
        "size": {style: _size(box_of_variable(outline, v, style)) for style in STYLES},
    }
    if v.parts:
        found["part"] = v.part
    held = bodies(v)
    if held:
        found["bodies"] = [{"parameter": each, **document(Outline(body.graph))} for each, body in held]
    if v.is_constant and (v.size == 1 or measured):
        found["constant"] = constant_text(v, name) if v.size > FEW else numbers(v.value)
    if measured and measured.has_value(v):
        picture = not thinned or role == "parameter" or name in measured.flags
        found["value"] = described(measured.value(v), picture)
        gradient = measured.gradient(v)
        if gradient is not None:
            reached = measured.gradients is not None and v.number in measured.gradients
            found["gradient"] = described(gradient, picture) if reached else {"no_path": True}
        flag = measured.flags.get(name)
        if flag is not None:
            found["health"] = {"kind": flag.kind, "severity": flag.severity, "message": flag.message}
        elif name in measured.poisoned:
            found["health"] = {
                "kind": "poisoned",
                "severity": "note",
                "message": f"poisoned by {measured.poisoned[name].variable}",
            }
    return found


def _parameters(v: Variable) -> dict[str, str]:
    if v.operation is None:
        return {}
    held = {name for name, _ in bodies(v)}
    pairs = zip(v.operation.parameter_names, v.parameters, strict=True)
    return {name: "graph" if name in held else parameter_text(value) for name, value in pairs}


def _edge(outline: Outline, v: Variable, argument: int, u: Variable) -> dict[str, Any]:
    local = outline.local(v)[argument]
    found: dict[str, Any] = {
        "from": u.number,
        "to": v.number,
        "argument": argument,
        "structure": local.structure,
        "shape": [list(v.shape), list(u.shape)],
        "stored": local.stored,
        "full": local.full,
    }
    gain = outline.gain(v, argument)
    if gain is not None:
        found["gain"] = numbers(gain)
    return found


def _group(outline: Outline, group: Group) -> dict[str, Any]:
    members = outline.tree.members(group.number)
    variables = outline.graph.variables
    parameters = [variables[n] for n in members if outline.roles[n] == "parameter"]
    found: dict[str, Any] = {
        "id": group.number,
        "kind": group.kind,
        "title": group.title,
        "parent": group.parent if group.parent >= 0 else None,
        "copies": group.copies,
        "operations": sum(variables[n].operation is not None for n in members),
        "parameters": sum(v.size for v in parameters),
        "size": _size(box_of_group(outline, group)),
    }
    if group.copies > 1 and outline.measured:
        found["over_copies"] = {
            show: [numbers(x) for x in over_copies(outline, group, show)] for show in ("value", "gradient")
        }
    return found


def _size(box: Box) -> list[float]:
    """Of a closed box, so that coordinates can be found anew where a group is opened."""
    return [round(box.width, 2), round(box.height, 2)]


def _level(level: Level) -> dict[str, Any]:
    """Rank and order of each item: coordinates follow from these and from the sizes of the boxes."""
    return {
        "group": level.group,
        "items": [
            {"kind": i.kind, "number": i.number, "rank": i.rank, "order": i.order, "spine": i.spine}
            for i in level.items
        ],
        "edges": [
            {
                "from": e.source,
                "to": e.target,
                "variable": e.variable,
                "user": e.user,
                "argument": e.argument,
                "through": list(e.through),
                "lane": e.lane,
            }
            for e in level.edges
        ],
    }


class _Sources:
    """Places in the user's files, each once, with a few lines of code."""

    def __init__(self) -> None:
        self.found: list[dict[str, Any]] = []
        self._places: dict[RawOrigin, int] = {}

    def place(self, raw: RawOrigin | None) -> int | None:
        if raw is None:
            return None
        if raw not in self._places:
            self._places[raw] = len(self.found)
            self.found.append(source(Origin(raw)))
        return self._places[raw]


def source(origin: Origin) -> dict[str, Any]:
    """File, function and line, the lines around, and which columns of the line are the call."""
    line, end_line, start, end = origin.span
    first = max(1, line - LINES)
    code = _lines(origin.path, first, line + LINES)
    text = code[line - first] if line - first < len(code) else ""
    inside = len(text.encode()[:start].decode(errors="ignore"))
    last = len(text.encode()[:end].decode(errors="ignore")) if end_line == line else len(text)
    return {
        "file": origin.file,
        "function": origin.function,
        "line": line,
        "first": first,
        "code": [_without_home(each) for each in code],
        "columns": [inside, last],
    }


def _lines(path: str, first: int, last: int) -> Sequence[str]:
    found = [linecache.getline(path, n).rstrip("\n") for n in range(first, last + 1)]
    while found and not found[-1]:
        found.pop()
    return found


def _without_home(text: str) -> str:
    home = os.path.expanduser("~")
    return text.replace(home, "~") if len(home) > 1 else text
