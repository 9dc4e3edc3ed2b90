"""Fits of our estimators, warm and in fresh processes, beside scikit-learn's and the loop in PyTorch."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator, Mapping

from ..cold import started
from ..figures import Figure, of_ratio
from ..peers import ROUNDS, Peer, in_turns
from .sets import SETS

RTOL = {"float64": 1e-4, "float32": 1e-3}  # of losses: PyTorch's leave out the penalty, and its Adam is a bit other
EPOCHS = {  # that take scikit-learn at least a fifth of a second
    "iris": 1000,
    "wine": 1000,
    "breast cancer": 300,
    "digits": 60,
    "diabetes": 300,
    "two moons": 100,
    "20,000 x 50, 3 classes": 6,
    "20,000 x 20, a number": 6,
}
MANY, FLOORS = 1000, (1.0, 3.0)  # rows; how much faster with fewer and with more of them
PROCESSES = 3  # fresh ones for each median
MODULE = "benchmarks.estimators.starting"


def run(rounds: int = ROUNDS, epochs: Mapping[str, int] = EPOCHS, processes: int = PROCESSES) -> Iterator[Figure]:
    for threads in (1, 2):
        with (
            Peer("chainrule", threads) as ours,
            Peer("scikit_learn", threads) as theirs,
            Peer("torch", threads) as torch,
        ):
            for dtype, rtol in RTOL.items():
                for name, count in epochs.items():
                    jobs = [(peer, "estimators.fit") for peer in (ours, theirs, torch)]
                    fit = {"name": name, "dtype": dtype, "epochs": count}
                    mine, sklearn, loop = in_turns(jobs, fit, rtol, rounds)
                    cold, found = starts(name, dtype, count, threads, processes)
                    beside = {
                        "threads": threads,
                        "epochs": count,
                        "warm [ms]": 1e3 * mine.seconds,
                        "cold [ms]": 1e3 * cold,
                        "from disk [ms]": 1e3 * found,
                        "scikit-learn [ms]": 1e3 * sklearn.seconds,
                        "PyTorch [ms]": 1e3 * loop.seconds,
                        "against PyTorch": loop.seconds / mine.seconds,
                    }
                    floor = FLOORS[len(SETS[name]().x) > MANY]
                    title = f"{name}, {dtype}: against scikit-learn"
                    yield of_ratio(title, sklearn.rounds, mine.rounds, floor=floor, beside=beside)


def starts(name: str, dtype: str, epochs: int, threads: int, processes: int) -> tuple[float, float]:
    """What a fit takes in a fresh process [s]: while machine code is made, and when it lies on disk."""
    cold, found = [], []
    with tempfile.TemporaryDirectory() as place:
        for k in range(processes):
            for times, folder in ((cold, k), (found, 0)):
                arguments = name, dtype, str(epochs)
                answer = started(*arguments, cache=f"{place}/{folder}", module=MODULE, threads=threads)
                times.append(answer["seconds"])
    return statistics.median(cold), statistics.median(found)
