"""The page as a file: small, quick, asking for nothing, of use without scripts, safe with any name."""

import re

import numpy as np
import pytest

import chainrule as cr
from chainrule.view.page import static

HOSTILE = [
    "</script><script>window.broken = 1</script>",
    "<img src=x onerror='window.broken = 1'>",
    "\"double\" and 'single' & `back`",
    "🦊 smile",
    "w" * 200,
    "\u05e9\u05dc\u05d5\u05dd \u202e rtl",
    "${window.broken = 1}",
    "]]> --> <!--",
]


@pytest.mark.parametrize("name", ["tiny", "mlp", "deep", "wide"])
def test_a_page_asks_for_nothing_and_complains_of_nothing(open_page, page_of, name):
    tab = open_page(page_of(name))  # which looks at all requests and complaints
    tab.keyboard.press("a")
    tab.keyboard.press("r")
    assert tab.evaluate("performance.getEntriesByType('resource').length") == 0


def test_without_scripts_there_are_the_picture_and_the_table(open_page, page_of):
    tab = open_page(page_of("tiny"), ready=False, java_script_enabled=False)
    assert tab.locator("svg").count() == 1 and tab.locator("svg .node").count() == 7
    labels = tab.locator("svg .node").all_text_contents()
    assert all(any(name in label for label in labels) for name in ("w", "x", "y", "z", "p", "e", "square"))
    assert tab.locator("table tbody tr").count() == 7 and tab.locator("table").is_visible()


def test_pages_are_small(page_of):
    code = len(static("graph.js").encode()) + len(static("graph.css").encode())
    assert code <= 200_000
    assert len(page_of("mlp").encode()) <= 500_000
    assert len(page_of("deep").encode()) <= 3_000_000
    assert static("graph.js").isascii() and "\n" not in static("graph.js")


@pytest.mark.parametrize(("name", "limit"), [("mlp", 0.5), ("deep", 1.5)])
def test_a_page_is_soon_ready(open_page, page_of, processor_seconds, name, limit):
    tab = open_page(page_of(name))
    seconds = processor_seconds(tab)
    tab.reload()
    tab.wait_for_selector("html[data-ready]", state="attached")
    assert 0.02 < seconds() < limit


def hostile():
    """Names of variables, scopes, functions, files and the graph itself."""
    namespace = {"np": np, "cr": cr, "HOSTILE": HOSTILE}
    body = "    for name in HOSTILE:\n        with cr.scope(name):\n            x = np.tanh(x) * 2.0\n    return x"
    exec(compile(f"def f(x):\n{body}", "</script><b>'\".py", "exec"), namespace)
    namespace["f"].__code__ = namespace["f"].__code__.replace(co_name="<b>&\"f'")

    def total(inputs):
        return sum(np.sum(namespace["f"](x)) for x in inputs.values())

    total.__code__ = total.__code__.replace(co_name=HOSTILE[0])
    total.__name__ = HOSTILE[0]
    return cr.trace(total, {name: np.ones(2) for name in HOSTILE})


def test_hostile_names_are_text(open_page):
    graph = hostile()
    values = graph.forward(*[np.ones(2) for _ in HOSTILE])
    html = graph.to_html(values=values)
    tab = open_page(html)
    tab.keyboard.press("a")
    names = tab.evaluate("chainrule.graph.nodes.filter(({role}) => role === 'parameter').map(({label}) => label)")
    parts = (
        "</script><script>",
        "<img src=x",
        '"double"',
        "🦊 smile",
        "w" * 200,
        "\u05e9\u05dc",
        "${window",
        "--> <!--",
    )
    assert all(any(part in name for name in names) for part in parts) and len(names) == len(parts)
    for name in names:
        tab.evaluate(
            "name => chainrule.store.update({pinned: [chainrule.graph.nodes.find(n => n.label === name).id]})", name
        )
        assert name[:30] in tab.locator(".panel").text_content()
        tab.locator(".search input").fill(name)
        assert tab.locator("#found [role=option]").first.locator("b").text_content() == name
    tab.keyboard.press("Escape")
    tab.keyboard.press("r")
    tab.get_by_role("searchbox", name="filter").fill("img src")
    assert "</script><script>" in tab.locator(".rows tbody").inner_text()
    tab.keyboard.press("?")
    assert tab.evaluate("window.broken") is None
    assert tab.locator("img, .stage b").count() == 0
    assert tab.locator("h1").inner_text() == tab.title() == graph.data.name


def test_pages_of_two_frames_do_not_meet_and_line_ends_are_not_needed(open_page, page_of):
    frames = [re.sub(r"[\r\n]+", " ", page_of("tiny")), page_of("mlp")]
    srcdoc = "".join(
        f'<iframe srcdoc="{html.replace("&", "&amp;").replace(chr(34), "&quot;")}" sandbox="allow-scripts" '
        f'width="900" height="500" title="{k}"></iframe>'
        for k, html in enumerate(frames)
    )
    tab = open_page(f"<!doctype html><meta charset=utf-8><title>two</title>{srcdoc}", ready=False)
    one, other = (tab.frame_locator(f"iframe[title='{k}']") for k in range(2))
    for frame in (one, other):
        frame.locator("html[data-ready]").wait_for(state="attached")
    one.locator('.node[data-name="p"]').click()
    assert one.locator(".node.chosen").count() == 1 and other.locator(".node.chosen").count() == 0
    other.get_by_role("button", name="Gradient", exact=True).click()
    assert other.locator("svg.chainrule").get_attribute("data-show") == "gradient"
    assert one.locator("svg.chainrule").get_attribute("data-show") == "value"
