"""What a jitted call costs that has ten arrays for arguments and next to nothing to compute."""

from __future__ import annotations

from collections.abc import Iterator

from .figures import Figure, of_ratio, of_rounds
from .peers import ROUNDS, Peer, in_turns

FLOOR = 5.0  # us


def run(rounds: int = ROUNDS) -> Iterator[Figure]:
    with Peer("chainrule", 1) as mine, Peer("jax", 1) as jax:
        jobs = [(mine, "functions.call"), (jax, "functions.call")]
        ours, theirs = in_turns(jobs, {"problem": "ten_sums", "sizes": {}}, 1e-12, rounds)
    microseconds = [1e6 * seconds for seconds in ours.rounds]
    yield of_rounds("a call with ten arrays [us]", microseconds, at_most=True, floor=FLOOR)
    yield of_ratio("against JAX", theirs.rounds, ours.rounds, beside={"JAX [us]": 1e6 * theirs.seconds})
