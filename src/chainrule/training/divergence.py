"""What is told where training leaves the finite numbers: the step at hand, made once more and looked at closely."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import tree
from ..api import Diagnosis, diagnose
from ..errors import DivergenceError
from ..graph import ancestors
from ..health import Finding
from .history import Fitted

GROWN = 1e3  # times that the largest parameter has grown where it is the steps that were too long


def divergence(
    what: str,
    objective: Callable[..., Any],
    arguments: Sequence[Any] | None,
    fitted: Fitted | None = None,
    began: Any = None,
    rate: float | None = None,
) -> DivergenceError:
    """The error that names the first operation which went wrong, its line, the ranges of its inputs, and a cure.

    Parameters
    ----------
    what : str
        What has become of which number, when.
    objective : callable
        Returns (J, more), of which J and its gradients are looked at.
    arguments : sequence, optional
        Its arguments in that step, parameters first.
    began : tree of arrays, optional
        The parameters that training began with.
    rate : float, optional
        The learning rate of the step.
    """
    if arguments is None:
        return DivergenceError(f"training diverged: {what}", fitted=fitted)
    diagnosis = diagnose(objective, *arguments, has_aux=True)
    cause = diagnosis.first_cause
    if cause is None or cause.severity != "error":
        return DivergenceError(f"training diverged: {what}", fitted=fitted)
    grown = None if began is None or rate is None else _grown(began, arguments[0], rate)
    error = DivergenceError(
        f"training diverged: {what}",
        got=cause.sentence + _behind(diagnosis, cause),
        try_=grown or cause.cure,
        fitted=fitted,
    )
    error.diagnosis = diagnosis  # type: ignore[attr-defined]
    return error


def _grown(began: Any, now: Any, rate: float) -> str | None:
    """That the steps were too long, where parameters have grown out of all proportion."""
    before, after = _largest(began), _largest(now)
    if not after > GROWN * max(before, 1.0):
        return None
    return (
        f"a smaller learning rate than {rate:g}, or clip the gradients: "
        f"the largest parameter has grown from {before:.1e} to {after:.1e}"
    )


def _largest(parameters: Any) -> float:
    with np.errstate(all="ignore"):
        return max((float(np.max(np.abs(x), initial=0.0)) for x in tree.flatten(parameters)[0]), default=0.0)


def _behind(diagnosis: Diagnosis, cause: Finding) -> str:
    """The layer, where the operation itself has none of the parameters: that of the last one used before it."""
    if cause.variable is None:
        return ""
    graph = diagnosis.graph
    v = graph[cause.variable]
    inputs = {x.number for x in graph.inputs if x.type.carries_derivative and "." in graph.names[x.number]}
    before = ancestors([v])
    if v.number in inputs or any(u.number in inputs for u in v.inputs):
        return ""
    used = [(u.number, x.number) for u in before for x in u.inputs if x.number in inputs]
    return f"; the last parameter before it is {graph.names[max(used)[1]]}" if used else ""
