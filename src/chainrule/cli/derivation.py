"""``chainrule explain``: the derivation of the gradient of a user's function."""

from __future__ import annotations

import argparse
import sys
from pathlib import PurePath

from .. import files
from ..errors import ArgumentError
from .exit_codes import ExitCode
from .functions import AT, declare_function
from .output import print_document, tell
from .tracing import traced

NAME = "explain"
SUMMARY = "how your function's gradient is derived"
EXAMPLE = "chainrule explain model.py:loss --at 'w=random(3,4)'"
DESCRIPTION = f"""\
Derive the gradient of a function of arrays in its own names: definitions, local Jacobians, the chain rule for each
argument with shapes beside the factors, and a table. Each line is checked at the arguments before it is printed. The
suffix of the file says what is written: .tex, a document for LaTeX; .md, Markdown; else text for a terminal.

{AT}"""
FORMS = {".tex": "latex", ".md": "markdown", ".txt": "text"}
SCHEMA = "chainrule/derivation/1"


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    declare_function(parser)
    parser.add_argument("-o", "--output", default="-", metavar="FILE", help="where to write; - for stdout")
    parser.add_argument("--by", action="append", metavar="NAME", help="derive by this input only; may be repeated")


def run(options: argparse.Namespace) -> ExitCode:
    """Trace, derive, write."""
    suffix = ".txt" if options.output == "-" else PurePath(options.output).suffix.lower()
    if suffix not in FORMS:
        raise ArgumentError(
            f"the suffix {suffix or 'that is missing'} does not say what to write",
            got=options.output,
            wanted=f"a file of {', '.join(FORMS)}",
        )
    graph, values = traced(options)
    text = graph.to_latex(values=values, form=FORMS[suffix], parameters=options.by)
    if options.output != "-":
        files.write_bytes(options.output, text.encode())
    if options.json:
        where = {"text": text} if options.output == "-" else {"file": options.output, "bytes": len(text.encode())}
        print_document(SCHEMA, True, where)
    elif options.output == "-":
        sys.stdout.write(text)
    else:
        tell(f"{len(graph):,} variables in {options.output}")
    return ExitCode.DONE
