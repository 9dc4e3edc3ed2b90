"""Order along an axis: where extrema are, sorted rows, and where runs of equal entries begin.

An entry's place in the sorted row is the number of those before it, which is counted in vectors: that takes the square
of the length, so long rows are left to NumPy. nan comes last, and of equals the first stays first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, final

from ..graph import Variable
from ..ops.native import is_before, is_nan
from ..original import np
from .code import Code
from .emitter import INDEX, Function, Value
from .entries import Entries, Memory, Place
from .index import Counter, Index
from .loops import counted, over, pieces, standing

_MOST_COMPARISONS = 1 << 16  # of entries, when all rows are sorted here
_SIDE = 4  # vectors of a row that are looked through side by side
_BYTE = np.dtype(np.int8)


def is_ordering(v: Variable) -> bool:
    """Whether there are loops for it here."""
    operation: Any = v.operation
    if operation.name not in _WRITERS:
        return False
    if operation.name not in ("sort", "argsort"):
        return True
    size = v.shape[operation.named(v.parameters)["axis"]]
    return v.size * size <= _MOST_COMPARISONS


def write_ordering(v: Variable, memory: Memory, function: Function, code: Code, entries: Entries, lanes: int) -> None:
    """The loops; `memory` is where the result lies."""
    operation: Any = v.operation
    named = operation.named(v.parameters)
    (x,) = v.inputs
    axis = named["axis"]
    along = axis == len(x.shape) - 1
    others = (*x.shape[:axis], *x.shape[axis + 1 :])

    def row(place: Place) -> None:
        width = max((c.lanes for index in place for c in index.terms), default=1)
        it = _Row(x, axis, place, width, lanes if along else 1, memory, function, code, entries)
        _WRITERS[operation.name](it, reverse=named.get("reverse", False))

    over(function, others, 1 if along else lanes, row)


class _Found(NamedTuple):
    """An entry and where it is; for several rows, or of several places, side by side."""

    value: Value
    at: Value


@final
class _Row:
    """One row, or `width` of them side by side; one by itself is read `lanes` entries at once."""

    def __init__(
        self,
        x: Variable,
        axis: int,
        place: Place,
        width: int,
        lanes: int,
        memory: Memory,
        function: Function,
        code: Code,
        entries: Entries,
    ):
        self.x, self.axis, self.place, self.width, self.lanes = x, axis, place, width, lanes
        self.memory, self.function, self.code, self.entries = memory, function, code, entries
        self.size = x.shape[axis]

    def there(self, index: Index) -> Place:
        return (*self.place[: self.axis], index, *self.place[self.axis :])

    def number(self, index: Index) -> Value:
        return index.value(self.function)

    def entry(self, index: Index) -> Value:
        """What lies there; a truth value as a number, which has an order."""
        value = self.entries.entry(self.x, self.there(index))
        return self.code.convert(value, _BYTE) if value.dtype.kind == "b" else value

    def store(self, value: Value, place: Place) -> None:
        self.entries.store(self.memory, value, place)

    def both(self, condition: Value, a: _Found, b: _Found) -> _Found:
        return _Found(*[self.code.select(condition, x, y) for x, y in zip(a, b, strict=True)])


# Where the first extremum is


def _wins(it: _Row, sign: str, a: Value, b: Value) -> Value:
    """Whether a is to be taken rather than b: nan before all numbers, as NumPy has it."""
    code = it.code
    if a.dtype.kind != "f":
        return code.compare(sign, a, b)
    stays = code.compare({">": "<=", "<": ">="}[sign], a, b)
    return code.logical_and(code.logical_not(stays), code.compare("==", b, b))


def _first_extremum(sign: str) -> Callable[..., None]:
    def write(it: _Row, reverse: bool) -> None:
        def found(index: Index) -> _Found:
            return _Found(it.entry(index), it.number(index))

        def joined(a: _Found, b: _Found) -> _Found:
            """Of two that are anywhere in the row."""
            code = it.code
            earlier = code.logical_and(
                code.logical_not(_wins(it, sign, a.value, b.value)), code.compare("<", b.at, a.at)
            )
            return it.both(code.logical_or(_wins(it, sign, b.value, a.value), earlier), b, a)

        def all_joined(parts: list[_Found]) -> _Found:
            while len(parts) > 1:
                pairs = [joined(a, b) for a, b in zip(parts[::2], parts[1::2], strict=False)]
                parts = pairs + parts[len(pairs) * 2 :]
            return parts[0]

        def over_piece(start: int, stop: int, step: int) -> _Found:
            """The first ones among every `step`-th entry."""
            side = _SIDE if (stop - start) // step >= 2 * _SIDE else 1
            whole = start + (stop - start) // (side * step) * side * step
            begins = [found(Index(start + k * step, {standing(step): 1} if step > 1 else {})) for k in range(side)]
            if whole - start > side * step:
                with it.function.loop(whole, side * step, start + side * step) as loop:
                    index = Index.of(Counter(loop.index.text, loop.index, step))
                    begins = [following(loop, begin, index + k * step, step) for k, begin in enumerate(begins)]
            rest = [over_piece(whole, stop, step)] if whole < stop else []
            return all_joined([*begins, *rest])

        def following(loop: Any, begin: _Found, index: Index, step: int) -> _Found:
            carried = [loop.carry(each, max(step, it.width)) for each in begin]
            best = _Found(*[value for value, _ in carried])
            new = found(index)
            new = it.both(_wins(it, sign, new.value, best.value), new, best)
            return _Found(*[set_next(value) for (_, set_next), value in zip(carried, new, strict=True)])

        parts: list[_Found] = []
        for start, stop, step in pieces(it.size, it.lanes):
            best = over_piece(start, stop, step)
            if it.lanes > 1:
                parts += [_Found(*[it.function.lane(each, k) for each in best]) for k in range(step)]
            else:
                parts.append(best)
        it.store(all_joined(parts).at, it.place)

    return write


# Sorting


def _place_of(it: _Row, value: Value, at: Value) -> Value:
    """How many entries come before one in the sorted row."""
    code = it.code
    counter = np.dtype(f"i{value.dtype.itemsize}") if value.dtype.itemsize >= 4 else np.dtype(np.int32)
    zero, one = (code.constant(k, counter) for k in (0, 1))
    total = code.constant(0, INDEX)
    for start, stop, step in pieces(it.size, it.lanes):
        width = max(step, it.width)
        with it.function.loop(stop, step, start) as loop:
            index = Index.of(Counter(loop.index.text, loop.index, step))
            other = it.entry(index)
            same = code.logical_not(is_before(code, value, other))
            before = code.logical_and(same, code.compare("<", it.number(index), at))
            before = code.logical_or(before, is_before(code, other, value))
            count, set_next = loop.carry(zero, width)
            count = set_next(code.add(count, code.select(before, one, zero)))
        if step > 1:
            lanes = [it.function.lane(count, k) for k in range(step)]
            while len(lanes) > 1:
                lanes = [code.add(a, b) for a, b in zip(lanes[::2], lanes[1::2], strict=True)]
            (count,) = lanes
        total = code.add(total, code.convert(count, INDEX))
    return total


def _sorted(what: Callable[[_Row, Index], Value]) -> Callable[..., None]:
    def write(it: _Row, reverse: bool) -> None:
        with counted(it.function, 0, it.size, 1, 1) as index:
            place = _place_of(it, it.entry(index), it.number(index))
            to = Index.of(Counter(place.text, place, place.lanes))
            it.store(what(it, index), it.there(to))

    return write


def _as_it_is(it: _Row, index: Index) -> Value:
    return it.entries.entry(it.x, it.there(index))


# Runs


def _runs(it: _Row, reverse: bool) -> None:
    """From either end: where the run of an entry begins, seen from there."""
    code, size = it.code, it.size

    def from_end(index: Index) -> Index:
        return index * -1 + (size - 1) if reverse else index

    first = from_end(Index(0))
    begin = _Found(it.entry(first), it.number(first))
    it.store(begin.at, it.there(first))
    if size == 1:
        return
    with it.function.loop(size, 1, 1) as loop:
        carried = [loop.carry(each, it.width) for each in begin]
        before = _Found(*[value for value, _ in carried])
        here = from_end(Index.of(Counter(loop.index.text, loop.index)))
        value = it.entry(here)
        other = code.compare("!=", value, before.value)
        if value.dtype.kind == "f":
            other = code.logical_and(
                other, code.logical_not(code.logical_and(is_nan(code, value), is_nan(code, before.value)))
            )
        at = code.select(other, it.number(here), before.at)
        it.store(at, it.there(here))
        for (_, set_next), each in zip(carried, (value, at), strict=True):
            set_next(each)


_WRITERS: dict[str, Callable[..., None]] = {
    "argmax": _first_extremum(">"),
    "argmin": _first_extremum("<"),
    "sort": _sorted(_as_it_is),
    "argsort": _sorted(_Row.number),
    "runs": _runs,
}
