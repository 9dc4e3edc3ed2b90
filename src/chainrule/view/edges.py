"""What a document holds of an edge: its local Jacobian."""

from __future__ import annotations

from typing import Any

from ..graph import Variable
from .numbers import numbers
from .outline import Outline


def edge(outline: Outline, v: Variable, argument: int) -> dict[str, Any]:
    """The edge to an argument of the operation that made a variable."""
    u, local = v.inputs[argument], outline.local(v)[argument]
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
