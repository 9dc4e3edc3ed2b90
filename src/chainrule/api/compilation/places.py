"""Where a thing stands that can be reached by name: how to read it again, and how to tell whether it is what it was."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

from ...original import np
from ...tracing import memory_of
from ...tracing.names import original_of
from ...tracing.trace import COPY_LIMIT

Path = tuple[Any, ...]

MISSING = object()


# Steps: how to read what an object holds


def _of_class(parent: Any, key: str) -> Any:
    for cls in parent.__mro__:
        if key in cls.__dict__:
            return cls.__dict__[key]
    raise AttributeError(key)


def of_slot(parent: Any, key: str) -> Any:
    return object.__getattribute__(parent, key)


def has_in_class(parent: Any, key: str) -> bool:
    return any(key in cls.__dict__ for cls in parent.__mro__)


STEPS: dict[str, Callable[[Any, Any], Any]] = {
    "root": lambda parent, key: parent[key],
    "global": lambda parent, key: original_of(parent.__globals__[key]),
    "cell": lambda parent, key: parent.__closure__[key[0]].cell_contents,
    "default": lambda parent, key: parent.__defaults__[key[0]],
    "keyword": lambda parent, key: parent.__kwdefaults__[key],
    "attribute": lambda parent, key: original_of(parent.__dict__[key]),
    "slot": of_slot,
    "of class": _of_class,
    "of base": lambda parent, key: parent.__mro__[key[0]].__dict__[key[1]],
    "item": lambda parent, key: parent[key],
    "entry": lambda parent, key: memory_of(parent).flat[key],
    "element": lambda parent, key: key,  # of a set, or a key of a dict: it is there, or the set has changed
    "referent": lambda parent, key: parent(),
    "context": lambda parent, key: parent.get(MISSING),
    "inner": of_slot,
    "class": lambda parent, key: type(parent),
    "has": lambda parent, key: key in parent.__dict__,
    "has in class": has_in_class,
    "has global": lambda parent, key: key in parent.__globals__,
}


# Tests: whether what is read is what it was. Each takes the value now and what is expected.


def is_equal(now: Any, expected: Any) -> bool:
    return now is expected or (type(now) is type(expected) and bool(now == expected) and not _other_zero(now, expected))


def _other_zero(now: Any, expected: Any) -> bool:
    return not now and isinstance(now, (float, complex)) and repr(now) != repr(expected)


def is_same(now: Any, expected: Any) -> bool:
    return now is expected


def has_code(now: Any, expected: Any) -> bool:
    return type(now) is FunctionType and now.__code__ is expected


def has_name(now: Any, expected: Any) -> bool:
    return getattr(now, "__name__", None) == expected


def has_form(now: Any, expected: Any) -> bool:
    cls, length = expected
    return type(now) is cls and (length is None or len(now) == length)


def has_keys(now: Any, expected: Any) -> bool:
    """The same keys in the same order."""
    return type(now) is expected[0] and len(now) == len(expected[1]) and list(now) == expected[1]


def has_bytes(now: Any, expected: Any) -> bool:
    return type(now) is expected[0] and bytes(now) == expected[1]


def has_entries(now: Any, expected: Any) -> bool:
    return type(now) is expected[0] and entries_of(now) == expected[1]


def entries_of(x: Any) -> Any:
    return list(x.items()) if isinstance(x, Mapping) else frozenset(x) if isinstance(x, (set, frozenset)) else list(x)


def has_type(now: Any, expected: Any) -> bool:
    now = memory_of(now)
    return isinstance(now, (np.ndarray, np.generic)) and ArraySnapshot.form_of(now) == expected.form


def has_contents(now: Any, expected: Any) -> bool:
    return has_type(now, expected) and expected.is_of(memory_of(now))


class ArraySnapshot:
    """The type and the contents of an array at one time."""

    __slots__ = ("contents", "form")

    def __init__(self, x: Any):
        self.form = self.form_of(x)
        self.contents = _contents(x)

    @staticmethod
    def form_of(x: Any) -> Any:
        if isinstance(x, np.generic):
            return type(x)
        return (x.dtype, x.shape) if x.ndim < 2 or x.flags.c_contiguous else (x.dtype, x.shape, x.strides)

    def is_of(self, x: Any) -> bool:
        return _contents(x) == self.contents


def _contents(x: Any) -> Any:
    if x.dtype.kind == "O":
        return [id(each) for each in x.ravel()]
    if x.nbytes <= COPY_LIMIT:
        return x.tobytes()
    words = np.ascontiguousarray(x).view(np.uint8).reshape(-1)
    whole = words[: len(words) // 8 * 8].view(np.uint64)
    return zlib.crc32(words.data), int(np.bitwise_xor.reduce(whole))


class Place:
    """Something that can be reached, and how it is compared."""

    __slots__ = ("alias", "expected", "index", "parent", "path", "step", "test")

    def __init__(self, parent: int, step: str, key: Any, path: Path, index: int):
        self.parent, self.step, self.path, self.index = parent, (STEPS[step], key), path, index
        self.test: Callable[[Any, Any], bool] | None = is_same
        self.expected: Any = None
        self.alias = -1  # the place at which the same object was found before

    def __str__(self) -> str:
        text = ""
        for kind, key in self.path:
            if kind in ("global", "cell", "default", "keyword"):
                text = str(key[1] if isinstance(key, tuple) else key)
            elif kind in ("attribute", "slot", "of class"):
                text = f"{text}.{key}" if text else f"self.{key}"
            elif kind == "item":
                text += f"[{key!r}]"
        return text or "an object"
