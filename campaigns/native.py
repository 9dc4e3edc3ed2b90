"""Native code for long: calls and compilations leave nothing behind, threads agree, kills leave a good cache."""

from __future__ import annotations

import argparse
import gc
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.compile import Program, cache
from chainrule.interpret import Plan
from chainrule.simplify import simplify
from chainrule.testing import seeded_graph

from . import record

MOST_GROWTH = 8 << 20  # bytes of memory, after warming up

Found = dict[str, Any]  # figures, and under "failures" what is wrong


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--calls", type=int, default=100_000, help="of one jitted function (default 100000)")
    parser.add_argument("--compilations", type=int, default=1000, help="of different graphs (default 1000)")
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--thread-calls", type=int, default=10_000, help="of each thread (default 10000)")
    parser.add_argument("--kills", type=int, default=100, help="while machine code is written (default 100)")
    parser.add_argument("--seed", type=int, default=0)


def run(options: argparse.Namespace) -> int:
    sources = record.fingerprint(*(record.SOURCES / "api").rglob("*.py"))
    name = f"native-{options.seed}-{options.calls}-{options.compilations}-{options.thread_calls}-{options.kills}"
    state = record.State(name, sources, {"parts": {}})
    parts: dict[str, Callable[[argparse.Namespace], Found]] = {
        "calls": calls,
        "compilations": compilations,
        "threads": threads,
        "kills": kills,
    }
    done: dict[str, Found] = state.values["parts"]
    for part, work in parts.items():
        if part not in done:
            record.progress(f"native: {part}")
            with own_cache():
                began = time.monotonic()
                done[part] = work(options)
                done[part]["seconds"] = round(time.monotonic() - began)
            state.save(every=0)
    failures = [f"{part}: {each}" for part, found in done.items() for each in found["failures"]]
    record.progress(f"native: {len(failures)} failures, {state.seconds:.0f} s", last=True)
    record.write_results("native", _report(options, done, failures, sources))
    state.done()
    return 1 if failures else 0


@contextmanager
def own_cache() -> Iterator[Path]:
    """An empty place for machine code."""
    before = os.environ.get("CHAINRULE_CACHE_DIR")
    with tempfile.TemporaryDirectory() as place:
        os.environ["CHAINRULE_CACHE_DIR"] = place
        try:
            yield Path(place)
        finally:
            if before is None:
                del os.environ["CHAINRULE_CACHE_DIR"]
            else:
                os.environ["CHAINRULE_CACHE_DIR"] = before


def memory_in_use() -> int:
    """The pages of this process that are in memory [bytes]."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


class _Watched:
    """Memory and open files since a moment."""

    def __init__(self) -> None:
        self.files, self.memory = open_files(), memory_in_use()

    def found(self, count: int) -> Found:
        growth, files = memory_in_use() - self.memory, open_files() - self.files
        failures = [f"{growth} bytes more in use"] if growth > MOST_GROWTH else []
        failures += [f"{files} more files open"] if files > 0 else []
        return {"count": count, "growth": growth, "files": files, "failures": failures}


def _layer(number: float) -> Callable[..., Any]:
    """A function like no other."""

    def layer(x: Any, w: Any) -> Any:
        return np.tanh(x @ w + number).sum(axis=0) * (number + 1)

    return layer


def _arrays(seed: int, n: int, d: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.normal(size=(d, d)) / np.sqrt(d)


def calls(options: argparse.Namespace) -> Found:
    """Of a small function, and a hundredth as many of one whose kernels threads share."""
    small, large = _arrays(options.seed, 16, 8), _arrays(options.seed, 256, 128)
    f, g = cr.jit(_layer(0.5)), cr.jit(_layer(0.25))
    for _ in range(1 + options.calls // 50):
        f(*small)
    for _ in range(1 + options.calls // 1000):
        g(*large)
    watched = _Watched()
    for k in range(options.calls):
        f(*small)
        if k % 100 == 0:
            g(*large)
    return watched.found(options.calls)


def compilations(options: argparse.Namespace) -> Found:
    """Of random graphs and of functions, in turn; what they compute is compared with NumPy's."""
    x, w = _arrays(options.seed, 16, 8)
    watched: _Watched | None = None
    failures = []
    warming = options.compilations // 5
    for k in range(warming + options.compilations):
        if k == warming:
            watched = _Watched()
        if k % 2:
            f = _layer(float(k))
            right = np.allclose(cr.jit(f)(x, w), f(x, w), rtol=1e-9)
        else:
            case = seeded_graph((options.seed, k), fewest=5, most=12)
            graph = simplify(case.graph)
            native = Program(graph, careful=Plan(graph))(case.arrays)
            right = all(map(_near, native, Plan(graph)(case.arrays)))
        if not right:
            failures.append(f"compilation {k} differs from NumPy")
        record.progress(f"native: compilations, {k + 1} of {warming + options.compilations}")
    assert watched is not None
    found = watched.found(options.compilations)
    return {**found, "failures": failures + found["failures"]}


def _near(a: Any, b: Any) -> bool:
    scale = float(np.max(np.abs(b), initial=0.0, where=np.isfinite(b)))
    return np.allclose(a, b, rtol=1e-6, atol=1e-6 * scale, equal_nan=True)


def threads(options: argparse.Namespace) -> Found:
    """Each calls one jitted function, with arguments of its own, small and large; all results have the same bits."""
    f = cr.jit(_layer(0.5))
    inputs = [[_arrays(7 * seed + k, *size) for k, size in enumerate(((16, 8), (256, 128)))] for seed in range(99)]
    wanted = [[f(*each) for each in own] for own in inputs]
    failures: list[str] = []
    started = threading.Barrier(options.threads)

    def work(number: int) -> None:
        rng = random.Random(number)
        started.wait()
        try:
            for _ in range(options.thread_calls):
                own, size = rng.randrange(len(inputs)), int(rng.random() < 0.1)
                if not np.array_equal(f(*inputs[own][size]), wanted[own][size]):
                    failures.append(f"thread {number}: other bits")
        except Exception as error:  # whatever goes wrong is a finding
            failures.append(f"thread {number}: {type(error).__name__}: {error}")

    watched = _Watched()
    running = [threading.Thread(target=work, args=(number,)) for number in range(options.threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    found = watched.found(options.threads * options.thread_calls)
    return {**found, "failures": failures[:10] + found["failures"]}


_WRITING = """
import sys
import numpy as np, chainrule as cr
from chainrule.compile import Program, cache
begin = int(sys.argv[1])
Program(cr.trace(lambda x: np.tanh(x) * 3, np.ones(5)).data)
print("begun", flush=True)
for number in range(begin, begin + 10**6):
    cache.store(f"{number:064x}", number.to_bytes(4, "little") * 100_000)
"""


def kills(options: argparse.Namespace) -> Found:
    """Of processes that write one entry after the other; every entry that is there is whole."""
    place = cache.directory()
    assert place is not None
    failures, parts, known = [], 0, 0
    rng = random.Random(options.seed)
    for kill in range(options.kills):
        begin = 1_000_000 * kill
        with subprocess.Popen([sys.executable, "-c", _WRITING, str(begin)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(rng.uniform(0, 0.05))
            process.kill()
        parts += bool(list(place.glob("*.part")))
        entries = cache.entries()
        for path in entries:
            key = path.name.partition(".")[0]
            code = cache.load(key)
            is_own = key.startswith("0" * 40)
            if code is None or (is_own and code != int(key, 16).to_bytes(4, "little") * 100_000):
                failures.append(f"kill {kill}: the entry {key} is damaged")
        known += len(entries)
        if kill % 10 == 9:  # a new start with what killed processes have left
            x = np.linspace(-1, 1, 5)
            program = Program(cr.trace(lambda x: np.tanh(x) * 3, np.ones(5)).data)
            if not np.allclose(program([x])[0], np.tanh(x) * 3):
                failures.append(f"kill {kill}: the entry of a program computes something else")
            cache.clear()
            if list(place.iterdir()):
                failures.append(f"kill {kill}: something is left after the cache has been cleared")
        record.progress(f"native: kills, {kill + 1} of {options.kills}")
    return {"count": options.kills, "while_writing": parts, "entries": known, "failures": failures}


def _report(options: argparse.Namespace, done: dict[str, Found], failures: list[str], sources: str) -> str:
    def growth(part: str) -> str:
        return f"{done[part]['growth'] / 1e6:.1f} MB, {done[part]['files']} files"

    rows = [
        ("calls of one jitted function", done["calls"]["count"], growth("calls"), done["calls"]["seconds"]),
        (
            "compilations of different graphs and functions, each compared with NumPy",
            done["compilations"]["count"],
            growth("compilations"),
            done["compilations"]["seconds"],
        ),
        (
            f"calls of one jitted function by {options.threads} threads at once, each compared bit by bit",
            done["threads"]["count"],
            growth("threads"),
            done["threads"]["seconds"],
        ),
        (
            f"kills of a process that keeps machine code ({done['kills']['while_writing']} while a file was written);"
            f" {done['kills']['entries']} entries looked at",
            done["kills"]["count"],
            "",
            done["kills"]["seconds"],
        ),
    ]
    command = (
        f"python -m campaigns native --calls {options.calls} --compilations {options.compilations} --threads"
        f" {options.threads} --thread-calls {options.thread_calls} --kills {options.kills} --seed {options.seed}"
    )
    return "\n".join(
        [
            "# Native code for long\n",
            f"`{command}`; {record.versions(sources)}.\n",
            record.table(("what", "count", "more in use after it", "seconds"), rows),
            f"More in use: memory and open files, after warming up; up to {MOST_GROWTH / 1e6:.1f} MB is noise.\n",
            "## Failures\n",
            "None.\n" if not failures else "\n".join(f"- {each}" for each in failures) + "\n",
        ]
    )
