"""Mistakes planted in the rules of operations, one at a time: which of them the catalogue test notices."""

from __future__ import annotations

import argparse
import itertools
import unittest
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from _pytest.outcomes import Skipped

from chainrule.ops import PRIMITIVES, Operation

from . import mutation, record
from .mutation import KINDS, Mutant, mutants
from .patience import in_time

TARGET = 0.95
SECONDS = 20  # after which a test is taken to hang


class Test(NamedTuple):
    """One case of a function of the catalogue test."""

    function: Callable[..., Any]
    arguments: dict[str, Any]


class Outcome(NamedTuple):
    killed_by: str | None  # the test that failed
    error: str | None  # what it raised


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--only", metavar="TEXT", help="only mutants whose place contains this text; writes no results")


def run(options: argparse.Namespace) -> int:
    warnings.simplefilter("error", np.exceptions.ComplexWarning)  # as where the tests run
    import tests.ops.test_catalogue as catalogue_test
    import tests.ops.test_complex_catalogue as complex_test

    tests = tests_by_operation(catalogue_test, complex_test)
    broken = [name for name, each in tests.items() if tried(each).killed_by]
    if broken:
        print(f"fail without any mistake: {', '.join(broken)}")
        return 1
    every = [
        m
        for m in mutants()
        if not options.only or options.only in f"{m.file} {m.name} {[o.name for o in m.operations]}"
    ]
    sources = record.fingerprint(
        Path(catalogue_test.__file__), Path(complex_test.__file__), Path(__file__), Path(mutation.__file__)
    )
    state = record.State("mutants", sources, {"outcomes": []})
    outcomes = [] if options.only else [Outcome(*each) for each in state.values["outcomes"]]
    for number in range(len(outcomes), len(every)):
        mutant = every[number]
        outcomes.append(outcome(mutant, tests))
        if options.only and not outcomes[-1].killed_by:
            print(f"{mutant.kind:10} {mutant.file}:{mutant.line} {mutant.name}")
        if not options.only:
            state.values["outcomes"] = outcomes
            state.save()
        alive = sum(not each.killed_by for each in outcomes)
        record.progress(f"mutants: {number + 1} of {len(every)}, {alive} survivors, {state.seconds:.0f} s")
    alive = sum(not each.killed_by for each in outcomes)
    record.progress(f"mutants: {len(every)}, {alive} survivors, {state.seconds:.0f} s", last=True)
    if options.only:
        return 0
    record.write_results("mutants", _report(every, outcomes, state, sources))
    state.done()
    return 0 if _rate(outcomes) >= TARGET else 1


# Running tests


def tests_by_operation(*modules: Any) -> dict[str, list[Test]]:
    """The cases of modules of tests that are for one operation each."""
    found: dict[str, list[Test]] = defaultdict(list)
    for name, function in (pair for module in modules for pair in vars(module).items()):
        if not name.startswith("test_"):
            continue
        marks = [mark for mark in getattr(function, "pytestmark", ()) if mark.name == "parametrize"]
        for arguments in itertools.product(*map(_cases, marks)):
            merged = {key: value for each in arguments for key, value in each.items()}
            operation = merged.get("operation")
            if isinstance(operation, Operation):
                found[operation.name].append(Test(function, merged))
    return found


def _cases(mark: Any) -> Iterator[dict[str, Any]]:
    """The arguments that a `parametrize` gives, case by case."""
    names = mark.args[0] if not isinstance(mark.args[0], str) else [n.strip() for n in mark.args[0].split(",")]
    for case in mark.args[1]:
        values = getattr(case, "values", case if isinstance(case, tuple) else (case,))
        yield dict(zip(names, values, strict=True))


def outcome(mutant: Mutant, tests: dict[str, list[Test]]) -> Outcome:
    """Of the tests of all operations that it touches, those with the fewest first."""
    with mutant.install():
        for operation in sorted(mutant.operations, key=lambda each: len(tests[each.name])):
            found = tried(tests[operation.name])
            if found.killed_by:
                return found
    return Outcome(None, None)


def tried(tests: Sequence[Test]) -> Outcome:
    """The first of some tests that fails."""
    with warnings.catch_warnings(), in_time(SECONDS):
        warnings.simplefilter("error")
        for test in tests:
            try:
                test.function(**test.arguments)
            except (Skipped, unittest.SkipTest):
                continue
            except Exception as error:
                return Outcome(test.function.__name__, type(error).__name__)
    return Outcome(None, None)


# The report


def _rate(outcomes: Sequence[Outcome]) -> float:
    return sum(each.killed_by is not None for each in outcomes) / max(len(outcomes), 1)


def _report(every: Sequence[Mutant], outcomes: Sequence[Outcome], state: record.State, sources: str) -> str:
    alive = [mutant for mutant, each in zip(every, outcomes, strict=True) if not each.killed_by]
    by_kind, by_file = defaultdict(list), defaultdict(list)
    for mutant, each in zip(every, outcomes, strict=True):
        by_kind[mutant.kind].append(each)
        by_file[mutant.file].append(each)
    tests = Counter(each.killed_by for each in outcomes if each.killed_by)
    compared = sum(each.error == "AssertionError" for each in outcomes)
    touched = {operation.name for mutant in every for operation in mutant.operations}
    ruled = [op for op in PRIMITIVES if op.kind != "discrete"]

    def rows(groups: dict[str, list[Outcome]], names: Sequence[str]) -> list[tuple[Any, ...]]:
        groups = {**{name: groups[name] for name in names}, "all": list(outcomes)}
        return [
            (name, len(each), sum(o.killed_by is not None for o in each), f"{100 * _rate(each):.1f} %")
            for name, each in groups.items()
        ]

    head = ("", "mutants", "killed", "share")
    parts = [
        "# Mutants of rules\n",
        f"`python -m campaigns mutants`; {record.versions(sources)}; {state.seconds:.0f} s.\n",
        f"{len(every)} changes in the rules of {len(touched)} of {len(ruled)} operations; {100 * _rate(outcomes):.1f} %"
        f" are killed, of them {compared} by a wrong number or structure, the others by an error. What is the same"
        f" function counts as a survivor. Target: {100 * TARGET:g} %.\n",
        record.table(("kind", *head[1:]), rows(by_kind, KINDS)),
        record.table(("file", *head[1:]), rows(by_file, sorted(by_file))),
        record.table(("killed first by", "mutants"), tests.most_common()),
        "## Survivors\n",
        record.table(("kind", "where", "before", "after"), _listed(alive)) if alive else "None.\n",
    ]
    return "\n".join(parts)


def _listed(several: Sequence[Mutant]) -> list[tuple[str, ...]]:
    return [(m.kind, f"{m.file}:{m.line} {m.function}", f"`{m.before}`", f"`{m.after}`") for m in several]
