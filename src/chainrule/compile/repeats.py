"""Operations that hold graphs, as real loops and branches that call the functions of their bodies.

What a scan carries is written where it was read, if the body allows that; else it goes back and forth between two
places, so that the last step writes the result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from ..graph import Body, Variable
from .emitter import INDEX, Function, Module, Value
from .entries import Memory
from .interruption import STOP
from .kernels import FLAG, SCRATCH
from .memory import ALIGNMENT, bytes_of, rounded


class Unit(Protocol):
    """What is asked of the unit of a body."""

    graph: Any
    layout: Any

    def in_place(self, x: Variable, y: Variable) -> bool: ...


class BodyWriter(Protocol):
    module: Module

    def body(self, body: Body) -> str: ...
    def unit(self, body: Body) -> Unit: ...


UnitOf = Callable[[Body], Unit]


def bodies_of(v: Variable) -> tuple[Body, ...]:
    """The graphs that an operation holds, where it has a native loop or branch; none of any other operation."""
    operation: Any = v.operation
    if operation.name not in _WRITERS:
        return ()
    named = operation.named(v.parameters)
    if operation.name == "scan" and not named["length"]:
        return ()
    return tuple([each for each in v.parameters if type(each) is Body])


def scratch_bytes(v: Variable, unit_of: UnitOf) -> int:
    """For the arena of the bodies, which do not run at once, and a second place for what is carried."""
    arena = max(rounded(unit_of(body).layout.arena_bytes) for body in bodies_of(v))
    return arena + sum(rounded(bytes_of(x)) for x in _carried(v)) + ALIGNMENT


def write_holding(writer: BodyWriter, v: Variable, name: str, memory: Mapping[int, Memory]) -> list[str]:
    """A function of the pointers that it returns: what the operation reads and writes, scratch and flag."""
    pointers = [*dict.fromkeys(each.pointer for each in memory.values()), SCRATCH, FLAG]
    function = writer.module.function(name, [("ptr", pointer.removeprefix("%")) for pointer in pointers])
    operation: Any = v.operation
    at = {n: each.pointer for n, each in memory.items()}
    _WRITERS[operation.name](_Holding(writer, v, function, at), **operation.named(v.parameters))
    return pointers


class _Holding:
    """One operation that is being written."""

    def __init__(self, writer: BodyWriter, v: Variable, function: Function, at: Mapping[int, str]):
        self.writer, self.v, self.function = writer, v, function
        self.inputs = [at[x.number] for x in v.inputs]
        self.results = [at[y.number] for y in v.results]

    def call(self, body: Body, inputs: Sequence[str], outputs: Sequence[str]) -> None:
        unit = self.writer.unit(body)
        places = {v.number: pointer for v, pointer in zip(unit.graph.inputs, inputs, strict=True)}
        places |= {v.number: pointer for v, pointer in zip(unit.graph.outputs, outputs, strict=True)}
        table = [places[unit.layout.holder(v)] for v in unit.layout.table]
        arguments = ", ".join(f"ptr {text}" for text in (SCRATCH, FLAG, *table))
        self.function.do(f"call void @{self.writer.body(body)}({arguments})")

    def is_stopped(self) -> str:
        """Whether somebody wants the call to end, asked now."""
        at = self.function.pointer(f"getelementptr i8, ptr {FLAG}, i64 {STOP}", 0)
        level = self.function.level
        word = self.function.emit_anew(f"load atomic i32, ptr {at} monotonic, align 4", INDEX, 1, level)
        return _compared(self.function, "ne", word, 0, "i32")

    def copy(self, source: str, to: str, size: int) -> None:
        name = "llvm.memcpy.p0.p0.i64"
        self.writer.module.declare(name, "void", ["ptr", "ptr", "i64", "i1"])
        self.function.do(f"call void @{name}(ptr {to}, ptr {source}, i64 {size}, i1 false)")

    def second_places(self, bodies: Sequence[Body]) -> list[str]:
        """Where what is carried can also lie."""
        offset = max(rounded(self.writer.unit(body).layout.arena_bytes) for body in bodies)
        places = []
        for x in _carried(self.v):
            places.append(self.function.pointer(f"getelementptr i8, ptr {SCRATCH}, i64 {offset}", 0))
            offset += rounded(bytes_of(x))
        return places

    def select(self, condition: str, a: str, b: str) -> str:
        level = self.function.level
        return self.function.emit(f"select i1 {condition}, ptr {a}, ptr {b}", INDEX, 1, level).text

    def row(self, pointer: str, number: Value, size: int) -> str:
        function = self.function
        offset = function.emit(f"mul i64 {number.text}, {size}", INDEX, 1, number.level)
        return function.pointer(f"getelementptr i8, ptr {pointer}, i64 {offset.text}", offset.level)


def _scan(it: _Holding, *, body: Body, held: int, carried: int, length: int, reverse: bool, keep: bool) -> None:
    function, unit = it.function, it.writer.unit(body)
    begun, rows = it.inputs[held : held + carried], it.inputs[held + carried :]
    ended, stacked = it.results[:carried], it.results[carried:]
    sizes = [bytes_of(x) for x in unit.graph.inputs]
    sizes_out = [bytes_of(y) for y in unit.graph.outputs]
    over = [
        unit.in_place(x, y) for x, y in zip(unit.graph.inputs[held : held + carried], unit.graph.outputs, strict=False)
    ]
    other = it.second_places([body])
    with function.loop(length) as loop:
        loop.leave_if(it.is_stopped())
        step = loop.index
        is_first = _compared(function, "eq", step, 0)
        number = function.emit(f"sub i64 {length - 1}, {step.text}", INDEX, 1, step.level) if reverse else step
        left = function.emit(f"sub i64 {length - 1}, {step.text}", INDEX, 1, step.level)
        parity = function.emit(f"and i64 {left.text}, 1", INDEX, 1, step.level)
        to_end = _compared(function, "eq", parity, 0)  # an even number of steps is left: this one writes the result
        reads, writes = [], []
        for j in range(carried):
            before = ended[j] if over[j] else it.select(to_end, other[j], ended[j])
            reads.append(it.select(is_first, begun[j], before))
            writes.append(ended[j] if over[j] else it.select(to_end, ended[j], other[j]))
        for j, kept in enumerate(stacked[len(unit.graph.outputs) - carried :] if keep else ()):
            it.copy(reads[j], it.row(kept, number, sizes[held + j]), sizes[held + j])
        taken = [it.row(row, number, size) for row, size in zip(rows, sizes[held + carried :], strict=True)]
        given = [it.row(y, number, size) for y, size in zip(stacked, sizes_out[carried:], strict=False)]
        it.call(body, [*it.inputs[:held], *reads, *taken], [*writes, *given])


def _while(it: _Holding, *, test: Body, body: Body, held: int) -> None:
    function, unit = it.function, it.writer.unit(body)
    shared, state, count = it.inputs[:held], it.results[:-1], it.results[-1]
    sizes = [bytes_of(x) for x in unit.graph.inputs[held:]]
    for source, to, size in zip(it.inputs[held:], state, sizes, strict=True):
        it.copy(source, to, size)
    function.do(f"store i64 0, ptr {count}, align 8")
    other = it.second_places([test, body])
    goes_on = other.pop()
    over = [unit.in_place(x, y) for x, y in zip(unit.graph.inputs[held:], unit.graph.outputs, strict=True)]
    with function.while_loop() as loop:
        it.call(test, [*shared, *state], [goes_on])
        asked = function.emit_anew(f"load i8, ptr {goes_on}, align 1", INDEX, 1, function.level)
        loop.leave_unless(_compared(function, "ne", asked, 0, "i8"))
        loop.leave_if(it.is_stopped())
        it.call(body, [*shared, *state], [y if here else z for y, z, here in zip(state, other, over, strict=True)])
        for y, z, here, size in zip(state, other, over, sizes, strict=True):
            if not here:
                it.copy(z, y, size)
        before = function.emit_anew(f"load i64, ptr {count}, align 8", INDEX, 1, function.level)
        after = function.emit(f"add i64 {before.text}, 1", INDEX, 1, function.level)
        function.do(f"store i64 {after.text}, ptr {count}, align 8")


def _cond(it: _Holding, *, then: Body, otherwise: Body) -> None:
    function = it.function
    p, *xs = it.inputs
    asked = function.emit_anew(f"load i8, ptr {p}, align 1", INDEX, 1, 0)
    with function.branch(_compared(function, "ne", asked, 0, "i8")) as choice:
        it.call(then, xs, it.results)
        choice.otherwise()
        it.call(otherwise, xs, it.results)


def _call(it: _Holding, *, body: Body, **_: Any) -> None:
    it.call(body, it.inputs, it.results)


_WRITERS: dict[str, Callable[..., None]] = {"scan": _scan, "while_loop": _while, "cond": _cond, "call": _call}


def _carried(v: Variable) -> Sequence[Variable]:
    """What a loop carries from step to step: what needs a second place; of a while loop also the answer."""
    operation: Any = v.operation
    named = operation.named(v.parameters)
    if operation.name == "scan":
        return v.inputs[named["held"] : named["held"] + named["carried"]]
    return v.results if operation.name == "while_loop" else ()


def _compared(function: Function, how: str, value: Value, number: int, kind: str = "i64") -> str:
    return function.emit(f"icmp {how} {kind} {value.text}, {number}", INDEX, 1, value.level).text
