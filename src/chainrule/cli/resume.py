"""``chainrule resume``: go on with a training run that was broken off."""

from __future__ import annotations

import argparse

from ..training import resume
from .exit_codes import ExitCode
from .running import declare_running, run_and_report

NAME = "resume"
SUMMARY = "go on with a run that was broken off"
EXAMPLE = "chainrule resume run"
DESCRIPTION = """\
Go on with a training run from its last checkpoint. It ends with the same weights, to the last bit, as a run that was
never broken off. A run that is over is only reported on.
"""


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.add_argument("folder", metavar="FOLDER", help="of the run")
    declare_running(parser)


def run(options: argparse.Namespace) -> ExitCode:
    """Train on, report, and say how it ended."""
    return run_and_report(
        options,
        lambda progress, watchers: resume(
            options.folder, save_every=options.save_every, verbose=progress, watchers=watchers
        ),
    )
