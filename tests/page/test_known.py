"""While steps are made nothing on the page tells a number before it is computed."""

import pytest

STEP = "step => chainrule.store.update({step, pinned: [3], edge: null})"  # z of tiny: z = w x, p = tanh z
SECOND = ".stage.second:not([hidden])"


@pytest.fixture
def tab(open_page, page_of):
    return open_page(page_of("tiny"), viewport={"width": 1400, "height": 900})


def told(tab, section):
    return tab.locator(f"[data-slot=panel] section.{section}").inner_text()


def test_the_panel_tells_a_value_and_a_gradient_from_their_steps_on(tab):
    """z is computed at step 4, its gradient at step 11 of 14."""
    seen = {}
    for step in range(15):
        tab.evaluate(STEP, step)
        seen[step] = ["not computed yet" not in told(tab, name) for name in ("value", "gradient")]
        rule = tab.locator('[data-slot=panel] [data-formula="with numbers"]').count()
        assert rule == (step >= 13) + (step >= 14), step
    assert [step for step in seen if seen[step][0]] == list(range(4, 15))
    assert [step for step in seen if seen[step][1]] == list(range(11, 15))
    tab.evaluate("chainrule.store.update({step: null})")
    assert "-0.2002487" in told(tab, "gradient")


def test_the_panel_tells_of_an_edge_what_it_sent_back_once_it_has(tab):
    gains = []
    for step in range(15):
        tab.evaluate("step => chainrule.store.update({step, edge: 'e4-0', pinned: []})", step)
        gains.append(tab.locator('[data-slot=panel] [data-fact="gain"]').count())
    assert gains == [0] * 11 + [1] * 4


def test_the_card_tells_no_more(tab):
    tab.evaluate("chainrule.store.update({step: 5})")
    tab.locator("#n3").hover()
    card = tab.locator(".card:not([hidden])")
    card.wait_for()
    assert "value" in card.inner_text() and "gradient" not in card.inner_text()


def test_the_table_tells_no_more(tab):
    tab.evaluate("chainrule.store.update({step: 11, tab: 'table'})")
    rows = {
        name: [tab.locator(f'.rows [data-number="{k}"] [data-column="{column}"]').inner_text() for column in columns]
        for k, name, columns in ((3, "z", ("value", "gradient", "gain")), (4, "p", ("gradient", "gain")))
    }
    assert rows == {"z": ["1", "-0.2", "–"], "p": ["-0.477", "0.42"]}


def test_the_graph_of_the_gradients_tells_no_more(tab):
    def number(name):
        return tab.locator(f'{SECOND} [data-name="{name}"] .number').text_content()

    tab.keyboard.press("s")
    assert number("z_bar") == "-0.2"
    seen = {}
    for step in (0, 4, 10, 11, 14):
        tab.evaluate("step => chainrule.store.update({step})", step)
        seen[step] = [number(name) for name in ("z", "z_bar", "w_bar")]
    assert seen == {
        0: ["–", "–", "–"],
        4: ["1", "–", "–"],
        10: ["1", "–", "–"],
        11: ["1", "-0.2", "–"],
        14: ["1", "-0.2", "-0.4"],
    }
    tab.keyboard.press("f")
    tab.evaluate("chainrule.store.update({step: 11})")
    tab.keyboard.press("s")
    assert [number("z_bar"), number("w_bar")] == ["-0.2", "–"]
    assert "0.477" not in tab.locator(f"{SECOND} svg > text.muted").text_content()
    tab.evaluate("chainrule.store.update({step: null})")
    assert number("w_bar") == "-0.4"


def test_what_is_wrong_is_told_once_the_numbers_are_there(open_page, page_of):
    tab = open_page(page_of("nan"))
    log = tab.evaluate("chainrule.graph.nodes.find(({word}) => word === 'log').id")
    seen = []
    for step in (0, 4, 5, 6):
        tab.evaluate("([step, log]) => chainrule.store.update({step, pinned: [log]})", [step, log])
        flag = tab.locator(f"#n{log} .flag").is_visible()
        assert flag == (tab.locator("[data-slot=panel] .health").count() == 1)
        seen.append(flag)
    assert seen[0] is False and seen[-1] is True


def test_gains_at_edges_are_told_once_something_is_sent_back(tab):
    tab.evaluate("chainrule.store.update({step: 10, show: 'jacobian'})")

    def words(edge):
        return tab.locator(f"#{edge} .glyph text").all_text_contents()

    assert any("×" in text for text in words("e5-0")) and not any("×" in text for text in words("e4-0"))
