"""The card of a variable: one line of text, and a table in a notebook."""

import base64
import re
import struct
import zlib

import numpy as np
import pytest

import chainrule as cr
from chainrule.view.colormaps import BLUE_ORANGE, CIVIDIS, NOT_FINITE, colors
from chainrule.view.png import data_uri

from .graphs import FIXTURES


@pytest.fixture(scope="module")
def of_mlp():
    graph, arguments = FIXTURES["mlp"]()
    return graph, graph.forward(*arguments)


def test_its_text_is_one_line_with_the_shape(of_mlp):
    graph, values = of_mlp
    text = repr(graph.node("v10", values))
    rms = np.sqrt(np.mean(values["v10"] ** 2))
    assert re.fullmatch(r"tanh v10, shape \(64,32\), float64, rms 0\.\d+, gradient rms .*, at graphs\.py:\d+", text)
    assert f"rms {rms:.3g}," in text


def test_its_table_tells_all_without_a_script(of_mlp):
    graph, values = of_mlp
    html = graph.node("v10", values)._repr_html_()
    for name in ("Source", "Value", "Gradient", "Local Jacobian", "Rule"):
        assert f">{name}</th>" in html
    assert "return <u>np.tanh(z)</u>" in html
    assert "∂v10/∂z: diagonal, 2,048 of 4,194,304 numbers stored, gain 0.704" in html
    assert html.count("data:image/png;base64,") == 2 and "<math" in html and "<script" not in html


def test_without_values_there_are_dashes(of_mlp):
    graph, _ = of_mlp
    html = graph.node("v10")._repr_html_()
    assert html.count(">–</td>") == 2 and "data:" not in html


def test_where_no_path_leads_to_the_loss_the_gradient_says_so():
    def f(x):
        y = np.tanh(x)
        return np.sum(x), y

    graph = cr.trace(f, np.ones(3))
    values = graph.forward(np.ones(3))
    assert "0: no path to the loss" in graph.node("y", values, seeds={graph.outputs[0]: 1.0})._repr_html_()


def test_names_of_the_users_are_text():
    graph = cr.trace(np.tanh, np.ones(3))
    graph.inputs[0].name = "</td><script>alert(1)</script>"
    html = graph.node(graph.inputs[0])._repr_html_() + graph.node(graph.outputs[0])._repr_html_()
    assert "<script" not in html and "&lt;script&gt;" in html


def test_an_unknown_name_is_an_error(of_mlp):
    with pytest.raises(cr.errors.UnknownNameError, match="no variable 'h99'"):
        of_mlp[0].node("h99")


def pixels_of(uri):
    """The pixels of a PNG without filters, read by hand."""
    data = base64.b64decode(uri.removeprefix("data:image/png;base64,"))
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    at, packed = 8, b""
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length]) == (zlib.crc32(kind + body),)
        if kind == b"IHDR":
            width, height, *_ = struct.unpack(">IIBBBBB", body)
        elif kind == b"IDAT":
            packed += body
        at += 12 + length
    lines = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, 1 + 3 * width)
    assert not lines[:, 0].any()
    return lines[:, 1:].reshape(height, width, 3)


def test_a_picture_has_a_pixel_for_each_number_in_its_color():
    pixels = pixels_of(data_uri(np.array([[-2.0, 0.0, 2.0], [np.nan, 1.0, -1.0]])))
    assert pixels.shape == (2, 3, 3)
    assert pixels[0, 0].tolist() == BLUE_ORANGE[0].tolist() and pixels[0, 2].tolist() == BLUE_ORANGE[-1].tolist()
    assert pixels[0, 1].tolist() == BLUE_ORANGE[4].tolist() and pixels[1, 0].tolist() == list(NOT_FINITE)


def test_zero_is_in_the_middle_where_there_are_negative_numbers():
    assert colors([0.0], -1.0, 100.0)[0].tolist() == BLUE_ORANGE[4].tolist()
    assert colors([-100.0, 1.0], -100.0, 1.0)[0].tolist() == BLUE_ORANGE[0].tolist()
    assert colors([0.0, 5.0], 0.0, 5.0).tolist() == [CIVIDIS[0].tolist(), CIVIDIS[-1].tolist()]
    assert colors([3.0], 3.0, 3.0)[0].tolist() == CIVIDIS[0].tolist()
