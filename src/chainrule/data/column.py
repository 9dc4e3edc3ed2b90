"""One column of a table: numbers, texts, booleans or dates, any of which may be missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, final

import numpy as np

from ..errors import DataError

Kind = Literal["number", "text", "boolean", "date"]
KINDS: tuple[Kind, ...] = ("number", "text", "boolean", "date")
PLURALS: dict[Kind, str] = {"number": "numbers", "text": "texts", "boolean": "booleans", "date": "dates"}
WORDS = ("false", "true")
ABSENT = -1  # the code of a missing text or boolean

Rows = slice | np.ndarray


@final
@dataclass(frozen=True, eq=False)
class Column:
    """Values of one kind.

    Attributes
    ----------
    name : str
    kind : {"number", "text", "boolean", "date"}
    values : array, shape (n,)
        Of numbers: themselves, in the dtype that they came in; nan is missing. Of texts and booleans: codes, places in
        `categories`; -1 is missing. Of dates: 0, -1 where missing; which date it is, is not kept.
    mask : array of bool, shape (n,), optional
        True where a number is missing that has no nan.
    categories : tuple of str
        The texts, each once, or the words for false and true.
    """

    name: str
    kind: Kind
    values: np.ndarray
    mask: np.ndarray | None = None
    categories: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.values)

    def part(self, rows: Rows) -> Column:
        """Some of the rows."""
        mask = None if self.mask is None else self.mask[rows]
        return Column(self.name, self.kind, self.values[rows], mask, self.categories)

    def missing(self) -> np.ndarray:
        """True where there is no value."""
        if self.mask is not None:
            return self.mask
        if self.kind != "number":
            return self.values == ABSENT
        return np.isnan(self.values) if self.values.dtype.kind == "f" else np.zeros(len(self), bool)

    @property
    def is_integer(self) -> bool:
        """Whether it has numbers that are whole by their dtype."""
        return self.kind == "number" and self.values.dtype.kind in "iu"

    def numbers(self) -> np.ndarray:
        """As float64, nan where missing; 0 and 1 for booleans."""
        numbers = self.values.astype(np.float64)
        if self.mask is not None or self.kind != "number":
            numbers[self.missing()] = np.nan
        return numbers

    def coded(self) -> tuple[tuple[str, ...], np.ndarray]:
        """Distinct texts for the values, numbers in rising order, and which of them each row has; -1 where missing."""
        if self.kind != "number":
            return self.categories, self.values
        missing = self.missing()
        distinct, codes = np.unique(np.where(missing, 0, self.values), return_inverse=True)
        return tuple(map(text_of, distinct.tolist())), np.where(missing, ABSENT, codes)

    def distinct(self) -> list[str]:
        """The texts that occur: numbers in rising order, the word for false first, texts by their letters."""
        texts, codes = self.coded()
        occurring = np.zeros(len(texts) + 1, bool)
        occurring[codes] = True  # the last place is that of what is missing
        found = [text for text, occurs in zip(texts, occurring[:-1], strict=True) if occurs]
        return sorted(found) if self.kind == "text" else found


def text_of(number: float | int) -> str:
    """A number as the name of a category: the same for 3 and 3.0."""
    return str(int(number)) if float(number).is_integer() else repr(number)


def column_of(name: str, values: Any) -> Column:
    """The column of an array of one axis, which is not copied where it is numbers.

    Raises
    ------
    DataError
        If there is no kind of column for it.
    """
    array = np.asarray(values)
    if array.ndim != 1:
        raise DataError(f"column {name!r} has one axis", got=f"shape {array.shape}")
    kind = array.dtype.kind
    if kind in "iu" or (kind == "f" and array.dtype.itemsize <= 8):
        return Column(name, "number", array)
    if kind == "b":
        return Column(name, "boolean", array.view(np.int8), None, WORDS)
    if kind in "mM":
        return dates(name, np.isnat(array))
    if kind in "UT":
        distinct, codes = np.unique(array, return_inverse=True)
        return Column(name, "text", codes, None, tuple(map(str, distinct)))
    if kind == "O":
        return _column_of_objects(name, array.tolist())
    raise DataError(f"column {name!r} holds {array.dtype}, which is no kind of column", wanted=_WANTED)


def dates(name: str, missing: np.ndarray) -> Column:
    """A column of dates."""
    return Column(name, "date", np.where(missing, ABSENT, 0).astype(np.int8), None, ("a date",))


_WANTED = "numbers of at most 8 bytes, texts, booleans"


def _column_of_objects(name: str, values: Sequence[Any]) -> Column:
    """Of Python's texts, or numbers, or booleans; None and nan are missing."""
    missing = np.array([value is None or value != value for value in values], bool)
    kinds = {type(value) for value, absent in zip(values, missing, strict=True) if not absent}
    if kinds <= {str}:
        texts = dict.fromkeys(value for value, absent in zip(values, missing, strict=True) if not absent)
        places = {text: k for k, text in enumerate(texts)}
        codes = [ABSENT if absent else places[value] for value, absent in zip(values, missing, strict=True)]
        return Column(name, "text", np.array(codes, np.int64), None, tuple(texts))
    if kinds <= {bool, np.bool_}:
        codes = [ABSENT if absent else int(value) for value, absent in zip(values, missing, strict=True)]
        return Column(name, "boolean", np.array(codes, np.int8), None, WORDS)
    filled = np.array([0 if absent else value for value, absent in zip(values, missing, strict=True)])
    if bool not in kinds and filled.dtype.kind in "iuf" and filled.dtype.itemsize <= 8:
        return Column(name, "number", filled, missing)
    names = ", ".join(sorted(kind.__name__ for kind in kinds))
    raise DataError(f"column {name!r} holds objects of several kinds or none that is known", got=names, wanted=_WANTED)
