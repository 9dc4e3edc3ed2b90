"""A search finds what is in closed groups too, and Esc brings back the view as it was."""

VIEW = """() => ({
  opened: [...chainrule.store.state.opened].sort(),
  pinned: chainrule.store.state.pinned,
  place: chainrule.canvas.place,
})"""
IN_THE_MIDDLE = """name => {
  const stage = document.querySelector(".stage").getBoundingClientRect();
  const box = document.querySelector(`.node[data-name="${name}"]`).getBoundingClientRect();
  return [box.x + box.width / 2 - stage.x - stage.width / 2, box.y + box.height / 2 - stage.y - stage.height / 2];
}"""


def test_enter_goes_to_a_variable_in_a_closed_group_and_escape_comes_back(open_page, page_of):
    tab = open_page(page_of("deep"))
    before = tab.evaluate(VIEW)
    assert tab.locator('.node[data-name="parameters.117.W"]').count() == 0
    tab.keyboard.press("/")
    tab.keyboard.type("parameters.117.W")
    tab.keyboard.press("Enter")
    node = tab.locator('.node[data-name="parameters.117.W"]')
    assert node.evaluate("each => each.matches('.chosen') && each === document.activeElement.parentElement")
    x, y = tab.evaluate(IN_THE_MIDDLE, "parameters.117.W")
    assert abs(x) < 40 and abs(y) < 2
    # of the 250 blocks only the one that was needed is open
    assert tab.locator("g.open").count() == 2 and tab.locator("g.closed").count() == 249
    tab.keyboard.press("Escape")
    assert tab.evaluate(VIEW) == before


def test_names_operations_shapes_lines_and_groups_are_found(open_page, page_of):
    tab = open_page(page_of("mlp"))
    field = tab.get_by_role("combobox", name="search the graph")

    def found(text):
        field.fill(text)
        return [each.inner_text() for each in tab.locator("#found [role=option]").all()]

    assert found("LOGITS")[0].startswith("logits add")
    assert all("matmul" in each for each in found("matmul")[:3])
    assert len([each for each in found("(32,10)") if "(32,10)" in each]) == 2  # W and its square
    assert any("graphs.py" in each for each in found("graphs.py:"))
    assert "np.max(logits" in found("np.max(logits")[0]
    assert found("layer parameters.0")[0].startswith("layer parameters.0 group")
    assert found("nowhere to be found") == []


def test_a_search_beside_the_gradients_brings_back_the_graph_of_the_function(open_page, page_of):
    tab = open_page(page_of("mlp"))
    tab.keyboard.press("b")
    assert tab.locator(".stage:not(.second)").is_hidden()
    tab.keyboard.press("/")
    tab.keyboard.type("logits")
    tab.keyboard.press("Enter")
    assert tab.locator('.stage:not(.second) .node.chosen[data-name="logits"]').is_visible()
    tab.keyboard.press("Escape")
    assert tab.locator(".stage:not(.second)").is_hidden()
    tab.keyboard.press("r")
    rows, panel = (tab.locator(each).bounding_box() for each in (".rows", ".panel:visible"))
    assert rows["x"] + rows["width"] <= panel["x"] and rows["width"] > 300


def test_arrows_walk_the_list_and_escape_leaves_it(open_page, page_of):
    tab = open_page(page_of("mlp"))
    before = tab.evaluate(VIEW)
    field = tab.get_by_role("combobox", name="search the graph")
    field.fill("W")
    options = tab.locator("#found [role=option]")
    assert options.nth(0).get_attribute("aria-selected") == "true"
    tab.keyboard.press("ArrowDown")
    assert options.nth(1).get_attribute("aria-selected") == "true"
    assert field.get_attribute("aria-activedescendant") == options.nth(1).get_attribute("id")
    tab.keyboard.press("ArrowUp")
    tab.keyboard.press("ArrowUp")
    assert options.last.get_attribute("aria-selected") == "true"
    tab.keyboard.press("Escape")
    assert tab.locator("#found").is_hidden() and tab.evaluate(VIEW) == before


def test_a_group_is_found_by_its_title(open_page, page_of):
    tab = open_page(page_of("deep"))
    tab.keyboard.press("/")
    tab.keyboard.type("block parameters.7")
    tab.keyboard.press("Enter")
    assert (
        tab.evaluate("document.activeElement.parentElement.querySelector('.name').textContent") == "block parameters.7"
    )
