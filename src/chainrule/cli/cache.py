"""``chainrule cache``: the machine code that is kept on disk."""

from __future__ import annotations

import argparse

from ..compile import cache
from .exit_codes import ExitCode
from .output import print_document

SCHEMA = "chainrule/cache/1"

NAME = "cache"
SUMMARY = "the machine code that is kept on disk"
EXAMPLE = "chainrule cache --clear"
DESCRIPTION = (
    "Shows where compiled functions are kept, how many and how large; or removes them. $CHAINRULE_CACHE_DIR says "
    "another place, or with nothing in it that none are kept."
)


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.add_argument("--clear", action="store_true", help="remove all of it")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of text")


def run(options: argparse.Namespace) -> ExitCode:
    """Look, perhaps remove, and print."""
    place, size, count = cache.directory(), cache.total_bytes(), len(cache.entries())
    removed = cache.clear() if options.clear else 0
    if options.json:
        left = 0 if options.clear else count
        found = {"directory": None if place is None else str(place), "entries": left, "removed": removed}
        print_document(SCHEMA, True, {**found, "bytes": 0 if options.clear else size})
    elif place is None:
        print("no machine code is kept: there is no place for it")
    elif options.clear:
        print(f"removed {removed} entr{'y' if removed == 1 else 'ies'}, {size / 1e6:.1f} MB, from {place}")
    else:
        print(f"{count} entr{'y' if count == 1 else 'ies'}, {size / 1e6:.1f} MB, in {place}")
    return ExitCode.DONE
