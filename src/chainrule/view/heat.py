"""Heat maps: an array in at most 255 shades, some of its indices where it is large, for any number of axes."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from typing import Any, Final

from ..original import np
from .numbers import real

WIDEST: Final = 32  # indices of an axis
MOST: Final = 2048  # entries, where there are more than two axes
NOT_FINITE: Final = 255  # the shade of what has no place between lowest and highest


def heat_map(array: Any, exact: bool = False) -> dict[str, Any]:
    """Shades of the entries, the last axis fastest; `at` tells which indices of each axis they are.

    Where an axis has more than 32 indices, some are shown, the first and the last among them; of an array of more than
    two axes 2048 entries at most. With `exact` there are the numbers too, in four bytes each where these hold seven
    digits of all of them, else in eight.
    """
    x = real(array)
    at = [_chosen(n, count) for n, count in zip(x.shape, _counts(x.shape), strict=True)]
    part = x[np.ix_(*at)]
    finite = np.isfinite(part)
    low = float(part[finite].min()) if finite.any() else 0.0
    high = float(part[finite].max()) if finite.any() else 0.0
    with np.errstate(all="ignore"):
        shade = (part / 2 - low / 2) / (high / 2 - low / 2) * (NOT_FINITE - 1) if high > low else np.zeros(part.shape)
    shades = np.where(finite, np.rint(np.where(finite, shade, 0)), NOT_FINITE).astype(np.uint8)
    found = {
        "shape": list(x.shape),
        "at": at,
        "thinned": part.size < x.size,
        "low": low,
        "high": high,
        "shades": base64.b64encode(shades.tobytes()).decode(),
    }
    return found | {"exact": _exact(part)} if exact else found


def _counts(shape: Sequence[int]) -> list[int]:
    """How many indices of each axis: the longest axes are cut until there are few enough entries."""
    counts = [min(n, WIDEST) for n in shape]
    while len(counts) > 2 and math.prod(counts) > MOST:
        counts[counts.index(max(counts))] -= 1
    return counts


def _chosen(n: int, count: int) -> list[int]:
    if n <= count:
        return list(range(n))
    return [k * (n - 1) // max(count - 1, 1) for k in range(count)]


def _exact(part: np.ndarray) -> str:
    with np.errstate(all="ignore"):
        short = part.astype("<f4")
        agree = (np.abs(short - part) <= 1e-7 * np.abs(part)) | ~np.isfinite(part)
    return base64.b64encode((short if agree.all() else part.astype("<f8")).tobytes()).decode()
