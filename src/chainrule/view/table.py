"""The table of a graph: a row for each visible variable and closed group, columns as there is something to say."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, Final

from ..graph import Variable
from ..lazy import is_installed
from . import rich_loader
from .boxes import box_of_group
from .groups import Group
from .marks import marked
from .numbers import histogram
from .outline import Outline
from .text_width import shortened
from .words import constant_text, number_text, shape_text, value_text, word

COLUMNS: Final = (
    "#",
    "node",
    "op",
    "shape",
    "value",
    "gradient",
    "J to input",
    "gain",
    "keeps",
    "line",
    "histogram",
    "health",
)
ALWAYS: Final = ("#", "node", "op", "health")  # however narrow it gets
NOTHING: Final = "-"
_WIDEST: Final = 10_000  # letters of a line that has no bound
LETTERS: Final = 40  # of a cell
BARS: Final = "▁▂▃▄▅▆▇█"
APART: Final = 2
ASCII: Final = {
    "–": "-",
    "×": "x",
    "…": "...",
    "⊗": "(x)",
    "∂": "d",
    "·": "-",
    **dict(zip(BARS, "._-=+*#@", strict=True)),
}

Row = dict[str, str]


def rows(outline: Outline, opened: set[int]) -> list[Row]:
    """The rows, in the order of the trace."""
    found: list[Row] = []
    waiting = [~0]
    while waiting:
        child = waiting.pop()
        if child >= 0:
            found.append(_of_variable(outline, outline.graph.variables[child]))
        elif ~child in opened:
            waiting.extend(reversed(outline.tree.groups[~child].children))
        else:
            found.append(_of_group(outline, outline.tree.groups[~child]))
    return found


def _of_variable(outline: Outline, v: Variable) -> Row:
    measured, label, name = outline.measured, outline.label(v), outline.names[v.number]
    path = [outline.tree.groups[n].title for n in reversed(outline.tree.path(outline.tree.home[v.number])) if n]
    row: Row = {
        "#": str(v.number),
        "node": shortened("/".join([*path, label]), LETTERS),
        "op": _operation(outline, v),
        "shape": shape_text(v.shape) or "scalar",
    }
    if v.operation is not None:
        local = outline.local(v)
        wanted = [k for k, u in enumerate(v.inputs) if outline.tree.home[u.number] >= 0]
        row["J to input"] = " | ".join(local[k].structure for k in wanted)
        gains = [outline.gain(v, k) for k in wanted]
        if any(gain is not None for gain in gains):
            row["gain"] = " | ".join(number_text(gain) if gain is not None else NOTHING for gain in gains)
        row["keeps"] = ",".join(outline.names[n] for n in outline.kept.by(v) if outline.tree.home[n] >= 0)
        row["line"] = str(v.origins[0]) if v.origins else ""
    if name in outline.failed:
        row |= {"op": _attempt(outline, v), "shape": "", "J to input": "", "keeps": "", "health": "!! failed"}
    if measured is not None and measured.has_value(v):
        row["value"] = value_text(measured.value(v), measured.rms(v))
        gradient = measured.gradient(v)
        if gradient is not None:
            row["gradient"] = value_text(gradient, measured.gradient_rms(v))
        if v.size > len(BARS):
            row["histogram"] = _bars(measured.value(v))
        finding = measured.flags.get(name)
        if finding is not None and finding.severity != "note":
            row["health"] = f"!! {marked(finding)}"
        elif name in measured.poisoned:
            row["health"] = f"poisoned by {measured.poisoned[name].variable}"
    return row


def _attempt(outline: Outline, v: Variable) -> str:
    """What failed and what it was applied to, with shapes: `matmul h (3,4), W (5,4)`."""
    operands = [f"{outline.label(u) if u.name else ''} {shape_text(u.shape)}".strip() for u in v.inputs]
    return f"{word(v)} {', '.join(operands)}"


def _operation(outline: Outline, v: Variable) -> str:
    if v.operation is None:
        return outline.roles[v.number]
    constants = [
        constant_text(u, outline.names[u.number]) for u in v.inputs if outline.tree.home[u.number] < 0 and u.size == 1
    ]
    return " ".join([word(v), *constants])


def _bars(array: Any) -> str:
    counts = histogram(array)["counts"]
    if len(counts) < 8:
        return ""
    eighths = [sum(counts[k * len(counts) // 8 : (k + 1) * len(counts) // 8]) for k in range(8)]
    return "".join(BARS[-(-each * (len(BARS) - 1) // max(eighths))] for each in eighths)


def _of_group(outline: Outline, group: Group) -> Row:
    flag = box_of_group(outline, group).flag
    count = f" × {group.copies}" if group.copies > 1 else ""
    path = [outline.tree.groups[n].title for n in reversed(outline.tree.path(group.number)) if n]
    row: Row = {"#": str(min(outline.tree.members(group.number))), "node": shortened("/".join(path), LETTERS) + count}
    row["op"] = "group"
    made = [n for n in outline.tree.members(group.number) if outline.graph.variables[n].operation is not None]
    if made:
        last = outline.graph.variables[made[-1]]
        row["shape"] = shape_text(last.shape) or "scalar"
    if flag is not None:
        row["health"] = f"!! {flag[0]}" if flag[1] != "note" else flag[0]
    return row


# Printing


def columns_within(found: Sequence[Row], width: int | None) -> list[str]:
    """The columns that have something to say and fit, dropped from right to left."""
    columns = [name for name in COLUMNS if any(row.get(name) for row in found)]
    while width is not None and _width(found, columns) > width:
        droppable = [name for name in columns if name not in ALWAYS]
        if not droppable:
            break
        columns.remove(droppable[-1])
    return columns


def _width(found: Sequence[Row], columns: Sequence[str]) -> int:
    return sum(_column_width(found, name) for name in columns) + APART * (len(columns) - 1)


def _column_width(found: Sequence[Row], name: str) -> int:
    return max(len(name), *(len(row.get(name) or NOTHING) for row in found)) if found else len(name)


def lines(found: Sequence[Row], width: int | None = None) -> list[str]:
    """Plain lines, no cell of which is wrapped."""
    columns = columns_within(found, width)
    widths = [_column_width(found, name) for name in columns]
    cells = [columns, *([row.get(name) or NOTHING for name in columns] for row in found)]
    if "health" in columns:
        cells[1:] = [[*each[:-1], "" if each[-1] == NOTHING else each[-1]] for each in cells[1:]]
    gap = " " * APART
    return [gap.join(cell.ljust(n) for cell, n in zip(each, widths, strict=True)).rstrip() for each in cells]


def print_table(found: Sequence[Row], width: int | None, colored: bool) -> None:
    """On stdout; in color where that is a terminal and rich is there."""
    if not (colored and is_installed("rich")):
        print_lines(lines(found, width))
        return
    styles = {"#": "dim", "node": "bold", "op": "magenta", "value": "blue", "gradient": "blue", "health": "bold red"}
    table = rich_loader.table.Table(box=None, padding=(0, APART, 0, 0), header_style="dim", pad_edge=False)
    columns = columns_within(found, width)
    for name in columns:
        table.add_column(name, style=styles.get(name, ""), no_wrap=True)
    for row in found:
        table.add_row(*(rich_loader.text.Text(row.get(name) or NOTHING) for name in columns))
    rich_loader.console.Console(width=width or _WIDEST, force_terminal=True).print(table)


def print_lines(found: Sequence[str]) -> None:
    """Lines on stdout; where it takes ASCII only, in that."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    for line in found:
        print(encodable(line, encoding))


def encodable(line: str, encoding: str) -> str:
    try:
        line.encode(encoding)
    except UnicodeEncodeError:
        plain = "".join(ASCII.get(letter, letter) for letter in line)
        return plain.encode(encoding, "replace").decode(encoding)
    return line
