"""Pictures: what is in the file, for people and for the page that will bring it to life."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import chainrule as cr
from chainrule.structure.recognition import NAMES
from chainrule.view import Outline
from chainrule.view.glyphs import GLYPHS
from chainrule.view.opening import open_groups
from chainrule.view.picture import Picture
from chainrule.view.svg import to_svg
from chainrule.view.theme import DARK, LIGHT

from .graphs import FIXTURES, mlp, outline_of, tiny

SVG = "{http://www.w3.org/2000/svg}"


def drawn(name, style="compact", **options):
    graph, arguments = FIXTURES[name]()
    return graph, ET.fromstring(graph.to_svg(values=graph.forward(*arguments), style=style, **options))


def of_class(root, name):
    return [each for each in root.iter() if name in (each.get("class") or "").split()]


@pytest.mark.parametrize("style", ["compact", "lecture"])
def test_every_variable_and_edge_of_a_small_graph_is_an_element(style):
    graph, root = drawn("tiny", style)
    nodes = of_class(root, "node")
    assert len(nodes) == len(graph) == 7
    names = {node.get("id"): node.get("data-name") for node in nodes}
    assert names == {f"n{v.number}": graph.names[v.number] for v in graph}
    for node in nodes:
        shape = graph.variable(node.get("data-name")).shape
        assert node.get("data-shape") == ",".join(map(str, shape))
    edges = [each for each in of_class(root, "edge") if each.get("data-to")]
    expected = {(u.number, v.number, k) for v in graph for k, u in enumerate(v.inputs)}
    assert {tuple(int(e.get(f"data-{a}")) for a in ("from", "to", "argument")) for e in edges} == expected
    assert len(edges) == len(expected)


def test_elements_have_names_of_their_own():
    for name in FIXTURES:
        outline = outline_of(name)
        root = ET.fromstring(to_svg(Picture(outline, open_groups(outline, 9))))
        ids = [each.get("id") for each in root.iter() if each.get("id")]
        assert len(ids) == len(set(ids))


def test_edges_carry_their_local_jacobian():
    graph, root = drawn("tiny")
    p, e = graph.variable("p"), graph.variable("e")
    edge = next(each for each in of_class(root, "edge") if each.get("id") == f"e{p.number}-0")
    assert (edge.get("data-structure"), edge.get("data-stored"), edge.get("data-full")) == ("diagonal", "1", "1")
    # 1 - tanh(1)^2
    assert float(edge.get("data-gain")) == pytest.approx(0.41997, abs=1e-4)
    second = next(each for each in of_class(root, "edge") if each.get("id") == f"e{e.number}-1")
    assert second.get("data-structure") == "scaled identity"


def test_every_structure_has_a_glyph():
    assert set(NAMES) <= set(GLYPHS)
    assert len({glyph[:2] for glyph in GLYPHS.values()}) == len(GLYPHS)


def test_no_text_is_small():
    for name in FIXTURES:
        for style in ("compact", "lecture"):
            outline = outline_of(name)
            root = ET.fromstring(to_svg(Picture(outline, open_groups(outline), style)))
            sizes = [float(text.get("font-size")) for text in root.iter(SVG + "text")]
            assert min(sizes) >= 9


def test_the_numbers_are_those_of_the_graph():
    _, root = drawn("tiny")
    texts = {node.get("data-name"): [t.text for t in node.iter(SVG + "text")] for node in of_class(root, "node")}
    assert texts["p"] == ["p", "tanh", "0.762"]
    _, root = drawn("tiny", show="gradient")
    texts = {node.get("data-name"): [t.text for t in node.iter(SVG + "text")] for node in of_class(root, "node")}
    # d/dp (p - 1)^2 = 2 (0.76159 - 1)
    assert texts["p"][-1] == "∂ -0.477"


def test_a_gradient_that_was_not_computed_is_a_dash():
    graph = cr.trace(lambda x: np.sin(x), np.ones(3))
    text = graph.to_svg(values=graph.forward(np.ones(3)), show="gradient")
    assert "∂ –" in text and "∂ rms 0" not in text
    text = graph.to_svg(values=graph.forward(np.ones(3)), seeds=[np.ones(3)], show="gradient")
    assert "∂ rms 0.54" in text  # cos 1


def test_in_the_lectures_drawing_operations_stand_on_edges():
    _, root = drawn("tiny", "lecture")
    node = next(node for node in of_class(root, "node") if node.get("data-name") == "z")
    assert [text.text for text in node.iter(SVG + "text")] == ["z", "1", "×"]
    picture = Picture(outline_of("tiny"), {0}, "lecture")
    y = {picture.outline.names[shape.number]: shape.y for shape in picture.shapes}
    assert y["w"] > y["z"] > y["p"] > y["e"]  # upwards, as in the slides


HOSTILE = [
    "</script><script>alert(1)</script>",
    '"><svg onload="alert(1)">',
    "a & b < c",
    "emoji 🎈 here",
    "עברית ועוד",
    "l" * 200,
    "bad \x00 and \ud800 letters",
    "]]>",
]


@pytest.mark.parametrize("style", ["compact", "lecture"])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_text(name, style):
    graph = cr.trace(lambda w: np.sum(w * 2.0), np.ones(3))
    (v,) = graph.inputs
    v.name = name
    text = graph.to_svg(values=graph.forward(np.ones(3)), style=style)
    root = ET.fromstring(text.encode("utf-8"))
    known = ("svg", "g", "title", "desc", "style", "rect", "path", "text")
    assert {each.tag for each in root.iter()} <= {SVG + tag for tag in known}
    assert not any(attribute.startswith("on") for each in root.iter() for attribute in each.attrib)
    (node,) = [node for node in of_class(root, "node") if node.get("id") == f"n{v.number}"]
    assert node.get("data-name") == re.sub("[\x00\ud800]", "\ufffd", name)
    assert max(len(text.text) for text in node.iter(SVG + "text")) < 40


def test_constants_stand_in_the_boxes_that_use_them():
    graph = cr.trace(lambda x: 0.25 * x, 2.0)
    root = ET.fromstring(graph.to_svg())
    (chip,) = of_class(root, "chip")
    node = next(node for node in of_class(root, "node") if node.get("data-op"))
    assert chip in list(node.iter()) and chip.get("data-argument") == "0"
    assert [text.text for text in node.iter(SVG + "text")][:2] == ["0.25", "multiply"]
    assert len(of_class(root, "node")) == 2


def test_what_is_ill_has_a_mark_with_a_word():
    def f(x):
        return np.sum(np.log(x))

    graph = cr.trace(f, np.ones(3))
    with np.errstate(divide="ignore"):
        root = ET.fromstring(graph.to_svg(values=graph.forward(np.array([1.0, 0.0, 2.0]))))
    words = [[text.text for text in flag.iter(SVG + "text")] for flag in of_class(root, "flag")]
    assert ["✕ non-finite, first cause"] in words and ["i poisoned by v1"] in words


def luminance(color):
    parts = [int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_texts_stand_out(palette):
    """The contrast of WCAG 2.1, section 1.4.3, at least 4.5."""
    pairs = [(palette[ink], palette["ground"]) for ink in ("text", "muted")]
    for box in ("box", "input", "parameter", "constant", "output", "group"):
        pairs += [(palette[ink], palette[box][0]) for ink in ("text", "muted", "number")]
    pairs += [(palette["operation"], palette[box][0]) for box in ("box", "output", "group")]
    pairs += [(palette["text"], palette["chip"][0])]
    pairs += [(palette[flag][1], palette[flag][0]) for flag in ("error", "warning", "note")]
    for ink, paper in pairs:
        light, dark = sorted((luminance(ink), luminance(paper)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, paper)


def test_themes():
    graph, _ = tiny()
    assert "prefers-color-scheme:dark" in graph.to_svg()
    assert DARK["ground"] not in graph.to_svg(theme="light")
    assert "@media print" in graph.to_svg(theme="dark")


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ({"style": "neat"}, "style='neat' is none"),
        ({"theme": "pink"}, "theme='pink' is none"),
        ({"show": "all"}, "show='all' is none"),
        ({"collapse": -1}, "collapse=-1 does not say which groups are closed"),
    ],
)
def test_options_that_are_none(option, sentence):
    with pytest.raises(cr.errors.ArgumentError, match=re.escape(sentence)):
        tiny()[0].to_svg(**option)


def test_groups_are_closed_as_one_says():
    graph, _ = mlp()
    closed = ET.fromstring(graph.to_svg(collapse=lambda group: group.title == "parameters.2"))
    assert [g.get("data-kind") for g in of_class(closed, "closed")] == ["layer"]
    assert len(of_class(ET.fromstring(graph.to_svg(collapse=0)), "closed")) == 6
    assert not of_class(ET.fromstring(graph.to_svg(collapse=2)), "closed")


def test_deep_begins_with_few_boxes_one_of_which_counts():
    graph, _ = FIXTURES["deep"]()
    root = ET.fromstring(graph.to_svg())
    assert len(of_class(root, "node")) + len(of_class(root, "closed")) < 60
    (fold,) = of_class(root, "closed")
    assert fold.get("data-copies") == "250"
    assert "× 250" in [text.text for text in fold.iter(SVG + "text")]


def test_a_graph_of_nothing_but_an_input():
    x = cr.variable("x", shape=(2,))
    root = ET.fromstring(cr.Graph([x], [x]).to_svg())
    assert len(of_class(root, "node")) == 1


def test_parameters_may_be_named():
    graph, _ = tiny()
    root = ET.fromstring(graph.to_svg(parameters=["w"]))
    roles = {node.get("data-name"): node.get("data-role") for node in of_class(root, "node")}
    assert roles["w"] == "parameter" and roles["x"] == "input"
    with pytest.raises(cr.errors.UnknownNameError):
        graph.to_svg(parameters=["nobody"])


def test_values_of_another_graph_are_refused(tmp_path):
    (one, arguments), (other, _) = tiny(), tiny()
    values = one.forward(*arguments)
    with pytest.raises(cr.errors.ArgumentError, match="of the same graph"):
        other.to_svg(values=values)
    with pytest.raises(cr.errors.ArgumentError, match="of the same graph"):
        one.to_svg(values=one.backward(values))
    path = tmp_path / "g.svg"
    assert one.to_svg(path, values) == path.read_text(encoding="utf-8")


def test_results_of_several_parts_and_bodies_are_drawn():
    def f(A, xs):
        values, vectors = np.linalg.eigh(A)
        total, _ = cr.scan(lambda c, x: (np.tanh(c + x), None), 0.0, xs)
        return np.sum(values) + np.sum(vectors) + total

    graph = cr.trace(f, np.eye(3), np.ones(4))
    root = ET.fromstring(graph.to_svg())
    words = [node.get("data-op") for node in of_class(root, "node")]
    assert words.count("eigh") == 2
    assert any("holds 2 operations" in (text.text or "") for text in root.iter(SVG + "text"))


def test_outlines_of_gradients():
    """The graph that back-propagation makes is drawn like any other."""
    graph, arguments = mlp()
    gradient = graph.backprop(["parameters.0.W"])
    outline = Outline(gradient.data)
    ET.fromstring(to_svg(Picture(outline, open_groups(outline, 9))))
    ET.fromstring(gradient.to_svg(values=gradient.forward(*arguments)))
