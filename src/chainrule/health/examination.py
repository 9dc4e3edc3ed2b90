"""Everything that is looked for, and the order in which it is told: worst first."""

from __future__ import annotations

import dataclasses
from typing import Any

from ..errors import DerivativeError
from ..original import np
from . import backward, digits, forward, gradients, reach, units
from .finding import MOST_ALIKE, SEVERITIES, Finding
from .run import Run
from .thresholds import Thresholds


def examine(
    run: Run,
    steps: backward.Steps | None = None,
    thresholds: Thresholds = Thresholds(),
    learning_rate: float | None = None,
) -> list[Finding]:
    """The findings of a run, worst first.

    Parameters
    ----------
    run : Run
        With a value for every variable that was reached. Its `gradients` are what the steps fill.
    steps : iterable, optional
        Back-propagation, one contribution at a time, on its way: (y, argument number, x, what y adds to the gradient of
        x). Without it only the forward pass is looked at.
    learning_rate : float, optional
        Where steps are judged too.
    """
    from_forward = forward.search(run)
    found = forward.findings(run, from_forward)
    if not run.finished:
        return _in_order(found)
    if steps is not None:
        try:
            with np.errstate(all="ignore"):
                from_backward = backward.watch(run, steps)
        except DerivativeError as error:
            run.gradients.clear()
            found.append(_no_derivative(error))
        else:
            found += backward.findings(run, from_backward, from_forward)
    found += gradients.findings(run, thresholds, learning_rate)
    found += units.findings(run, thresholds)
    found += digits.findings(run, thresholds)
    return _in_order(found + reach.findings(run))


def _no_derivative(error: DerivativeError) -> Finding:
    return Finding(
        kind="no derivative",
        severity="warning",
        variable=None,
        origin=error.where,
        message=f"gradients could not be looked at: {error.what}",
        inputs=(error.got,) if error.got else (),
    )


def _with(known: Finding, other: Finding) -> Finding:
    alike = (*known.alike, other, *other.alike)[:MOST_ALIKE]
    return dataclasses.replace(known, repeats=known.repeats + other.repeats, alike=alike)


def _in_order(found: list[Finding]) -> list[Finding]:
    """By severity; of several on one line only the first, with their number."""
    merged: dict[tuple[Any, ...], Finding] = {}
    for n, each in enumerate(sorted(found, key=lambda each: SEVERITIES.index(each.severity))):
        place = (each.origin.code, each.origin.instruction) if each.origin else n
        key = (each.kind, each.operation, place)
        known = merged.get(key)
        merged[key] = each if known is None else _with(known, each)
    return list(merged.values())
