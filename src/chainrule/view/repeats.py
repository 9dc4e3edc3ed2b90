"""Runs in which a pattern follows on itself, as a loop leaves them on a graph."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

FEWEST = 3  # copies that make a run
LONGEST = 2000  # tokens of a pattern
TRIES = 50  # patterns that are tried from one place


class Run(NamedTuple):
    """`copies` times `period` tokens from `start` on."""

    start: int
    period: int
    copies: int


def runs(tokens: Sequence[Hashable]) -> list[Run]:
    """From left to right, each with the shortest pattern that fits there, none within another."""
    following = _following(tokens)
    found, i = [], 0
    while i < len(tokens):
        run = _run_at(tokens, following, i)
        if run is None:
            i += 1
        else:
            found.append(run)
            i += run.period * run.copies
    return found


def _following(tokens: Sequence[Hashable]) -> list[int]:
    """For each place the next one of the same token."""
    last: dict[Hashable, int] = {}
    following = [len(tokens)] * len(tokens)
    for i in range(len(tokens) - 1, -1, -1):
        following[i] = last.get(tokens[i], len(tokens))
        last[tokens[i]] = i
    return following


def _run_at(tokens: Sequence[Hashable], following: Sequence[int], i: int) -> Run | None:
    j = i
    for _ in range(TRIES):
        j = following[j]
        period = j - i
        if j >= len(tokens) or period > LONGEST:
            return None
        if tokens[i:j] == tokens[j : j + period]:
            copies = 2
            while tokens[i:j] == tokens[i + copies * period : i + (copies + 1) * period]:
                copies += 1
            if copies >= FEWEST:
                return Run(i, period, copies)
    return None
