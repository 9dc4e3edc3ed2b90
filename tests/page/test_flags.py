"""What is wrong with the numbers is seen, told and walked to."""

import numpy as np
import pytest

import chainrule as cr

from ..view.graphs import nan


def marks(tab):
    """Of each marked variable the words of its mark."""
    return tab.evaluate(
        "Object.fromEntries([...document.querySelectorAll('.node')].filter(n => n.querySelector('.flag'))"
        ".map(n => [n.dataset.op, n.querySelector('.flag text').textContent]))"
    )


def words_of(tab, operation):
    """What stands in its box."""
    tab.evaluate("chainrule.store.update({show: 'health'})")
    return tab.locator(f'.node[data-op="{operation}"] .number').first.inner_html()


def test_one_first_cause_and_what_it_poisons(open_page):
    for reaches in (True, False):
        graph, arguments = nan(reaches)
        with np.errstate(all="ignore"):
            tab = open_page(graph.to_html(values=graph.forward(*arguments)))
        found = marks(tab)
        assert [op for op, text in found.items() if "first cause" in text] == ["log"]
        assert all("poisoned by entropy" in text for op, text in found.items() if op != "log") and len(found) > 1
        assert words_of(tab, "log") == ("reaches the loss" if reaches else "does not reach the loss")
        assert tab.locator(".headline .bad").count() == reaches


def test_dead_units_are_counted(open_page, page_of):
    tab = open_page(page_of("dead"))
    assert any("dead, 32 of 32 units" in text for text in marks(tab).values())
    assert tab.get_by_role("button", name="1 warning").is_visible()


def test_a_healthy_net_has_no_flag(open_page, page_of):
    tab = open_page(page_of("mlp"))
    assert tab.locator(".flag").count() == 0
    assert "no warning" in tab.locator(".headline").inner_text()
    assert words_of(tab, "tanh") == "ok"


def test_without_colors_a_mark_still_has_its_icon_and_its_word(open_page, page_of):
    tab = open_page(page_of("nan"))
    tab.keyboard.press("]")
    tab.add_style_tag(content="html { filter: grayscale(1) }")
    for each in tab.locator(".stage .flag text").all():
        icon, word = each.inner_html().split(" ", 1)
        assert icon in "✕!i" and word
    row = tab.locator(".flags li").first
    assert row.locator(".mark").inner_text() == "✕" and "non-finite" in row.inner_text()


def test_brackets_walk_the_flags_the_worst_first(open_page):
    def f(p, x, W):
        h = np.maximum(x @ W - 100.0, 0)
        return np.mean(h @ W.T) + np.sum(np.log(p))

    arguments = np.array([1.0, 0.0]), np.ones((16, 4)), np.ones((4, 4))
    graph = cr.trace(f, np.ones(2), *arguments[1:])
    with np.errstate(all="ignore"):
        tab = open_page(graph.to_html(values=graph.forward(*arguments)))
    severities = tab.evaluate("chainrule.graph.findings.map(({severity}) => severity)")
    tab.keyboard.press("]")
    current = tab.locator('.flags [aria-current="true"]')
    first = current.inner_text()
    assert current.locator(".mark").get_attribute("aria-label") == severities[0]
    assert tab.evaluate("chainrule.store.state.pinned[0]") == tab.evaluate("chainrule.graph.findings[0].node")
    assert severities[:2] == ["error", "warning"]
    tab.keyboard.press("]")
    assert current.locator(".mark").get_attribute("aria-label") == "warning"
    tab.keyboard.press("[")
    assert current.inner_text() == first
    tab.keyboard.press("Escape")
    assert tab.locator(".flags").is_hidden()
    tab.keyboard.press("Escape")
    assert tab.evaluate("chainrule.store.state.pinned") == []


def test_a_click_on_the_count_goes_to_the_first(open_page, page_of):
    tab = open_page(page_of("nan"))
    tab.get_by_role("button", name="1 error").click()
    assert tab.evaluate("chainrule.graph.nodes[chainrule.store.state.pinned[0]].name") == "entropy"


def test_a_closed_group_shows_the_worst_within(open_page):
    def f(x, W):
        with cr.scope("hidden"):
            h = np.maximum(x @ W - 100.0, 0)
        return np.mean(h)

    arguments = np.ones((16, 4)), np.ones((4, 4))
    graph = cr.trace(f, *arguments)
    tab = open_page(graph.to_html(values=graph.forward(*arguments), collapse=0))
    group = tab.locator("g.closed")
    assert "dead, 4 of 4 units" in group.locator(".flag text").inner_html()
    assert "worst inside: dead" in group.get_by_role("button").get_attribute("aria-label")
    tab.keyboard.press("h")
    assert group.locator(".number").inner_html() == "1 flagged"


def test_a_failed_operation_is_walked_to(open_page):
    with pytest.raises(cr.errors.ShapeError) as failure:
        cr.trace(lambda x, W: np.tanh(x @ W) @ W, np.ones((3, 4)), np.ones((4, 5)))
    tab = open_page(failure.value.graph.to_html())
    tab.keyboard.press("]")
    assert tab.locator(".node.chosen .flag").text_content().endswith("failed")
    assert "failed" in tab.locator('.flags [aria-current="true"]').inner_text()


def test_without_values_nothing_is_said_to_be_well(open_page):
    tab = open_page(cr.trace(lambda x: np.log(x), 1.0).to_html())
    tab.keyboard.press("]")
    assert "without values" in tab.locator(".notice").inner_text()
    assert tab.get_by_role("button", name="Health").count() == 0
