"""What the verbs that train have in common: how the run is shown, and what is said at its end."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from ..errors import DivergenceError
from ..training import Outcome, Progress, Silent, Watcher, progress_for
from ..view.report import Report
from . import outcome as printed
from .exit_codes import ExitCode
from .options import number
from .output import error_part, explain, print_document

SCHEMA = "chainrule/train/2"


def declare_running(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "--save-every",
        type=number(least=0),
        default=30.0,
        metavar="SECONDS",
        help="time between two checkpoints (default: %(default)g)",
    )
    parser.add_argument("--no-report", action="store_true", help="write no report.html and no graph.svg")
    showing = parser.add_argument_group("what to show")
    showing.add_argument("-q", "--quiet", action="store_true", help="only the score on held-out rows, no progress")
    showing.add_argument("--json", action="store_true", help="one JSON document instead of text")
    showing.add_argument("--no-progress", action="store_true", help="no progress on stderr")


def run_and_report(options: argparse.Namespace, fit: Callable[[Progress, Sequence[Watcher]], Outcome]) -> ExitCode:
    """Train and print what came of it."""
    progress = progress_for(0 if options.quiet or options.no_progress else "auto")
    code, error = ExitCode.DONE, {}
    try:
        outcome = fit(progress, [] if options.no_report else [Report()])
    except DivergenceError as failure:
        message = "; ".join(filter(None, [failure.what, failure.got]))
        outcome, code, error = failure.outcome, ExitCode.CHECK_FAILED, error_part("diverged", message)
        explain(f"chainrule: {message}")
    if outcome.fitted.ending == "interrupted":
        code, error = ExitCode.INTERRUPTED, error_part("interrupted", str(outcome.fitted))
        if isinstance(progress, Silent):
            explain(f"chainrule: {outcome.fitted}")
        explain(f"to go on: chainrule resume {outcome.folder}")
    if options.json:
        print_document(SCHEMA, code == ExitCode.DONE, {**error, **printed.document(outcome)})
    elif options.quiet:
        print(f"{outcome.parts['held_out'].score:.4f}")
    else:
        print(printed.text(outcome))
    return code
