"""Everybody can use the page: by ear, with other colors, on small screens, in large letters, on paper."""

from pathlib import Path

import pytest

CONTRASTS = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgb = color => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = color => {
    const [r, g, b] = color.slice(0, 3).map(c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const mixed = (color, ground, full) => color.map((c, k) => full * c + (1 - full) * ground[k]);
  const seenThrough = element => {
    let found = 1;
    for (let each = element; each; each = each.parentElement) found *= Number(getComputedStyle(each).opacity);
    return found;
  };
  const behind = element => {
    for (let each = element; each; each = each.parentElement) {
      const color = rgb(getComputedStyle(each).backgroundColor);
      if (color[3] > 250) return color;
    }
    return [255, 255, 255];
  };
  const around = text => {
    const body = text.closest('g.flag, g.chip, g.node, g.closed')?.querySelector(':scope > .body');
    const ground = rgb(getComputedStyle(text.closest('svg').querySelector('.ground')).fill);
    return body ? mixed(rgb(getComputedStyle(body).fill), ground, seenThrough(body)) : ground;
  };
  const places = '.headline > *, .bar button, .panel *, .flags *, .stage text, .drawer *, .rows *, [role=dialog] *';
  const texts = [...document.querySelectorAll(places)].filter(each =>
    [...each.childNodes].some(node => node.nodeType === 3 && node.data.trim()) && each.checkVisibility() &&
    each.getClientRects().length > 0);
  return texts.map(text => {
    const svg = text instanceof SVGElement;
    const style = getComputedStyle(text);
    const [ground, full] = [svg ? around(text) : behind(text), seenThrough(text)];
    const [a, b] = [mixed(rgb(svg ? style.fill : style.color), ground, full), ground].map(light);
    return [text.textContent, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
  });
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_page, page_of, serious, theme):
    tab = open_page(page_of("dead"), color_scheme=theme)
    assert serious(tab) == []
    tab.keyboard.press("]")
    tab.get_by_role("combobox", name="search").fill("h")
    assert serious(tab) == []
    tab.keyboard.press("Escape")
    tab.keyboard.press("r")
    assert serious(tab) == []
    tab.keyboard.press("?")
    assert serious(tab) == []
    tab.keyboard.press("Escape")
    tab.evaluate("chainrule.store.update({tab: 'graph', graphs: 'beside', step: 30, pinned: [7]})")
    assert serious(tab) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_have_contrast(open_page, page_of, scheme):
    tab = open_page(page_of("dead"), color_scheme=scheme)
    tab.keyboard.press("]")
    found = tab.evaluate(CONTRASTS)
    assert len(found) > 20
    for step in (8, 20):
        tab.evaluate("step => chainrule.store.update({step, pinned: [7], graphs: 'both'})", step)
        tab.evaluate("document.getAnimations().forEach((each) => each.finish())")
        found += tab.evaluate(CONTRASTS)
    tab.keyboard.press("r")
    tab.keyboard.press("?")
    found += tab.evaluate(CONTRASTS)
    assert len(found) > 300
    assert [each for each in found if each[1] < 4.5] == []


def test_the_theme_follows_the_reader_unless_told_otherwise(open_page, page_of):
    ground = (
        "getComputedStyle(document.body).backgroundColor + getComputedStyle(document.querySelector('.ground')).fill"
    )
    light, dark = "rgb(255, 255, 255)" * 2, "rgb(13, 17, 23)" * 2
    tab = open_page(page_of("tiny"), color_scheme="dark")
    assert tab.evaluate(ground) == dark
    tab.emulate_media(color_scheme="light")
    assert tab.evaluate(ground) == light
    toggle = tab.get_by_role("button", name="colors")
    assert toggle.is_visible()
    toggle.click()
    assert tab.evaluate(ground) == dark
    tab.emulate_media(color_scheme="dark")
    tab.keyboard.press("t")  # the reader's again
    tab.keyboard.press("t")
    assert tab.evaluate(ground) == light


def test_nothing_moves_where_motion_is_not_wanted(open_page, page_of):
    tab = open_page(page_of("tiny"), reduced_motion="reduce")
    for key in ("n", "n", "]", "g"):
        tab.keyboard.press(key)
    assert tab.evaluate("document.getAnimations().filter(({playState}) => playState === 'running').length") == 0


@pytest.mark.parametrize("size", [(800, 600), (390, 844), (640, 430)])  # the last one: 1280 by 860 at 200 %
@pytest.mark.parametrize("name", ["mlp", "nan"])
def test_no_page_scrolls_sideways(open_page, page_of, size, name):
    tab = open_page(page_of(name), viewport={"width": size[0], "height": size[1]})
    sideways = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert tab.evaluate(sideways) == 0
    tab.evaluate("chainrule.store.update({pinned: [3]})")
    tab.keyboard.press("]")
    assert tab.evaluate(sideways) == 0
    stage, panel = (tab.locator(each).bounding_box() for each in (".stage", ".panel"))
    assert panel["y"] >= stage["y"] + stage["height"] - 1
    assert stage["height"] > 200
    tab.keyboard.press("r")
    assert tab.evaluate(sideways) == 0 and tab.locator(".rows [data-number]").first.is_visible()
    tab.keyboard.press("?")
    assert tab.evaluate(sideways) == 0


def test_tiny_prints_on_one_white_page(open_page, page_of):
    tab = open_page(page_of("tiny"), color_scheme="dark")
    tab.evaluate("chainrule.store.update({pinned: []})")
    pdf = tab.pdf(format="A4")
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") + pdf.count(b"/Type /Page/") == 1
    tab.emulate_media(media="print")
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert tab.evaluate("getComputedStyle(document.querySelector('.ground')).fill") == "rgb(255, 255, 255)"
    assert tab.locator(".bar button").first.is_hidden()
    tab.evaluate("chainrule.store.update({pinned: [3]})")
    stage, panel = (tab.locator(each).bounding_box() for each in (".stage", ".panel"))
    assert panel["y"] >= stage["y"] + stage["height"] - 1


def test_windows_with_high_contrast_show_what_is_chosen(open_page, page_of):
    tab = open_page(page_of("tiny"), forced_colors="active")
    chosen = tab.locator('.choice [aria-pressed="true"]').first
    other = tab.locator('.choice [aria-pressed="false"]').first
    color = "each => getComputedStyle(each).backgroundColor"
    assert chosen.evaluate(color) != other.evaluate(color)
    assert tab.locator(".node").first.is_visible()


def test_saved_is_what_python_writes(open_page, page_of):
    from ..view.graphs import graph_of

    graph, values = graph_of("mlp")
    tab = open_page(page_of("mlp"))
    for key, show in (("j", "jacobian"), ("m", "memory")):
        tab.keyboard.press(key)
        assert saved(tab) == graph.to_svg(values=values, show=show)
    tab.keyboard.press("z")
    tab.evaluate("chainrule.store.update({style: 'compact', show: 'gradient', theme: 'dark'})")
    assert saved(tab) == graph.to_svg(values=values, show="gradient", theme="dark", collapse=lambda group: True)
    tab.evaluate(
        "chainrule.store.update({step: 3, show: 'value', pinned: [3], graphs: 'both'})"
    )  # marks are none of the picture
    assert saved(tab) == graph.to_svg(values=values, theme="dark", collapse=lambda group: True)


def saved(tab):
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Save").click()
    return Path(download.value.path()).read_text(encoding="utf-8")
