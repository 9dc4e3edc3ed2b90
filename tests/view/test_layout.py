"""Where things stand: boxes apart, edges around them, the same on each run, for any graph."""

import itertools
import re
import time
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from chainrule.testing import seeded_graph
from chainrule.view import Outline
from chainrule.view.coordinates import coordinates, packed
from chainrule.view.opening import open_groups
from chainrule.view.picture import Picture
from chainrule.view.svg import to_svg

from .graphs import FIXTURES, deep, outline_of

STYLES = ("compact", "lecture")
SVG = "{http://www.w3.org/2000/svg}"


def neighbors(picture):
    """The shapes of each level."""
    tree = picture.outline.tree
    found = {}
    for shape in picture.shapes:
        home = tree.home[shape.number] if shape.kind == "node" else tree.groups[shape.number].parent
        found.setdefault(home, []).append(shape)
    return found


def overlap(a, b):
    across = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    down = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    return across > 1e-3 and down > 1e-3


def along(d):
    """Points on a path of SVG: M, L, H, V, C and Q with absolute coordinates."""
    points = []
    for letter, text in re.findall(r"([MLHVCQ])([^MLHVCQ]*)", d):
        n = [float(each) for each in re.findall(r"-?[\d.]+", text)]
        if letter == "M":
            points.append((n[0], n[1]))
            continue
        start = points[-1]
        if letter == "V":
            n = [start[0], n[0]]
        elif letter == "H":
            n = [n[0], start[1]]
        corners = [start, *zip(n[::2], n[1::2], strict=True)]
        for t in np.linspace(0, 1, 13)[1:]:
            at = corners
            while len(at) > 1:  # de Casteljau
                at = [((1 - t) * x0 + t * x1, (1 - t) * y0 + t * y1) for (x0, y0), (x1, y1) in itertools.pairwise(at)]
            points.append(at[0])
    return points


def inside(point, shape):
    x, y = point
    return shape.x + 0.1 < x < shape.x + shape.width - 0.1 and shape.y + 0.1 < y < shape.y + shape.height - 0.1


def check_drawing(picture):
    """No two boxes overlap; no edge leads through a box; all that an open group holds is in it."""
    levels = neighbors(picture)
    for shapes in levels.values():
        shapes = sorted(shapes, key=lambda shape: shape.y)
        for k, a in enumerate(shapes):
            for b in shapes[k + 1 :]:
                if b.y > a.y + a.height:
                    break
                assert not overlap(a, b), (a, b)
    for shape in picture.shapes:
        if shape.kind == "open":
            for inner in levels[shape.number]:
                assert shape.x <= inner.x and inner.x + inner.width <= shape.x + shape.width
                assert shape.y <= inner.y and inner.y + inner.height <= shape.y + shape.height
    root = ET.fromstring(to_svg(picture))
    edges = next(g for g in root.iter(SVG + "g") if g.get("class") == "edges")
    assert len(edges) == len(picture.ways)
    for way, element in zip(picture.ways, edges, strict=True):
        points = along(element.find(SVG + "path").get("d"))
        for shape in levels[way.group]:
            hits = [point for point in points if inside(point, shape)]
            assert not hits, (way, shape, hits)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", FIXTURES)
def test_boxes_are_apart_and_edges_go_around_them(name, style):
    outline = outline_of(name)
    check_drawing(Picture(outline, open_groups(outline), style))


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", ["mlp", "deep", "wide"])
def test_the_same_with_groups_open(name, style):
    outline = outline_of(name)
    check_drawing(Picture(outline, open_groups(outline, 9), style))


@pytest.mark.parametrize("seed", range(30))
def test_random_graphs(seed):
    graph = seeded_graph((7, seed)).graph
    outline = Outline(graph)
    check_drawing(Picture(outline, open_groups(outline, 99), STYLES[seed % 2]))


def test_the_way_of_the_data_is_straight():
    outline = outline_of("tiny")
    picture = Picture(outline, open_groups(outline))
    middle = {outline.names[s.number]: s.x + s.width / 2 for s in picture.shapes}
    way = [middle["z"], middle["p"], middle["e"]]
    assert max(way) - min(way) < 25  # an edge that arrives with another ends beside the middle of a box
    spine = [way for way in picture.ways if way.spine]
    assert len(spine) == 4
    assert all(abs(way.points[0][0] - way.points[-1][0]) < 1e-3 for way in spine)


def test_a_parameter_stands_right_before_its_first_use():
    outline = outline_of("mlp")
    ranks = {}
    for group in outline.tree.groups:
        for item in outline.level(group.number).items:
            if item.kind == "node":
                ranks[outline.names[item.number]] = (group.number, item.rank)
    for v in outline.graph.variables:
        if outline.roles[v.number] == "parameter":
            group, rank = ranks[v.name]
            first = min(u.number for u, _ in outline.tree.consumers[v.number])
            assert ranks[outline.names[first]] == (group, rank + 1)


def test_a_picture_is_the_same_on_each_run():
    for name in ("mlp", "wide"):
        graph, _ = FIXTURES[name]()
        first, second = (Outline(graph.data) for _ in range(2))
        pictures = [to_svg(Picture(outline, open_groups(outline, 9))) for outline in (first, second)]
        assert pictures[0] == pictures[1]


def test_opening_a_group_leaves_the_others_as_they_are():
    outline = outline_of("mlp")
    closed = Picture(outline, {0})
    opened = Picture(outline, open_groups(outline))

    def order(picture):
        return [(s.kind == "node", s.number) for s in neighbors(picture)[0]]

    assert order(closed) == order(opened)


def test_ten_thousand_variables_closed_within_three_seconds():
    graph, _ = deep(1000)
    assert len(graph) > 10_000
    start = time.perf_counter()
    outline = Outline(graph.data)
    text = to_svg(Picture(outline, open_groups(outline)))
    assert time.perf_counter() - start < 3
    assert "× 1000" in text


def test_a_chain_of_any_length_needs_no_recursion():
    graph, _ = deep(100)
    outline = Outline(graph.data)
    assert max(outline.tree.depth(group.number) for group in outline.tree.groups) < 9


# By hand


def test_packed_moves_as_little_as_can_be():
    # Two that want one place, 4 apart: each gives half the way; a third far off stays.
    assert packed([10.0, 10.0, 30.0], [1.0, 1.0, 1.0], [4.0, 4.0]) == [8.0, 12.0, 30.0]
    # A weight of 3 against 1 moves a quarter of the way.
    assert packed([10.0, 10.0], [3.0, 1.0], [4.0]) == [9.0, 13.0]


def test_coordinates_of_a_triangle():
    # One box above two of width 20: these 22 apart, the upper one, which is straight with the first, above it.
    edges = [(0, 1, 0, 0), (0, 2, 0, 0)]
    places = coordinates([0, 1, 1], [0, 0, 1], [True, True, False], [False] * 3, edges, [(20, 10)] * 3)
    assert places.x == pytest.approx([10, 10, 52], abs=1e-3)
    assert places.y == [0, 40, 40]
    assert (places.width, places.height) == pytest.approx((62, 50), abs=1e-3)
