"""Interleaved rounds, in one thread."""

from __future__ import annotations

from collections.abc import Iterator

from ..figures import Figure, of_ratio
from ..peers import ROUNDS, Peer, in_turns
from ..programs import PROGRAMS

NEVER_BELOW, AS_FAST, ON = 0.8, 1.0, 8  # the floors: of each, and how many are at least as fast


def run(rounds: int = ROUNDS) -> Iterator[Figure]:
    figures = []
    with Peer("chainrule", 1) as mine, Peer("autograd", 1) as other:
        for program in PROGRAMS:
            jobs = [(mine, "unjitted.gradient"), (other, "unjitted.gradient")]
            ours, theirs = in_turns(jobs, {"program": program}, 1e-9, rounds)
            beside = {"chainrule [us]": 1e6 * ours.seconds, "autograd [us]": 1e6 * theirs.seconds}
            figure = of_ratio(program, theirs.rounds, ours.rounds, floor=NEVER_BELOW, beside=beside)
            figures.append(figure)
            yield figure
    count = sum(figure.counts and figure.seen >= AS_FAST for figure in figures)
    yield Figure("programs that are at least as fast", count, count, floor=ON)
