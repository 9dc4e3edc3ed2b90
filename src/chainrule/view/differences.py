"""Rules against differences: how far a local Jacobian is, at this point, from what small changes of its argument do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..backprop import local_maps
from ..errors import ChainruleError
from ..graph import Variable
from ..original import np
from .numbers import numbers

DIRECTIONS: Final = 2
BENT: Final = 1e-3  # how far the differences to both sides may be apart, relative to their size
COARSE: Final = 0.1  # a tolerance from which on differences tell nothing
STEPS: Final = {8: (1e-5, 1e-6), 4: (1e-2, 1e-2), 2: (1e-1, 1e-1)}  # by the size of numbers, and what they can tell
FLOORS: Final = (1.0, 1e-9)  # how far what is small is moved, relative to the root mean square


class _Unusable(Exception):
    """Differences tell nothing at this point; the message says why."""


class _Kink(_Unusable):
    """The slopes to both sides differ."""


def checks(v: Variable, values: Mapping[int, Any]) -> list[dict[str, Any]]:
    """For each argument of the operation behind a variable: the error, what is allowed and whether that holds.

    The error is the largest difference along a few random directions, relative to the largest change. Where a
    difference tells nothing, there is the reason: a kink, the border of the domain, rounding.
    """
    try:
        maps = local_maps(v, lambda u: np.asarray(values[u.number]))
    except ChainruleError as error:
        return [{"because": str(error).partition("\n")[0]} for _ in v.inputs]
    return [_check(v, k, maps.get((v.part, k)), values) for k in range(len(v.inputs))]


def _check(v: Variable, k: int, J: Any, values: Mapping[int, Any]) -> dict[str, Any]:
    x = v.inputs[k]
    if not x.type.carries_derivative:
        return {"because": f"{x.dtype} carries no derivative"}
    if x.dtype.kind != "f" or v.dtype.kind != "f":
        return {"because": "differences are taken of real numbers only"}
    arguments = [np.asarray(values[u.number]) for u in v.inputs]
    reason = ""
    for floor in FLOORS:
        try:
            return _compared(v, k, J, arguments, floor)
        except _Unusable as why:
            reason = str(why)
            if isinstance(why, _Kink) and not arguments[k].all():
                break  # at zero, where smaller steps would be too small to see it
    return {"because": reason}


def _compared(v: Variable, k: int, J: Any, arguments: Sequence[Any], floor: float) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    x = arguments[k]
    step, tolerance = STEPS.get(min(x.dtype.itemsize, v.dtype.itemsize), STEPS[8])
    typical = float(np.sqrt(np.mean(np.square(x)))) if x.size else 0.0
    scale = np.maximum(np.abs(x), floor * typical if typical > 0 else 1.0)
    error = 0.0

    def result(moved: Any) -> np.ndarray:
        operation: Any = v.operation
        found = operation.compute([*arguments[:k], moved, *arguments[k + 1 :]], v.parameters)
        return np.asarray(found if v.parts is None else found[v.part], np.float64)

    with np.errstate(all="ignore"):
        middle = result(x)
        for _ in range(DIRECTIONS):
            wanted = (rng.uniform(0.5, 1, x.shape) * rng.choice([-1.0, 1.0], x.shape) * scale).astype(x.dtype)
            upper, lower = (x + step * wanted).astype(x.dtype), (x - step * wanted).astype(x.dtype)
            direction = ((upper - lower) / (2 * step)).astype(x.dtype)
            above, below = result(upper), result(lower)
            if not (np.isfinite(above).all() and np.isfinite(below).all()):
                raise _Unusable("beside this point the result is not finite")
            change = (above - below) / (2 * step)
            expected = np.zeros(v.shape) if J is None else np.asarray(J.apply(direction), np.float64)
            size = float(np.abs(change).max(initial=0.0))
            bend = float(np.abs(above - 2 * middle + below).max(initial=0.0)) / step
            rounding = 4 * float(np.finfo(v.dtype).eps * np.abs(middle).max(initial=0.0)) / step
            size = max(size, float(np.abs(expected).max(initial=0.0)))
            if size == 0:
                continue
            if bend > BENT * size + 2 * rounding and step <= STEPS[8][0]:
                raise _Kink("a kink is at this point")
            tolerance = max(tolerance, rounding / size)
            error = max(error, float(np.abs(change - expected).max()) / size)
    if tolerance > COARSE and error <= tolerance:
        raise _Unusable("rounding hides what small changes do")
    return {"error": numbers(error), "tolerance": tolerance, "passed": error <= tolerance}
