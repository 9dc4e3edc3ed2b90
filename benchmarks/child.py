"""A child process of one library: what to time on each line in, seconds out.

A name is ``package.function``; the function, of the library's module in that package, takes the settings and returns
what runs a unit of work, how many units a run counts as, and the numbers that all libraries have to agree on.
"""

from __future__ import annotations

import importlib
import json
import sys
import time

WHILE = 0.3  # seconds


def main(library: str) -> None:
    ready: dict[str, tuple] = {}
    for line in sys.stdin:
        what, settings = json.loads(line)
        if line not in ready:
            package, function = what.split(".")
            module = importlib.import_module(f"benchmarks.{package}.{library}")
            run, units, check = getattr(module, function)(**settings)
            run()
            ready[line] = run, units, [float(each) for each in check()]
            for _ in range(2):
                run()
        run, units, check = ready[line]
        times, begun = [], time.perf_counter()
        while len(times) < 3 or (time.perf_counter() - begun < WHILE and len(times) < 2000):
            start = time.perf_counter()
            run()
            times.append(time.perf_counter() - start)
        seconds = sorted(times)[len(times) // 2] / units
        print(json.dumps({"seconds": seconds, "check": check}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
