"""A fresh process that prints what its first fit took [s], imports not counted.

``python -m benchmarks.estimators.starting digits float64 100``: of a set, in a dtype, for so many epochs.
"""

from __future__ import annotations

import json
import sys
import time

from .chainrule import fit


def main(name: str, dtype: str, epochs: str) -> None:
    once, *_ = fit(name, dtype, int(epochs))
    begun = time.perf_counter()
    once()
    print(json.dumps({"seconds": time.perf_counter() - begun}))


if __name__ == "__main__":
    main(*sys.argv[1:])
