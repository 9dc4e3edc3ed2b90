"""What an array holds, in a few words: smallest and largest number and where they stand, and what is no number."""

from __future__ import annotations

from typing import Any

from ..original import np


def number(x: Any) -> str:
    """Six digits at most, and always recognizable as what it is."""
    x = np.asarray(x)[()]
    if isinstance(x, np.floating):
        digits = format(x, ".6g")
        return digits if any(letter in digits for letter in ".enf") else digits + ".0"
    return str(x)


def place(index: tuple[int, ...]) -> str:
    """` at [3, 7]`; nothing for a scalar."""
    return f" at [{', '.join(map(str, index))}]" if index else ""


def first(mask: Any) -> tuple[int, ...]:
    """The index of the first entry that is true."""
    mask = np.asarray(mask)
    return tuple(int(n) for n in np.unravel_index(int(mask.argmax()), mask.shape))


def rms(x: Any) -> float:
    """The root mean square, also where squares overflow."""
    x = np.abs(np.asarray(x)).astype(np.float64)
    largest = x.max(initial=0.0)
    if not x.size or largest == 0 or not np.isfinite(largest):
        return float(largest)
    return float(largest * np.sqrt(np.mean(np.square(x / largest))))


def extent(value: Any) -> str:
    """`min 0.0 at [3, 7], max 0.98 at [0, 1]`, over the finite entries, and how many are not."""
    value = np.asarray(value)
    if not value.size:
        return "empty"
    if not value.ndim:
        return number(value)
    if value.dtype == bool:
        return f"{np.count_nonzero(value)} of {value.size} true"
    parts = []
    finite = np.isfinite(value)
    if value.dtype.kind == "c":
        value = np.abs(value)
    if finite.any():
        for word, look, filler in (("min", np.argmin, np.inf), ("max", np.argmax, -np.inf)):
            shown = value if value.dtype.kind in "iu" else np.where(finite, value, filler)
            index = tuple(int(n) for n in np.unravel_index(int(look(shown)), value.shape))
            parts.append(f"{word} {number(value[index])}{place(index)}")
    for word, mask in (("nan", np.isnan(value)), ("infinite", np.isinf(value))):
        if mask.any():
            parts.append(f"{np.count_nonzero(mask)} {word}, first{place(first(mask))}")
    return ", ".join(parts)
