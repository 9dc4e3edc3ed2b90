"""Gradients that are too small or too large: of one parameter against the others, and along the repeats of a line."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from ..errors.origin import RawOrigin
from ..graph import Variable, between
from ..original import np
from .finding import Finding
from .ranges import rms
from .run import Run
from .thresholds import Thresholds

SHOWN = 8  # parameters that are listed
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
    large = [v for v in sizes if sizes[v] > thresholds.exploding * median > 0]
    used = {v: run.consumers[v.number][0][0].number for v in sizes}
    middle = float(np.median(list(used.values())))
    found = []
    for ill, worst in ((small, min), (large, max)):
        if ill:
            # Large ones near the output show that the gradient vanishes on its way back from there; small ones, that it
            # explodes.
            near_output = float(np.mean([used[v] for v in ill])) > middle
            verb = "vanishes" if (ill is small) != near_output else "explodes"
            found.append(_outlier(run, ill, worst(ill, key=lambda v: sizes[v]), sizes, median, verb, near_output))
    return found


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
    """The line along whose repeats, each made from the one before, the gradient grows most on its way back."""
    repeats: dict[tuple[RawOrigin, str, tuple[int, ...]], list[Variable]] = {}
    for v in run.needed:
        if v.operation is not None and v.origin is not None and v.number in run.gradients:
            repeats.setdefault((v.origin, v.operation.name, v.shape), []).append(v)
    worst: tuple[float, list[Variable]] | None = None
    for each in repeats.values():
        if len(each) < FEWEST:
            continue
        start, end = rms(run.gradients[each[-1].number]), rms(run.gradients[each[0].number])
        growth = end / start if 0 < start < math.inf and math.isfinite(end) else 0.0
        if growth > thresholds.exploding and (worst is None or growth > worst[0]) and between(each[-1:], each[:1]):
            worst = growth, each
    if worst is None:
        return []
    growth, each = worst
    return [
        Finding(
            kind="exploding",
            severity="warning",
            variable=run.name(each[0]),
            origin=run.origin(each[0]),
            brief=f"{growth:.1e} times",
            message=f"the gradient explodes: it grows {growth:.1e} times over {len(each)} repeats of this line, "
            f"{growth ** (1 / (len(each) - 1)):.2g} times in each",
            operation=run.operation(each[0]),
            inputs=(run.described(each[0]),),
        )
    ]
