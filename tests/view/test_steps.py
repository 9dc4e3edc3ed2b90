"""The steps of both ways as pictures: what is not computed yet is a dash, and nothing moves."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError


def shared(w, x):
    z = w * x
    return np.sin(z) + z * w


@pytest.fixture(scope="module")
def pictures():
    g = cr.trace(shared, 0.5, 2.0)
    return g.to_steps(g.forward(0.5, 2.0))


def texts(picture):
    return ["".join(each.itertext()) for each in ET.fromstring(picture).iter("{http://www.w3.org/2000/svg}text")]


def table(picture):
    """The grad_table: name, shape, gradient, contributions."""
    found = texts(picture)
    cells = found[found.index("grad_table") + 4 :]
    return {cells[k]: cells[k + 2 : k + 4] for k in range(0, len(cells), 4)}


def test_one_for_each_step(pictures):
    whats = [texts(each)[-1] if "backward" not in each else None for each in pictures[:5]]
    assert whats == [
        "the inputs",
        "forward: z = multiply(w, x)",
        "forward: v3 = sin(z)",
        "forward: v4 = multiply(z, w)",
        "forward: v5 = add(v3, v4)",
    ]
    backward = [next(t for t in texts(each) if t.startswith("backward")) for each in pictures[5:]]
    assert backward == [
        "backward: the table begins with the seed",
        "backward: v5 sends to v3 and v4",
        "backward: v4 sends to z and w",
        "backward: v3 sends to z",
        "backward: z sends to w and x",
    ]


def test_values_appear(pictures):
    def numbers(picture):
        return re.findall(r'<text class="number"[^>]*>([^<]*)<', picture.split('<g class="steps">')[0])

    assert numbers(pictures[0]) == ["0.5", "2", "–", "–", "–", "–"]
    assert numbers(pictures[2]) == ["0.5", "2", "1", "0.841", "–", "–"]
    assert "–" not in numbers(pictures[4])


def test_the_table_fills_and_sums_wait(pictures):
    assert table(pictures[5])["z"] == ["–", "–"] and table(pictures[5])["v5"] == ["1", "the seed"]
    assert table(pictures[7])["z"] == ["–", "1 so far"]
    assert table(pictures[8])["z"] == ["1.04", "2 of 2"]
    g = cr.trace(shared, 0.5, 2.0)
    gradients = g.backward(g.forward(0.5, 2.0))
    last = table(pictures[-1])
    assert {name: row[0] for name, row in last.items()} == {name: f"{gradients[name]:.3g}" for name in gradients}
    assert not any("0 of" in row[1] for row in last.values())


def test_nothing_moves(pictures):
    def places(picture):
        return re.findall(r'<g id="n\d+".*?<rect class="body" x="([\d.]+)" y="([\d.]+)"', picture)

    assert len({tuple(places(each)) for each in pictures}) == 1 and len(places(pictures[0])) == 6


def test_what_is_at_work_is_marked(pictures):
    assert [each.count('class="at"') for each in pictures] == [0, 3, 2, 3, 3, 1, 3, 3, 2, 3]


def test_a_result_of_several_numbers_has_the_way_forward_only():
    g = cr.trace(np.tanh, np.ones(3))
    assert len(g.to_steps(g.forward(np.ones(3)))) == 2
    assert len(g.to_steps(g.forward(np.ones(3)), seeds=[np.ones(3)])) == 4


def test_a_large_graph_is_refused():
    def f(x):
        for _ in range(300):
            x = np.sin(x)
        return x

    g = cr.trace(f, 1.0)
    with pytest.raises(ArgumentError, match="at most 200 variables"):
        g.to_steps(g.forward(1.0))


def test_hostile_names_stay_text():
    def f(p):
        return p["</text><script>"] * 2

    g = cr.trace(f, {"</text><script>": 1.0})
    for picture in g.to_steps(g.forward(1.0)):
        assert "<script>" not in picture
        ET.fromstring(picture)
