"""The layers of a picture: what each box and edge tells, by what the picture shows."""

import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import chainrule as cr
from chainrule.view.boxes import SHOWS
from chainrule.view.marks import bytes_text

from .graphs import deep, graph_of, nan

SVG = "{http://www.w3.org/2000/svg}"


def layer(graph, values, show, **options):
    return ET.fromstring(graph.to_svg(values=values, show=show, **options))


def told(root):
    """By the name of a variable, the number in its box."""
    found = {}
    for node in root.iter(SVG + "g"):
        if node.get("data-node"):
            found[node.get("data-name")] = next(t.text for t in node.iter(SVG + "text") if t.get("class") == "number")
    return found


def beside(root):
    """By the name of an edge, the text beside its glyph, and the gain."""
    found = {}
    for edge in root.iter(SVG + "g"):
        if edge.get("data-to"):
            glyph = [each for each in edge.iter(SVG + "g") if each.get("class") == "glyph"]
            texts = [text.text for each in glyph for text in each.iter(SVG + "text")]
            found[edge.get("id")] = texts[0] if texts else None, edge.get("data-gain")
    return found


def test_memory_tells_what_is_kept():
    """z = w x, p = tanh(z), e = p - y, e^2: the product keeps its factors, tanh and the square what they are of."""
    graph, values = graph_of("tiny")
    found = told(layer(graph, values, "memory"))
    assert {name for name, text in found.items() if text == "keeps 8 B"} == {"w", "x", "z", "e"}
    assert {name for name, text in found.items() if text == "not kept"} == {"y", "p", "v6"}


def test_health_tells_whether_it_reaches_the_result():
    for reaches, words in ((True, "reaches the loss"), (False, "does not reach the loss")):
        graph, arguments = nan(reaches)
        with np.errstate(all="ignore"):
            found = told(layer(graph, graph.forward(*arguments), "health"))
        assert found["entropy"] == words and found["x"] == "ok"
        assert found["p"] == ("ok" if reaches else "absorbed")  # a gradient of zero has met the slope of log
        assert "not finite" in found.values()


def test_jacobians_have_their_gains_beside_them():
    graph, values = graph_of("tiny")
    root = layer(graph, values, "jacobian")
    for text, gain in beside(root).values():
        assert text is None or text.endswith(f"×{gain}") or "×" not in text
    square = beside(root)["e6-0"]  # d(e^2)/de = 2 e, e = tanh(1) - 1
    assert square == (f"×{2 * (1 - np.tanh(1)):.3f}", "0.477") or square[0].endswith("×0.477")
    assert told(root) == told(layer(graph, values, "gradient"))
    assert all("×" not in (text or "") for text, _ in beside(layer(graph, values, "value")).values())


def test_a_closed_group_sums_up_what_is_in_it():
    graph, arguments = deep(40)
    texts = {}
    for show in SHOWS:
        root = layer(graph, graph.forward(*arguments), show, collapse=0)
        (group,) = [each for each in root.iter(SVG + "g") if "closed" in (each.get("class") or "")]
        (texts[show],) = [text.text for text in group.iter(SVG + "text") if text.get("class") == "number"]
    assert texts["value"].startswith("rms ") and texts["gradient"] == texts["jacobian"] and "∂" in texts["gradient"]
    assert texts["health"] in ("ok", "1 flagged")
    kept = sum(graph.data.variables[n].size * 8 for n in _kept(graph))
    assert texts["memory"] == f"keeps {bytes_text(kept)}"


def _kept(graph):
    """Without the last operations, which are in no group: the mean of the square of h."""
    nodes = json.loads(graph.to_view())["nodes"]
    return [node["id"] for node in nodes if node["kept"] and node["group"] > 0]


@pytest.mark.parametrize("style", ["compact", "lecture"])
def test_boxes_stay_whatever_is_shown(style):
    graph, values = graph_of("mlp")
    places = set()
    for show in SHOWS:
        root = layer(graph, values, show, style=style)
        bodies = [each for each in root.iter() if each.get("class") == "body"]
        places.add(str([(each.get("x"), each.get("y"), each.get("width"), each.get("d")) for each in bodies]))
    assert len(places) == 1


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (8, "8 B"),
        (999, "999 B"),
        (16_384, "16.4 kB"),
        (2_500_000, "2.5 MB"),
        (999_999, "1 MB"),
        (3 * 10**12, "3 TB"),
    ],
)
def test_bytes_are_told_in_three_digits(count, text):
    assert bytes_text(count) == text


def test_without_values_boxes_hold_no_number():
    graph = cr.trace(lambda x: np.tanh(x), 1.0)
    for show in SHOWS:
        assert 'class="number"' not in graph.to_svg(show=show)
