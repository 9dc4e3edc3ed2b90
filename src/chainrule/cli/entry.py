"""The program: find the verb, run it, end with the number that says how it went."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence

from .. import __version__
from ..errors import ChainruleError, DataError, InternalError, Origin
from ..errors.layout import layout
from . import cache, check, derivation, doctor, evaluate, export, grad, predict, report, resume, show, train, view
from .exit_codes import ExitCode
from .functions import UserCodeError
from .options import Parser, UsageError
from .output import error_part, explain, flush, print_document

VERBS = (train, resume, report, predict, evaluate, export, grad, check, show, view, derivation, cache, doctor)

WIDTH = max(len(verb.SUMMARY) for verb in VERBS) + 2

DESCRIPTION = "Back-propagation on explicit computational graphs, for NumPy code.\n\nverbs:\n" + "\n".join(
    f"  {verb.NAME:<10}{verb.SUMMARY:<{WIDTH}}{verb.EXAMPLE}" for verb in VERBS
)

EPILOG = """\
Results go to stdout, everything else to stderr. Exit codes: 0 done, 1 the check says no, 2 wrong usage,
3 your code raised, 4 a file cannot be read or written, 5 an error in chainrule, 130 interrupted.

chainrule VERB --help says what a verb does.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in arguments
    try:
        code = _run(arguments)
        flush()
        return int(code)
    except UsageError as error:
        kind, code, message = "usage", ExitCode.WRONG_USAGE, f"{error.verb}: {error}\ntry: {error.verb} --help"
    except KeyboardInterrupt as error:
        message = "\n".join(["chainrule: interrupted", *getattr(error, "__notes__", [])])
        kind, code = "interrupted", ExitCode.INTERRUPTED
    except MemoryError as error:
        kind, code, message = "memory", ExitCode.WRONG_USAGE, f"chainrule: this does not fit into memory: {error}"
    except UserCodeError as error:
        code, cause = ExitCode.USER_CODE_RAISED, error.__cause__
        if isinstance(cause, ChainruleError):
            kind, message = "derivative", _sentence(cause, cause.where)
        else:
            kind, message = "user code", f"{''.join(traceback.format_exception(cause))}\nchainrule: {error}"
    except BrokenPipeError:  # the reader has seen enough, as `head` has
        _discard_stdout()
        return int(ExitCode.FILE_TROUBLE)
    except DataError as error:
        kind, code, message = "data", ExitCode.FILE_TROUBLE, _sentence(error)
    except OSError as error:
        sentence = _sentence(error) if isinstance(error, ChainruleError) else f"chainrule: {error}"
        kind, code, message = "file", ExitCode.FILE_TROUBLE, sentence
    except InternalError:
        kind, code, message = _ours()
    except ChainruleError as error:
        kind, code, message = "usage", ExitCode.WRONG_USAGE, _sentence(error)
    except Exception:
        kind, code, message = _ours()
    explain(message)
    try:
        if as_json:
            print_document("chainrule/error/1", False, error_part(kind, message))
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
    parser = Parser(prog="chainrule", usage="chainrule VERB [options]", description=DESCRIPTION, epilog=EPILOG)
    parser.add_argument(
        "--version", action="version", version=f"chainrule {__version__}", help="print the version and exit"
    )
    # The verbs are listed above with their examples; argparse would list them a second time.
    verbs = parser.add_subparsers(
        prog="chainrule", dest="verb", metavar="VERB", help=argparse.SUPPRESS, parser_class=Parser
    )
    for verb in VERBS:
        usage = getattr(verb, "USAGE", None)  # where what argparse makes of many options is of no use
        verb_parser = verbs.add_parser(
            verb.NAME, usage=usage, description=verb.DESCRIPTION, epilog=f"example: {verb.EXAMPLE}"
        )
        verb.declare(verb_parser)
        verb_parser.set_defaults(run=verb.run)
    options = parser.parse_args(arguments)
    if options.verb is None:
        parser.error(f"a verb is missing: {', '.join(verb.NAME for verb in VERBS)}")
    return options.run(options)


def _discard_stdout() -> None:
    """Nobody reads stdout: let the interpreter flush what is left of it into nothing."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
