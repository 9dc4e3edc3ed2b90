"""The lecture's algorithm on a graph as pictures, one for each step: values appear, then the grad_table fills.

Nothing moves from picture to picture. What is not computed yet is a dash, never a zero.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from html import escape
from typing import Any, Final, NamedTuple

from ..errors import ArgumentError
from ..graph import Graph, Variable, operations
from .outline import Outline
from .picture import Picture
from .svg import to_svg
from .theme import Theme
from .words import shape_text, value_text, word

MOST: Final = 200  # variables
ROW: Final = 15.0  # height of a line of the table
MARGIN: Final = 16.0
NARROWEST: Final = 460.0
COLUMNS: Final = (0.0, 150.0, 230.0, 330.0)  # where those of the table begin
LIT: Final = 'fill="none" stroke="#e69f00" stroke-width="3" rx="8"'
GLOWING: Final = 'fill="none" stroke="#e69f00" stroke-width="1.5" stroke-dasharray="4 3" rx="8"'


class Step(NamedTuple):
    """A moment of the algorithm.

    Attributes
    ----------
    known, done : frozenset of int
        The variables that have a value; those whose gradient is complete.
    lit : int or None
        The variable at work, `glowing` what it takes from, or sends to.
    sums : dict
        By the number of a variable, how many contributions its gradient has had so far.
    """

    what: str
    known: frozenset[int]
    done: frozenset[int]
    lit: int | None
    glowing: tuple[int, ...]
    sums: Mapping[int, int]


def pictures(
    graph: Graph,
    values: Mapping[int, Any],
    seeds: Mapping[Variable, Any] | None,
    parameters: Collection[int] | None = None,
    theme: Theme = "auto",
) -> list[str]:
    """The text of one SVG for each step, in order.

    Raises
    ------
    ArgumentError
        If the graph is too large to be looked at so.
    """
    if len(graph) > MOST:
        raise ArgumentError(
            f"steps are drawn of graphs of at most {MOST} variables", got=f"{len(graph):,} variables", wanted="a part"
        )
    outline = Outline(graph, values, seeds, parameters)
    picture = Picture(outline, {group.number for group in outline.tree.groups})
    found = list(steps(outline))
    return [_drawn(picture, step, k, len(found), theme) for k, step in enumerate(found)]


def steps(outline: Outline) -> Iterator[Step]:
    """Forward, in the order of the trace; then backward, in the reverse one."""
    graph, measured = outline.graph, outline.measured
    known = {v.number for v in graph.variables if v.operation is None}
    yield Step("the inputs", frozenset(known), frozenset(), None, (), {})
    for v in operations(graph):
        known |= {part.number for part in v.results}
        inputs = tuple(u.number for u in v.inputs)
        arguments = ", ".join(outline.label(u) for u in v.inputs)
        what = f"forward: {outline.label(v)} = {word(v)}({arguments})"
        yield Step(what, frozenset(known), frozenset(), v.number, inputs, {})
    if measured is None or measured.gradients is None:
        return
    total: dict[int, int] = {}
    for number, k in measured.gains:
        u = graph.variables[number]
        if u.part == 0:
            total[u.inputs[k].number] = total.get(u.inputs[k].number, 0) + 1
    everything, sums = frozenset(known), dict.fromkeys((v.number for v in graph.outputs), 0)
    done = {v.number for v in graph.outputs if not total.get(v.number)}
    seeds = tuple(v.number for v in graph.outputs)
    yield Step("backward: the table begins with the seed", everything, frozenset(done), None, seeds, dict(sums))
    for v in reversed(list(operations(graph))):
        sent = [k for k in range(len(v.inputs)) if any((part.number, k) in measured.gains for part in v.results)]
        if not sent:
            continue
        for k in sent:
            x = v.inputs[k].number
            sums[x] = sums.get(x, 0) + 1
            if sums[x] == total.get(x, 0):
                done.add(x)
        targets = tuple(v.inputs[k].number for k in sent)
        to = " and ".join(dict.fromkeys(outline.label(v.inputs[k]) for k in sent))
        what = f"backward: {outline.label(v)} sends to {to}"
        yield Step(what, everything, frozenset(done), v.number, targets, dict(sums))


# Drawing


def _drawn(picture: Picture, step: Step, number: int, count: int, theme: Theme) -> str:
    backward = bool(step.sums)
    marks = []
    for shape in picture.shapes:
        if shape.kind != "node" or shape.box is None:
            continue
        for each in (each for line in shape.box.lines for each in line if each.texts is not None):
            texts = each.texts or {}
            if backward:
                each.text = texts["gradient"] if shape.number in step.done else "∂ –"
            else:
                each.text = texts["value"] if shape.number in step.known else "–"
        if shape.number == step.lit or shape.number in step.glowing:
            style = LIT if shape.number == step.lit else GLOWING
            marks.append(
                f'<rect class="at" x="{shape.x - 4:g}" y="{shape.y - 4:g}" width="{shape.width + 8:g}" '
                f'height="{shape.height + 8:g}" {style}/>'
            )
    text = to_svg(picture, theme)
    table = _table(picture.outline, step) if backward else []
    rows = [[f"step {number} of {count - 1}", "", "", ""], [step.what, "", "", ""], *table]
    return _with_table(text.replace("</g></g></svg>", f"</g>{''.join(marks)}</g></svg>"), rows)


def _table(outline: Outline, step: Step) -> list[list[str]]:
    """The grad_table: name, shape, gradient, and how much of it is there."""
    measured, found = outline.measured, [["grad_table", "shape", "gradient", "contributions"]]
    assert measured is not None
    for v in outline.graph.variables:
        gradient = measured.gradient(v)
        if gradient is None or outline.tree.home[v.number] < 0:
            continue
        so_far = step.sums.get(v.number)
        if v.number in step.done:
            number = ("" if v.size == 1 else "rms ") + value_text(gradient, measured.gradient_rms(v))
            state = f"{so_far} of {so_far}" if so_far else "the seed"
        else:
            number, state = "–", "–" if not so_far else f"{so_far} so far"
        found.append([outline.label(v), shape_text(v.shape) or "scalar", number, state])
    return found


def _with_table(text: str, rows: list[list[str]]) -> str:
    """The picture with lines of text below."""
    size = re.search(r'width="([\d.]+)" height="([\d.]+)" viewBox="0 0 [\d.]+ [\d.]+"', text)
    assert size is not None
    width, height = max(float(size[1]), NARROWEST), float(size[2])
    whole = height + ROW * (len(rows) + 1)
    lines = []
    for k, row in enumerate(rows):
        y = height + ROW * (k + 0.5)
        for x, cell in zip(COLUMNS, row, strict=True):
            if cell:
                kind = "name" if k in (1, 2) else "muted" if k == 0 else "number" if x == COLUMNS[2] else "math"
                lines.append(f'<text class="{kind}" x="{MARGIN + x:g}" y="{y:g}" font-size="11">{escape(cell)}</text>')
    head = f'width="{width:g}" height="{whole:g}" viewBox="0 0 {width:g} {whole:g}"'
    text = text.replace(size[0], head, 1)
    ground = rf'\1 width="{width:g}" height="{whole:g}"'
    text = re.sub(r'(<rect class="ground") width="[\d.]+" height="[\d.]+"', ground, text, count=1)
    return text.replace("</svg>", f'<g class="steps">{"".join(lines)}</g></svg>')
