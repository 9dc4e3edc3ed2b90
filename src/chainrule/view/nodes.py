"""What a document holds of a variable."""

from __future__ import annotations

from typing import Any

from ..graph import Variable
from ..graph.text import parameter_text
from .contributions import contribution
from .drawn import drawn_variable
from .findings import health
from .heat import heat_map
from .numbers import FEW, histogram, numbers
from .outline import Outline
from .sources import Sources
from .thinning import Detail
from .words import bodies, constant_text, word


def node(outline: Outline, v: Variable, sources: Sources, detail: Detail) -> dict[str, Any]:
    name, role = outline.names[v.number], outline.roles[v.number]
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
        "kept": outline.kept.of(v),
        "drawn": drawn_variable(outline, v, detail.styles),
    }
    if v.parts:
        found["part"] = v.part
    if v.is_constant and (v.size == 1 or (outline.measured and not outline.spare)):
        found["constant"] = constant_text(v, name) if v.size > FEW else numbers(v.value)
    return found | _measured(outline, v, detail)


def _parameters(v: Variable) -> dict[str, str]:
    if v.operation is None:
        return {}
    held = {name for name, _ in bodies(v)}
    pairs = zip(v.operation.parameter_names, v.parameters, strict=True)
    return {name: "graph" if name in held else parameter_text(value) for name, value in pairs}


def _measured(outline: Outline, v: Variable, detail: Detail) -> dict[str, Any]:
    """Value, gradient and health."""
    measured, mark = outline.measured, health(outline, v)
    if measured is None or not measured.has_value(v):
        return {} if mark is None else {"health": mark}
    found: dict[str, Any] = {"value": _described(measured.value(v), measured.statistics(v), v, detail)}
    gradient = measured.gradient(v)
    if gradient is not None:
        reached = measured.gradients is not None and v.number in measured.gradients
        found["gradient"] = (
            _described(gradient, measured.gradient_statistics(v), v, detail) if reached else {"no_path": True}
        )
    if v.number in measured.seeds:
        found["seed"] = contribution(measured.seeds[v.number])
    return found if mark is None else found | {"health": mark}


def _described(array: Any, statistics: dict[str, Any], v: Variable, detail: Detail) -> dict[str, Any]:
    """All that a document holds of an array."""
    found: dict[str, Any] = {"statistics": statistics}
    if detail.numbers(v):
        found["numbers"] = numbers(array)
    if array.size > 1 and detail.histogram(v):
        found["histogram"] = histogram(array)
    if array.size > 1 and array.ndim and detail.picture(v):
        found["picture"] = heat_map(array, detail.exact)
    return found
