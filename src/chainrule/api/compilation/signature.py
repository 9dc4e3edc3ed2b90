"""What tells calls apart: shapes, dtypes and kinds of arrays and numbers, the values of all else."""

from __future__ import annotations

import enum
import types
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from ... import tree
from ...errors import ArgumentError
from ...original import np
from ...tracing import Array, memory_of
from ..arguments import argument_names, labels_of

_DTYPES = "fciub"
_LARGEST = 2**63
_VALUES = (str, bytes, type(None), bool, type, types.EllipsisType, types.NotImplementedType, range, np.dtype)
_FOREIGN = frozenset({"pandas", "scipy", "torch", "jax", "jaxlib", "tensorflow", "sklearn", "numpy"})


class Traced(Exception):
    """An argument is traced already: the call is part of that trace."""


class Untraceable(Exception):
    """The function is to be called as it is; the text says why."""


class Same:
    """Equal to another one of the same object, which it does not keep alive where that can be helped."""

    __slots__ = ("number", "reference")

    def __init__(self, x: Any):
        self.number = id(x)
        try:
            self.reference: Callable[[], Any] = weakref.ref(x)
        except TypeError:
            self.reference = lambda: x

    @property
    def is_gone(self) -> bool:
        return self.reference() is None

    def __hash__(self) -> int:
        return self.number

    def __eq__(self, other: object) -> bool:
        return type(other) is Same and other.number == self.number and other.reference() is self.reference() is not None


class Call(NamedTuple):
    """The arguments of one call, taken apart."""

    key: tuple[Any, ...]
    values: list[Any]  # arrays and numbers, in order
    objects: list[Any]  # what else has attributes that may change


class Signature:
    """How the arguments of one function are taken apart.

    Parameters
    ----------
    static_positions : ints
        Of positional arguments that are told apart by value; negative ones count from the end.
    static_names : texts
        Of keyword arguments.
    """

    def __init__(self, static_positions: Iterable[int], static_names: Iterable[str]):
        self.static_positions = frozenset(static_positions)
        self.static_names = frozenset(static_names)

    def read(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> Call:
        parts: list[Any] = []
        values: list[Any] = []
        objects: list[Any] = []
        for k, arg in enumerate(args):
            if self.static_positions and self.is_static(k, len(args)):
                parts.append(_by_value(arg, f"argument {k}", objects))
            else:
                _add(arg, parts, values, objects)
        for name, arg in keywords.items():
            parts.append(name)
            if name in self.static_names:
                parts.append(_by_value(arg, name, objects))
            else:
                _add(arg, parts, values, objects)
        return Call(tuple(parts), values, objects)

    def labels(self, f: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> list[str]:
        """A name for each array and number that `read` finds, in its order: `x`, `p.W` for the one at `p["W"]`."""
        named = [
            (name, arg)
            for k, (name, arg) in enumerate(zip(argument_names(f, len(args)), args, strict=True))
            if not self.is_static(k, len(args))
        ]
        named += [(name, arg) for name, arg in keywords.items() if name not in self.static_names]
        return [
            label
            for name, arg in named
            for label, leaf in zip(labels_of(arg, name), tree.flatten(arg)[0], strict=True)
            if is_dynamic(leaf)
        ]

    def is_static(self, k: int, count: int) -> bool:
        return k in self.static_positions or k - count in self.static_positions

    def rebuilt(
        self, args: tuple[Any, ...], keywords: dict[str, Any], change: Callable[[Any], Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments with each array and number changed, containers made anew."""
        new = tuple(
            x if self.static_positions and self.is_static(k, len(args)) else _changed(x, change)
            for k, x in enumerate(args)
        )
        return new, {name: x if name in self.static_names else _changed(x, change) for name, x in keywords.items()}


def is_dynamic(x: Any) -> bool:
    """Whether a leaf is an input of the trace."""
    kind = type(x)
    if kind is float or kind is complex:
        return True
    if kind is int:
        return -_LARGEST <= x < _LARGEST
    return isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind in _DTYPES


def _changed(x: Any, change: Callable[[Any], Any]) -> Any:
    leaves, rebuild = tree.flatten(x)
    if len(leaves) == 1 and leaves[0] is x:
        return change(x) if is_dynamic(x) else x
    return rebuild([change(leaf) if is_dynamic(leaf) else leaf for leaf in leaves])


def _add(arg: Any, parts: list[Any], values: list[Any], objects: list[Any]) -> None:
    if isinstance(arg, tree.LEAVES):
        parts.append(_leaf(arg, values, objects))
        return
    leaves, rebuild = tree.flatten(arg)
    parts.append(tree.definition_of(rebuild))
    _add_orders(arg, parts)
    if type(arg).__module__ != "builtins":
        objects.append(type(arg))  # its methods are code that may run
    for leaf in leaves:
        parts.append(_leaf(leaf, values, objects))


def _add_orders(x: Any, parts: list[Any]) -> None:
    """The order of the keys of each dict: code that walks over them sees it."""
    if isinstance(x, dict):
        parts.append(tuple(x))
        x = x.values()
    elif not isinstance(x, (list, tuple)):
        return
    for each in x:
        if not isinstance(each, tree.LEAVES):
            _add_orders(each, parts)


def _leaf(x: Any, values: list[Any], objects: list[Any]) -> Any:
    kind = type(x)
    if kind is np.ndarray or kind is np.memmap:
        if x.dtype.kind not in _DTYPES:
            raise Untraceable(f"an argument is an array of dtype {x.dtype}")
        values.append(x)
        return (x.dtype, x.shape) if x.ndim < 2 or x.flags.c_contiguous else (x.dtype, x.shape, x.strides)
    if kind is float or kind is complex or (kind is int and -_LARGEST <= x < _LARGEST):
        values.append(x)
        return kind
    if kind is Array:
        raise Traced
    if isinstance(x, np.generic) and x.dtype.kind in _DTYPES:
        values.append(x)
        return kind
    if isinstance(x, np.ndarray):
        x = memory_of(x)
        if type(x) is np.ndarray:
            return _leaf(x, values, objects)
        raise Untraceable(f"an argument is of type {kind.__name__}")
    return _static(x, objects)


def _by_value(x: Any, place: str, objects: list[Any]) -> Any:
    """The key of an argument that is declared static."""
    try:
        hash(x)
    except TypeError:
        raise ArgumentError(
            f"a static argument must be hashable: {place} is not",
            got=f"{type(x).__name__}",
            wanted="a number, a text, a tuple of them, a function...: a value that does not change",
            try_=f"{place} as an argument that is not static" if isinstance(x, np.ndarray) else None,
        ) from None
    return _static(x, objects)


def _static(x: Any, objects: list[Any]) -> Any:
    kind = type(x)
    if kind in _VALUES or isinstance(x, (type, enum.Enum)):
        return kind, x
    if kind is float or kind is complex:
        return kind, repr(x)  # -0.0 is not 0.0, and nan is nan
    if kind is int:
        return kind, x
    if kind is tuple or kind is frozenset:
        return kind, kind(_static(each, objects) for each in x)
    if kind is set or kind is bytearray:
        return kind, frozenset(x) if kind is set else bytes(x)
    if isinstance(x, (np.ndarray, np.generic)):
        return kind, x.dtype, x.tobytes()
    if kind.__module__.partition(".")[0] in _FOREIGN and not isinstance(x, (np.ufunc, *_DRAWING)):
        raise Untraceable(f"an argument is of type {kind.__name__}, whose contents cannot be watched")
    objects.append(x)
    if kind.__eq__ is object.__eq__:
        return Same(x)
    try:
        hash(x)
    except TypeError:
        return Same(x)
    return kind, x


_DRAWING = (np.random.Generator, np.random.RandomState)


def described(key: tuple[Any, ...]) -> str:
    """For people: `f64[3], float, 'relu'`."""
    return ", ".join(_words(key))


def _words(key: tuple[Any, ...]) -> Iterator[str]:
    for part in key:
        if isinstance(part, type):
            yield part.__name__
        elif isinstance(part, tuple) and part and isinstance(part[0], np.dtype):
            yield f"{part[0]}[{','.join(map(str, part[1]))}]"
        elif isinstance(part, tuple) and len(part) == 2:
            yield repr(part[1])
        elif isinstance(part, Same):
            yield f"one {type(part.reference()).__name__}"
        elif isinstance(part, str):
            yield f"{part}="
