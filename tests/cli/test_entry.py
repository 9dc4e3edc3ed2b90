"""The program as a whole: verbs, help, exit codes, and what goes to which stream."""

import json
import os
import subprocess
import sys

import pytest

import chainrule
from chainrule.cli import entry, main
from chainrule.cli.exit_codes import ExitCode


def call(capsys, *arguments):
    """Exit code, stdout and stderr of a call in this process."""
    try:
        code = main(arguments)
    except SystemExit as exit_:  # --help and --version
        code = exit_.code
    out, err = capsys.readouterr()
    return code, out, err


def failing_with(monkeypatch, error):
    def run(options):
        raise error

    monkeypatch.setattr(entry.doctor, "run", run)


def test_version(capsys):
    assert call(capsys, "--version") == (0, f"chainrule {chainrule.__version__}\n", "")


def test_help_names_every_verb_with_an_example(capsys):
    code, out, err = call(capsys, "--help")
    assert (code, err) == (0, "")
    assert all(verb.EXAMPLE in out and verb.EXAMPLE.startswith(f"chainrule {verb.NAME} ") for verb in entry.VERBS)
    assert "Exit codes: 0 done" in out


@pytest.mark.parametrize("verb", [verb.NAME for verb in entry.VERBS])
def test_help_of_a_verb(capsys, verb):
    code, out, err = call(capsys, verb, "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"usage: chainrule {verb}") and f"example: chainrule {verb}" in out


@pytest.mark.skipif(os.name != "posix", reason="needs a shell of POSIX")
@pytest.mark.parametrize("verb", entry.VERBS, ids=lambda verb: verb.NAME)
def test_a_shell_takes_the_examples_as_they_are(verb):
    done = subprocess.run(["sh", "-c", f"chainrule() {{ :; }}; {verb.EXAMPLE}"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_help_of_training_names_what_there_is_to_choose(capsys):
    out = " ".join(call(capsys, "train", "--help")[1].split())
    assert out.startswith("usage: chainrule train [DATA --target COLUMN] [options] Fit")
    assert "--optimizer NAME how weights follow their gradients [sgd | momentum | nesterov" in out
    assert "--missing NAME,... " in out and "--header BOOLEAN " in out and "--warm-up N " in out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "chainrule: a verb is missing: train, resume, report, predict, evaluate, export, grad, check, show"),
        (["trane"], "chainrule: VERB: invalid choice: 'trane'"),
        (["doctor", "--frob"], "chainrule: unrecognized arguments: --frob"),
        (["doctor", "--js"], "chainrule: unrecognized arguments: --js"),
    ],
)
def test_wrong_usage(capsys, arguments, sentence):
    code, out, err = call(capsys, *arguments)
    assert (code, out) == (2, "")
    first, second = err.splitlines()
    assert first.startswith(sentence)
    assert second.startswith("try: chainrule") and second.endswith("--help")


@pytest.mark.parametrize(
    ("error", "code", "kind", "sentence"),
    [
        (KeyboardInterrupt(), 130, "interrupted", "chainrule: interrupted"),
        (FileNotFoundError(2, "No such file or directory", "rows.csv"), 4, "file", "rows.csv"),
        (MemoryError("Unable to allocate 9 EiB"), 2, "memory", "does not fit into memory: Unable to allocate 9 EiB"),
        (RuntimeError("surprise"), 5, "internal", "please report"),
    ],
)
def test_what_goes_wrong_has_its_number(capsys, monkeypatch, error, code, kind, sentence):
    failing_with(monkeypatch, error)
    found, out, err = call(capsys, "doctor")
    assert (found, out) == (code, "") and sentence in err
    assert ("Traceback" in err) == (kind == "internal")
    found, out, err = call(capsys, "doctor", "--json")
    document = json.loads(out)
    assert found == code and document["schema"] == "chainrule/error/1" and document["ok"] is False
    assert document["error"]["kind"] == kind and sentence in document["error"]["message"]


def test_wrong_usage_as_a_document(capsys):
    code, out, err = call(capsys, "train", "--json", "--epochs", "none")
    assert code == 2 and "--epochs is a whole number, 1 or more, not none" in err
    assert "--epochs is a whole number" in json.loads(out)["error"]["message"]


def test_the_numbers_are_those_of_the_manual():
    assert {code.name: int(code) for code in ExitCode} == {
        "DONE": 0,
        "CHECK_FAILED": 1,
        "WRONG_USAGE": 2,
        "USER_CODE_RAISED": 3,
        "FILE_TROUBLE": 4,
        "INTERNAL_ERROR": 5,
        "INTERRUPTED": 130,
    }


def test_doctor(capsys):
    code, out, err = call(capsys, "doctor")
    assert (code, err) == (0, "")
    for name in ("chainrule", "Python", "numpy", "scipy", "llvmlite", "BLAS of NumPy", "cores", "thread variables"):
        assert any(line.startswith(name) for line in out.splitlines())


def test_doctor_as_a_document(capsys, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    code, out, err = call(capsys, "doctor", "--json")
    document = json.loads(out)
    assert (code, err, out.count("\n")) == (0, "", 1)
    assert document["schema"] == "chainrule/doctor/1" and document["ok"] is True
    assert document["chainrule"] == chainrule.__version__
    assert document["packages"]["numpy"] and document["thread_variables"]["OMP_NUM_THREADS"] == "3"


def test_doctor_without_a_package(capsys, monkeypatch):
    monkeypatch.setattr(entry.doctor, "OPTIONAL", ("no-such-package",))
    assert "not installed" in call(capsys, "doctor")[1]


def test_as_a_module():
    done = subprocess.run([sys.executable, "-m", "chainrule", "--version"], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"chainrule {chainrule.__version__}\n", "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_full_disk_is_file_trouble():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "chainrule", "doctor"], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 4 and "No space left" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="needs pipes of POSIX")
def test_a_reader_that_has_seen_enough():
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "chainrule", "doctor"], stdout=writing, stderr=subprocess.PIPE, text=True
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (4, "")


def test_without_a_stdout_or_a_stderr(capsys, monkeypatch):
    """As programs without a console have none."""
    monkeypatch.setattr(sys, "stdout", None)
    assert main(["doctor"]) == 0 and main(["doctor", "--json"]) == 0 and main(["doctor", "--frob"]) == 2
    monkeypatch.undo()
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["predict", "nowhere", "x.csv", "--json"]) == 4
    monkeypatch.undo()
    assert json.loads(capsys.readouterr().out)["ok"] is False


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_messages_that_nobody_can_take(tmp_path):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "chainrule", "predict", "nowhere", "x.csv", "--json"],
            stdout=subprocess.PIPE,
            stderr=full,
            text=True,
        )
    assert done.returncode == 4 and json.loads(done.stdout)["ok"] is False
