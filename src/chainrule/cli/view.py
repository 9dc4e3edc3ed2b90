"""``chainrule view``: the graph of a user's function as a picture or a document."""

from __future__ import annotations

import argparse
import sys
from pathlib import PurePath

from .. import files
from ..errors import ArgumentError
from .exit_codes import ExitCode
from .functions import AT, declare_function
from .options import whole_number
from .output import explain, print_document
from .tracing import traced

NAME = "view"
SUMMARY = "your function's graph as a page or a picture"
EXAMPLE = "chainrule view model.py:loss --at 'w=random(3,4)' -o g.html"
DESCRIPTION = f"""\
Draw the graph of a function of arrays, with its values. The suffix of the file says what is written: .html, a page to
look at it in a browser; .svg, a picture; .json, a document of schema chainrule/view/1 with all that is shown; .dot,
the text that Graphviz reads; .tex, the derivation of the gradient.

{AT}"""
SUFFIXES = (".html", ".svg", ".json", ".dot", ".tex")
SCHEMA = "chainrule/file/1"


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    declare_function(parser)
    parser.add_argument(
        "-o", "--output", required=True, metavar="FILE", help="where to write; - for a picture on stdout"
    )
    parser.add_argument(
        "--style", choices=("compact", "lecture"), default="compact", help="lecture: variables as nodes, upwards"
    )
    parser.add_argument(
        "--theme", choices=("auto", "light", "dark"), default="auto", help="colors (default: %(default)s)"
    )
    parser.add_argument("--gradient", action="store_true", help="gradients in the boxes instead of values")
    parser.add_argument("--no-values", action="store_true", help="leave all data out")
    parser.add_argument(
        "--depth", type=whole_number(0), metavar="N", help="open groups down to there (default: by the graph's size)"
    )


def run(options: argparse.Namespace) -> ExitCode:
    """Trace, draw, write."""
    suffix = ".svg" if options.output == "-" else PurePath(options.output).suffix.lower()
    if suffix not in SUFFIXES:
        raise ArgumentError(
            f"the suffix {suffix or 'that is missing'} does not say what to write",
            got=options.output,
            wanted=f"a file of {', '.join(SUFFIXES)}",
        )
    if options.json and options.output == "-":
        raise ArgumentError("the picture and the JSON document cannot both be on stdout", try_="-o g.svg")
    graph, computed = traced(options)
    values = None if options.no_values else computed
    if suffix == ".dot":
        text = graph.to_dot()
    elif suffix == ".tex":
        text = graph.to_latex(values=values)
    elif suffix == ".json":
        text = graph.to_view(values=values)
    else:
        draw = graph.to_html if suffix == ".html" else graph.to_svg
        text = draw(
            values=values,
            style=options.style,
            theme=options.theme,
            show="gradient" if options.gradient else "value",
            collapse="auto" if options.depth is None else options.depth,
        )
    if options.output == "-":
        sys.stdout.write(text)
        return ExitCode.DONE
    files.write_bytes(options.output, text.encode())
    if options.json:
        print_document(SCHEMA, True, {"file": options.output, "bytes": len(text.encode()), "variables": len(graph)})
    else:
        explain(f"{len(graph):,} variables in {options.output}")
    return ExitCode.DONE
