"""``chainrule view``: the graph of a user's function as a picture or a document."""

from __future__ import annotations

import argparse
from pathlib import Path

from .. import files
from ..api import Graph
from ..api.graphs import Values
from ..errors import ArgumentError, FileError
from .exit_codes import ExitCode
from .fail_on import chosen, declare_fail_on, findings_of, tell_failures
from .functions import AT, declare_function
from .options import whole_number
from .output import print_document, tell
from .tracing import traced
from .writing import declare_writing, suffix_of, write

NAME = "view"
SUMMARY = "your function's graph as a page or a picture"
EXAMPLE = "chainrule view model.py:loss --at 'w=random(3,4)' -o g.html"
DESCRIPTION = f"""\
Draw the graph of a function of arrays, with its values. The suffix of the file says what is written: .html, a page to
look at it in a browser; .svg, a picture; .json, a document of schema chainrule/view/1 with all that is shown; .dot,
the text that Graphviz reads; .tex, the derivation of the gradient.

{AT}"""
SUFFIXES = (".html", ".svg", ".json", ".dot", ".tex")
STEPS = "chainrule/steps/1"
LAYERS = ("value", "gradient", "jacobian", "health", "memory")


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    declare_function(parser)
    declare_writing(parser, required=False)
    parser.add_argument("--steps", metavar="DIR", help="a picture for each step of both ways, into this folder")
    parser.add_argument(
        "--style", choices=("compact", "lecture"), default="compact", help="lecture: variables as nodes, upwards"
    )
    parser.add_argument(
        "--theme", choices=("auto", "light", "dark"), default="auto", help="colors (default: %(default)s)"
    )
    parser.add_argument("--show", choices=LAYERS, default="value", help="what the picture shows (default: %(default)s)")
    parser.add_argument("--gradient", dest="show", action="store_const", const="gradient", help="--show gradient")
    parser.add_argument("--no-values", action="store_true", help="leave all data out")
    parser.add_argument(
        "--check", action="store_true", help="compare the rule of each edge with differences (.html and .json)"
    )
    parser.add_argument(
        "--depth", type=whole_number(0), metavar="N", help="open groups down to there (default: by the graph's size)"
    )
    declare_fail_on(parser)


def run(options: argparse.Namespace) -> ExitCode:
    """Trace, draw, write."""
    if (options.output is None) == (options.steps is None):
        raise ArgumentError(
            "what to write is said by -o or by --steps",
            got="both" if options.output else "neither",
            wanted="-o FILE for one picture, --steps DIR for many",
        )
    suffix = suffix_of(options, SUFFIXES) if options.output is not None else None
    graph, values = traced(options)
    failures = chosen(findings_of(graph, values), options.fail_on) if options.fail_on else []
    if suffix is None:
        code = _write_steps(options, graph.to_steps(values, theme=options.theme))
    else:
        code = write(options, _text(suffix, options, graph, None if options.no_values else values), len(graph))
    tell_failures(NAME, failures)
    return ExitCode.CHECK_FAILED if failures else code


def _text(suffix: str, options: argparse.Namespace, graph: Graph, values: Values | None) -> str:
    if suffix == ".dot":
        return graph.to_dot()
    if suffix == ".tex":
        return graph.to_latex(values=values)
    if suffix == ".json":
        return graph.to_view(values=values, check=options.check)
    look = {
        "style": options.style,
        "theme": options.theme,
        "show": options.show,
        "collapse": "auto" if options.depth is None else options.depth,
    }
    if suffix == ".html":
        return graph.to_html(values=values, check=options.check, **look)
    return graph.to_svg(values=values, **look)


def _write_steps(options: argparse.Namespace, pictures: list[str]) -> ExitCode:
    """step-000.svg, step-001.svg... in a folder that is made if need be."""
    folder = Path(options.steps)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"the folder {folder} cannot be made: {error.strerror}") from error
    for number, picture in enumerate(pictures):
        files.write_bytes(folder / f"step-{number:03}.svg", picture.encode())
    if options.json:
        print_document(STEPS, True, {"folder": str(folder), "steps": len(pictures)})
    else:
        tell(f"{len(pictures)} steps in {folder}")
    return ExitCode.DONE
