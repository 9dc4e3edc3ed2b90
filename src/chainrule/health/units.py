"""Units that do not learn: rectified ones that are zero for every example, sigmoids and softmaxes at their ends."""

from __future__ import annotations

from typing import Any

from ..graph import Variable
from ..original import np
from . import patterns
from .finding import Finding
from .run import Run
from .thresholds import Thresholds

_BOUNDED = ("tanh", "expit", "erf", "erfc", "ndtr")


def findings(run: Run, thresholds: Thresholds) -> list[Finding]:
    """In the order of the program."""
    found = []
    for v in run.needed:
        if v.number not in run.gradients or not v.size:
            continue
        if patterns.rectified(v):
            found += _dead(run, v, thresholds)
        else:
            found += _saturated(run, v, thresholds)
    return found


def _dead(run: Run, v: Variable, thresholds: Thresholds) -> list[Finding]:
    """Examples are rows; units are the last axis."""
    if v.ndim < 2:
        return []
    zero = (run.value(v) == 0).all(axis=tuple(range(v.ndim - 1)))
    dead, units = int(np.count_nonzero(zero)), v.shape[-1]
    examples = v.size // units
    by_chance = examples < thresholds.dead_batch and (dead < units or v.size < thresholds.dead_batch)
    if not dead or by_chance:
        return []
    which = f", the first is unit {int(zero.argmax())}" if dead < units else ""
    return [
        Finding(
            kind="dead",
            severity="warning" if dead >= thresholds.dead_share * units else "note",
            variable=run.name(v),
            origin=run.origin(v),
            brief=f"{dead} of {units} units",
            message=f"{dead} of {units} units of {run.shown(v)} are dead: zero in all of {examples} examples{which}",
            operation=run.operation(v),
            inputs=run.described_inputs(v),
        )
    ]


def _saturated(run: Run, v: Variable, thresholds: Thresholds) -> list[Finding]:
    small = _small_slopes(run, v, thresholds.saturated_slope)
    if small is None or not small.size:
        return []
    share = np.count_nonzero(small) / small.size
    if share <= thresholds.saturated_share:
        return []
    what = "are one-hot" if patterns.softmax_argument(v) else f"have a slope below {thresholds.saturated_slope:g}"
    return [
        Finding(
            kind="saturated",
            severity="warning" if small.size >= thresholds.dead_batch else "note",
            variable=run.name(v),
            origin=run.origin(v),
            brief=f"{share:.0%}",
            message=f"{share:.0%} of {run.shown(v)} {what}: {_word(run, v)} is saturated",
            operation=run.operation(v),
            inputs=run.described_inputs(v),
        )
    ]


def _word(run: Run, v: Variable) -> str:
    if patterns.softmax_argument(v) is not None:
        return "softmax"
    return "sigmoid" if patterns.sigmoid_exponent(v) is not None else run.operation(v)


def _small_slopes(run: Run, v: Variable, limit: float) -> Any:
    """Which entries hardly move with their argument (of a softmax: which rows); None for what is no such unit."""
    y = run.value(v)
    if patterns.made_by(v, *_BOUNDED):
        operation: Any = v.operation
        with np.errstate(all="ignore"):
            return np.abs(operation.slopes[0](y, run.value(v.inputs[0]))) < limit
    if patterns.sigmoid_exponent(v) is not None:
        return y * (1 - y) < limit
    if patterns.softmax_argument(v) is not None:
        return y.max(axis=_softmax_axes(v)) > 1 - limit
    return None


def _softmax_axes(v: Variable) -> tuple[int, ...]:
    if patterns.made_by(v, "softmax"):
        return v.parameters[0]
    (labels,), out = patterns.unwrapped(v.inputs[1]).parameters[:2]
    return tuple(axis for axis, name in enumerate(labels) if name not in out)
