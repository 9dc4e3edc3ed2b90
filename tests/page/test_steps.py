"""Stepping through both passes: the page shows what is known by then, and ends with what g.backward gives."""

import json

import numpy as np
import pytest

import chainrule as cr

from ..view.graphs import FIXTURES

STEPS = 8 + 11  # of `branches`: its variables; a seed, nine terms, and one variable that nothing arrives at

# Everything that is seen, but for which part of the picture it is, with attributes and classes in a fixed order.
SNAPSHOT = """() => {
  const written = node => {
    if (node.nodeType === Node.TEXT_NODE) return node.data;
    if (node.nodeType !== Node.ELEMENT_NODE || node.matches('script, style, .speech, .minimap')) return '';
    const attributes = [...node.attributes].map(({name, value}) =>
      `${name}=${name === 'class' ? value.split(/\\s+/).filter(Boolean).sort().join(' ') : value}`);
    const value = 'value' in node ? node.value : '';
    const children = [...node.childNodes].map(written).join('');
    return `<${node.localName} ${attributes.sort().join(' ')} ${value}>${children}</>`;
  };
  return written(document.body);
}"""
ROWS = """() => [...document.querySelectorAll('.gradtable [data-row]')].map(row => ({
  number: Number(row.dataset.row),
  current: row.hasAttribute('aria-current'),
  ...Object.fromEntries([...row.cells].map(cell => [cell.className, cell.textContent])),
}))"""
BOXES = """() => Object.fromEntries([...document.querySelectorAll('.node .number')].map(text =>
  [text.closest('.node').dataset.name, text.textContent]))"""


def branches(x, w, unused):
    """a goes into a product twice and into a sine; nothing comes of `unused`."""
    a = x * w
    s = a * a + np.sin(a)
    return s + x


@pytest.fixture(scope="module")
def branching():
    graph = cr.trace(branches, 0.5, 3.0, 7.0)
    return graph, graph.forward(0.5, 3.0, 7.0)


def walked(tab, key, count):
    """What is seen after each of so many presses of a key."""
    script = f"""([key, count]) => Array.from({{length: count}}, () => {{
      document.dispatchEvent(new KeyboardEvent('keydown', {{key, bubbles: true}}));
      return {{rows: ({ROWS})(), boxes: ({BOXES})()}};
    }})"""
    return [(by_number(each["rows"]), each["boxes"]) for each in tab.evaluate(script, [key, count])]


def where(tab):
    return tab.locator(".progress").inner_text().partition(":")[0]


def by_number(found):
    return {row["number"]: row for row in found}


def rows(tab):
    return by_number(tab.evaluate(ROWS))


def is_close(text, gradient):
    """To the six digits that the table promises."""
    size = np.size(gradient)
    if text.startswith("rms "):
        return float(text[4:]) == pytest.approx(np.sqrt(np.mean(np.square(gradient))), rel=1e-6)
    return size <= 4 and np.array(json.loads(text)) == pytest.approx(gradient, rel=1e-6)


def test_before_the_first_step_every_cell_of_the_table_is_a_dash(open_page, page_of):
    tab = open_page(page_of("tiny"), "#step=0")
    found = rows(tab)
    assert len(found) == 7
    assert {row[column] for row in found.values() for column in ("terms", "state", "gradient")} == {"–"}
    assert set(tab.evaluate(BOXES).values()) == {"–"}


@pytest.mark.parametrize("teaching", ["pull", "push"])
@pytest.mark.parametrize("name", ["tiny", "mlp"])
def test_the_last_step_leaves_the_table_of_backward(open_page, page_of, name, teaching):
    graph, arguments = FIXTURES[name]()
    expected = graph.backward(graph.forward(*arguments))
    tab = open_page(page_of(name), f"#step=99&teaching={teaching}")
    found = rows(tab)
    assert list(found) == list(range(len(graph)))[::-1]
    assert {row["state"] for row in found.values()} == {"done"}
    assert all(is_close(row["gradient"], expected.by_number[number]) for number, row in found.items())


def test_stepping_to_the_end_fills_the_table_in_reverse_order_of_the_trace(open_page, branching):
    graph, values = branching
    tab = open_page(graph.to_html(values=values))
    filled, computed = [], []
    for table, boxes in walked(tab, "n", STEPS):
        done = {number for number, row in table.items() if row["state"] in ("done", "no path to loss")}
        filled += sorted(done - set(filled), reverse=True)
        known = {name for name, text in boxes.items() if text not in ("–", "∂ –")}
        computed += [] if filled else sorted(known - set(computed))
    assert where(tab) == f"step {STEPS} of {STEPS}"
    assert filled == list(range(len(graph)))[::-1]
    assert computed == [graph.names[v.number] for v in graph.data.variables]
    expected = graph.backward(values)
    unused = graph.names.index("unused")
    assert (table[unused]["gradient"], boxes["unused"]) == ("structural zero", "no path")
    assert all(is_close(row["gradient"], expected.by_number[n]) for n, row in table.items() if n != unused)


def test_pull_and_push_build_each_sum_term_by_term_and_end_in_the_same_table(open_page, branching):
    """a = 1.5; the product hands a to it twice, the sine cos a. The last operation is the first to hand on."""
    graph, values = branching
    a, html = graph.names.index("a"), graph.to_html(values=values)
    terms = [np.cos(1.5), np.cos(1.5) + 1.5, np.cos(1.5) + 3.0]
    ways = {}
    for teaching in ("pull", "push"):
        tab = open_page(html, f"#step={len(graph)}&teaching={teaching}")
        ways[teaching] = [table for table, _ in walked(tab, "n", STEPS - len(graph))]
        seen = [(row["terms"], row["state"], row["gradient"]) for row in (table[a] for table in ways[teaching])]
        seen = list(dict.fromkeys(seen))
        assert [each[:2] for each in seen] == [
            ("–", "–"),
            ("1 of 3", "partial"),
            ("2 of 3", "partial"),
            ("3 of 3", "done"),
        ]
        assert [float(each[2]) for each in seen[1:]] == pytest.approx(terms, rel=1e-6)
    plain = [{k: row | {"current": None} for k, row in way[-1].items()} for way in ways.values()]
    assert plain[0] == plain[1]
    assert ways["pull"] != ways["push"]


@pytest.mark.parametrize("name", ["tiny", "mlp"])
def test_a_step_back_restores_what_was_there(open_page, page_of, name):
    tab = open_page(page_of(name), "#step=0")
    changed = tab.evaluate(
        f"""async () => {{
          const snapshot = {SNAPSHOT};
          const go = key => document.dispatchEvent(new KeyboardEvent('keydown', {{key, bubbles: true}}));
          const seen = [snapshot()];
          const last = Number(document.querySelector('.steps input').max);
          for (let k = 0; k < last; k++) {{ go('n'); seen.push(snapshot()); }}
          const changed = [];
          for (let k = last; k--;) {{ go('p'); if (snapshot() !== seen[k]) changed.push(k); }}
          return [changed, seen.length, new Set(seen).size];
        }}"""
    )
    count = {"tiny": 15, "mlp": 92}[name]
    assert changed == [[], count, count]


def test_leaving_the_steps_restores_the_picture(open_page, page_of):
    tab = open_page(page_of("tiny"))
    before = tab.evaluate(SNAPSHOT)
    tab.keyboard.press("n")
    tab.keyboard.press("p")
    assert set(tab.evaluate(BOXES).values()) == {"–"}
    tab.get_by_role("button", name="leave the steps").click()
    assert tab.evaluate(BOXES)["p"] == "0.762"
    assert not tab.locator(".parts").is_visible()
    assert before.partition("<section")[0] == tab.evaluate(SNAPSHOT).partition("<section")[0]


def test_the_address_says_which_step_and_variable_are_shown(open_page, page_of):
    tab = open_page(page_of("tiny"), "#step=9&node=z")
    assert where(tab) == "step 9 of 14"
    assert tab.locator(".node.chosen").get_attribute("data-name") == "z"
    tab.keyboard.press("n")
    assert tab.evaluate("location.hash") == "#step=10&node=z"
    tab.locator("#n4").click()
    assert tab.evaluate("location.hash") == "#step=10&node=p"
    for step in (5, 10):  # where p is computed, and where its gradient is done
        tab.get_by_role("button", name="to this variable").click()
        assert tab.evaluate("location.hash") == f"#step={step}&node=p"
    tab.evaluate("location.hash = '#step=3&node=w&show=gradient'")
    tab.wait_for_function("document.querySelector('.progress').textContent.startsWith('step 3 of 14')")
    assert set(tab.evaluate(BOXES).values()) == {"∂ –"}
