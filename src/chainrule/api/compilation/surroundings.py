"""What a function reads besides its arguments: everything that its code can reach by name, and how to read it again.

From the function lead its globals, closure and defaults; from there attributes, entries and further functions. What is
found is compared at each call: numbers and texts by value, functions by their code, arrays by their contents, except
those arrays that the trace has taken as inputs.
"""

from __future__ import annotations

import enum
import functools
import gc
import random
import sys
import types
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from ...original import np
from ...tracing import Array, Fillable, memory_of
from ...tracing.memory import root_of
from ...tracing.names.asking import LIBRARIES
from ...tracing.trace import COPY_LIMIT
from .occurrences import DYNAMIC, Key, Use, all_seen, codes_in, globals_in, names_in

MOST = 5_000  # places
_DEEPEST = 14
_ROUNDS = 6
_LONG = 256  # entries of a list of numbers that is compared as a whole
_NUMBERS = (float, int, complex, bool, str, bytes, type(None), range, slice, types.EllipsisType, np.dtype)
_LIBRARIES = LIBRARIES | sys.stdlib_module_names - {"__main__"}
_BUILTIN = (types.BuiltinFunctionType, types.BuiltinMethodType, types.MethodDescriptorType, types.WrapperDescriptorType)
_DRAWING = (np.random.Generator, np.random.RandomState, random.Random)

Path = tuple[Any, ...]


class TooMuch(Exception):
    """More can be reached by name than is watched."""


# Steps: how to read what an object holds


def _of_class(parent: Any, key: str) -> Any:
    for cls in parent.__mro__:
        if key in cls.__dict__:
            return cls.__dict__[key]
    raise AttributeError(key)


def _of_slot(parent: Any, key: str) -> Any:
    return object.__getattribute__(parent, key)


STEPS: dict[str, Callable[[Any, Any], Any]] = {
    "root": lambda parent, key: parent[key],
    "global": lambda parent, key: parent.__globals__[key],
    "cell": lambda parent, key: parent.__closure__[key[0]].cell_contents,
    "default": lambda parent, key: parent.__defaults__[key[0]],
    "keyword": lambda parent, key: parent.__kwdefaults__[key],
    "attribute": lambda parent, key: parent.__dict__[key],
    "slot": _of_slot,
    "of class": _of_class,
    "item": lambda parent, key: parent[key],
    "inner": _of_slot,
    "class": lambda parent, key: type(parent),
    "has": lambda parent, key: key in parent.__dict__,
}


# Tests: whether what is read is what it was. Each takes the value now and what is expected.


def _is_equal(now: Any, expected: Any) -> bool:
    return now is expected or (type(now) is type(expected) and bool(now == expected) and not _other_zero(now, expected))


def _other_zero(now: Any, expected: Any) -> bool:
    return not now and isinstance(now, (float, complex)) and repr(now) != repr(expected)


def _is_same(now: Any, expected: Any) -> bool:
    return now is expected


def _has_code(now: Any, expected: Any) -> bool:
    return type(now) is FunctionType and now.__code__ is expected


def _has_name(now: Any, expected: Any) -> bool:
    return getattr(now, "__name__", None) == expected


def _has_form(now: Any, expected: Any) -> bool:
    cls, length = expected
    return type(now) is cls and (length is None or len(now) == length)


def _has_entries(now: Any, expected: Any) -> bool:
    return type(now) is expected[0] and _entries(now) == expected[1]


def _entries(x: Any) -> Any:
    return list(x.items()) if isinstance(x, dict) else frozenset(x) if isinstance(x, (set, frozenset)) else list(x)


def _has_type(now: Any, expected: Any) -> bool:
    now = memory_of(now)
    return isinstance(now, (np.ndarray, np.generic)) and ArraySnapshot.form_of(now) == expected.form


def _has_contents(now: Any, expected: Any) -> bool:
    return _has_type(now, expected) and expected.is_of(memory_of(now))


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
        self.test: Callable[[Any, Any], bool] | None = _is_same
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


class Surroundings:
    """What one function, called with certain objects, can reach: watched from when this is made.

    Parameters
    ----------
    function : callable
    objects : sequence
        The arguments that are no arrays.
    more : sequence of functions
        Others whose code is known to run.
    ignored : set of paths
        What the function itself changes: not compared.
    """

    def __init__(self, function: Any, objects: Sequence[Any], more: Sequence[FunctionType], ignored: set[Path]):
        self.ignored = ignored
        names: frozenset[str] = frozenset()
        for _ in range(_ROUNDS):
            self._begin(names)
            self._explore([function, *objects, *more])
            found = frozenset().union(*map(names_in, self.codes))
            if found <= names:
                break
            names |= found
        self.more = tuple(more)
        self._visited, self._kept = {}, []
        self.live: set[int] = set()  # arrays that are inputs, and are not compared

    def _begin(self, names: frozenset[str]) -> None:
        self.names = names
        self.dynamic, self.asks = bool(names & DYNAMIC), "hasattr" in names or "getattr" in names
        self.codes: dict[CodeType, None] = {}
        self.places: list[Place] = []
        self.arrays: list[int] = []  # places of arrays
        self.aliased: set[int] = set()
        self.generators: list[Any] = []
        self._visited: dict[int, int] = {}
        self._kept: list[Any] = []  # so that ids stay their own while the search goes on

    # Reading

    def read(
        self, function: Any, objects: Sequence[Any], snapshots: Mapping[int, ArraySnapshot] | None = None
    ) -> list[Any] | Place:
        """What stands at each place now, or the first place where something else does.

        With snapshots, arrays are compared with those, also the ones that are inputs.
        """
        known: list[Any] = []
        roots = (function, *objects, *self.more)
        live = self.live
        for place in self.places:
            test = place.test
            if test is None:
                known.append(None)
                continue
            read, key = place.step
            try:
                now = read(roots if place.parent < 0 else known[place.parent], key)
            except (LookupError, AttributeError, ValueError, TypeError):
                return place
            if test is _is_same:
                fits = now is (known[place.alias] if place.alias >= 0 else place.expected)
            elif test is _has_contents and snapshots is not None:
                fits = test(now, snapshots[place.index])
            elif test is _has_contents and place.index in live:
                fits = _has_type(now, place.expected)
            else:
                fits = test(now, place.expected)
            if not fits:
                return place
            known.append(now)
        return known

    def changed(self, function: Any, objects: Sequence[Any], snapshots: Mapping[int, ArraySnapshot]) -> list[Place]:
        """All places where something else stands than did; they are compared no more."""
        found: list[Place] = []
        place = self.read(function, objects, snapshots)
        while isinstance(place, Place):
            found.append(place)
            self.ignored.add(place.path)
            self._leave_out(place)
            place = self.read(function, objects, snapshots)
        self.live = self.live - {place.index for place in found}
        return found

    def _leave_out(self, place: Place) -> None:
        """No more compare what is here, and what was found by way of it."""
        gone = {place.index}
        for each in self.places[place.index :]:
            if each.index in gone or each.parent in gone or each.alias in gone:
                gone.add(each.index)
                each.test = None
        self.arrays = [k for k in self.arrays if k not in gone]

    def watch_all_but(self, live: set[int], snapshots: Mapping[int, ArraySnapshot]) -> None:
        """From now on compare the contents of all arrays but these with what they are now."""
        for k in self.live - live:
            self.places[k].expected = snapshots[k]
        self.live = live

    def all_uses_seen(self, index: int, uses: set[Use]) -> bool:
        """Whether the code uses an array in no other way than by recorded operations."""
        if self.dynamic or index in self.aliased:
            return False
        path = self.places[index].path
        rest: list[Key] = []
        for kind, key in reversed(path):
            if kind == "item":
                rest.insert(0, Key("item", key))
            elif kind in ("global", "cell"):
                name = key[1] if kind == "cell" else key
                return all_seen("name", name, tuple(rest), self.codes, uses)
            elif kind in ("attribute", "slot", "of class"):
                return all_seen("attribute", key, tuple(rest), self.codes, uses)
            elif kind in ("default", "keyword"):
                name = key[1] if kind == "default" else key
                return all_seen("local", name, tuple(rest), self.codes, uses) and all_seen(
                    "name", name, tuple(rest), self.codes, uses
                )
            else:
                return False
        return False

    # Finding

    def unknown_functions(self, codes: Iterable[CodeType]) -> list[FunctionType]:
        """Functions whose code has run and was not found by name."""
        unknown = [
            code for code in dict.fromkeys(codes) if code not in self.codes and not code.co_filename.startswith("<")
        ]
        found = []
        for code in unknown:
            for holder in gc.get_referrers(code):
                if type(holder) is FunctionType and not _is_library(holder.__globals__.get("__name__")):
                    found.append(holder)
                    break
        return found

    def _explore(self, roots: Sequence[Any]) -> None:
        waiting: deque[tuple[int, int, str, Any, Any, Path]] = deque()
        for k, root in enumerate(roots):
            waiting.append((0, -1, "root", k, root, (("root", k),)))
        while waiting:
            depth, parent, step, key, value, path = waiting.popleft()
            if path in self.ignored or type(value) is Array or _is_skipped(value):
                continue
            if len(self.places) >= MOST:
                raise TooMuch
            place = Place(parent, step, key, path, len(self.places))
            known = self._visited.get(id(value)) if _has_identity(value) else None
            self.places.append(place)
            if known is not None:
                place.alias = known
                self.aliased.add(known)
                continue
            if _has_identity(value):
                self._visited[id(value)] = place.index
                self._kept.append(value)
            children = self._look(place, value)
            if depth < _DEEPEST:
                for step_, key_, child in children:
                    waiting.append((depth + 1, place.index, step_, key_, child, (*path, (step_, key_))))

    def _look(self, place: Place, value: Any) -> Iterator[tuple[str, Any, Any]] | Sequence[tuple[str, Any, Any]]:
        """Decide how a value is compared; what it holds."""
        kind = type(value)
        if kind is Fillable or isinstance(value, (np.ndarray, np.generic)):
            return self._look_at_array(place, memory_of(value))
        if isinstance(value, (*_NUMBERS, enum.Enum)):
            place.test, place.expected = _is_equal, value
            return ()
        if kind is FunctionType:
            place.test, place.expected = _has_code, value.__code__
            return list(self._in_function(value))
        if kind is MethodType:
            place.test, place.expected = _has_form, (kind, None)
            return [("inner", name, getattr(value, name)) for name in ("__func__", "__self__")]
        if isinstance(value, functools.partial):
            place.test, place.expected = _has_form, (kind, None)
            return [("inner", name, getattr(value, name)) for name in ("func", "args", "keywords")]
        if isinstance(value, (dict, types.MappingProxyType, list, tuple, deque)):
            return self._look_at_container(place, value)
        if isinstance(value, (set, frozenset)):
            if all(isinstance(each, _NUMBERS) for each in value):
                place.test, place.expected = _has_entries, (kind, frozenset(value))
            else:
                place.expected = value
            return ()
        if isinstance(value, _BUILTIN):
            place.test, place.expected = _has_name, value.__name__
            return ()
        if isinstance(value, ModuleType):
            place.test, place.expected = _has_form, (kind, None)
            return [("attribute", n, x) for n, x in self._named(value.__dict__)]
        if isinstance(value, (staticmethod, classmethod)):
            place.test, place.expected = _has_form, (kind, None)
            return [("inner", "__func__", value.__func__)]
        if isinstance(value, property):
            place.test, place.expected = _has_form, (kind, None)
            return [("inner", "fget", value.fget)] if value.fget else ()
        if isinstance(value, type):
            place.expected = value
            return [] if _is_library(value.__module__) else list(self._in_class(value))
        if isinstance(value, _DRAWING):
            self.generators.append(value)
            place.expected = value
            return ()
        return self._look_at_object(place, value)

    def _look_at_array(self, place: Place, x: Any) -> Sequence[Any]:
        place.test, place.expected = _has_contents, ArraySnapshot(x)
        self.arrays.append(place.index)
        return ()

    def _look_at_container(self, place: Place, value: Any) -> Sequence[tuple[str, Any, Any]]:
        entries = value.values() if isinstance(value, Mapping) else value
        if len(value) > _LONG and all(isinstance(each, _NUMBERS) for each in entries):
            place.test, place.expected = _has_entries, (type(value), _entries(value))
            return ()
        if len(value) > MOST:
            raise TooMuch
        place.test, place.expected = _has_form, (type(value), len(value))
        pairs = list(value.items()) if isinstance(value, Mapping) else list(enumerate(value))
        more = [] if type(value).__module__ == "builtins" else list(self._in_object(value))
        return [*(("item", key, each) for key, each in pairs), *more]

    def _look_at_object(self, place: Place, value: Any) -> Sequence[tuple[str, Any, Any]]:
        wrapped = [("inner", "__wrapped__", value.__wrapped__)] if _wraps(value) else []
        if _is_library(type(value).__module__) and type(value) is not types.SimpleNamespace:
            place.expected = value
            held = {} if type(value).__module__.startswith("chainrule.") else getattr(value, "__dict__", {})
            return wrapped + [
                ("attribute", n, x) for n, x in held.items() if isinstance(x, (*_NUMBERS, np.ndarray, np.generic))
            ]
        place.test, place.expected = _has_form, (type(value), None)
        return wrapped + list(self._in_object(value)) + [("class", None, type(value))]

    def _in_object(self, value: Any) -> Iterator[tuple[str, Any, Any]]:
        held = getattr(value, "__dict__", None)
        if isinstance(held, dict):
            for name, x in list(held.items()) if self.dynamic else self._named(held):
                yield "attribute", name, x
            for name in self.names - held.keys():  # what would hide an attribute of the class, or is asked for
                if self.asks or any(name in cls.__dict__ for cls in type(value).__mro__):
                    yield "has", name, False
        for cls in type(value).__mro__:
            for name, member in list(cls.__dict__.items()):
                if isinstance(member, types.MemberDescriptorType) and (self.dynamic or name in self.names):
                    try:
                        yield "slot", name, _of_slot(value, name)
                    except AttributeError:
                        continue

    def _in_class(self, cls: type) -> Iterator[tuple[str, Any, Any]]:
        seen = set()
        for each in cls.__mro__:
            if _is_library(each.__module__):
                continue
            for name, member in list(each.__dict__.items()):
                if name in seen or isinstance(member, types.MemberDescriptorType):
                    continue
                implicit = name.startswith("__") and type(member) is FunctionType
                if implicit or self.dynamic or name in self.names:
                    seen.add(name)
                    yield "of class", name, member

    def _in_function(self, f: FunctionType) -> Iterator[tuple[str, Any, Any]]:
        library = _is_library(f.__globals__.get("__name__")) and not f.__code__.co_filename.startswith("<doctest")
        for k, (name, cell) in enumerate(zip(f.__code__.co_freevars, f.__closure__ or (), strict=False)):
            try:
                value = cell.cell_contents
            except ValueError:
                continue
            if not library or callable(value):
                yield "cell", (k, name), value
        if _wraps(f):
            yield "inner", "__wrapped__", f.__wrapped__  # type: ignore[attr-defined]
        if library:
            return
        self.codes.update(dict.fromkeys(codes_in(f.__code__)))
        for name in self.names if self.dynamic else globals_in(f.__code__):
            if name in f.__globals__:
                yield "global", name, f.__globals__[name]
        first = f.__code__.co_argcount - len(f.__defaults__ or ())
        for k, value in enumerate(f.__defaults__ or ()):
            yield "default", (k, f.__code__.co_varnames[first + k]), value
        for name, value in (f.__kwdefaults__ or {}).items():
            yield "keyword", name, value

    def _named(self, held: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        for name in self.names & held.keys() if len(held) < len(self.names) else [n for n in self.names if n in held]:
            yield name, held[name]


def _has_identity(x: Any) -> bool:
    """Whether two names of it are two names of one thing: numbers and texts may be shared by chance."""
    return not isinstance(x, (*_NUMBERS, np.generic, enum.Enum, *_BUILTIN))


def _wraps(x: Any) -> bool:
    try:
        return callable(object.__getattribute__(x, "__wrapped__"))
    except AttributeError:
        return False


def _is_library(module: Any) -> bool:
    return isinstance(module, str) and module.partition(".")[0] in _LIBRARIES


def _is_skipped(x: Any) -> bool:
    """NumPy, the standard library and we stay what they are."""
    return isinstance(x, ModuleType) and _is_library(x.__name__)


class Present:
    """The arrays that can be reached now: where they stand, and what is in them.

    Attributes
    ----------
    arrays, owners : dict
        Places, by the id of the array; of those that own their memory.
    forms : dict
        Shape and dtype by place, of those that can be part of a graph.
    """

    def __init__(self, surroundings: Surroundings, function: Any, objects: Sequence[Any]):
        known = surroundings.read(function, objects)
        assert not isinstance(known, Place)
        self._known = known
        self.arrays: dict[int, int] = {}
        self.owners: dict[int, int] = {}
        self.forms: dict[int, tuple[tuple[int, ...], Any]] = {}
        self.snapshots: dict[int, ArraySnapshot] = {}
        for place in surroundings.arrays:
            x = known[place]
            self.snapshots[place] = ArraySnapshot(memory_of(x))
            if type(x) is Fillable or x.dtype.kind not in "fciub":
                continue
            self.arrays[id(x)] = place
            self.forms[place] = x.shape, x.dtype
            if isinstance(x, np.ndarray) and x.base is None:
                self.owners[id(x)] = place

    def place_of(self, x: Any) -> tuple[int | None, Any]:
        """Where an array, or the one whose memory it shows, can be reached; and that one."""
        place = self.arrays.get(id(x))
        if place is None and isinstance(x, np.ndarray) and x.base is not None:
            root = root_of(x)
            return self.owners.get(id(root)), root
        return place, x

    def is_as_before(self, place: int, x: Any) -> bool:
        """Whether an array holds what it did before the function ran."""
        return self.snapshots[place].is_of(x)


def view_of(x: np.ndarray, root: np.ndarray) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
    """Where a view lies in the array that owns its memory: offset, shape, strides."""
    offset = x.__array_interface__["data"][0] - root.__array_interface__["data"][0]
    return offset, x.shape, x.strides
