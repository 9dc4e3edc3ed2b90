"""A fresh process that trains one net, and prints how long that took [s] and how many pictures it tells right.

``python -m benchmarks.fashion.training chainrule 0``: the library, and the seed. Imports and reading are not counted;
compilation is.
"""

from __future__ import annotations

import importlib
import json
import sys
import time

from . import CHOSEN, PLAIN, Parts, Settings, official


def trained(library: str, parts: Parts, settings: Settings, seed: int) -> dict[str, float]:
    fitted = importlib.import_module(f"benchmarks.fashion.{library}").fitted
    begun = time.perf_counter()
    predict = fitted(parts.x, parts.y, settings, seed)
    seconds = time.perf_counter() - begun
    return {"seconds": seconds, "accuracy": float((predict(parts.x_judge) == parts.y_judge).mean())}


def main(library: str, seed: str) -> None:
    settings = PLAIN if library == "scikit_learn" else CHOSEN
    print(json.dumps(trained(library, official(), settings, int(seed))))


if __name__ == "__main__":
    main(*sys.argv[1:])
