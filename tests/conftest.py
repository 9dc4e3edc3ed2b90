"""Tests run in a stricter world: the law of graphs is checked after every pass, hypothesis is reproducible."""

import os
import signal
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import chainrule.api.plans as plans
from chainrule import graph
from chainrule.compile import is_available
from chainrule.simplify import passes

settings.register_profile("default", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("default")
os.environ.setdefault("COLUMNS", "100")


def pytest_addoption(parser):
    parser.addoption(
        "--without-llvmlite",
        action="store_true",
        help="run as where llvmlite is not installed: NumPy computes everything",
    )


def pytest_configure(config):
    if config.getoption("--without-llvmlite"):
        assert "llvmlite" not in sys.modules
        absent = str(Path(__file__).parent / "absent")  # where importing it fails as where it is not installed
        sys.path.insert(0, absent)
        before = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = os.pathsep.join([absent, before] if before else [absent])
        assert not is_available()


@pytest.fixture(autouse=True, scope="session")
def own_state(tmp_path_factory):
    """What a failed trace leaves behind is no business of the machine's user."""
    before = os.environ.get("XDG_STATE_HOME")
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))
    yield
    if before is None:
        del os.environ["XDG_STATE_HOME"]
    else:
        os.environ["XDG_STATE_HOME"] = before


@pytest.fixture(autouse=True, scope="session")
def machine_code_of_tests(tmp_path_factory):
    """Kept where this run of the tests keeps its files."""
    os.environ["CHAINRULE_CACHE_DIR"] = str(tmp_path_factory.getbasetemp().parent / "machine-code")


@pytest.fixture(autouse=True, scope="session")
def interrupts_are_not_ignored():
    """A shell lets its background jobs ignore Ctrl-C; the tests of what it does need it."""
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def law_after_every_pass(monkeypatch):
    """Check what simplify makes, wherever it is called from a plan."""
    original = passes.simplify

    def checked(graph_):
        result = original(graph_)
        graph.check(result)
        return result

    monkeypatch.setattr(plans, "simplify", checked)
