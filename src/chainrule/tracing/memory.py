"""A plain array made under a trace: real memory, where NumPy and SciPy run, until a traced value is written into it.

Its type can change then, as that of an ndarray could not: it becomes a traced array, and with it all views of its
memory (`promotion.py`). Until then it answers as the array that it holds. This file knows arrays of NumPy only.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..errors import MutationError
from ..original import np
from .activity import active, body_under_way, quiet

KINDS = "fciub"  # of dtypes; arrays of objects, texts and dates stay NumPy's own


class Slots:
    """The memory of a traced array and of a fillable one is laid out alike, so that the one can become the other."""

    __slots__ = ("__weakref__", "_variable", "alias", "body", "kind", "memory", "owner", "sharing")


class Sharing:
    """The fillable arrays that share memory."""

    __slots__ = ("_references", "_room")

    def __init__(self) -> None:
        self._references: list[weakref.ref[Fillable]] = []
        self._room = 16

    def add(self, x: Fillable) -> None:
        if len(self._references) >= self._room:
            self._references = [r for r in self._references if r() is not None]
            self._room = max(16, 2 * len(self._references))
        self._references.append(weakref.ref(x))

    def __iter__(self) -> Iterator[Fillable]:
        return (x for x in (r() for r in self._references) if type(x) is Fillable)


class Fillable(Slots):
    """Passes for the ndarray in `memory`."""

    __slots__ = ()
    __array_priority__ = 1000
    memory: np.ndarray
    sharing: Sharing | None
    body: int  # in which it was made: only there may it be changed

    @property
    def __class__(self) -> type:  # type: ignore[override]
        return np.ndarray

    # What it is

    dtype = property(lambda self: self.memory.dtype)
    ndim = property(lambda self: self.memory.ndim)
    size = property(lambda self: self.memory.size)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.memory.shape

    @shape.setter
    def shape(self, shape: Any) -> None:
        self.memory.shape = shape

    def __len__(self) -> int:
        return len(self.memory)

    def __iter__(self) -> Iterator[Any]:
        if not self.memory.shape:
            raise TypeError("iteration over a 0-d array")
        return (self[k] for k in range(len(self)))  # type: ignore[index]

    def __repr__(self) -> str:
        return repr(self.memory)

    def __str__(self) -> str:
        return str(self.memory)

    def __format__(self, spec: str) -> str:
        return format(self.memory, spec)

    __hash__ = None  # type: ignore[assignment]

    # Values

    def __bool__(self) -> bool:
        return bool(self.memory)

    def __int__(self) -> int:
        return int(self.memory)

    def __index__(self) -> int:
        return self.memory.__index__()

    def __float__(self) -> float:
        return float(self.memory)

    def __complex__(self) -> complex:
        return complex(self.memory)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if dtype is None and not copy:
            return self.memory
        return np.array(self.memory, dtype, copy=copy)

    def __buffer__(self, flags: int) -> memoryview:
        """From Python 3.12 on, the buffer protocol."""
        return memoryview(self.memory)  # type: ignore[arg-type]

    def __copy__(self) -> Any:
        return filled(self.memory.copy())

    def __deepcopy__(self, memo: Any) -> Any:
        return filled(self.memory.copy())

    def __reduce__(self) -> tuple[Any, ...]:
        return np.array, (self.memory,)


def filled(memory: np.ndarray) -> Fillable:
    """A fillable array of memory that nothing else refers to."""
    x = Fillable.__new__(Fillable)
    x.memory, x.sharing, x.body = memory, None, body_under_way()
    return x


def sharing_with(x: Fillable, part: np.ndarray) -> Fillable:
    """A fillable array of a part of another's memory."""
    if x.sharing is None:
        x.sharing = Sharing()
        x.sharing.add(x)
    y = filled(part)
    y.sharing, y.body = x.sharing, x.body
    x.sharing.add(y)
    return y


def check_body(x: Fillable) -> None:
    """Raise where the body of a loop or a branch, traced once for all steps, changes what was made outside of it."""
    trace = active.trace
    if trace is not None and x.body != trace.body:
        name = trace.bodies[-1].name if trace.bodies else "cond"
        raise MutationError(
            f"the body of cr.{name} changes an array that was made outside of it",
            got=f"an array of shape {x.shape}, dtype {x.dtype}",
            wanted="a body that takes what it needs and returns what it makes",
            try_="y = y.copy() in the body, and return y as a part of the carry or the result",
        )


def memory_of(x: Any) -> Any:
    """The ndarray that a fillable array stands for; all else as it is."""
    return x.memory if type(x) is Fillable else x


def plainly(x: Any) -> Any:
    """The same within lists, tuples, dicts and slices: of arguments, say, or of an index."""
    t = type(x)
    if t is Fillable:
        return x.memory
    if (t is tuple or t is list) and not _simple.issuperset(map(type, x)):
        return t(map(plainly, x))
    return {key: plainly(value) for key, value in x.items()} if t is dict else x


_simple = frozenset((int, float, complex, bool, str, type(None), slice, type(Ellipsis), np.float64, np.int64))


def root_of(array: np.ndarray) -> Any:
    """What owns the memory of an array."""
    base = array
    while isinstance(base, np.ndarray) and base.base is not None:
        base = base.base
    return base


def adopted(result: Any, sources: Sequence[Any] = ()) -> Any:
    """What a function of NumPy has made of plain sources: new arrays and views of fillable ones are fillable.

    A source itself, and a view of an array that existed before the trace, stay what they are.
    """
    trace = active.trace
    if trace is not None and trace.recorder is not None:
        trace.recorder.computed_with(sources)
    t = type(result)
    if t is np.ndarray:
        return _adopted(result, sources)
    if (t is tuple or t is list) and not _simple.issuperset(map(type, result)):
        return t(_adopted(each, sources) if type(each) is np.ndarray else each for each in result)
    if isinstance(result, tuple) and hasattr(t, "_make"):
        return t._make(_adopted(each, sources) if type(each) is np.ndarray else each for each in result)  # type: ignore[attr-defined]
    return result


def _adopted(result: np.ndarray, sources: Sequence[Any]) -> Any:
    if result.dtype.kind not in KINDS:
        return result
    arrays = list(arrays_among(sources))
    for x in arrays:
        if memory_of(x) is result:
            return x
    if result.base is not None:
        root = root_of(result)
        for x in arrays:
            if root_of(memory_of(x)) is root:
                return sharing_with(x, result) if type(x) is Fillable else result
        if not isinstance(root, np.ndarray):
            return result  # memory of another library
    return filled(result)


def arrays_among(sources: Any) -> Iterator[Any]:
    for x in sources:
        if type(x) in (list, tuple):
            yield from arrays_among(x) if not _simple.issuperset(map(type, x)) else ()
        elif isinstance(x, np.ndarray):
            yield x


def quietly(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of a user's that computes values: it gets and makes arrays of NumPy, also while a trace is active."""

    @functools.wraps(function)
    def run(*args: Any, **keywords: Any) -> Any:
        with quiet():
            return function(*map(memory_of, args), **keywords)

    return run


# Attributes and methods: those of the ndarray; promotion.py says what happens where a traced value comes in.
call_method: Callable[..., Any] = lambda x, name, args, keywords: NotImplemented


def _attribute(x: Fillable, name: str) -> Any:
    found = getattr(x.memory, name)
    if not callable(found) or name.startswith("__"):
        return adopted(found, (x,))

    def method(*args: Any, **keywords: Any) -> Any:
        return call_method(x, name, args, keywords)

    method.__name__ = name
    return method


Fillable.__getattr__ = _attribute  # type: ignore[attr-defined]
