"""What the verbs that train have in common: how the run is shown, and what is said at its end."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..api import diagnose
from ..errors import DivergenceError
from ..training import Outcome, Progress, Silent, Watcher, progress_for
from ..training.prepared import Prepared
from ..view.report import Report
from . import outcome as printed
from .exit_codes import ExitCode
from .fail_on import chosen, declare_fail_on, tell_failures
from .objective import objective_of
from .options import number
from .output import error_part, explain, print_document

SCHEMA = "chainrule/train/2"
ROWS = 256  # of the training rows, which the trained net is looked at with


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
    declare_fail_on(parser)


class Examined:
    """Looks at the numbers of a net when its training is over: its objective on some rows, forward and backward."""

    def __init__(self) -> None:
        self.findings: list[dict[str, Any]] = []

    def epoch(self, folder: Path) -> None:
        """Nothing is looked at before the end."""

    def end(self, ready: Prepared, outcome: Outcome) -> None:
        x, y = (rows[:ROWS] for rows in ready.parts.training)
        trained = outcome.trained
        diagnosis = diagnose(objective_of(trained), trained.parameters, x, y, argnums=0, has_aux=True)
        self.findings = [finding.to_document() for finding in diagnosis.findings]


def run_and_report(options: argparse.Namespace, fit: Callable[[Progress, Sequence[Watcher]], Outcome]) -> ExitCode:
    """Train and print what came of it."""
    progress = progress_for(0 if options.quiet or options.no_progress else "auto")
    code, error, examined = ExitCode.DONE, {}, Examined()
    try:
        watchers: list[Watcher] = [] if options.no_report else [Report()]
        outcome = fit(progress, [*watchers, examined] if options.fail_on else watchers)
    except DivergenceError as failure:
        message = "; ".join(filter(None, [failure.what, failure.got]))
        outcome, code, error = failure.outcome, ExitCode.CHECK_FAILED, error_part("diverged", message)
        explain(f"chainrule: {message}")
        if failure.try_:
            explain(f"try {failure.try_}")
    if outcome.fitted.ending == "interrupted":
        code, error = ExitCode.INTERRUPTED, error_part("interrupted", str(outcome.fitted))
        if isinstance(progress, Silent):
            explain(f"chainrule: {outcome.fitted}")
        explain(f"to go on: chainrule resume {outcome.folder}")
    failures = chosen(examined.findings, options.fail_on)
    if failures and code == ExitCode.DONE:
        code = ExitCode.CHECK_FAILED
        tell_failures("train", failures)
    if options.json:
        found = {"findings": failures} if options.fail_on else {}
        print_document(SCHEMA, code == ExitCode.DONE, {**error, **found, **printed.document(outcome)})
    elif options.quiet:
        print(f"{outcome.parts['held_out'].score:.4f}")
    else:
        print(printed.text(outcome))
    return code
