"""A number of a graph that depends on the size of the batch: slope * n + offset, known from traces at several n."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

from ..errors import UnsupportedError


@final
class Size:
    """slope * n + offset, n the size of the batch.

    Examples
    --------
    >>> 3 * Size(1, 0) + 2
    3 n + 2
    >>> Size(2, 4).at(10)
    24
    """

    __slots__ = ("offset", "slope")

    def __init__(self, slope: int, offset: int):
        self.slope, self.offset = slope, offset

    def at(self, n: int) -> int:
        """The number for a batch of that size."""
        return self.slope * n + self.offset

    def __add__(self, other: int | Size) -> int | Size:
        if isinstance(other, Size):
            return reduced(self.slope + other.slope, self.offset + other.offset)
        return Size(self.slope, self.offset + other)

    def __mul__(self, other: int | Size) -> int | Size:
        if isinstance(other, Size):
            raise UnsupportedError("a number of entries that grows with the square of the batch cannot be symbolic")
        return reduced(self.slope * other, self.offset * other)

    def __neg__(self) -> int | Size:
        return self * -1

    def __sub__(self, other: int | Size) -> int | Size:
        return self + (-other)

    def __rsub__(self, other: int) -> int | Size:
        return -self + other

    __radd__, __rmul__ = __add__, __mul__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Size) and (self.slope, self.offset) == (other.slope, other.offset)

    def __hash__(self) -> int:
        return hash((self.slope, self.offset))

    def __repr__(self) -> str:
        text = "n" if self.slope == 1 else f"{self.slope} n"
        return text + (f" {'-' if self.offset < 0 else '+'} {abs(self.offset)}" if self.offset else "")


Shape = tuple[Any, ...]  # of int or Size


def reduced(slope: int, offset: int) -> int | Size:
    return Size(slope, offset) if slope else offset


def fitted(values: Sequence[int], sizes: Sequence[int]) -> int | Size | None:
    """The number that has these values at these sizes of the batch; None where it is not of that form."""
    slope, rest = divmod(values[1] - values[0], sizes[1] - sizes[0])
    if rest:
        return None
    found = reduced(slope, values[0] - slope * sizes[0])
    at = [found.at(n) if isinstance(found, Size) else found for n in sizes]
    return found if at == list(values) else None


def is_static(shape: Sequence[Any]) -> bool:
    """Whether no number in it depends on the batch."""
    return not any(isinstance(n, Size) for n in shape)


def product(sizes: Sequence[Any]) -> Any:
    """The number of entries."""
    total: Any = 1
    for n in sizes:
        total = total * n
    return total
