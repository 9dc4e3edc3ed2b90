"""A net trained on a file that need not fit into memory: how fast it is read, and how much memory that takes.

A file of float32 (4 GB, or --bytes) is read three ways: by a plain loop of `readinto` in blocks of 64 MiB, as large as
the chunks of training, which is the measure, before and after the others; by `MappedRows` alone, shuffled; by `fit` for
one epoch. (Smaller blocks, which stay in the cache of the processor, are read faster than memory can be written: their
speed stands beside.) The net has 1,024 inputs and no hidden layer: it does the least with each number that training can
do, so that the reading has the largest share; "share of reading" is what reading alone takes over what the epoch takes.
What was compiled before the epoch is not counted. "warm": the file is in the cache of the system. "cold": its pages
have been dropped before each reading (posix_fadvise), so that it comes from the disk, or from the host's cache of it.

Two figures of memory. RssAnon (/proc/self/status): what the process has taken for itself, looked at while it runs.
ru_maxrss: its largest resident size, in which pages of the file that are mapped at that moment count as well, although
the system can take them back, and so do the code of all libraries and what the import has needed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .figures import Figure, of_ratio, of_rounds
from .mapped_training import COLUMNS
from .peers import cores, pinned

SIZE, ROUNDS = 4 * 10**9, 3
FLOOR, MOST = 0.6, 1e9
BLOCK, SMALL_BLOCK = 1 << 26, 1 << 23


def run(rounds: int = ROUNDS, size: int = SIZE) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        free = shutil.disk_usage(folder).free
        if free < 1.5 * size:
            raise RuntimeError(f"{folder} has {free / 1e9:.1f} GB left, too few for a file of {size / 1e9:.1f} GB")
        path = Path(folder, "x.npy")
        write(path, size)
        size = path.stat().st_size
        peaks: dict[str, list[float]] = {"RssAnon": [], "ru_maxrss": []}
        for state in ("warm", "cold"):
            seconds: dict[str, list[float]] = {name: [] for name in ("before", "read", "fit", "after", "small")}
            for _ in range(rounds):
                seconds["before"].append(sequential(path, state))
                for what in ("read", "fit"):
                    answer = child(path, what, state)
                    seconds[what].append(answer["seconds"])
                    for name, each in peaks.items():
                        each += [answer[name]] if what == "fit" else []
                seconds["after"].append(sequential(path, state))
                seconds["small"].append(sequential(path, state, SMALL_BLOCK))
            plain = [(a + b) / 2 for a, b in zip(seconds["before"], seconds["after"], strict=True)]
            speeds = {name: size / np.median(each) / 1e9 for name, each in seconds.items()}
            beside = {
                "sequential before [GB/s]": speeds["before"],
                "after [GB/s]": speeds["after"],
                "in 8 MiB [GB/s]": speeds["small"],
            }
            for what, name, floor in (("read", "reading alone", None), ("fit", "an epoch of training", FLOOR)):
                more = {"GB/s": speeds[what], "share of reading": np.median(seconds["read"]) / np.median(seconds[what])}
                title = f"{state}: {name}, over the sequential speed"
                yield of_ratio(title, plain, seconds[what], floor=floor, beside=beside | more)
        for name, each in peaks.items():
            title = f"an epoch of training: peak of {name} [MB]"
            yield of_rounds(title, [x / 1e6 for x in each], at_most=True, floor=MOST / 1e6)


def write(path: Path, size: int) -> None:
    """Rows of random numbers, about so many bytes."""
    piece = np.random.default_rng(0).standard_normal((SMALL_BLOCK // 4 // COLUMNS, COLUMNS), np.float32)
    pieces = max(1, size // piece.nbytes)
    header = {"descr": "<f4", "fortran_order": False, "shape": (pieces * len(piece), COLUMNS)}
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for _ in range(pieces):
            file.write(piece.data)
        file.flush()
        os.fsync(file.fileno())


def sequential(path: Path, state: str, size: int = BLOCK) -> float:
    """Seconds of reading all of a file, one block after another."""
    settle(path, state)
    block = np.ones(size, np.uint8).data  # in pages that are there
    start = time.perf_counter()
    with path.open("rb", buffering=0) as file:
        while file.readinto(block):
            pass
    return time.perf_counter() - start


def settle(path: Path, state: str) -> None:
    """Bring a file into the cache of the system, or out of it."""
    with path.open("rb", buffering=0) as file:
        if state == "cold":
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        else:
            block = bytearray(SMALL_BLOCK)
            while file.readinto(block):
                pass


def child(path: Path, what: str, state: str) -> dict[str, Any]:
    """What a process that trains, or only reads, says at its end, and what was seen of its memory."""
    command = ["-m", "benchmarks.mapped_training", str(path), what]
    most = 0
    with pinned(command, cores(2), 2, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin and process.stdout
        process.stdout.readline()  # it is ready
        settle(path, state)
        process.stdin.write("go\n")
        process.stdin.flush()
        while process.poll() is None:
            most = max(most, anonymous(process.pid))
            time.sleep(0.02)
        answer = process.stdout.readline()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return json.loads(answer) | {"RssAnon": most}


def anonymous(process: int) -> int:
    """RssAnon of a process [bytes]; 0 where it has ended."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    lines = [line.split() for line in status.splitlines() if line.startswith("RssAnon:")]
    return 1024 * int(lines[0][1]) if lines else 0
