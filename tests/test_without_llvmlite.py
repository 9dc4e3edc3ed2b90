"""A fair share of the tests where llvmlite cannot be imported: all is computed by NumPy.

`pytest --without-llvmlite` runs them all so.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from chainrule.compile import is_available

ROOT = Path(__file__).resolve().parents[1]
SHARE = (  # of jit, programs, training and what tells of plans: some ten seconds
    "tests/api/test_jit.py",
    "tests/api/test_jit_outside.py",
    "tests/api/test_explain_plan.py",
    "tests/programs/test_compiled.py::test_gradients",
    "tests/training/test_loop.py",
    "tests/compile",  # nothing is left of it
    "tests/docs/test_docs.py::test_document[docs/jit.md]",
)


@pytest.mark.skipif(not is_available(), reason="this run is one without it")
def test_without_llvmlite():
    command = [sys.executable, "-m", "pytest", "--without-llvmlite", "-q", "-x", "-p", "no:cacheprovider", *SHARE]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    passed = int(ended.stdout.splitlines()[-1].partition(" passed")[0].split()[-1])
    assert passed > 300


def test_what_stands_in_its_way():
    """An import fails as where it is not installed, also of a module in it."""
    script = "import llvmlite.binding"
    absent = str(ROOT / "tests" / "absent")
    ended = subprocess.run([sys.executable, "-c", script], env={"PYTHONPATH": absent}, capture_output=True, text=True)
    assert "ModuleNotFoundError: No module named 'llvmlite'" in ended.stderr
