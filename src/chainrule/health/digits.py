"""Numbers that lose their digits: those too small for their dtype, and differences of nearly equal numbers."""

from __future__ import annotations

from typing import Any

from ..graph import Variable
from ..original import np
from . import patterns
from .cures import cure_of_difference
from .finding import Finding, Severity
from .ranges import first, place
from .run import Run
from .thresholds import Thresholds

_PRODUCTS = ("multiply", "divide", "square", "power", "prod", "exp", "exp2")
_WIDER = {np.dtype(np.float16): np.float64, np.dtype(np.float32): np.float64, np.dtype(np.float64): np.longdouble}


def findings(run: Run, thresholds: Thresholds) -> list[Finding]:
    """In the order of the program, gradients by parameters last."""
    found = []
    with np.errstate(all="ignore"):
        for v in run.needed:
            if v.dtype.kind != "f" or not v.size or v.is_constant:  # a constant may be a buffer, filled later on
                continue
            found += _underflow(run, v, thresholds)
            if patterns.made_by(v, "subtract", "add"):
                found += _cancellation(run, v, thresholds)
            elif patterns.made_by(v, "log"):
                found += _log_near_one(run, v, thresholds)
        for group in run.parameters:
            for x in group:
                found += _gradient_underflow(run, x, thresholds)
    return found


def _subnormal(value: np.ndarray) -> np.ndarray:
    return (value != 0) & (np.abs(value) < np.finfo(value.dtype).tiny)


def _share(mask: Any) -> float:
    mask = np.asarray(mask)
    return np.count_nonzero(mask) / max(mask.size, 1)


# Underflow


def _underflow(run: Run, v: Variable, thresholds: Thresholds) -> list[Finding]:
    value = run.value(v)
    subnormal = _subnormal(value)
    if _share(subnormal) > thresholds.subnormal_share:
        before = [_share(_subnormal(run.value(u))) for u in v.inputs if u.dtype.kind == "f" and u.size]
        if all(share <= thresholds.subnormal_share for share in before):
            return [_underflow_finding(run, v, subnormal, "subnormal: they have lost digits", "warning")]
    if patterns.made_by(v, *_PRODUCTS):
        zero = _zero_of_others(run, v)
        if zero.any():
            # A few zeros of exp are the tails of what is meant to fall off; zeros all over are a loss.
            limit = 1.0 if patterns.made_by(v, "exp", "exp2") else thresholds.subnormal_share
            bad = _share(zero) >= limit if limit == 1.0 else _share(zero) > limit
            if bad or limit < 1.0:
                return [_underflow_finding(run, v, zero, "zero, of numbers that are not", "warning" if bad else "note")]
    return []


def _zero_of_others(run: Run, v: Variable) -> np.ndarray:
    """Where the result is zero though exactly computed it would not be."""
    zero = run.value(v) == 0
    if not zero.any():
        return zero
    if patterns.made_by(v, "exp", "exp2"):
        return zero & np.isfinite(run.value(v.inputs[0]))
    if patterns.made_by(v, "prod"):
        axes = v.parameters[0]
        x = run.value(v.inputs[0])
        return zero & ((x != 0) & np.isfinite(x)).all(axis=axes)
    a = run.value(v.inputs[0])
    zero = zero & (a != 0) & np.isfinite(a)
    if len(v.inputs) == 2:
        b = run.value(v.inputs[1])
        zero = zero & np.isfinite(b) & ((b != 0) | patterns.made_by(v, "power"))
    return zero


def _underflow_finding(run: Run, v: Variable, mask: np.ndarray, what: str, severity: Severity) -> Finding:
    count = f"{np.count_nonzero(mask)} of {mask.size} entries of " if mask.size > 1 else ""
    index = first(mask)
    return Finding(
        kind="underflow",
        severity=severity,
        variable=run.name(v),
        origin=run.origin(v),
        message=f"{count}{run.applied(v)} {'are' if mask.size > 1 else 'is'} {what}{place(index)}",
        operation=run.operation(v),
        index=index,
        inputs=run.described_inputs(v) or (run.described(v),),
    )


def _gradient_underflow(run: Run, x: Variable, thresholds: Thresholds) -> list[Finding]:
    gradient = run.gradient(x)
    if gradient is None or not x.size:
        return []
    subnormal = _subnormal(gradient)
    share = _share(subnormal)
    if share <= thresholds.subnormal_share:
        return []
    return [
        Finding(
            kind="underflow",
            severity="warning",
            variable=run.name(x),
            origin=None,
            message=f"{share:.0%} of the gradient by {run.name(x)} is subnormal in {x.dtype}",
            index=first(subnormal),
            inputs=(run.described(x),),
        )
    ]


# Cancellation


def _cancellation(run: Run, v: Variable, thresholds: Thresholds) -> list[Finding]:
    a, b = (run.value(u) for u in v.inputs)
    difference = run.value(v)
    size = np.maximum(np.abs(a), np.abs(b))
    close = np.isfinite(size) & (size > 0) & (np.abs(difference) < _limit(v, thresholds) * size)
    share = thresholds.cancellation_share
    if _share(close) <= share:
        return []
    lost = close & (difference != 0)
    if _share(lost) <= share:  # most are equal: nothing is lost where they are equal in more digits too
        lost = close & _unequal_in_more_digits(run, v)
    if _share(lost) <= share:
        return []
    error = np.where(lost, np.finfo(v.dtype).eps * size, 0)
    return [_cancellation_finding(run, v, lost, error, cure_of_difference(run, v))]


def _limit(v: Variable, thresholds: Thresholds) -> float:
    return thresholds.cancellation * float(np.sqrt(np.finfo(v.dtype).eps / np.finfo(np.float64).eps))


def _unequal_in_more_digits(run: Run, v: Variable) -> np.ndarray:
    """Where a variable is not zero when it is computed from the inputs in a wider dtype."""
    wide = _WIDER.get(v.dtype)
    if wide is None or np.finfo(wide).eps == np.finfo(v.dtype).eps:
        return np.zeros(v.shape, bool)
    try:
        (value,) = run.evaluate([v], run.leaves_in(np.dtype(wide)))
    except (TypeError, ValueError, np.linalg.LinAlgError):  # an operation that does not know the wider dtype
        return np.zeros(v.shape, bool)
    return np.asarray(value) != 0


def _log_near_one(run: Run, v: Variable, thresholds: Thresholds) -> list[Finding]:
    """log(1 + x) of a small x: the sum has already lost the digits of x."""
    x = patterns.added_to_one(v.inputs[0])
    if x is None:
        return []
    value = run.value(x)
    lost = np.broadcast_to((value != 0) & (np.abs(value) < _limit(v, thresholds)), v.shape)
    if _share(lost) <= thresholds.cancellation_share:
        return []
    error = np.where(lost, np.finfo(v.dtype).eps, 0)
    return [_cancellation_finding(run, v, lost, error, f"np.log1p({run.shown(x)})")]


def _cancellation_finding(run: Run, v: Variable, lost: np.ndarray, error: np.ndarray, cure: str | None) -> Finding:
    count = f" in {np.count_nonzero(lost)} of {lost.size} entries" if lost.size > 1 else ""
    effect = _effect_on_output(run, v, error)
    small = effect is not None and effect < np.sqrt(np.finfo(v.dtype).eps)
    told = "" if effect is None else f"; the output changes by {effect:.0e} of itself"
    return Finding(
        kind="cancellation",
        severity="note" if small else "warning",
        variable=run.name(v),
        origin=run.origin(v),
        message=f"{run.applied(v)} cancels{count}{told}",
        operation=run.operation(v),
        index=first(lost),
        inputs=run.described_inputs(v),
        cure=cure,
    )


def _effect_on_output(run: Run, v: Variable, error: np.ndarray) -> float | None:
    """How far an error of a variable moves the outputs to first order, as a share of them."""
    bar = run.gradient(v)
    size = sum(float(np.sum(np.abs(run.value(y)))) for y in run.outputs if y.type.carries_derivative)
    if bar is None or not size or not np.isfinite(size) or not np.isfinite(bar).all():
        return None
    return float(np.sum(np.abs(bar) * error)) / size
