"""A document by columns: what all nodes say of one thing stands together, which gzip makes small.

`unpacked` gives back the same document; its twin for the page is `web/src/unpack.ts`. A column is a list of JSON's
values, in the smallest of these forms:

- a list: the values as they are (none of them a list or an object);
- ``{"same": value}``: all are equal; what is around tells how many there are;
- ``{"words": values, "at": column}``: few differ: places in the list of those that do;
- ``{"steps": values}``: whole numbers: the first one, then the differences;
- ``{"lengths": column, "of": column}``: lists, their values one after another;
- ``{"forms": keys, "form": column, "of": columns}``: objects: the lists of keys that occur, which one each object has,
  and for each key a column over the objects that have it;
- ``{"kinds": column, "of": columns}``: 0 for a value, 1 for a list, 2 for an object, and a column of each.
"""

from __future__ import annotations

import base64
import gzip
import itertools
import json
import operator
from collections.abc import Iterable, Sequence
from typing import Any, Final

from .thinning import DIGITS

SCHEMA: Final = "chainrule/packed/1"
FEW: Final = 4  # values of a column that are not worth another form
COMMON: Final = 4  # times that a word is met on average, at least


VALUE, LIST, OBJECT = range(3)
KINDS: Final = {list: LIST, dict: OBJECT}


def packed(document: Any, digits: int | None = None) -> dict[str, Any]:
    """The document by columns; its fractions rounded to so many digits."""
    return {"schema": SCHEMA, "document": _column([document], digits)}


def unpacked(found: dict[str, Any]) -> Any:
    """The document."""
    return _values(found["document"], 1)[0]


def to_text(document: dict[str, Any]) -> str:
    """A view document in letters that may stand in any page: gzip, in base64. If thinned, with fewer digits."""
    found = packed(document, DIGITS if document["thinned"] else None)
    text = json.dumps(found, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode(), 6, mtime=0)).decode()


def from_text(text: str) -> dict[str, Any]:
    """The document that `to_text` was given."""
    return unpacked(json.loads(gzip.decompress(base64.b64decode(text))))


def _column(values: Sequence[Any], digits: int | None) -> Any:
    present = {KINDS.get(each, VALUE) for each in set(map(type, values))}
    if len(present) > 1:
        kinds = [KINDS.get(type(v), VALUE) for v in values]
        parts = [[v for v, kind in zip(values, kinds, strict=True) if kind == each] for each in range(3)]
        return {"kinds": _plain(kinds), "of": [_column(part, digits) for part in parts]}
    if present == {OBJECT}:
        return _objects(values, digits)
    if present == {LIST}:
        joined = list(itertools.chain.from_iterable(values))
        return {"lengths": _plain(list(map(len, values))), "of": _column(joined, digits)}
    if digits is not None:
        values = [float(f"{v:.{digits}g}") if type(v) is float else v for v in values]
    return _plain(values)


def _objects(values: Sequence[dict[str, Any]], digits: int | None) -> dict[str, Any]:
    forms: dict[tuple[str, ...], int] = {}
    form = [forms.setdefault(tuple(v), len(forms)) for v in values]
    columns = [_column([v[key] for v in values if key in v], digits) for key in _keys(forms)]
    return {"forms": [list(each) for each in forms], "form": _plain(form), "of": columns}


def _keys(forms: Iterable[Iterable[str]]) -> list[str]:
    return list(dict.fromkeys(itertools.chain.from_iterable(forms)))


def _plain(values: Sequence[Any]) -> Any:
    """Of values that are neither lists nor objects."""
    if len(values) <= FEW:
        return list(values)
    kinds, different = set(map(type, values)), len(set(values))
    if kinds == {int}:
        steps = [values[0], *map(operator.sub, values[1:], values)]
        if different == 1:
            return {"same": values[0]}
        return {"steps": steps} if len(set(steps)) < different else list(values)
    if different * COMMON > len(values):
        return list(values)
    exact = values if kinds == {str} else [(type(v), repr(v)) for v in values]  # 1 is not 1.0, nor 0.0 is -0.0
    words = dict(zip(exact, values, strict=True))
    if len(words) == 1:
        return {"same": values[0]}
    places = {word: place for place, word in enumerate(words)}
    return {"words": list(words.values()), "at": _plain([places[v] for v in exact])}


def _values(column: Any, count: int) -> list[Any]:
    if isinstance(column, list):
        return column
    if "same" in column:
        return [column["same"]] * count
    if "words" in column:
        return [column["words"][k] for k in _values(column["at"], count)]
    if "steps" in column:
        return list(itertools.accumulate(column["steps"]))
    if "lengths" in column:
        lengths = _values(column["lengths"], count)
        values = iter(_values(column["of"], sum(lengths)))
        return [list(itertools.islice(values, n)) for n in lengths]
    if "kinds" in column:
        kinds = _values(column["kinds"], count)
        parts = [iter(_values(part, kinds.count(kind))) for kind, part in enumerate(column["of"])]
        return [next(parts[kind]) for kind in kinds]
    return _unpacked_objects(column, count)


def _unpacked_objects(column: dict[str, Any], count: int) -> list[dict[str, Any]]:
    forms, form = column["forms"], _values(column["form"], count)
    columns = {}
    for key, each in zip(_keys(forms), column["of"], strict=True):
        having = sum(key in forms[n] for n in form)
        columns[key] = iter(_values(each, having))
    return [{key: next(columns[key]) for key in forms[n]} for n in form]
