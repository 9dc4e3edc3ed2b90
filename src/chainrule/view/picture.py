"""A picture: every visible box with its place, every visible edge with its way. Nothing is written here.

Levels are laid out from the innermost open group outwards, since an open group is a box of the level around it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, Final, final

from .boxes import HEADER, Box, Show, Style, box_of_group, box_of_variable
from .coordinates import Places, coordinates
from .levels import Item, Level, LevelEdge
from .outline import Outline

PADDING: Final = 14.0  # around what an open group holds
ENDS_APART: Final = 20.0  # between two edges that arrive at one box
BESIDE_A_BAND: Final = 7.0  # where an edge to a lane turns

FEW_ARGUMENTS: Final = 4  # from one closed group to one variable, drawn one by one

Point = tuple[float, float]


@dataclass(slots=True)
class Shape:
    """A visible item: its rectangle, and its box unless it is an open group."""

    kind: str  # "node", "group" or "open"
    number: int
    x: float  # of the upper left corner
    y: float
    width: float
    height: float
    box: Box | None


@dataclass(slots=True)
class Way:
    """A visible edge, or the part of one within a level.

    Attributes
    ----------
    points : list of Point
        Straight pieces and curves in turn: vertical ends are joined by a curve where x differs.
    ends : bool
        Whether it arrives at a box, and not at the border of a group.
    """

    group: int
    place: int  # in the list of the level's edges
    edge: LevelEdge
    points: list[Point]
    turns: bool  # by right angles, in a lane
    ends: bool
    spine: bool


@dataclass(slots=True)
class _Laid:
    """A level that has been laid out, in its own coordinates."""

    level: Level
    boxes: dict[int, Box]
    sizes: list[tuple[float, float]]
    given: dict[str, Any]  # what its coordinates were found from
    places: Places
    starts: dict[tuple[int, int], float]  # of (item, edge): where it leaves, beside the middle
    arrivals: dict[tuple[int, int], float]
    drawn: list[int]
    width: float
    height: float
    at: Point = (0.0, 0.0)


@final
class Picture:
    """Places for all that is visible.

    Parameters
    ----------
    outline : Outline
    opened : set of int
        The open groups.
    style : {"compact", "lecture"}
        Downwards with an operation in the box of its result; or upwards, variables as nodes.
    show : {"value", "gradient"}
    """

    def __init__(self, outline: Outline, opened: set[int], style: Style = "compact", show: Show = "value"):
        self.outline, self.opened = outline, opened
        self.style: Style = style
        self.show: Show = show
        self.up = style == "lecture"
        self.laid: dict[int, _Laid] = {}
        for number in reversed(self._from_outside()):
            self.laid[number] = self._lay_out(number)
        self.shapes: list[Shape] = []
        self.ways: list[Way] = []
        self.laid[0].at = (0.0, 0.0)
        for number in self._from_outside():
            self._place(self.laid[number])
        self.width, self.height = self.laid[0].width, self.laid[0].height

    def _from_outside(self) -> list[int]:
        found = [0]
        for number in found:  # which grows
            found += [~child for child in self.outline.tree.groups[number].children if ~child in self.opened]
        return found

    # A level by itself

    def _lay_out(self, number: int) -> _Laid:
        level = self.outline.level(number)
        boxes: dict[int, Box] = {}
        sizes: list[tuple[float, float]] = []
        for k, item in enumerate(level.items):
            if item.kind == "group" and item.number in self.laid:
                inner = self.laid[item.number]
                sizes.append((inner.width + 2 * PADDING, inner.height + HEADER + PADDING))
            elif item.kind in ("node", "group"):
                boxes[k] = self._box(item.kind, item.number)
                sizes.append((boxes[k].width, boxes[k].height))
            else:
                sizes.append((0.0, 0.0))
        drawn = self._drawn(level)
        starts, arrivals = self._ends(level, drawn, sizes)
        pieces: dict[tuple[int, int, float, float], None] = {}
        for e in drawn:
            edge = level.edges[e]
            if edge.lane < 0:
                way = (edge.source, *edge.through, edge.target)
                for i, (a, b) in enumerate(itertools.pairwise(way)):
                    begin = starts[edge.source, e] if i == 0 else 0.0
                    end = arrivals[edge.target, e] if i == len(way) - 2 else 0.0
                    pieces[a, b, begin, end] = None
        items = level.items
        given = {
            "ranks": [item.rank for item in items],
            "orders": [item.order for item in items],
            "straight": [item.spine for item in items],
            "bends": [item.kind in ("bend", "in", "out") for item in items],
            "pieces": list(pieces),
            "sizes": sizes,
            "lanes": 1 + max((level.edges[e].lane for e in drawn), default=-1),
        }
        places = coordinates(**given)
        if self.up:
            _turn(places, sizes)
        return _Laid(level, boxes, sizes, given, places, starts, arrivals, drawn, places.width, places.height)

    def _box(self, kind: str, number: int) -> Box:
        if kind == "group":
            return box_of_group(self.outline, self.outline.tree.groups[number], self.show)
        return box_of_variable(self.outline, self.outline.graph.variables[number], self.style, self.show)

    def _drawn(self, level: Level) -> list[int]:
        """The edges to draw: from a closed group to another item one for all, unless it is a variable that uses few."""
        between: dict[tuple[int, int], list[int]] = {}
        for e, edge in enumerate(level.edges):
            between.setdefault((edge.source, edge.target), []).append(e)
        found = []
        for (source, target), edges in between.items():
            one = self._is_closed(level.items[source]) and (
                self._is_closed(level.items[target]) or len(edges) > FEW_ARGUMENTS
            )
            found += edges[:1] if one else edges
        return sorted(found)

    def _is_closed(self, item: Item) -> bool:
        return item.kind == "group" and item.number not in self.laid

    def _ends(
        self, level: Level, drawn: list[int], sizes: list[tuple[float, float]]
    ) -> tuple[dict[tuple[int, int], float], dict[tuple[int, int], float]]:
        """Where edges leave and arrive, beside the middles: side by side in the order of where they come from."""
        arriving: dict[int, list[int]] = {}
        leaving: dict[int, list[int]] = {}
        for e in drawn:
            arriving.setdefault(level.edges[e].target, []).append(e)
            leaving.setdefault(level.edges[e].source, []).append(e)
        items = level.items

        def before(e: int) -> tuple[int, int, int]:
            edge = level.edges[e]
            near = edge.through[-1] if edge.through else edge.source
            return (int(edge.lane >= 0), items[near].order, e)

        def after(e: int) -> tuple[int, int, int]:
            edge = level.edges[e]
            near = edge.through[0] if edge.through else edge.target
            return (int(edge.lane >= 0), items[near].order, e)

        starts, arrivals = {}, {}
        for k, edges in arriving.items():
            port = self._port(level, k, "in")
            spread = _spread(len(edges), sizes[k][0])
            for place, e in enumerate(sorted(edges, key=before)):
                arrivals[k, e] = spread[place] if port is None else port[level.edges[e].variable]
        for k, edges in leaving.items():
            port = self._port(level, k, "out")
            spread = _spread(len(edges), sizes[k][0]) if items[k].kind == "group" else [0.0] * len(edges)
            for place, e in enumerate(sorted(edges, key=after)):
                starts[k, e] = spread[place] if port is None else port[level.edges[e].variable]
        return starts, arrivals

    def _port(self, level: Level, k: int, kind: str) -> dict[int, float] | None:
        """Of an open group: where its ports are, beside its middle."""
        item = level.items[k]
        inner = self.laid.get(item.number) if item.kind == "group" else None
        if inner is None:
            return None
        return {
            port.number: inner.places.x[j] - inner.width / 2
            for j, port in enumerate(inner.level.items)
            if port.kind == kind
        }

    # In the picture

    def _place(self, laid: _Laid) -> None:
        left, top = laid.at
        places = laid.places
        for k, item in enumerate(laid.level.items):
            width, height = laid.sizes[k]
            x, y = left + places.x[k] - width / 2, top + places.y[k]
            if k in laid.boxes:
                self.shapes.append(Shape(item.kind, item.number, x, y, width, height, laid.boxes[k]))
            elif item.kind == "group":
                self.laid[item.number].at = (x + PADDING, y + HEADER)
                self.shapes.append(Shape("open", item.number, x, y, width, height, None))
        for e in laid.drawn:
            self.ways.append(self._way(laid, e))

    def _way(self, laid: _Laid, e: int) -> Way:
        level, places = laid.level, laid.places
        edge = level.edges[e]
        left, top = laid.at
        leaves = places.tops if self.up else places.bottoms  # the side of a band that edges leave from
        enters = places.bottoms if self.up else places.tops
        items = level.items
        a, b = edge.source, edge.target
        start_x = places.x[a] + laid.starts[a, e]
        end_x = places.x[b] + laid.arrivals[b, e]
        start_y = places.y[a] + (0.0 if self.up else laid.sizes[a][1])
        end_y = places.y[b] + (laid.sizes[b][1] if self.up else 0.0)
        start_y, end_y = self._to_border(laid, a, start_y, "in"), self._to_border(laid, b, end_y, "out")
        points = [(start_x, start_y), (start_x, leaves[items[a].rank])]
        if edge.lane >= 0:
            turn = -BESIDE_A_BAND if self.up else BESIDE_A_BAND
            x = places.lanes[edge.lane]
            out, back = leaves[items[a].rank] + turn, enters[items[b].rank] - turn
            points = [(start_x, start_y), (start_x, out), (x, out), (x, back), (end_x, back), (end_x, end_y)]
        else:
            for k in edge.through:
                rank = items[k].rank
                points += [(places.x[k], enters[rank]), (places.x[k], leaves[rank])]
            points += [(end_x, enters[items[b].rank]), (end_x, end_y)]
        spine = items[a].spine and items[b].spine and all(items[k].spine for k in edge.through)
        placed = [(x + left, y + top) for x, y in points]
        return Way(level.group, e, edge, placed, edge.lane >= 0, items[b].kind == "node", spine)

    def _to_border(self, laid: _Laid, k: int, y: float, kind: str) -> float:
        """A port is at the border of the open group, beyond its padding."""
        item = laid.level.items[k]
        if item.kind == "in" and kind == "in":
            return laid.height + PADDING if self.up else -HEADER
        if item.kind == "out" and kind == "out":
            return -HEADER if self.up else laid.height + PADDING
        return y


def _turn(places: Places, sizes: list[tuple[float, float]]) -> None:
    """Upside down: what comes first stands at the bottom."""
    height = places.height
    places.y = [height - y - size[1] for y, size in zip(places.y, sizes, strict=True)]
    places.tops, places.bottoms = (
        [height - bottom for bottom in places.bottoms],
        [height - top for top in places.tops],
    )


def _spread(count: int, width: float) -> list[float]:
    """Places side by side around the middle of a box."""
    step = min(ENDS_APART, max(width - 16.0, 0.0) / max(count - 1, 1))
    return [step * (k - (count - 1) / 2) for k in range(count)]
