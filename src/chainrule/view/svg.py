"""A picture as SVG: one self-contained file, with names that the page finds its elements by.

Elements: `n7` is variable 7, `g3` group 3, `e7-1` the edge to the second argument of the operation behind variable 7,
`l3-5` a part of an edge that leads to the border of group 3. Attributes `data-...` tell what each stands for.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable
from html import escape
from typing import Any, Final

from .boxes import HEADER, SIGN_APART, SIGN_HEIGHT, SMALL, SMALLEST, Word, apart
from .captions import captions, described, flag_text
from .glyphs import GLYPHS, SIZE
from .outline import Outline
from .picture import ENDS_APART, Picture, Point, Shape, Way
from .text_width import shortened, text_width
from .theme import Theme, style_sheet
from .words import number_text, word

MARGIN: Final = 16.0
CAPTION: Final = 46.0
TIP: Final = 5.0  # of an arrow
MOST_ROOM: Final = 75.0  # beside the end of an edge
ROUND: Final = 6.0  # corners of a lane
LINE: Final = 1.375  # height of a line, in the size of its letters
NOT_IN_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_svg(picture: Picture, theme: Theme = "auto") -> str:
    """The text of the file."""
    outline = picture.outline
    caption, described, caption_width = captions(outline)
    edges, overhang = _edges(picture)
    width = max(picture.width + 2 * overhang, caption_width) + 2 * MARGIN
    height = picture.height + 2 * MARGIN + CAPTION
    left = (width - picture.width) / 2
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chainrule" width="{_n(width)}" height="{_n(height)}" '
        f'viewBox="0 0 {_n(width)} {_n(height)}" role="img" aria-label="{_text(f"{caption}: {described}")}" '
        f'data-schema="chainrule/view/1" data-style="{picture.style}" data-show="{picture.show}">',
        f"<title>{_text(caption)}</title><desc>{_text(described)}</desc>",
        f"<style>{style_sheet(theme)}</style>",
        f'<rect class="ground" width="{_n(width)}" height="{_n(height)}"/>',
        f'<text class="name" x="{_n(MARGIN)}" y="{_n(MARGIN + 12)}" font-size="14">{_text(caption)}</text>',
        f'<text class="muted" x="{_n(MARGIN)}" y="{_n(MARGIN + 29)}" font-size="11">{_text(described)}</text>',
        f'<g transform="translate({_n(left)} {_n(MARGIN + CAPTION)})">',
        '<g class="groups">',
        *(_open_group(outline, shape) for shape in picture.shapes if shape.kind == "open"),
        '</g><g class="edges">',
        *edges,
        '</g><g class="titles">',
        *(_title(outline, shape) for shape in picture.shapes if shape.kind == "open"),
        '</g><g class="nodes">',
        *(_node(picture, shape) for shape in picture.shapes if shape.kind == "node"),
        *(_closed_group(outline, shape) for shape in picture.shapes if shape.kind == "group"),
        "</g></g></svg>",
    ]
    return "\n".join(parts) + "\n"


# Boxes


def _node(picture: Picture, shape: Shape) -> str:
    outline = picture.outline
    v = outline.graph.variables[shape.number]
    role = outline.roles[v.number]
    kind = {"operation": "box", "loss": "output"}.get(role, role)
    data = {
        "node": v.number,
        "name": outline.label(v),
        "op": word(v) if v.operation else "",
        "role": role,
        "shape": ",".join(map(str, v.shape)),
        "dtype": v.dtype,
        "group": outline.tree.home[v.number],
    }
    title = described(outline, v)
    head = f'<g id="n{v.number}" class="node {kind}"{_data(data)}>'
    drawn = _variable(shape, role) if picture.style == "lecture" else _compact(shape, role)
    return f"{head}<title>{_text(title)}</title>{drawn}{_flag(shape)}</g>"


def _compact(shape: Shape, role: str) -> str:
    box = shape.box
    assert box is not None
    x, y, width, height = shape.x, shape.y, shape.width, shape.height
    parts = [_outline(x, y, width, height, role, "body")]
    if role in ("output", "loss"):
        parts.append(_outline(x + 3, y + 3, width - 6, height - 6, role, "double"))
    return "".join(parts) + _lines(box.lines, x + width / 2, y + height / 2)


def _outline(x: float, y: float, width: float, height: float, role: str, kind: str) -> str:
    """Each role has a shape of its own."""
    if role == "parameter":  # corners cut off
        c = 7
        d = f"M{_n(x + c)} {_n(y)}h{_n(width - 2 * c)}l{c} {c}v{_n(height - 2 * c)}l-{c} {c}h{_n(2 * c - width)}"
        return f'<path class="{kind}" d="{d}l-{c} -{c}v{_n(2 * c - height)}z"/>'
    radius = {"input": height / 2, "loss": height / 2, "constant": 2.0}.get(role, 6.0)
    return _rectangle(kind, x, y, width, height, radius)


def _rectangle(kind: str, x: float, y: float, width: float, height: float, radius: float, more: str = "") -> str:
    place = f'x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" rx="{_n(radius)}"'
    return f'<rect class="{kind}" {place}{more}/>'


def _variable(shape: Shape, role: str) -> str:
    """The lecture's drawing: a variable is a node; the operation stands on the edge that leads to it."""
    box = shape.box
    assert box is not None
    height = shape.height - (SIGN_HEIGHT + SIGN_APART if box.sign else 0.0)
    width = min(shape.width, max(height, max(map(apart, box.lines)) + 20.0))
    x, middle = shape.x + (shape.width - width) / 2, shape.x + shape.width / 2
    parts = [_rectangle("body", x, shape.y, width, height, height / 2)]
    if role in ("output", "loss"):
        parts.append(_rectangle("double", x + 3, shape.y + 3, width - 6, height - 6, height / 2 - 3))
    parts.append(_lines(box.lines, middle, shape.y + height / 2))
    if box.sign:
        top = shape.y + height + SIGN_APART
        parts.append(
            f'<g class="edge"><path d="M{_n(middle)} {_n(top)}V{_n(shape.y + height + TIP)}"/>'
            f"{_tip((middle, shape.y + height), up=True)}</g>"
        )
        parts.append(_lines([box.sign], middle, top + SIGN_HEIGHT / 2))
    return "".join(parts)


def _closed_group(outline: Outline, shape: Shape) -> str:
    box, group = shape.box, outline.tree.groups[shape.number]
    assert box is not None
    x, y, width, height = shape.x, shape.y, shape.width, shape.height
    data = {"group": group.number, "kind": group.kind, "copies": group.copies, "open": "false"}
    parts = []
    for k in range(min(group.copies - 1, 2), 0, -1):
        parts.append(_rectangle("body", x + 3 * k, y - 3 * k, width, height, 6.0))
    parts.append(_rectangle("body", x, y, width, height, 6.0, ' stroke-width="1.4"'))
    title = f"closed group {group.title}" + (f", {group.copies} copies" if group.copies > 1 else "")
    return (
        f'<g id="g{group.number}" class="closed group"{_data(data)}>'
        f"<title>{_text(title)}</title>{''.join(parts)}{_lines(box.lines, x + width / 2, y + height / 2)}"
        f"{_flag(shape)}</g>"
    )


def _open_group(outline: Outline, shape: Shape) -> str:
    group = outline.tree.groups[shape.number]
    data = {"group": group.number, "kind": group.kind, "copies": group.copies, "open": "true"}
    count = f" × {group.copies}" if group.copies > 1 else ""
    faint = ' fill-opacity="0.07" stroke-dasharray="4 3"'
    return (
        f'<g id="g{group.number}" class="open"{_data(data)}><title>{_text(group.title + count)}</title>'
        f"{_rectangle('body', shape.x, shape.y, shape.width, shape.height, 8.0, faint)}</g>"
    )


def _title(outline: Outline, shape: Shape) -> str:
    """The title of an open group, above the edges that enter there."""
    group = outline.tree.groups[shape.number]
    count = f" × {group.copies}" if group.copies > 1 else ""
    title = shortened(group.title, max(4, int((shape.width - 16) / (0.68 * SMALL)) - len(count))) + count
    return (
        f'<text class="muted name halo" x="{_n(shape.x + 9)}" y="{_n(shape.y + HEADER / 2 + 4)}" '
        f'font-size="{_n(SMALL)}" stroke-width="3" paint-order="stroke">{_text(title)}</text>'
    )


def _flag(shape: Shape) -> str:
    """A mark with a word at the lower right corner, where no edge arrives."""
    flag = shape.box.flag if shape.box else None
    if flag is None:
        return ""
    text, severity, message, width = flag_text(flag)
    x, y = shape.x + shape.width - width + 4.0, shape.y + shape.height - 7.0
    return (
        f'<g class="flag {severity}"><title>{_text(message)}</title>'
        f"{_rectangle('body', x, y, width, 14.0, 7.0)}"
        f'<text x="{_n(x + width / 2)}" y="{_n(y + 10.2)}" font-size="{_n(SMALLEST)}" font-weight="600" '
        f'text-anchor="middle">{_text(text)}</text></g>'
    )


# Words


def _lines(lines: list[list[Word]], x: float, y: float) -> str:
    """Lines of words around a middle."""
    heights = [max(each.size for each in line) * LINE for line in lines]
    at = y - sum(heights) / 2
    found = []
    for line, height in zip(lines, heights, strict=True):
        found.append(_line(line, x - apart(line) / 2, at + height / 2))
        at += height
    return "".join(found)


def _line(words: Iterable[Word], x: float, y: float) -> str:
    """Words side by side, each in the middle of the room that it has."""
    found = []
    for each in words:
        place = f'x="{_n(x + each.width / 2)}" y="{_n(y + each.size * 0.35)}" font-size="{_n(each.size)}"'
        kind = "plain" if each.kind == "chip" else each.kind
        text = f'<text class="{kind}" {place} text-anchor="middle">{_text(each.text)}</text>'
        if each.kind == "chip":
            box = _rectangle("body", x, y - 7.5, each.width, 15.0, 4.0)
            text = f'<g class="chip"{_data({"constant": each.variable, "argument": each.argument})}>{box}{text}</g>'
        found.append(text)
        x += each.width + 6.0
    return "".join(found)


# Edges


def _edges(picture: Picture) -> tuple[list[str], float]:
    """All edges, and how far the words beside them reach beyond the left side."""
    rooms = _room(picture)
    reach = (picture.ways[k].points[-1][0] + room for k, room in rooms.items() if room < 0)
    overhang = -min(0.0, min(reach, default=0.0))
    return [_edge(picture, way, rooms.get(k, 0.0)) for k, way in enumerate(picture.ways)], overhang


def _edge(picture: Picture, way: Way, room: float) -> str:
    outline, edge = picture.outline, way.edge
    data: dict[str, Any] = {"from": edge.variable}
    glyph = ""
    name = f"l{way.group}-{way.place}"
    if edge.user >= 0:
        user = outline.graph.variables[edge.user]
        local = outline.local(user)[edge.argument]
        name = f"e{edge.user}-{edge.argument}"
        data |= {"to": edge.user, "argument": edge.argument, "structure": local.structure}
        data |= {"stored": local.stored, "full": local.full}
        gain = outline.gain(user, edge.argument)
        title = f"local Jacobian: {local.structure}, {local.stored:,} of {local.full:,} numbers stored"
        if gain is not None:
            data["gain"] = number_text(gain)
            title += f", gain {number_text(gain)}"
        told = number_text(gain) if gain is not None and picture.show == "jacobian" else ""
        glyph = f"<title>{_text(title)}</title>" + (_glyph(way.points, local.structure, room, told) if room else "")
    kind = "edge spine" if way.spine else "edge"
    ends = way.ends and picture.style == "compact"
    tip = _tip(way.points[-1], up=False) if ends else ""
    weight = 1.6 if way.spine else 1.1
    path = f'<path d="{_path(way, TIP if ends else 0.0)}"/>'
    return f'<g id="{name}" class="{kind}"{_data(data)} stroke-width="{weight}">{path}{tip}{glyph}</g>'


def _path(way: Way, short: float) -> str:
    points = list(way.points)
    (x, y) = points[-1]
    points[-1] = (x, y - short)
    if way.turns:
        return _with_corners(points)
    d = [f"M{_n(points[0][0])} {_n(points[0][1])}"]
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        if (x0, y0) == (x1, y1):
            continue
        if abs(x1 - x0) < 0.05:
            d.append(f"V{_n(y1)}")
        else:
            half = (y0 + y1) / 2
            d.append(f"C{_n(x0)} {_n(half)} {_n(x1)} {_n(half)} {_n(x1)} {_n(y1)}")
    return "".join(d)


def _with_corners(points: list[Point]) -> str:
    d = [f"M{_n(points[0][0])} {_n(points[0][1])}"]
    for before, (x, y), after in zip(points, points[1:], points[2:], strict=False):
        d.append(f"L{_towards((x, y), before)}Q{_n(x)} {_n(y)} {_towards((x, y), after)}")
    return "".join([*d, f"L{_n(points[-1][0])} {_n(points[-1][1])}"])


def _towards(corner: Point, other: Point) -> str:
    dx, dy = other[0] - corner[0], other[1] - corner[1]
    length = max(abs(dx), abs(dy), 1e-9)
    step = min(ROUND, length / 2) / length
    return f"{_n(corner[0] + step * dx)} {_n(corner[1] + step * dy)}"


def _tip(at: Point, up: bool) -> str:
    x, y = at
    back = TIP if up else -TIP
    return f'<path class="tip" d="M{_n(x)} {_n(y)}L{_n(x - 3.2)} {_n(y + back)}H{_n(x + 3.2)}z"/>'


def _room(picture: Picture) -> dict[int, float]:
    """For each edge to a box the room for its glyph: on the left, as a negative number, or on the right of its end.

    None where edges are too near to each other.
    """
    if picture.style != "compact":
        return {}
    rows: dict[tuple[int, float], list[tuple[float, int]]] = {}
    for k, way in enumerate(picture.ways):
        rows.setdefault((way.group, way.points[-2][1]), []).append((way.points[-1][0], k))
    found = {}
    for row in rows.values():
        row.sort()
        places = [-math.inf, *(x for x, _ in row), math.inf]
        for place, (x, k) in enumerate(row):
            before, after = x - places[place], places[place + 2] - x
            if picture.ways[k].ends:
                first_of_several = before > after and after < 2 * ENDS_APART
                room = -min(before, MOST_ROOM) if first_of_several else min(after, MOST_ROOM)
                if abs(room) > SIZE + 4:
                    found[k] = room
    return found


def _glyph(points: list[Point], structure: str, room: float, gain: str) -> str:
    """The structure's sign beside the end of its edge; with its letters and the gain where there is room."""
    sign, (x, y) = GLYPHS[structure], points[-1]
    left = room < 0
    x, y = x - SIZE - 5.0 if left else x + 5.0, y - SIZE - 7.0
    parts = [f'<rect class="frame" width="{SIZE}" height="{SIZE}" stroke-width="0.8"/>']
    if sign.lines:
        parts.append(f'<path class="line" d="{sign.lines}" stroke-width="1.2"/>')
    if sign.areas:
        parts.append(f'<path class="area" d="{sign.areas}"/>')
    words = [f"{sign.letters} ×{gain}", f"×{gain}"] if gain else []
    fitting = [text for text in (*words, sign.letters) if text_width(text, SMALLEST) + SIZE + 12 < abs(room)]
    if fitting:
        at = 'x="-3" text-anchor="end"' if left else f'x="{SIZE + 3}"'
        parts.append(f'<text class="muted" {at} y="8.4" font-size="{_n(SMALLEST)}">{_text(fitting[0])}</text>')
    return f'<g class="glyph" transform="translate({_n(x)} {_n(y)})">{"".join(parts)}</g>'


# Text


def _n(x: float) -> str:
    """A coordinate, to a hundredth."""
    text = f"{math.floor(100 * x + 0.5) / 100:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _text(text: Any) -> str:
    """Any text as text, whatever it holds."""
    return escape(NOT_IN_XML.sub("\ufffd", str(text)), quote=True)


def _data(values: dict[str, Any]) -> str:
    return "".join(f' data-{name}="{_text(value)}"' for name, value in values.items())
