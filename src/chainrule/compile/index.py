"""Indices as sums of loop counters: what stays known of an index through slices, transposes and broadcasts.

The counter of the innermost loop may stand for several lanes; an index in which it has the factor 1 then reads
neighbors, and one in which it does not occur reads one number for all.
"""

from __future__ import annotations

from typing import NamedTuple, final

from .emitter import INDEX, Function, Value


class Counter(NamedTuple):
    """A loop's counter, in the lanes that run at once: `value` is that of the first.

    Or an index that has been read from memory: where `value` has lanes of its own, one for each.
    """

    name: str
    value: Value
    lanes: int = 1


@final
class Index:
    """A constant plus counters times factors."""

    __slots__ = ("constant", "terms")

    def __init__(self, constant: int = 0, terms: dict[Counter, int] | None = None):
        self.constant = constant
        self.terms = {} if terms is None else terms

    @classmethod
    def of(cls, counter: Counter) -> Index:
        return cls(0, {counter: 1})

    def __add__(self, other: Index | int) -> Index:
        if isinstance(other, int):
            return Index(self.constant + other, self.terms)
        terms = dict(self.terms)
        for counter, factor in other.terms.items():
            terms[counter] = terms.get(counter, 0) + factor
        return Index(self.constant + other.constant, {c: f for c, f in terms.items() if f})

    def __mul__(self, factor: int) -> Index:
        return Index(self.constant * factor, {c: f * factor for c, f in self.terms.items()} if factor else {})

    def key(self) -> tuple[object, ...]:
        """Equal for equal indices."""
        return self.constant, *sorted((c.name, c.lanes, f) for c, f in self.terms.items())

    @property
    def step(self) -> int:
        """From lane to lane; 0 where all lanes have the same."""
        return sum(f for c, f in self.terms.items() if c.lanes > 1 and c.value.lanes == 1)

    @property
    def is_scattered(self) -> bool:
        """Whether the lanes are at places that only memory knows."""
        return any(c.value.lanes > 1 for c in self.terms)

    @property
    def lanes(self) -> int:
        return max((c.lanes for c in self.terms), default=1)

    def lane(self, function: Function, number: int) -> Index:
        """The index of one lane."""
        terms: dict[Counter, int] = {}
        constant = self.constant
        for counter, factor in self.terms.items():
            if counter.value.lanes > 1:
                value = function.lane(counter.value, number)
                terms[Counter(value.text, value)] = factor
            else:
                constant += factor * number * (counter.lanes > 1)
                terms[counter._replace(lanes=1)] = factor
        return Index(constant, terms)

    def lane_at(self, number: Index) -> Index:
        """The index of the lane whose number is an index itself; not where only memory knows the lanes."""
        assert not self.is_scattered
        alone = Index(self.constant, {counter._replace(lanes=1): factor for counter, factor in self.terms.items()})
        return alone + number * self.step

    def first(self, function: Function) -> Value:
        """The index of the first lane: each sum goes to the loop that it changes in."""
        assert not self.is_scattered
        total = Value(str(self.constant), INDEX)
        for counter, factor in sorted(self.terms.items(), key=lambda term: term[0].value.level):
            part = counter.value
            if factor != 1:
                part = function.emit(f"mul i64 {part.text}, {factor}", INDEX, 1, part.level)
            if total.text == "0":
                total = part
            else:
                level = max(total.level, part.level)
                total = function.emit(f"add i64 {total.text}, {part.text}", INDEX, 1, level)
        return total

    def value(self, function: Function) -> Value:
        """The index itself as a number, lane by lane."""
        if self.is_scattered:
            return function.vector_of([self.lane(function, k).first(function) for k in range(self.lanes)])
        first, step, lanes = self.first(function), self.step, self.lanes
        if not step:
            return first
        offsets = ", ".join(f"i64 {step * lane}" for lane in range(lanes))
        start = function.splat(first, lanes)
        return function.emit(f"add <{lanes} x i64> {start}, <{offsets}>", INDEX, lanes, first.level)
