"""The graph of the gradients beside the forward graph, and in it."""

import pytest

from ..view.graphs import FIXTURES


@pytest.fixture
def beside(open_page, page_of):
    tab = open_page(page_of("tiny"))
    tab.keyboard.press("s")
    return tab


def chosen(tab, stage):
    return [shape.get_attribute("data-name") for shape in tab.locator(f"{stage} .node.chosen").all()]


FORWARD, BACKWARD = ".stage:not(.second)", ".stage.second:not([hidden])"


def test_what_is_chosen_left_is_shown_right_and_back(beside):
    beside.locator(f"{FORWARD} [data-name=z]").click()
    assert chosen(beside, BACKWARD) == ["z_bar"]
    assert beside.locator(f"{BACKWARD} .linked").count() >= 1
    beside.locator(f"{BACKWARD} [data-name=p_bar]").click()
    assert chosen(beside, FORWARD) == ["p"]
    assert beside.locator(".panel.second:not([hidden])").get_by_text("p_bar", exact=False).count() > 0
    beside.locator(f"{BACKWARD} [data-name=x]").click()  # a value of the forward graph that gradients are made from
    assert chosen(beside, FORWARD) == ["x"]


def test_each_graph_by_itself(open_page, page_of):
    tab = open_page(page_of("tiny"))
    assert tab.locator(BACKWARD).count() == 0
    tab.keyboard.press("b")
    assert not tab.locator(FORWARD).is_visible()
    names = {shape.get_attribute("data-name") for shape in tab.locator(f"{BACKWARD} [data-role=output]").all()}
    assert names == {"w_bar", "x_bar", "y_bar"}
    tab.keyboard.press("f")
    assert tab.locator(FORWARD).is_visible() and tab.locator(BACKWARD).count() == 0


def test_the_gradients_are_simplified_on_request(open_page, page_of):
    tab = open_page(page_of("tiny"))
    tab.keyboard.press("b")
    before = tab.locator(f"{BACKWARD} [data-node]").count()
    tab.get_by_role("button", name="Simplified").click()
    assert 0 < tab.locator(f"{BACKWARD} [data-node]").count() <= before
    tab.get_by_role("button", name="Simplified").click()
    assert tab.locator(f"{BACKWARD} [data-node]").count() == before


def test_ghosts_show_the_gradients_in_the_forward_graph(open_page, page_of):
    graph, arguments = FIXTURES["tiny"]()
    table = graph.backward(graph.forward(*arguments))
    tab = open_page(page_of("tiny"))
    assert tab.locator(".ghost").count() == 0
    tab.keyboard.press("o")
    assert tab.locator(".edge .ghost").count() == 6
    for name in "wxyzpe":
        text = tab.locator(f"[data-name={name}] .ghost text").text_content()
        assert float(text.removeprefix("∂ ")) == pytest.approx(float(table[name]), rel=5e-3)
    tab.keyboard.press("f")
    assert tab.locator(".ghost").count() == 0
    assert tab.evaluate("chainrule.canvas.text()") == graph.to_svg(values=graph.forward(*arguments))


def test_a_ghost_does_not_cover_a_flag(open_page, page_of):
    tab = open_page(page_of("dead"))
    tab.keyboard.press("o")
    box = tab.locator(".node:has(.flag)")
    flag, ghost = (box.locator(each).bounding_box() for each in (".flag", ".ghost"))
    assert ghost["x"] + ghost["width"] <= flag["x"]


def test_where_there_is_no_gradient_there_is_no_choice(open_page, page_of):
    tab = open_page(page_of("wide"))  # its result is no single number
    shown = tab.get_by_role("button", name="Backward").count()
    assert shown == tab.evaluate("Number(Boolean(chainrule.graph.backward))")
