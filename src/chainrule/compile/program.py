"""A graph as native code that can be called: kernels that follow each other are one call, NumPy runs between them."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, final

from ..errors import ShapeError
from ..graph import Graph, Variable
from ..original import np
from . import cache, llvm_loader, workers
from .emitter import Module
from .frame import CARE, Frame, Given, Shape, is_known_layout, shape_of, write_entry
from .fusion import NUMPY, Kernel
from .interruption import LONG, STOP, interruptible
from .layout import InTable
from .lowering import lowered
from .memory import ALIGNMENT
from .unit import Unit, Writer

Step = Callable[["_Call"], None]
_MOST_FRAMES = 8  # that wait for a call


@final
class Program:
    """Call it with a value for each input of the graph; it returns the list of the outputs' values.

    Parameters
    ----------
    careful : callable, optional
        Does the same, slower, where zero has to absorb inf in a matrix product.

    Attributes
    ----------
    segments : list of list of Kernel
        Kernels that follow each other, all of them native or none.

    donated : sequence of int
        Inputs whose memory the caller may use for results afterwards, by number: `direct` takes only such arrays there
        as own their memory and can be written.

    The inputs are only read; an output that is an input or a constant of the graph is that array itself, all others
    are fresh. Any number of threads may call at once: each running call has memory of its own.
    """

    def __init__(
        self,
        graph: Graph,
        careful: Callable[[Sequence[Any]], list[Any]] | None = None,
        donated: Sequence[int] = (),
    ):
        self.graph, self.careful, self._donated = graph, careful, frozenset(donated)
        machine = llvm_loader.machine()
        self.unit = unit = Unit(lowered(graph), machine)
        self.layout = unit.layout
        table = self.layout.table
        self._constants = [(k, _rows(v.value, v)) for k, v in enumerate(table) if v.is_constant]
        self.segments = list(_segments(unit.fusion.kernels))
        native = [segment for segment in self.segments if segment[0].kind != NUMPY]
        self.is_long = unit.work >= LONG
        self._shape = shape_of(len(table), self.layout.arena_bytes)
        self._is_direct = len(self.segments) == len(native) == 1 and is_known_layout()
        if native and unit.is_shared:
            workers.ready()
        library = llvm_loader.Library(self._code()) if native else None
        self._steps: list[Step] = []
        for number, segment in enumerate(self.segments):
            if segment[0].kind == NUMPY:
                self._steps += [self._by_numpy(kernel.head) for kernel in segment]
            else:
                assert library is not None
                self._steps.append(_native_step(library, f"segment{number}", self.is_long))
        self.direct = Direct(self, library, self._shape) if self._is_direct and library is not None else None

    def _code(self) -> bytes:
        """The machine code: as it is kept on disk, or made and kept."""
        return cache.code_of(cache.key_of(self.unit.graph, sorted(self._donated)), lambda: self.text)

    @functools.cached_property
    def given(self) -> list[Given]:
        """The arrays of a call, in the order of the table."""
        numbers = {v.number: k for k, v in enumerate(self.unit.graph.inputs)}
        table = [(place, v) for place, v in enumerate(self.layout.table) if not v.is_constant]
        made = {v.number: k for k, v in enumerate([v for _, v in table if v.operation is not None])}
        return [
            Given(v, place, True, made[v.number])
            if v.number in made
            else Given(v, place, False, numbers[v.number], numbers[v.number] in self._donated)
            for place, v in table
        ]

    @property
    def text(self) -> str:
        """The module as LLVM reads it; made anew each time."""
        module = Module()
        writer = Writer(module, self.unit.machine)
        for number, segment in enumerate(self.segments):
            if segment[0].kind != NUMPY:
                writer.segment(self.unit, segment, f"segment{number}")
        if self._is_direct:
            write_entry(module, self._shape, self.given, len(self.layout.table), "segment0")
        return str(module)

    def __call__(self, inputs: Sequence[Any]) -> list[Any]:
        if self.direct is not None:
            results = self.direct(list(inputs))
            if results is not None:
                return results
        call = _Call(self, inputs)
        for step in self._steps:
            step(call)
        if call.flag.value and self.careful is not None:
            return self.careful(inputs)
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


@final
class Direct:
    """A program that is native from its first kernel to its last: one call, with little around it.

    Attributes
    ----------
    is_fresh : list of bool
        Which of its results are arrays of their own; others are inputs, constants or results that have come before.
    shapes, dtypes : lists
        Of the arrays that it makes.
    """

    __slots__ = (
        "_careful",
        "_frames",
        "_is_long",
        "_is_plain",
        "_library",
        "_native",
        "_new_frame",
        "_outputs",
        "dtypes",
        "is_fresh",
        "shapes",
    )

    def __init__(self, program: Program, library: llvm_loader.Library, shape: Shape):
        unit = program.unit
        numbers = {v.number: k for k, v in enumerate(unit.graph.inputs)}
        results = [each.v for each in program.given if each.is_made]
        places = {v.number: k for k, v in enumerate(results)}
        shapes: dict[int, tuple[int, ...]] = {}  # of results, as they are first given
        constants = dict(program._constants)
        self._outputs: list[tuple[int, Any, tuple[int, ...]]] = []  # which input or (-1) result or (-2) constant
        self.is_fresh: list[bool] = []
        for y in unit.graph.outputs:
            holder = program.layout.holder(y)
            self.is_fresh.append(holder in places and holder not in shapes)
            if holder in places:
                shapes.setdefault(holder, y.shape)
                self._outputs.append((-1, places[holder], y.shape))
            elif holder in numbers:
                self._outputs.append((numbers[holder], None, y.shape))
            else:
                self._outputs.append((-2, constants[program._place(y)], y.shape))
        self.shapes = [shapes.get(v.number, v.shape) for v in results]
        self.dtypes = [v.dtype for v in results]
        made = [(-1, k, shape) for k, shape in enumerate(self.shapes)]
        self._is_plain = self._outputs == made  # whether the results are what is made, and nothing else
        signature = (ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
        self._native = ctypes.CFUNCTYPE(*signature)(library.address("enter"))
        self._library = library  # the code lives as long as this does
        self._careful, self._is_long = program.careful, program.is_long
        self._frames: list[Frame] = []
        held = [(k, array) for k, array in program._constants]
        self._new_frame = lambda: Frame(shape, held)

    def __call__(self, inputs: list[Any], made: list[Any] | None = None) -> list[Any] | None:
        """The results; None where an input is not an array of the expected type that lies row by row.

        Parameters
        ----------
        made : list of arrays, optional
            What results go to, of the shapes and dtypes that the attributes tell; fresh arrays where it is left out.
        """
        frames = self._frames
        frame = frames.pop() if frames else self._new_frame()
        if made is None:
            made = list(map(np.empty, self.shapes, self.dtypes))
        if self._is_long:
            status = interruptible(
                lambda keep=(made, inputs): self._native(frame.pointer, id(inputs), id(made)), frame.stop
            )
        else:
            status = self._native(frame.pointer, id(inputs), id(made))
        if len(frames) < _MOST_FRAMES:
            frames.append(frame)
        if status:
            return self._with_care(inputs) if status == CARE else None
        if self._is_plain:
            return made
        return [
            y if y.shape == shape else y.reshape(shape)
            for k, what, shape in self._outputs
            for y in (made[what] if k == -1 else what if k == -2 else inputs[k],)
        ]

    def _with_care(self, inputs: list[Any]) -> list[Any] | None:
        """The results by NumPy, in arrays of their own; None where that fails, as it does again by the long way."""
        if self._careful is None:
            return None
        try:
            computed = [np.asarray(y) for y in self._careful(inputs)]
        except Exception:
            return None
        results: list[Any] = []
        for y in computed:
            is_own = y.base is None and y.flags.owndata and y.flags.writeable
            results.append(y if is_own and not any(y is other for other in (*inputs, *results)) else y.copy(order="K"))
        return results


class _Call:
    """A running call, step by step: its arena, and the arrays that the table points to."""

    __slots__ = ("arena", "arena_pointer", "arrays", "flag", "table", "table_pointer", "words")

    def __init__(self, program: Program, inputs: Sequence[Any]):
        layout = program.layout
        self.arena = np.empty(layout.arena_bytes + ALIGNMENT, np.uint8)
        start = _pointer(self.arena)
        self.arena_pointer = start + -start % ALIGNMENT
        self.arrays: list[Any] = [None] * len(layout.table)
        self.table = (ctypes.c_void_p * (len(layout.table) + 1))()
        self.words = (ctypes.c_int64 * 2)()  # the flag, and what loops look at
        self.flag = ctypes.c_uint8.from_buffer(self.words)
        self.table[len(layout.table)] = ctypes.addressof(self.flag)
        self.table_pointer = ctypes.addressof(self.table)
        for place, value in program._constants:
            self.put(place, value)
        given = {v.number: x for v, x in zip(program.unit.graph.inputs, inputs, strict=True)}
        for place, v in enumerate(layout.table):
            if v.number in given:
                self.put(place, _checked(given[v.number], v))
            elif v.operation is not None:
                self.put(place, np.empty(v.shape, v.dtype))

    def put(self, place: int, array: Any) -> None:
        self.arrays[place] = array
        self.table[place] = _pointer(array)


def _checked(value: Any, v: Variable) -> Any:
    array = np.asarray(value)
    if array.shape != v.shape or not np.can_cast(array.dtype, v.dtype, "same_kind"):
        raise ShapeError(
            f"the input {v.label} is not of its type", got=f"{array.shape}, {array.dtype}", wanted=f"{v.type}"
        )
    return _rows(array, v)


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


def _native_step(library: llvm_loader.Library, name: str, is_long: bool) -> Step:
    native = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(library.address(name))

    def step(call: _Call, keep: llvm_loader.Library = library) -> None:  # the code lives as long as its step
        if is_long:
            interruptible(lambda: native(call.arena_pointer, call.table_pointer), ctypes.addressof(call.words) + STOP)
        else:
            native(call.arena_pointer, call.table_pointer)

    return step
