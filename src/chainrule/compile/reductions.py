"""Reductions within loops: sums, products, extrema.

Sums are taken in blocks: each lane of four vectors adds sixteen numbers, eight such blocks make the next, and so on, so
that the error grows with the logarithm of the length as in NumPy's pairwise sums.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, NamedTuple, final

from ..graph import Variable
from ..ops.native import absorbing_product, larger_of, product_of, smaller_of, sum_of
from ..original import np
from .code import Code
from .contraction import Contraction, Labels
from .emitter import INDEX, Function, Value
from .entries import Entries, Memory, Place
from .index import Counter, Index
from .loops import FEW_INSTRUCTIONS, Part, counted, nest, over, pieces, standing

_UNROLLED = 4  # vectors that are added side by side
_TURNS = 16  # numbers that each lane of them adds in a row
_BLOCKS = 8  # sums that are added in a row
_TOGETHER = 4  # vectors of results that are made at once,
_SHORT_ROW = 2  # vectors of a row that is summed: its code is no loop
_FEW_TERMS = 16
_MOST_TOGETHER = 6  # or at most, at the end of a row

Values = tuple[Value, ...]
_Range = tuple[int, int, int]  # start, stop and step


class Reduction(NamedTuple):
    """How two partial results become one, and what neither changes."""

    combine: Callable[[Code, Value, Value], Value]
    identity: Callable[[np.dtype], Any]


def _lowest(dtype: np.dtype) -> Any:
    return False if dtype.kind == "b" else -np.inf if dtype.kind == "f" else np.iinfo(dtype).min


def _highest(dtype: np.dtype) -> Any:
    return True if dtype.kind == "b" else np.inf if dtype.kind == "f" else np.iinfo(dtype).max


REDUCTIONS = {
    "einsum": Reduction(sum_of, lambda dtype: -0.0 if dtype.kind == "f" else 0),
    "amax": Reduction(larger_of, _lowest),
    "amin": Reduction(smaller_of, _highest),
    "prod": Reduction(product_of, lambda dtype: 1),
    "any": Reduction(lambda code, a, b: code.logical_or(a, b), lambda dtype: False),
    "all": Reduction(lambda code, a, b: code.logical_and(a, b), lambda dtype: True),
}


def contraction_of(v: Variable) -> Contraction:
    """A reduction as a sum of products (or what stands for a sum) of the entries of its operands."""
    operation: Any = v.operation
    if operation.name == "einsum":
        return Contraction.of(v)
    (x,) = v.inputs
    axes = tuple(operation.named(v.parameters)["axes"])
    names = tuple(range(len(x.shape)))
    kept = tuple([n for n in names if n not in axes])
    return Contraction((names,), kept, axes, dict(enumerate(x.shape)), False)


def largest_operand(v: Variable, contraction: Contraction) -> tuple[Variable, Labels]:
    """With the names of its axes: loops walk it as it lies in memory."""
    return max(zip(v.inputs, contraction.labels, strict=True), key=lambda each: each[0].size)


class Blocks(NamedTuple):
    """A reduction in blocks of one of the axes that it sums over.

    Attributes
    ----------
    name : int
        Of the axis, in the contraction.
    size : int
        Of each block but the last, which has the rest as well.
    number : int
    """

    name: int
    size: int
    number: int


@final
class Reducer:
    """Writes the loops of one reduction."""

    def __init__(self, v: Variable, function: Function, code: Code, entries: Entries, vector_bytes: int, follows: int):
        self.v, self.function, self.code, self.entries, self.follows = v, function, code, entries, follows
        self.contraction = contraction = contraction_of(v)
        self.reduction = REDUCTIONS[v.operation.name]  # type: ignore[union-attr]
        self.lanes = vector_bytes // max(u.dtype.itemsize for u in (v, *v.inputs))
        _, labels = largest_operand(v, contraction)
        last, count = labels[-1], math.prod(contraction.sizes[n] for n in contraction.summed)
        self.along = last in contraction.summed  # whether lanes lie along what is summed
        if self.along and count <= self.lanes <= (v.shape[-1] if v.shape else 1):
            self.along = False  # results side by side, though what they are made from is not
        self.summed = list(contraction.summed)
        if last in self.summed:
            self.summed = [*[n for n in self.summed if n != last], last]

    def write(self, store: Callable[[Place], None], part: Part | None) -> None:
        """All results, or a part of them; `store` writes what is made of one at a place."""

        def one(place: Place, total: Value) -> None:
            self.entries.know(self.v, place, total)
            store(place)

        def some(places: Sequence[Place], together: int) -> None:
            totals = self._totals(places, {}, self.contraction.sizes, together)
            alike = [place for place in places if _width(place) == self.lanes]
            if len(alike) < 2 or self.follows * len(alike) <= FEW_INSTRUCTIONS:
                alike = []
            else:
                self._one_by_one(alike, totals, one)
            for place, total in list(zip(places, totals, strict=True))[len(alike) :]:
                one(place, total)

        self._everywhere(some, part)

    def _one_by_one(
        self, places: Sequence[Place], totals: Sequence[Value], one: Callable[[Place, Value], None]
    ) -> None:
        """What is made of whole vectors at neighboring places, the first of some totals: written once, in a loop."""
        kept = Memory(self.function.allocate(self.v.dtype, len(places) * self.lanes), (self.lanes, 1))
        lanes = Index(0, {standing(self.lanes): 1} if self.lanes > 1 else {})
        for k in range(len(places)):
            vector = totals[k]._replace(text=self.function.splat(totals[k], self.lanes), lanes=self.lanes)
            self.entries.store(kept, vector, (Index(k), lanes))
        *outer, first = places[0]
        with counted(self.function, 0, len(places), 1, 1) as k:
            one((*outer, first + k * self.lanes), self.entries.load(kept, self.v.dtype, (k, lanes), anew=True))

    def write_blocks(self, blocks: Blocks, partial: Memory, part: Part) -> None:
        """The results of each block, or of some blocks, side by side."""
        whole = self.contraction.sizes[blocks.name]

        def block(number: Index, size: int) -> None:
            base, sizes = {blocks.name: number * blocks.size}, {**self.contraction.sizes, blocks.name: size}

            def some(places: Sequence[Place], together: int) -> None:
                for place, total in zip(places, self._totals(places, base, sizes, together), strict=True):
                    vector = total._replace(text=self.function.splat(total, _width(place)), lanes=_width(place))
                    self.entries.store(partial, vector, (number, *place))

            self._everywhere(some, None)

        last = Index(blocks.number - 1)
        rest = whole - (blocks.number - 1) * blocks.size
        start, stop = part.bounds(self.function, blocks.number - (rest != blocks.size))
        some = self.function.emit(f"icmp slt i64 {start.text}, {stop.text}", INDEX, 1, 0).text
        with self.function.branch(some) as choice:
            with self.function.loop(stop, 1, start) as loop:
                block(Index.of(Counter(loop.index.text, loop.index)), blocks.size)
            choice.otherwise()
        if rest != blocks.size:
            with self.function.branch(part.is_last(self.function)) as choice:
                block(last, rest)
                choice.otherwise()

    def write_joined(self, blocks: Blocks, partial: Memory, store: Callable[[Place], None]) -> None:
        """The results, from those of the blocks."""

        def one(place: Place) -> None:
            def term(inner: Sequence[Index]) -> Values:
                return (self.entries.load(partial, self.v.dtype, (*inner, *place)),)

            (total,) = self._total(term).over([blocks.number], [_width(place)])
            self.entries.know(self.v, place, total)
            store(place)

        over(self.function, self.v.shape, self.lanes, one)

    def _everywhere(self, some: Callable[[Sequence[Place], int], None], part: Part | None) -> None:
        """All places, or a part of them: those that are made together at once.

        `some` also takes as many as the order of the sums is for.
        """
        *outer, last = self.v.shape or (1,)
        if self.along and last < self.lanes:
            with nest(self.function, self.v.shape, part) as place:
                some([place], 1)
        elif self.along or last <= self.lanes or (part is not None and part.axis == len(outer)):
            over(self.function, self.v.shape, self.lanes, lambda place: some([place], 1), part)
        else:
            with nest(self.function, outer, part) as place:
                for columns, together in self._together(last):
                    with columns as each:
                        some([(*place, column) for column in each], together)

    def _together(self, size: int) -> Iterator[tuple[AbstractContextManager[list[Index]], int]]:
        """The columns of a row of results, several vectors at once; or one by one, in the order for so many."""
        broad = _TOGETHER * self.lanes
        whole = size // broad * broad if size > 2 * broad else 0

        @contextmanager
        def many() -> Iterator[list[Index]]:
            with counted(self.function, 0, whole, broad, self.lanes) as first:
                yield [first + k * self.lanes for k in range(_TOGETHER)]

        one_by_one = self._is_short_and_long_to_write()
        if whole:
            yield self._one_vector(0, whole, self.lanes) if one_by_one else many(), _TOGETHER
        rest = [
            (whole + at, width)
            for start, stop, width in pieces(size - whole, self.lanes)
            for at in range(start, stop, width)
        ]
        for k in range(0, len(rest), _MOST_TOGETHER):
            some = rest[k : k + _MOST_TOGETHER]
            if one_by_one:
                for width, alike in itertools.groupby(some, key=lambda each: each[1]):
                    start, *others = [at for at, _ in alike]
                    yield self._one_vector(start, start + width * (1 + len(others)), width), len(some)
            else:
                columns = [Index(at, {standing(width): 1} if width > 1 else {}) for at, width in some]
                yield nullcontext(columns), len(some)

    @contextmanager
    def _one_vector(self, start: int, stop: int, width: int) -> Iterator[list[Index]]:
        with counted(self.function, start, stop, width, width) as column:
            yield [column]

    def _is_short_and_long_to_write(self) -> bool:
        """Whether few numbers are added, and each is computed or gathered."""
        if math.prod(self.contraction.sizes[n] for n in self.summed) > _FEW_TERMS:
            return False
        *_, column = self.contraction.out
        at = {column: Index(0, {standing(self.lanes): 1})}
        operands = zip(self.v.inputs, self.contraction.labels, strict=True)
        return any(
            self.entries.step(x, tuple([at.get(n, Index()) for n in names])) not in (0, 1) for x, names in operands
        )

    def _totals(
        self, places: Sequence[Place], base: Mapping[int, Index], sizes: Mapping[int, int], together: int
    ) -> Sequence[Value]:
        """The results at some places, of indices that begin at `base`."""
        if self.along and len(places) == 1 and _width(places[0]) > 1:
            return [self._side_by_side(places[0], base, sizes)]
        total = self._total(lambda inner: tuple([self._term(place, inner, base) for place in places]), together)
        summed = [sizes[n] for n in self.summed]
        if not self.along or 0 in summed:
            return total.over(summed, [_width(place) for place in places])
        return [total.joined(each) for each in total.along(summed, len(places), self.lanes)]

    def _side_by_side(self, place: Place, base: Mapping[int, Index], sizes: Mapping[int, int]) -> Value:
        """The results of neighbors, each the total of a row of its own: as vectors, which are transposed at the end."""
        width = _width(place)
        count = math.prod(sizes[n] for n in self.summed)
        if 0 < count <= _SHORT_ROW * self.lanes and not any(index.is_scattered for index in place):
            return self._row_by_row(place, base, sizes)
        rows = [tuple([index.lane(self.function, k) for index in place]) for k in range(width)]
        total = self._total(lambda inner: tuple([self._term(row, inner, base) for row in rows]))
        found = total.along([sizes[n] for n in self.summed], width, self.lanes)
        if width < self.lanes:
            scalars = [total.joined(each) for each in found]
            level = max(each.level for each in scalars)
            return self.function.vector_of(scalars)._replace(level=level)
        columns = self.function.transposed([total.widened(each, self.lanes) for each in found])
        return total.pairwise([(each,) for each in columns])[0]

    def _row_by_row(self, place: Place, base: Mapping[int, Index], sizes: Mapping[int, int]) -> Value:
        """The same in the same order, where the rows are short: one is written, in a loop."""
        width, lanes = _width(place), self.lanes
        dtype, summed = self.v.dtype, [sizes[n] for n in self.summed]
        across = width < lanes  # then each row gives a number, else a vector
        kept = Memory(self.function.allocate(dtype, width * (1 if across else lanes)), (1 if across else lanes, 1))
        neighbors = Index(0, {standing(lanes): 1} if lanes > 1 else {})
        with counted(self.function, 0, width, 1, 1) as k:
            row = tuple([index.lane_at(k) for index in place])
            total = self._total(lambda inner: (self._term(row, inner, base),), side_by_side=width)
            (found,) = total.along(summed, 1, lanes)
            if across:
                self.entries.store(kept, total.joined(found), (k, Index()))
            else:
                vector = total.widened(found, lanes)
                vector = vector._replace(text=self.function.splat(vector, lanes), lanes=lanes)
                self.entries.store(kept, vector, (k, neighbors))
        if across:
            numbers = Index(0, {standing(width): 1})
            return self.entries.load(kept, dtype, (numbers, Index()), anew=True)
        rows = [self.entries.load(kept, dtype, (Index(k), neighbors), anew=True) for k in range(width)]
        return total.pairwise([(each,) for each in self.function.transposed(rows)])[0]

    def _total(self, term: Callable[[Sequence[Index]], Values], side_by_side: int = 0) -> _Total:
        return _Total(self.function, self.code, self.reduction, self.v.dtype, term, side_by_side)

    def _term(self, place: Place, inner: Sequence[Index], base: Mapping[int, Index]) -> Value:
        """What is added at one place: the product of the operands' entries."""
        at = {**dict(zip(self.contraction.out, place, strict=True)), **dict(zip(self.summed, inner, strict=True))}
        for n, first in base.items():
            at[n] = first + at[n]
        return _term(self.v, self.contraction, self.code, self.entries, at)


def _width(place: Place) -> int:
    return max((c.lanes for index in place for c in index.terms), default=1)


def _term(v: Variable, contraction: Contraction, code: Code, entries: Entries, at: Mapping[int, Index]) -> Value:
    """What is added at one place: the product of the operands' entries."""
    result: Value | None = None
    for x, names in zip(v.inputs, contraction.labels, strict=True):
        value = entries.entry(x, tuple([at[n] for n in names]))
        if not (contraction.absorbing and x.dtype.kind == "b"):  # there a boolean selects
            value = code.convert(value, v.dtype)
        if result is None:
            result = value
        elif contraction.absorbing:
            result = absorbing_product(code, result, value, both=contraction.absorbing == "either")
        else:
            result = product_of(code, result, value)
    assert result is not None
    return code.convert(result, v.dtype)


@final
class _Total:
    """Reductions of several rows of terms at once, over some sizes.

    Parameters
    ----------
    term : callable
        The terms of all rows at some indices.
    side_by_side : int
        As many rows as the order of the sums is for, where it is not for those of `term`.
    """

    def __init__(
        self,
        function: Function,
        code: Code,
        reduction: Reduction,
        dtype: np.dtype,
        term: Callable[[Sequence[Index]], Values],
        side_by_side: int = 0,
    ):
        self.function, self.code, self.reduction, self.dtype, self.term = function, code, reduction, dtype, term
        self.side_by_side = side_by_side
        self.identity = code.constant(reduction.identity(dtype), dtype)
        self.sums = reduction is REDUCTIONS["einsum"]

    def over(self, sizes: Sequence[int], widths: Sequence[int]) -> Values:
        """The total of each row over some sizes, with so many entries side by side."""
        if 0 in sizes:
            nothing = self.code.add(self.identity, self.code.constant(0, self.dtype)) if self.sums else self.identity
            return (nothing,) * len(widths)
        return self._nest([(0, size, 1) for size in sizes], (), tuple(widths))

    def along(self, sizes: Sequence[int], rows: int, lanes: int) -> list[list[tuple[int, Value]]]:
        """The total of each row, with lanes along the last size: vectors of falling widths that are not joined yet."""
        *outer, last = sizes
        columns = []
        for start, stop, step in pieces(last, lanes):
            ranges = [*[(0, size, 1) for size in outer], (start, stop, step)]
            columns.append([(step, each) for each in self._nest(ranges, (), (step,) * rows)])
        return [list(row) for row in zip(*columns, strict=True)]

    def joined(self, parts: Sequence[tuple[int, Value]]) -> Value:
        """One number from vectors of some widths."""
        return self.pairwise([(self._across(value, width),) for width, value in parts])[0]

    def widened(self, parts: Sequence[tuple[int, Value]], lanes: int) -> Value:
        """One vector of so many lanes from vectors of some widths, beyond which is what changes nothing."""
        wide = []
        for width, value in parts:
            vector = value._replace(text=self.function.splat(value, width), lanes=width)
            wide.append((self.function.widened(vector, lanes, self.identity),))
        return self.pairwise(wide)[0]

    def pairwise(self, parts: Sequence[Values]) -> Values:
        parts = list(parts)
        while len(parts) > 1:
            pairs = [self._combined(a, b) for a, b in zip(parts[::2], parts[1::2], strict=False)]
            parts = pairs + parts[len(pairs) * 2 :]
        return parts[0]

    # Loops

    def _nest(self, ranges: Sequence[_Range], place: tuple[Index, ...], widths: tuple[int, ...]) -> Values:
        (start, stop, step), *rest = ranges

        def term(index: Index) -> Values:
            return self._nest(rest, (*place, index), widths) if rest else self.term((*place, index))

        return self._blocks(term, start, stop, step, widths)

    def _blocks(
        self, term: Callable[[Index], Values], start: int, stop: int, step: int, widths: tuple[int, ...]
    ) -> Values:
        """The total of `term` from start to stop, `step` neighbors at once."""
        count = (stop - start) // step
        block = self._side(widths) * _TURNS
        if count <= block:
            return self._row(term, Index(start), count, step, widths)
        size = block
        while size * _BLOCKS < count:
            size *= _BLOCKS
        whole, rest = divmod(count, size)
        parts = [self._tree(term, Index(start), whole, size, step, widths)]
        if rest:
            parts.append(self._blocks(term, start + whole * size * step, stop, step, widths))
        return self.pairwise(parts)

    def _tree(
        self,
        term: Callable[[Index], Values],
        start: Index,
        count: int,
        size: int,
        step: int,
        widths: tuple[int, ...],
    ) -> Values:
        """`count` blocks of `size` steps, added one after the other."""

        def one(at: Index) -> Values:
            if size == self._side(widths) * _TURNS:
                return self._row(term, at, size, step, widths)
            return self._tree(term, at, _BLOCKS, size // _BLOCKS, step, widths)

        if count == 1:
            return one(start)
        with self.function.loop(count) as loop:
            carried = [loop.carry(self.identity, width) for width in widths]
            at = start + Index.of(Counter(loop.index.text, loop.index)) * (size * step)
            after = self._combined(tuple([total for total, _ in carried]), one(at))
            return tuple([set_total(value) for (_, set_total), value in zip(carried, after, strict=True)])

    def _row(
        self, term: Callable[[Index], Values], start: Index, count: int, step: int, widths: tuple[int, ...]
    ) -> Values:
        """`count` steps in a row, several side by side."""
        side = self._side(widths) if count >= self._side(widths) else 1
        turns, rest = divmod(count, side)
        if turns == 1:
            parts = [term(start + self._neighbors(step, k * step)) for k in range(side)]
        else:
            parts = []
            with self.function.loop(turns * side * step, side * step) as loop:
                at = start + Index.of(Counter(loop.index.text, loop.index, step))
                for k in range(side):
                    carried = [loop.carry(self.identity, width) for width in widths]
                    after = self._combined(tuple([total for total, _ in carried]), term(at + k * step))
                    parts.append(tuple([set_it(each) for (_, set_it), each in zip(carried, after, strict=True)]))
        parts += [term(start + self._neighbors(step, (turns * side + k) * step)) for k in range(rest)]
        return self.pairwise(parts)

    def _side(self, widths: tuple[int, ...]) -> int:
        """How many steps are made side by side: the CPU is to have several sums to work at."""
        return max(_UNROLLED // (self.side_by_side or len(widths)), 1)

    @staticmethod
    def _neighbors(step: int, at: int) -> Index:
        """A constant index and those next to it, side by side."""
        return Index(at) if step == 1 else Index(at, {standing(step): 1})

    def _combined(self, a: Values, b: Values) -> Values:
        return tuple([self.reduction.combine(self.code, x, y) for x, y in zip(a, b, strict=True)])

    def _across(self, value: Value, width: int) -> Value:
        """The lanes of one vector, joined."""
        if width == 1:
            return value
        vector = value._replace(text=self.function.splat(value, width), lanes=width)
        while width > 1:
            width //= 2
            halves = [self.function.lanes_of(vector, k, width) for k in (0, width)]
            vector = self.reduction.combine(self.code, *halves)
        return vector
