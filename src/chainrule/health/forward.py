"""Where numbers stop being finite in forward propagation, and how far that goes.

A cause is an operation whose inputs are finite and whose result is not, or an input that is not finite to begin with.
An infinite number that is written in the program (a mask of -inf, say) is meant; it is a cause only if nothing else is,
and an operation that makes nan of it is one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from ..graph import Variable
from ..original import np
from .cures import cure_of_value
from .finding import MOST_ALIKE, Finding
from .poison import FINITE, INFINITE, Poison, illness
from .ranges import first, number, place
from .run import Run

_REACH = {True: "; it reaches the output", False: "; it does not reach the output", None: ""}


def search(run: Run) -> Poison:
    """Walk once through the values, parents first: the causes are variables."""
    poison, meant = Poison(), Poison()
    level: dict[int, int] = {}
    for v in run.graph.variables:
        if v.number not in run.values:
            continue
        level[v.number] = here = illness(run.values[v.number])
        if here == FINITE:
            continue
        inherited = poison.of(v.inputs)
        if inherited:
            poison.spread(v, inherited)
        elif v.is_constant and v.size == 1 and here == INFINITE:
            meant.begin(v, v)
        elif here > max((level[u.number] for u in v.inputs), default=FINITE):
            poison.begin(v, v)
        else:
            meant.spread(v, meant.of(v.inputs))
    if not poison.of(run.outputs):  # an output that is not finite all the same comes from what was meant
        for cause in meant.members(meant.of(run.outputs)):
            poison.begin(cause, cause)
            for reached in meant.reached_by(cause):
                poison.spread(run.graph.variables[reached], poison.of([cause]))
    return poison


def findings(run: Run, poison: Poison) -> list[Finding]:
    """The causes that reach an output before the others, each in the order of the program; one for each line."""
    reaching = {v.number for v in poison.members(poison.of(run.outputs))}
    lines: dict[object, list[Variable]] = {}
    for v in sorted(poison.causes, key=lambda v: (v.number not in reaching, v.number)):
        lines.setdefault((v.origin or v, v.operation, v.number in reaching), []).append(v)
    found = []
    for v, *others in lines.values():
        reaches = v.number in reaching if run.finished else None
        finding = _finding(run, v, poison, reaches, "another cause" if found else "first cause")
        alike = tuple(_also(run, finding, u, poison) for u in others[:MOST_ALIKE])
        found.append(dataclasses.replace(finding, repeats=1 + len(others), alike=alike))
    return found


def _also(run: Run, finding: Finding, v: Variable, poison: Poison) -> Finding:
    """Another cause on the line of one that has been found."""
    index = first(~np.isfinite(run.value(v)))
    what = f"{run.applied(v)} gives" if v.operation else f"the {run.operation(v)} {run.shown(v)} is"
    return dataclasses.replace(
        finding,
        variable=run.name(v),
        brief="another cause",
        message=f"another cause: {what} {number(run.value(v)[index])}{place(index)}{_REACH[finding.reaches_output]}",
        index=index,
        inputs=(),
        poisoned=_poisoned(run, v, poison),
        cure=None,
    )


def _poisoned(run: Run, v: Variable, poison: Poison) -> tuple[str, ...]:
    return tuple(run.name(run.graph.variables[n]) for n in poison.reached_by(v) if n != v.number)


def _finding(run: Run, v: Variable, poison: Poison, reaches: bool | None, which: str) -> Finding:
    value = run.value(v)
    index = first(~np.isfinite(value))
    user = v if v.operation else next((u for u, _ in run.consumers[v.number]), v)  # a constant where it is used
    ill = f"{number(value[index])}{place(index)}{_where(run, v, index)}{_share(value)}"
    what = f"{run.applied(v)} gives" if v.operation else f"the {run.operation(v)} {run.shown(v)} is"
    return Finding(
        kind="non-finite" if v.operation else "non-finite input",
        severity="note" if reaches is False else "error",
        variable=run.name(v),
        origin=run.origin(user),
        brief=which,
        message=f"{which}: {what} {ill}{_REACH[reaches]}",
        operation=run.operation(v) if v.operation else None,
        index=index,
        inputs=run.described_inputs(v) if v.operation else (run.described(v),),
        poisoned=_poisoned(run, v, poison),
        reaches_output=reaches,
        cure=cure_of_value(run, v),
    )


def _share(value: np.ndarray) -> str:
    if value.size == 1:
        return ""
    return f" ({np.count_nonzero(~np.isfinite(value))} of {value.size} entries)"


def _where(run: Run, v: Variable, index: Sequence[int]) -> str:
    """`, where p is 0.0`: the numbers that an operation met that works entry by entry."""
    if getattr(v.operation, "kind", None) != "elementwise":
        return ""
    met = [
        f"{run.shown(u)} is {number(entry(run.value(u), index))}" for u in dict.fromkeys(v.inputs) if not u.is_constant
    ]
    return f", where {' and '.join(met)}" if met else ""


def entry(value: np.ndarray, index: Sequence[int]) -> np.ndarray:
    """The entry of an array that is broadcast to where the index points."""
    own = index[len(index) - value.ndim :]
    return value[tuple(0 if size == 1 else n for n, size in zip(own, value.shape, strict=True))]
