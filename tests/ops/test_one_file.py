"""A new operation is one new file with one declaration: its tests, its row and its drawing form follow."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import chainrule

BELL = r'''
"""Gauss's bell."""

import numpy as np

from .operation import elementwise

bell = elementwise(
    "bell",
    lambda x: np.exp(-x * x),
    lambda y, x: SLOPE,
    promote=lambda kinds: (kinds[0], kinds[0]),
    numpy=(),
    notation=r"e^{{-{0}^2}}",
    domain=(-2, 2),
    source="the chain rule",
)
'''
DRAWN = """
import chainrule as cr
from chainrule.ops import CATALOGUE
from chainrule.graph import Graph
from chainrule.arraytype import ArrayType
import numpy as np

bell = CATALOGUE["bell"]
g = Graph()
g.outputs = [bell(g.input(ArrayType((3,), np.dtype(float)), "x"))]
print(bell.notation.format("x"), cr.Graph.of(g).to_dot(), cr.Graph.of(g), sep="\\n")
"""


@pytest.fixture
def called(tmp_path):
    """Calls Python with a copy of the package in which ops/ has one file more."""
    package = tmp_path / "chainrule"
    shutil.copytree(Path(chainrule.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))

    def call(slope, *arguments):
        (package / "ops" / "bell.py").write_text(BELL.replace("SLOPE", slope))
        environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, env=environment)

    return call


def test_its_tests_are_found_and_can_fail(called):
    command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", str(Path(__file__).with_name("test_catalogue.py"))]
    right = called("-2 * x * y", *command, "-k", "bell")
    assert right.returncode == 0, right.stdout
    assert int(re.search(r"(\d+) passed", right.stdout)[1]) >= 11
    wrong = called("2 * x * y", *command, "-k", "bell")
    assert wrong.returncode == 1 and "test_local_jacobians[bell" in wrong.stdout


def test_its_row_stands_in_the_reference(called):
    page = called("-2 * x * y", "-m", "chainrule.ops.reference")
    assert page.stderr == ""
    assert "| `bell` |  | $e^{-x^2}$ | diagonal |  | the chain rule |" in page.stdout.splitlines()


def test_it_is_drawn(called):
    drawn = called("-2 * x * y", "-c", DRAWN).stdout
    assert drawn.startswith("e^{-x^2}\n") and '[label="bell"]' in drawn and "= bell(x)" in drawn
