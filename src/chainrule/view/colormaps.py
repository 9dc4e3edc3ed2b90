"""Colors of numbers, as in the page: from blue over white to orange where there are negative ones, else cividis."""

from __future__ import annotations

from typing import Any, Final

from ..original import np


def _anchors(words: str) -> np.ndarray:
    return np.array([list(bytes.fromhex(word)) for word in words.split()], float)


BLUE_ORANGE: Final = _anchors("08306b 2171b5 6baed6 c6dbef f7f7f7 fdd0a2 fd8d3c d94801 7f2704")
CIVIDIS: Final = _anchors("00224e 123570 3b496c 575d6d 707173 8a8678 a59c74 c3b369 e1cc55 fee838")
NOT_FINITE: Final = (0xCC, 0x79, 0xA7)


def colors(array: Any, low: float, high: float) -> np.ndarray:
    """Red, green and blue of each number, from `low` to `high`; where there are negative ones zero is in the middle."""
    x = np.asarray(array, float)
    signed = low < 0
    anchors = BLUE_ORANGE if signed else CIVIDIS
    if signed:
        high = max(-low, high)
        low = -high
    last = len(anchors) - 1
    with np.errstate(all="ignore"):
        at = (x / 2 - low / 2) / (high / 2 - low / 2) * last if high > low else np.full(x.shape, last / 2 * signed)
    finite = np.isfinite(x)
    at = np.where(finite, at, 0.0)
    k = np.clip(np.floor(at), 0, last - 1).astype(int)
    mixed = anchors[k] + (at - k)[..., None] * (anchors[k + 1] - anchors[k])
    return np.where(finite[..., None], np.floor(mixed + 0.5), NOT_FINITE).astype(np.uint8)
