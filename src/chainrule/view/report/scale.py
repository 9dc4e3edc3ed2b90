"""From numbers to places on an axis, and which numbers are written beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

from ..words import number_text

RANGE = 30.0  # from the least to the greatest: from here on the scale is logarithmic


@final
@dataclass(frozen=True)
class Scale:
    """An axis from `low` to `high`, `length` long."""

    low: float
    high: float
    length: float
    logarithmic: bool = False

    @classmethod
    def of(cls, numbers: list[float], length: float, logarithmic: bool | None = None) -> Scale:
        """That of some finite numbers; logarithmic, where nothing else is said, if they are positive and far apart.

        Examples
        --------
        >>> Scale.of([1.0, 3.0], 100.0).place(2.0)
        50.0
        >>> Scale.of([0.01, 1.0], 100.0).place(0.1)
        50.0
        """
        low, high = min(numbers, default=0.0), max(numbers, default=1.0)
        if logarithmic is None:
            logarithmic = low > 0 and high / low > RANGE
        if low == high:
            low, high = (low / 2, high * 2) if logarithmic else (low - (abs(low) or 1.0), high + (abs(high) or 1.0))
        return cls(low, high, length, logarithmic)

    def place(self, x: float) -> float:
        """How far from the beginning a number stands."""
        if self.logarithmic:
            return self.length * math.log(x / self.low) / math.log(self.high / self.low)
        return self.length * ((x - self.low) / (self.high - self.low))

    def ticks(self, most: int = 6) -> list[tuple[float, str]]:
        """Round numbers within, with their texts.

        Examples
        --------
        >>> Scale(0.0, 10.0, 1.0).ticks()
        [(0.0, '0'), (2.0, '2'), (4.0, '4'), (6.0, '6'), (8.0, '8'), (10.0, '10')]
        >>> Scale(0.01, 1.0, 1.0, logarithmic=True).ticks()
        [(0.01, '0.01'), (0.1, '0.1'), (1.0, '1')]
        """
        if self.logarithmic:
            found = self._powers(most)
            if len(found) > 1:
                return [(x, number_text(x)) for x in found]
        rough = (self.high - self.low) / most
        unit = 10.0 ** math.floor(math.log10(rough))
        step = next((unit * k for k in (1, 2, 5) if unit * k >= rough), unit * 10)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        found = [k * step for k in range(first, last + 1)]
        return [(x, number_text(x)) for x in found if not self.logarithmic or x > 0]

    def _powers(self, most: int) -> list[float]:
        first, last = math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9)
        every = max(1, math.ceil((last - first + 1) / most))
        return [10.0**k for k in range(first, last + 1, every)]
