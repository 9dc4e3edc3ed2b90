"""``python -m campaigns NAME [options]``: a campaign is a module of this package with `add_options` and `run`."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from pathlib import Path


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m campaigns", description=__doc__)
    commands = parser.add_subparsers(dest="name", required=True)
    for info in pkgutil.iter_modules([str(Path(__file__).parent)]):
        module = None if info.name.startswith("_") else importlib.import_module(f"campaigns.{info.name}")
        if module is not None and hasattr(module, "run"):
            about = (module.__doc__ or "").partition("\n")[0]
            command = commands.add_parser(info.name, help=about, description=about)
            module.add_options(command)
            command.set_defaults(run=module.run)
    options = parser.parse_args(arguments)
    return options.run(options)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
