"""Every example in a docstring of the package is executed."""

import doctest
import importlib
import pkgutil

import pytest

import chainrule

MODULES = sorted(
    info.name for info in pkgutil.walk_packages(chainrule.__path__, "chainrule.") if not info.name.endswith("__main__")
)

NEEDS = {"chainrule.onnx.export": "onnx"}  # modules whose examples take an optional package


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    if name in NEEDS:
        pytest.importorskip(NEEDS[name], reason=f"the package {NEEDS[name]} is not installed")
    module = importlib.import_module(name)
    result = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder()
    found = [test for name in MODULES if name not in NEEDS for test in finder.find(importlib.import_module(name))]
    assert sum(len(test.examples) for test in found) > 30
