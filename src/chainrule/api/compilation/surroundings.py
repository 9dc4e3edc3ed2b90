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
import re
import sys
import types
import weakref
from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from ...original import np
from ...tracing import Array, Fillable, memory_of
from ...tracing.memory import root_of
from ...tracing.names import original_of
from ...tracing.names.asking import LIBRARIES
from ..transformed import Transformed
from .occurrences import ALL_GLOBALS, DYNAMIC, Key, Use, all_seen, codes_in, globals_in, names_in, texts_in
from .places import (
    MISSING,
    ArraySnapshot,
    Path,
    Place,
    entries_of,
    has_bytes,
    has_code,
    has_contents,
    has_entries,
    has_form,
    has_in_class,
    has_keys,
    has_name,
    has_type,
    is_equal,
    is_same,
    of_slot,
)
from .signature import Untraceable

MOST = 5_000  # places
_DEEPEST = 200
_ROUNDS = 6
_LONG = 256  # entries of a list of numbers that is compared as a whole
_NUMBERS = (float, int, complex, bool, str, bytes, type(None), range, slice, types.EllipsisType, np.dtype)
_LIBRARIES = LIBRARIES | sys.stdlib_module_names - {"__main__"}
_BUILTIN = (types.BuiltinFunctionType, types.BuiltinMethodType, types.MethodDescriptorType, types.WrapperDescriptorType)
_DRAWING = (np.random.Generator, np.random.RandomState, random.Random)
_IN_BYTES = (bytearray, array, memoryview)
_OPAQUE = frozenset({"pandas", "torch", "jax", "jaxlib", "tensorflow"})  # their objects hold memory of their own
_ASIDE = frozenset(
    {"chainrule", "matplotlib", "numba", "logging", "concurrent", "multiprocessing", "asyncio", "io", "_io"}
)
_WORD = re.compile(r"[^\W\d]\w*")
_LONGEST_TEXT = 1_000  # that may name something


class TooMuch(Exception):
    """More can be reached by name than is watched."""


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
            if self.dynamic:
                found |= self.texts
            if found <= names:
                break
            names |= found
        self.more = tuple(more)
        self._visited, self._kept = {}, []
        self.live: set[int] = set()  # arrays that are inputs, and are not compared

    def _begin(self, names: frozenset[str]) -> None:
        self.names = names
        self.dynamic, self.asks = bool(names & DYNAMIC), "hasattr" in names or "getattr" in names
        self.texts: set[str] = set()  # words of texts, which may name something
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
            if test is is_same:
                fits = now is (known[place.alias] if place.alias >= 0 else place.expected)
            elif test is has_contents and snapshots is not None:
                fits = test(now, snapshots[place.index])
            elif test is has_contents and place.index in live:
                fits = has_type(now, place.expected)
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
            if not (holders := _functions_with(code)) and gc.get_freeze_count():
                gc.unfreeze()  # what is frozen cannot be looked for
                holders = _functions_with(code)
            found += [each for each in holders if not _is_library(each.__globals__.get("__name__"))][:1]
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
            if depth > _DEEPEST:
                raise TooMuch
            for step_, key_, child in self._look(place, value):
                waiting.append((depth + 1, place.index, step_, key_, child, (*path, (step_, key_))))

    def _look(self, place: Place, value: Any) -> Iterator[tuple[str, Any, Any]] | Sequence[tuple[str, Any, Any]]:
        """Decide how a value is compared; what it holds."""
        kind = type(value)
        if kind is Fillable or isinstance(value, (np.ndarray, np.generic)):
            return self._look_at_array(place, memory_of(value))
        if isinstance(value, (*_NUMBERS, enum.Enum)):
            place.test, place.expected = is_equal, value
            self._read_text(value)
            return ()
        if kind is FunctionType:
            place.test, place.expected = has_code, value.__code__
            return list(self._in_function(value))
        if kind is MethodType:
            place.test, place.expected = has_form, (kind, None)
            return [("inner", name, getattr(value, name)) for name in ("__func__", "__self__")]
        if isinstance(value, functools.partial):
            place.test, place.expected = has_form, (kind, None)
            return [("inner", name, getattr(value, name)) for name in ("func", "args", "keywords")]
        if isinstance(value, (dict, types.MappingProxyType, list, tuple, deque)):
            return self._look_at_container(place, value)
        if isinstance(value, (set, frozenset)):
            if len(value) > MOST:
                raise TooMuch
            place.test, place.expected = has_entries, (kind, frozenset(value))
            return [("element", each, each) for each in value if not isinstance(each, _NUMBERS)]
        if isinstance(value, _IN_BYTES):
            place.test, place.expected = has_bytes, (kind, bytes(value))
            return ()
        if isinstance(value, _BUILTIN):
            place.test, place.expected = has_name, value.__name__
            return ()
        if isinstance(value, ModuleType):
            place.test, place.expected = has_form, (kind, None)
            return [("attribute", n, x) for n, x in self._of_module(value.__dict__)]
        if isinstance(value, np.vectorize):
            place.expected = value
            return [("attribute", name, value.__dict__[name]) for name in ("pyfunc", "otypes", "signature")]
        if isinstance(value, (staticmethod, classmethod)):
            place.test, place.expected = has_form, (kind, None)
            return [("inner", "__func__", value.__func__)]
        if isinstance(value, property):
            place.test, place.expected = has_form, (kind, None)
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
        place.test, place.expected = has_contents, ArraySnapshot(x)
        self.arrays.append(place.index)
        if x.dtype.kind != "O":
            return ()
        if x.size > MOST:
            raise TooMuch
        return [("entry", k, each) for k, each in enumerate(x.flat)]

    def _look_at_container(self, place: Place, value: Any) -> Sequence[tuple[str, Any, Any]]:
        entries = value.values() if isinstance(value, Mapping) else value
        if len(value) > _LONG and all(isinstance(each, _NUMBERS) for each in entries):
            place.test, place.expected = has_entries, (type(value), entries_of(value))
            return ()
        if len(value) > MOST:
            raise TooMuch
        more = [] if type(value).__module__ == "builtins" else list(self._in_object(value))
        if not isinstance(value, Mapping):
            place.test, place.expected = has_form, (type(value), len(value))
            return [*(("item", k, each) for k, each in enumerate(value)), *more]
        place.test, place.expected = has_keys, (type(value), list(value))
        for key in value:
            self._read_text(key)
        keys = (("element", key, key) for key in value if not isinstance(key, (*_NUMBERS, enum.Enum)))
        return [*keys, *(("item", key, each) for key, each in value.items()), *more]

    def _look_at_object(self, place: Place, value: Any) -> Sequence[tuple[str, Any, Any]]:
        if type(value) is Transformed:
            place.test, place.expected = has_form, (Transformed, None)
            return [("inner", name, of_slot(value, name)) for name in ("_transform", "_options", "__wrapped__")]
        wrapped = [("inner", "__wrapped__", value.__wrapped__)] if _wraps(value) else []
        if isinstance(value, weakref.ref):
            place.expected = value
            return [*wrapped, ("referent", None, value())]
        if isinstance(value, ContextVar):
            place.expected = value
            return [("context", None, value.get(MISSING))]
        if _is_library(type(value).__module__) and type(value) is not types.SimpleNamespace:
            place.expected = value
            return wrapped + list(self._in_library_object(value))
        place.test, place.expected = has_form, (type(value), None)
        return wrapped + list(self._in_object(value)) + [("class", None, type(value))]

    def _in_library_object(self, value: Any) -> Iterator[tuple[str, Any, Any]]:
        """All that it holds, as its code is not looked at."""
        library = type(value).__module__.partition(".")[0]
        if library in _OPAQUE:
            raise Untraceable(f"it reads an object of type {type(value).__name__}, whose contents cannot be watched")
        if library in _ASIDE:
            return
        held = getattr(value, "__dict__", None)
        for name, x in list(held.items()) if isinstance(held, dict) else ():
            if name != "__wrapped__":
                yield "attribute", name, x
        for name, x in _slots(value):
            yield "slot", name, x

    def _in_object(self, value: Any) -> Iterator[tuple[str, Any, Any]]:
        held = getattr(value, "__dict__", None)
        if isinstance(held, dict):
            for name, x in list(held.items()) if self.dynamic else self._named(held):
                yield "attribute", name, x
            for name in self.names - held.keys():  # what would hide an attribute of the class, or is asked for
                if self.asks or has_in_class(type(value), name) or has_in_class(type(value), "__getattr__"):
                    yield "has", name, False
        for name, x in _slots(value):
            if self.dynamic or name in self.names:
                yield "slot", name, x

    def _in_class(self, cls: type) -> Iterator[tuple[str, Any, Any]]:
        seen: set[str] = set()
        for k, each in enumerate(cls.__mro__):
            if _is_library(each.__module__):
                continue
            for name, member in list(each.__dict__.items()):
                if isinstance(member, types.MemberDescriptorType):
                    continue
                implicit = name.startswith("__") and type(member) is FunctionType
                if not (implicit or self.dynamic or name in self.names):
                    continue
                if name not in seen:
                    yield "of class", name, member
                elif "super" in self.names:
                    yield "of base", (k, name), member
                seen.add(name)
        if self.asks:
            for name in self.names - seen:
                if not has_in_class(cls, name):
                    yield "has in class", name, False

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
        for name, x in list(f.__dict__.items()):
            if name != "__wrapped__" and (library or self.dynamic or name in self.names):
                yield "attribute", name, x
        if library:
            return
        self.codes.update(dict.fromkeys(codes_in(f.__code__)))
        for code in codes_in(f.__code__) if self.dynamic else ():
            for text in texts_in(code):
                self._read_text(text)
        names = self.names if self.dynamic else globals_in(f.__code__)
        if self.names & ALL_GLOBALS:
            names = {*names, *_data_in(f.__globals__)}
        for name in names:
            if name in f.__globals__:
                yield "global", name, original_of(f.__globals__[name])
            else:
                yield "has global", name, False
        first = f.__code__.co_argcount - len(f.__defaults__ or ())
        for k, value in enumerate(f.__defaults__ or ()):
            yield "default", (k, f.__code__.co_varnames[first + k]), value
        for name, value in (f.__kwdefaults__ or {}).items():
            yield "keyword", name, value

    def _of_module(self, held: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        if not self.dynamic:
            return self._named(held)
        return ((name, original_of(held[name])) for name in {*(self.names & held.keys()), *_data_in(held)})

    def _read_text(self, text: Any) -> None:
        """Its words may name something, where code reaches things by names that are not written in it."""
        if self.dynamic and isinstance(text, str) and len(text) < _LONGEST_TEXT:
            self.texts.update(_WORD.findall(text))

    def _named(self, held: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        for name in self.names & held.keys() if len(held) < len(self.names) else [n for n in self.names if n in held]:
            yield name, original_of(held[name])


def _has_identity(x: Any) -> bool:
    """Whether two names of it are two names of one thing: numbers and texts may be shared by chance."""
    return not isinstance(x, (*_NUMBERS, np.generic, enum.Enum, *_BUILTIN))


def _wraps(x: Any) -> bool:
    try:
        return callable(object.__getattribute__(x, "__wrapped__"))
    except AttributeError:
        return False


def _data_in(held: dict[str, Any]) -> Iterator[str]:
    """The names of numbers, texts and arrays."""
    return (
        name
        for name, x in list(held.items())
        if isinstance(x, (*_NUMBERS, np.ndarray, np.generic)) and not name.startswith("__")
    )


def _slots(x: Any) -> Iterator[tuple[str, Any]]:
    for cls in type(x).__mro__:
        for name, member in list(cls.__dict__.items()):
            if isinstance(member, types.MemberDescriptorType):
                try:
                    yield name, of_slot(x, name)
                except AttributeError:
                    continue


def _functions_with(code: CodeType) -> list[FunctionType]:
    return [each for each in gc.get_referrers(code) if type(each) is FunctionType]


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
