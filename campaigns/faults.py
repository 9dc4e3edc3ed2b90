"""Faults at random places of healthy nets and functions: is the operation named that goes wrong first, and its line?"""

from __future__ import annotations

import argparse
import contextlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from tests.programs.program import all_programs

import chainrule as cr
from chainrule.api import Diagnosis

from . import healthy, record
from .faulting import FORMS, FORWARD, Fault, faults, takes_effect
from .patience import in_time

SECONDS = 60  # for one fault
ENOUGH = 57 / 60  # of the faults: operation and line
NOT_HEALTHY = {
    "binned_profile": "the standard deviation of one value has an infinite slope, and is found to have",
}
WRONG = {  # what a finding says of a fault of a kind
    **{kind: {"non-finite"} for kind in FORWARD},
    "sqrt 0": {"non-finite gradient"},
    "dead units": {"dead"},
    "cancellation": {"cancellation"},
    "exploding recursion": {"exploding", "non-finite", "non-finite gradient"},
}


class Judged(NamedTuple):
    """What was said of a fault, and of the program without it."""

    kind: str
    program: str
    source: str
    named: bool
    said: str
    alarms: str


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--count", type=int, default=60, help="faults (default 60)")
    parser.add_argument("--seed", type=int, default=0)


def run(options: argparse.Namespace) -> int:
    found = []
    for each in judged(options.count, options.seed):
        found.append(each)
        named, alarms = sum(each.named for each in found), sum(bool(each.alarms) for each in found)
        record.progress(f"faults: {named} of {len(found)} named, {alarms} false alarms")
    record.progress(f"faults: {named} of {len(found)} named, {alarms} false alarms", last=True)
    record.write_results("faults", _report(options, found), options.seed)
    return 0 if named >= ENOUGH * len(found) and not alarms and len(found) == options.count else 1


def own_programs() -> list[Callable[..., Any]]:
    return [each for each in vars(healthy).values() if hasattr(each, "draw") and callable(each)]


def judged(count: int, seed: int) -> Iterator[Judged]:
    """Every kind as often as the others, in turn in our programs, in their order, and in one of the tests' programs."""
    own, others = own_programs(), [f for each in all_programs().values() for f in each if f.__name__ not in NOT_HEALTHY]
    nets = [f for f in own if f.__name__ in healthy.NETS]
    kinds = list(FORMS)
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        kind, turn = kinds[number % len(kinds)], number // len(kinds)
        if kind == "dead units":
            chosen = [nets[turn % len(nets)]]
        elif (number + turn) % 2:
            chosen = others
        else:
            chosen = [own[(number + seed) % len(own)]]
        fault = _effective(kind, chosen, rng, f"fault_{seed}_{number}") or _effective(
            kind, nets if kind == "dead units" else own, rng, f"fault_{seed}_{number}_"
        )
        if fault is not None:
            yield fault


def _effective(kind: str, programs: Sequence[Callable[..., Any]], rng: np.random.Generator, name: str) -> Judged | None:
    """The first fault that takes effect, judged."""
    for fault in faults(kind, programs, rng, name, _drawn):
        with contextlib.suppress(TimeoutError), in_time(SECONDS):  # a fault may keep a loop from ending
            found = _judged_if_effective(fault)
            if found is not None:
                return found
    return None


def _judged_if_effective(fault: Fault) -> Judged | None:
    try:
        before = cr.diagnose(fault.original, *fault.arguments)
    except Exception:  # programs that refuse what was drawn
        return None
    after, failed = _diagnosed(fault)
    if after is not None and (failed or takes_effect(fault, _made(before), _made(after))):
        return _judged(fault, before, after)
    return None


def _drawn(program: Callable[..., Any], rng: np.random.Generator) -> tuple[Any, ...]:
    drawn = program.draw(rng)  # type: ignore[attr-defined]
    return drawn if type(drawn) is tuple else (drawn,)


def _diagnosed(fault: Fault) -> tuple[Diagnosis | None, bool]:
    """What is found, and whether the program failed by what is not finite."""
    try:
        return cr.diagnose(fault.faulty, *fault.arguments), False
    except Exception as error:  # LAPACK, say, raises where it meets nan
        return getattr(error, "diagnosis", None), True


def _made(diagnosis: Diagnosis) -> tuple[float, np.ndarray]:
    """The value, and the gradients in a row."""
    inputs = [x for x in diagnosis.graph.inputs if x.dtype.kind == "f"]
    gradients = diagnosis.gradients
    assert gradients is not None
    return (
        float(np.asarray(diagnosis.values[diagnosis.graph.outputs[0]])),
        np.concatenate([np.ravel(gradients[x]) for x in inputs]),
    )


def _judged(fault: Fault, before: Diagnosis, after: Diagnosis) -> Judged:
    """The first finding that has a line is the one that counts."""
    first = next((finding for finding in after.findings if finding.origin is not None), None)
    named = (
        first is not None
        and first.severity != "note"
        and first.kind in WRONG[fault.kind]
        and first.origin is not None
        and (first.origin.file, first.origin.line) == (fault.file, fault.line)
        and (not fault.operations or first.operation in fault.operations)
    )
    said = "nothing" if first is None else f"{first.kind}: {first.message} ({first.origin})"
    alarms = "; ".join(f"{each.kind}: {each.message}" for each in before.findings if each.severity != "note")
    return Judged(fault.kind, fault.program, fault.source, named, said, alarms)


def _report(options: argparse.Namespace, found: Sequence[Judged]) -> str:
    kinds = {kind: [each for each in found if each.kind == kind] for kind in FORMS}
    programs = Counter(each.program for each in found)
    named = sum(each.named for each in found)
    parts = [
        "# Faults\n",
        f"`python -m campaigns faults --count {options.count} --seed {options.seed}`; {record.versions('of today')}.\n",
        "One line of a healthy program is changed, so that the operation which goes wrong first and its line are known;"
        " only faults count that change what comes out. Named is a fault whose operation and line the first finding of"
        " `cr.diagnose` with a line has. A false alarm is any warning or error about the program without the fault;"
        " notes are none.\n",
        record.table(
            ("what", "count"),
            [
                ("faults", len(found)),
                ("named: operation and line", named),
                ("false alarms on the originals", sum(bool(each.alarms) for each in found)),
                ("different programs", len(programs)),
            ],
        ),
        record.table(
            ("kind", "faults", "named"),
            [(kind, len(each), sum(one.named for one in each)) for kind, each in kinds.items()],
        ),
        "## Not named\n",
        "None.\n" if named == len(found) else "",
        *(f"- {each.kind} in {each.program}: `{each.source}`; said: {each.said}\n" for each in found if not each.named),
        "## False alarms\n",
        "None.\n" if not any(each.alarms for each in found) else "",
        *(f"- {each.program}: {each.alarms}\n" for each in found if each.alarms),
        "## All faults\n",
        record.table(
            ("kind", "program", "the line", "said"),
            [(each.kind, each.program, f"`{each.source}`", each.said) for each in found],
        ),
    ]
    return "\n".join(part for part in parts if part)
