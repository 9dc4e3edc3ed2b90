"""All that is shown of a graph as one versioned JSON document: what the page reads, and programs may.

`Graph.to_json` writes another one, "chainrule/graph/1", from which the graph can be made again; this one is to be
looked at. It holds no path of the machine, and no number of the user's where none was asked for.
"""

from __future__ import annotations

import functools
import json
from typing import Any, Final

from ..graph import Variable
from .backward import backward
from .boxes import Style
from .drawn import drawn_caption
from .edges import edges
from .findings import findings
from .layout import group_document, level_document
from .nodes import node
from .outline import Outline
from .rules import RuleTable
from .sources import Sources
from .summary import summary
from .thinning import Detail
from .words import bodies

SCHEMA: Final = "chainrule/view/1"


def document(
    outline: Outline, style: Style = "compact", with_backward: bool = False, check: bool = False
) -> dict[str, Any]:
    """Plain dicts, lists, strings and numbers. A large graph has its boxes in one style.

    With `check` each edge tells how far its local Jacobian is from differences.
    """
    graph, tree = outline.graph, outline.tree
    sources, detail, rules = Sources(), Detail(outline, style), RuleTable(outline)
    found: dict[str, Any] = {
        "schema": SCHEMA,
        "name": graph.name,
        "caption": drawn_caption(outline),
        "summary": summary(outline),
        "inputs": [v.number for v in graph.inputs],
        "outputs": [v.number for v in graph.outputs],
        "nodes": [node(outline, v, sources, detail) | rules.of(v) | _bodies(v) for v in graph.variables],
        "edges": [each for v in graph.variables for each in edges(outline, v, detail, check)],
        "groups": [group_document(outline, group) for group in tree.groups],
        "levels": [level_document(outline.level(group.number)) for group in tree.groups],
        "rules": rules.templates,
        "sources": sources.found,
        "findings": findings(outline),
        "thinned": detail.announced,
    }
    if with_backward:
        found["backward"] = backward(outline, functools.partial(document, style=style))
    return found


def to_json(outline: Outline, with_backward: bool = False, check: bool = False) -> str:
    found = document(outline, with_backward=with_backward, check=check)
    return json.dumps(found, separators=(",", ":"), allow_nan=False)


def _bodies(v: Variable) -> dict[str, Any]:
    """The graphs that an operation holds, each as a document of its own."""
    held = bodies(v)
    return {"bodies": [{"parameter": name, **document(Outline(body.graph))} for name, body in held]} if held else {}
