"""A call of few microseconds: arrays go over as objects, and native code takes their memory out of them.

A frame is the memory of one running call: the table of pointers that the kernels use, and the arena. The arrays come
in two lists. The code at its entry looks into the lists, and into each NumPy array for its type, shape and memory. It
knows where these lie, as compiled extensions do; `is_known_layout` checks that before anything relies on it.
"""

from __future__ import annotations

import ctypes
import functools
import itertools
import struct
from collections.abc import Sequence
from typing import Any, NamedTuple, final

from ..graph import Variable
from ..original import np
from .emitter import Function, Module
from .interruption import STOP
from .memory import ALIGNMENT, rounded

# Offsets in an array object and in its dtype [bytes], on a 64-bit CPython with NumPy 2.
_TYPE, _DATA, _NDIM, _SHAPE, _DTYPE, _FLAGS = 8, 16, 24, 32, 56, 64
_ITEMS = 24  # in a list: the pointer to its objects
_BYTE_ORDER, _NUMBER = 26, 28
_IN_ROWS = 0x1 | 0x100  # row by row, and aligned
_WRITABLE_OWNER = 0x400 | 0x4
_SWAPPED = ord(">" if np.little_endian else "<")

DONE, CARE, OTHER = 0, 1, 2  # what the entry returns: also that care is needed, and that an array is not as expected
_POINTER, _MOST_AXES = 8, 64


@functools.cache
def is_known_layout() -> bool:
    """Whether arrays look as is assumed here, in all that is looked at."""
    if struct.calcsize("P") != _POINTER:
        return False
    number = itertools.count()
    for dtype in ("f4", "f8", "i8", "u1", "?", ">f8", "c16"):
        for shape in ((), (3,), (2, 3, 4)):
            for array in (np.zeros(shape, dtype), np.zeros((*shape, 2), dtype)[..., next(number) % 2]):
                if _seen(array) != _told(array):
                    return False
    numbers = [object() for _ in range(3)]
    items = _read(ctypes.c_void_p, id(numbers) + _ITEMS)
    return [_read(ctypes.c_void_p, items + _POINTER * k) for k in range(3)] == list(map(id, numbers))


def _seen(array: Any) -> tuple[Any, ...]:
    at = id(array)
    dtype = _read(ctypes.c_void_p, at + _DTYPE)
    shape = _read(ctypes.c_void_p, at + _SHAPE)
    ndim = _read(ctypes.c_int32, at + _NDIM)
    return (
        _read(ctypes.c_void_p, at + _TYPE),
        _read(ctypes.c_void_p, at + _DATA),
        tuple(_read(ctypes.c_int64, shape + 8 * k) for k in range(ndim)) if ndim else (),
        dtype,
        _read(ctypes.c_int32, dtype + _NUMBER),
        _read(ctypes.c_uint8, dtype + _BYTE_ORDER) == _SWAPPED,
        _read(ctypes.c_int32, at + _FLAGS) & _IN_ROWS == _IN_ROWS,
        _read(ctypes.c_int32, at + _FLAGS) & _WRITABLE_OWNER == _WRITABLE_OWNER,
    )


def _told(array: Any) -> tuple[Any, ...]:
    flags, dtype = array.flags, array.dtype
    in_rows = flags.c_contiguous and flags.aligned
    is_owner = flags.writeable and flags.owndata
    return id(type(array)), array.ctypes.data, array.shape, id(dtype), dtype.num, not dtype.isnative, in_rows, is_owner


def _read(kind: Any, address: int) -> Any:
    return kind.from_address(address).value


class Shape(NamedTuple):
    """How the memory of a frame is divided [bytes from its start]."""

    table: int
    flag: int
    arena: int
    size: int


def shape_of(entries: int, arena_bytes: int) -> Shape:
    """Of a table of so many entries; the type of arrays stands before it."""
    flag = _POINTER * (entries + 2)
    arena = rounded(flag + 8 * _MOST_AXES)
    return Shape(_POINTER, flag, arena, arena + arena_bytes)


@final
class Frame:
    """Memory for one running call, which can be used again; `stop` is the address of what its loops look at."""

    __slots__ = ("memory", "pointer", "start", "stop")

    def __init__(self, shape: Shape, constants: Sequence[tuple[int, Any]]):
        self.memory: Any = np.empty(shape.size + ALIGNMENT, np.uint8)
        first = self.memory.ctypes.data
        self.start = -first % ALIGNMENT
        self.pointer = first + self.start
        struct.pack_into("P", self.memory, self.start, id(np.ndarray))
        self.stop = self.pointer + shape.flag + STOP
        ctypes.c_int32.from_address(self.stop).value = 0
        for place, array in constants:
            self.point(shape, place, array.ctypes.data)

    def point(self, shape: Shape, place: int, address: int) -> None:
        struct.pack_into("P", self.memory, self.start + shape.table + _POINTER * place, address)


class Given(NamedTuple):
    """An array that comes with the call: the place of a variable in the table, in which list, and where there."""

    v: Variable
    place: int
    is_made: bool  # in the list of results, not of inputs
    number: int
    is_donated: bool = False


def write_entry(module: Module, shape: Shape, given: Sequence[Given], entries: int, segment: str) -> None:
    """The function `enter` of a frame and two lists, of the inputs and of the arrays that results go to.

    First it looks whether each object is an array, which any object tells; then into the arrays.
    """
    parameters = [("ptr", "frame"), ("ptr", "inputs"), ("ptr", "made")]
    _write_entered(module, shape, given, entries, segment, parameters)
    enter = module.function("enter", parameters, internal=False, returns="i32")
    flag = _at(enter, "%frame", shape.flag)
    enter.do(f"store i8 {OTHER}, ptr {flag}, align 1")
    kind, arrays = _load(enter, "ptr", "%frame", 0), "true"
    objects = _Objects(enter)
    for each in given:
        if not each.is_made:
            is_array = _named(enter, f"icmp eq ptr {_load(enter, 'ptr', objects.of(each), _TYPE)}, {kind}")
            arrays = _named(enter, f"and i1 {arrays}, {is_array}")
    with enter.branch(arrays) as choice:
        enter.do("call void @entered(ptr %frame, ptr %inputs, ptr %made)")
        choice.otherwise()
    status = _load(enter, "i8", flag, 0)
    enter.result = f"i32 {_named(enter, f'zext i8 {status} to i32')}"


class _Objects:
    """The objects in the two lists."""

    def __init__(self, function: Function):
        self.function = function
        self._items = [_load(function, "ptr", name, _ITEMS) for name in ("%inputs", "%made")]

    def of(self, given: Given) -> str:
        return _load(self.function, "ptr", self._items[given.is_made], _POINTER * given.number)


def _write_entered(
    module: Module,
    shape: Shape,
    given: Sequence[Given],
    entries: int,
    segment: str,
    parameters: Sequence[tuple[str, str]],
) -> None:
    """Fill the table and run, if the arrays are of the expected types."""
    for ndim in sorted({each.v.ndim for each in given if not each.is_made}):
        _write_looks(module, ndim)
    entered = module.function("entered", parameters)
    fits, objects = "true", _Objects(entered)
    for each in given:
        there = objects.of(each)
        if not each.is_made:
            fits = _named(entered, f"and i1 {fits}, {_named(entered, _as_expected(there, each.v, each.is_donated))}")
        data = _load(entered, "ptr", there, _DATA)
        entered.do(f"store ptr {data}, ptr {_at(entered, '%frame', shape.table + _POINTER * each.place)}, align 8")
    flag, at_flag = _at(entered, "%frame", shape.flag), _at(entered, "%frame", shape.table + _POINTER * entries)
    entered.do(f"store ptr {flag}, ptr {at_flag}, align 8")
    arena, pointers = _at(entered, "%frame", shape.arena), _at(entered, "%frame", shape.table)
    with entered.branch(fits) as choice:
        entered.do(f"store i8 {DONE}, ptr {flag}, align 1")
        entered.do(f"call void @{segment}(ptr {arena}, ptr {pointers})")
        choice.otherwise()


def _as_expected(there: str, v: Variable, is_donated: bool) -> str:
    """Whether an array of the type of v lies row by row; one that is given away has to be one that can be."""
    wanted = _IN_ROWS | (_WRITABLE_OWNER if is_donated else 0)
    sizes = "".join(f", i64 {size}" for size in v.shape)
    return f"call i1 @looks{v.ndim}(ptr %frame, ptr {there}, i32 {wanted}, i32 {v.dtype.num}{sizes})"


def _write_looks(module: Module, ndim: int) -> None:
    """The function that tells whether an array of so many axes is as expected."""
    sizes = [("i64", f"size{k}") for k in range(ndim)]
    parameters = [("ptr", "frame"), ("ptr", "array"), ("i32", "wanted"), ("i32", "number"), *sizes]
    looks = module.function(f"looks{ndim}", parameters, returns="i1")
    dtype = _load(looks, "ptr", "%array", _DTYPE)
    flags = _named(looks, f"and i32 {_load(looks, 'i32', '%array', _FLAGS)}, %wanted")
    conditions = [
        f"icmp eq i32 {flags}, %wanted",
        f"icmp eq i32 {_load(looks, 'i32', '%array', _NDIM)}, {ndim}",
        f"icmp eq i32 {_load(looks, 'i32', dtype, _NUMBER)}, %number",
        f"icmp ne i8 {_load(looks, 'i8', dtype, _BYTE_ORDER)}, {_SWAPPED}",
    ]
    named = [_named(looks, condition) for condition in conditions]
    if ndim:  # read from the frame, which is longer, where the number of axes is another one
        shape = _named(looks, f"select i1 {named[1]}, ptr {_load(looks, 'ptr', '%array', _SHAPE)}, ptr %frame")
        for k in range(ndim):
            named.append(_named(looks, f"icmp eq i64 {_load(looks, 'i64', shape, 8 * k)}, %size{k}"))
    all_hold = named[0]
    for condition in named[1:]:
        all_hold = _named(looks, f"and i1 {all_hold}, {condition}")
    looks.result = f"i1 {all_hold}"


def _named(function: Function, text: str) -> str:
    name = f"%{function.fresh('e')}"
    function.do(f"{name} = {text}")
    return name


def _at(function: Function, pointer: str, offset: int) -> str:
    return _named(function, f"getelementptr i8, ptr {pointer}, i64 {offset}")


def _load(function: Function, kind: str, pointer: str, offset: int) -> str:
    align = {"ptr": 8, "i64": 8, "i32": 4, "i8": 1}[kind]
    return _named(function, f"load {kind}, ptr {_at(function, pointer, offset)}, align {align}")
