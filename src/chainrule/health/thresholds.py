"""Where a number begins to be ill: the limits of all findings, shown with each and free to choose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True)
class Thresholds:
    """The limits that a diagnosis goes by.

    Attributes
    ----------
    vanishing, exploding : float
        A parameter's gradient is ill where its root mean square lies below or above this many times the median over all
        parameters; repeats of a line are where the gradient grows by more than `exploding` from the last to the first,
        and beyond that many times the ones that it began with.
    step_ratio : float
        A parameter stands still where learning rate times gradient is below this share of the parameter.
    dead_share : float
        A layer of rectified units is ill from this share of dead units on; fewer are noted.
    dead_batch : int
        Zeros that a unit must show before it counts as dead: in fewer examples it may be zero by chance.
    saturated_share, saturated_slope : float
        Units are saturated where more than this share of their slopes lies below `saturated_slope`; fewer than
        `dead_batch` of them are noted.
    subnormal_share : float
        Numbers underflow where more than this share of them is subnormal, or zero though made of others than zero.
    cancellation, cancellation_share : float
        A difference cancels where more than `cancellation_share` of its entries are below `cancellation` times what
        they are the difference of. Stated for float64; elsewhere it scales with the square root of the precision.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> def f(x):
    ...     return np.sum(np.tanh(x))
    >>> cr.diagnose(f, np.array([3.5, 4.0])).ok
    True
    >>> cr.diagnose(f, np.array([3.5, 4.0]), thresholds=Thresholds(saturated_slope=0.1)).findings[0].kind
    'saturated'
    """

    vanishing: float = 1e-3
    exploding: float = 1e3
    step_ratio: float = 1e-7
    dead_share: float = 0.5
    dead_batch: int = 8
    saturated_share: float = 0.9
    saturated_slope: float = 1e-3
    subnormal_share: float = 0.01
    cancellation: float = 1e-8
    cancellation_share: float = 0.5

    def of(self, kind: str) -> dict[str, float]:
        """The limits that findings of a kind go by."""
        return {name: getattr(self, name) for name in _LIMITS.get(kind, ())}


_LIMITS = {
    "vanishing": ("vanishing",),
    "exploding": ("exploding",),
    "standstill": ("step_ratio",),
    "dead": ("dead_share", "dead_batch"),
    "saturated": ("saturated_share", "saturated_slope"),
    "underflow": ("subnormal_share",),
    "cancellation": ("cancellation", "cancellation_share"),
}
