"""The program: find the verb, run it, end with the number that says how it went."""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import sys
import time
import traceback
from collections.abc import Iterator, Sequence

import numpy as np

from .. import __version__
from ..api.uncaught import leave
from ..errors import ChainruleError, DataError, InternalError, Origin
from ..errors.layout import layout
from . import (
    cache,
    check,
    completion,
    derivation,
    diff,
    doctor,
    evaluate,
    export,
    grad,
    last,
    predict,
    report,
    resume,
    show,
    train,
    view,
)
from .exit_codes import ExitCode
from .functions import UserCodeError
from .options import Parser, UsageError, declare_general
from .output import error_part, explain, flush, print_document, quietly

VERBS = (
    train,
    resume,
    report,
    predict,
    evaluate,
    export,
    grad,
    check,
    show,
    view,
    derivation,
    last,
    diff,
    cache,
    doctor,
    completion,
)

WIDTH = max(len(verb.SUMMARY) for verb in VERBS) + 2

DESCRIPTION = "Back-propagation on explicit computational graphs, for NumPy code.\n\nverbs:\n" + "\n".join(
    f"  {verb.NAME:<11}{verb.SUMMARY:<{WIDTH}}{verb.EXAMPLE}" for verb in VERBS
)

EPILOG = """\
Results go to stdout, everything else to stderr. Exit codes: 0 done, 1 the check says no, 2 wrong usage,
3 your code raised, 4 a file cannot be read or written, 5 an error in chainrule, 130 interrupted.

chainrule VERB --help says what a verb does.
"""


LAST = "the graph up to here: chainrule last"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in arguments
    fault: BaseException | None = None
    try:
        code = _run(arguments)
        flush()
        return int(code)
    except UsageError as error:
        fault = error
        kind, code, message = "usage", ExitCode.WRONG_USAGE, f"{error.verb}: {error}\ntry: {error.verb} --help"
    except KeyboardInterrupt as error:
        message = "\n".join(["chainrule: interrupted", *getattr(error, "__notes__", [])])
        kind, code = "interrupted", ExitCode.INTERRUPTED
    except MemoryError as error:
        kind, code, message = "memory", ExitCode.WRONG_USAGE, f"chainrule: this does not fit into memory: {error}"
    except UserCodeError as error:
        code, cause = ExitCode.USER_CODE_RAISED, error.__cause__
        fault = cause
        is_kept = leave(cause)
        if isinstance(cause, ChainruleError):
            kind, message = "derivative", _sentence(cause, cause.where)
            message += f"\n{LAST}" if is_kept else ""
        else:
            kind, message = "user code", f"{''.join(traceback.format_exception(cause))}\nchainrule: {error}"
    except BrokenPipeError:  # the reader has seen enough, as `head` has
        _discard_stdout()
        return int(ExitCode.FILE_TROUBLE)
    except DataError as error:
        fault = error
        kind, code, message = "data", ExitCode.FILE_TROUBLE, _sentence(error)
    except OSError as error:
        fault = error
        sentence = _sentence(error) if isinstance(error, ChainruleError) else f"chainrule: {error}"
        kind, code, message = "file", ExitCode.FILE_TROUBLE, sentence
    except InternalError:
        kind, code, message = _ours()
    except ChainruleError as error:
        fault = error
        kind, code, message = "usage", ExitCode.WRONG_USAGE, _sentence(error)
    except Exception:
        kind, code, message = _ours()
    explain(message)
    try:
        if as_json:
            print_document("chainrule/error/1", False, error_part(kind, message, fault))
        flush()
    except OSError:
        _discard_stdout()
    return int(code)


def _ours() -> tuple[str, ExitCode, str]:
    """What is said of an error that is ours; to be called where it is caught."""
    report = f"{traceback.format_exc()}\nchainrule {__version__}: this is our error; please report these lines"
    return "internal", ExitCode.INTERNAL_ERROR, report


def _sentence(error: ChainruleError, where: Origin | None = None) -> str:
    """What a mistake of the user's is, and where, if that is in a file of the user's."""
    if where is not None and not where.path.endswith(".py"):
        where = None  # the program that called us
    parts = (("got", error.got), ("wanted", error.wanted), ("try", error.try_))
    return layout(f"chainrule: {error.what}", where, parts)


def _run(arguments: list[str]) -> ExitCode:
    parser, _ = parsers()
    options = parser.parse_args(arguments)
    if options.verb is None:
        parser.error(f"a verb is missing: {', '.join(verb.NAME for verb in VERBS)}")
    with quietly(options.quiet), _verbosely(options):
        return options.run(options)


def parsers() -> tuple[Parser, dict[str, Parser]]:
    """Of the program, and of its verbs by name."""
    parser = Parser(prog="chainrule", usage="chainrule VERB [options]", description=DESCRIPTION, epilog=EPILOG)
    parser.add_argument(
        "--version", action="version", version=f"chainrule {__version__}", help="print the version and exit"
    )
    # The verbs are listed above with their examples; argparse would list them a second time.
    verbs = parser.add_subparsers(
        prog="chainrule", dest="verb", metavar="VERB", help=argparse.SUPPRESS, parser_class=Parser
    )
    found: dict[str, Parser] = {}
    for verb in VERBS:
        usage = getattr(verb, "USAGE", None)  # where what argparse makes of many options is of no use
        verb_parser = verbs.add_parser(
            verb.NAME, usage=usage, description=verb.DESCRIPTION, epilog=f"example: {verb.EXAMPLE}"
        )
        verb.declare(verb_parser)
        declare_general(verb_parser)
        verb_parser.set_defaults(run=verb.run, parsers=parsers)
        found[verb.NAME] = verb_parser
    return parser, found


@contextlib.contextmanager
def _verbosely(options: argparse.Namespace) -> Iterator[None]:
    """With -v say what runs and how long it took, and show all frames of a traceback."""
    if not options.verbose:
        yield
        return
    begin, before = time.perf_counter(), os.environ.get("CHAINRULE_TRACEBACK")
    explain(f"chainrule {__version__}, Python {platform.python_version()}, NumPy {np.__version__}")
    os.environ["CHAINRULE_TRACEBACK"] = "full"
    try:
        yield
    finally:
        explain(f"chainrule {options.verb}: {time.perf_counter() - begin:.2f} s")
        if before is None:
            del os.environ["CHAINRULE_TRACEBACK"]
        else:
            os.environ["CHAINRULE_TRACEBACK"] = before


def _discard_stdout() -> None:
    """Nobody reads stdout: let the interpreter flush what is left of it into nothing."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
