"""The graph as an indented tree: results first, below each what it is made from; what was shown already by number."""

from __future__ import annotations

from ..graph import Variable
from .outline import Outline
from .text_width import shortened
from .words import constant_text, shape_text, value_text, word

INDENT = 2
DEEPEST = 20  # steps of indentation; below it the depth is written


def tree_lines(outline: Outline, width: int | None = None) -> list[str]:
    """A line for each use of a variable."""
    found: list[str] = []
    shown: set[int] = set()
    waiting = [(v, 0) for v in reversed(outline.graph.outputs)]
    while waiting:
        v, depth = waiting.pop()
        lead = " " * (INDENT * min(depth, DEEPEST)) + (f"[{depth}] " if depth > DEEPEST else "")
        if v.number in shown and v.inputs:
            found.append(f"{lead}-> #{v.number} {outline.label(v)}")
            continue
        shown.add(v.number)
        line = lead + _line(outline, v)
        found.append(line if width is None else shortened(line, max(width, 20)))
        waiting.extend((u, depth + 1) for u in reversed(v.inputs) if outline.tree.home[u.number] >= 0)
    return found


def _line(outline: Outline, v: Variable) -> str:
    constants = [constant_text(u, outline.names[u.number]) for u in v.inputs if outline.tree.home[u.number] < 0]
    what = " ".join([word(v), *constants]) if v.operation is not None else outline.roles[v.number]
    parts = [f"#{v.number} {outline.label(v)}", what, shape_text(v.shape) or "scalar"]
    measured = outline.measured
    if measured is not None and measured.has_value(v):
        parts.append(f"value {value_text(measured.value(v), measured.rms(v))}")
        gradient = measured.gradient(v)
        if gradient is not None:
            parts.append(f"gradient {value_text(gradient, measured.gradient_rms(v))}")
    return "  ".join(parts)
