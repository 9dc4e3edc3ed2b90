"""Where a page, a picture or a document goes: a file by its suffix, or stdout; and perhaps a browser."""

from __future__ import annotations

import argparse
import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path, PurePath

from .. import files
from ..errors import ArgumentError
from .exit_codes import ExitCode
from .output import explain, print_document, tell

SCHEMA = "chainrule/file/1"


def declare_writing(parser: argparse.ArgumentParser, required: bool) -> None:
    """Add the options."""
    parser.add_argument(
        "-o", "--output", required=required, metavar="FILE", help="where to write; - for a picture on stdout"
    )
    parser.add_argument("--open", action="store_true", help="open what was written in a browser")


def suffix_of(options: argparse.Namespace, suffixes: Sequence[str]) -> str:
    """What is to be written.

    Raises
    ------
    ArgumentError
        If the suffix does not tell, or what is asked for goes together with nothing.
    """
    suffix = ".svg" if options.output == "-" else PurePath(options.output).suffix.lower()
    if suffix not in suffixes:
        raise ArgumentError(
            f"the suffix {suffix or 'that is missing'} does not say what to write",
            got=options.output,
            wanted=f"a file of {', '.join(suffixes)}",
        )
    if options.json and options.output == "-":
        raise ArgumentError("the picture and the JSON document cannot both be on stdout", try_="-o g.svg")
    if options.open and (options.output == "-" or suffix not in (".html", ".svg")):
        raise ArgumentError("a browser opens a page or a picture in a file", got=options.output, try_="-o g.html")
    return suffix


def write(options: argparse.Namespace, text: str, variables: int) -> ExitCode:
    """Write, and say so; open it only where asked."""
    if options.output == "-":
        sys.stdout.write(text)
        return ExitCode.DONE
    files.write_bytes(options.output, text.encode())
    if options.json:
        print_document(SCHEMA, True, {"file": options.output, "bytes": len(text.encode()), "variables": variables})
    else:
        tell(f"{variables:,} variables in {options.output}")
    if options.open and not webbrowser.open(Path(options.output).resolve().as_uri()):
        explain(f"no browser opens here: {options.output} can be looked at elsewhere")
    return ExitCode.DONE
