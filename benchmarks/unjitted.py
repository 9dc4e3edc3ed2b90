"""Plain `grad`, second call on, beside autograd: interleaved rounds of child processes on the same pinned core."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from typing import Any

from .programs import PROGRAMS

ROUNDS = 7
NOISE = 0.15  # an interquartile range over this share of the median does not count


class Peer:
    """A child process of one library."""

    def __init__(self, library: str):
        environment = {k: v for k, v in os.environ.items() if k != "OPENBLAS_CORETYPE"}
        environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks.worker", library]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, preexec_fn=_pin
        )

    def time(self, program: str) -> dict[str, Any]:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(program + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


def _pin() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def run(rounds: int = ROUNDS) -> dict[str, Any]:
    """Medians of seconds, their ratio, and the noise of each row."""
    ours, theirs = Peer("chainrule"), Peer("autograd")
    rows = []
    try:
        for program in PROGRAMS:
            pairs = [(ours.time(program), theirs.time(program)) for _ in range(rounds)]
            for mine, other in pairs[:1]:
                for a, b in zip(mine["check"], other["check"], strict=True):
                    assert abs(a - b) <= 1e-9 * max(1.0, abs(b)), (program, mine["check"], other["check"])
            mine = [a["seconds"] for a, _ in pairs]
            other = [b["seconds"] for _, b in pairs]
            ratios = [b / a for a, b in zip(mine, other, strict=True)]
            low, _, high = statistics.quantiles(ratios, n=4)
            rows.append(
                {
                    "program": program,
                    "chainrule_us": 1e6 * statistics.median(mine),
                    "autograd_us": 1e6 * statistics.median(other),
                    "ratio": statistics.median(ratios),
                    "best": max(ratios),
                    "noise": (high - low) / statistics.median(ratios),
                }
            )
            print(_row(rows[-1]), file=sys.stderr, flush=True)
    finally:
        ours.close()
        theirs.close()
    return {"benchmark": "unjitted", "peer": "autograd", "rounds": rounds, "rows": rows}


def _row(row: dict[str, Any]) -> str:
    flag = "" if row["noise"] <= NOISE else "  (too noisy to count)"
    return (
        f"| {row['program']:<34} | {row['chainrule_us']:>10,.0f} | {row['autograd_us']:>10,.0f} "
        f"| {row['ratio']:>5.2f} | {row['best']:>5.2f} | {row['noise']:>5.0%} |{flag}"
    )


def table(result: dict[str, Any]) -> str:
    head = "| gradient of | chainrule [us] | autograd [us] | autograd / chainrule | best seen | noise |"
    return "\n".join([head, "|---|---|---|---|---|---|", *map(_row, result["rows"])])
