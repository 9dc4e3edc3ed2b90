"""``chainrule show``: the graph of a user's function as a table."""

from __future__ import annotations

import argparse
import json

from .exit_codes import ExitCode
from .fail_on import chosen, declare_fail_on, findings_of, tell_failures
from .functions import AT, declare_function
from .options import whole_number
from .output import print_document
from .tracing import traced

SCHEMA = "chainrule/view/1"

NAME = "show"
SUMMARY = "your function's graph as a table"
EXAMPLE = "chainrule show model.py:loss --at 'w=random(3,4)'"
DESCRIPTION = f"""\
The graph of a function of arrays, a row for each variable: values, gradients where the result is one number, and the
structure of each local Jacobian. Repeated blocks are one row. On a terminal in color, where the package rich is
installed, and in as many columns as fit; elsewhere plain lines for grep.

{AT}"""


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    declare_function(parser)
    parser.add_argument("--tree", action="store_true", help="results first, indented, instead of a table")
    parser.add_argument(
        "--depth", type=whole_number(0), metavar="N", help="open groups down to there (default: by the graph's size)"
    )
    declare_fail_on(parser)


def run(options: argparse.Namespace) -> ExitCode:
    """Trace, print."""
    graph, values = traced(options)
    if options.json:
        content = json.loads(graph.to_view(values=values))
        failures = chosen(content["findings"], options.fail_on)
        print_document(content.pop("schema"), not failures, content)
    else:
        failures = chosen(findings_of(graph, values), options.fail_on) if options.fail_on else []
        graph.show(values, tree=options.tree, collapse="auto" if options.depth is None else options.depth)
    tell_failures(NAME, failures)
    return ExitCode.CHECK_FAILED if failures else ExitCode.DONE
