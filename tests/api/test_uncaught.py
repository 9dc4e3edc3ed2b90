"""An error that ends a program leaves the graph up to it, for `chainrule last`; without a word where it cannot."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
import types

import numpy as np
import pytest

import chainrule as cr
from chainrule.api import uncaught
from chainrule.view import last

PROGRAM = """
import sys
import numpy as np, chainrule as cr

before = sys.excepthook

def loss(w):
    hidden = np.tanh(w)
    return np.sum(hidden + np.ones((7, 2)))

assert cr.grad(np.sum)(np.ones(2)).size == 2 and sys.excepthook is before  # nothing is touched by what succeeds
cr.grad(loss)(np.full((4, 3), 0.125))
"""


@pytest.fixture
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "chainrule"


@pytest.fixture(autouse=True)
def hooks(monkeypatch):
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)


def failed():
    with pytest.raises(ValueError, match="broadcast") as caught:
        cr.grad(lambda w: np.sum(np.tanh(w) + np.ones(7)))(np.ones(3))
    return caught.value


def run(folder, **environment):
    path = folder / "train.py"
    path.write_text(PROGRAM)
    return subprocess.run(
        [sys.executable, path.name], cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True
    )


def test_a_program_that_ends_with_an_error(tmp_path):
    done = run(tmp_path, XDG_STATE_HOME=str(tmp_path / "state"))
    assert done.returncode == 1 and "chainrule last" in done.stderr and done.stderr.count("Traceback") == 1
    folder = tmp_path / "state" / "chainrule"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.iterdir()] == ["last.json"]
    found = json.loads((folder / "last.json").read_text())
    assert (found["schema"], found["program"]) == ("chainrule/last/1", "train.py")
    assert (found["failure"]["code"], found["failure"]["file"], found["failure"]["line"]) == (
        "ShapeError",
        "train.py",
        9,
    )
    assert [(o["name"], o["shape"], o["line"]) for o in found["failure"]["operands"]] == [
        ("hidden", [4, 3], 8),
        (None, [7, 2], None),
    ]
    node = found["graph"]["nodes"][0]
    assert node["value"] == {
        "statistics": {
            "min": 0.125,
            "mean": 0.125,
            "max": 0.125,
            "rms": 0.125,
            "zeros": 0,
            "nan": 0,
            "inf": 0,
            "subnormal": 0,
        }
    }  # no array
    assert not any("constant" in each for each in found["graph"]["nodes"])
    assert str(tmp_path) not in json.dumps(found["graph"])


def test_no_word_where_there_is_no_place(tmp_path):
    (tmp_path / "file").write_text("in the way")
    done = run(tmp_path, XDG_STATE_HOME=str(tmp_path / "file"))
    assert done.returncode == 1 and done.stderr.count("Traceback") == 1
    assert (tmp_path / "file").read_text() == "in the way"


def test_the_hooks_hand_on(state, monkeypatch):
    seen = []
    monkeypatch.setattr(sys, "excepthook", lambda *arguments: seen.append(arguments))
    monkeypatch.setattr(threading, "excepthook", seen.append)
    error = failed()
    failed()  # a second failure sets no second hook
    sys.excepthook(type(error), error, None)
    assert seen == [(type(error), error, None)]
    assert last.kept()["failure"]["code"] == "ShapeError"
    thread = threading.Thread(target=lambda: cr.grad(lambda w: np.sum(w + np.ones(9)))(np.ones(3)))
    thread.start()
    thread.join()
    assert seen[1].exc_type.__name__ == "ShapeError"
    assert last.kept()["failure"]["operands"][1]["shape"] == [9]


def test_in_ipython(state, monkeypatch):
    registered = []
    events = types.SimpleNamespace(
        callbacks={"post_run_cell": registered}, register=lambda name, function: registered.append(function)
    )
    shell = types.SimpleNamespace(events=events)
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    error = failed()
    failed()
    (after_cell,) = registered
    after_cell(types.SimpleNamespace(error_in_exec=None))
    assert not state.exists()
    after_cell(types.SimpleNamespace(error_in_exec=error))
    assert last.kept()["failure"]["code"] == "ShapeError"


def test_the_error_behind(state):
    try:
        try:
            raise failed()
        except ValueError as error:
            raise RuntimeError("in training") from error
    except RuntimeError as error:
        uncaught.leave(error)
    assert last.kept()["failure"]["code"] == "ShapeError"


@pytest.mark.parametrize("error", [ValueError("no graph"), KeyboardInterrupt(), None])
def test_others_leave_nothing(state, error):
    uncaught.leave(error)
    assert not state.exists()
