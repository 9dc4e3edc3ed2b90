"""The words of a picture that are no boxes: its caption, what a variable is in one line, a mark of health."""

from __future__ import annotations

import math
from typing import Final

from ..graph import Variable
from .boxes import SMALLEST
from .numbers import the_number
from .outline import Outline
from .text_width import shortened, text_width
from .words import number_text, shape_text, word

ICONS: Final = {"error": "✕", "warning": "!", "note": "i"}


def captions(outline: Outline) -> tuple[str, str, float]:
    """The graph's name, what there is in it, and how wide these are."""
    graph, measured = outline.graph, outline.measured
    operations = sum(v.operation is not None for v in graph.variables)
    parameters = sum(v.size for v in graph.variables if outline.roles[v.number] == "parameter")
    parts = [f"{n:,} {what}{'s' * (n != 1)}" for n, what in ((operations, "operation"), (parameters, "parameter")) if n]
    if measured is not None:
        for v in graph.outputs:
            if v.size == 1 and measured.has_value(v) and v.dtype.kind == "f":
                parts.append(f"{outline.roles[v.number]} {number_text(the_number(measured.value(v)))}")
        count = sum(finding.severity != "note" for finding in measured.findings)
        if count:
            parts.append(f"{count} problem{'s' * (count > 1)}")
    name, found = shortened(graph.name, 60), " · ".join(parts) or "nothing"
    return name, found, max(text_width(found, 11.0), 1.08 * text_width(name, 14.0))


def described(outline: Outline, v: Variable) -> str:
    """`tanh h1, shape (64,32), float64, rms 0.61, gradient rms 3.1e-3, at train.py:14`."""
    what = outline.roles[v.number] if v.operation is None else word(v)
    if outline.names[v.number] in outline.failed:
        return f"{what}, which failed at {v.origins[0]}" if v.origins else f"{what}, which failed"
    parts = [f"{what} {outline.label(v)}", f"shape {shape_text(v.shape) or 'scalar'}", str(v.dtype)]
    measured = outline.measured
    if measured is not None and measured.has_value(v):
        parts.append(f"rms {number_text(measured.rms(v))}")
        if measured.gradient(v) is not None:
            parts.append(f"gradient rms {number_text(measured.gradient_rms(v))}")
    if v.operation is not None and v.origins:
        parts.append(f"at {v.origins[0]}")
    return ", ".join(parts)


def flag_text(flag: tuple[str, str, str]) -> tuple[str, str, str, float]:
    """The text of a mark, its severity, its message and its width."""
    kind, severity, message = flag
    text = f"{ICONS[severity]} {kind}"
    return text, severity, message, math.ceil(2.16 * text_width(text, SMALLEST)) / 2 + 10.0
