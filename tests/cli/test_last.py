"""`chainrule last`: the graph up to the last error that ended a program."""

import json
import webbrowser
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import chainrule as cr
from chainrule.api import uncaught

from .test_entry import call


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "chainrule" / "last.json"


def loss(w, name="hidden"):
    hidden = np.tanh(w)
    W2 = np.ones((5, 2))
    return np.sum(hidden @ W2)


@pytest.fixture
def failed(state):
    with pytest.raises(ValueError, match="inner sizes") as caught:
        cr.grad(loss)(np.full((4, 3), 0.25))
    uncaught.leave(caught.value)


@pytest.mark.usefixtures("failed")
def test_it_is_printed(capsys):
    code, out, err = call(capsys, "last")
    assert (code, err) == (0, "")
    assert "matrix product needs inner sizes to agree: 3 is not 5" in out
    assert "hidden (4, 3) float64, made at test_last.py:24;  W2 (5, 2) float64, made at test_last.py:25" in out
    last = out.splitlines()[-1]
    assert "matmul hidden (4,3), W2 (5,2)" in last and last.endswith("!! failed") and "test_last.py:26" in last


@pytest.mark.usefixtures("failed")
def test_it_is_written(capsys, tmp_path):
    for suffix in ("svg", "html", "json"):
        code, out, err = call(capsys, "last", "-o", f"g.{suffix}")
        assert (code, out, err) == (0, "", f"4 variables in g.{suffix}\n")
    root = ET.parse(tmp_path / "g.svg").getroot()
    failed = [each for each in root.iter() if each.get("data-op") == "matmul"]
    assert len(failed) == 1 and " failed" in "".join(failed[0].itertext())
    page = (tmp_path / "g.html").read_text()
    assert page.startswith("<!doctype html>") and "chainrule-document" in page and " failed" in page
    document = json.loads((tmp_path / "g.json").read_text())
    assert document["schema"] == "chainrule/view/1"
    assert document["nodes"][-1]["health"]["message"] == "matrix product needs inner sizes to agree: 3 is not 5"
    assert '"numbers":[' not in json.dumps(document, separators=(",", ":"))  # no array
    assert call(capsys, "last", "-o", "-")[1] == (tmp_path / "g.svg").read_text()


@pytest.mark.usefixtures("failed")
def test_as_a_document(capsys):
    code, out, _ = call(capsys, "last", "--json")
    document = json.loads(out)
    assert (code, document["schema"], document["ok"]) == (0, "chainrule/last/1", True)
    assert document["failure"]["code"] == "ShapeError" and document["failure"]["hint"] is None
    assert [operand["name"] for operand in document["failure"]["operands"]] == ["hidden", "W2"]


@pytest.mark.usefixtures("failed")
def test_a_browser_opens_it_only_when_asked(capsys, monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(webbrowser, "open", lambda place: seen.append(place) or True)
    call(capsys, "last", "-o", "g.html")
    assert not seen
    assert call(capsys, "last", "-o", "g.html", "--open")[0] == 0
    assert seen == [(tmp_path / "g.html").as_uri()]
    monkeypatch.setattr(webbrowser, "open", lambda place: False)
    assert "no browser opens here" in call(capsys, "last", "-o", "g.html", "--open")[2]
    code, _, err = call(capsys, "last", "-o", "-", "--open")
    assert code == 2 and "a browser opens a page or a picture in a file" in err


def test_where_there_is_none(capsys):
    code, out, err = call(capsys, "last")
    assert (code, out) == (4, "") and "no graph of a failed trace is kept" in err


@pytest.mark.parametrize("content", ["no json", '{"schema": "chainrule/last/2"}', "[]"])
def test_what_is_no_document(capsys, state, content):
    state.parent.mkdir(parents=True)
    state.write_text(content)
    code, out, err = call(capsys, "last", "--json")
    assert code == 4 and "last.json is no" in err
    assert json.loads(out)["error"]["code"] == "FileError"


def test_an_error_in_a_verb_is_kept_too(capsys, tmp_path):
    (tmp_path / "model.py").write_text("import numpy as np\ndef f(w):\n    return np.sum(np.tanh(w) + np.ones(7))\n")
    code, out, err = call(capsys, "show", "model.py:f", "--at", "w=[1.0, 2.0]", "--json")
    assert err.endswith("the graph up to here: chainrule last\n")
    error = json.loads(out)["error"]
    assert code == 3
    assert (error["code"], error["file"], error["line"]) == ("ShapeError", "model.py", 3)
    assert [operand["shape"] for operand in error["operands"]] == [[2], [7]]
    assert "add needs shapes that broadcast" in call(capsys, "last")[1]
