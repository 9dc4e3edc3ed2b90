"""`chainrule train`: what it prints where, and how it ends."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chainrule.errors import FileError
from chainrule.training import folder, run

from .test_entry import call

# Interrupts are ignored by processes that run in the background of a shell; these listen in any case.
PROGRAM = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from chainrule.cli import main
sys.exit(main(["train", *sys.argv[1:]]))
"""


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def interrupted(*arguments):
    """Start training, interrupt it after its first epoch; exit code, stdout, stderr."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "--epochs", "1000000", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        first = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        return process.returncode, out, first + err


def test_as_users_call_it():
    # The default settings: at least 97 % of the held-out rows.
    done = subprocess.run([sys.executable, "-m", "chainrule", "train"], capture_output=True, text=True)
    assert done.returncode == 0
    share, right, judged = re.search(r"accuracy on held-out rows: ([\d.]+)% \((\d+) of (\d+)\)", done.stdout).groups()
    assert float(share) >= 97 and int(judged) == 359
    lines = done.stdout.splitlines()
    first = lines.index("held-out rows, the class downwards, what it was taken for across:") + 2
    table = [[0 if n == "." else int(n) for n in line.split()[1:]] for line in lines[first : first + 10]]
    assert lines[first + 10 :][1].startswith("files in run: the net in model.json and weights.safetensors")
    assert sum(map(sum, table)) == 359 and sum(table[k][k] for k in range(10)) == int(right)
    assert re.search(r"^training +1258 ", done.stdout, re.M) and re.search(r"^held-out +359 ", done.stdout, re.M)
    assert "epoch" not in done.stdout.splitlines()[0]
    progress = done.stderr.splitlines()
    assert progress[0].startswith("epoch  1/50  loss ") and progress[-1].startswith("epoch 50/50  loss ")
    assert len(progress) <= 50


def test_document(capsys):
    code, out, err = call(capsys, "train", "--epochs", "3", "--hidden", "32,16", "--seed", "4", "--json")
    assert code == 0 and out.count("\n") == 1
    document = json.loads(out)
    assert document["schema"] == "chainrule/train/2" and document["ok"] is True and "error" not in document
    assert set(document["accuracy"]) == set(document["loss"]) == {"training", "validation", "held_out"}
    assert 0.8 < document["accuracy"]["held_out"] <= 1 and document["penalty"] > 0 and document["seconds"] > 0
    chosen = {"data": "digits", "target": "digit", "hidden": [32, 16], "epochs": 3, "seed": 4}
    assert document["settings"].items() >= chosen.items() and document["settings"]["optimizer"] == "adam"
    assert document["folder"] == "run" and document["classes"] == [str(k) for k in range(10)]
    assert [record["epoch"] for record in document["history"]] == [1, 2, 3]
    assert 1 <= document["best_epoch"] <= 3
    assert err.startswith("epoch 1/3")


def test_equal_seeds_give_equal_results(capsys):
    def run(seed):
        document = json.loads(call(capsys, "train", "--epochs", "2", "--seed", seed, "--json", "--no-progress")[1])
        return document["loss"], document["confusion"]

    assert run("1") == run("1") != run("2")


@pytest.mark.parametrize("option", ["--quiet", "-q"])
def test_quiet_is_one_number(capsys, option):
    code, out, err = call(capsys, "train", "--epochs", "1", option)
    assert (code, err) == (0, "") and re.fullmatch(r"0\.\d{4}\n", out)


def test_no_progress(capsys):
    code, out, err = call(capsys, "train", "--epochs", "1", "--no-progress", "--strength", "0")
    assert (code, err) == (0, "") and "penalty 0.0000 (l2 0)" in out


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--epochs", "-3", "--epochs is a whole number, 1 or more, not -3"),
        ("--epochs", "0", "--epochs is a whole number, 1 or more, not 0"),
        ("--epochs", "2.5", "--epochs is a whole number, 1 or more, not 2.5"),
        ("--hidden", "0", "--hidden is a list, each item a whole number from 1 to 65536, not 0"),
        ("--hidden", "64,", "--hidden is a list, each item a whole number from 1 to 65536, not 64,"),
        ("--hidden", "many", "--hidden is a list, each item a whole number from 1 to 65536, not many"),
        ("--hidden", "1000000000", "--hidden is a list, each item a whole number from 1 to 65536, not 1000000000"),
        ("--learning-rate", "0", "--learning-rate is a number above 0, not 0"),
        ("--learning-rate", "-0.1", "--learning-rate is a number above 0, not -0.1"),
        ("--learning-rate", "nan", "--learning-rate is a number above 0, not nan"),
        ("--batch-size", "0", "--batch-size is a whole number, 1 or more, not 0"),
        ("--strength", "-1", "--strength is a number, 0 or more, not -1"),
        ("--strength", "inf", "--strength is a number, 0 or more, not inf"),
        ("--held-out", "1", "--held-out is a number above 0 and below 1, not 1"),
        ("--dtype", "float16", "--dtype is one of float64, float32, not float16"),
        (
            "--optimizer",
            "adm",
            "--optimizer is one of sgd, momentum, nesterov, adagrad, rmsprop, adam,",
        ),
        (
            "--optimizer",
            "adam:beta=1",
            "--optimizer is adam with settings among beta1, beta2, epsilon, not adam:beta=1",
        ),
        ("--save-every", "-1", "--save-every is a number, 0 or more, not -1"),
        ("--seed", "-1", "--seed is a whole number from 0 to 4294967295, not -1"),
        ("--seed", "4294967296", "--seed is a whole number from 0 to 4294967295, not 4294967296"),
        ("--header", "maybe", "--header is true or false, not maybe"),
        ("--decimal", ";", "--decimal is one of ., ,, not ;"),
    ],
)
def test_values_without_meaning(capsys, option, value, sentence):
    code, out, err = call(capsys, "train", option, value)
    assert (code, out) == (2, "")
    first, second = err.splitlines()
    assert first.startswith(f"chainrule train: {sentence}") and second == "try: chainrule train --help"


def test_training_that_diverges(capsys):
    code, out, err = call(capsys, "train", "--learning-rate", "1e300", "--epochs", "3", "--no-progress")
    assert code == 1 and "training diverged: the objective became" in err and "accuracy on held-out rows" in out
    assert "try a smaller learning rate than 1e+300" in err
    code, out, err = call(capsys, "train", "--learning-rate", "1e300", "--epochs", "3", "--no-progress", "--json")
    document = json.loads(out)
    assert code == 1 and document["ok"] is False and document["error"]["kind"] == "diverged"
    assert document["ending"] == "diverged" and document["best_epoch"] == 0


@pytest.mark.skipif(os.name != "posix", reason="needs signals of POSIX")
def test_interrupted():
    code, out, err = interrupted()
    assert code == 130
    assert "accuracy on held-out rows" in out and "weights of epoch" in out
    assert re.search(r"^interrupted in epoch \d+ of 1000000; the best weights, of epoch \d+, are kept$", err, re.M)
    assert "Traceback" not in err


@pytest.mark.skipif(os.name != "posix", reason="needs signals of POSIX")
def test_interrupted_as_a_document():
    code, out, _ = interrupted("--json")
    document = json.loads(out)
    assert code == 130 and document["ok"] is False and document["error"]["kind"] == "interrupted"
    assert document["accuracy"]["held_out"] > 0.5 and 1 <= document["best_epoch"] <= len(document["history"])


def test_a_live_line_on_a_terminal():
    pty = pytest.importorskip("pty")
    pytest.importorskip("rich")
    leader, follower = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120"}
    with subprocess.Popen(
        [sys.executable, "-m", "chainrule", "train", "--epochs", "5"],
        stdout=subprocess.PIPE,
        stderr=follower,
        env=environment,
        text=True,
    ) as process:
        os.close(follower)
        seen = b""
        while True:
            try:
                piece = os.read(leader, 65536)
            except OSError:  # how Linux says that the other end is closed
                break
            if not piece:
                break
            seen += piece
        out = process.stdout.read()
    os.close(leader)
    assert process.returncode == 0 and out.startswith("accuracy on held-out rows") and "\x1b" not in out
    shown = seen.decode()
    assert "━" in shown and "epoch 5/5  loss" in shown and shown.index("\x1b[?25l") < shown.index("\x1b[?25h")


@pytest.mark.parametrize("verb", ["train", "resume"])
def test_a_second_interrupt_stops_at_once_and_says_how_to_go_on(capsys, monkeypatch, verb):
    assert call(capsys, "train", "--epochs", "1", "--hidden", "4", "--folder", "mine", "-q")[0] == 0
    before = {path: path.read_bytes() for path in Path("mine").iterdir()}

    def interrupted_twice(*arguments, **settings):
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "fit", interrupted_twice)
    arguments = ["resume", "mine"] if verb == "resume" else ["train", "--folder", "other"]
    code, out, err = call(capsys, *arguments, "--json")
    assert code == 130 and json.loads(out)["error"]["kind"] == "interrupted"
    assert err == f"chainrule: interrupted\nto go on: chainrule resume {arguments[-1]}\n"
    assert all(path.read_bytes() == content for path, content in before.items() if path.name != "events.jsonl")


def test_a_folder_that_another_run_is_about_to_use(monkeypatch):
    """Both have found it empty; one of the two is faster."""
    assert folder.new_folder("shared") == Path("shared")
    monkeypatch.setattr(Path, "iterdir", lambda self: iter(()))
    with pytest.raises(FileError, match="shared is there already"):
        folder.new_folder("shared")


def test_a_run_that_diverges_names_an_operation_and_no_line_of_ours(capsys):
    code, _, err = call(capsys, "train", "--epochs", "2", "--learning-rate", "1e300", "--folder", "wild", "-q")
    assert code == 1 and "; first cause: " in err and "runpy" not in err and ".py" not in err


@pytest.mark.parametrize("loss", ["huber:delta=-1", "quantile:level=2"])
def test_what_a_loss_refuses_leaves_no_folder_behind(capsys, loss):
    Path("a.csv").write_text("x,y\n" + "".join(f"{k / 7},{k / 3}\n" for k in range(40)))
    assert call(capsys, "train", "a.csv", "--target", "y", "--loss", loss, "--folder", "mine")[0] == 2
    assert not Path("mine").exists()
