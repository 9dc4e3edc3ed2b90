"""What is measured, as data: a figure, the best of its rounds, its noise, and the floor that it is held to."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

NOISE = 0.15  # an interquartile range over this share of the median does not count


@dataclass(frozen=True)
class Figure:
    """One row of a table.

    Attributes
    ----------
    name : str
    seen, best : float
        The median over the rounds, and the best of them.
    noise : float
        The interquartile range of the rounds as a share of their median.
    floor : float or None
        What is asked; None where nothing is.
    at_most : bool
        Whether the figure has to stay below its floor (times, sizes) instead of above it (ratios, shares).
    beside : mapping of str to float, str or int
        What else the row tells: seconds behind a ratio, sizes.
    """

    name: str
    seen: float
    best: float
    noise: float = 0.0
    floor: float | None = None
    at_most: bool = False
    beside: Mapping[str, float | str] = field(default_factory=dict)

    @property
    def counts(self) -> bool:
        """Whether it is quiet enough."""
        return self.noise <= NOISE

    @property
    def verdict(self) -> str:
        """In a word: "too noisy to count", "missed", "held", or nothing where no floor is set."""
        if not self.counts:
            return "too noisy to count"
        if self.floor is None:
            return ""
        return "held" if (self.seen <= self.floor if self.at_most else self.seen >= self.floor) else "missed"

    def as_data(self) -> dict[str, Any]:
        return asdict(self) | {"verdict": self.verdict}

    @property
    def line(self) -> str:
        """The row of a table."""
        sign = "<=" if self.at_most else ">="
        floor = "" if self.floor is None else f"{sign} {_text(self.floor)}"
        cells = [self.name, *map(_text, self.beside.values()), _text(self.seen), floor, _text(self.best)]
        return f"| {' | '.join(cells)} | {self.noise:.0%} | {self.verdict} |"


def of_rounds(name: str, rounds: Sequence[float], at_most: bool = False, **others: Any) -> Figure:
    """A figure that was measured in each round."""
    best = min(rounds) if at_most else max(rounds)
    return Figure(name, statistics.median(rounds), best, noise(rounds), at_most=at_most, **others)


def of_ratio(name: str, above: Sequence[float], below: Sequence[float], at_most: bool = False, **others: Any) -> Figure:
    """The ratio of two medians over the same rounds; its best and its noise are those of each round's ratio."""
    ratios = [a / b for a, b in zip(above, below, strict=True)]
    best = min(ratios) if at_most else max(ratios)
    seen = statistics.median(above) / statistics.median(below)
    return Figure(name, seen, best, noise(ratios), at_most=at_most, **others)


def noise(values: Sequence[float]) -> float:
    """The interquartile range as a share of the median."""
    low, _, high = statistics.quantiles(values, n=4)
    return (high - low) / statistics.median(values)


def table(figures: Sequence[Figure]) -> str:
    """Rows that tell the same beside their figure, under one head each."""
    lines: list[str] = []
    before: list[str] | None = None
    for figure in figures:
        if list(figure.beside) != before:
            before = list(figure.beside)
            head = ["what", *before, "seen", "floor", "best", "noise", ""]
            lines += [*([""] if lines else []), f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
        lines.append(figure.line)
    return "\n".join(lines)


def _text(value: float | str) -> str:
    """Three digits, or all in front of the point."""
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if abs(value) >= 100 or float(value).is_integer() else f"{value:.3g}"
