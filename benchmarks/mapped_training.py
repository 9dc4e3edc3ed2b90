"""A process that reads a `.npy` file, or trains on it, when it is told to; prints how long that took [s].

``python -m benchmarks.mapped_training x.npy fit``: one epoch; ``... x.npy read``: all chunks of one, without training.
"""

from __future__ import annotations

import json
import resource
import sys
import time

import numpy as np

import chainrule as cr
from chainrule.data import MappedRows
from chainrule.optimizers import sgd
from chainrule.training import fit, regularized

COLUMNS, BATCH = 1024, 64
LINEAR = regularized(lambda w, x: x @ w, lambda y_hat, y: np.mean((y_hat - y) ** 2))


def train(source: MappedRows) -> None:
    start = np.zeros(COLUMNS, np.float32)
    fit(LINEAR, start, source, optimizer=sgd, learning_rate=1e-3, epochs=1, batch_size=BATCH, verbose=0)


def read(source: MappedRows) -> None:
    for _ in source.chunks(np.random.SeedSequence(0), BATCH):
        pass


def begun(source: MappedRows) -> MappedRows:
    """The first rows of a source, in chunks of the same sizes as those of all: what is compiled for them serves it."""
    size = len(next(source.chunks(None, BATCH)).order)
    rows = slice(0, min(len(source), 2 * size + len(source) % size))
    return MappedRows([each[rows] for each in source.arrays])


def main(path: str, what: str) -> None:
    x = np.load(path, mmap_mode="r")
    source = MappedRows([x, np.zeros(len(x), np.float32)])
    work = {"fit": train, "read": read}[what]
    cr.set_num_threads(1)  # the other core reads
    work(begun(source))
    print("ready", flush=True)
    sys.stdin.readline()
    start = time.perf_counter()
    work(source)
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "ru_maxrss": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))


if __name__ == "__main__":
    main(*sys.argv[1:])
