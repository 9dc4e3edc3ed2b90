"""The command line of the installed package writes the page, with no other program in reach."""

import subprocess
import sys

UNIT = """\
import numpy as np

def loss(w, x, y):
    z = w * x
    p = np.tanh(z)
    e = p - y
    return e ** 2
"""


def test_the_shell_writes_a_page_that_lives(open_page, tmp_path):
    (tmp_path / "unit.py").write_text(UNIT)
    command = [sys.executable, "-m", "chainrule", "view", "unit.py:loss", "-o", "unit.html"]
    for name, value in (("w", 0.5), ("x", 2.0), ("y", 1.0)):
        command += ["--at", f"{name}={value}"]
    done = subprocess.run(command, cwd=tmp_path, env={"PATH": ""}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    tab = open_page((tmp_path / "unit.html").read_text(encoding="utf-8"))
    shapes = tab.locator("svg.chainrule [data-node]")
    assert shapes.count() == 7  # w, x, y, z, p, e and the loss
    assert tab.locator("svg.chainrule .edge[data-to]").count() == 6
    assert tab.locator("[data-name=p]").get_attribute("data-op") == "tanh"
