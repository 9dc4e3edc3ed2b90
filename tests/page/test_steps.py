"""Stepping through both passes: the page shows what is known by then, and ends with what g.backward gives."""

import json
from html import escape
from urllib.parse import quote

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
    return tab.locator(".progress").inner_text().partition(" (")[0]


def expect_steps(tab, words):
    tab.locator(".progress", has_text=words).wait_for()


def expect_address(tab, fragment):
    tab.wait_for_url(lambda url: url.partition("#")[2] == fragment)


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


@pytest.mark.parametrize(("name", "first", "last"), [("tiny", 0, 14), ("mlp", 36, 56)])
def test_a_step_back_restores_what_was_there(open_page, page_of, name, first, last):
    tab = open_page(page_of(name), f"#step={first}")
    changed = tab.evaluate(
        f"""([first, last]) => {{
          const snapshot = {SNAPSHOT};
          const go = key => document.dispatchEvent(new KeyboardEvent('keydown', {{key, bubbles: true}}));
          const seen = [snapshot()];
          for (let k = first; k < last; k++) {{ go('n'); seen.push(snapshot()); }}
          const changed = [];
          for (let k = last - first; k--;) {{ go('p'); if (snapshot() !== seen[k]) changed.push(k); }}
          return [changed, seen.length, new Set(seen).size];
        }}""",
        [first, last],
    )
    assert changed == [[], last - first + 1, last - first + 1]


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
    expect_address(tab, "step=10&node=z")
    tab.locator("#n4").click()
    expect_address(tab, "step=10&node=p")
    for step in (5, 10):  # where p is computed, and where its gradient is done
        tab.get_by_role("button", name="To variable").click()
        expect_address(tab, f"step={step}&node=p")
    tab.evaluate("location.hash = '#step=3&node=w&show=gradient'")
    expect_steps(tab, "step 3 of 14")
    assert set(tab.evaluate(BOXES).values()) == {"∂ –"}


def test_a_link_may_name_any_variable(open_page):
    names = ["</script><b>", "a&node=b", "100 % + #é", "\N{SNOWMAN}\u200f"]
    xs = [cr.variable(f"x{k}", shape=()) for k in range(4)]
    graph = cr.Graph(xs, [sum(x * x for x in xs)], "hostile")
    for v, name in zip(graph.data.inputs, names, strict=True):
        v.name = name
    html = graph.to_html(values=graph.forward(*range(4)))
    tab = open_page(html)
    for k, name in enumerate(names):
        tab.evaluate("k => chainrule.store.update({step: 3, pinned: [k]})", k)
        expect_address(tab, f"step=3&node={quote(name, safe='')}")
        tab.evaluate("chainrule.store.update({step: null, pinned: []})")
        expect_address(tab, "")
        tab.evaluate("address => { location.hash = address; }", f"#step=3&node={quote(name, safe='')}")
        expect_steps(tab, "step 3 of")
        assert tab.locator(".node.chosen").get_attribute("data-name") == name


def test_a_page_within_another_one_steps_without_an_address(open_page, page_of):
    tab = open_page(f'<iframe srcdoc="{escape(page_of("tiny"))}"></iframe>', ready=False)
    frame = tab.frame_locator("iframe")
    frame.get_by_role("button", name="next step").click()
    assert frame.locator(".progress").inner_text().startswith("step 1 of 14")


def test_the_picture_shows_what_is_at_work(open_page, page_of):
    tab = open_page(page_of("tiny"), "#step=4")  # z = w x

    def names(mark):
        script = "mark => [...document.querySelectorAll(`.node.${mark}`)].map(each => each.dataset.name)"
        return set(tab.evaluate(script, mark))

    def edges(mark):
        return set(tab.evaluate("mark => [...document.querySelectorAll(`.edge.${mark}`)].map(each => each.id)", mark))

    assert (names("step-now"), names("step-glow"), names("step-ahead")) == ({"z"}, {"w", "x"}, {"p", "e", "v6"})
    assert edges("step-now") == {"e3-0", "e3-1"}
    assert tab.evaluate(BOXES) == {"w": "0.5", "x": "2", "y": "1", "z": "1", "p": "–", "e": "–", "v6": "–"}
    assert tab.locator(".pseudocode li[aria-current]").all_inner_texts()[-1].strip() == "u(i) ← f(i)(A(i))"
    assert "not computed yet" in tab.get_by_role("button", name="tanh p").get_attribute("aria-label")
    assert "value size 1, gradient not" in tab.get_by_role("button", name="multiply z").get_attribute("aria-label")
    tab.evaluate("chainrule.store.update({step: 10})")
    assert "gradient size 0.477" in tab.get_by_role("button", name="tanh p").get_attribute("aria-label")
    assert (names("step-now"), names("step-glow"), names("step-ahead")) == ({"p"}, {"e"}, set())
    assert edges("step-against") == {"e5-0"}
    assert tab.locator(".step-carried text").text_content() == "-0.477"
    assert tab.locator(".step-carried .glyph").count() == 1
    assert edges("step-passed") == {"e5-0", "e6-0"}
    assert tab.locator(".strip .current").count() >= 3
    assert "grad_table" in tab.locator(".pseudocode li[aria-current]").all_inner_texts()[0]
    assert tab.locator(".speech").text_content() == "step 10 of 14: gradient of p: 1 of 1, done, -0.4768117"


def test_the_formula_of_a_step_relates_numbers_but_no_sizes_of_arrays(open_page, page_of):
    def lines(tab):
        return tab.locator(".strip .line").evaluate_all("all => all.map(line => line.textContent)")

    tab = open_page(page_of("tiny"), "#step=11")  # through tanh: -0.2 = (1 - 0.762^2) * -0.477
    assert lines(tab)[-1] == "numbers-0.2=0.42·(-0.477)"
    tab = open_page(page_of("mlp"), "#step=72")
    assert lines(tab)[-1] == "numbersrms 0.00482\xa0so far, of the terms\xa0rms 0.00482,–"
    tab.evaluate("chainrule.store.update({step: 21})")
    assert lines(tab)[-1] == "numbersrms 0.822 from rms 0.822"


def test_a_link_beyond_the_last_step_leads_there(open_page, page_of):
    tab = open_page(page_of("tiny"), "#step=99")
    assert where(tab) == "step 14 of 14"
    expect_address(tab, "step=14")


def test_within_a_closed_group_its_box_is_lit_and_says_which_variable(open_page, page_of):
    tab = open_page(page_of("deep"), "#step=1500")
    lit = tab.locator(".step-now")
    assert lit.count() == 1
    assert lit.get_attribute("data-copies") == "250"
    badge = tab.locator(".step-badge text")
    assert badge.text_content().startswith("v1498: ")
    tab.get_by_label("over groups").check()
    tab.keyboard.press("p")
    assert where(tab) == "step 502 of 5760"  # 500 parameters, x and a constant; 2,003 operations are left
    tab.keyboard.press("n")
    assert tab.locator(".step-now").get_attribute("data-copies") == "250"
    tab.keyboard.press("n")
    assert tab.locator(".node.step-now").count() == 1
    tab.evaluate("chainrule.store.update({step: 4000})")
    assert tab.locator(".gradtable [aria-current]").is_visible()
    assert tab.locator(".gradtable tr").count() < 300
    seconds = tab.evaluate(
        """() => {
          const begin = performance.now();
          for (let k = 0; k < 20; k++) chainrule.commands.press('n');
          return (performance.now() - begin) / 20000;
        }"""
    )
    assert seconds < 0.2


def test_without_values_only_the_order_is_shown(open_page):
    graph, _ = FIXTURES["tiny"]()
    tab = open_page(graph.to_html(), "#step=14")
    assert tab.locator(".step-ahead").count() == 0
    found = rows(tab).values()
    assert {row["state"] for row in found} == {"done"}
    assert {row["gradient"] for row in found} == {"–"}


def test_without_a_seed_the_page_says_why_there_is_no_backward_pass(open_page):
    graph = cr.trace(lambda x: 2.0 * x, np.ones(3))
    tab = open_page(graph.to_html(values=graph.forward(np.ones(3))), "#step=99")
    assert where(tab) == "step 3 of 3"
    assert "single real number" in tab.locator(".refused").inner_text()
    assert {row["gradient"] for row in rows(tab).values()} == {"–"}


def test_several_results_each_start_from_their_seed(open_page):
    """y = 2 x and z = 3 y, from 10 and 100."""

    def f(x):
        y = 2.0 * x
        return y, 3.0 * y

    graph = cr.trace(f, 1.0)
    tab = open_page(graph.to_html(values=graph.forward(1.0), seeds=[10.0, 100.0]), f"#step={len(graph)}")
    y = graph.names.index("y")
    seen = [(table[y]["terms"], table[y]["gradient"]) for table, _ in walked(tab, "n", 6)]
    assert list(dict.fromkeys(seen)) == [("1 of 2", "10"), ("2 of 2", "310")]


def test_a_zero_on_every_way_is_no_missing_path(open_page):
    """y = 0 s with s = sum(x): grad_table[s] is 0, and x has nothing to add."""

    def f(x, zero):
        s = np.sum(x)
        return zero * s

    graph = cr.trace(f, np.ones(3), 0.0)
    tab = open_page(graph.to_html(values=graph.forward(np.ones(3), 0.0)), "#step=99")
    row = rows(tab)[graph.names.index("s")]
    assert (row["state"], row["gradient"]) == ("exactly zero", "0")


def test_with_reduced_motion_nothing_moves(open_page, page_of):
    running = "document.getAnimations().filter(each => each.playState === 'running').length"
    tab = open_page(page_of("tiny"), "#step=9", reduced_motion="reduce")
    tab.keyboard.press("n")
    assert tab.evaluate(running) == 0
    tab = open_page(page_of("tiny"), "#step=9", reduced_motion="no-preference")
    tab.keyboard.press("n")
    assert tab.evaluate(running) > 0


def test_a_row_chooses_its_variable_and_playing_goes_on_until_the_end(open_page, page_of):
    tab = open_page(page_of("tiny"), "#step=12")
    tab.locator(".gradtable").get_by_role("button", name="p", exact=True).click()
    assert tab.locator(".node.chosen").get_attribute("data-name") == "p"
    tab.get_by_label("speed").select_option("4")
    tab.get_by_role("button", name="play").click()
    expect_steps(tab, "step 14 of 14")
    assert tab.get_by_role("button", name="play").get_attribute("aria-pressed") == "false"
