"""Random legal graphs: all properties of chainrule.testing, and how often each operation occurs."""

from __future__ import annotations

import argparse
import traceback
from collections import Counter
from typing import Any

from chainrule.ops import CATALOGUE
from chainrule.simplify import REWRITES
from chainrule.testing import PROPERTIES, Trial, seeded_graph, usable_examples
from chainrule.testing.motifs import all_motifs

from . import record

OFTEN_ENOUGH = 20  # occurrences of each operation among 2,000 graphs


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--count", type=int, default=2000, help="graphs (default 2000)")
    parser.add_argument("--seed", type=int, default=0)


def run(options: argparse.Namespace) -> int:
    sources = record.fingerprint()
    begin: dict[str, Any] = {"next": 0, "operations": {}, "rewrites": {}, "decided": 0, "failures": []}
    state = record.State(f"graphs-{options.seed}-{options.count}", sources, begin)
    values = state.values
    operations: Counter[str] = Counter(values["operations"])
    answered = Counter(dict.fromkeys((name for name, _ in all_motifs()), 0)) + Counter()
    answered.update(values["rewrites"])
    _counting(answered)
    while values["next"] < options.count:
        number = values["next"]
        case = seeded_graph((options.seed, number))
        trial = Trial(case)
        operations += case.occurrences()
        for name, message in broken(trial).items():
            values["failures"].append([number, name, message, _smallest(options.seed, number, name) or repr(case)])
        values["decided"] += trial.decided
        values |= {"next": number + 1, "operations": dict(operations), "rewrites": dict(answered)}
        state.save()
        record.progress(
            f"graphs: {number + 1} of {options.count}, {len(values['failures'])} failures, {state.seconds:.0f} s"
        )
    record.progress(f"graphs: {options.count}, {len(values['failures'])} failures, {state.seconds:.0f} s", last=True)
    wanted = OFTEN_ENOUGH if options.count >= 2000 else 0
    rare = sorted(name for name in _names() if operations[name] < wanted)
    record.write_results("graphs", _report(options, state, sources, operations, answered, rare), options.seed)
    state.done()
    if rare:
        print(f"less than {wanted} times: {', '.join(rare)}")
    return 1 if values["failures"] or rare else 0


def broken(trial: Trial) -> dict[str, str]:
    """The properties that do not hold, and why."""
    found = {}
    for name, holds in PROPERTIES.items():
        try:
            holds(trial)
        except Exception as error:  # whatever goes wrong is a finding
            line = traceback.extract_tb(error.__traceback__)[-1]
            found[name] = f"{type(error).__name__} in {line.name}: {error}"
    return found


def _smallest(seed: int, number: int, name: str) -> str | None:
    """A small graph of the same seed that breaks the same property."""
    for size in range(5, 60):
        case = seeded_graph((seed, number), fewest=size, most=size)
        if name in broken(Trial(case)):
            return repr(case)
    return None


def _names() -> list[str]:
    return sorted(name for name, op in CATALOGUE.items() if not name.startswith("test_") and usable_examples(op))


def _counting(answered: Counter[str]) -> None:
    """Let every rewrite count its answers."""

    def counted(name: str, rewrite: Any) -> Any:
        def wrapper(inputs: Any, **parameters: Any) -> Any:
            simpler = rewrite(inputs, **parameters)
            answered[name] += simpler is not None
            return simpler

        return wrapper

    for operation, rewrites in REWRITES.items():
        rewrites[:] = [counted(f"{operation.name}: {rewrite.__name__}", rewrite) for rewrite in rewrites]


def _report(
    options: argparse.Namespace,
    state: record.State,
    sources: str,
    operations: Counter[str],
    answered: Counter[str],
    rare: list[str],
) -> str:
    values = state.values
    failures = values["failures"]
    silent = sorted(name for name, _ in all_motifs() if not answered[name])
    excluded = sorted(set(CATALOGUE) - set(_names()))
    parts = [
        "# Random graphs\n",
        f"`python -m campaigns graphs --count {options.count} --seed {options.seed}`; {record.versions(sources)}.\n",
        record.table(
            ("what", "count"),
            [
                ("graphs", options.count),
                ("properties of each", len(PROPERTIES)),
                ("failures", len(failures)),
                ("operations in them", operations.total()),
                ("different operations", len(operations)),
                ("occurrences of the rarest", min(operations[name] for name in _names())),
                ("rewrites of simplify that answered", f"{len(all_motifs()) - len(silent)} of {len(all_motifs())}"),
                ("graphs of which differences converged", values["decided"]),
                ("seconds", f"{state.seconds:.0f}"),
            ],
        ),
        "Properties: " + ", ".join(name.replace("_", " ") for name in PROPERTIES) + ".\n",
        f"Not drawn (no example of real values): {', '.join(excluded)}.\n" if excluded else "",
        f"Less often than asked for: {', '.join(rare)}.\n" if rare else "",
        f"Rewrites that never answered: {', '.join(silent)}.\n" if silent else "",
        "## Failures\n",
        "None.\n" if not failures else "",
        *(f"Graph {number}, {name}: {message}\n\n```text\n{text}\n```\n" for number, name, message, text in failures),
        "## Occurrences of each operation\n",
        record.table(
            ("operation", "count") * 4,
            _in_columns([(f"`{name}`", operations[name]) for name in _names()], 4),
        ),
        "## Answers of each rewrite\n",
        record.table(("rewrite", "count") * 2, _in_columns([(name, answered[name]) for name, _ in all_motifs()], 2)),
    ]
    return "\n".join(part for part in parts if part)


def _in_columns(cells: list[tuple[Any, ...]], columns: int) -> list[tuple[Any, ...]]:
    height = -(-len(cells) // columns)
    padded = [*cells, *[("", "")] * (columns * height - len(cells))]
    return [tuple(x for column in range(columns) for x in padded[column * height + k]) for k in range(height)]
