"""Which causes have reached which variables. Sets of causes are bits of integers: there may be thousands of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, final

from ..graph import Variable
from ..original import np

FINITE, INFINITE, NAN = range(3)


def illness(value: Any) -> int:
    """How far from finite numbers the worst entry is."""
    if np.isfinite(value).all():
        return FINITE
    return NAN if np.isnan(value).any() else INFINITE


@final
class Poison:
    """The causes, in the order in which they were found, and those that have reached a variable, by its number."""

    def __init__(self) -> None:
        self.causes: list[Any] = []
        self.sets: dict[int, int] = {}

    def begin(self, v: Variable, cause: Any) -> None:
        """A new cause, at a variable."""
        self.spread(v, 1 << len(self.causes))
        self.causes.append(cause)

    def spread(self, v: Variable, causes: int) -> None:
        self.sets[v.number] = self.sets.get(v.number, 0) | causes

    def of(self, variables: Iterable[Variable]) -> int:
        """The set of causes that have reached any of them; 0 is the empty one."""
        found = 0
        for v in variables:
            found |= self.sets.get(v.number, 0)
        return found

    def members(self, causes: int) -> list[Any]:
        """The causes of a set."""
        return [cause for n, cause in enumerate(self.causes) if causes >> n & 1]

    def reached_by(self, cause: Any) -> list[int]:
        """The numbers of the variables that a cause has reached, in order."""
        bit = 1 << self.causes.index(cause)
        return sorted(number for number, causes in self.sets.items() if causes & bit)
