"""``chainrule report``: the page of one training run, or of several over each other."""

from __future__ import annotations

import argparse
import sys
import webbrowser
from pathlib import Path

from ..errors import ArgumentError
from ..view.report import FILE, report_page, write_graph_page, write_report
from .exit_codes import ExitCode
from .output import print_document, tell

SCHEMA = "chainrule/file/1"

NAME = "report"
SUMMARY = "a page of training runs, to compare"
EXAMPLE = "chainrule report run run-2 -o runs.html"
DESCRIPTION = """\
Write one HTML file about training runs, two to eight of them over each other, or one: losses, penalty, learning rate,
gradients and steps layer by layer, settings, what is confused, the worst rows, the net as a graph. A run may still be
going on. The file needs no network, and nothing in it asks for any.
"""


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.add_argument("folders", nargs="+", metavar="FOLDER", help="of a run, as chainrule train has made it")
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help=f"where to write; - for stdout (default: {FILE}, in the folder of the run if it is one)",
    )
    parser.add_argument(
        "--graph",
        action="store_true",
        help="also write graph.html into each folder: the loss as a graph, with all values, Jacobians and gradients",
    )
    parser.add_argument("--open", action="store_true", help="show it in a browser")
    parser.add_argument("--json", action="store_true", help="one JSON document about the file on stdout")


def run(options: argparse.Namespace) -> ExitCode:
    """Read, write, show."""
    if options.output == "-":
        if options.json or options.open or options.graph:
            raise ArgumentError("a page on stdout goes alone, without --json, --open and --graph", try_=f"-o {FILE}")
        sys.stdout.write(report_page(options.folders))
        return ExitCode.DONE
    if options.graph:
        for folder in options.folders:
            write_graph_page(folder)
    alone = options.folders[0] if len(options.folders) == 1 else "."
    path = Path(options.output) if options.output else Path(alone) / FILE
    size = write_report(options.folders, path)
    if options.json:
        print_document(SCHEMA, True, {"file": str(path), "bytes": size, "runs": len(options.folders)})
    else:
        tell(f"{len(options.folders)} run{'s' * (len(options.folders) != 1)} in {path}")
    if options.open:
        webbrowser.open(path.resolve().as_uri())
    return ExitCode.DONE
