"""``chainrule evaluate``: how good a trained net is on a table that has the target."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

from ..training import Trained, short
from .exit_codes import ExitCode
from .outcome import confusion, headline
from .output import print_document

SCHEMA = "chainrule/evaluate/1"

NAME = "evaluate"
SUMMARY = "how good a trained net is on a table"
EXAMPLE = "chainrule evaluate run test.csv"
DESCRIPTION = "Loss, accuracy or R2, and the confusion table of a trained net, on the rows of a table with the target."


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.add_argument("folder", metavar="FOLDER", help="of the run, as chainrule train has made it")
    parser.add_argument("data", metavar="DATA", help="a table with the target")
    parser.add_argument("-q", "--quiet", action="store_true", help="only the score")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of text")


def run(options: argparse.Namespace) -> ExitCode:
    """Read, judge, print."""
    trained = Trained.load(Path(options.folder))
    judged = trained.evaluate(trained.read(options.data))
    if options.json:
        content = {**dataclasses.asdict(judged), "score_name": trained.score_name, "classes": trained.classes}
        print_document(SCHEMA, True, content)
    elif options.quiet:
        print(f"{judged.score:.4f}")
    else:
        print(headline("these", judged, trained.score_name))
        print(f"loss {short(judged.loss)} ({trained.loss.name})")
        print("\n".join(confusion("these", judged, trained.classes)).lstrip("\n"))
    return ExitCode.DONE
