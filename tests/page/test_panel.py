"""The panel beside the picture: what is known of a variable, of an edge, of two variables side by side."""

import base64
import json
import re

import numpy as np
import pytest
import scipy.special

import chainrule as cr
from chainrule.view.colormaps import colors

from ..view.graphs import deep, graph_of

HEADINGS = ["Source", "Value", "Gradient", "Local Jacobian", "Rule", "Links", "Memory"]


@pytest.fixture(scope="module")
def shared(open_shared):
    """The page of the net with two hidden layers."""
    graph, values = graph_of("mlp")
    return open_shared(graph.to_html(values=values), permissions=["clipboard-read", "clipboard-write"])


@pytest.fixture
def tab(shared):
    shared.mouse.move(0, 0)
    shared.evaluate("chainrule.store.update({pinned: [], edge: null, comparing: false, tab: 'graph'})")
    return shared


@pytest.fixture(scope="module")
def net():
    graph, values = graph_of("mlp")
    return graph, values, json.loads(graph.to_view(values=values))


def choose(tab, *numbers):
    tab.evaluate("numbers => chainrule.store.update({pinned: numbers, edge: null})", list(numbers))


def text_of(tab, selector):
    return tab.locator(f"[data-slot=panel] {selector}").inner_text()


def number_in(text):
    return float(re.search(r"-?[\d.]+(e-?\d+)?$", text.strip())[0])


WATCHED = """name => new Promise(seen => {
  const shape = document.getElementById(name), card = document.querySelector(".card");
  shape.scrollIntoView({block: "center"});
  let began = 0;
  window.waited = new Promise(resolve => {
    shape.addEventListener("pointerover", () => { began ||= performance.now(); });
    new MutationObserver(() => card.hidden || resolve(performance.now() - began)).observe(card, {attributes: true});
    setTimeout(() => resolve(9999), 9999);
  });
  requestAnimationFrame(() => requestAnimationFrame(() => {
    const {x, y, width, height} = shape.querySelector(".body, .glyph").getBoundingClientRect();
    seen([x + width / 2, y + height / 2]);
  }));
})"""


def hover(tab, name):
    """Until the card is there; in milliseconds."""
    tab.mouse.move(0, 0)
    tab.mouse.move(*tab.evaluate(WATCHED, name))
    return tab.evaluate("window.waited")


def test_hovering_shows_a_card_within_200_milliseconds_with_shape_dtype_and_rms(tab, net):
    graph, values, _ = net
    assert min(hover(tab, "n10") for _ in range(3)) < 200
    card = tab.locator(".card")
    assert "v10 tanh" in card.inner_text() and "(64,32) float64" in card.inner_text()
    gradient = graph.backward(values)["v10"]
    for what, array in (("value", values["v10"]), ("gradient", gradient)):
        found = number_in(card.locator(f'[data-rms="{what}"]').inner_text())
        assert found == pytest.approx(np.sqrt(np.mean(array**2)), rel=1e-6)


def test_hovering_on_an_edge_shows_its_structure_its_size_and_its_gain(tab, net):
    edge = next(edge for edge in net[2]["edges"] if edge["to"] == 10)
    hover(tab, "e10-0")
    card = tab.locator(".card").inner_text()
    assert "diagonal" in card and "2,048 × 2,048, 2,048 of 4,194,304 stored" in card
    assert number_in(card) == pytest.approx(edge["gain"], rel=1e-6)


def test_a_click_pins_and_the_panel_tells_all_under_headings(tab):
    tab.evaluate("document.getElementById('n24').scrollIntoView({block: 'center'})")
    tab.locator("#n24").click()
    assert tab.locator("[data-slot=panel] .column").count() == 1
    assert tab.locator("[data-slot=panel] section > h2").all_inner_texts() == [each.upper() for each in HEADINGS]
    assert tab.locator("[data-slot=panel] .title").inner_text() == "v24 = multiply"
    assert "#24" in text_of(tab, ".path")


def test_a_second_pin_with_shift_shows_two_columns(tab):
    tab.evaluate("document.getElementById('n24').scrollIntoView({block: 'center'})")
    tab.locator("#n24").click()
    tab.locator("#n25").click(modifiers=["Shift"])
    columns = tab.locator("[data-slot=panel] .column")
    assert [each.get_attribute("data-of") for each in columns.all()] == ["24", "25"]
    boxes = [each.bounding_box() for each in columns.all()]
    assert boxes[1]["x"] >= boxes[0]["x"] + boxes[0]["width"] - 1 and boxes[0]["y"] == boxes[1]["y"]
    tops = [[s.bounding_box()["y"] for s in each.locator("section").all()] for each in columns.all()]
    assert tops[0] == tops[1]  # headings stand side by side
    tab.locator("[data-slot=panel] .column").first.locator(".close").click()
    assert tab.evaluate("chainrule.store.state.pinned") == [25]


def test_by_keys_the_compare_button_does_the_same(tab):
    choose(tab, 24)
    tab.locator("[data-slot=panel] .compare").focus()
    tab.keyboard.press("Enter")
    assert tab.locator("[data-slot=panel] .compare").get_attribute("aria-pressed") == "true"
    tab.locator("#n25 [role=button]").focus()
    tab.keyboard.press("Enter")
    assert tab.evaluate("chainrule.store.state.pinned") == [24, 25]
    assert tab.locator("[data-slot=panel] .column").count() == 2


def test_the_source_is_the_users_line_with_the_call_underlined(tab, net):
    choose(tab, 10)
    line = net[0].variables[10].origins[0].line
    assert text_of(tab, ".source .place") == f"graphs.py:{line} in layer"
    assert text_of(tab, ".code u") == "np.tanh(z)"
    assert text_of(tab, ".code [aria-current]").strip() == "return np.tanh(z)"
    assert tab.locator("[data-slot=panel] .code [aria-current]").evaluate("item => item.value") == line


def test_statistics_are_numpys(tab, net):
    _, values, _ = net
    choose(tab, 8)
    x = values["v8"]
    for name, expected in {"min": x.min(), "mean": x.mean(), "max": x.max(), "rms": np.sqrt(np.mean(x**2))}.items():
        found = text_of(tab, f'.value [data-statistic="{name}"] dd')
        assert float(found) == pytest.approx(expected, rel=1e-6)
    counts = tab.locator("[data-slot=panel] .value .histogram rect").evaluate_all(
        "all => all.map(each => +each.dataset.count)"
    )
    assert counts == np.histogram(x, len(counts))[0].tolist()


PIXELS = """canvas => [...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data]"""


def pixels_of(canvas):
    """Red, green and blue, row by row."""
    return np.reshape(canvas.evaluate(PIXELS), (*canvas.evaluate("each => [each.height, each.width]"), 4))[..., :3]


def test_a_heat_map_has_the_colors_of_the_numbers_and_tells_the_one_under_the_cursor(tab, net):
    _, values, document = net
    choose(tab, 10)
    picture = document["nodes"][10]["value"]["picture"]
    shades = np.frombuffer(base64.b64decode(picture["shades"]), np.uint8).reshape(32, 32)
    quantized = picture["low"] + shades / 254 * (picture["high"] - picture["low"])
    expected = colors(quantized, picture["low"], picture["high"])
    found = pixels_of(tab.locator("[data-slot=panel] .value canvas"))
    np.testing.assert_allclose(found, expected, atol=1)
    assert expected[0, 0].tolist() != expected[31, 31].tolist()
    box = tab.locator("[data-slot=panel] .value .frame").bounding_box()
    cell = box["width"] / 32, box["height"] / 32
    tab.mouse.move(box["x"] + 3.5 * cell[0], box["y"] + 7.5 * cell[1])
    index, number = text_of(tab, ".value .readout").split("  ")
    row = picture["at"][0][7]
    assert index == f"[{row}, 3]" and row == 14
    assert float(number) == pytest.approx(values["v10"][14, 3], rel=1e-6)


def test_arrow_keys_move_the_cursor_of_a_heat_map(tab, net):
    _, values, _ = net
    choose(tab, 10)
    tab.locator("[data-slot=panel] .value .frame").focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowLeft"):
        tab.keyboard.press(key)
    index, number = text_of(tab, ".value .readout").split("  ")
    assert index == "[2, 1]"
    assert float(number) == pytest.approx(values["v10"][2, 1], rel=1e-6)
    assert tab.evaluate("chainrule.store.state.pinned") == [10]  # the picture did not hear them


def test_what_the_jacobian_stores_is_pythons_and_a_sample_shows_its_entries(tab, net):
    _, values, document = net
    choose(tab, 8)
    sections = tab.locator("[data-slot=panel] .jacobian")
    edges = [edge for edge in document["edges"] if edge["to"] == 8]
    assert sections.count() == 2
    for k, edge in enumerate(edges):
        section = sections.nth(k)
        assert section.locator(".structure").inner_text() == "Kronecker"
        assert section.locator('[data-fact="stored"]').inner_text() == f"{edge['stored']:,} of {edge['full']:,} numbers"
        assert section.locator('[data-fact="size"]').inner_text() == f"2,048 × {edge['full'] // 2048:,}"
        assert float(section.locator('[data-fact="gain"]').inner_text()) == pytest.approx(edge["gain"], rel=1e-6)
    W = values["parameters.0.W"]
    first = sections.nth(0).locator("table.numbers tbody tr").first
    cells = [float(text) for text in first.locator("td").all_inner_texts()]
    assert cells[:4] == pytest.approx(W[:4, 0], rel=5e-3) and cells[4:] == [0, 0, 0, 0]


def test_an_edge_is_told_by_itself(tab):
    tab.evaluate("document.getElementById('e20-0').scrollIntoView({block: 'center'})")
    tab.evaluate("document.querySelector('#e20-0 .wide').dispatchEvent(new MouseEvent('click', {bubbles: true}))")
    assert tab.locator("[data-slot=panel] .title").inner_text().split() == ["v19", "→", "v20"]
    assert text_of(tab, ".structure") == "sum"
    assert tab.locator("[data-slot=panel] .rule math").count() >= 2


def test_the_rule_is_mathematics_and_its_button_copies_the_tex_that_python_gives(tab, net):
    document = net[2]
    choose(tab, 10)
    rule = document["nodes"][10]["rule"]
    heights = tab.locator("[data-slot=panel] .rule math").evaluate_all(
        "all => all.map(each => each.getBoundingClientRect().height)"
    )
    assert len(heights) >= 3 and min(heights) > 5
    bars = tab.locator("[data-slot=panel] .rule .accent-bar")
    for bar in bars.all():  # above its letter, and thick enough to be seen
        letter, line = (bar.locator(part).first.bounding_box() for part in ("mi", "> mo"))
        assert line["height"] >= 1 and abs(line["x"] - letter["x"]) < 8 and line["y"] <= letter["y"] + 1
    assert bars.count() >= 2
    tab.locator('[data-slot=panel] .rule [data-formula="rule"] .copy').click()
    tab.locator("[data-slot=panel] .rule .copy:text('copied')").wait_for()
    assert tab.evaluate("navigator.clipboard.readText()") == rule["backward"][0]["tex"]
    assert text_of(tab, ".why") == rule["why"]


def test_a_matrix_product_switches_between_the_kronecker_and_the_rule_form(tab, net):
    rule = net[2]["nodes"][8]["rule"]
    choose(tab, 8)
    box = tab.locator('[data-slot=panel] .backward[data-argument="0"]')
    assert box.locator(".forms .copy").get_attribute("data-text") == rule["backward"][0]["kronecker"]["tex"]
    assert "⊗" in box.locator(".forms").inner_text()
    box.get_by_role("button", name="rule form").click()
    assert box.locator(".forms .copy").get_attribute("data-text") == rule["backward"][0]["tex"]
    assert "⊗" not in box.locator(".forms").inner_text()


def test_the_copied_name_is_python_that_gives_the_variable(tab, net):
    graph = net[0]
    for number in (0, 10, 42):
        choose(tab, number)
        text = tab.locator("[data-slot=panel] header .copy").get_attribute("data-text")
        assert eval(text, {"g": graph}) is graph.variables[number]


def test_links_choose_the_variable_and_open_the_groups_around_it(tab):
    tab.evaluate("chainrule.store.update({opened: new Set([0])})")
    choose(tab, 11)
    assert tab.locator("#n10").count() == 0  # in a closed group
    tab.locator('[data-slot=panel] [data-links="inputs"] button').first.click()
    assert (
        tab.locator("#n10.chosen").count() == 1 and tab.locator("[data-slot=panel] .title").inner_text() == "v10 = tanh"
    )
    assert tab.evaluate("document.activeElement.matches('[data-slot=panel] .title')")
    tab.evaluate("chainrule.store.update({opened: new Set(chainrule.options.opened)})")


def test_a_link_leads_to_the_node_in_the_graph_of_the_gradients(tab):
    choose(tab, 10)
    tab.locator('[data-slot=panel] [data-links="gradient"] button').click()
    assert tab.evaluate("chainrule.store.state.graphs") == "beside"
    tab.evaluate("chainrule.store.update({graphs: 'forward'})")


def test_memory_tells_for_which_edges_something_is_kept(tab):
    choose(tab, 10)
    assert text_of(tab, ".memory p") == "16,384 bytes kept: ∂v11/∂parameters.1.W is made from it."
    choose(tab, 8)
    assert text_of(tab, ".memory p") == "Nothing of it is kept for the way back."


def structured(x, W):
    h = np.tanh(x @ W)
    s = scipy.special.softmax(h[0])
    return np.sum(np.reshape(s, (2, 2)))


STRUCTURES = {
    "tanh": "diagonal",
    "matmul": "Kronecker",
    "softmax": "diagonal plus low rank",
    "reshape": "selection",
    "sum": "sum",
}
STORED = {"tanh": 8, "matmul": 20, "softmax": 12, "reshape": 0, "sum": 0}  # of softmax diag(s) - s s^T


def test_structures_have_the_words_of_the_list_and_stored_numbers_are_pythons(open_page):
    arguments = np.linspace(-1, 1, 10).reshape(2, 5), np.linspace(0, 1, 20).reshape(5, 4)
    graph = cr.trace(structured, *arguments)
    values = graph.forward(*arguments)
    document = json.loads(graph.to_view(values=values))
    tab = open_page(graph.to_html(values=values))
    words = {node["word"]: node["id"] for node in document["nodes"]}
    for word, structure in STRUCTURES.items():
        choose(tab, words[word])
        jacobian = tab.locator("[data-slot=panel] .jacobian").first
        assert jacobian.locator(".structure").inner_text() == structure
        edge = next(edge for edge in document["edges"] if edge["to"] == words[word])
        assert edge["structure"] == structure and edge["stored"] == STORED[word]
        stored = jacobian.locator('[data-fact="stored"]').inner_text()
        assert stored == f"{edge['stored']:,} of {edge['full']:,} numbers"


def test_without_values_there_are_dashes_and_no_zero(open_page, net):
    tab = open_page(net[0].to_html())
    choose(tab, 10)
    for name in ("value", "gradient"):
        assert text_of(tab, f"section.{name} .dash") == "– not computed"
    assert not re.search(r"\b0\b", text_of(tab, "section.value") + text_of(tab, "section.gradient"))
    assert tab.locator("[data-slot=panel] [data-fact=gain], .panel canvas").count() == 0


def test_a_gradient_without_a_path_to_the_loss_says_so(open_page):
    def f(x, y):
        return np.sum(x), np.tanh(y)

    graph = cr.trace(f, np.ones(2), np.ones(3))
    values = graph.forward(np.ones(2), np.ones(3))
    tab = open_page(graph.to_html(values=values, seeds={graph.outputs[0]: 1.0}))
    choose(tab, graph.inputs[1].number)
    assert text_of(tab, ".no-path") == "0: no path to the loss"


def test_an_array_of_three_axes_is_looked_at_slice_by_slice(open_page):
    x = np.arange(2.0 * 5 * 7).reshape(2, 5, 7) - 20
    graph = cr.trace(lambda x: np.sum(np.tanh(x)), x)
    tab = open_page(graph.to_html(values=graph.forward(x)))
    choose(tab, 0)
    value = tab.locator("[data-slot=panel] section.value")
    canvas, frame, readout = value.locator("canvas"), value.locator(".frame"), value.locator(".readout")

    def under_first_cell():
        frame.focus()
        tab.keyboard.press("ArrowUp")
        return readout.inner_text()

    assert canvas.evaluate("each => [each.height, each.width]") == [5, 7]
    assert under_first_cell() == "[0, 0, 0]  -20"
    value.locator("input[type=range]").fill("1")
    assert under_first_cell() == "[1, 0, 0]  15"
    value.locator("select").first.select_option("0")
    assert canvas.evaluate("each => [each.height, each.width]") == [2, 7]
    assert value.locator(".axes").inner_text().count("axis 1") >= 1
    value.locator("select").nth(1).select_option("1")
    assert canvas.evaluate("each => [each.height, each.width]") == [2, 5]
    expected = colors(x[:, :, 0], x.min(), x.max())
    np.testing.assert_allclose(pixels_of(canvas), expected, atol=1)


def test_what_is_not_finite_is_told_in_words_and_has_a_color_of_its_own(open_page, page_of):
    tab = open_page(page_of("nan"))
    entropy = graph_of("nan")[0].variable("entropy").number
    choose(tab, entropy)
    assert text_of(tab, '[data-statistic="inf"] dd >> nth=0') == "1"
    cells = tab.locator("[data-slot=panel] .value td span")
    assert cells.all_inner_texts() == ["-0.693", "-inf", "-1.39"]
    assert cells.nth(1).evaluate("each => getComputedStyle(each).backgroundColor") == "rgb(204, 121, 167)"
    assert "log of p gives -inf" in text_of(tab, ".health")


def test_scalars_are_multiplied_out(open_page, page_of):
    graph, values = graph_of("tiny")
    tab = open_page(page_of("tiny"))
    choose(tab, graph.variable("p").number)
    p, table = values["p"], graph.backward(values)
    product = text_of(tab, ".product").splitlines()[0]
    before, slope, after = map(float, re.fullmatch(r"(\S+) × (\S+) = (\S+)", product).groups())
    expected = float(table["p"]), float(1 - p * p), float(table["z"])
    assert (before, slope, after) == pytest.approx(expected, rel=5e-3)
    assert tab.locator('[data-slot=panel] [data-formula="with numbers"] math').count() == 1


def test_what_failed_has_its_reason_and_no_numbers(open_page):
    with pytest.raises(cr.errors.ShapeError) as caught:
        cr.trace(lambda x, b: np.tanh(x) @ b, np.ones((4, 5)), np.ones(4))
    graph = caught.value.graph
    tab = open_page(graph.to_html())
    choose(tab, graph.outputs[0].number)
    assert "inner sizes to agree: 5 is not 4" in text_of(tab, ".health")
    assert tab.locator("[data-slot=panel] .dash").all_inner_texts() == [
        "– not computed",
        "– not computed",
        "– it failed",
        "– it failed",
    ]


HOSTILE = ["</script><script>window.ill=1</script>", "a<b>&\"'", "📈", "\u202eevil", "n" * 200]


def test_hostile_names_are_text_in_the_panel_and_on_the_card(open_page):
    xs = [cr.variable(f"x{k}", shape=(2,)) for k in range(len(HOSTILE))]
    graph = cr.Graph(xs, [np.sum(np.concatenate(xs))], "hostile")
    for v, name in zip(graph.inputs, HOSTILE, strict=True):
        v.name = name
    tab = open_page(graph.to_html(values=graph.forward(*[np.ones(2)] * len(HOSTILE))))
    for v, name in zip(graph.inputs, HOSTILE, strict=True):
        choose(tab, v.number)
        assert tab.locator("[data-slot=panel] .title .name").evaluate("each => each.textContent") == name
        hover(tab, f"n{v.number}")
        assert name in tab.locator(".card").evaluate("each => each.textContent")
    choose(tab, graph.outputs[0].inputs[0].number)
    assert tab.evaluate("window.ill") is None and tab.locator("[data-slot=panel] script, .card script").count() == 0


FRAMED = """<!doctype html><textarea></textarea>
<iframe sandbox="allow-scripts" style="width:100%;height:800px"></iframe>"""


def test_copying_works_in_a_frame_that_may_use_no_clipboard(browser, page_of):
    tab = browser.new_context(offline=True).new_page()
    tab.set_content(FRAMED)
    tab.evaluate("html => { document.querySelector('iframe').srcdoc = html; }", page_of("tiny").replace("\n", " "))
    frame = tab.frame_locator("iframe")
    frame.locator("html[data-ready]").wait_for(state="attached")
    frame.locator("#n4").click()
    frame.locator("[data-slot=panel] header .copy").click()
    frame.locator("[data-slot=panel] header .copy:text('copied')").wait_for()
    tab.locator("textarea").click()
    tab.keyboard.press("Control+v")
    assert tab.locator("textarea").input_value() == 'g["p"]'
    tab.context.close()


def test_checked_rules_have_a_badge(open_page):
    wrong = cr.operation("square_with_a_wrong_slope", lambda x: x * x, slopes=lambda y, x: 3.0 * x)
    graph = cr.trace(lambda x: np.sum(np.tanh(wrong(x))), np.ones(3))
    tab = open_page(graph.to_html(values=graph.forward(np.array([0.5, 1.0, -1.0])), check=True))
    choose(tab, 1)
    assert text_of(tab, ".badge") == "✗ differs" and "0.333" in text_of(tab, ".check p")
    choose(tab, 2)
    assert text_of(tab, ".badge") == "✓ agrees"


def test_rules_of_large_graphs_are_put_together_from_templates(open_page):
    graph, arguments = deep(30)
    tab = open_page(graph.to_html(values=graph.forward(*arguments)))
    tanh = [v for v in graph.variables if v.operation and v.operation.name == "tanh"][20]
    choose(tab, tanh.number)
    tex = tab.locator('[data-slot=panel] .rule [data-formula="rule"] .copy').get_attribute("data-text")
    shown = tab.locator("[data-slot=panel] .rule").inner_text()
    index = tanh.inputs[0].name and graph.names[tanh.inputs[0].number].removeprefix("z_")
    y = f"v_{{{tanh.number}}}"
    bar = y.replace("v", "\\bar{v}", 1)
    assert tex == rf"\bar{{z}}_{{{index}}} \mathrel{{+}}= {bar} \circ (1 - {y}^{{2}})"
    assert "@" not in shown
    choose(tab)
    assert "Of 305 variables" in text_of(tab, ".hint")


def test_nothing_serious_is_wrong_for_those_who_see_or_hear_otherwise(tab, serious):
    try:
        for scheme, chosen in (("light", [10, 13]), ("dark", [8])):
            tab.emulate_media(color_scheme=scheme)
            choose(tab, *chosen)
            assert serious(tab, ".panel") == []
    finally:
        tab.emulate_media(color_scheme="light")


@pytest.mark.parametrize("width, height", [(800, 600), (390, 800)])
def test_on_a_narrow_screen_the_panel_is_below_and_nothing_scrolls_sideways(tab, width, height):
    before = tab.viewport_size
    tab.set_viewport_size({"width": width, "height": height})
    try:
        for chosen in ([8], [10, 13]):
            choose(tab, *chosen)
            assert tab.evaluate("document.documentElement.scrollWidth") <= width
            stage, panel = (tab.locator(each).bounding_box() for each in ("[data-slot=stage]", "[data-slot=panel]"))
            assert panel["y"] >= stage["y"] + stage["height"]
            assert panel["x"] + panel["width"] <= width
    finally:
        tab.set_viewport_size(before)
