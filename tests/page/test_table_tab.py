"""The table beside the picture: equal in content to the whole graph."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.view import table

from ..view.graphs import outline_of

ROWS = """() => {
  const body = document.querySelector('.rows tbody');
  return [...body.querySelectorAll('[data-number]')].map(row =>
    Object.fromEntries([...row.cells].map(cell => [cell.dataset.column, cell.textContent])));
}"""


def opened(open_page, html, **context):
    tab = open_page(html, **context)
    tab.keyboard.press("r")
    return tab


@pytest.mark.parametrize("name", ["tiny", "mlp", "nan", "dead"])
def test_rows_are_those_of_the_terminal_with_all_groups_open(open_page, page_of, name):
    outline = outline_of(name)
    expected = table.rows(outline, {group.number for group in outline.tree.groups})
    tab = opened(open_page, page_of(name), viewport={"width": 1400, "height": 3000})
    found = tab.evaluate(ROWS)
    assert len(found) == len(expected)
    columns = table.columns_within(expected, None)
    assert tab.locator(".rows thead th").all_inner_texts()[1:] == columns[1:]
    assert found == [{name: row.get(name) or "–" for name in columns} for row in expected]


def test_a_failed_trace_has_the_rows_of_the_terminal(open_page, capsys):
    with pytest.raises(cr.errors.ShapeError) as failure:
        cr.trace(lambda x, W: np.tanh(x @ W) @ W, np.ones((3, 4)), np.ones((4, 5)))
    graph = failure.value.graph
    graph.show(width=200)
    printed = capsys.readouterr().out.splitlines()
    tab = opened(open_page, graph.to_html())
    found = tab.evaluate(ROWS)
    assert len(found) == len(printed) - 1
    for row, line in zip(found, printed[1:], strict=True):
        assert all(cell in line for cell in row.values() if cell != "–")
    assert found[-1]["op"] == "matmul (3,5), W (4,5)" and found[-1]["health"] == "!! failed"


def test_it_holds_what_closed_groups_hide(open_page, page_of):
    tab = opened(open_page, page_of("deep"))
    count = tab.evaluate("chainrule.graph.nodes.filter(({group}) => group >= 0).length")
    assert int(tab.locator(".rows table").get_attribute("aria-rowcount")) == count + 1
    assert tab.locator(".rows tbody tr").count() < 100  # elements only for what is in sight
    tab.locator(".rows").evaluate("each => each.scrollTo(0, each.scrollHeight)")
    last = tab.locator(f'.rows [aria-rowindex="{count + 1}"]')
    last.wait_for()
    assert "v2504" in last.inner_text()


def test_it_is_sorted_by_numbers(open_page, page_of):
    tab = opened(open_page, page_of("mlp"), viewport={"width": 1400, "height": 3000})
    by_hand = tab.evaluate(
        "chainrule.graph.nodes.filter(({group, gradient}) => group >= 0 && gradient?.statistics)"
        ".sort((a, b) => b.gradient.statistics.rms - a.gradient.statistics.rms).map(({id}) => String(id))"
    )
    head = tab.get_by_role("button", name="gradient", exact=True)
    head.click()
    found = [row["#"] for row in tab.evaluate(ROWS)]
    sizes = "id => chainrule.graph.nodes[id].gradient.statistics.rms"
    assert [tab.evaluate(sizes, int(each)) for each in found] == [tab.evaluate(sizes, int(each)) for each in by_hand]
    assert tab.locator("th[aria-sort=descending]").inner_text().startswith("gradient")
    head.click()
    assert tab.locator("th[aria-sort=ascending]").count() == 1
    assert tab.evaluate(sizes, int(tab.evaluate(ROWS)[0]["#"])) == tab.evaluate(sizes, int(by_hand[-1]))


def test_a_text_filters_the_rows(open_page, page_of):
    tab = opened(open_page, page_of("mlp"))
    tab.get_by_role("searchbox", name="filter").fill("tanh")
    assert [row["op"] for row in tab.evaluate(ROWS)] == ["tanh", "tanh"]
    assert tab.locator(".filter").inner_text().strip() == "2 of 40 rows"


def test_a_click_chooses_the_variable_and_enter_shows_it_in_the_graph(open_page, page_of):
    tab = opened(open_page, page_of("deep"))
    tab.get_by_role("searchbox", name="filter").fill("parameters.200.W")
    row = tab.locator(".rows [data-number]").first
    row.click()
    assert row.get_attribute("aria-selected") == "true"
    assert "parameters.200.W" in tab.locator(".panel").inner_text()
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.documentElement.dataset.tab") == "graph"
    assert tab.locator('.node.chosen[data-name="parameters.200.W"]').is_visible()
    tab.keyboard.press("Escape")
    assert tab.evaluate("document.documentElement.dataset.tab") == "table"


def test_rows_are_walked_by_keys(open_page, page_of):
    tab = opened(open_page, page_of("deep"))
    tab.locator('.rows [tabindex="0"]').focus()
    tab.keyboard.press("End")
    assert "v2504" in tab.evaluate("document.activeElement.textContent")
    tab.keyboard.press("ArrowUp")
    assert "v2502" in tab.evaluate("document.activeElement.textContent")
    tab.keyboard.press("Home")
    assert tab.evaluate("document.activeElement.getAttribute('aria-rowindex')") == "2"
