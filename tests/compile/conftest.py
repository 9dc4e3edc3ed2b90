"""Native code needs llvmlite; without it everything is interpreted, and there is nothing to test here."""

import pytest

import chainrule as cr
from chainrule.compile import is_available


def pytest_ignore_collect(collection_path, config):
    return None if is_available() else True


@pytest.fixture(autouse=True)
def usual_threads():
    before = cr.get_num_threads()
    yield
    if cr.get_num_threads() != before:
        cr.set_num_threads(before)
