"""Functions of users: named, given values, called; what they print and raise."""

import json

import pytest

from .test_entry import call

MODEL = """
import functools
import sys
import numpy as np
from neighbor import triple

def loss(w, x=2.0):
    return np.sum(w * w) * x

class Model:
    factor = 3.0
    def __call__(self, w):
        return self.factor * np.sum(w)

model = Model()
partial = functools.partial(loss, x=5.0)

def by_keyword(w, *, scale=4.0):
    return scale * np.sum(w)

def with_more(w, *more, **others):
    return np.sum(w) + len(more) + len(others)

def of_trees(w, tree={"a": np.ones(2), "b": [1.0, 3.0]}):
    return np.sum(w) * np.sum(tree["a"]) * tree["b"][1]

def with_neighbor(w):
    return np.sum(triple(w))

def talks(w):
    print("here I am")
    return np.sum(w)

def leaves(w):
    sys.exit(0)

def fails(w):
    raise ValueError("my mistake")

def misfits(w):
    return np.sum(w @ np.ones(7))

def calls_wrongly(w):
    import chainrule as cr
    return cr.grad(loss, argnums=9)(w)

def of_whole_numbers(n, w):
    return n * np.sum(w)

def steep(w):
    return np.sum(np.log(w - 100))
"""


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "neighbor.py").write_text("def triple(x):\n    return 3 * x\n")


AT = ("--at", "w=[1.0, 2.0]", "--json")


def document_of(capsys, *arguments):
    code, out, err = call(capsys, *arguments)
    assert out.count("\n") == 1, out
    return code, json.loads(out), err


@pytest.mark.parametrize(
    ("name", "value", "gradient"),
    [
        ("loss", 10.0, {"w": [4.0, 8.0], "x": 5.0}),
        ("model", 9.0, {"w": [3.0, 3.0]}),
        ("model.__call__", 9.0, {"w": [3.0, 3.0]}),
        ("partial", 25.0, {"w": [10.0, 20.0], "x": 5.0}),
        ("by_keyword", 12.0, {"w": [4.0, 4.0], "scale": 3.0}),
        ("with_more", 3.0, {"w": [1.0, 1.0]}),
        ("of_trees", 18.0, {"w": [6.0, 6.0]}),
        ("with_neighbor", 9.0, {"w": [3.0, 3.0]}),
    ],
)
def test_functions_of_many_kinds(capsys, name, value, gradient):
    code, document, _ = document_of(capsys, "grad", f"model.py:{name}", *AT)
    assert (code, document["value"], document["gradient"]) == (0, value, gradient)
    code, document, _ = document_of(capsys, "check", f"model.py:{name}", *AT)
    assert code == 0 and document["arguments"] == list(gradient)


@pytest.mark.parametrize("verb", ["grad", "check"])
def test_what_a_function_prints_goes_to_stderr(capsys, verb):
    code, document, err = document_of(capsys, verb, "model.py:talks", *AT)
    assert code == 0 and document["ok"] is True and err.startswith("here I am\n")
    with open("talking.py", "w") as file:
        file.write("print('hello')\ndef f(w):\n    return w * w\n")
    code, document, err = document_of(capsys, verb, "talking.py:f", "--at", "w=2.0", "--json")
    assert code == 0 and err == "hello\n"


@pytest.mark.parametrize("verb", ["grad", "check"])
def test_what_a_function_raises_is_the_users(capsys, verb):
    code, document, err = document_of(capsys, verb, "model.py:fails", *AT)
    assert code == 3 and document["error"]["kind"] == "user code"
    lines = err.splitlines()
    assert lines[0] == "Traceback (most recent call last):" and "model.py" in lines[1] and "in fails" in lines[1]
    assert "ValueError: my mistake" in lines and lines[-1] == "chainrule: model.py:fails raises"
    code, document, err = document_of(capsys, verb, "model.py:leaves", *AT)
    assert code == 3 and document["ok"] is False and "SystemExit: 0" in err


@pytest.mark.parametrize("verb", ["grad", "check"])
def test_what_we_refuse_within_a_function_is_the_users_too(capsys, verb):
    code, _, err = document_of(capsys, verb, "model.py:misfits", *AT)
    assert code == 3 and "in misfits" in err
    code, _, err = document_of(capsys, verb, "model.py:calls_wrongly", *AT)
    assert code == 3 and "Traceback" not in err


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("def f(:\n", "SyntaxError"),
        ("import nothing_of_this_name\n", "ModuleNotFoundError"),
        ("raise SystemExit(0)\n", "SystemExit"),
        ("1 / 0\n", "ZeroDivisionError"),
    ],
)
def test_files_that_cannot_be_run(capsys, source, sentence):
    with open("bad.py", "w") as file:
        file.write(source)
    code, _, err = document_of(capsys, "grad", "bad.py:f", *AT)
    assert code == 3 and sentence in err and err.endswith("chainrule: bad.py raises when it is run\n")
    assert "importlib" not in err and "functions.py" not in err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["model.py:of_whole_numbers", "--at", "n=2", "--at", "w=[1, 2]"], "there is nothing to differentiate by"),
        (["model.py:model", "--at", "v=1.0"], "Model has no argument 'v'"),
        (["model.py:partial"], "partial needs a value for w"),
        (["model.py:loss", "--at", "w=1.0", "--seed", "-1"], "--seed is a whole number, 0 or more, not -1"),
        (["model.py:missing", "--at", "w=1.0"], "model.py has no function missing"),
    ],
)
def test_wrong_usage(capsys, arguments, sentence):
    code, _, err = document_of(capsys, "grad", *arguments, "--json")
    assert code == 2 and sentence in err and "Traceback" not in err


def test_what_is_not_finite(capsys):
    code, document, err = document_of(capsys, "grad", "model.py:steep", *AT)
    assert err.startswith("chainrule grad: first cause: log of w - 100 gives nan at [0]") and err.count("\n") == 1
    assert code == 0 and document["value"] is None and document["gradient"]["w"] == pytest.approx([-1 / 99, -1 / 98])


def test_what_the_command_line_has_made_has_no_line_of_anybodys(capsys):
    code, _, err = document_of(capsys, "grad", "model.py:misfits", *AT)
    assert code == 3 and "got     w (2,) float64;  an array (7,) float64" in err
