"""Libraries side by side: each in a child process on the same pinned cores, timed in turns."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

ROUNDS = 5


def pinned(command: Sequence[str], cores: Sequence[int], threads: int = 1, **options: Any) -> subprocess.Popen[str]:
    """A process on some cores, which libraries are told to use with so many threads."""
    environment = {k: v for k, v in os.environ.items() if k != "OPENBLAS_CORETYPE"}
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        environment[name] = str(threads)
    environment |= options.pop("env", {})
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", *command],
        text=True,
        env=environment,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
        **options,
    )


def cores(count: int) -> list[int]:
    """The last of those that this process may use."""
    return sorted(os.sched_getaffinity(0))[-count:]


class Peer:
    """A child process of one library on so many cores.

    Parameters
    ----------
    library : str
        A module of this name in the package of a benchmark makes what is timed.
    threads : int
    """

    def __init__(self, library: str, threads: int):
        self.library, self.threads = library, threads
        self.process = pinned(
            ["-m", "benchmarks.child", library],
            cores(threads),
            threads,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"JAX_ENABLE_X64": "1", "JAX_PLATFORMS": "cpu"} if library == "jax" else {},
        )

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *exception: Any) -> None:
        self.process.communicate()

    def time(self, what: str, **settings: Any) -> dict[str, Any]:
        """Seconds of one unit of some work, the median of a few; and numbers that all libraries agree on.

        Raises
        ------
        RuntimeError
            If the process has ended: its own error stands before.
        """
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps([what, settings]) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the process of {self.library} ended in {what}, {settings}")
        return json.loads(answer)


@dataclass(frozen=True)
class Times:
    """What one unit of a work took a peer in each round [s]."""

    rounds: list[float]

    @property
    def seconds(self) -> float:
        return statistics.median(self.rounds)


def in_turns(
    jobs: Sequence[tuple[Peer, str]], settings: dict[str, Any], rtol: float, rounds: int = ROUNDS
) -> list[Times]:
    """Each peer's work, with the same settings, once in each round.

    Raises
    ------
    AssertionError
        If peers do not agree on the results of the same work.
    """
    times = [Times([]) for _ in jobs]
    checks: dict[str, list[float]] = {}
    for _ in range(rounds):
        for (peer, what), each in zip(jobs, times, strict=True):
            answer = peer.time(what, **settings)
            each.rounds.append(answer["seconds"])
            expected = checks.setdefault(what, answer["check"])
            for a, b in zip(answer["check"], expected, strict=True):
                assert abs(a - b) <= rtol * max(1.0, abs(a), abs(b)), (peer.library, what, settings, answer, expected)
    return times
