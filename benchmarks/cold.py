"""What the first calls of a process cost: import, compilation, machine code from disk; and how tight memory is laid."""

from __future__ import annotations

import json
import math
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import chainrule as cr

from .figures import Figure, of_rounds
from .functions.comparison import FUNCTIONS
from .functions.problems import PROBLEMS
from .nets import NETS, problem
from .nets.chainrule import initial, loss, step
from .peers import ROUNDS, cores, pinned
from .starting import PROGRAMS

FLOORS = {
    "import": 0.06,
    "cold": 0.6,
    "warm": 0.15,
    "slope": 1.15,
    "operations": 15.0,
    "hits": 100.0,
    "arena": 1.25,
}
OPERATIONS = (100, 316, 1000, 3162, 10_000)
PROCESSES = 100  # that find machine code on disk
COLD, COMPILED = 9, 3  # fresh processes for each median


def run(rounds: int = ROUNDS) -> Iterator[Figure]:
    yield from starts(COLD, PROCESSES)
    for name in PROGRAMS:
        yield from compilations(name, OPERATIONS, max(3, rounds // 2))
    yield from arenas()


def started(
    *arguments: str, cache: str = "", module: str = "benchmarks.starting", threads: int = 1
) -> dict[str, float]:
    """What a fresh process says about its start; machine code is kept in a folder, or not at all."""
    command, environment = ["-m", module, *arguments], {"CHAINRULE_CACHE_DIR": cache}
    process = pinned(command, cores(threads), threads, stdout=subprocess.PIPE, env=environment)
    output, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return json.loads(output)


def starts(cold: int, warm: int) -> Iterator[Figure]:
    """Import and first gradient, while machine code is made and when it lies on disk."""
    fresh, found, hits = [], [], 0
    with tempfile.TemporaryDirectory() as place:
        for k in range(cold):
            fresh.append(started("gradient", cache=f"{place}/{k}"))
        before = _kept(f"{place}/0")
        for _ in range(warm):
            found.append(started("gradient", cache=f"{place}/0"))
            hits += bool(before) and _kept(f"{place}/0") == before
    imports = [1e3 * each["import"] for each in fresh]
    floors = {name: 1e3 * FLOORS[name] for name in ("import", "cold", "warm")}
    yield of_rounds("`import chainrule` over `import numpy` [ms]", imports, at_most=True, floor=floors["import"])
    for name, each in (("cold", fresh), ("warm", found)):
        times = [1e3 * one["gradient"] for one in each]
        title = f"first gradient of the MLP, {name} disk cache [ms]"
        yield of_rounds(title, times, at_most=True, floor=floors[name])
    yield Figure(f"disk-cache hits over {warm} processes", hits, hits, floor=FLOORS["hits"] * warm / PROCESSES)


def _kept(place: str) -> dict[str, int]:
    """The entries, and where they lie: one that is written anew lies elsewhere."""
    return {path.name: path.stat().st_ino for path in Path(place).glob("*")}


def compilations(name: str, operations: tuple[int, ...], rounds: int) -> Iterator[Figure]:
    """Tracing and compilation of longer and longer programs: their times, and the slope of time over operations.

    What is paid once flattens the slope over all; the steepest between neighbors shows what grows faster.
    """
    counts: list[float] = []
    times: list[list[float]] = []
    for count in operations:
        calls = [started(name, str(count)) for _ in range(rounds)]
        beside = {"operations": calls[0]["operations"]}
        title, floor = f"compile time of {name} [s]", FLOORS["operations"] if count == operations[-1] else None
        seconds = [call["seconds"] for call in calls]
        if math.inf in seconds:
            yield Figure(f"{title}: not compiled", math.inf, math.inf, at_most=True, floor=floor, beside=beside)
            continue
        counts.append(calls[0]["operations"])
        times.append(seconds)
        yield of_rounds(title, seconds, at_most=True, floor=floor, beside=beside)
    if len(counts) == len(operations):
        x, y = np.log(counts), np.log(times).T  # a row for each round
        fitted, steepest = np.polyfit(x, y.T, 1)[0], np.max(np.diff(y) / np.diff(x), axis=1)
        for what, slopes in (("slope in log-log", fitted), ("steepest slope in log-log", steepest)):
            title = f"compile time of {name}: {what}"
            yield of_rounds(title, list(slopes), at_most=True, floor=FLOORS["slope"])


def arenas() -> Iterator[Figure]:
    """Memory for what is computed on the way, over what is alive at once at the most."""
    for name, net in NETS.items():
        p, x, y, order = problem(net["sizes"], net["batch"], 2)
        rows = x[order[0]], y[order[0]]
        yield _arena(f"{name}, gradient", cr.value_and_grad(loss), p, *rows)
        yield _arena(f"{name}, step", step, initial(p), *rows)
    for name, settings in FUNCTIONS.items():
        f, x, data = PROBLEMS[settings["problem"]](np, **settings["sizes"])
        yield _arena(f"{name}, gradient", cr.value_and_grad(f), x, *data)


def _arena(name: str, f: Callable[..., Any], *x: Any) -> Figure:
    plan = cr.explain_plan(f)(*x)
    ratio = plan.arena_bytes / plan.arena_bound if plan.arena_bound else 1.0
    beside = {"arena [kB]": plan.arena_bytes / 1e3}
    return Figure(f"{name}: arena over its bound", ratio, ratio, at_most=True, floor=FLOORS["arena"], beside=beside)
