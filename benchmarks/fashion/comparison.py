"""Test accuracy, and the time of the fit that reaches it, beside PyTorch's and scikit-learn's, in fresh processes."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from ..cold import started
from ..figures import Figure, of_ratio, of_rounds

LIBRARIES = {"chainrule": "chainrule", "torch": "PyTorch", "scikit_learn": "scikit-learn"}
ROUNDS, THREADS = 3, 2
FLOOR = 90.0  # % of the test pictures
MODULE = "benchmarks.fashion.training"


def run(rounds: int = ROUNDS) -> Iterator[Figure]:
    seconds: dict[str, list[float]] = {library: [] for library in LIBRARIES}
    percent: dict[str, list[float]] = {library: [] for library in LIBRARIES}
    for seed in range(rounds):
        for library in LIBRARIES:
            told = started(library, str(seed), module=MODULE, threads=THREADS)
            seconds[library].append(told["seconds"])
            percent[library].append(100 * told["accuracy"])
    for library, name in LIBRARIES.items():
        beside = {"threads": THREADS, "seconds": statistics.median(seconds[library])}
        floor = FLOOR if library == "chainrule" else None
        yield of_rounds(f"{name}: test accuracy [%]", percent[library], floor=floor, beside=beside)
    for library, name in list(LIBRARIES.items())[1:]:
        yield of_ratio(f"a fit, against {name}", seconds[library], seconds["chainrule"])
