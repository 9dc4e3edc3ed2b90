"""The table for terminals, and the tree."""

import io
import re

import numpy as np
import pytest

import chainrule as cr
from chainrule.view import Outline, table
from chainrule.view.opening import open_groups
from chainrule.view.tree_lines import tree_lines

from .graphs import deep, mlp, outline_of, tiny


def rows_of(name):
    outline = outline_of(name)
    return table.rows(outline, open_groups(outline))


def test_a_row_for_each_variable(capsys):
    graph, arguments = tiny()
    graph.show(graph.forward(*arguments))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + len(graph)
    assert lines[0].split() == [
        "#",
        "node",
        "op",
        "shape",
        "value",
        "gradient",
        "J",
        "to",
        "input",
        "gain",
        "keeps",
        "line",
    ]
    # p = tanh 1, dJ/dp = 2 (p - 1), slope 1 - p^2
    p = next(line for line in lines if " p " in line)
    assert re.search(r"tanh +scalar +0.762 +-0.477 +diagonal +0.42 ", p)
    assert p.endswith(f"graphs.py:{tiny.__code__.co_firstlineno + 5}")


def test_cells_are_never_wrapped_where_lines_are_read_by_programs(capsys):
    graph, arguments = mlp()
    graph.show(graph.forward(*arguments))
    out = capsys.readouterr().out
    (line,) = [line for line in out.splitlines() if " log_p " in line]
    assert "identity | broadcast" in line and "graphs.py" in line
    assert "\x1b" not in out


@pytest.mark.parametrize("width", [30, 60, 79, 120])
def test_columns_are_dropped_from_the_right_until_it_fits(width):
    found = rows_of("tiny")
    lines = table.lines(found, width)
    assert max(map(len, lines)) <= width
    everything = table.columns_within(found, None)
    kept = table.columns_within(found, width)
    assert kept == everything[: len(kept)]
    assert kept[:3] == ["#", "node", "op"]


def test_what_is_ill_is_said_however_narrow_it_is():
    def f(x):
        return np.sum(np.log(x))

    graph = cr.trace(f, np.ones(3))
    with np.errstate(divide="ignore"):
        values = graph.forward(np.array([1.0, 0.0, 2.0]))
    outline = Outline(graph.data, values.by_number, {graph.outputs[0]: np.ones(())})
    lines = table.lines(table.rows(outline, {0}), 40)
    assert any("log" in line and "!! non-finite" in line for line in lines)


def test_repeated_blocks_are_one_row():
    found = rows_of("deep")
    assert len(found) < 60
    assert any(row["op"] == "group" and row["node"].endswith("× 250") for row in found)


def test_without_values_nothing_is_said_of_numbers():
    graph, _ = tiny()
    found = table.rows(Outline(graph.data), {0})
    assert not {"value", "gradient", "gain", "histogram"} & {name for row in found for name in row}


def test_what_is_kept_for_the_way_back():
    def f(x, W, b):
        y = x @ W
        z = y + b
        return np.exp(z)

    graph = cr.trace(f, np.ones((2, 3)), np.ones((3, 4)), np.ones(4))
    kept = {row["op"]: row.get("keeps") for row in table.rows(Outline(graph.data), {0})}
    assert kept["matmul"] == "W,x"  # d(xW) = dx W + x dW
    assert kept["add"] == ""
    assert kept["exp"] == graph.names[graph.outputs[0].number]  # its own result


def test_a_variable_met_again_stands_by_its_number():
    lines = tree_lines(outline_of("mlp"))
    assert lines[0].startswith("#42 ") and lines[1].startswith("  #")
    logits = next(v.number for v in outline_of("mlp").graph.variables if v.name == "logits")
    assert sum(f"-> #{logits} logits" in line for line in lines) == 1
    assert sum(line.lstrip().startswith(f"#{logits} ") for line in lines) == 1


def test_a_tree_of_any_depth():
    graph, _ = deep(300)
    lines = tree_lines(Outline(graph.data), 80)
    assert len(lines) > 2400 and max(map(len, lines)) <= 80
    assert any("[2000]" in line for line in lines) or any(re.search(r"\[\d{3,}\]", line) for line in lines)


def test_a_terminal_of_ascii_only(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", stream)
    table.print_lines(table.lines(rows_of("deep")))
    stream.flush()
    assert b"x 250" in stream.buffer.getvalue()


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def test_on_a_terminal_in_color_where_rich_is_installed(monkeypatch):
    pytest.importorskip("rich")
    monkeypatch.setenv("COLUMNS", "70")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    graph, arguments = tiny()
    values = graph.forward(*arguments)
    with monkeypatch.context() as patch:
        patch.setattr("sys.stdout", stream := Terminal())
        graph.show(values)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue())
    assert plain != stream.getvalue()
    assert max(len(line.rstrip()) for line in plain.splitlines()) <= 70
    assert "tanh" in plain
    with monkeypatch.context() as patch:
        patch.setattr("sys.stdout", stream := Terminal())
        patch.setattr(table, "is_installed", lambda package: False)
        graph.show(values)
    assert "\x1b" not in stream.getvalue()
    assert max(map(len, stream.getvalue().splitlines())) <= 70


def test_markup_in_names_is_text(monkeypatch):
    pytest.importorskip("rich")
    graph = cr.trace(lambda w: np.sum(w), np.ones(3))
    graph.inputs[0].name = "[bold]w[/bold]"
    monkeypatch.setattr("sys.stdout", stream := Terminal())
    graph.show(width=100)
    monkeypatch.undo()
    assert "[bold]w[/bold]" in stream.getvalue()
