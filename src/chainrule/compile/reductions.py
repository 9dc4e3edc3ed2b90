"""Reductions within loops: sums, products, extrema.

Sums are taken in blocks: each lane of four vectors adds sixteen numbers, eight such blocks make the next, and so on, so
that the error grows with the logarithm of the length as in NumPy's pairwise sums.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, final

from ..graph import Variable
from ..ops.native import absorbing_product, larger_of, product_of, smaller_of, sum_of
from ..original import np
from .code import Code
from .contraction import Contraction
from .emitter import INDEX, Function, Value
from .entries import Entries, Memory, Place
from .index import Counter, Index
from .loops import Part, nest, over, pieces, standing

_UNROLLED = 4  # vectors that are added side by side
_TURNS = 16  # numbers that each lane of them adds in a row
_BLOCKS = 8  # sums that are added in a row


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

    def __init__(self, v: Variable, function: Function, code: Code, entries: Entries, vector_bytes: int):
        self.v, self.function, self.code, self.entries = v, function, code, entries
        self.contraction = contraction = contraction_of(v)
        self.reduction = REDUCTIONS[v.operation.name]  # type: ignore[union-attr]
        self.lanes = vector_bytes // max(u.dtype.itemsize for u in (v, *v.inputs))
        labels = contraction.labels[max(range(len(v.inputs)), key=lambda k: v.inputs[k].size)]
        last, count = labels[-1], math.prod(contraction.sizes[n] for n in contraction.summed)
        self.along = last in contraction.summed  # whether lanes lie along what is summed
        if self.along and count <= self.lanes <= (v.shape[-1] if v.shape else 1):
            self.along = False  # results side by side, though what they are made from is not
        self.summed = list(contraction.summed)
        if last in self.summed:
            self.summed = [*[n for n in self.summed if n != last], last]

    def write(self, store: Callable[[Place], None], part: Part | None) -> None:
        """All results, or a part of them; `store` writes what is made of one at a place."""

        def one(place: Place) -> None:
            self.entries.know(self.v, place, self._total(place, {}, self.contraction.sizes))
            store(place)

        self._everywhere(one, part)

    def write_blocks(self, blocks: Blocks, partial: Memory, part: Part) -> None:
        """The results of each block, or of some blocks, side by side."""
        whole = self.contraction.sizes[blocks.name]

        def block(number: Index, size: int) -> None:
            def one(place: Place) -> None:
                total = self._total(
                    place, {blocks.name: number * blocks.size}, {**self.contraction.sizes, blocks.name: size}
                )
                vector = total._replace(text=self.function.splat(total, _width(place)), lanes=_width(place))
                self.entries.store(partial, vector, (number, *place))

            self._everywhere(one, None)

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
            def term(inner: Sequence[Index]) -> Value:
                return self.entries.load(partial, self.v.dtype, (*inner, *place))

            total = _Total(self.function, self.code, self.reduction, self.v.dtype, term)
            self.entries.know(self.v, place, total.over([blocks.number], 1, _width(place)))
            store(place)

        over(self.function, self.v.shape, self.lanes, one)

    def _everywhere(self, one: Callable[[Place], None], part: Part | None) -> None:
        if self.along:
            with nest(self.function, self.v.shape, part) as place:
                one(place)
        else:
            over(self.function, self.v.shape, self.lanes, one, part)

    def _total(self, place: Place, base: Mapping[int, Index], sizes: Mapping[int, int]) -> Value:
        """The result at a place, of indices that begin at `base`."""
        outer = dict(zip(self.contraction.out, place, strict=True))

        def term(inner: Sequence[Index]) -> Value:
            at = dict(zip(self.summed, inner, strict=True))
            for n, first in base.items():
                at[n] = first + at[n]
            return _term(self.v, self.contraction, self.code, self.entries, {**outer, **at})

        total = _Total(self.function, self.code, self.reduction, self.v.dtype, term)
        return total.over([sizes[n] for n in self.summed], self.lanes if self.along else 1, _width(place))


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
    """One reduction over some sizes, of which the last may run along the lanes."""

    def __init__(
        self, function: Function, code: Code, reduction: Reduction, dtype: np.dtype, entry: Callable[..., Value]
    ):
        self.function, self.code, self.reduction, self.dtype, self.entry = function, code, reduction, dtype, entry
        self.identity = code.constant(reduction.identity(dtype), dtype)
        self.sums = reduction is REDUCTIONS["einsum"]

    def over(self, sizes: Sequence[int], lanes: int, width: int) -> Value:
        """The total over some sizes: with `lanes` along the last of them, or for `width` entries side by side."""
        if 0 in sizes:
            return self.code.add(self.identity, self.code.constant(0, self.dtype)) if self.sums else self.identity
        *outer, last = sizes
        return self._level(outer, (), last, lanes, width)

    def _level(self, outer: Sequence[int], place: tuple[Index, ...], last: int, lanes: int, width: int) -> Value:
        if outer:
            size, *rest = outer
            return self._blocks(lambda index: self._level(rest, (*place, index), last, lanes, width), 0, size, 1, width)
        if lanes == 1:
            return self._blocks(lambda index: self.entry((*place, index)), 0, last, 1, width)
        parts = []
        for start, stop, step in pieces(last, lanes):
            total = self._blocks(lambda index: self.entry((*place, index)), start, stop, step, step)
            parts.append(self._across(total, step))
        return self._joined(parts)

    def _blocks(self, term: Callable[[Index], Value], start: int, stop: int, step: int, width: int) -> Value:
        """The total of `term` from start to stop, `step` neighbors at once."""
        count = (stop - start) // step
        block = _UNROLLED * _TURNS
        if count <= block:
            return self._row(term, Index(start), count, step, width)
        size = block
        while size * _BLOCKS < count:
            size *= _BLOCKS
        whole, rest = divmod(count, size)
        parts = [self._tree(term, Index(start), whole, size, step, width)]
        if rest:
            parts.append(self._blocks(term, start + whole * size * step, stop, step, width))
        return self._joined(parts)

    def _tree(
        self, term: Callable[[Index], Value], start: Index, count: int, size: int, step: int, width: int
    ) -> Value:
        """`count` blocks of `size` steps, added one after the other."""

        def one(at: Index) -> Value:
            if size == _UNROLLED * _TURNS:
                return self._row(term, at, size, step, width)
            return self._tree(term, at, _BLOCKS, size // _BLOCKS, step, width)

        if count == 1:
            return one(start)
        with self.function.loop(count) as loop:
            total, set_total = loop.carry(self.identity, width)
            at = start + Index.of(Counter(loop.index.text, loop.index)) * (size * step)
            return set_total(self._combined(total, one(at)))

    def _row(self, term: Callable[[Index], Value], start: Index, count: int, step: int, width: int) -> Value:
        """`count` steps in a row, several side by side."""
        side = _UNROLLED if count >= _UNROLLED else 1
        turns, rest = divmod(count, side)
        if turns == 1:
            parts = [term(start + self._neighbors(step, k * step)) for k in range(side)]
        else:
            parts = []
            with self.function.loop(turns * side * step, side * step) as loop:
                at = start + Index.of(Counter(loop.index.text, loop.index, step))
                for k in range(side):
                    total, set_total = loop.carry(self.identity, width)
                    parts.append(set_total(self._combined(total, term(at + k * step))))
        parts += [term(start + self._neighbors(step, (turns * side + k) * step)) for k in range(rest)]
        return self._joined(parts)

    @staticmethod
    def _neighbors(step: int, at: int) -> Index:
        """A constant index and those next to it, side by side."""
        return Index(at) if step == 1 else Index(at, {standing(step): 1})

    def _combined(self, a: Value, b: Value) -> Value:
        return self.reduction.combine(self.code, a, b)

    def _joined(self, parts: Sequence[Value]) -> Value:
        """Pairwise."""
        parts = list(parts)
        while len(parts) > 1:
            pairs = [self._combined(a, b) for a, b in zip(parts[::2], parts[1::2], strict=False)]
            parts = pairs + parts[len(pairs) * 2 :]
        return parts[0]

    def _across(self, value: Value, width: int) -> Value:
        """The lanes of one vector, joined."""
        if width == 1:
            return value
        vector = value._replace(text=self.function.splat(value, width), lanes=width)
        while width > 1:
            width //= 2
            vector = self._combined(*[self.function.lanes_of(vector, k, width) for k in (0, width)])
        return vector
