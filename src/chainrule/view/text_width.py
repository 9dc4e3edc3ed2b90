"""How wide a text is, about: fonts are the reader's, so boxes leave some room."""

from __future__ import annotations

import math
import unicodedata
from typing import Final

NARROW: Final = frozenset("iljtfrI.,:;|'!()[]{} `·-")
WIDE: Final = frozenset("mwMW@%…—∂⊗Σ")


def text_width(text: str, size: float) -> float:
    """In the unit of the font's size; a whole number of halves, so that sums of widths are exact."""
    return math.ceil(2.0 * size * sum(map(_ems, text))) / 2.0


def _ems(letter: str) -> float:
    if letter in NARROW:
        return 0.38
    if letter in WIDE:
        return 0.95
    if ord(letter) > 0x2E80:
        return 0.0 if unicodedata.combining(letter) else 1.05
    return 0.7 if letter.isupper() else 0.61


def shortened(text: str, letters: int) -> str:
    """At most so many letters, the middle left out."""
    if len(text) <= letters:
        return text
    tail = (letters - 1) // 2
    return f"{text[: letters - 1 - tail]}…{text[len(text) - tail :]}"
