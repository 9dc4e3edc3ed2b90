"""A graph as native code that can be called: kernels that follow each other are one call, NumPy runs between them."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Sequence
from typing import Any, final

from ..graph import Graph, Variable
from ..original import np
from . import llvm_loader
from .emitter import Module
from .fusion import NUMPY, Kernel
from .layout import InTable
from .lowering import lowered
from .memory import ALIGNMENT
from .unit import Unit, Writer

Step = Callable[["_Call"], None]
_MOST_ARENAS = 8  # that wait for a call


@final
class Program:
    """Call it with a value for each input of the graph; it returns the list of the outputs' values.

    Parameters
    ----------
    careful : callable, optional
        Does the same, slower, where zero has to absorb inf in a matrix product.

    The inputs are only read; an output that is an input or a constant of the graph is that array itself, all others
    are fresh. Any number of threads may call at once: each running call has memory of its own.
    """

    __slots__ = ("_arenas", "_constants", "_steps", "careful", "graph", "layout", "text", "unit")

    def __init__(self, graph: Graph, careful: Callable[[Sequence[Any]], list[Any]] | None = None):
        self.graph, self.careful = graph, careful
        machine = llvm_loader.machine()
        self.unit = unit = Unit(lowered(graph), machine)
        self.layout = unit.layout
        module = Module()
        writer = Writer(module, machine)
        segments = list(_segments(unit.fusion.kernels))
        for number, segment in enumerate(segments):
            if segment[0].kind != NUMPY:
                writer.segment(unit, segment, f"segment{number}")
        self.text = str(module)
        library = llvm_loader.Library(llvm_loader.object_code(self.text)) if module.functions else None
        self._steps: list[Step] = []
        for number, segment in enumerate(segments):
            if segment[0].kind == NUMPY:
                self._steps += [self._by_numpy(kernel.head) for kernel in segment]
            else:
                assert library is not None
                self._steps.append(_native_step(library, f"segment{number}"))
        table = self.layout.table
        self._constants = [(k, _rows(v.value, v)) for k, v in enumerate(table) if v.is_constant]
        self._arenas: list[Any] = []

    def __call__(self, inputs: Sequence[Any]) -> list[Any]:
        call = _Call(self, inputs)
        for step in self._steps:
            step(call)
        if call.flag.value and self.careful is not None:
            return self.careful(inputs)
        if len(self._arenas) < _MOST_ARENAS:
            self._arenas.append(call.arena)
        return [self._result(call, y) for y in self.unit.graph.outputs]

    def _result(self, call: _Call, y: Variable) -> Any:
        return call.arrays[self._place(y)].reshape(y.shape)

    def _place(self, v: Variable) -> int:
        location = self.layout.location(self.layout.holder(v))
        assert isinstance(location, InTable)
        return location.place

    def _by_numpy(self, v: Variable) -> Step:
        operation: Any = v.operation
        sources = [(self._place(u), u.shape) for u in v.inputs]
        results = [(self._place(part), part) for part in v.parts or (v,)]

        def step(call: _Call) -> None:
            values = [call.arrays[place].reshape(shape) for place, shape in sources]
            with np.errstate(all="ignore"):
                computed = operation.compute(values, v.parameters)
            for (place, part), value in zip(results, computed if v.parts else (computed,), strict=True):
                call.put(place, _rows(value, part))

        return step


class _Call:
    """A running call: its arena, and the arrays that the table points to."""

    __slots__ = ("arena", "arena_pointer", "arrays", "flag", "table", "table_pointer")

    def __init__(self, program: Program, inputs: Sequence[Any]):
        layout = program.layout
        try:
            self.arena = program._arenas.pop()
        except IndexError:
            self.arena = np.empty(layout.arena_bytes + ALIGNMENT, np.uint8)
        start = _pointer(self.arena)
        self.arena_pointer = start + -start % ALIGNMENT
        self.arrays: list[Any] = [None] * len(layout.table)
        self.table = (ctypes.c_void_p * (len(layout.table) + 1))()
        self.flag = ctypes.c_uint8()
        self.table[len(layout.table)] = ctypes.addressof(self.flag)
        self.table_pointer = ctypes.addressof(self.table)
        for place, value in program._constants:
            self.put(place, value)
        given = {v.number: x for v, x in zip(program.unit.graph.inputs, inputs, strict=True)}
        for place, v in enumerate(layout.table):
            if v.number in given:
                self.put(place, _rows(given[v.number], v))
            elif v.operation is not None:
                self.put(place, np.empty(v.shape, v.dtype))

    def put(self, place: int, array: Any) -> None:
        self.arrays[place] = array
        self.table[place] = _pointer(array)


def _rows(value: Any, v: Variable) -> Any:
    """An array of a variable's type, row by row in memory."""
    return np.require(value, v.dtype, ("C", "A"))


def _pointer(array: Any) -> int:
    return array.__array_interface__["data"][0]


def _segments(kernels: Iterable[Kernel]) -> Iterable[list[Kernel]]:
    """Kernels that run by NumPy, or natively, one after the other."""
    segment: list[Kernel] = []
    for kernel in kernels:
        if segment and (segment[-1].kind == NUMPY) != (kernel.kind == NUMPY):
            yield segment
            segment = []
        segment.append(kernel)
    if segment:
        yield segment


def _native_step(library: llvm_loader.Library, name: str) -> Step:
    native = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(library.address(name))

    def step(call: _Call, keep: llvm_loader.Library = library) -> None:  # the code lives as long as its step
        native(call.arena_pointer, call.table_pointer)

    return step
