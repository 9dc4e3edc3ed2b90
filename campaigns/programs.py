"""Random NumPy programs: chainrule against differences of plain NumPy; and wrong signs that must be noticed."""

from __future__ import annotations

import argparse
import concurrent.futures
import multiprocessing
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from chainrule.testing.programs import (
    DISCARDED,
    REFUSED,
    RIGHT,
    WRONG,
    Judgment,
    Place,
    differentiable,
    judged,
    random_program,
    shrunk,
    used,
    wrong_sign,
)

from . import record
from .patience import in_time

SECONDS = 60  # for one program; a wrong answer may keep a loop going
TRIES = 12  # programs that a planted mistake may pass by unnoticed before it counts as missed
MOST_DISCARDED = 0.05
ENOUGH = 0.75  # of the differentiable operations


class Found(NamedTuple):
    """What has been found out about one program."""

    outcome: str
    why: str
    statements: int
    places: list[tuple[str, int]]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--count", type=int, default=2000, help="programs (default 2000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2, choices=(1, 2))
    parser.add_argument("--no-planting", action="store_true", help="only judge the programs")


def run(options: argparse.Namespace) -> int:
    sources = record.fingerprint(*(path for room in ("tracing", "api", "compile") for path in _files(room)))
    begin: dict[str, Any] = {"found": [], "planted": []}
    state = record.State(f"programs-{options.seed}", sources, begin)
    found = [Found(*each) for each in state.values["found"][: options.count]]
    numbers = range(len(found), options.count)
    for each in _all_judged([(options.seed, number) for number in numbers], options.processes):
        found.append(each)
        state.values["found"] = found
        state.save()
        wrong = sum(one.outcome == WRONG for one in found)
        record.progress(f"programs: {len(found)} of {options.count}, {wrong} wrong, {state.seconds:.0f} s")
    places = _index(found)
    planted = [(Place(*place), caught, tries) for place, caught, tries in state.values["planted"]]
    for place in sorted(places)[len(planted) :] if not options.no_planting else ():
        planted.append((place, *_noticed(place, [(options.seed, number) for number in places[place]])))
        state.values["planted"] = planted
        state.save()
        record.progress(f"planted: {len(planted)} of {len(places)}, {state.seconds:.0f} s")
    record.progress(f"programs: {options.count}, {state.seconds:.0f} s", last=True)
    wrong = [number for number, each in enumerate(found) if each.outcome == WRONG]
    texts = [_smallest((options.seed, number)) for number in wrong]
    record.write_results("programs", _report(options, state, sources, found, planted, texts), options.seed)
    state.done()
    print("".join(f"{text}\n" for text in texts), end="")
    discarded = sum(each.outcome == DISCARDED for each in found)
    missed = [place for place, caught, _ in planted if not caught]
    good = not wrong and not missed and discarded <= MOST_DISCARDED * len(found)
    return 0 if good else 1


def _files(room: str) -> Iterator[Path]:
    return (record.SOURCES / room).rglob("*.py")


# Judging


def _all_judged(seeds: Sequence[tuple[int, ...]], processes: int) -> Iterator[Found]:
    """In the order of the seeds."""
    if processes == 1 or not seeds:
        yield from map(found_about, seeds)
        return
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(processes, mp_context=context) as pool:
        yield from pool.map(found_about, seeds, chunksize=8)


def found_about(seed: tuple[int, ...]) -> Found:
    program = random_program(seed)
    judgment = _judged(program)
    places = sorted(used(program)) if judgment.outcome == RIGHT else []
    return Found(
        judgment.outcome, judgment.why, program.statements, [(place.operation, place.argument) for place in places]
    )


def _judged(program: Any) -> Judgment:
    try:
        with in_time(SECONDS):
            return judged(program)
    except TimeoutError:
        return Judgment(WRONG, "takes too long")


def _smallest(seed: tuple[int, ...]) -> str:
    program = shrunk(random_program(seed), _judged)
    return f"{program!r}# {_judged(program).why}\n"


# Planting


def _index(found: Sequence[Found]) -> dict[Place, list[int]]:
    """For each place the programs that use it, those of few statements first."""
    index: dict[Place, list[int]] = {}
    for number in sorted(range(len(found)), key=lambda number: found[number].statements):
        for place in found[number].places:
            index.setdefault(Place(*place), []).append(number)
    return {place: numbers[:TRIES] for place, numbers in index.items() if place.argument < 3}


def _noticed(place: Place, seeds: Sequence[tuple[int, ...]]) -> tuple[bool, int]:
    """Whether a wrong sign there makes one of some programs wrong, and how many have been tried."""
    for tries, seed in enumerate(seeds, 1):
        with wrong_sign(place):
            if _judged(random_program(seed)).outcome == WRONG:
                return True, tries
    return False, len(seeds)


# The report


def _report(
    options: argparse.Namespace,
    state: record.State,
    sources: str,
    found: Sequence[Found],
    planted: Sequence[tuple[Place, bool, int]],
    texts: Sequence[str],
) -> str:
    outcomes = Counter(each.outcome for each in found)
    reasons = {kind: Counter(each.why for each in found if each.outcome == kind) for kind in (DISCARDED, REFUSED)}
    reached = {place[0] for each in found for place in each.places}
    every = {operation.name for operation in differentiable()}
    missed = [f"{place.operation} by argument {place.argument + 1}" for place, caught, _ in planted if not caught]
    tries = Counter(count for _, caught, count in planted if caught)
    parts = [
        "# Random programs\n",
        f"`python -m campaigns programs --count {options.count} --seed {options.seed}`; {record.versions(sources)}.\n",
        record.table(
            ("what", "count"),
            [
                ("programs", len(found)),
                ("statements in them", sum(each.statements for each in found)),
                *((kind, outcomes[kind]) for kind in (RIGHT, REFUSED, DISCARDED, WRONG)),
                ("discarded", f"{100 * outcomes[DISCARDED] / max(len(found), 1):.1f} %"),
                ("differentiable operations that they reach", f"{len(reached & every)} of {len(every)}"),
                ("wrong signs planted, one at a time", len(planted)),
                ("of them noticed", len(planted) - len(missed)),
                ("of them by the first program that was tried", tries[1]),
                ("seconds", f"{state.seconds:.0f}"),
            ],
        ),
        "Right: value, types and all that the program has made are those of plain NumPy; gradients are those of"
        " Richardson extrapolations; so are forward mode along a direction and the table of the graph as traced;"
        " compiled, for three calls of two arguments, it is the same; arguments are left as they were.\n",
        *(
            f"## {kind.capitalize()}\n\n" + record.table(("why", "programs"), reasons[kind].most_common())
            for kind in (REFUSED, DISCARDED)
            if reasons[kind]
        ),
        f"Never reached: {', '.join(sorted(every - reached))}.\n" if every - reached else "",
        f"Not noticed: {', '.join(missed)}.\n" if missed else "",
        "## Wrong\n",
        "None.\n" if not texts else "\n".join(f"```python\n{text}```\n" for text in texts),
    ]
    return "\n".join(part for part in parts if part)
