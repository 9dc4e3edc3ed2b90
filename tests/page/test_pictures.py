"""The page draws what Python draws, letter by letter, whatever is open and shown."""

import pytest

from ..view.graphs import FIXTURES

DRAWN = """look => {
  chainrule.store.update({...look, opened: new Set(look.opened)});
  return chainrule.canvas.text();
}"""


@pytest.fixture(scope="module")
def graph_of():
    known = {}

    def graph_of(name):
        if name not in known:
            graph, arguments = FIXTURES[name]()
            known[name] = graph, graph.forward(*arguments)
        return known[name]

    return graph_of


@pytest.mark.parametrize("name", FIXTURES)
def test_the_page_begins_with_the_picture_that_python_has_drawn(open_page, page_of, graph_of, name):
    graph, values = graph_of(name)
    tab = open_page(page_of(name))
    assert tab.evaluate("chainrule.canvas.text()") == graph.to_svg(values=values)


@pytest.mark.parametrize("name", FIXTURES)
@pytest.mark.parametrize("style", ["compact", "lecture"])
@pytest.mark.parametrize("show", ["value", "gradient"])
def test_opened_groups_and_other_looks_are_the_same_picture(open_page, page_of, graph_of, name, style, show):
    graph, values = graph_of(name)
    tab = open_page(page_of(name, style=style))
    count = tab.evaluate("chainrule.graph.groups.length")
    for opened in ([0], list(range(min(count, 6))), [0, *range(1, min(count, 30), 3)]):
        look = {"opened": opened, "show": show, "style": style, "theme": "dark"}
        drawn = tab.evaluate(DRAWN, look)
        numbers = set(opened)
        expected = graph.to_svg(
            values=values, style=style, show=show, theme="dark", collapse=lambda group: group.number not in numbers
        )
        assert drawn == expected
