"""Arguments from which no path leads to an output, or none along which a derivative flows."""

from __future__ import annotations

from ..graph import Variable, descendants
from .finding import Finding
from .run import Run


def findings(run: Run) -> list[Finding]:
    """In the order of the arguments."""
    parameters = {v.number for group in run.parameters for v in group} if run.named else set()
    found = []
    for x in run.graph.inputs:
        if x.number not in run.needed_numbers:
            found.append(_unused(run, x))
        elif run.gradients and x.type.carries_derivative and x.number not in run.gradients:
            blocked = _blocked(run, x, x.number in parameters)
            found += [blocked] if blocked else []
    return found


def _unused(run: Run, x: Variable) -> Finding:
    return Finding(
        kind="unused",
        severity="warning",
        variable=run.name(x),
        origin=None,
        message=f"no path leads from {run.name(x)} to the output",
        inputs=(run.described(x),),
    )


def _blocked(run: Run, x: Variable, is_parameter: bool) -> Finding | None:
    """Where the derivative ends; None where all that x leads to are outputs that no gradient was given for."""
    below = {v.number: v for v in descendants([x]) if v.number in run.needed_numbers}
    stop = next((v for v in below.values() if v is not x and _stops(run, v, below)), None)
    if stop is None:
        return None
    return Finding(
        kind="blocked",
        severity="warning" if is_parameter else "note",
        variable=run.name(x),
        origin=run.origin(stop),
        message=f"no derivative flows from {run.name(x)} to the output: it ends at {run.applied(stop)}",
        operation=run.operation(stop),
        inputs=run.described_inputs(stop),
    )


def _stops(run: Run, v: Variable, below: dict[int, Variable]) -> bool:
    """Whether a gradient that comes to v does not go on to what is below x."""
    arrives = v.number in run.gradients or not v.type.carries_derivative
    return arrives and all(u.number not in run.gradients for u in v.inputs if u.number in below)
