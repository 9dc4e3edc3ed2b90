"""All of the graph is reached by keys."""

FOCUS = "() => document.activeElement.closest('.node').dataset.name"


def tabbed_to_graph(tab):
    """Press the Tab key until the graph has the focus."""
    for _ in range(40):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.closest('.stage') !== null"):
            return
    raise AssertionError("the Tab key does not come to the graph")


def test_the_graph_is_one_stop_of_the_tab_key(open_page, page_of):
    tab = open_page(page_of("mlp"))
    assert tab.locator('.stage [tabindex="0"]').count() == 1
    tabbed_to_graph(tab)
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.closest('.stage') === null")
    tab.keyboard.press("Shift+Tab")
    assert tab.evaluate("document.activeElement.closest('.stage') !== null")


def test_every_box_is_a_button_with_a_full_name(open_page, page_of):
    tab = open_page(page_of("mlp"))
    shapes = tab.locator(".stage g:is(.node, .closed, .open)").count()
    assert tab.locator(".stage [role=button][aria-label]").count() == shapes > 30
    spoken = tab.locator('.node[data-op="tanh"] [role=button]').first.get_attribute("aria-label")
    assert spoken.startswith("tanh v10, shape 64 by 32, value rms 0.618, gradient rms 0.00219, 1 input, 1 consumer")
    found = tab.get_by_role("button", name="parameter parameters.0.W, shape 20 by 32")
    assert found.count() == 1 and "2 consumers" in found.get_attribute("aria-label")
    group = tab.get_by_role("button", name="group layer parameters.0, 3 operations, 672 parameters, open")
    assert group.get_attribute("aria-expanded") == "true"


def test_arrows_follow_edges_and_come_back_the_same_way(open_page, page_of):
    tab = open_page(page_of("tiny"))
    tabbed_to_graph(tab)
    assert tab.evaluate(FOCUS) == "v6"
    walked = []
    for key in ("ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowDown", "ArrowRight", "ArrowLeft"):
        tab.keyboard.press(key)
        walked.append(tab.evaluate(FOCUS))
    assert walked[:4] == ["e", "p", "z", "x"] or walked[:4] == ["e", "p", "z", "w"]
    assert walked[5] == "z" and walked[6] == walked[4]  # whence it came


def test_space_opens_and_closes_the_group_and_enter_goes_in(open_page, page_of):
    tab = open_page(page_of("deep"))
    tabbed_to_graph(tab)
    for _ in range(3):
        tab.keyboard.press("ArrowLeft")
    fold = tab.evaluate("document.activeElement.parentElement.id")
    assert tab.evaluate("document.activeElement.getAttribute('aria-expanded')") == "false"
    tab.keyboard.press("Space")
    assert tab.evaluate("document.activeElement.parentElement.id") == fold
    assert tab.evaluate("document.activeElement.getAttribute('aria-expanded')") == "true"
    assert tab.locator("g.closed").count() == 250
    tab.keyboard.press("Enter")
    tab.keyboard.press("ArrowDown")
    assert "block parameters.1" in tab.evaluate("document.activeElement.getAttribute('aria-label')")
    tab.keyboard.press("Space")
    assert tab.evaluate("document.activeElement.matches('.open > *')")
    tab.keyboard.press("Space")
    assert tab.evaluate("document.activeElement.matches('.closed > *')")


def test_a_parameter_and_its_gradient_are_found_by_the_keyboard_alone(open_page, page_of):
    """Find it, read its gradient, go one operation back and return."""
    tab = open_page(page_of("mlp"))
    tab.keyboard.press("/")
    tab.keyboard.type("parameters.1.W")
    tab.keyboard.press("Enter")
    assert "gradient rms 0.0132" in tab.evaluate("document.activeElement.getAttribute('aria-label')")
    tab.keyboard.press("g")
    assert tab.evaluate("document.activeElement.parentElement.querySelector('.number').textContent") == "∂ rms 0.0132"
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate("document.activeElement.parentElement.dataset.op") == "matmul"
    tab.keyboard.press("Enter")
    assert tab.evaluate("chainrule.store.state.pinned.length") == 1
    tab.keyboard.press("Escape")
    assert tab.evaluate("chainrule.store.state.pinned.length") == 0


def test_by_the_keyboard_alone_a_gradient_is_followed_through_its_steps(open_page, page_of):
    """Find a parameter, go to where its gradient is done, read it there, step back once: it is not known any more."""
    tab = open_page(page_of("mlp"))
    for key in ("/", *"parameters.1.W", "Enter", "End"):
        tab.keyboard.press(key)
    row = tab.locator('.gradtable [aria-current="step"]')
    while "parameters.1.W" not in row.inner_text():
        tab.keyboard.press("p")
    number = tab.evaluate("chainrule.graph.nodes.find(({label}) => label === 'parameters.1.W').id")
    gradient = tab.locator(f'.gradtable [data-row="{number}"] .gradient')
    assert "rms 0.01324" in gradient.inner_text()
    assert "0.01324" in tab.locator("[data-slot=panel] section.gradient").inner_text()
    said = tab.locator(".speech").text_content()
    assert "gradient of parameters.1.W: 2 of 2, done" in said
    tab.keyboard.press("p")
    assert tab.locator(f'.gradtable [data-row="{number}"]').get_attribute("data-state") == "partial"
    assert "not computed yet" in tab.locator("[data-slot=panel] section.gradient").inner_text()


def test_the_focus_is_seen_in_both_themes(open_page, page_of):
    for theme in ("light", "dark"):
        tab = open_page(page_of("tiny"), color_scheme=theme)
        tabbed_to_graph(tab)
        outline = "getComputedStyle(document.activeElement)"
        assert tab.evaluate(f"{outline}.outlineStyle") == "solid"
        accent = tab.evaluate("getComputedStyle(document.body).getPropertyValue('--accent')")
        shown = "c => { document.body.style.caretColor = c; return getComputedStyle(document.body).caretColor; }"
        assert tab.evaluate(f"{outline}.outlineColor") == tab.evaluate(shown, accent)


def test_the_help_lists_all_keys_and_the_limits_of_flags(open_page, page_of):
    tab = open_page(page_of("tiny"))
    tab.keyboard.press("?")
    help_text = tab.get_by_role("dialog", name="help").inner_text()
    for words in tab.evaluate("chainrule.commands.all.map(({words}) => words).filter(Boolean)"):
        assert words in help_text
    assert "vanishing" in help_text and "0.001" in help_text and "1000" in help_text
    tab.keyboard.press("Escape")
    assert tab.get_by_role("dialog").count() == 0


def test_no_key_has_two_meanings(open_page, page_of):
    tab = open_page(page_of("mlp"))
    keys = tab.evaluate("chainrule.commands.all.flatMap(({keys}) => keys)")
    assert sorted(set(keys) - {"Escape"}) == sorted(key for key in keys if key != "Escape")
