"""What a document holds of an edge: its local Jacobian, and what it does to a gradient."""

from __future__ import annotations

from typing import Any

from ..backprop import local_maps
from ..errors import ChainruleError
from ..graph import Variable
from ..structure import LinearMap
from .contributions import contribution
from .differences import checks
from .measured import Measured
from .numbers import numbers
from .outline import Outline
from .samples import sample
from .thinning import Detail


def edges(outline: Outline, v: Variable, detail: Detail, check: bool = False) -> list[dict[str, Any]]:
    """The edges to the arguments of the operation that made a variable."""
    measured = outline.measured
    maps = _maps(measured, v) if measured is not None and detail.sample(v) else {}
    found = [_local(outline, v, k) for k in range(len(v.inputs))]
    if check and measured is not None and found and measured.has_value(v):
        for each, checked in zip(found, checks(v, measured.values), strict=True):
            each["check"] = checked
    for k, each in enumerate(found):
        shown = sample(maps[v.part, k]) if (v.part, k) in maps else None
        if shown is not None:
            each["sample"] = shown
        if measured is not None:
            each |= _backward(measured, v, k)
    return found


def _local(outline: Outline, v: Variable, argument: int) -> dict[str, Any]:
    """All that is known without numbers."""
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
    if local.notation is not None:
        found |= {"notation": local.notation, "factors": [list(shape) for shape in local.factors]}
    return found


def _maps(measured: Measured, v: Variable) -> dict[tuple[int, int], LinearMap]:
    """The local Jacobians on the numbers, by number of the result and of the argument."""
    try:
        return local_maps(v, measured.value)
    except ChainruleError:  # a rule is missing
        return {}


def _backward(measured: Measured, v: Variable, argument: int) -> dict[str, Any]:
    """Gain and contribution."""
    found: dict[str, Any] = {}
    place = (v.number, argument)
    if place in measured.gains:
        found["gain"] = numbers(measured.gains[place])
    if place not in measured.contributions:
        return found
    added = measured.contributions[place]
    return found | {"contribution": "gradient" if added is None else contribution(added)}
