"""Runs the text of a module on NumPy memory: each function becomes one of Python.

Every access is checked against the buffers that there are, and counted. Floating numbers are NumPy's, integers Python's
(wrapped), vectors NumPy arrays.
"""

import bisect
import ctypes
import re
import struct

import numpy as np

from chainrule.compile import lapack_loader

from .parsing import (
    SHARE,
    Branch,
    Instruction,
    Leave,
    Loop,
    While,
    allocated,
    lanes_and_scalar,
    parsed,
    size_of,
    split,
    typed,
)
from .traffic import KernelCall

_DTYPES = {
    "i1": np.bool_,
    "i8": np.int8,
    "i16": np.int16,
    "i32": np.int32,
    "i64": np.int64,
    "half": np.float16,
    "float": np.float32,
    "double": np.float64,
}
_GAP = 1 << 20  # between buffers: what runs over one end does not reach the next


class Memory:
    """Buffers at made-up addresses."""

    def __init__(self):
        self.starts, self.names, self.arrays = [], [], []
        self.calls = []  # all that have been begun, in order
        self.running = []

    def add(self, name, array):
        """The address of a new buffer, which is this array's memory."""
        start = _GAP * (1 + (self.starts[-1] + self.arrays[-1].size) // _GAP) if self.starts else _GAP
        self.starts.append(start)
        self.names.append(name)
        self.arrays.append(array.reshape(-1).view(np.uint8))
        return start

    def at(self, address, size, stores):
        """The bytes at an address, counted."""
        k = bisect.bisect_right(self.starts, address) - 1
        assert k >= 0, address
        offset, array = address - self.starts[k], self.arrays[k]
        assert offset + size <= array.size, f"{size} bytes at {offset} of {self.names[k]}, which has {array.size}"
        self.running[-1].of(self.names[k], array.size).add(np.array([offset]), size, 1, stores)
        return array[offset : offset + size]

    def pointer(self, address):
        """The real address."""
        k = bisect.bisect_right(self.starts, address) - 1
        return self.arrays[k].ctypes.data + address - self.starts[k]

    def load(self, address, kind):
        lanes, scalar = lanes_and_scalar(kind)
        if scalar == "ptr":
            return int(self.at(address, 8, False).view(np.int64)[0])
        values = self.at(address, size_of(kind), False).copy().view(_DTYPES[scalar])
        return values if lanes else _scalar(values[0], scalar)

    def store(self, address, kind, value):
        _, scalar = lanes_and_scalar(kind)
        dtype = np.int64 if scalar == "ptr" else _DTYPES[scalar]
        values = np.atleast_1d(np.asarray(value, dtype))
        self.at(address, size_of(kind), True)[:] = values.view(np.uint8)

    def allocate(self, size):
        return self.add(f"stack{len(self.starts)}", np.full(size, 77, np.uint8))

    def set_bits(self, address, kind, value):
        self.store(address, kind, self.load(address, kind) | value)

    def copy(self, to, source, size):
        self.at(to, size, True)[:] = self.at(source, size, False)


def _scalar(value, kind):
    if kind == "i1":
        return bool(value)
    return int(value) if kind.startswith("i") else _DTYPES[kind](value)


def executed(program, inputs, one_by_one=False):
    """The outputs of a program, the calls of its functions, and whether care is needed.

    What has no native code NumPy computes between, as the program has it. Pieces that threads share run in one call, or
    each by itself, in another order.
    """
    graph, layout, memory = program.unit.graph, program.layout, Memory()
    given = {v.number: np.asarray(x, v.dtype, order="C") for v, x in zip(graph.inputs, inputs, strict=True)}
    arrays, pointers = {}, []
    for place, v in enumerate(layout.table):
        array = given.get(v.number)
        if array is None:
            array = np.asarray(v.value, v.dtype, order="C") if v.is_constant else np.full(v.shape, 77, v.dtype)
        arrays[v.number] = array
        pointers.append(memory.add(f"array{place}", array))
    flag = np.zeros(16, np.uint8)  # and what loops look at
    pointers.append(memory.add("flag", flag))
    table = memory.add("table", np.array(pointers, np.int64))
    arena = memory.add("arena", np.full(max(layout.arena_bytes, 1), 77, np.uint8))
    machine = Interpreter(program.text, memory, one_by_one)

    def array_of(v):
        return arrays[layout.holder(v)].reshape(v.shape)

    with np.errstate(all="ignore"):
        for number, kernels in enumerate(program.segments):
            if kernels[0].kind != "numpy":
                machine.call(f"segment{number}", arena, table)
                continue
            for head in (kernel.head for kernel in kernels):
                computed = head.operation.compute([array_of(u) for u in head.inputs], head.parameters)
                for v, value in zip(head.results, computed if head.parts else (computed,), strict=True):
                    array_of(v)[...] = value
    return [array_of(y) for y in graph.outputs], memory.calls, bool(flag[0])


class Interpreter:
    """The functions of a module."""

    def __init__(self, text, memory, one_by_one):
        self.memory = memory
        self.trees = parsed(text)
        self.functions = {}
        self.one_by_one = one_by_one
        self.routines = lapack_loader.addresses()
        self.constants = {}
        for name, kind, value in re.findall(r"^@(\w+) = private unnamed_addr constant (\w+) (.+)$", text, re.MULTILINE):
            self.constants[name] = memory.add(name, np.array([_constant(kind, value)], _DTYPES[kind]))

    def routine(self, name, *arguments):
        """One of LAPACK, on the same memory: where it reads and writes is not looked at."""
        places = [self.constants[each] if isinstance(each, str) else each for each in arguments]
        function = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(places))(self.routines[name])
        function(*map(self.memory.pointer, places))

    def share(self, piece, arguments, pieces):
        """All pieces of a kernel, as threads share them: at once, or from the last to the first."""
        if not self.one_by_one:
            self.call(piece, arguments, 0, pieces, 0)
            return
        for k in reversed(range(pieces)):
            self.call(piece, arguments, k, k + 1, 0)

    def call(self, name, *arguments):
        if name not in self.functions:
            self.functions[name] = _Translation(self, self.trees[name]).function()
        call = KernelCall(name)
        self.memory.calls.append(call)
        self.memory.running.append(call)
        try:
            return self.functions[name](*arguments)
        finally:
            self.memory.running.pop()


class _Translation:
    """One function as Python's source."""

    def __init__(self, machine, tree):
        self.tree, self.lines, self.depth = tree, [], 1
        self.names = {"memory": machine.memory, "call": machine.call, "share": machine.share}
        self.names["routine"], self.routines = machine.routine, machine.routines
        self.names |= {f"op_{name}": function for name, function in _OPERATIONS.items()}
        self.constants = {}

    def function(self):
        self._write(self.tree.items)
        if self.tree.result is not None:
            self._line(f"return {self._value(*typed(self.tree.result))}")
        parameters = ", ".join(_name(f"%{name.removeprefix('%')}") for _, name in self.tree.parameters)
        source = "\n".join([f"def translated({parameters}):", "    pass", *self.lines])
        namespace = {**self.names, **self.constants}
        exec(source, namespace)
        return namespace["translated"]

    def _line(self, text):
        self.lines.append("    " * self.depth + text)

    def _write(self, items):
        for item in items:
            if isinstance(item, Instruction):
                self._instruction(item)
            elif isinstance(item, Loop):
                self._loop(item)
            elif isinstance(item, Branch):
                self._line(f"if {self._value('i1', item.condition)}:")
                self._indented(item.then)
                self._line("else:")
                self._indented(item.otherwise)
            elif isinstance(item, While):
                self._line("while True:")
                self._indented(item.items)
            elif isinstance(item, Leave):
                self._line(f"if {'' if item.where else 'not '}{self._value('i1', item.condition)}: break")

    def _indented(self, items):
        self.depth += 1
        self._line("pass")
        self._write(items)
        self.depth -= 1

    def _loop(self, loop):
        for phi in loop.phis:
            self._line(f"{_name(phi.result)} = {self._value(phi.type, phi.first)}")
        index, limit = _name(loop.index.result), self._value("i64", loop.limit)
        self._line(f"{index} = {self._value('i64', loop.index.first)}")
        self._line("while True:")
        self._indented(loop.items)
        self.depth += 1
        self._line(f"{index} += {loop.step}")
        if loop.phis:  # all at once
            nexts = ", ".join(self._value(phi.type, phi.next) for phi in loop.phis)
            self._line(f"{', '.join(_name(phi.result) for phi in loop.phis)} = {nexts}")
        self._line(f"if {index} >= {limit}: break")
        self.depth -= 1

    def _value(self, kind, text):
        """An operand as an expression."""
        if text.startswith("%"):
            return _name(text)
        if text.startswith("@"):
            return repr(text[1:])
        key = f"k{len(self.constants)}"
        self.constants[key] = _constant(kind, text)
        return key

    def _instruction(self, it):
        opcode, rest = it.opcode, it.rest
        if opcode == "store":
            what, where, *_ = split(rest)
            kind, value = typed(what)
            self._line(f"memory.store({self._value(*typed(where))}, {kind!r}, {self._value(kind, value)})")
            return
        text = getattr(self, f"_{opcode}", None)
        expression = text(rest) if text is not None else self._plain(opcode, rest)
        self._line(expression if it.result is None else f"{_name(it.result)} = {expression}")

    def _plain(self, opcode, rest):
        """Operands of one type: `fadd <4 x float> %a, %b`; or a comparison, or a conversion."""
        if " to " in rest and opcode in _CONVERSIONS:
            source, target = rest.split(" to ")
            kind, value = typed(source)
            return f"op_{opcode}({self._value(kind, value)}, {kind!r}, {target!r})"
        how = ""
        if opcode in ("icmp", "fcmp"):
            how, _, rest = rest.partition(" ")
        first, *others = split(rest)
        kind, value = typed(first)
        operands = [self._value(kind, each) for each in (value, *others)]
        name = f"{opcode}_{how}" if how else opcode
        assert name in _OPERATIONS, f"{name} is not known"
        return f"op_{name}({', '.join(operands)}, {kind!r})"

    def _select(self, rest):
        parts = [self._value(*typed(each)) for each in split(rest)]
        return f"op_select({', '.join(parts)})"

    def _getelementptr(self, rest):
        kind, pointer, index = split(rest)
        return f"{self._value(*typed(pointer))} + {self._value(*typed(index))} * {size_of(kind)}"

    def _load(self, rest):
        kind, pointer, *_ = split(rest.removeprefix("atomic ").replace(" monotonic", ""))
        return f"memory.load({self._value(*typed(pointer))}, {kind!r})"

    def _alloca(self, rest):
        return f"memory.allocate({allocated(rest)})"

    def _atomicrmw(self, rest):
        assert rest.startswith("or "), rest
        pointer, what = split(rest.removeprefix("or "))
        kind, value, _ = what.split()
        return f"memory.set_bits({self._value(*typed(pointer))}, {kind!r}, {self._value(kind, value)})"

    def _extractelement(self, rest):
        vector, index = split(rest)
        kind, value = typed(vector)
        return f"op_lane({self._value(kind, value)}, {self._value(*typed(index))}, {lanes_and_scalar(kind)[1]!r})"

    def _insertelement(self, rest):
        return f"op_with_lane({', '.join(self._value(*typed(each)) for each in split(rest))})"

    def _shufflevector(self, rest):
        return f"op_shuffle({', '.join(self._value(*typed(each)) for each in split(rest))})"

    def _call(self, rest):
        kind, name, arguments = re.fullmatch(r"(.+?) @([\w.]+)\((.*)\)", rest).groups()
        pairs = [typed(each) for each in split(arguments)] if arguments else []
        values = ", ".join(self._value(*each) for each in pairs)
        if name == SHARE:
            return f"share({values})"
        if name in self.routines:
            return f"routine({name!r}, {values})"
        if not name.startswith("llvm."):
            return f"call({name!r}, {values})"
        if name.startswith("llvm.memcpy"):
            return f"memory.copy({', '.join(values.split(', ')[:3])})"
        short = re.sub(r"(\.[vfip]+\d\w*)+$", "", name.removeprefix("llvm.")).replace(".", "_")
        assert f"llvm_{short}" in _OPERATIONS, f"{name} is not known"
        return f"op_llvm_{short}({values}, {kind!r})"


def _name(text):
    assert text.startswith("%"), text
    return "v_" + text[1:].replace(".", "_")


def _constant(kind, text):
    lanes, scalar = lanes_and_scalar(kind)
    if match := re.fullmatch(r"splat \((.*)\)", text):
        return np.full(lanes, _constant(*typed(match[1])), _DTYPES[scalar])
    if text.startswith("<"):
        return np.array([_constant(*typed(each)) for each in split(text[1:-1])], _DTYPES[scalar])
    if text in ("zeroinitializer", "poison", "undef"):
        return np.zeros(lanes, _DTYPES[scalar]) if lanes else _scalar(0, scalar)
    if text in ("true", "false"):
        return text == "true"
    if text == "null":
        return 0
    if scalar in ("half", "float", "double"):
        number = struct.unpack("<d", struct.pack("<Q", int(text, 16)))[0] if text.startswith("0x") else float(text)
        return _DTYPES[scalar](number)
    return int(text)


# Instructions


def _bits(kind):
    return int(lanes_and_scalar(kind)[1][1:])


def _wrapped(value, kind):
    """An integer of so many bits, with its sign; a vector wraps by itself."""
    if isinstance(value, np.ndarray):
        return value
    if kind == "i1":
        return bool(value & 1)
    bits = _bits(kind)
    return ((int(value) + (1 << (bits - 1))) & ((1 << bits) - 1)) - (1 << (bits - 1))


def _unsigned(value, kind):
    if isinstance(value, np.ndarray):
        return value.view(f"u{value.dtype.itemsize}") if value.dtype != bool else value
    return int(value) & ((1 << _bits(kind)) - 1)


def _shifted_left(a, n, kind):
    return a << n if isinstance(a, np.ndarray) else _wrapped(a << n, kind)


def _select(condition, a, b):
    if isinstance(condition, np.ndarray):
        return np.where(condition, a, b)
    return a if condition else b


def _cast(value, kind):
    lanes, scalar = lanes_and_scalar(kind)
    return value.astype(_DTYPES[scalar]) if lanes else _scalar(value, scalar)


def _zext(value, kind, target):
    return _cast(_unsigned(value, kind), target)


def _trunc(value, kind, target):
    return _cast(value, target) if isinstance(value, np.ndarray) else _wrapped(value, target)


def _sext(value, kind, target):
    return _cast(value, target)


def _bitcast(value, kind, target):
    lanes, scalar = lanes_and_scalar(target)
    source = np.asarray(value, _DTYPES[lanes_and_scalar(kind)[1]])
    result = np.atleast_1d(source).view(_DTYPES[scalar])
    return result if lanes else _scalar(result[0], scalar)


def _with_lane(vector, value, index):
    result = vector.copy()
    result[index] = value
    return result


def _fma(a, b, c, kind):
    """In a wider type and rounded once more: the last bit may differ."""
    wide = np.float64 if lanes_and_scalar(kind)[1] == "float" else np.longdouble
    result = np.asarray(a, wide) * np.asarray(b, wide) + np.asarray(c, wide)
    return _cast(np.asarray(result), kind)


def _floating(function):
    return lambda *operands: _cast(function(*operands[:-1]), operands[-1])


def _integer(function):
    return lambda a, b, kind: _wrapped(function(a, b), kind)


_COMPARED = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
}


def _compared(function, change=lambda x, kind: x):
    def compare(a, b, kind):
        result = function(change(a, kind), change(b, kind))
        return result if isinstance(result, np.ndarray) else bool(result)

    return compare


_CONVERSIONS = {
    "zext": _zext,
    "sext": _sext,
    "trunc": _trunc,
    "bitcast": _bitcast,
    "fpext": _sext,
    "fptrunc": _sext,
    "fptosi": _sext,
    "fptoui": _sext,
    "sitofp": _sext,
    "uitofp": _zext,
}
_OPERATIONS = {
    **_CONVERSIONS,
    "add": _integer(lambda a, b: a + b),
    "sub": _integer(lambda a, b: a - b),
    "mul": _integer(lambda a, b: a * b),
    "udiv": lambda a, b, kind: _wrapped(_unsigned(a, kind) // _unsigned(b, kind), kind),
    "urem": lambda a, b, kind: _wrapped(_unsigned(a, kind) % _unsigned(b, kind), kind),
    "and": _integer(lambda a, b: a & b),
    "or": _integer(lambda a, b: a | b),
    "xor": _integer(lambda a, b: a ^ b),
    "shl": _shifted_left,
    "ashr": _integer(lambda a, b: a >> b),
    "lshr": lambda a, b, kind: _wrapped(_unsigned(a, kind) >> b, kind),
    "fadd": _floating(lambda a, b: a + b),
    "fsub": _floating(lambda a, b: a - b),
    "fmul": _floating(lambda a, b: a * b),
    "fdiv": _floating(lambda a, b: np.divide(a, b)),
    "fneg": _floating(np.negative),
    "select": _select,
    "lane": lambda vector, index, kind: _scalar(vector[index], kind),
    "with_lane": _with_lane,
    "shuffle": lambda a, b, mask: np.concatenate([a, b])[mask],
    "llvm_fma": _fma,
    "llvm_sqrt": _floating(np.sqrt),
    "llvm_fabs": _floating(np.abs),
    "llvm_floor": _floating(np.floor),
    "llvm_ceil": _floating(np.ceil),
    "llvm_trunc": _floating(np.trunc),
    "llvm_rint": _floating(np.rint),
    "llvm_copysign": _floating(np.copysign),
    "llvm_vector_reduce_or": lambda a, kind: bool(np.any(a)),
}
for _how, _function in _COMPARED.items():
    if _how in ("eq", "ne"):
        _OPERATIONS[f"icmp_{_how}"] = _compared(_function)
    else:
        _OPERATIONS[f"icmp_s{_how}"] = _compared(_function)
        _OPERATIONS[f"icmp_u{_how}"] = _compared(_function, _unsigned)
    _OPERATIONS[f"fcmp_{'une' if _how == 'ne' else 'o' + _how}"] = _compared(_function)
