"""Machine code on disk: found again, whatever has happened to it."""

import os
import signal
import subprocess
import sys
import textwrap
import warnings

import numpy as np
import pytest

import chainrule as cr
from chainrule.arraytype import ArrayType
from chainrule.cli import main
from chainrule.compile import Program, cache, llvm_loader
from chainrule.errors import ChainruleWarning
from chainrule.graph import Graph
from chainrule.ops import CATALOGUE, elementwise


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("CHAINRULE_CACHE_DIR", str(tmp_path / "kept"))
    return tmp_path / "kept"


def graph():
    return cr.trace(lambda x: np.tanh(x) * 3, np.ones(5)).data


def compiled(monkeypatch):
    """How often LLVM is asked for machine code."""
    asked = []
    original = llvm_loader.object_code
    monkeypatch.setattr(llvm_loader, "object_code", lambda text: asked.append(text) or original(text))
    return asked


def test_the_second_program_is_not_compiled(place, monkeypatch):
    asked = compiled(monkeypatch)
    first, second = Program(graph()), Program(graph())
    assert len(asked) == 1 and len(cache.entries()) == 1
    x = np.linspace(-1, 1, 5)
    np.testing.assert_array_equal(first([x])[0], second([x])[0])
    Program(cr.trace(lambda x: np.tanh(x) * 4, np.ones(5)).data)  # another constant
    assert len(asked) == 2 and len(cache.entries()) == 2
    if os.name == "posix":
        assert place.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("damage", [b"", b"garbage", None, -1])
def test_a_damaged_entry_is_made_anew(place, monkeypatch, damage):
    Program(graph())
    (path,) = cache.entries()
    whole = path.read_bytes()
    changed = whole[:-1] + bytes([whole[-1] ^ 1]) if damage == -1 else whole[: len(whole) // 2]
    path.write_bytes(changed if damage in (None, -1) else damage)
    asked = compiled(monkeypatch)
    x = np.linspace(-1, 1, 5)
    np.testing.assert_allclose(Program(graph())([x])[0], np.tanh(x) * 3)
    assert len(asked) == 1 and path.read_bytes() == whole


def test_an_operation_with_a_recipe_of_its_own_is_not_kept(place):
    twice = elementwise("twice_for_the_cache", np.add, 1, 1, numpy=(), native=lambda code, a, b: code.add(a, b))
    try:
        graph = Graph("own")
        x = graph.input(ArrayType((3,), np.float64))
        graph.outputs = [twice(x, x)]
        assert cache.key_of(graph) is None
        assert Program(graph)([np.ones(3)])[0].tolist() == [2.0] * 3 and not cache.entries()
    finally:
        del CATALOGUE["twice_for_the_cache"]


def test_no_place_is_said_once(monkeypatch):
    monkeypatch.delenv("CHAINRULE_CACHE_DIR", raising=False)
    monkeypatch.setattr(cache, "directory", lambda: None)
    cache._tell.cache_clear()
    with pytest.warns(ChainruleWarning, match="not kept on disk"):
        Program(graph())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Program(graph())


@pytest.mark.skipif(os.name != "posix", reason="kills a process")
def test_a_kill_while_it_is_written_leaves_a_good_cache(place):
    script = textwrap.dedent(
        """
        import os, signal, sys
        import numpy as np, chainrule as cr
        from chainrule.compile import Program, cache
        replace = os.replace
        def killed(*names):
            if sys.argv[1] == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            replace(*names)
            os.kill(os.getpid(), signal.SIGKILL)
        os.replace = killed
        Program(cr.trace(lambda x: np.tanh(x) * 3, np.ones(5)).data)
        """
    )
    for when, count in (("before", 0), ("after", 1)):
        ended = subprocess.run([sys.executable, "-c", script, when], env=os.environ)
        assert ended.returncode == -signal.SIGKILL and len(cache.entries()) == count
        x = np.linspace(-1, 1, 5)
        np.testing.assert_allclose(Program(graph())([x])[0], np.tanh(x) * 3)
        cache.clear()
        assert not list(place.iterdir())


def test_the_verb(place, capsys):
    Program(graph())
    assert main(["cache"]) == 0 and "1 entry" in capsys.readouterr().out
    assert main(["cache", "--clear", "--json"]) == 0 and '"removed": 1' in capsys.readouterr().out
    assert main(["cache"]) == 0 and "0 entries" in capsys.readouterr().out


def test_the_entries_are_looked_at_now_and_then(tmp_path, monkeypatch):
    """Not at each writing, which would take longer the more there are; and often enough to hold the bound."""
    monkeypatch.setenv("CHAINRULE_CACHE_DIR", str(tmp_path))
    looks, entries = [], cache.entries
    monkeypatch.setattr(cache, "entries", lambda: looks.append(1) or entries())
    monkeypatch.setattr(cache, "_MOST_BYTES", 64_000)
    for number in range(300):
        cache.store(f"{number:064x}", bytes(500))
    assert 300 * 500 / 64_000 * cache._LOOKS / 2 < len(looks) < 100
    assert cache.total_bytes() < 64_000 * 1.1
    assert (tmp_path / f"{299:064x}.native").exists() and not (tmp_path / f"{0:064x}.native").exists()
