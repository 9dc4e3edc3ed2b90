"""`chainrule report`, and the page that `chainrule train` writes."""

import json
import webbrowser
from pathlib import Path

import pytest

from ..view.runs import write_run
from .test_entry import call


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_of_one_run_it_goes_into_its_folder(capsys):
    write_run(Path("run"))
    code, out, err = call(capsys, "report", "run")
    assert (code, out, err) == (0, "", f"1 run in {Path('run', 'report.html')}\n")
    assert Path("run/report.html").read_text().startswith("<!doctype html>")


def test_of_several_it_goes_here_or_where_it_is_told(capsys):
    for name in ("a", "b"):
        write_run(Path(name))
    assert call(capsys, "report", "a", "b") == (0, "", "2 runs in report.html\n")
    code, out, err = call(capsys, "report", "a", "b", "-o", "both.html", "--json")
    document = json.loads(out)
    assert (code, err, document["schema"], document["ok"], document["runs"]) == (0, "", "chainrule/file/1", True, 2)
    assert document["bytes"] == Path("both.html").stat().st_size
    code, out, err = call(capsys, "report", "a", "-o", "-")
    assert (code, err) == (0, "") and out.startswith("<!doctype html>")


def test_open_shows_it(capsys, monkeypatch):
    write_run(Path("run"))
    shown = []
    monkeypatch.setattr(webbrowser, "open", shown.append)
    assert call(capsys, "report", "run", "--open")[0] == 0
    assert shown == [Path("run/report.html").resolve().as_uri()]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["report"], 2, "the following arguments are required: FOLDER"),
        (["report", "nowhere"], 4, "nowhere holds no training run: it has no settings.toml"),
        (["report", *["run"] * 9], 2, "a page shows one run, or up to 8"),
        (["report", "run", "-o", "-", "--open"], 2, "a page on stdout goes alone"),
        (["report", "run", "-o", "no/folder.html"], 4, "no/folder.html cannot be written: there is no folder no"),
    ],
)
def test_what_is_refused(capsys, arguments, code, said):
    write_run(Path("run"))
    found, out, err = call(capsys, *arguments)
    assert (found, out) == (code, "") and said in err


def test_training_writes_the_page_unless_it_is_told_not_to(capsys):
    quick = ("--epochs", "1", "--hidden", "4", "-q")
    assert call(capsys, "train", *quick)[0] == 0
    assert {"report.html", "graph.svg"} <= {path.name for path in Path("run").iterdir()}
    assert call(capsys, "train", *quick, "--no-report")[0] == 0
    assert not {"report.html", "graph.svg"} & {path.name for path in Path("run-2").iterdir()}
    Path("run/report.html").unlink()
    assert call(capsys, "report", "run", "--graph")[0] == 0
    assert 'href="graph.html"' in Path("run/report.html").read_text()
    assert "layers.0.W" in Path("run/graph.html").read_text()
    assert call(capsys, "resume", "run", "-q")[0] == 0 and Path("run/report.html").exists()
