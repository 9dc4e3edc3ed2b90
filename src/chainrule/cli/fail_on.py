"""``--fail-on nan,vanishing``: exit code 1 where numbers are ill in one of these ways."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from typing import Any

from ..api import Graph
from ..api.graphs import Values
from ..view.findings import ICONS
from .output import explain

NAN = "nan"  # stands for all that is not finite
KINDS = tuple(kind.replace(" ", "-") for kind in ICONS if kind not in ("poisoned", "failed"))


def declare_fail_on(parser: argparse.ArgumentParser) -> None:
    """Add the option."""
    parser.add_argument(
        "--fail-on",
        type=_kinds,
        default=(),
        metavar="KIND,...",
        help=f"exit code 1 where there is such a finding: {NAN}, {', '.join(KINDS)}",
    )


def _kinds(text: str) -> tuple[str, ...]:
    wanted = tuple(part.strip() for part in text.split(","))
    for part in wanted:
        if part not in (NAN, *KINDS):
            raise argparse.ArgumentTypeError(f"is one or more of {NAN}, {', '.join(KINDS)}, not {part or 'nothing'}")
    return wanted


def findings_of(graph: Graph, values: Values) -> list[dict[str, Any]]:
    """What is wrong with the numbers of a graph."""
    return json.loads(graph.to_view(values=values))["findings"]


def chosen(findings: Iterable[dict[str, Any]], wanted: Sequence[str]) -> list[dict[str, Any]]:
    """The findings for which to fail: errors and warnings of these kinds, and all that is not finite."""
    found = []
    for each in findings:
        not_finite = each["kind"].startswith("non-finite")
        named = each["kind"].replace(" ", "-") in wanted or (not_finite and NAN in wanted)
        if named and (not_finite or each["severity"] != "note"):
            found.append(each)
    return found


def tell_failures(verb: str, failures: Iterable[dict[str, Any]]) -> None:
    """Say on stderr why the exit code is 1."""
    for each in failures:
        explain(f"chainrule {verb}: {each['kind']}: {each['message']}")
