"""Groups open and close in place, and never to more boxes than a picture may have."""

from xml.etree import ElementTree

import numpy as np
import pytest

import chainrule as cr

from ..view.graphs import FIXTURES, graph_of, wide

BOXES = """() => Object.fromEntries([...document.querySelectorAll('g.node, g.closed')].map(shape => {
  const {x, y, width, height} = [...shape.querySelectorAll(':scope > .body')].at(-1).getBBox();
  return [shape.id, [x, y, width, height]];
}))"""
ON_SCREEN = """() => Object.fromEntries([...document.querySelectorAll('.stage .node')].map(shape => {
  const body = shape.querySelector('.body');
  const {x, y} = body.getBoundingClientRect(), {width, height} = body.getBBox();
  const scale = chainrule.canvas.place.scale;
  return [shape.id, [x / scale, y / scale, width, height]];
}))"""
OVERLAPS = """() => {
  const boxes = [...document.querySelectorAll('g.node, g.closed')].map(shape => shape.querySelector('.body').getBBox());
  return boxes.flatMap((a, i) => boxes.slice(i + 1).filter(b =>
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height)).length;
}"""
WITHIN = """group => {
  const place = shape => shape.querySelector('.body').getBBox();
  const frame = place(document.querySelector(`#g${group}`));
  return [...document.querySelectorAll(`.node[data-group="${group}"]`)].map(place).map(
    ({x, y}) => [Math.round(100 * (x - frame.x)), Math.round(100 * (y - frame.y))]);
}"""
TOGGLE = """group => {
  document.querySelector(`#g${group}`).dispatchEvent(new MouseEvent('click', {bubbles: true}));
  document.body.getBoundingClientRect();
}"""


@pytest.mark.parametrize("name", FIXTURES)
def test_no_two_boxes_overlap_closed_and_after_opening(open_page, page_of, name):
    tab = open_page(page_of(name))
    assert tab.evaluate(OVERLAPS) == 0
    for _ in range(5):
        closed = tab.locator("g.closed")
        if not closed.count():
            break
        tab.evaluate(TOGGLE, int(closed.first.get_attribute("data-group")))
    assert tab.evaluate(OVERLAPS) == 0


def test_tiny_has_the_boxes_and_edges_of_its_graph(open_page, page_of):
    tab = open_page(page_of("tiny"))
    assert tab.locator(".node").count() == 7 and tab.locator(".edge[data-to]").count() == 6
    assert tab.evaluate("[...document.querySelectorAll('.node')].map(n => n.dataset.shape)") == [""] * 7


def test_all_opened_the_net_has_the_boxes_edges_shapes_and_dtypes_of_its_graph(open_page, page_of):
    graph, _ = graph_of("mlp")
    tab = open_page(page_of("mlp"))
    tab.keyboard.press("a")
    found = tab.evaluate(
        "[...document.querySelectorAll('.stage .node')].map(({dataset: {node, shape, dtype}}) => [+node, shape, dtype])"
    )
    expected = {v.number: (v.shape, str(v.dtype)) for v in graph.variables if not v.is_constant}
    assert {n: (tuple(map(int, shape.split(","))) if shape else (), dtype) for n, shape, dtype in found} == expected
    edges = tab.evaluate(
        "[...document.querySelectorAll('.stage .edge[data-to]')].map(({dataset: {from, to}}) => `${from} ${to}`)"
    )
    uses = [f"{x.number} {v.number}" for v in graph.variables if v.operation for x in v.inputs if not x.is_constant]
    assert sorted(edges) == sorted(uses)


def test_on_the_screen_boxes_stand_where_the_file_has_them(open_page, page_of):
    graph, values = graph_of("mlp")
    tab = open_page(page_of("mlp"))
    on_screen = tab.evaluate(ON_SCREEN)
    in_file = {}
    for shape in ElementTree.fromstring(graph.to_svg(values=values)).iter("{http://www.w3.org/2000/svg}g"):
        if "node" in shape.get("class", "").split():
            body = next(part for part in shape if part.get("class") == "body")
            if body.tag.endswith("rect"):
                in_file[shape.get("id")] = [float(body.get(name)) for name in ("x", "y", "width", "height")]
    assert len(in_file) > 20
    first = next(iter(in_file))
    for name, (x, y, width, height) in in_file.items():
        moved = [x - in_file[first][0], y - in_file[first][1], width, height]
        seen = [a - b for a, b in zip(on_screen[name], [*on_screen[first][:2], 0, 0], strict=True)]
        assert seen == pytest.approx(moved, abs=0.5)


def test_a_large_graph_begins_with_its_repeats_folded(open_page, page_of):
    tab = open_page(page_of("deep"))
    assert tab.locator("g.node, g.closed").count() < 60
    assert "× 250" in tab.locator("g.closed").text_content()


def test_opening_is_quick_moves_nothing_else_and_closing_restores_all(open_page, page_of, processor_seconds):
    tab = open_page(page_of("deep"))
    before = tab.evaluate(BOXES)
    fold = int(tab.locator("g.closed").get_attribute("data-group"))
    tab.evaluate(TOGGLE, fold)
    folded = tab.evaluate(BOXES)
    assert len(folded) == len(before) - 1 + 250
    blocks = [
        int(each) for each in tab.evaluate("[...document.querySelectorAll('g.closed')].map(g => g.dataset.group)")
    ]
    tab.evaluate(TOGGLE, blocks[200])
    took = []
    for k in (50, 100):
        seconds = processor_seconds(tab)
        tab.evaluate(TOGGLE, blocks[k])
        took.append(seconds())
    assert min(took) < 0.15
    within = tab.evaluate(WITHIN, blocks[100])
    assert len(within) == 10
    tab.evaluate(TOGGLE, blocks[3])
    assert tab.evaluate(WITHIN, blocks[100]) == within  # though a block above it has opened
    for k in (200, 50, 100, 3):
        tab.evaluate(TOGGLE_HEAD, blocks[k])
    assert tab.evaluate(BOXES) == folded
    tab.evaluate(TOGGLE_HEAD, fold)
    assert tab.evaluate(BOXES) == before


TOGGLE_HEAD = """group => {
  const shape = document.querySelector(`#g${group}`);
  const {x, y} = shape.getBoundingClientRect();
  shape.dispatchEvent(new MouseEvent('click', {bubbles: true, clientX: x + 30, clientY: y + 8}));
}"""


def test_what_opens_stays_where_the_reader_has_seen_it(open_page, page_of):
    tab = open_page(page_of("deep"))
    tab.evaluate(TOGGLE, int(tab.locator("g.closed").get_attribute("data-group")))
    block = tab.locator("g.closed").nth(120)
    tab.evaluate("id => chainrule.canvas.center(document.getElementById(id))", block.get_attribute("id"))
    name, seen = block.get_attribute("id"), block.bounding_box()
    tab.evaluate(TOGGLE, int(block.get_attribute("data-group")))
    now = tab.locator(f"#{name}").bounding_box()
    assert abs(now["y"] - seen["y"]) < 2
    assert abs(now["x"] + now["width"] / 2 - seen["x"] - seen["width"] / 2) < 40  # as far as the stage scrolls


def test_positions_are_those_of_the_file(open_page, page_of):
    """The picture in the file, and the same after the script has drawn it anew."""
    tab = open_page(page_of("mlp"))
    before = tab.evaluate(BOXES)
    tab.keyboard.press("g")
    assert tab.evaluate(BOXES) == before
    tab.keyboard.press("v")
    assert tab.evaluate(BOXES) == before


def test_a_click_inside_an_open_group_or_a_drag_does_not_close_it(open_page, page_of):
    tab = open_page(page_of("mlp"))
    tab.keyboard.press("a")
    group = tab.locator("g.open").first
    tab.evaluate("id => chainrule.canvas.reveal(document.getElementById(id))", group.get_attribute("id"))
    box = group.bounding_box()
    count = tab.locator("g.open").count()
    tab.mouse.click(box["x"] + box["width"] - 6, box["y"] + box["height"] - 6)
    assert tab.locator("g.open").count() == count
    tab.mouse.move(box["x"] + 60, box["y"] + 8)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 60, box["y"] + 60, steps=4)
    tab.mouse.up()
    assert tab.locator("g.open").count() == count
    box = group.bounding_box()
    tab.mouse.click(box["x"] + 60, box["y"] + 8)
    assert tab.locator("g.open").count() == count - 1


def test_open_all_and_close_all_keep_within_the_cap(open_page, page_of):
    tab = open_page(page_of("deep"))
    tab.get_by_role("button", name="Open all").click()
    assert 250 < tab.locator("g.node, g.closed").count() <= 400
    assert "groups open" in tab.locator(".notice").inner_text()
    tab.get_by_role("button", name="Close all").click()
    assert tab.locator("g.open").count() == 0 and tab.locator("g.node, g.closed").count() == 5
    tab.keyboard.press("Escape")
    assert tab.locator("g.node, g.closed").count() > 250


def test_a_thousand_copies_open_part_by_part(open_page):
    def f(x):
        for _ in range(1000):
            x = np.sin(x)
        return x

    graph = cr.trace(f, 1.0)
    tab = open_page(graph.to_html(values=graph.forward(1.0)))
    assert "× 1000" in tab.locator("g.closed").text_content()
    tab.evaluate(TOGGLE, int(tab.locator("g.closed").get_attribute("data-group")))
    assert tab.locator("g.closed").count() == 31
    tab.evaluate(TOGGLE, int(tab.locator("g.closed").first.get_attribute("data-group")))
    assert tab.locator("g.closed").count() == 30 + 32


def test_what_can_never_open_has_a_word_that_says_so(open_page):
    graph, arguments = wide(410)
    tab = open_page(graph.to_html(values=graph.forward(*arguments)))
    inputs = tab.locator("g.closed[data-kind=inputs]")
    assert "too many to open" in inputs.text_content()
    assert "too many boxes to open" in inputs.get_by_role("button").get_attribute("aria-label")
    tab.evaluate(TOGGLE, int(inputs.get_attribute("data-group")))
    assert "410 boxes are too many" in tab.locator(".notice").inner_text() and inputs.count() == 1


def test_what_is_too_many_says_so(open_page, page_of):
    tab = open_page(page_of("deep"))
    tab.keyboard.press("a")
    closed = tab.locator("g.closed")
    for _ in range(40):  # until the next block would be too many
        before = closed.count()
        tab.evaluate(TOGGLE, int(closed.first.get_attribute("data-group")))
        if closed.count() == before:
            break
    assert "too many to open" in tab.locator(".notice").inner_text()
    assert tab.locator("g.node, g.closed").count() <= 400


def test_a_fold_has_the_range_of_its_copies(open_page, page_of):
    tab = open_page(page_of("deep"))
    assert tab.locator("g.closed .number").inner_html() == "rms 0.701 … 1.95 … 3.11"


def test_a_picture_larger_than_its_stage_has_a_small_one_that_leads(open_page, page_of):
    tab = open_page(page_of("tiny"), viewport={"width": 1600, "height": 1200})
    assert tab.locator(".minimap").is_hidden()
    tab = open_page(page_of("mlp"))
    small = tab.locator(".minimap")
    assert small.is_visible()
    box = small.bounding_box()
    tab.mouse.click(box["x"] + box["width"] / 2, box["y"] + 2)
    assert tab.evaluate("document.querySelector('.stage').scrollTop") == 0
    tab.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] - 2)
    assert tab.evaluate("document.querySelector('.stage').scrollTop") > 200
    in_sight = small.locator(".in-sight")
    tab.wait_for_selector(".in-sight:not([y='0'])")
    assert float(in_sight.get_attribute("y")) > 200
    tab.evaluate("document.querySelector('.stage').scrollTo(0, 0)")
    tab.wait_for_selector(".in-sight[y='0']")
