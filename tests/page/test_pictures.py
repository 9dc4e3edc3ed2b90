"""The page draws what Python draws, letter by letter, whatever is open and shown."""

import pytest

from chainrule.view.boxes import SHOWS
from chainrule.view.picture import Picture
from chainrule.view.svg import to_svg

from ..view.graphs import FIXTURES, graph_of, outline_of

DRAWN = """look => {
  chainrule.store.update({...look, opened: new Set(look.opened)});
  return chainrule.canvas.text();
}"""


@pytest.mark.parametrize("name", FIXTURES)
def test_the_page_begins_with_the_picture_that_python_has_drawn(open_page, page_of, name):
    graph, values = graph_of(name)
    tab = open_page(page_of(name))
    assert tab.evaluate("chainrule.canvas.text()") == graph.to_svg(values=values)


@pytest.mark.parametrize("name", FIXTURES)
@pytest.mark.parametrize("style", ["compact", "lecture"])
def test_opened_groups_and_other_looks_are_the_same_picture(open_page, page_of, name, style):
    tab = open_page(page_of(name, style=style))
    count = tab.evaluate("chainrule.graph.groups.length")
    some = [[0], list(range(min(count, 6))), [0, *range(1, min(count, 30), 3)]]
    for opened, show in zip([*some, *some[1:]], SHOWS, strict=True):
        look = {"opened": opened, "show": show, "style": style, "theme": "dark"}
        assert tab.evaluate(DRAWN, look) == to_svg(Picture(outline_of(name), set(opened), style, show), "dark")
