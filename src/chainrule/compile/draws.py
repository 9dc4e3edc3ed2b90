"""Random words: Philox makes four of a key and a counter at a time, and each word, or two, become an entry.

A block of words depends on its number alone, so a piece of the entries can begin anywhere. They are the words of
NumPy's stream, in its order; what their counters are for is said in ops/random.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, final

from ..graph import Variable
from ..ops.random import DRAWN, FOLDED, SPLIT
from ..original import np
from .code import Code
from .emitter import INDEX, Function, Value, type_of
from .entries import Entries, Memory, Place, rows
from .index import Counter, Index
from .loops import Part, over

_BLOCK = 4  # words
_ROUNDS = 10
_FACTORS = 0xD2E7470EE14C6C93, 0xCA5A826395121157
_STEPS = 0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B  # of the two words of the key, from round to round
_WORD = np.dtype(np.uint64)


class _Draw(NamedTuple):
    """What an operation makes of words: ``value(it, words, place)`` is an entry, or neighbors side by side."""

    value: Callable[..., Value]
    entries: int = _BLOCK  # of a block
    purpose: int = DRAWN


def is_draw(v: Variable) -> bool:
    """Whether there are loops for it here."""
    operation: Any = v.operation
    if operation.name not in _DRAWS:
        return False
    return all(u.dtype.kind in "iu" for u in v.inputs) and _dtype_of_bounds(v).kind in "iu"


def walked_by_draws(v: Variable) -> tuple[int, ...]:
    """What the loops walk: the keys, and all entries of each in one row."""
    keys = _keys_of(v)
    return (*keys, v.size // math.prod(keys))


def words_of(v: Variable) -> int:
    """How many are made: whole blocks."""
    *keys, count = walked_by_draws(v)
    return math.prod(keys) * -(-count // lanes_of_draws(v)) * _BLOCK


def lanes_of_draws(v: Variable) -> int:
    """The entries that are made of one block."""
    operation: Any = v.operation
    return _DRAWS[operation.name].entries


def _keys_of(v: Variable) -> tuple[int, ...]:
    """The shape of the keys, of a fold that of keys and integers together."""
    operation: Any = v.operation
    return v.shape[:-1] if _DRAWS[operation.name].purpose == FOLDED else v.inputs[0].shape[:-1]


def _dtype_of_bounds(v: Variable) -> np.dtype:
    """That in which NumPy subtracts them, if there are any."""
    return np.result_type(*[u.dtype for u in v.inputs[1:] or v.inputs])


def write_draws(
    v: Variable, memory: Memory, function: Function, code: Code, entries: Entries, part: Part | None
) -> None:
    """The loops over all entries or a part of them; `memory` is where the result lies."""
    it = _Drawing(v, function, code, entries)
    walked = walked_by_draws(v)
    there = Memory(memory.pointer, rows(walked))
    over(function, walked, lanes_of_draws(v), lambda place: entries.store(there, it.entry(place), place), part)


@final
class _Drawing:
    """One operation that is being written."""

    def __init__(self, v: Variable, function: Function, code: Code, entries: Entries):
        operation: Any = v.operation
        self.v, self.function, self.code, self.entries = v, function, code, entries
        self.draw = _DRAWS[operation.name]

    def word(self, number: int) -> Value:
        return self.code.constant(number % 2**64, _WORD)

    def input(self, x: Variable, place: Place) -> Value:
        """An entry of what is broadcast."""
        own = place[len(place) - len(x.shape) :]
        return self.entries.entry(x, tuple([Index() if n == 1 else k for n, k in zip(x.shape, own, strict=True)]))

    def entry(self, place: Place) -> Value:
        """That of a key at an index, or neighbors that are made of one block."""
        *at, index = place
        of_block = self.draw.entries
        first = index.first(self.function)
        block = self.function.emit(f"udiv i64 {first.text}, {of_block}", _WORD, 1, first.level)
        words = self.block(self.code.add(block, self.word(1)), tuple(at))
        begin = index.constant % of_block  # counters go in whole blocks
        end = begin + index.lanes
        return self.draw.value(self, words[begin * _BLOCK // of_block : -(-end * _BLOCK // of_block)], place)

    def block(self, number: Value, at: Place) -> Sequence[Value]:
        """The words of the block of a number: rounds of two products, whose halves change places."""
        code = self.code
        key, *others = self.v.inputs
        keys = [self.input(key, (*at, Index(k))) for k in range(2)]
        data = code.convert(self.input(others[0], at), _WORD) if self.draw.purpose == FOLDED else self.word(0)
        counter = [number, data, self.word(self.draw.purpose), self.word(0)]
        for turn in range(_ROUNDS):
            first, second = (
                code.whole_product(x, self.word(factor)) for x, factor in zip(counter[::2], _FACTORS, strict=True)
            )
            mixed = [code.xor(high, x) for (high, _), x in zip((second, first), counter[1::2], strict=True)]
            turned = [code.add(key, self.word(turn * step)) for key, step in zip(keys, _STEPS, strict=True)]
            a, c = (code.xor(x, key) for x, key in zip(mixed, turned, strict=True))
            counter = [a, second[1], c, first[1]]
        return counter

    def side_by_side(self, values: Sequence[Value]) -> Value:
        return self.function.vector_of(values) if len(values) > 1 else values[0]


# What becomes of words


def _as_they_are(it: _Drawing, words: Sequence[Value], place: Place) -> Value:
    return it.side_by_side(words)


def _quarters(it: _Drawing, words: Sequence[Value], place: Place) -> Value:
    """Of whole words; or some of those of one."""
    index, whole, dtype = place[-1], it.side_by_side(words), it.v.dtype
    lanes = 4 * whole.lanes
    text = f"bitcast {type_of(_WORD, whole.lanes)} {whole.text} to {type_of(dtype, lanes)}"
    return it.function.lanes_of(it.function.emit(text, dtype, lanes, whole.level), index.constant % 4, index.lanes)


def _number(it: _Drawing, words: Sequence[Value], bits: int) -> Value:
    """The first bits of each word as a number, which is not negative."""
    return it.code.convert(it.code.shift_right(it.side_by_side(words), it.word(64 - bits)), INDEX)


def _uniform(it: _Drawing, words: Sequence[Value], place: Place) -> Value:
    dtype = it.v.dtype
    digits = np.finfo(dtype).nmant + 1
    number = it.code.convert(_number(it, words, digits), dtype)
    return it.code.multiply(number, it.code.constant(2.0**-digits, dtype))


def _centered(it: _Drawing, words: Sequence[Value], place: Place) -> Value:
    code, dtype = it.code, it.v.dtype
    number = _number(it, words, 53)
    odd = code.add(code.add(number, number), code.constant(1 - 2**53, INDEX))
    return code.multiply(code.convert(odd, dtype), code.constant(2.0**-54, dtype))


def _integer(it: _Drawing, words: Sequence[Value], place: Place) -> Value:
    """The whole part of a fraction of 128 bits times what lies between the bounds, from the lower one on."""
    code, common = it.code, _dtype_of_bounds(it.v)

    def one(upper: Value, lower: Value, at: Place) -> Value:
        low, high = (it.input(x, at) for x in it.v.inputs[1:])
        span = code.convert(code.subtract(code.convert(high, common), code.convert(low, common)), _WORD)
        carried, _ = code.whole_product(lower, span)
        whole, rest = code.whole_product(upper, span)
        total = code.add(rest, carried)
        more = code.select(code.compare("<", total, rest), it.word(1), it.word(0))
        return code.add(code.add(whole, more), code.convert(code.convert(low, INDEX), _WORD))

    *at, index = place
    pairs = zip(words[::2], words[1::2], strict=True)
    values = [
        one(upper, lower, (*at, *_unraveled(it, index.lane(it.function, k)))) for k, (upper, lower) in enumerate(pairs)
    ]
    return code.convert(it.side_by_side(values), it.v.dtype)


def _unraveled(it: _Drawing, index: Index) -> Place:
    """The place of an entry in the axes that are drawn."""
    function, rest = it.function, index.first(it.function)
    place = []
    for size in reversed(it.v.shape[len(_keys_of(it.v)) :]):
        there = function.emit(f"urem i64 {rest.text}, {size}", INDEX, 1, rest.level)
        rest = function.emit(f"udiv i64 {rest.text}, {size}", INDEX, 1, rest.level)
        place.append(Index.of(Counter(there.text, there)))
    return tuple(reversed(place))


_DRAWS = {
    "random_bits": _Draw(_as_they_are),
    "random_quarters": _Draw(_quarters, entries=16),
    "random_uniform": _Draw(_uniform),
    "random_centered": _Draw(_centered),
    "random_integers": _Draw(_integer, entries=2),
    "random_split": _Draw(_as_they_are, purpose=SPLIT),
    "random_fold": _Draw(_as_they_are, purpose=FOLDED),
}
