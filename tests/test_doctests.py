"""Every example in a docstring of the package is executed."""

import doctest
import importlib
import pkgutil

import pytest

import chainrule

MODULES = sorted(
    info.name for info in pkgutil.walk_packages(chainrule.__path__, "chainrule.") if not info.name.endswith("__main__")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    module = importlib.import_module(name)
    result = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0


def test_there_are_examples():
    attempted = sum(doctest.testmod(importlib.import_module(name)).attempted for name in MODULES)
    assert attempted > 30
