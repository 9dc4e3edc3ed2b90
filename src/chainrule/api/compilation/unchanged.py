"""Whether all that a function can reach by name is still the very same: asked by identity, many at a time.

What is equal, and another object, counts as changed here; the long way of a call compares by value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter, getitem, is_
from typing import Any, final

from .places import Place, has_code, has_contents, has_form, has_keys, has_type, is_equal, is_same
from .surroundings import Surroundings


@final
class Unchanged:
    """Whether all that a function can reach by name is what it was: the very same objects, with the same contents."""

    __slots__ = ("_by_attribute", "_items", "_keys", "_lengths", "_others")

    def __init__(self, surroundings: Surroundings, known: Sequence[Any]):
        items: list[tuple[Any, Any, Any]] = []  # a container, a key, and what stands there
        attributes: dict[str, list[tuple[Any, Any]]] = {}  # an object, and what it has under a name
        lengths: list[tuple[Any, int]] = []
        keys: list[tuple[Any, list[Any]]] = []
        self._others: list[tuple[Callable[[Any, Any], Any], Any, Any]] = []  # what has to be true of a pair

        def has(x: Any, name: str, value: Any) -> None:
            attributes.setdefault(name, []).append((x, value))

        for place in surroundings.places:
            if place.test is None:
                continue
            (read, key), now, step = place.step, known[place.index], place.path[-1][0]
            parent: Any = known[place.parent] if place.parent >= 0 else None
            if step == "global":
                items.append((parent.__globals__, key, parent.__globals__[key]))
            elif step == "attribute" and not isinstance(parent, type):
                items.append((parent.__dict__, key, parent.__dict__[key]))
                has(parent, "__dict__", parent.__dict__)
            elif step == "item":
                items.append((parent, key, now))
            elif step == "cell":
                has(parent.__closure__[key[0]], "cell_contents", now)
            elif step != "root":
                self._others.append((_Reads(read, now), parent, key))
            self._compare(place, now, place.index in surroundings.live, lengths, keys, has)
        self._items = _columns(items, 3)
        self._by_attribute = [(attrgetter(name), *_columns(pairs)) for name, pairs in attributes.items()]
        self._lengths, self._keys = _columns(lengths), _columns(keys)

    def _compare(self, place: Place, now: Any, is_live: bool, lengths: Any, keys: Any, has: Any) -> None:
        """What may change in an object that stays the same."""
        test, expected = place.test, place.expected
        if test is has_code:
            has(now, "__code__", expected)
        elif test is has_form:
            if expected[1] is not None:
                lengths.append((now, expected[1]))
        elif test is has_keys:
            keys.append((now, expected[1]))
        elif test is has_contents:
            self._others.append((has_type if is_live else has_contents, now, expected))
        elif test is not is_same and test is not is_equal and test is not None:
            self._others.append((test, now, expected))

    def __call__(self) -> bool:
        try:
            holders, names, values = self._items
            if not all(map(is_, map(getitem, holders, names), values)):
                return False
            for attribute, objects, values in self._by_attribute:
                if not all(map(is_, map(attribute, objects), values)):
                    return False
            objects, lengths = self._lengths
            if not all(map(int.__eq__, map(len, objects), lengths)):
                return False
            objects, keys = self._keys
            if not all(map(list.__eq__, map(list, objects), keys)):
                return False
            return all(test(a, b) for test, a, b in self._others)
        except (LookupError, AttributeError, ValueError, TypeError):
            return False


@final
class _Reads:
    """Whether reading gives a certain object."""

    __slots__ = ("_read", "_value")

    def __init__(self, read: Callable[[Any, Any], Any], value: Any):
        self._read, self._value = read, value

    def __call__(self, parent: Any, key: Any) -> bool:
        return self._read(parent, key) is self._value


def _columns(rows: Sequence[tuple[Any, ...]], count: int = 2) -> Any:
    return tuple(zip(*rows, strict=True)) if rows else ((),) * count
