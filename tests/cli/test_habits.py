"""What all verbs have in common: --fail-on, -q, -v, colors, one JSON document also of errors, steps, odd input."""

import json
import os
import shutil
import stat
import subprocess
import xml.etree.ElementTree as ET

import pytest

import chainrule
from chainrule.cli import entry
from chainrule.view import terminal

from .test_entry import call

MODEL = """
import numpy as np

def loss(w, x=2.0):
    return np.sum(np.tanh(w * x) ** 2)

def steep(w):
    return np.sum(np.log(w))

def stuck(w):
    return np.sum(np.tanh(40.0 + w) ** 2)

def fails(w):
    y = np.sin(w)
    raise ValueError("my mistake")

def wrong(w):
    return np.sum(w + np.ones(7))

class Things:
    table = {}
"""
AT = ("--at", "w=[1.0, 2.0]")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "model.py").write_text(MODEL)


@pytest.mark.parametrize("verb", [["show"], ["view", "-o", "g.svg"], ["view", "--steps", "steps"]])
def test_fail_on(capsys, verb):
    ill = ("model.py:steep", "--at", "w=[1.0, 0.0]")
    assert call(capsys, *verb, *ill)[0] == 0
    code, _, err = call(capsys, *verb, *ill, "--fail-on", "nan")
    assert code == 1 and f"chainrule {verb[0]}: non-finite: first cause: log of w" in err
    assert call(capsys, *verb, *ill, "--fail-on", "vanishing,dead")[0] == 0
    assert call(capsys, *verb, "model.py:loss", *AT, "--fail-on", "nan")[0] == 0


def test_fail_on_in_a_document(capsys):
    code, out, _ = call(capsys, "show", "model.py:steep", "--at", "w=[1.0, 0.0]", "--fail-on", "nan", "--json")
    document = json.loads(out)
    assert (code, document["ok"], document["findings"][0]["kind"]) == (1, False, "non-finite")


def test_fail_on_of_a_check(capsys):
    where = ("check", "model.py:stuck", "--at", "w=random(8,2)", "--order", "1")
    assert call(capsys, *where)[0] == 0
    code, out, err = call(capsys, *where, "--fail-on", "saturated", "--json")
    document = json.loads(out)
    assert (code, document["ok"]) == (1, False) and "saturated" in err
    assert [each["kind"] for each in document["findings"]] == ["saturated"]


def test_fail_on_of_training(capsys, tmp_path):
    rows = [f"{k % 7},{k % 5},{(k % 7) * (k % 5)}" for k in range(120)]
    (tmp_path / "table.csv").write_text("\n".join(["a,b,c", *rows]))
    how = (
        "train",
        "table.csv",
        "--target",
        "c",
        "--epochs",
        "3",
        "--hidden",
        "8",
        "--activation",
        "tanh",
        "--no-report",
        "--learning-rate",
    )
    assert call(capsys, *how, "0.01", "--fail-on", "nan,saturated", "-q", "--folder", "a")[0] == 0
    code, out, err = call(capsys, *how, "30", "--fail-on", "saturated", "--json", "--no-progress", "--folder", "b")
    document = json.loads(out)
    assert (code, document["ok"], out.count("\n")) == (1, False, 1)
    assert {each["kind"] for each in document["findings"]} == {"saturated"} and "chainrule train: saturated" in err


def test_a_kind_that_is_none(capsys):
    code, _, err = call(capsys, "show", "model.py:loss", *AT, "--fail-on", "nan,ill")
    assert code == 2 and "--fail-on is one or more of nan, non-finite" in err and "not ill" in err


def test_quiet(capsys):
    assert call(capsys, "view", "model.py:loss", *AT, "-o", "g.svg")[2] == "6 variables in g.svg\n"
    assert call(capsys, "view", "model.py:loss", *AT, "-o", "g.svg", "-q") == (0, "", "")
    code, _, err = call(capsys, "view", "model.py:none", *AT, "-o", "g.svg", "-q")
    assert code == 2 and "has no function none" in err


def test_verbose(capsys, monkeypatch):
    monkeypatch.delenv("CHAINRULE_TRACEBACK", raising=False)
    code, _, err = call(capsys, "show", "model.py:loss", *AT, "-v")
    first, last = err.splitlines()
    assert code == 0 and first.startswith(f"chainrule {chainrule.__version__}, Python 3.")
    assert last.startswith("chainrule show: ") and last.endswith(" s")
    code, _, err = call(capsys, "show", "model.py:fails", *AT, "-v")
    assert code == 3 and os.path.join("chainrule", "api", "graphs.py") in err
    assert os.path.join("chainrule", "api", "graphs.py") not in call(capsys, "show", "model.py:fails", *AT)[2]
    assert "CHAINRULE_TRACEBACK" not in os.environ


@pytest.mark.parametrize("verb", entry.VERBS, ids=lambda verb: verb.NAME)
def test_every_verb_takes_them(capsys, verb):
    out = call(capsys, verb.NAME, "--help")[1]
    for option in ("-q", "--quiet", "-v", "--verbose", "--json"):
        assert option in out


class Stream:
    def __init__(self, terminal):
        self.isatty = lambda: terminal


@pytest.mark.parametrize(
    ("variables", "colored"),
    [
        ({}, (True, False)),
        ({"NO_COLOR": "1"}, (False, False)),
        ({"NO_COLOR": ""}, (True, False)),
        ({"FORCE_COLOR": "1"}, (True, True)),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, (False, False)),
    ],
)
def test_colors(monkeypatch, variables, colored):
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert (terminal.is_colored(Stream(True)), terminal.is_colored(Stream(False))) == colored


def test_a_forced_color_in_a_pipe(capsys, monkeypatch):
    pytest.importorskip("rich")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in call(capsys, "show", "model.py:loss", *AT)[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in call(capsys, "show", "model.py:loss", *AT)[1]


def test_an_error_as_fields(capsys):
    code, out, err = call(capsys, "grad", "model.py:wrong", *AT, "--json")
    document = json.loads(out)
    assert (code, document["schema"], document["ok"], out.count("\n")) == (3, "chainrule/error/1", False, 1)
    error = document["error"]
    assert (error["kind"], error["code"], error["file"], error["line"]) == ("derivative", "ShapeError", "model.py", 18)
    assert error["operands"][0] == {"name": "w", "shape": [2], "dtype": "float64", "file": None, "line": None}
    assert error["operands"][1]["shape"] == [7] and error["hint"] is None
    assert error["message"] in err


def test_an_error_of_the_users_own_as_fields(capsys):
    error = json.loads(call(capsys, "grad", "model.py:fails", *AT, "--json")[1])["error"]
    assert (error["code"], error["file"], error["line"]) == ("ValueError", "model.py", 15)


@pytest.mark.parametrize(
    "arguments", [["show"], ["frob"], ["show", "model.py:loss"], ["view", "x.py:f", "-o", "g.svg"]]
)
def test_every_error_is_one_document(capsys, arguments):
    code, out, err = call(capsys, *arguments, "--json")
    document = json.loads(out)
    assert code in (2, 4) and document["ok"] is False and out.count("\n") == 1
    assert set(document["error"]) == {"kind", "code", "message", "file", "line", "operands", "hint"}
    assert document["error"]["code"] and err


@pytest.mark.parametrize(
    ("place", "code", "sentence"),
    [
        ("", 2, "a function is named by its file and its name"),
        ("model.py", 2, "a function is named by its file and its name"),
        ("model.py:", 2, "a function is named by its file and its name"),
        (":loss", 4, "is no path of a file"),
        ("none.py:loss", 4, "none.py"),
        (".:loss", 4, "."),
        ("model.py:__import__('os').abort()", 2, "a function is named by its file and its name"),
        ("model.py:loss;rm", 2, "a function is named by its file and its name"),
        ("model.py:</script>", 2, "a function is named by its file and its name"),
        ("model.py:Things.table", 2, "has no function Things.table"),
        ("model.py:np", 2, "has no function np"),
        ("model.py:\u202eloss", 2, "a function is named by its file and its name"),
    ],
)
def test_odd_names(capsys, place, code, sentence):
    found, out, err = call(capsys, "show", place, *AT)
    assert (found, out) == (code, "") and sentence in err


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs permissions that are denied")
def test_a_file_that_cannot_be_read(capsys, tmp_path):
    (tmp_path / "model.py").chmod(0)
    code, _, err = call(capsys, "show", "model.py:loss", *AT)
    assert code == 4 and "model.py" in err


def test_a_picture_that_cannot_be_written(capsys, tmp_path):
    assert call(capsys, "view", "model.py:loss", *AT, "-o", "no/g.svg")[0] == 4
    (tmp_path / "taken").write_text("")
    assert call(capsys, "view", "model.py:loss", *AT, "--steps", "taken")[0] == 4


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ([], "what to write is said by -o or by --steps"),
        (["-o", "g.svg", "--steps", "steps"], "what to write is said by -o or by --steps"),
        (["-o", "g.png"], "the suffix .png does not say what to write"),
        (["-o", "-", "--open"], "a browser opens a page or a picture in a file"),
        (["-o", "g.json", "--open"], "a browser opens a page or a picture in a file"),
    ],
)
def test_what_view_cannot_do(capsys, more, sentence):
    code, out, err = call(capsys, "view", "model.py:loss", *AT, *more)
    assert (code, out) == (2, "") and sentence in err


def test_steps(capsys, tmp_path):
    code, out, err = call(capsys, "view", "model.py:loss", *AT, "--steps", "steps")
    assert (code, out, err) == (0, "", "10 steps in steps\n")
    names = sorted(path.name for path in (tmp_path / "steps").iterdir())
    assert names == [f"step-{k:03}.svg" for k in range(10)]
    for name in names:
        ET.parse(tmp_path / "steps" / name)
    document = json.loads(call(capsys, "view", "model.py:loss", *AT, "--steps", "steps", "--json")[1])
    assert document == {"schema": "chainrule/steps/1", "ok": True, "folder": "steps", "steps": 10}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(capsys, shell):
    code, out, err = call(capsys, "completion", shell)
    assert (code, err) == (0, "")
    for word in ("last", "diff", "compact lecture", "bash zsh fish"):
        assert word in out
    names = {"bash": "--steps", "zsh": "--steps", "fish": "-l steps"}
    assert names[shell] in out and "%(" not in out
    assert json.loads(call(capsys, "completion", shell, "--json")[1])["script"] == out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_reads_its_completion(capsys, tmp_path, shell):
    if shutil.which(shell) is None:
        pytest.skip(f"needs {shell}")
    (tmp_path / "script").write_text(call(capsys, "completion", shell)[1])
    done = subprocess.run([shell, "-n", "script"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_bash_completes(capsys, tmp_path):
    if shutil.which("bash") is None:
        pytest.skip("needs bash")
    (tmp_path / "script").write_text(call(capsys, "completion", "bash")[1])

    def completed(*words):
        program = f"source ./script; COMP_WORDS=({' '.join(map(repr, words))}); COMP_CWORD={len(words) - 1}; "
        program += '_chainrule; printf "%s\\n" "${COMPREPLY[@]}"'
        done = subprocess.run(["bash", "-c", program], capture_output=True)
        return done.stdout.decode().split()

    assert completed("chainrule", "d") == ["diff", "doctor"]
    assert completed("chainrule", "view", "--th") == ["--theme"]
    assert completed("chainrule", "view", "--theme", "") == ["auto", "light", "dark"]
    assert completed("chainrule", "train", "--optimizer", "adam") == ["adam", "adamw"]
    assert completed("chainrule", "show", "mod") == ["model.py"]


def test_what_is_kept_is_for_nobody_else(capsys, tmp_path):
    call(capsys, "show", "model.py:wrong", *AT)
    assert stat.S_IMODE((tmp_path / "state" / "chainrule").stat().st_mode) == 0o700
