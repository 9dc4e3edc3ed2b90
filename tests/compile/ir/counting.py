"""Counts the traffic of a module without values: addresses are sums of loop counters times factors.

A loop is not run: each access in it stands for all of its steps at once. Only a loop that calls functions is run step
by step, with a number for its counter. What depends on data (a branch, an index that is read) is refused.
"""

import math
import operator
from typing import NamedTuple

import numpy as np

from .parsing import SHARE, Branch, Instruction, Leave, Loop, allocated, parsed, size_of, split, typed
from .traffic import KernelCall


class DependsOnData(Exception):
    """An address or a decision that only values tell."""


class Range(NamedTuple):
    """A loop's counter."""

    name: str
    start: int
    stop: int
    step: int

    @property
    def count(self):
        return -(-(self.stop - self.start) // self.step)


class Affine(NamedTuple):
    """A number: a constant plus counters times factors; or an address, in a buffer."""

    constant: int
    terms: tuple = ()  # of (Range, factor)
    buffer: str | None = None

    def plus(self, other, sign=1):
        terms = dict(self.terms)
        for counter, factor in other.terms:
            terms[counter] = terms.get(counter, 0) + sign * factor
        kept = tuple((c, f) for c, f in terms.items() if f)
        return Affine(self.constant + sign * other.constant, kept, self.buffer or other.buffer)

    def times(self, factor):
        return Affine(self.constant * factor, tuple((c, f * factor) for c, f in self.terms if factor))

    def values(self):
        """All that it takes, each counter in its range."""
        result = np.array([self.constant])
        for counter, factor in self.terms:
            steps = factor * np.arange(counter.start, counter.stop, counter.step)
            result = np.unique(np.add.outer(result, steps))
        return result


def counted(program):
    """The calls of the functions of a program."""
    layout = program.layout
    sizes = {f"array{k}": v.size * v.dtype.itemsize for k, v in enumerate(layout.table)}
    sizes |= {"arena": max(layout.arena_bytes, 1), "flag": 16, "table": 8 * (len(layout.table) + 1)}
    counter = _Counter(program.text, sizes, [*list(sizes)[: len(layout.table)], "flag"])
    for number, kernels in enumerate(program.segments):
        if kernels[0].kind != "numpy":
            counter.call(f"segment{number}", [Affine(0, buffer="arena"), Affine(0, buffer="table")])
    return counter.calls


class _Counter:
    def __init__(self, text, sizes, table):
        self.functions, self.sizes, self.calls = parsed(text), sizes, []
        self.pointers = {("table", 8 * k): Affine(0, buffer=name) for k, name in enumerate(table)}  # that lie in memory

    def call(self, name, arguments):
        function, call = self.functions[name], KernelCall(name)
        self.calls.append(call)
        names = dict(zip([f"%{name.removeprefix('%')}" for _, name in function.parameters], arguments, strict=True))
        self.items(function.items, names, call, ())

    def items(self, items, names, call, loops):
        for item in items:
            if isinstance(item, Instruction):
                value = self.instruction(item, names, call, loops)
                if item.result is not None:
                    names[item.result] = value
            elif isinstance(item, Loop):
                self.loop(item, names, call, loops)
            elif isinstance(item, Branch):
                self.branch(item, names, call, loops)
            elif isinstance(item, Leave):  # where somebody wants the call to end
                pass
            else:
                raise DependsOnData(type(item).__name__)

    def branch(self, branch, names, call, loops):
        condition = self.value(branch.condition, names)
        if condition is not None and not condition.terms:
            self.items(branch.then if condition.constant else branch.otherwise, names, call, loops)
        elif not all(isinstance(each, Instruction) and each.opcode == "atomicrmw" for each in branch.then):
            raise DependsOnData("a branch")  # one that may tell that care is needed is left out

    def loop(self, loop, names, call, loops):
        limit = self.number(loop.limit, names)
        counter = Range(f"{call.name} {loop.index.result}", self.number(loop.index.first, names), limit, loop.step)
        for phi in loop.phis:
            names[phi.result] = None
        if _calls(loop.items):
            if loops:
                raise DependsOnData("a call within a loop that is not run")
            for step in range(counter.start, counter.stop, counter.step):
                names[loop.index.result] = Affine(step)
                self.items(loop.items, names, call, loops)
            return
        names[loop.index.result] = Affine(0, ((counter, 1),))
        self.items(loop.items, names, call, (*loops, counter))

    def number(self, text, names):
        value = self.value(text, names)
        if value is None or value.terms:
            raise DependsOnData(text)
        return value.constant

    def value(self, text, names):
        """What is known of an operand: None where that is nothing."""
        if text.startswith("%"):
            return names[text]
        if text in ("true", "false"):
            return Affine(int(text == "true"))
        if text == "null":
            return Affine(0, buffer="null")
        return Affine(int(text)) if text.lstrip("-").isdigit() else None

    def access(self, pointer, size, stores, call, loops):
        if pointer is None:
            raise DependsOnData("an address")
        times = math.prod(each.count for each in loops)
        traffic = call.of(pointer.buffer, self.sizes[pointer.buffer])
        offsets = pointer.values()
        assert offsets[0] >= 0 and offsets[-1] + size <= traffic.size, f"beyond the end of {pointer.buffer}"
        traffic.add(offsets, size, times, stores)

    def instruction(self, it, names, call, loops):
        opcode, rest = it.opcode, it.rest
        if opcode == "load":
            kind, pointer, *_ = split(rest.removeprefix("atomic ").replace(" monotonic", ""))
            address = self.value(typed(pointer)[1], names)
            self.access(address, size_of(kind), False, call, loops)
            return self.pointers.get((address.buffer, address.constant)) if kind == "ptr" else None
        if opcode == "store":
            what, pointer, *_ = split(rest)
            address, (kind, value) = self.value(typed(pointer)[1], names), typed(what)
            self.access(address, size_of(kind), True, call, loops)
            if kind == "ptr":
                self.pointers[address.buffer, address.constant] = self.value(value, names)
            return None
        if opcode == "alloca":
            name = f"stack{len(self.sizes)}"
            self.sizes[name] = allocated(rest)
            return Affine(0, buffer=name)
        if opcode == "getelementptr":
            kind, pointer, index = split(rest)
            base, offset = (self.value(typed(each)[1], names) for each in (pointer, index))
            return None if base is None or offset is None else base.plus(offset.times(size_of(kind)))
        if opcode == "call":
            return self.called(rest, names, call, loops)
        if opcode == "select":
            condition, a, b = (self.value(typed(each)[1], names) for each in split(rest))
            return None if condition is None or condition.terms else a if condition.constant else b
        if opcode in ("add", "sub", "mul", "and", "icmp") and not rest.partition("<")[0].strip().endswith("x"):
            return self.computed(opcode, rest, names)
        return None

    def computed(self, opcode, rest, names):
        """Of integers that are known."""
        how = ""
        if opcode == "icmp":
            how, _, rest = rest.partition(" ")
        first, second = split(rest)
        kind, first = typed(first)
        a, b = self.value(first, names), self.value(second, names)
        if a is None or b is None or kind.startswith("<"):
            return None
        if opcode in ("add", "sub"):
            return a.plus(b, 1 if opcode == "add" else -1)
        if opcode == "mul":
            return b.times(a.constant) if not a.terms else a.times(b.constant) if not b.terms else None
        if a.terms or b.terms:
            return None
        if opcode == "and":
            return Affine(a.constant & b.constant)
        return Affine(int(_COMPARED[how](a.constant, b.constant))) if how in _COMPARED else None

    def called(self, rest, names, call, loops):
        head, _, arguments = rest.partition("(")
        name = head.partition("@")[2]
        values = [self.value(typed(each)[1], names) for each in split(arguments.removesuffix(")"))]
        if name.startswith("llvm.memcpy"):
            to, source, size, _ = values
            self.access(to, size.constant, True, call, loops)
            self.access(source, size.constant, False, call, loops)
        elif name == SHARE:
            piece = typed(split(arguments)[0])[1]
            self.call(piece[1:], [values[1], Affine(0), values[2], Affine(0)])
        elif not name.startswith("llvm."):
            if name not in self.functions:
                raise DependsOnData("what LAPACK moves")
            self.call(name, values)
        return None


_COMPARED = {"eq": operator.eq, "ne": operator.ne, "slt": operator.lt}


def _calls(items):
    """Whether functions of the module are called in some items."""
    return any(
        each.opcode == "call" and "@llvm." not in each.rest
        if isinstance(each, Instruction)
        else isinstance(each, Loop) and _calls(each.items)
        for each in items
    )
