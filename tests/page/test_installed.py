"""The command line of the installed package writes the page, with no other program in reach."""

import subprocess
import sys

import pytest

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
    for _ in range(14):
        tab.keyboard.press("n")
    assert tab.locator(".progress").inner_text().startswith("step 14 of 14")
    table = tab.locator(".gradtable [data-row] .gradient").all_inner_texts()
    # e = tanh 1 - 1 = -0.2384058; from the last to the first: 1, 2 e, 2 e, (1 - p^2) 2 e = z, -2 e = y, w z, x z
    assert [float(text) for text in table] == pytest.approx(
        [1, -0.4768117, -0.4768117, -0.2002487, 0.4768117, -0.1001244, -0.4004974], abs=1e-6
    )
