"""Where gradients stop being finite in back-propagation, and where a zero kept an infinite slope from doing harm.

A cause is a local Jacobian that makes a cotangent that is not finite of one that is. It stands on a forward line.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ..graph import Variable
from ..original import np
from ..structure import IndexMap
from .cures import cure_of_slope
from .finding import Finding
from .poison import Poison
from .ranges import first, number, place
from .run import Run

Steps = Iterable[tuple[Variable, int, Variable, Any]]


class Cause(NamedTuple):
    """The operation behind y sent this cotangent to its argument k (or, without k, its part made the sum at x so)."""

    y: Variable
    k: int | None
    x: Variable
    at: tuple[int, ...]
    value: Any


class Absorbed(NamedTuple):
    """Entries of the operation's argument k whose slope is not finite, where the gradient was zero."""

    y: Variable
    k: int
    mask: np.ndarray


class Backward(NamedTuple):
    poison: Poison  # its causes are of the class Cause
    absorbed: list[Absorbed]


def watch(run: Run, steps: Steps) -> Backward:
    """Look on while back-propagation goes from y to x: (y, argument number, x, what y adds to the gradient of x)."""
    found = Backward(Poison(), [])
    for y, k, x, contribution in steps:
        contribution = np.asarray(contribution)
        if not np.isfinite(contribution).all():
            inherited = found.poison.of(y.results)
            if inherited:
                found.poison.spread(x, inherited)
            else:
                found.poison.begin(x, _cause(y, k, x, contribution))
        elif not found.poison.of([x]) and not np.isfinite(total := np.asarray(run.gradients[x.number])).all():
            found.poison.begin(x, _cause(y, None, x, total))
        mask = _absorbed(run, y, k, contribution)
        if mask is not None:
            found.absorbed.append(Absorbed(y, k, mask))
    return found


def _cause(y: Variable, k: int | None, x: Variable, gradient: np.ndarray) -> Cause:
    index = first(~np.isfinite(gradient))
    return Cause(y, k, x, index, gradient[index])


def _absorbed(run: Run, y: Variable, k: int, contribution: np.ndarray) -> np.ndarray | None:
    """Where the argument's gradient is finite only because the result's is zero: it would not be, were that one."""
    operation: Any = y.operation
    if operation.kind in ("linear", "discrete"):
        return None
    bars = [run.gradient(part) for part in y.results]
    if not any(bar is not None and (bar == 0).any() for bar in bars):
        return None
    values = [run.value(u) for u in y.inputs]
    results = [run.value(part) for part in y.results]
    total = np.zeros(contribution.shape)
    for J, bar in zip(operation.local_jacobians(k, results, values, y.parameters), bars, strict=True):
        if J is None or bar is None or (isinstance(J, IndexMap) and _is_finite(J)):
            continue
        with np.errstate(all="ignore"):
            total = total + np.asarray(J.T.apply(np.where(bar == 0, bar.dtype.type(1), bar)))
    mask = np.isfinite(contribution) & ~np.isfinite(total)
    return mask if mask.any() else None


def _is_finite(J: IndexMap) -> bool:
    return all(np.isfinite(factor).all() for term in J.terms for factor, _ in term.factors)


def findings(run: Run, found: Backward, forward: Poison) -> list[Finding]:
    """The causes in the order of back-propagation, without those that follow from a value that is no number either."""
    reaching = forward.of(run.outputs)
    sources = [x for x in run.graph.inputs if x.type.carries_derivative]
    kept: list[Finding] = []
    for n, cause in enumerate(found.poison.causes):
        behind = forward.of([*cause.y.inputs, *cause.y.results])
        if not behind & reaching:
            reached = tuple(run.name(x) for x in sources if found.poison.of([x]) >> n & 1)
            kept.append(_finding(run, cause, reached, forward.members(behind), "another" if kept else "first"))
    for each in found.absorbed:
        if not forward.of([*each.y.inputs, *each.y.results]) & reaching:
            kept.append(_absorption(run, each))
    return kept


def _finding(run: Run, cause: Cause, reached: tuple[str, ...], behind: list[Variable], which: str) -> Finding:
    y, k, x, index, value = cause
    what = (
        f"makes {number(value)} of a finite gradient"
        if k is not None
        else f"brings the gradient's sum to {number(value)}"
    )
    where = f"{place(index)}, where {run.shown(x)} is {number(run.value(x)[index])}"
    after = f", after {run.applied(behind[0])} was not finite" if behind else ""
    reach = "it reaches " + ("the gradient by " + ", ".join(reached) if reached else "no gradient by an argument")
    return Finding(
        kind="non-finite gradient",
        severity="error" if reached else "note",
        variable=run.name(x),
        origin=run.origin(y),
        brief=f"{which} cause",
        message=f"{which} cause in the gradient: the slope of {run.applied(y)} {what}{where}{after}; {reach}",
        operation=run.operation(y),
        index=index,
        inputs=run.described_inputs(y),
        poisoned=reached,
        reaches_output=bool(reached),
        cure=cure_of_slope(run, y),
    )


def _absorption(run: Run, absorbed: Absorbed) -> Finding:
    y, k, mask = absorbed
    x, index = y.inputs[k], first(mask)
    count = f" ({np.count_nonzero(mask)} of {mask.size} entries)" if mask.size > 1 else ""
    return Finding(
        kind="absorbed",
        severity="note",
        variable=run.name(x),
        origin=run.origin(y),
        message=f"a gradient of zero absorbs the slope of {run.applied(y)}, which is not finite{place(index)}, "
        f"where {run.shown(x)} is {number(run.value(x)[index])}{count}",
        operation=run.operation(y),
        index=index,
        inputs=run.described_inputs(y),
    )
