"""Gradients that are too small or too large: of one parameter against the others, and along the repeats of a line."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors.origin import RawOrigin
from ..graph import Variable
from ..original import np
from ..structure import IndexMap
from .finding import Finding
from .ranges import rms
from .run import Run
from .thresholds import Thresholds

SHOWN = 8  # parameters that are listed
ROUNDING = 8  # units in which the terms of a gradient are taken to be wrong
GROWING = 1.01  # times that a gradient grows in a step that is counted as growing
FEWEST = 3  # parameters (or repeats) of which a median (or a growth) says something


def findings(run: Run, thresholds: Thresholds, learning_rate: float | None) -> list[Finding]:
    """Parameters first, in their order."""
    found = []
    for group in run.parameters:
        found += _against_others(run, group, thresholds)
    if learning_rate is not None:
        found += [each for group in run.parameters for each in _standstill(run, group, thresholds, learning_rate)]
    return found + _growth(run, thresholds)


def _against_others(run: Run, group: Sequence[Variable], thresholds: Thresholds) -> list[Finding]:
    """Those far below the median, and those far above it."""
    sizes = {v: rms(g) for v in group if (g := run.gradient(v)) is not None and np.isfinite(g).all() and v.size}
    if len(sizes) < FEWEST:
        return []
    median = float(np.median(list(sizes.values())))
    small = [v for v in sizes if sizes[v] < thresholds.vanishing * median]
    idle = [v for v in small if _is_rounding(run, v, sizes[v])]
    small = [v for v in small if v not in idle]
    large = [v for v in sizes if sizes[v] > thresholds.exploding * median > 0]
    used = {v: run.consumers[v.number][0][0].number for v in sizes}
    middle = float(np.median(list(used.values())))
    found = [_without_effect(run, v, sizes[v]) for v in idle]
    for ill, worst in ((small, min), (large, max)):
        if ill:
            # Large ones near the output show that the gradient vanishes on its way back from there; small ones, that it
            # explodes.
            near_output = float(np.mean([used[v] for v in ill])) > middle
            verb = "vanishes" if (ill is small) != near_output else "explodes"
            found.append(_outlier(run, ill, worst(ill, key=lambda v: sizes[v]), sizes, median, verb, near_output))
    return found


def _is_rounding(run: Run, v: Variable, size: float) -> bool:
    """Whether a gradient is what rounding leaves of terms that cancel: the sum of their absolute values tells.

    So it is by a bias whose mean is subtracted again, as before a normalization.
    """
    limit = 0.0
    for u, k in run.consumers[v.number]:
        operation: Any = u.operation
        bars = [run.gradient(part) for part in u.results]
        if operation.pullback or all(bar is None for bar in bars):
            continue
        values, results = [run.value(a) for a in u.inputs], [run.value(part) for part in u.results]
        for J, bar in zip(operation.local_jacobians(k, results, values, u.parameters), bars, strict=True):
            if bar is None or not isinstance(J, IndexMap):
                continue
            with np.errstate(all="ignore"):
                terms = rms(J.absolute.T.apply(np.abs(bar)))
            limit += ROUNDING * (bar.size / max(v.size, 1) + 1) * float(np.finfo(bar.dtype).eps) * terms
    return size <= limit < math.inf


def _without_effect(run: Run, v: Variable, size: float) -> Finding:
    return Finding(
        kind="vanishing",
        severity="note",
        variable=run.name(v),
        origin=None,
        brief="no effect",
        message=f"the gradient by {run.name(v)} is zero up to rounding ({size:.1e}): its terms cancel, "
        "so that it has no effect here",
        inputs=(run.described(v),),
    )


def _chains(run: Run, repeats: Sequence[Variable]) -> list[list[Variable]]:
    """Repeats of which each is made from the one before it; where they branch, each branch with its stem."""
    place = {v.number: k for k, v in enumerate(repeats)}
    latest: dict[int, int] = {}  # by the number of a variable: the last repeat that it is made from
    before: list[int] = []
    for v in run.graph.variables[repeats[0].number : repeats[-1].number + 1]:
        found = max((latest.get(u.number, -1) for u in v.inputs), default=-1)
        if v.number in place:
            before.append(found)
            found = place[v.number]
        if found >= 0:
            latest[v.number] = found
    ends = set(range(len(repeats))) - set(before)
    chains = []
    for end in ends:
        chain = [end]
        while before[chain[-1]] >= 0:
            chain.append(before[chain[-1]])
        if len(chain) >= FEWEST:
            chains.append([repeats[k] for k in reversed(chain)])
    return chains


def _outlier(
    run: Run,
    ill: Sequence[Variable],
    worst: Variable,
    sizes: Mapping[Variable, float],
    median: float,
    verb: str,
    near_output: bool,
) -> Finding:
    name = run.name(worst)
    what = f"the gradient {verb} on its way back from {name}" if near_output else f"the gradient by {name} {verb}"
    more = f", like {len(ill) - 1} more" if len(ill) > 1 else ""
    return Finding(
        kind="vanishing" if verb == "vanishes" else "exploding",
        severity="warning",
        variable=name,
        origin=None,
        brief=f"rms {sizes[worst]:.1e}",
        message=f"{what}: its rms is {sizes[worst]:.1e}{' there' * near_output}, "
        f"the median over {len(sizes)} parameters {median:.1e}{more}",
        inputs=tuple(f"{run.described(v)}; gradient of rms {sizes[v]:.1e}" for v in ill[:SHOWN]),
    )


def _standstill(run: Run, group: Sequence[Variable], thresholds: Thresholds, learning_rate: float) -> list[Finding]:
    found = []
    for v in group:
        gradient, weight = run.gradient(v), rms(run.value(v))
        if gradient is None or not np.isfinite(gradient).all() or not 0 < weight < math.inf:
            continue
        ratio = learning_rate * rms(gradient) / weight
        if ratio < thresholds.step_ratio:
            found.append(
                Finding(
                    kind="standstill",
                    severity="warning",
                    variable=run.name(v),
                    origin=None,
                    message=f"a step of learning rate {learning_rate:g} moves {run.name(v)} by {ratio:.1e} of its size",
                    inputs=(run.described(v),),
                )
            )
    return found


def _growth(run: Run, thresholds: Thresholds) -> list[Finding]:
    """The line along whose repeats, each made from the one before, the gradient grows on its way back.

    It has to become large against the ones that back-propagation began with, too: where the last repeats hardly matter,
    as in an iteration that has converged, the others have gradients many times theirs, and nothing explodes.
    """
    repeats: dict[tuple[RawOrigin, str, tuple[int, ...]], list[Variable]] = {}
    for v in run.needed:
        if v.operation is not None and v.origin is not None and v.number in run.gradients:
            repeats.setdefault((v.origin, v.operation.name, v.shape), []).append(v)
    growing: list[tuple[float, list[Variable]]] = []
    begun = math.sqrt(sum(y.size for y in run.outputs if y.type.carries_derivative))

    def is_large(size: float, v: Variable) -> bool:
        return math.isfinite(size) and size * math.sqrt(v.size) > thresholds.exploding * begun

    for each in repeats.values():
        sizes = [rms(run.gradients[v.number]) for v in each]
        if len(each) < FEWEST or not is_large(max(sizes), each[0]) or max(sizes) <= thresholds.exploding * min(sizes):
            continue
        for chain in _chains(run, each):
            start, end = (rms(run.gradients[v.number]) for v in (chain[-1], chain[0]))
            if start > 0 and is_large(end, chain[0]) and end / thresholds.exploding > start:
                growing.append((math.log10(end) - math.log10(start), chain))
    if not growing:
        return []
    # Where one loop grows within another, all lines of both seem to: it is the one that grows in most of its steps.
    magnitude, each = max(growing, key=lambda pair: (_growing_steps(run, pair[1]), pair[0], -pair[1][0].number))
    return [
        Finding(
            kind="exploding",
            severity="warning",
            variable=run.name(each[0]),
            origin=run.origin(each[0]),
            brief=f"{_power_of_ten(magnitude)} times",
            message=f"the gradient explodes: it grows {_power_of_ten(magnitude)} times over {len(each)} repeats of "
            f"this line, {10 ** (magnitude / (len(each) - 1)):.2g} times in each",
            operation=run.operation(each[0]),
            inputs=(run.described(each[0]),),
        )
    ]


def _growing_steps(run: Run, chain: Sequence[Variable]) -> int:
    sizes = np.array([rms(run.gradients[v.number]) for v in chain])
    return int(np.count_nonzero(sizes[:-1] > GROWING * sizes[1:]))


def _power_of_ten(magnitude: float) -> str:
    """As a number is written that may be beyond the largest one."""
    return f"{10 ** (magnitude % 1):.1f}e+{int(magnitude):02d}"
