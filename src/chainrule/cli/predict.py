"""``chainrule predict``: what a trained net says of the rows of a table."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from typing import Any

from .. import files
from ..errors import ArgumentError
from ..training import Trained
from .exit_codes import ExitCode
from .output import print_document, tell

SCHEMA = "chainrule/predict/1"

NAME = "predict"
SUMMARY = "what a trained net says of a table"
EXAMPLE = "chainrule predict run new.csv -o predicted.csv"
DESCRIPTION = """\
Predict the target for every row of a table with the columns that there were in training; the target itself may be
missing. The answer is CSV: a line for each row, in its order.
"""


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.add_argument("folder", metavar="FOLDER", help="of the run, as chainrule train has made it")
    parser.add_argument("data", metavar="DATA", help="a table")
    parser.add_argument("-o", "--output", metavar="FILE", help="write there instead of to stdout")
    parser.add_argument("--probabilities", action="store_true", help="of each class, where the loss knows them")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of CSV")


def run(options: argparse.Namespace) -> ExitCode:
    """Read, predict, write."""
    trained = Trained.load(Path(options.folder))
    table = trained.read(options.data)
    columns: dict[str, list[Any]] = {trained.preparation.target.name: trained.predict(table).tolist()}
    if options.probabilities:
        probabilities = trained.probabilities(table)
        if probabilities is None:
            raise ArgumentError(f"the loss {trained.loss.name} knows no probabilities")
        for k, each in enumerate(trained.classes or []):
            name = f"probability of {each}"
            if name in columns:
                raise ArgumentError(f"the target is called {name!r}, as one of the probabilities would be")
            columns[name] = probabilities[:, k].tolist()
    content = "" if options.json and not options.output else _csv(columns, zip(*columns.values(), strict=True))
    if options.output:
        files.write_bytes(options.output, content.encode())
        tell(f"{len(table)} predictions in {options.output}")
    if options.json:
        where = {"rows": len(table), "output": options.output} if options.output else {"columns": columns}
        print_document(SCHEMA, True, where)
    elif not options.output:
        sys.stdout.write(content)
    return ExitCode.DONE


def _csv(names: Iterable[str], rows: Iterable[tuple[Any, ...]]) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue()
