"""What a document holds of groups and of the levels within them: all that coordinates follow from."""

from __future__ import annotations

from typing import Any

from .boxes import over_copies
from .drawn import drawn_group
from .groups import Group
from .levels import Level
from .numbers import numbers
from .outline import Outline


def group_document(outline: Outline, group: Group) -> dict[str, Any]:
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
        "drawn": drawn_group(outline, group),
    }
    if group.copies > 1 and outline.measured:
        found["over_copies"] = {
            show: [numbers(x) for x in over_copies(outline, group, show)] for show in ("value", "gradient")
        }
    return found


def level_document(level: Level) -> dict[str, Any]:
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
