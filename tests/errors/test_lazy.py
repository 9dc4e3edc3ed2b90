"""Packages that are imported late, or are optional."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from chainrule.errors import UnsupportedError
from chainrule.lazy import LazyModule


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Write a package of that name where it can be imported."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(name: str, source: str) -> None:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(source)
        monkeypatch.delitem(sys.modules, name, raising=False)

    yield make
    for name in [name for name in sys.modules if name.startswith("late_")]:
        del sys.modules[name]


def test_nothing_is_imported_before_it_is_used(package) -> None:
    package("late_one", "value = 3\ndef double(x): return 2 * x\n")
    late = LazyModule("late_one")
    assert "late_one" not in sys.modules
    assert late.value == 3 and "late_one" in sys.modules
    assert late.double(4) == 8


def test_a_name_that_is_not_there(package) -> None:
    package("late_two", "")
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        LazyModule("late_two").nothing


def test_a_missing_package_names_the_extra(user_module) -> None:
    module = user_module(
        """
        from chainrule.lazy import LazyModule
        onnx = LazyModule("late_missing.helper", "onnx")

        def run():
            return onnx.make_graph()
        """
    )
    with pytest.raises(UnsupportedError) as caught:
        module.run()
    assert caught.value.what == "this needs the package late_missing, which is not installed"
    assert caught.value.try_ == 'pip install "chainrule[onnx]"'
    assert str(caught.value.where) == "model.py:5"
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_a_missing_dependency_is_pythons_own_error() -> None:
    with pytest.raises(ModuleNotFoundError, match="late_missing"):
        LazyModule("late_missing").anything


@pytest.mark.parametrize(
    ("source", "error"),
    [("import late_other_missing", ModuleNotFoundError), ("raise ImportError('libfoo.so')", ImportError)],
)
def test_a_package_that_is_installed_and_broken_is_not_called_missing(package, source: str, error) -> None:
    package("late_broken", source)
    with pytest.raises(error) as caught:
        LazyModule("late_broken", "extra").anything
    assert not isinstance(caught.value, UnsupportedError)


def test_importing_the_ground_loads_no_scipy() -> None:
    """scipy.special alone takes longer to load than all of NumPy."""
    program = "import sys, chainrule.structure, chainrule.graph, chainrule.tree\n"
    program += "print(sorted(name for name in sys.modules if name.startswith(('scipy', 'optree'))))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_what_python_asks_of_any_object_imports_nothing():
    stand_in = LazyModule("no_such_module_at_all")
    assert not hasattr(stand_in, "__wrapped__")
    with pytest.raises(ModuleNotFoundError):
        stand_in.something
