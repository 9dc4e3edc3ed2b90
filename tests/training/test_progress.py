"""What training shows: on a terminal, in a file, and not at all."""

import io
import re
import subprocess
import sys
import types

import numpy as np
import pytest

from chainrule.errors import ArgumentError
from chainrule.training import EpochRecord, Fitted, progress_for
from chainrule.training import lines as lines_module
from chainrule.training import notebook as notebook_module
from chainrule.training.bar import Bar
from chainrule.training.lines import Lines
from chainrule.training.notebook import Notebook
from chainrule.training.progress import Progress, Silent
from chainrule.training.step import Measured
from chainrule.training.text import fitting, losses, short, sparkline


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def record(epoch, seconds=1.0, validation=0.249, score=0.95):
    return EpochRecord(epoch, 10, 0.2201, 0.0113, 0.013, validation, score, seconds, 1e-3)


def run(progress, epochs, ending="finished", step_too=True):
    progress.start(epochs, 10)
    history = [record(k + 1, seconds=k + 1.0, validation=1 / (k + 1)) for k in range(epochs)]
    for each in history:
        for step in range(1, 11) if step_too else ():
            progress.step(each.epoch, step, Measured(0.2314, 0.2201, 0.0113, 0.013))
        progress.epoch(each)
    progress.finish(Fitted(None, epochs, history, epochs, 1.0, ending))


def test_lines_say_what_there_is():
    stream = io.StringIO()
    run(Lines(stream), 2)
    loss = "loss 0.2314 (data 0.2201 + reg 0.0113)"
    assert stream.getvalue().splitlines() == [
        f"epoch 1/2  {loss}  val 1.0000  score 0.9500  |g| 1.3e-02  100.0 ms/step  eta 0:01",
        f"epoch 2/2  {loss}  val 0.5000  score 0.9500  |g| 1.3e-02  100.0 ms/step  eta 0:00",
    ]


def test_lines_leave_out_what_there_is_not():
    stream = io.StringIO()
    lines = Lines(stream)
    lines.start(1, 3)
    lines.epoch(EpochRecord(1, 3, 0.5, 0.0, 2.0, None, None, 6.0, 1e-3))
    assert stream.getvalue() == "epoch 1/1  loss 0.5000  |g| 2.0e+00  2.0 s/step  eta 0:00\n"


def test_lines_are_rare_in_a_log(monkeypatch):
    # An epoch in each 7 seconds and a line in 30: epochs 1, 6, 11, 16, and the last one.
    clock = iter(np.arange(1, 19) * 7.0)
    monkeypatch.setattr(lines_module.time, "perf_counter", lambda: next(clock))
    stream = io.StringIO()
    run(Lines(stream, seconds_between=30.0), 18)
    assert [int(line.split("/")[0].split()[1]) for line in stream.getvalue().splitlines()] == [1, 6, 11, 16, 18]


@pytest.mark.parametrize("progress", [Lines, Bar])
def test_an_ending_before_the_end_is_said(progress):
    stream = Terminal()
    run(progress(stream), 3, "interrupted")
    assert "interrupted in epoch 3 of 3; the best weights, of epoch 3, are kept" in stream.getvalue()
    stream = Terminal()
    run(progress(stream), 3)
    assert "kept" not in stream.getvalue()


def test_bar_on_a_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "140")
    stream = Terminal()
    run(Bar(stream), 3)
    text = stream.getvalue()
    assert "━" in text and " 1/10" in text
    assert "loss 0.2314 (data 0.2201 + reg 0.0113)" in text and "eta 0:0" in text
    # The last epoch stays, the live line goes, and the cursor comes back.
    assert "epoch 3/3  loss 0.2314 (data 0.2201 + reg 0.0113)  val 0.3333  score 0.9500  |g| 1.3e-02" in text
    assert text.index("\x1b[?25l") < text.index("\x1b[?25h")


@pytest.mark.parametrize("width", [20, 40, 60, 79, 100])
def test_bar_never_takes_two_lines(monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    stream = Terminal()
    run(Bar(stream), 3)
    plain = re.sub(r"\x1b\[[0-9?;]*[a-zA-Z]", "", stream.getvalue())
    assert max(len(line) for line in plain.replace("\r", "\n").splitlines()) <= width


def test_bar_in_plain_letters_where_there_are_no_others(monkeypatch):
    class Old(Terminal):
        encoding = "ascii"

    monkeypatch.setenv("COLUMNS", "140")
    stream = Old()
    run(Bar(stream), 3)
    stream.getvalue().encode("ascii")


def test_bar_comes_down_after_an_error():
    stream = Terminal()
    bar = Bar(stream)
    bar.start(3, 10)
    bar.finish(None)
    bar.finish(None)
    assert "\x1b[?25h" in stream.getvalue()


def test_the_display_is_chosen(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    assert isinstance(progress_for("auto", Terminal()), Bar)
    lines = progress_for("auto", io.StringIO())
    assert isinstance(lines, Lines) and lines.seconds_between == 30.0
    assert isinstance(progress_for(0, Terminal()), Silent)
    assert isinstance(progress_for(1, io.StringIO()), Bar)
    assert progress_for(2, Terminal()).seconds_between == 0.0
    monkeypatch.setenv("TERM", "dumb")
    assert progress_for("auto", Terminal()).seconds_between == 1.0
    for own in (Silent(), Lines(io.StringIO()), Bar(io.StringIO())):
        assert isinstance(own, Progress) and progress_for(own) is own
    with pytest.raises(ArgumentError, match="verbose='loud'"):
        progress_for("loud")


def test_without_rich_there_are_lines(monkeypatch):
    monkeypatch.setitem(sys.modules, "rich", None)
    monkeypatch.setenv("TERM", "xterm")
    for verbose in ("auto", 1):
        lines = progress_for(verbose, Terminal())
        assert isinstance(lines, Lines) and lines.seconds_between == 1.0


def test_without_a_console_there_is_nothing(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    assert isinstance(progress_for("auto"), Silent)


def test_rich_is_imported_for_a_bar_only():
    program = "import sys, chainrule.cli, chainrule.training as t; t.progress_for(2); print('rich' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.fixture
def kernel(monkeypatch):
    """IPython as a notebook's kernel has it; what its display has shown."""
    shown = []

    class ZMQInteractiveShell:
        pass

    class Handle:
        def update(self, content):
            shown.append(content)

    ipython, display = types.ModuleType("IPython"), types.ModuleType("IPython.display")
    ipython.get_ipython = ZMQInteractiveShell
    display.HTML = str
    display.display = lambda content, display_id: Handle()
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    monkeypatch.setattr(notebook_module, "_display", display)
    return shown


def test_a_notebook_has_one_display_that_ends_as_a_table(kernel):
    progress = progress_for("auto")
    assert isinstance(progress, Notebook) and isinstance(progress, Progress)
    assert isinstance(progress_for(0), Silent) and isinstance(progress_for(2), Lines)
    run(progress, 12)
    *lines, table = kernel
    assert len(lines) == 1  # at most four a second
    assert lines[0].startswith('<pre>epoch  1/12 <progress value="1" max="10"></progress> 1/10  loss 0.2314 (data')
    assert "<th>epoch</th><th>loss</th><th>validation loss</th><th>score</th>" in table
    assert "<td>12</td><td>0.2314</td><td>0.0833</td><td>0.9500</td>" in table and "<td>2</td>" not in table
    assert table.endswith("▁</pre>")


def test_a_notebook_says_how_it_ended_and_comes_down_after_an_error(kernel):
    run(Notebook(), 3, "interrupted")
    assert kernel[-1].endswith("<p>interrupted in epoch 3 of 3; the best weights, of epoch 3, are kept</p>")
    progress = Notebook()
    progress.start(3, 10)
    progress.finish(None)
    progress.finish(None)
    assert kernel[-1] == "" or kernel[-1].startswith("<table>")


def test_texts():
    assert [short(x) for x in (0.5, 12345.0, 1e-9, -0.25)] == ["0.5000", "1.23e+04", "1.00e-09", "-0.2500"]
    assert losses(1.0) == "loss 1.0000"
    assert sparkline([]) == "" and sparkline([1.0]) == "▁" and sparkline([2.0, np.nan, 1.0]) == "█▁"
    assert len(sparkline(list(range(100)))) == 8
    assert fitting(["too long"], 3) == ""
