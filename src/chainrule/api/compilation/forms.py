"""The form of a tree of plain dicts, lists and tuples: it takes the leaves of trees of this form, and of no other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import is_, itemgetter
from typing import Any, final

from ... import tree


@final
class Form:
    """A tree of dicts, lists and tuples, and the order of the keys of each dict: code that walks over them sees it.

    Parameters
    ----------
    cls : type
    keys : list, optional
        Of a dict, in its order.
    entries : sequence of (key, Form or None)
        In the order of leaves; None stands for a leaf.
    """

    __slots__ = ("_all_leaves", "_cls", "_inner", "_keys", "_length", "_values")

    def __init__(self, cls: type, keys: list[Any] | None, entries: Sequence[tuple[Any, Form | None]]):
        self._cls, self._keys, self._length = cls, keys, len(entries)
        self._inner = [form for _, form in entries]
        self._all_leaves = all(form is None for form in self._inner)
        names = [key for key, _ in entries]
        if keys is None:
            self._values: Callable[[Any], Any] = tuple
        elif len(names) > 1:
            self._values = itemgetter(*names)
        else:
            self._values = lambda x: [x[name] for name in names]

    def take(self, x: Any, leaves: list[Any]) -> bool:
        """Add the leaves of a tree; whether it is of this form."""
        if type(x) is not self._cls or len(x) != self._length or (self._keys is not None and list(x) != self._keys):
            return False
        values = self._values(x)
        if self._all_leaves:
            leaves.extend(values)
            return True
        for form, value in zip(self._inner, values, strict=True):
            if form is None:
                leaves.append(value)
            elif not form.take(value, leaves):
                return False
        return True


def form_of(x: Any) -> Form | None:
    """The form of a tree; None where it has containers of other kinds."""
    form = _form(x)
    if form is None:
        return None
    found: list[Any] = []
    form.take(x, found)
    leaves = tree.flatten(x)[0]
    return form if len(found) == len(leaves) and all(map(is_, found, leaves)) else None


def _form(x: Any) -> Form | None:
    if type(x) is dict:
        try:
            names = sorted(x)
        except TypeError:
            return None
        return Form(dict, list(x), [(name, _form(x[name])) for name in names])
    if isinstance(x, (list, tuple)):
        return Form(type(x), None, [(k, _form(each)) for k, each in enumerate(x)])
    return None
