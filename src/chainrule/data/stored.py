"""Preparations as documents, and documents that may be anybody's as preparations."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from ..errors import TextError
from .column import KINDS
from .inputs import UNSEEN, Categorical, Input, Numeric
from .missing import CHOICES
from .target import Classes, Quantity, Target

INPUTS: dict[str, type[Input]] = {"numeric": Numeric, "categorical": Categorical}
TARGETS: dict[str, type[Target]] = {"classes": Classes, "quantity": Quantity}


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def _are_texts(value: Any) -> bool:
    return type(value) is list and all(type(each) is str for each in value) and 0 < len(set(value)) == len(value)


RULES: dict[str, Callable[[Any], bool]] = {
    "name": lambda value: type(value) is str,
    "kind": lambda value: value in KINDS,
    "missing": lambda value: value in CHOICES,
    "mean": _is_number,
    "deviation": lambda value: _is_number(value) and value > 0,
    "fill": lambda value: value is None or _is_number(value),
    "indicator": lambda value: type(value) is bool,
    "categories": _are_texts,
    "classes": lambda value: _are_texts(value) and len(value) > 1,
    "unseen": lambda value: value in UNSEEN,
}


def document_of(each: Input | Target) -> dict[str, Any]:
    """Plain JSON."""
    way = next(name for name, cls in (INPUTS | TARGETS).items() if type(each) is cls)
    return {
        "way": way,
        **{name: list(value) if isinstance(value, tuple) else value for name, value in asdict(each).items()},
    }


def read(document: Any, schema: str) -> tuple[tuple[Input, ...], Target]:
    """The columns and the target in a document.

    Raises
    ------
    TextError
        If it is damaged, or of another version.
    """
    found = document.get("schema") if isinstance(document, dict) else None
    if found != schema:
        raise TextError(f"a document of schema {found!r} cannot be read as a preparation", wanted=schema)
    columns = document.get("columns")
    if not isinstance(columns, list) or not columns:
        raise TextError("the document of a preparation is damaged: it has no columns")
    inputs = tuple(_read_one(each, INPUTS, f"column {k}") for k, each in enumerate(columns, 1))
    target = _read_one(document.get("target"), TARGETS, "target")
    names = [each.name for each in (*inputs, target)]
    if len(set(names)) < len(names):
        raise TextError("the document of a preparation is damaged: two columns have one name")
    return inputs, target


def _read_one(document: Any, ways: dict[str, Any], where: str) -> Any:
    fields = dict(document) if isinstance(document, dict) else {}
    way = fields.pop("way", None)
    cls = ways.get(way) if isinstance(way, str) else None
    if cls is None:
        raise TextError(f"the document of a preparation is damaged: {where} has no way that is known", got=repr(way))
    wanted = cls.__dataclass_fields__
    if fields.keys() != wanted.keys():
        raise TextError(
            f"the document of a preparation is damaged: {where} has other fields",
            got=", ".join(map(str, fields)),
            wanted=", ".join(wanted),
        )
    for name, value in fields.items():
        if not RULES[name](value):
            raise TextError(f"the document of a preparation is damaged: {name} of {where}", got=repr(value)[:100])
    return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()})
