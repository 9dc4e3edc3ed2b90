"""`chainrule diff`: what two graphs, or two runs, differ in."""

import json

import numpy as np
import pytest

from chainrule.view.difference import relative_difference

from .test_entry import call

OLD = """
import numpy as np

def loss(w, x=2.0):
    z = w * x
    p = np.tanh(z)
    return np.sum(p ** 2)

def renamed(w, x=2.0):
    product = w * x
    p = np.tanh(product)
    return np.sum(p ** 2)

def repeated(w):
    return np.sum(np.exp(w) * np.exp(w))

def nearly(w, x=2.001):
    z = w * x
    p = np.tanh(z)
    return np.sum(p ** 2)
"""
NEW = """
import numpy as np

def loss(w, x=2.0):
    z = w * x
    q = np.sin(z)
    p = np.tanh(q)
    return np.sum(p ** 2)
"""
AT = ("--at", "w=[0.5, 1.0]")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.py").write_text(OLD)
    (tmp_path / "new.py").write_text(NEW)


def test_equal(capsys):
    code, out, err = call(capsys, "diff", "old.py:loss", "old.py:loss", *AT)
    assert (code, out, err) == (0, "6 variables the same, and all numbers equal\n", "")


def test_what_was_added_and_where_it_goes(capsys):
    code, out, _ = call(capsys, "diff", "old.py:loss", "new.py:loss", *AT)
    lines = out.splitlines()
    assert code == 1
    assert lines[:2] == ["+ q  sin  (2)  new.py:6", "~ p  inputs (z) -> (q)"]
    largest = [float(line.split()[0]) for line in lines[2:-1]]
    assert largest == sorted(largest, reverse=True) and largest[0] > 0.1
    assert lines[-1] == "5 variables the same"


def test_the_other_way_round_it_was_removed(capsys):
    out = call(capsys, "diff", "new.py:loss", "old.py:loss", *AT)[1]
    assert out.startswith("- q  sin  (2)  new.py:6\n~ p  inputs (q) -> (z)\n")


def test_a_name_alone(capsys):
    code, out, _ = call(capsys, "diff", "old.py:loss", "old.py:renamed", *AT)
    assert (code, out) == (1, "~ z -> product\n5 variables the same\n")


def test_numbers_alone(capsys):
    code, out, _ = call(capsys, "diff", "old.py:loss", "old.py:nearly", *AT, "--json")
    document = json.loads(out)
    assert (code, document["schema"], document["ok"], document["same"]) == (1, "chainrule/diff/1", False, 6)
    assert not (document["added"] or document["removed"] or document["changed"])
    apart = {(each["variable"], each["of"]): each["relative"] for each in document["numbers"]}
    assert apart["x", "value"] == pytest.approx(0.001 / 2.001)
    assert apart["w", "value"] == 0
    assert call(capsys, "diff", "old.py:loss", "old.py:nearly", *AT, "--tolerance", "0.01")[0] == 0


def test_before_and_after_simplification(capsys):
    code, out, _ = call(capsys, "diff", "--simplify", "old.py:repeated", *AT)
    assert code == 1
    signs = [line.split()[:3] for line in out.splitlines() if line[0] in "+-"]
    assert signs == [["-", "v2", "exp"], ["-", "v3", "multiply"], ["+", "v2", "square"]]


def test_ours_and_central_differences(capsys):
    code, out, _ = call(capsys, "diff", "--numeric", "old.py:loss", *AT)
    lines = out.splitlines()
    assert code == 0 and lines[-1] == "equal to 1e-05"
    assert {line.split(maxsplit=1)[1] for line in lines[:-1]} == {"gradient by w", "gradient by x"}
    assert all(float(line.split()[0]) < 1e-7 for line in lines[:-1])


def test_a_gradient_that_is_wrong(capsys, tmp_path):
    (tmp_path / "wrong.py").write_text(
        "import numpy as np, chainrule as cr\n"
        "sine = cr.operation('wrong_sine', np.sin, slopes=lambda y, x: 1.1 * np.cos(x))\n"
        "def f(w):\n    return np.sum(sine(w))\n"
    )
    code, out, _ = call(capsys, "diff", "--numeric", "wrong.py:f", *AT, "--json")
    (found,) = json.loads(out)["numbers"]
    assert code == 1 and found["relative"] == pytest.approx(0.1 / 1.1, rel=1e-3)


def test_documents(capsys, tmp_path):
    call(capsys, "view", "old.py:loss", *AT, "-o", "a.json")
    call(capsys, "view", "new.py:loss", *AT, "-o", "b.json")
    assert call(capsys, "diff", "a.json", "a.json")[0] == 0
    code, out, _ = call(capsys, "diff", "a.json", "b.json")
    assert code == 1 and out.startswith("+ q  sin")
    assert call(capsys, "diff", "a.json", "old.py:loss", *AT)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["old.py:loss"], 2, "diff compares two graphs, and one was given"),
        (["old.py:loss", ".", *AT], 2, ". is a folder, and the other is none"),
        (["none.json", "none.json"], 4, "none.json"),
        (["bad.json", "bad.json"], 4, "bad.json is no JSON document"),
        (["other.json", "other.json"], 4, "other.json is a document of another kind"),
        (["--numeric", "old.py:loss", "new.py:loss"], 2, "--numeric compares the gradient of one function"),
    ],
)
def test_what_cannot_be_compared(capsys, tmp_path, arguments, code, sentence):
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "other.json").write_text('{"schema": "other"}')
    found, out, err = call(capsys, "diff", *arguments)
    assert (found, out) == (code, "") and sentence in err


def test_runs(capsys, tmp_path):
    rows = [f"{k % 7},{k % 5},{(k % 7) * (k % 5)}" for k in range(60)]
    (tmp_path / "table.csv").write_text("\n".join(["a,b,c", *rows]))
    for folder, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        how = [
            "table.csv",
            "--target",
            "c",
            "--epochs",
            "1",
            "--hidden",
            "4",
            "--seed",
            seed,
            "--folder",
            folder,
            "-q",
            "--no-report",
        ]
        assert call(capsys, "train", *how)[0] == 0
    assert call(capsys, "diff", "a", "b")[:2] == (0, "the runs are equal\n")
    code, out, _ = call(capsys, "diff", "a", "c")
    lines = out.splitlines()
    assert code == 1 and lines[0] == "~ seed  1 -> 2" and lines[-1] == "the runs differ"
    assert any("weights" in line for line in lines)


def test_relative_difference():
    assert relative_difference([3.0, 4.0], [3.0, 4.0]) == 0
    assert relative_difference([0.0, 0.0], [3.0, 4.0]) == 1
    assert relative_difference([3.0, 4.0], [3.3, 4.4]) == pytest.approx(0.5 / 5.5)
    assert relative_difference([np.nan, 1.0], [np.nan, 1.0]) == 0
    assert relative_difference([np.inf], [1.0]) == np.inf
    assert relative_difference([1e300], [-1e300]) == pytest.approx(2)
    assert relative_difference([1.0], [1.0, 2.0]) is None
