"""A small share of each campaign, so that the test command runs their code."""

import argparse
import contextlib
import itertools
import random
import sys

import numpy as np
import pytest
from campaigns import __main__ as command
from campaigns import estimators, faults, mutants, native, programs, record
from campaigns.mutation import mutants as every_mutant

import chainrule as cr
import tests.ops.test_catalogue as catalogue_test
import tests.ops.test_complex_catalogue as complex_test
from chainrule.compile import is_available
from chainrule.health import Thresholds
from chainrule.ops import CATALOGUE
from chainrule.simplify import REWRITES
from chainrule.testing.programs import Place


@pytest.fixture(scope="module")
def every():
    return list(every_mutant())


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Results and states go to another place, and rewrites that count are put back."""
    monkeypatch.setattr(record, "HERE", tmp_path)
    for operation, rewrites in REWRITES.items():
        monkeypatch.setitem(REWRITES, operation, list(rewrites))
    return tmp_path


def written(place):
    (path,) = (place / "results").iterdir()
    return path.read_text(encoding="utf-8")


def test_graphs(elsewhere):
    assert command.main(["graphs", "--count", "8", "--seed", "7"]) == 0
    page = written(elsewhere)
    assert "| graphs | 8 |" in page and "| failures | 0 |" in page
    assert next((elsewhere / "results").iterdir()).name.startswith("graphs-seed-7-")
    assert not list((elsewhere / "state").glob("*"))


def test_programs(elsewhere):
    assert command.main(["programs", "--count", "4", "--seed", "7", "--processes", "1", "--no-planting"]) == 0
    page = written(elsewhere)
    assert "| programs | 4 |" in page and "| wrong | 0 |" in page
    assert not list((elsewhere / "state").glob("*"))


def test_planted_signs_are_noticed(elsewhere, monkeypatch):
    few = {Place("sin", 0), Place("multiply", 1), Place("einsum", 0)}
    every = programs._index
    monkeypatch.setattr(programs, "_index", lambda found: {p: n for p, n in every(found).items() if p in few})
    assert command.main(["programs", "--count", "8", "--seed", "8", "--processes", "1"]) == 0
    assert "| of them noticed | 3 |" in written(elsewhere)

    monkeypatch.setattr(programs, "wrong_sign", lambda place: contextlib.nullcontext())
    assert command.main(["programs", "--count", "8", "--seed", "8", "--processes", "1"]) == 1
    assert "Not noticed: einsum by argument 1" in written(elsewhere)


def test_a_sample_of_mutants(every):
    tests = mutants.tests_by_operation(catalogue_test, complex_test)
    outcomes = [mutants.outcome(each, tests) for each in random.Random(1).sample(every, 20)]
    assert sum(each.killed_by is not None for each in outcomes) >= 18


def test_mutants_of_one_operation(every, elsewhere, monkeypatch, capsys):
    """They are killed, the rule is whole again after each, and the results say so."""
    few = [each for each in every if each.operations == (CATALOGUE["tan"],)]
    tests = {"tan": mutants.tests_by_operation(catalogue_test)["tan"]}
    monkeypatch.setattr(mutants, "mutants", lambda: few)
    monkeypatch.setattr(mutants, "tests_by_operation", lambda *modules: tests)
    assert command.main(["mutants"]) == 0
    page = written(elsewhere)
    assert f"{len(few)} changes in the rules of 1 of" in page and f"| all | {len(few)} | {len(few)} | 100.0 % |" in page
    assert mutants.tried(tests["tan"]) == mutants.Outcome(None, None)

    tests["tan"].clear()
    assert command.main(["mutants", "--only", "tan"]) == 0
    assert capsys.readouterr().out.count("trigonometric.py") == len(few)


def test_a_state_of_other_sources_is_not_gone_on_from(elsewhere):
    state = record.State("draft", "one", {"next": 0})
    state.values["next"] = 5
    state.save(every=0)
    assert record.State("draft", "one", {"next": 0}).values["next"] == 5
    assert record.State("draft", "two", {"next": 0}).values["next"] == 0


@pytest.mark.skipif(not is_available() or sys.platform != "linux", reason="looks at native code by /proc")
def test_native(elsewhere):
    few = ["--calls", "1000", "--compilations", "10", "--thread-calls", "100", "--kills", "2"]
    assert command.main(["native", *few]) == 0
    page = written(elsewhere)
    assert "| calls of one jitted function | 1000 | " in page and "None." in page
    assert not list((elsewhere / "state").glob("*"))


@pytest.mark.skipif(not is_available() or sys.platform != "linux", reason="looks at native code by /proc")
def test_a_leak_and_other_bits_are_noticed(elsewhere, monkeypatch):
    kept = []
    few = argparse.Namespace(seed=0, calls=200, threads=2, thread_calls=20)
    monkeypatch.setattr(native.np, "tanh", lambda x: kept.append(np.ones(1 << 17)) or x)  # a megabyte
    with cr.disable_jit():
        assert "bytes more in use" in native.calls(few)["failures"][0]
    monkeypatch.undo()
    monkeypatch.setattr(native, "_layer", lambda number: lambda x, w: x * 0 + next(counted))
    counted = itertools.count()
    monkeypatch.setattr(native.cr, "jit", lambda f: f)
    assert "other bits" in native.threads(few)["failures"][0]


def test_estimators(elsewhere, monkeypatch):
    few = {name: estimators.SETS[name] for name in ("iris", "diabetes")}
    monkeypatch.setattr(estimators, "SETS", few)
    assert command.main(["estimators", "--seeds", "2", "--epochs", "3"]) == 0
    lines = [line for line in written(elsewhere).splitlines() if line.startswith(("| iris", "| diabetes"))]
    assert [line.split(" | ")[1] for line in lines] == ["accuracy", "R2"]
    assert all(" | 0 | 0.0 | 2 of 2 | 2 of 2 | " in line and line.endswith("| yes |") for line in lines)
    assert not list((elsewhere / "state").glob("*"))


def test_estimators_that_differ_are_told(elsewhere, monkeypatch):
    """Nine differences of 0.01 and one of 0.02: a mean of 0.011, 11 times its standard error of 0.001."""

    def pair(rows, seed, epochs):
        scores = {"ours": 0.5 + (0.02 if seed == 9 else 0.01), "theirs": 0.5}
        return scores | {"score": "R2", "equal": False, "epochs": [1, 1 + seed % 2], "apart": 0.1}

    tried = []

    def interrupted(rows, seed, epochs):
        tried.append(seed)
        if len(tried) == 5:
            raise KeyboardInterrupt
        return pair(rows, seed, epochs)

    save = record.State.save
    monkeypatch.setattr(record.State, "save", lambda state: save(state, every=0))
    monkeypatch.setattr(estimators, "SETS", {"few": lambda: None})
    monkeypatch.setattr(estimators, "_pair", interrupted)
    with pytest.raises(KeyboardInterrupt):
        command.main(["estimators", "--seeds", "10"])
    assert command.main(["estimators", "--seeds", "10"]) == 1
    assert tried == [0, 1, 2, 3, 4, *range(4, 10)]  # it went on where it was interrupted
    wanted = "| few | R2 | 0.5110 ± 0.0010 | 0.5000 ± 0.0000 | +1.1e-02 | 11.0 | 0 of 10 | 5 of 10 | 1e-01 | no |"
    assert wanted in written(elsewhere)


def test_faults(elsewhere):
    assert command.main(["faults", "--count", "8", "--seed", "3"]) == 0
    page = written(elsewhere)
    assert "| faults | 8 |" in page and "| named: operation and line | 8 |" in page
    assert "| false alarms on the originals | 0 |" in page


def test_a_fault_that_nobody_names(elsewhere, monkeypatch):
    monkeypatch.setattr(faults, "WRONG", {kind: set() for kind in faults.WRONG})
    assert command.main(["faults", "--count", "1", "--seed", "3"]) == 1
    assert "| named: operation and line | 0 |" in written(elsewhere)


def test_an_alarm_where_nothing_is_wrong(elsewhere, monkeypatch):
    strict = cr.diagnose
    monkeypatch.setattr(faults.cr, "diagnose", lambda f, *a: strict(f, *a, thresholds=Thresholds(exploding=1e-9)))
    assert command.main(["faults", "--count", "2", "--seed", "3"]) == 1
    assert "| false alarms on the originals | 0 |" not in written(elsewhere)
