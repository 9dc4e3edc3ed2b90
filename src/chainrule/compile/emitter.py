"""A small writer of LLVM's text: typed values, explicit vectors, structured loops that carry values.

A value knows how many lanes it has and how deep in the loops it was made. What an instruction is made of decides where
it goes: to the deepest loop that its operands need, so that no loop computes again what it does not change.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, final

from ..original import np

INDEX = np.dtype(np.int64)
BOOL = np.dtype(bool)
_STACK_ALIGNMENT = 64  # bytes, of the widest vector


class Value(NamedTuple):
    """The result of an instruction, a parameter or a literal.

    Attributes
    ----------
    lanes : int
        1 for a scalar: the same in all lanes of a vector that it meets.
    level : int
        The depth of the loop in which it is known; 0 in the function's own body.
    """

    text: str
    dtype: np.dtype
    lanes: int = 1
    level: int = 0


def scalar_type(dtype: np.dtype) -> str:
    """LLVM's name for one lane in a register."""
    if dtype.kind == "f":
        return {2: "half", 4: "float", 8: "double"}[dtype.itemsize]
    return "i1" if dtype.kind == "b" else f"i{8 * dtype.itemsize}"


def type_of(dtype: np.dtype, lanes: int) -> str:
    one = scalar_type(dtype)
    return one if lanes == 1 else f"<{lanes} x {one}>"


def literal(number: Any, dtype: np.dtype) -> str:
    """A number as LLVM writes it, to the last bit."""
    if dtype.kind == "f":
        return f"0x{struct.unpack('<Q', struct.pack('<d', float(dtype.type(number))))[0]:016X}"
    if dtype.kind == "b":
        return "true" if number else "false"
    return str(int(number))


@final
class _Body:
    """The instructions of one loop, or of the function itself."""

    __slots__ = ("known", "label", "lines")

    def __init__(self, label: str):
        self.label = label  # of the block that is being written
        self.lines: list[str] = []
        self.known: dict[Any, Value] = {}


@final
class Module:
    """Functions, and the declarations that they need."""

    def __init__(self) -> None:
        self.functions: list[Function] = []
        self.declarations: dict[str, str] = {}
        self.globals: list[str] = []

    def function(
        self, name: str, parameters: Sequence[tuple[str, str]], internal: bool = True, returns: str = "void"
    ) -> Function:
        """`parameters` are pairs of LLVM type and name."""
        made = Function(self, name, parameters, internal, returns)
        self.functions.append(made)
        return made

    def declare(self, name: str, result: str, parameters: Sequence[str]) -> None:
        self.declarations[name] = f"declare {result} @{name}({', '.join(parameters)})"

    def __str__(self) -> str:
        parts = [*self.globals, *map(str, self.functions), *self.declarations.values()]
        return "\n".join(parts) + '\nattributes #0 = { nounwind "prefer-vector-width"="512" }\n'


@final
class Function:
    """A function that is being written.

    Attributes
    ----------
    result : str
        What it returns, with its type.
    """

    def __init__(self, module: Module, name: str, parameters: Sequence[tuple[str, str]], internal: bool, returns: str):
        self.module, self.name, self.parameters, self.internal = module, name, list(parameters), internal
        self.returns, self.result = returns, "void"
        self.bodies = [_Body("entry")]
        self._allocations: list[str] = []
        self._count = 0

    def __str__(self) -> str:
        parameters = ", ".join(f"{type} %{name}" for type, name in self.parameters)
        linkage = "internal " if self.internal else ""
        lines = "\n".join([*self._allocations, *self.bodies[0].lines])
        head = f"define {linkage}{self.returns} @{self.name}({parameters}) #0"
        return f"{head} {{\nentry:\n{lines}\n  ret {self.result}\n}}"

    # Instructions

    @property
    def level(self) -> int:
        """Of the innermost loop that is open."""
        return len(self.bodies) - 1

    def fresh(self, hint: str = "t") -> str:
        self._count += 1
        return f"{hint}{self._count}"

    def emit(self, text: str, dtype: np.dtype, lanes: int, level: int) -> Value:
        """An instruction whose result depends on its text alone; equal ones are one."""
        for body in reversed(self.bodies[: level + 1]):
            known = body.known.get(text)
            if known is not None:
                return known
        return self.emit_anew(text, dtype, lanes, level)

    def emit_anew(self, text: str, dtype: np.dtype, lanes: int, level: int) -> Value:
        """One whose result depends on when it runs, such as a load."""
        body = self.bodies[level]
        value = Value(f"%{self.fresh()}", dtype, lanes, level)
        body.lines.append(f"  {value.text} = {text}")
        body.known[text] = value
        return value

    def do(self, text: str) -> None:
        """An instruction without result, in the innermost loop."""
        self.bodies[-1].lines.append(f"  {text}")

    def pointer(self, text: str, level: int) -> str:
        """An instruction that gives a pointer."""
        return self.emit(text, INDEX, 1, level).text

    def allocate(self, dtype: np.dtype, count: int) -> str:
        """A pointer to memory on the stack, as long as the function runs."""
        pointer = f"%{self.fresh('stack')}"
        self._allocations.append(f"  {pointer} = alloca [{count} x {scalar_type(dtype)}], align {_STACK_ALIGNMENT}")
        return pointer

    # Lanes

    def splat(self, value: Value, lanes: int) -> str:
        """The text of a scalar as a vector of equal lanes."""
        if value.lanes == lanes:
            return value.text
        assert value.lanes == 1
        one = scalar_type(value.dtype)
        if not value.text.startswith("%"):
            return f"splat ({one} {value.text})"
        vector = type_of(value.dtype, lanes)
        first = self.emit(
            f"insertelement {vector} poison, {one} {value.text}, i64 0", value.dtype, lanes, value.level
        ).text
        mask = f"<{lanes} x i32> zeroinitializer"
        return self.emit(
            f"shufflevector {vector} {first}, {vector} poison, {mask}", value.dtype, lanes, value.level
        ).text

    def lane(self, value: Value, number: int) -> Value:
        if value.lanes == 1:
            return value
        text = f"extractelement {type_of(value.dtype, value.lanes)} {value.text}, i64 {number}"
        return self.emit(text, value.dtype, 1, value.level)

    def lanes_of(self, value: Value, first: int, count: int) -> Value:
        """Some neighboring lanes."""
        if count == 1:
            return self.lane(value, first)
        vector = type_of(value.dtype, value.lanes)
        mask = ", ".join(f"i32 {first + k}" for k in range(count))
        text = f"shufflevector {vector} {value.text}, {vector} poison, <{count} x i32> <{mask}>"
        return self.emit(text, value.dtype, count, value.level)

    def widened(self, value: Value, lanes: int, beyond: Value) -> Value:
        """A vector with more lanes, of which the new ones hold a number."""
        if value.lanes == lanes:
            return value
        vector, count = type_of(value.dtype, value.lanes), value.lanes
        if count == 1:
            return self.vector_of([value, *[beyond] * (lanes - 1)])
        mask = ", ".join(f"i32 {k if k < count else count}" for k in range(lanes))
        pair = f"{vector} {value.text}, {vector} {self.splat(beyond, count)}"
        text = f"shufflevector {pair}, <{lanes} x i32> <{mask}>"
        return self.emit(text, value.dtype, lanes, max(value.level, beyond.level))

    def vector_of(self, scalars: Sequence[Value]) -> Value:
        """A vector from its lanes."""
        dtype, lanes = scalars[0].dtype, len(scalars)
        vector, one = type_of(dtype, lanes), scalar_type(dtype)
        level = max(each.level for each in scalars)
        text = "poison"
        for number, each in enumerate(scalars):
            text = self.emit(
                f"insertelement {vector} {text}, {one} {each.text}, i64 {number}", dtype, lanes, level
            ).text
        return Value(text, dtype, lanes, level)

    def transposed(self, rows: Sequence[Value]) -> list[Value]:
        """The columns of a square matrix whose rows are vectors: ever smaller blocks are exchanged."""
        rows, lanes = list(rows), len(rows)
        level = max(each.level for each in rows)
        kind, size = type_of(rows[0].dtype, lanes), lanes // 2
        while size:
            # Numbers from `lanes` on are lanes of the second of a pair.
            upper = [k if not k & size else k - size + lanes for k in range(lanes)]
            lower = [k + size if not k & size else k + lanes for k in range(lanes)]
            for i in range(lanes):
                if not i & size:
                    pair = f"{kind} {rows[i].text}, {kind} {rows[i + size].text}"
                    for at, choice in ((i, upper), (i + size, lower)):
                        mask = ", ".join(f"i32 {k}" for k in choice)
                        text = f"shufflevector {pair}, <{lanes} x i32> <{mask}>"
                        rows[at] = self.emit(text, rows[at].dtype, lanes, level)
            size //= 2
        return rows

    def aligned(self, *values: Value) -> tuple[list[str], int, int]:
        """The operands of one instruction: their texts in as many lanes as the widest has, these, and its level."""
        lanes, level = max(v.lanes for v in values), max(v.level for v in values)
        return [self.splat(v, lanes) for v in values], lanes, level

    # Loops

    @contextmanager
    def loop(self, stop: int | Value, step: int = 1, start: int | Value = 0) -> Iterator[_Loop]:
        """Count from `start` in steps while below `stop`; at least once."""
        loop = _Loop(self, self.fresh("loop"))
        self.bodies.append(_Body(loop.label))
        loop.index = Value(f"%{loop.label}.i", INDEX, 1, self.level)
        yield loop
        body = self.bodies.pop()
        outer = self.bodies[-1]
        label, index = loop.label, loop.index.text
        limit, first = (str(each) if isinstance(each, int) else each.text for each in (stop, start))
        head = [f"  br label %{label}", f"{label}:"]
        head.append(f"  {index} = phi i64 [{first}, %{outer.label}], [{index}.next, %{body.label}]")
        for carried in loop.carried:
            kind = type_of(carried.dtype, carried.lanes)
            assert carried.next is not None, "a carried value that no step changes"
            head.append(
                f"  {carried.text} = phi {kind} [{carried.first}, %{outer.label}], [{carried.next}, %{body.label}]"
            )
        tail = [
            f"  {index}.next = add i64 {index}, {step}",
            f"  {index}.more = icmp slt i64 {index}.next, {limit}",
            f"  br i1 {index}.more, label %{label}, label %{label}.end",
            f"{label}.end:",
        ]
        outer.lines += [*head, *body.lines, *tail]
        outer.label = f"{label}.end"

    @contextmanager
    def while_loop(self) -> Iterator[_While]:
        """Instructions again and again, until `leave_unless` is told otherwise."""
        label = self.fresh("while")
        self.bodies.append(_Body(label))
        loop = _While(self, label)
        yield loop
        body = self.bodies.pop()
        outer = self.bodies[-1]
        outer.lines += [f"  br label %{label}", f"{label}:", *body.lines, f"  br label %{label}", f"{label}.end:"]
        outer.label = f"{label}.end"

    @contextmanager
    def branch(self, condition: str) -> Iterator[_Branch]:
        """Instructions that run where a condition holds, and after `otherwise` those that run where not."""
        label = self.fresh("branch")
        self.bodies.append(_Body(f"{label}.then"))
        choice = _Branch(self, label)
        yield choice
        body = self.bodies.pop()
        outer = self.bodies[-1]
        outer.lines += [
            f"  br i1 {condition}, label %{label}.then, label %{label}.else",
            f"{label}.then:",
            *choice.first,
            f"  br label %{label}.end",
            f"{label}.else:",
            *body.lines,
            f"  br label %{label}.end",
            f"{label}.end:",
        ]
        outer.label = f"{label}.end"


@final
class _While:
    def __init__(self, function: Function, label: str):
        self.function, self.label = function, label

    def leave_unless(self, condition: str) -> None:
        _leave(self.function, self.label, condition, where=False)

    def leave_if(self, condition: str) -> None:
        _leave(self.function, self.label, condition, where=True)


def _leave(function: Function, label: str, condition: str, where: bool) -> None:
    """Go to the end of a loop where a condition is true, or is not."""
    body, on, end = function.bodies[-1], function.fresh(f"{label}.on"), f"{label}.end"
    first, second = (end, on) if where else (on, end)
    body.lines += [f"  br i1 {condition}, label %{first}, label %{second}", f"{on}:"]
    body.label = on


@final
class _Branch:
    def __init__(self, function: Function, label: str):
        self.function, self.label = function, label
        self.first: list[str] = []

    def otherwise(self) -> None:
        self.first = self.function.bodies.pop().lines
        self.function.bodies.append(_Body(f"{self.label}.else"))


class _Carried:
    """A value that a loop hands from step to step."""

    def __init__(self, text: str, first: str, dtype: np.dtype, lanes: int):
        self.text, self.first, self.dtype, self.lanes = text, first, dtype, lanes
        self.next: str | None = None


@final
class _Loop:
    def __init__(self, function: Function, label: str):
        self.function, self.label = function, label
        self.index: Value = Value("", INDEX)
        self.carried: list[_Carried] = []

    def leave_if(self, condition: str) -> None:
        """Go to the end of the loop, which carries no values."""
        assert not self.carried
        _leave(self.function, self.label, condition, where=True)

    def carry(self, first: Value, lanes: int) -> tuple[Value, Callable[[Value], Value]]:
        """A carried value within the loop, and how to set the next: which gives what it is after the loop.

        `first` is known before the loop.
        """
        function = self.function
        carried = _Carried(f"%{self.label}.c{len(self.carried)}", function.splat(first, lanes), first.dtype, lanes)
        self.carried.append(carried)
        level = function.level

        def set_next(value: Value) -> Value:
            carried.next = function.splat(value, lanes)
            return Value(carried.next, value.dtype, lanes, min(value.level, level - 1))

        return Value(carried.text, first.dtype, lanes, level), set_next
