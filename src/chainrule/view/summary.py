"""A graph in one line: how large it is, what comes out, and whether its numbers are well."""

from __future__ import annotations

from typing import Any

from ..health.finding import SEVERITIES
from .measured import Measured
from .numbers import numbers
from .outline import Outline


def summary(outline: Outline) -> dict[str, Any]:
    """Counts; with values also the result, how both ways went, and the number of findings."""
    graph, measured = outline.graph, outline.measured
    found: dict[str, Any] = {
        "variables": len(graph),
        "operations": sum(v.operation is not None and v.part == 0 for v in graph.variables),
        "parameters": sum(v.size for v in graph.inputs if outline.roles[v.number] == "parameter"),
        "bytes": sum(v.size * v.dtype.itemsize for v in graph.variables),
        "kept": outline.kept.totals(),
    }
    if measured is not None:
        found |= {"forward": "failed" if outline.failed else _forward(measured), "backward": _backward(measured)}
        found |= {f"{each}s": sum(f.severity == each for f in measured.findings) for each in SEVERITIES}
        found["errors"] += len(outline.failed)
        if len(graph.outputs) == 1 and graph.outputs[0].size == 1 and measured.has_value(graph.outputs[0]):
            found["result"] = numbers(measured.value(graph.outputs[0]))
    return found


def _forward(measured: Measured) -> str:
    ill = any(each.kind.startswith("non-finite") and each.kind != "non-finite gradient" for each in _errors(measured))
    return "not finite" if ill else "ok"


def _backward(measured: Measured) -> str:
    if measured.gradients is None:
        missing = any(each.kind == "no derivative" for each in measured.findings)
        return "no derivative" if missing else "not asked for"
    return "not finite" if any(each.kind == "non-finite gradient" for each in _errors(measured)) else "ok"


def _errors(measured: Measured) -> list[Any]:
    return [each for each in measured.findings if each.severity == "error"]
