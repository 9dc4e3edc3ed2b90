"""``python -m benchmarks [NAME] [--json FILE]``: the comparisons, side by side, as tables of figures and floors."""

from __future__ import annotations

import argparse
import datetime
import functools
import importlib.metadata
import json
import pathlib
import platform
import sys
from collections.abc import Callable, Iterator
from typing import Any

from . import bandwidth, calls, cold, contention, grid, health, hessians, memory_map, tracing
from .estimators import comparison as estimators
from .fashion import comparison as fashion
from .figures import Figure, table
from .functions import comparison as functions
from .machine import peaks
from .nets import comparison as nets
from .unjitted import comparison as unjitted

BENCHMARKS: dict[str, Callable[[], Iterator[Figure]]] = {
    "bandwidth": bandwidth.run,
    "calls": calls.run,
    "cold": cold.run,
    "contention": contention.run,
    "estimators": estimators.run,
    "fashion": fashion.run,
    "functions": functions.run,
    "grid": grid.run,
    "health": health.run,
    "hessians": hessians.run,
    "memory_map": memory_map.run,
    "nets": nets.run,
    "tracing": tracing.run,
    "unjitted": unjitted.run,
}
PACKAGES = ("numpy", "scipy", "llvmlite", "jax", "jaxlib", "torch", "autograd", "scikit-learn")


def about() -> dict[str, Any]:
    """The machine and the versions: what figures depend on."""
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            versions[package] = "not installed"
    machine = platform.processor() or platform.machine()
    return {"date": datetime.date.today().isoformat(), "machine": machine, "versions": versions, "peaks": peaks()}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="?", choices=sorted(BENCHMARKS), help="which one; all by default")
    parser.add_argument("--json", type=pathlib.Path, help="write the figures there as well")
    parser.add_argument("--bytes", type=int, default=memory_map.SIZE, help="of the file of memory_map (%(default)s)")
    options = parser.parse_args()
    benchmarks = BENCHMARKS | {"memory_map": functools.partial(memory_map.run, size=options.bytes)}
    data = about()
    print(", ".join(f"{name} {version}" for name, version in data["versions"].items()))
    print("\n".join(f"{what} each second: {figure:.3g}" for what, figure in data["peaks"].items()), "\n")
    data["figures"] = {}
    for name in [options.name] if options.name else sorted(BENCHMARKS):
        figures = []
        for figure in benchmarks[name]():
            figures.append(figure)
            print(figure.line, file=sys.stderr, flush=True)
        data["figures"][name] = [figure.as_data() for figure in figures]
        print(f"## {name}\n\n{table(figures)}\n", flush=True)
        if options.json:
            options.json.write_text(json.dumps(data, indent=1) + "\n")


if __name__ == "__main__":
    main()
