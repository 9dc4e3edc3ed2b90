"""``chainrule last``: the graph of the last failed trace."""

from __future__ import annotations

import argparse
import json
import sys

from ..view import last, page, table, terminal
from .exit_codes import ExitCode
from .output import print_document
from .writing import declare_writing, suffix_of, write

NAME = "last"
SUMMARY = "the graph up to the last error"
EXAMPLE = "chainrule last -o g.html"
DESCRIPTION = """\
Open the graph of the last program of yours that ended with an error out of a function that was being traced: all that
was traced until then, and what failed. It was written down when the program ended, without any array: structure,
shapes, statistics, lines of the program.
"""
SUFFIXES = (".html", ".svg", ".json")


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    declare_writing(parser, required=False)
    parser.add_argument("--json", action="store_true", help="one JSON document instead of text")


def run(options: argparse.Namespace) -> ExitCode:
    """Read, print or write."""
    suffix = suffix_of(options, SUFFIXES) if options.output else None
    kept = last.kept()
    graph = kept["graph"]
    if suffix is not None:
        return write(options, _text(suffix, kept), len(graph["nodes"]))
    if options.json:
        print_document(kept.pop("schema"), True, kept)
        return ExitCode.DONE
    table.print_lines([f"{kept['program']}, {kept['time']}", "", *kept["failure"]["text"].splitlines(), ""])
    table.print_table(kept["table"], terminal.width(sys.stdout), terminal.is_colored(sys.stdout))
    return ExitCode.DONE


def _text(suffix: str, kept: dict) -> str:
    if suffix == ".svg":
        return kept["picture"]
    if suffix == ".json":
        return json.dumps(kept["graph"], separators=(",", ":"))
    options = {"opened": kept["opened"], "style": "compact", "show": "value", "theme": "auto"}
    return page.page_of(kept["graph"], kept["picture"], kept["table"], options)
