"""The structural key of a graph: equal for graphs that differ in the values of their constants only."""

from __future__ import annotations

import math
from typing import Any

from .graph import Graph
from .variable import Variable

# Numbers that a rewrite may depend on are part of the key; all others are values that change from call to call.
BAKED = frozenset({0.0, 1.0, -1.0, 2.0, 0.5})


def is_slot(v: Variable) -> bool:
    """Whether a constant's value is left out of the key."""
    if v.value is None:
        return False
    if v.type.ndim or v.type.dtype.kind == "c":
        return True
    number = v.value.item()
    return number not in BAKED or (
        number == 0 and math.copysign(1, number) < 0
    )  # -0.0 equals 0.0, but is another number


def structural_key(graph: Graph) -> tuple[Any, ...]:
    """Hashable; what is computed from what, the types of leaves, and numbers such as 0 and 1.

    The number that tells the identity of one transform from that of another differs each time, and is left out.
    """
    rows: list[Any] = []
    for v in graph.variables:
        if v.operation is not None:
            if v.part == 0:
                parameters = () if v.operation.name == "tag" else v.parameters
                rows.append((v.operation, parameters, *[u.number for u in v.inputs]))
        elif v.value is None or is_slot(v):
            rows.append(v.type)
        else:
            rows.append((v.type, v.value.item()))
    return tuple(rows)
