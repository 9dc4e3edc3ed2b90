"""`chainrule show` and `chainrule view`."""

import json
import xml.etree.ElementTree as ET

import pytest

from .test_entry import call

MODEL = """
import numpy as np

def loss(w, x=2.0):
    z = w * x
    return np.sum(np.tanh(z))

def many(w):
    return w * 2

def steep(w):
    return np.sum(np.log(w))

def fails(w):
    raise ValueError("my mistake")
"""


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.py").write_text(MODEL)


AT = ("--at", "w=[1.0, 2.0]")


def test_show_prints_a_table(capsys):
    code, out, err = call(capsys, "show", "model.py:loss", *AT)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith("#")
    (z,) = [line for line in lines if line.split()[1] == "z"]
    assert "multiply" in z and "(2)" in z and z.endswith("model.py:5")


def test_show_as_a_tree(capsys):
    _, out, _ = call(capsys, "show", "model.py:loss", *AT, "--tree")
    assert out.splitlines()[0].endswith("gradient 1") and out.splitlines()[1].startswith("  #")


def test_show_as_a_document(capsys):
    code, out, _ = call(capsys, "show", "model.py:loss", *AT, "--json")
    document = json.loads(out)
    assert (code, document["schema"], document["ok"]) == (0, "chainrule/view/1", True)
    assert [node["name"] for node in document["nodes"]][:3] == ["w", "x", "z"]


def test_show_says_what_is_ill(capsys):
    code, out, _ = call(capsys, "show", "model.py:steep", "--at", "w=[1.0, 0.0]")
    assert code == 0 and "!! non-finite" in out


def test_view_writes_a_picture(capsys, tmp_path):
    code, out, err = call(capsys, "view", "model.py:loss", *AT, "-o", "g.svg", "--style", "lecture", "--gradient")
    assert (code, out, err) == (0, "", "5 variables in g.svg\n")
    root = ET.parse(tmp_path / "g.svg").getroot()
    assert root.get("data-style") == "lecture" and root.get("data-show") == "gradient"


def test_view_writes_a_picture_to_stdout(capsys):
    code, out, err = call(capsys, "view", "model.py:many", *AT, "-o", "-")
    assert (code, err) == (0, "")
    ET.fromstring(out)


def test_view_writes_documents_and_dot(capsys, tmp_path):
    assert call(capsys, "view", "model.py:loss", *AT, "-o", "g.json", "--no-values")[0] == 0
    document = json.loads((tmp_path / "g.json").read_text())
    assert document["schema"] == "chainrule/view/1" and "value" not in document["nodes"][0]
    code, out, _ = call(capsys, "view", "model.py:loss", *AT, "-o", "g.dot", "--json")
    assert code == 0 and json.loads(out)["variables"] == 5
    assert (tmp_path / "g.dot").read_text().startswith("digraph {")


def test_rules_are_checked_where_that_is_asked_for(capsys, tmp_path):
    assert call(capsys, "view", "model.py:loss", *AT, "-o", "g.json", "--check")[0] == 0
    document = json.loads((tmp_path / "g.json").read_text())
    assert document["edges"] and all(edge["check"]["passed"] for edge in document["edges"])
    assert call(capsys, "view", "model.py:loss", *AT, "-o", "g.html", "--check", "--no-values")[0] == 2


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("g.png", "chainrule: the suffix .png does not say what to write"),
        ("g", "chainrule: the suffix that is missing does not say what to write"),
    ],
)
def test_view_refuses_other_files(capsys, output, sentence):
    code, out, err = call(capsys, "view", "model.py:loss", *AT, "-o", output)
    assert (code, out) == (2, "") and err.startswith(sentence)
    assert ".svg, .json, .dot" in err


@pytest.mark.parametrize("verb", [("show",), ("view", "-o", "g.svg")])
def test_what_the_users_code_raises(capsys, verb):
    code, out, err = call(capsys, verb[0], "model.py:fails", *AT, *verb[1:])
    assert (code, out) == (3, "") and "my mistake" in err


def test_view_to_a_place_that_is_not_there(capsys):
    assert call(capsys, "view", "model.py:loss", *AT, "-o", "nowhere/g.svg")[0] == 4
