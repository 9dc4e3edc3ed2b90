"""``python -m benchmarks [NAME] [--json FILE]``: the comparisons, side by side, as tables with ratios."""

from __future__ import annotations

import argparse
import datetime
import json
import pathlib
import platform
import sys

import numpy

from . import hessians, nets, tracing, unjitted

BENCHMARKS = {"hessians": hessians, "nets": nets, "tracing": tracing, "unjitted": unjitted}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="?", choices=sorted(BENCHMARKS), help="which one; all by default")
    parser.add_argument("--json", type=pathlib.Path, help="write the results there as well")
    options = parser.parse_args()
    results = []
    for name in [options.name] if options.name else sorted(BENCHMARKS):
        result = BENCHMARKS[name].run()
        results.append(result)
        print(f"## {name}\n\n{BENCHMARKS[name].table(result)}\n")
    about = {
        "date": datetime.date.today().isoformat(),
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "machine": platform.processor() or platform.machine(),
        "results": results,
    }
    if options.json:
        options.json.write_text(json.dumps(about, indent=1) + "\n")
    else:
        print(f"python {about['python']}, numpy {about['numpy']}, {about['date']}", file=sys.stderr)


if __name__ == "__main__":
    main()
