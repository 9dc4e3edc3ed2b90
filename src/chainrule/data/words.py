"""What the texts of a file mean: nothing, a boolean, a number, or themselves."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

import numpy as np

from .column import ABSENT, Column, Kind

NOTHING = frozenset(
    ["", "NA", "N/A", "n/a", "<NA>", "#N/A", "#N/A N/A", "#NA", "NULL", "Null", "null", "None"]
    + ["NaN", "nan", "NAN", "-NaN", "-nan", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"]
)
BOOLEANS = (("false", "true"), ("no", "yes"))

_NUMBER = r"[+-]?(\d+{point}?\d*|{point}\d+)([eE][+-]?\d+)?|[+-]?(inf|Inf|INF|infinity|Infinity)"
# What a person would call a number: with signs of thousands, currencies, percent.
_LIKE_A_NUMBER = re.compile(r"[-+]?[$€£¥]?\s?\d[\d.,' _\u00a0\u202f]*([eE][+-]?\d+)?\s?[%$€£¥]?")


def is_number(text: str, decimal: str = ".") -> bool:
    """Whether a text is the number of a program."""
    return re.fullmatch(_NUMBER.format(point=re.escape(decimal)), text, re.ASCII) is not None


def is_like_a_number(text: str) -> bool:
    """Whether a person would call it one."""
    return _LIKE_A_NUMBER.fullmatch(text) is not None


def understood(column: Column, missing: Collection[str], decimal: str, kind: Kind | None) -> Column:
    """A column of texts from a file as what it means.

    Blanks around a text mean nothing, texts in `missing` that there is no value; if all others are booleans or numbers,
    so is the column, unless it shall be text.
    """
    texts = [text.strip() for text in column.categories]
    distinct = list(dict.fromkeys(text for text in texts if text not in missing))
    places = {text: k for k, text in enumerate(distinct)}
    codes = np.array([*(places.get(text, ABSENT) for text in texts), ABSENT])[column.values]
    column = replace(column, values=codes, categories=tuple(distinct))
    if kind == "text" or not distinct:
        return column
    for pair in BOOLEANS:
        if all(text.lower() in pair for text in distinct):
            return _as_booleans(column, pair)
    if all(is_number(text, decimal) for text in distinct):
        return _as_numbers(column, decimal)
    return column


def _as_booleans(column: Column, pair: tuple[str, str]) -> Column:
    """The words stay as they are written, if always in one way."""
    truths = [pair.index(text.lower()) for text in column.categories]
    written = column.categories if truths == [0, 1] else column.categories[::-1] if truths == [1, 0] else pair
    codes = np.array([*truths, ABSENT], np.int8)[column.values]
    return replace(column, kind="boolean", values=codes, categories=tuple(written))


def _as_numbers(column: Column, decimal: str) -> Column:
    texts = [text.replace(decimal, ".") for text in column.categories]
    if all(re.fullmatch(r"[+-]?\d{1,18}", text) for text in texts):
        numbers = np.array([int(text) for text in texts], np.int64)
        mask = column.missing()
        return Column(column.name, "number", numbers[column.values], mask if mask.any() else None)
    return Column(column.name, "number", np.array([*map(float, texts), np.nan])[column.values])
