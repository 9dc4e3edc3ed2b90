"""The entry of a variable at an index: read from memory, or computed from the entries of its parents.

Movement costs nothing here: a transpose, a slice or a broadcast only changes the index that its parent is read at.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, final

from ..graph import Variable
from ..ops.native import is_before
from ..original import np
from .code import Code
from .emitter import BOOL, INDEX, Function, Value, scalar_type, type_of
from .index import Counter, Index

Place = tuple[Index, ...]  # an index for every axis


class Memory(NamedTuple):
    """Where an array lies, row by row: the text of a pointer that is known in the whole function."""

    pointer: str
    strides: tuple[int, ...]  # [entries]


def rows(shape: Sequence[int]) -> tuple[int, ...]:
    """The strides of an array that lies row by row."""
    return tuple(math.prod(shape[k + 1 :]) for k in range(len(shape)))


@final
class Entries:
    """Writes into one function what the entries of variables are.

    Parameters
    ----------
    memory : mapping
        Where the variables lie that are in memory, by number.
    flag : str, optional
        A pointer to a byte that becomes 1 where the call has to be computed anew, with care.
    """

    __slots__ = ("_known", "code", "flag", "function", "memory")

    def __init__(self, function: Function, code: Code, memory: Mapping[int, Memory], flag: str | None = None):
        self.function, self.code, self.memory, self.flag = function, code, memory, flag
        self._known: dict[Any, Value] = {}  # what loops hand over, beside what the function knows by itself

    def know(self, v: Variable, place: Place, value: Value) -> None:
        """Let the entry at a place be a value that the loop has made."""
        self._known[v.number, *[each.key() for each in place]] = value

    def entry(self, v: Variable, place: Place) -> Value:
        key = (v.number, *[each.key() for each in place])
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._made(v, place)
        return known

    def _made(self, v: Variable, place: Place) -> Value:
        memory = self.memory.get(v.number)
        if memory is not None:
            return self.load(memory, v.dtype, place)
        if v.is_constant:
            return self.code.constant(v.value.item(), v.dtype)
        operation: Any = v.operation
        if operation.kind == "elementwise":
            dtypes = operation.promote(tuple([u.dtype for u in v.inputs]))
            values = [
                self.code.convert(self.entry(u, self._broadcast(u, place)), dtype)
                for u, dtype in zip(v.inputs, dtypes, strict=False)
            ]
            return self.code.convert(operation.native(self.code, *values), v.dtype)
        if operation.name == "take":
            return self._taken(v, place, operation.named(v.parameters)["axis"], along=False)
        if operation.name == "take_along_axis":
            return self._taken(v, place, operation.named(v.parameters)["axis"], along=True)
        if operation.name == "searchsorted":
            return self._looked_up(v, place, operation.named(v.parameters)["side"])
        if operation.name in TRIANGLES:
            return self._in_triangle(v, place, operation.named(v.parameters)["offset"])
        (x,) = v.inputs
        moved = MOVEMENTS[operation.name](x, place, **operation.named(v.parameters))
        value = self.entry(x, moved)
        return self.code.convert(value, v.dtype)

    def step(self, v: Variable, place: Place) -> int | None:
        """How far apart lanes lie in memory [entries]; None where they are computed, or only memory knows."""
        memory = self.memory.get(v.number)
        if memory is not None:
            flat = self._flat(memory, place)
            return None if flat.is_scattered else flat.step
        operation: Any = v.operation
        if operation is None or operation.name not in MOVEMENTS:
            return None
        (x,) = v.inputs
        return self.step(x, MOVEMENTS[operation.name](x, place, **operation.named(v.parameters)))

    def _taken(self, v: Variable, place: Place, axis: int, along: bool) -> Value:
        """What is read at an index that is itself read, of each row if `along`; out of bounds is noted."""
        x, indices = v.inputs
        index = self.code.convert(self.entry(indices, place if along else (place[axis],)), INDEX)
        inside = self.within(index, x.shape[axis])
        return self.entry(x, (*place[:axis], _read_index(inside), *place[axis + 1 :]))

    def _looked_up(self, v: Variable, place: Place, side: str) -> Value:
        """How many entries of a sorted vector come before a value, by halves; nan comes last."""
        code = self.code
        row, values = v.inputs
        (size,) = row.shape
        dtype = np.result_type(row.dtype, values.dtype)
        if dtype.kind == "b":
            dtype = np.dtype(np.int8)
        value = code.convert(self.entry(values, place), dtype)
        length, one, found = (code.constant(k, INDEX) for k in (size, 1, 0))
        for step in (1 << k for k in reversed(range(size.bit_length()))):
            further = code.add(found, code.constant(step, INDEX))
            inside = code.compare("<=", further, length)
            at = code.subtract(code.select(inside, further, length), one)
            entry = code.convert(self.entry(row, (_read_index(at),)), dtype)
            goes_on = is_before(code, entry, value)
            if side == "right":
                goes_on = code.logical_not(is_before(code, value, entry))
            found = code.select(code.logical_and(inside, goes_on), further, found)
        return found

    def _in_triangle(self, v: Variable, place: Place, offset: int) -> Value:
        """An entry of a triangle, and zero outside."""
        operation: Any = v.operation
        column, row = place[-1].value(self.function), (place[-2] + offset).value(self.function)
        inside = self.code.compare(TRIANGLES[operation.name], column, row)
        return self.code.select(inside, self.entry(v.inputs[0], place), self.code.constant(0, v.dtype))

    def within(self, index: Value, size: int) -> Value:
        """An index that has been read, with those that count from the end; noted where it is out of bounds."""
        code, zero = self.code, self.code.constant(0, INDEX)
        length = code.constant(size, INDEX)
        index = code.select(code.compare("<", index, zero), code.add(index, length), index)
        below = code.compare("<", index, zero)
        outside = code.logical_or(below, code.compare(">=", index, length))
        self.note(outside)
        return code.select(outside, zero, index)

    def note(self, wrong: Value) -> None:
        """Let the call be computed anew, with care, where any lane is true."""
        assert self.flag is not None
        function, lanes = self.function, wrong.lanes
        text = wrong.text
        if lanes > 1:
            kind = type_of(BOOL, lanes)
            name = f"llvm.vector.reduce.or.v{lanes}i1"
            function.module.declare(name, "i1", [kind])
            text = function.emit(f"call i1 @{name}({kind} {text})", BOOL, 1, wrong.level).text
        wide = function.emit(f"zext i1 {text} to i8", BOOL, 1, wrong.level).text
        before, after = (f"%{function.fresh('flag')}" for _ in range(2))
        body = function.bodies[wrong.level]
        body.lines.append(f"  {before} = load i8, ptr {self.flag}, align 1")
        body.lines.append(f"  {after} = or i8 {before}, {wide}")
        body.lines.append(f"  store i8 {after}, ptr {self.flag}, align 1")

    @staticmethod
    def _broadcast(x: Variable, place: Place) -> Place:
        own = place[len(place) - len(x.shape) :]
        return tuple([Index() if size == 1 else index for size, index in zip(x.shape, own, strict=True)])

    # Memory

    def _flat(self, memory: Memory, place: Place) -> Index:
        flat = Index()
        for index, stride in zip(place, memory.strides, strict=True):
            flat += index * stride
        return flat

    def _pointer(self, memory: Memory, dtype: Any, flat: Index) -> tuple[str, int]:
        """A pointer to the entry of the first lane, and its level; those a constant apart begin alike."""
        first = Index(0, flat.terms).first(self.function)
        pointer, one = memory.pointer, "i8" if dtype == BOOL else scalar_type(dtype)
        if first.text != "0":
            pointer = self.function.pointer(f"getelementptr {one}, ptr {pointer}, i64 {first.text}", first.level)
        if flat.constant:
            pointer = self.function.pointer(f"getelementptr {one}, ptr {pointer}, i64 {flat.constant}", first.level)
        return pointer, first.level

    def address(self, memory: Memory, dtype: Any, place: Place) -> str:
        """A pointer to an entry."""
        return self._pointer(memory, dtype, self._flat(memory, place))[0]

    def load(self, memory: Memory, dtype: Any, place: Place, anew: bool = False) -> Value:
        """What lies at a place; `anew`: now, after what has been stored before in the same function."""
        flat = self._flat(memory, place)
        if flat.step in (0, 1) and not flat.is_scattered:
            return self._loaded(*self._pointer(memory, dtype, flat), dtype, flat.lanes if flat.step else 1, anew)
        scalars = []
        for number in range(flat.lanes):
            pointer, level = self._pointer(memory, dtype, flat.lane(self.function, number))
            scalars.append(self._loaded(pointer, level, dtype, 1, anew))
        return self.function.vector_of(scalars)

    def _loaded(self, pointer: str, level: int, dtype: Any, lanes: int, anew: bool) -> Value:
        function = self.function
        emit = function.emit_anew if anew else function.emit
        level = function.level if anew else level
        if dtype != BOOL:
            text = f"load {type_of(dtype, lanes)}, ptr {pointer}, align {dtype.itemsize}"
            return emit(text, dtype, lanes, level)
        bytes_type = "i8" if lanes == 1 else f"<{lanes} x i8>"
        raw = emit(f"load {bytes_type}, ptr {pointer}, align 1", dtype, lanes, level)
        zero = "0" if lanes == 1 else "zeroinitializer"
        return function.emit(f"icmp ne {bytes_type} {raw.text}, {zero}", BOOL, lanes, level)

    def store(self, memory: Memory, value: Value, place: Place) -> None:
        """Into neighboring entries, or one."""
        flat, function = self._flat(memory, place), self.function
        if flat.is_scattered or flat.step not in (0, 1):
            for number in range(flat.lanes):
                each = tuple([index.lane(function, number) for index in place])
                self.store(memory, function.lane(value, number), each)
            return
        pointer, _ = self._pointer(memory, value.dtype, flat)
        lanes = flat.lanes if flat.step else 1
        text = function.splat(value, lanes)
        if value.dtype == BOOL:
            wide = "i8" if lanes == 1 else f"<{lanes} x i8>"
            narrow = type_of(BOOL, lanes)
            text = function.emit(f"zext {narrow} {text} to {wide}", BOOL, lanes, function.level).text
            function.do(f"store {wide} {text}, ptr {pointer}, align 1")
            return
        function.do(f"store {type_of(value.dtype, lanes)} {text}, ptr {pointer}, align {value.dtype.itemsize}")


def _read_index(value: Value) -> Index:
    """An index that only memory knows."""
    return Index.of(Counter(value.text, value, value.lanes))


# Movement: the place in the parent, for a place in the result.


def _transposed(x: Variable, place: Place, *, axes: tuple[int, ...]) -> Place:
    moved = list(place)
    for k, axis in enumerate(axes):
        moved[axis] = place[k]
    return tuple(moved)


def _broadcast_to(x: Variable, place: Place, *, shape: tuple[int, ...]) -> Place:
    return Entries._broadcast(x, place)


def _window(x: Variable, place: Place, *, windows: tuple[tuple[int, int, int], ...]) -> Place:
    return tuple([index * step + start for (start, step, _), index in zip(windows, place, strict=True)])


def _element(x: Variable, place: Place, *, index: tuple[int, ...]) -> Place:
    return tuple([Index(k) for k in index])


def _same(x: Variable, place: Place, **_: Any) -> Place:
    return place


def _reshaped(x: Variable, place: Place, *, shape: tuple[int, ...]) -> Place:
    """Only axes of size 1 come and go: others are merged by memory, which is one row."""
    own = iter([index for index, size in zip(place, shape, strict=True) if size != 1])
    return tuple([Index() if size == 1 else next(own) for size in x.shape])


def _contracted(x: Variable, place: Place, *, labels: Any, out: tuple[int, ...], absorbing: Any) -> Place:
    """A diagonal, or axes in another order: each name once in the result."""
    at = dict(zip(out, place, strict=True))
    return tuple([at[n] for n in labels[0]])


TRIANGLES = {"tril": "<=", "triu": ">="}  # where the column is, seen from the row

MOVEMENTS = {
    "einsum": _contracted,
    "transpose": _transposed,
    "broadcast_to": _broadcast_to,
    "window": _window,
    "element": _element,
    "tag": _same,
    "stop_gradient": _same,
    "convert": _same,
    "reshape": _reshaped,
}


def only_moves(v: Variable) -> bool:
    """Whether a variable need not be in memory: it is another way to read its parent."""
    operation: Any = v.operation
    if operation is None or operation.name not in MOVEMENTS or operation.name == "convert":
        return False
    if operation.name == "einsum":
        named = operation.named(v.parameters)
        names = {n for each in named["labels"] for n in each}
        return len(v.inputs) == 1 and names == set(named["out"]) and len(names) == len(named["out"])
    if operation.name == "reshape":
        (x,) = v.inputs
        return [n for n in x.shape if n != 1] == [n for n in v.shape if n != 1]
    return True
