"""Graphs within graphs: what an operation holds is simplified as well, and a loop that is run twice is run once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..graph import Variable
from ..ops.loops import scan

_KEEP = scan.parameter_names.index("keep")


def _without_keep(v: Variable) -> tuple[Any, ...]:
    return v.inputs, v.parameters[:_KEEP] + v.parameters[_KEEP + 1 :]


def kept_scans(variables: Sequence[Variable]) -> dict[int, tuple[Any, ...]]:
    """The parameters to use for a scan, by the number of its first result, where the same steps are kept elsewhere.

    Back-propagation adds a scan that keeps what each step begins with. The first results of that are those of the scan
    that was there.
    """
    scans = [v for v in variables if v.operation is scan]
    keeping = {_without_keep(v): v.parameters for v in scans if v.parameters[_KEEP]}
    return {v.results[0].number: keeping[_without_keep(v)] for v in scans if _without_keep(v) in keeping}
