"""``chainrule train``: fit a net to a table, to handwritten digits, or to pictures of clothes."""

from __future__ import annotations

import argparse
import sys

from .. import files
from ..training import to_toml, train
from . import settings
from .exit_codes import ExitCode
from .output import print_document
from .running import declare_running, run_and_report

SCHEMA = "chainrule/settings/1"

NAME = "train"
USAGE = "chainrule train [DATA --target COLUMN] [options]"
SUMMARY = "fit a net to a table, or to digits"
EXAMPLE = "chainrule train houses.csv --target price"
DESCRIPTION = """\
Fit a fully connected net to a table (a file of .csv, .tsv, .parquet, .feather or .npy), or, without one, to 1,797
handwritten digits (8 x 8 pixels, 10 classes). fashion-mnist instead of a table: 70,000 pictures of clothes (28 x 28
pixels, 10 classes) from Debian's package dataset-fashion-mnist, the 10,000 official ones for testing held out.

The rows are divided: most are trained on, some choose the best epoch, the held-out ones judge it. What was learned
goes into a folder: run, or run-2, run-3... where that is taken. Ctrl-C stops after the step at hand, reports on the
best weights until then (exit code 130), and chainrule resume goes on.

Names of a catalogue may come with settings: --optimizer momentum:momentum=0.8
"""


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    settings.declare(parser)
    files_group = parser.add_argument_group("files")
    files_group.add_argument("--folder", metavar="FOLDER", help="where the run goes (default: run, run-2, ...)")
    files_group.add_argument("--config", metavar="FILE", help="settings from a TOML file; options come before it")
    files_group.add_argument(
        "--write-config", metavar="FILE", help="write the settings to a TOML file (-: to stdout) and do nothing else"
    )
    declare_running(parser)


def run(options: argparse.Namespace) -> ExitCode:
    """Train, report, and say how it ended."""
    chosen = settings.chosen(options, options.config)
    if options.write_config:
        content = to_toml(chosen.to_mapping())
        if options.write_config != "-":
            files.write_bytes(options.write_config, content.encode())
        if options.json:
            print_document(SCHEMA, True, {"settings": chosen.to_mapping()})
        elif options.write_config == "-":
            sys.stdout.write(content)
        return ExitCode.DONE
    return run_and_report(
        options,
        lambda progress, watchers: train(
            chosen, options.folder, save_every=options.save_every, verbose=progress, watchers=watchers
        ),
    )
