"""The page of training runs in a browser."""

import json
import re

import pytest

from chainrule.view.report import report_page

from ..view.runs import HOSTILE, loss_of, write_run

NAMES = ["loss", "score", "penalty", "learning-rate", "gradients", "ratios", "time"]


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    return report_page([write_run(tmp_path_factory.mktemp("runs") / "mine")])


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """The second has fewer epochs, another kind of classes, and is not over."""
    runs = tmp_path_factory.mktemp("runs")
    write_run(runs / "a", seed=1)
    write_run(runs / "b", epochs=7, k=3, ended=False, seed=2, layers=("layer 1", "layer 2", "output layer"))
    return report_page([runs / "a", runs / "b"])


@pytest.fixture(scope="module")
def regression(tmp_path_factory):
    return report_page([write_run(tmp_path_factory.mktemp("runs") / "mine", classes=None)])


def drawn(tab, name):
    """What a figure draws: epochs, and the numbers of each series."""
    return tab.evaluate(f"chainrule.plots().find(plot => plot.figure.id === '{name}').drawn.data")


def rows_of(tab, name):
    """The numbers of a figure, as its table has them."""
    tab.click(f"[data-plot={name}] summary")
    tab.wait_for_selector(f"[data-plot={name}] tbody tr")
    return tab.eval_on_selector_all(
        f"[data-plot={name}] tr", "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )


def test_every_figure_is_there(open_page, one):
    tab = open_page(one)
    assert tab.eval_on_selector_all("[data-plot]", "all => all.map(each => each.dataset.plot)") == NAMES
    assert tab.locator("figure.plain").count() == 0  # the curve for readers without scripts


def test_the_last_point_of_the_curve_is_the_last_number_of_the_log(open_page, one):
    tab = open_page(one)
    epochs, validation, training = drawn(tab, "loss")
    assert epochs == list(range(1, 13))
    assert training == [loss_of(epoch) for epoch in epochs] and validation[-1] == loss_of(12) + 0.12
    *_, last = rows_of(tab, "loss")
    assert [float(cell) for cell in last] == pytest.approx([12, loss_of(12) + 0.12, loss_of(12)], rel=1e-6)
    # And so it is on the canvas: there is the color of the series.
    pixel = tab.evaluate("""() => {
      const {drawn} = chainrule.plots()[0];
      const x = Math.round(drawn.valToPos(12, 'x', true)) - 2, y = drawn.valToPos(drawn.data[2].at(-1), 'y', true);
      const column = drawn.ctx.getImageData(x, Math.round(y) - 4, 1, 9).data;
      return Array.from({length: 9}, (_, k) => [...column.slice(4 * k, 4 * k + 3)]);
    }""")
    assert any(red > 180 and blue < 120 for red, _, blue in pixel)  # vermillion


def test_a_log_that_is_cut_off(open_page, tmp_path):
    folder = write_run(tmp_path / "mine", ended=False)
    log = folder / "events.jsonl"
    log.write_bytes(log.read_bytes()[:-100])
    tab = open_page(report_page([folder]))
    assert drawn(tab, "loss")[0] == list(range(1, 12))
    assert tab.locator("text=under way").count() == 1
    log.write_bytes(b"")
    assert open_page(report_page([folder])).locator("[data-plot]").count() == 0


def test_two_runs_over_each_other(open_page, two):
    tab = open_page(two)
    epochs, *lines = drawn(tab, "loss")
    assert epochs == list(range(1, 13)) and len(lines) == 4
    assert lines[3] == [loss_of(epoch, 3) for epoch in range(1, 8)] + [None] * 5
    names = tab.eval_on_selector_all("[data-plot=loss] .legend bdi", "all => all.map(each => each.textContent)")
    assert names == ["a: validation", "a: training", "b: validation", "b: training"]
    assert tab.locator(".settings .differs bdi").all_text_contents() == ["1", "2"]
    # The layers are those of one run, which can be chosen.
    assert tab.locator("[data-plot=gradients] .legend button").count() == 2
    tab.select_option("[data-plot=gradients] select", "1")
    assert tab.locator("[data-plot=ratios] .legend button").count() == 3
    assert tab.evaluate("document.activeElement.closest('figure').dataset.plot") == "gradients"


def test_ribbons_are_the_least_and_the_greatest(open_page, one):
    tab = open_page(one)
    _, first, second, high, low, *_ = drawn(tab, "gradients")
    assert [first[1], second[1], high[1], low[1]] == pytest.approx([1.0, 1.5, 2.0, 0.5])
    assert len(tab.evaluate("chainrule.plots()[4].drawn.bands")) == 2


def test_the_cursor_is_that_of_all_figures(open_page, one):
    tab = open_page(one)
    box = tab.locator("[data-plot=penalty] .u-over").bounding_box()
    tab.mouse.move(box["x"] + box["width"] * 5 / 11, box["y"] + 20)  # epoch 6 of 1 to 12
    assert tab.locator(".epoch").text_content() == "epoch 6"
    assert tab.locator("[data-plot=loss] .value").nth(1).text_content() == "0.167"
    assert tab.locator("[data-plot=learning-rate] .value").text_content() == "0.0167"


def test_by_keyboard_alone(open_page, one):
    tab = open_page(one)
    tab.focus("[data-plot=loss] .canvas")
    tab.keyboard.press("Home")
    assert tab.locator(".epoch").text_content() == "epoch 1"
    tab.keyboard.press("ArrowRight")
    assert tab.locator(".speech").text_content() == "epoch 2: validation 0.52, training 0.5"
    tab.keyboard.press("Escape")
    assert tab.locator(".epoch").text_content() == ""
    tab.focus("[data-plot=loss] .scale")
    before = tab.get_attribute("[data-plot=loss] .scale", "aria-pressed")
    tab.keyboard.press("Enter")
    assert tab.get_attribute("[data-plot=loss] .scale", "aria-pressed") != before
    tab.focus("[data-plot=loss] .legend button")
    tab.keyboard.press("Space")
    assert tab.evaluate("chainrule.plots()[0].drawn.series.map(each => each.show)") == [True, False, True]
    tab.keyboard.press("t")
    assert tab.evaluate("document.documentElement.dataset.theme") == "dark"
    assert tab.evaluate("chainrule.plots()[0].drawn.series.map(each => each.show)") == [True, False, True]


def test_a_scale_without_a_place_for_zero(open_page, tmp_path):
    folder = write_run(tmp_path / "mine")
    lines = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    lines[5]["penalty"] = 0.0
    (folder / "events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    tab = open_page(report_page([folder]))
    tab.click("[data-plot=penalty] .scale")
    assert drawn(tab, "penalty")[1][4] is None and rows_of(tab, "penalty")[5][1] == "0"


def test_without_scripts(open_page, one, regression):
    tab = open_page(one, ready=False, java_script_enabled=False)
    assert tab.locator("svg.chart").count() == 1 and tab.locator("svg.chart path[class^=series]").count() == 2
    assert tab.locator("svg.chart").bounding_box()["height"] > 150
    assert tab.locator(".summary td").first.text_content() == "finished"
    assert tab.locator("table.confusion td.right").all_text_contents() == ["20", "20", "20"]
    assert tab.locator("img.pixels").first.bounding_box()["width"] == 96
    assert open_page(regression, ready=False, java_script_enabled=False).locator("svg.chart").count() == 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_theme_contrast_and_accessibility(open_page, two, regression, serious, scheme):
    for page in (two, regression):
        tab = open_page(page, color_scheme=scheme)
        ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (ground == "rgb(255, 255, 255)") == (scheme == "light")
        tab.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        assert serious(tab) == []


def test_the_toggle_overrides_and_outlives_a_reload(open_page, two):
    tab = open_page(two, color_scheme="light")
    tab.click(".theme")
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(13, 17, 23)"
    tab.click(".reload button")
    tab.wait_for_selector("html[data-ready]", state="attached")
    assert tab.evaluate("document.documentElement.dataset.theme") == "dark"
    tab.check(".reload input")
    assert "every=10" in tab.evaluate("location.hash")


def test_a_run_that_is_over_offers_no_reload(open_page, one):
    assert open_page(one).locator(".reload").count() == 0


@pytest.mark.parametrize("ended", [True, False])
def test_hostile_names_are_text(open_page, tmp_path, ended):
    folders = [
        write_run(
            tmp_path / ("run" + name.replace("/", "")[:100]),
            classes=HOSTILE,
            target=name,
            layers=(name, "b"),
            ended=ended,
        )
        for name in HOSTILE
    ]
    tab = open_page(report_page(folders))
    assert tab.evaluate("window.hit") is None
    shown = tab.evaluate("document.body.textContent")
    assert all(name in shown for name in HOSTILE)
    assert tab.locator("[data-plot=gradients] .legend bdi").first.text_content() == HOSTILE[0]
    assert tab.evaluate("document.documentElement.scrollWidth") <= tab.evaluate("innerWidth")


@pytest.mark.parametrize("width", [390, 800])
def test_narrow_windows_do_not_scroll_sideways(open_page, two, regression, width):
    for page in (two, regression):
        tab = open_page(page, viewport={"width": width, "height": 600})
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        assert tab.locator("[data-plot=loss] canvas").bounding_box()["width"] > 300


def test_two_pages_within_another_on_one_line(open_page, one, two):
    frames = "".join(
        '<iframe sandbox="allow-scripts" width="600" height="400" srcdoc="{}"></iframe>'.format(
            page.replace("\n", " ").replace("&", "&amp;").replace('"', "&quot;")
        )
        for page in (one, two)
    )
    tab = open_page(f"<!doctype html><title>two</title>{frames}", ready=False)
    for frame in tab.frames[1:]:
        frame.wait_for_selector("html[data-ready]", state="attached")
    first, second = tab.frames[1:]
    first.click(".theme")
    assert first.evaluate("document.documentElement.dataset.theme") == "dark"
    assert second.evaluate("document.documentElement.dataset.theme") == "auto"
    assert second.locator("[data-plot]").count() == 7


def test_in_print_it_is_light(open_page, one):
    tab = open_page(one, color_scheme="dark")
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert tab.evaluate("document.documentElement.dataset.theme") == "light"
    tab.evaluate("dispatchEvent(new Event('afterprint'))")
    assert tab.evaluate("document.documentElement.dataset.theme") == "auto"


def test_code_and_style_are_small(one):
    code = sum(map(len, re.findall(r"<style>.*?</style>|<script>.*?</script>", one, flags=re.DOTALL)))
    assert code < 100_000
