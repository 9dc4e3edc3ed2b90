"""Libraries side by side: each in a child process on the same pinned cores, timed in turns."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

NOISE = 0.15  # an interquartile range over this share of the median does not count


class Peer:
    """A child process of one library on so many cores.

    Parameters
    ----------
    library : str
        A module of this name in the package of a benchmark makes what is timed.
    threads : int
    """

    def __init__(self, library: str, threads: int):
        self.library = library
        environment = {k: v for k, v in os.environ.items() if k != "OPENBLAS_CORETYPE"}
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            environment[name] = str(threads)
        if library == "jax":
            environment |= {"JAX_ENABLE_X64": "1", "JAX_PLATFORMS": "cpu"}
        cores = sorted(os.sched_getaffinity(0))[-threads:]
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks.child", library]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
        )

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *exception: Any) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()

    def time(self, what: str, **settings: Any) -> dict[str, Any]:
        """Seconds of one unit of some work, the median of a few; and numbers that all libraries agree on."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps([what, settings]) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def side_by_side(peers: Sequence[Peer], rounds: int, what: str, rtol: float, **settings: Any) -> dict[str, Any]:
    """The same work by all in turns: seconds by library, and how much longer each takes than the first.

    Raises
    ------
    AssertionError
        If they do not agree on the results.
    """
    answers: dict[str, list[dict[str, Any]]] = {peer.library: [] for peer in peers}
    for _ in range(rounds):
        for peer in peers:
            answers[peer.library].append(peer.time(what, **settings))
    first = answers[peers[0].library]
    row: dict[str, Any] = {"what": what, "settings": settings}
    for library, each in answers.items():
        for a, b in zip(each[0]["check"], first[0]["check"], strict=True):
            assert abs(a - b) <= rtol * max(1.0, abs(a), abs(b)), (library, what, settings, each[0], first[0])
        seconds = [answer["seconds"] for answer in each]
        ratios = [answer["seconds"] / mine["seconds"] for answer, mine in zip(each, first, strict=True)]
        row[library] = {
            "seconds": statistics.median(seconds),
            "ratio": statistics.median(ratios),
            "best": max(ratios),
            "noise": noise(ratios if library != peers[0].library else seconds),
        }
    return row


def noise(values: Sequence[float]) -> float:
    """The interquartile range as a share of the median."""
    low, middle, high = statistics.quantiles(values, n=4)
    return (high - low) / middle
