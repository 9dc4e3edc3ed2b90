"""What is shown of an array: statistics, all its numbers where they are few, a histogram."""

from __future__ import annotations

import math
from typing import Any, Final

from ..original import np

FEW: Final = 64  # numbers that are given in full
PICTURES: Final = 200  # variables of a graph up to which each array has a picture
EXACT: Final = 64  # variables of a graph up to which pictures have the numbers too
BINS: Final = (8, 24)  # of a histogram, at least and at most


def statistics(array: Any) -> dict[str, Any]:
    """Least, mean, greatest and root mean square of the finite entries; how many are zero, subnormal or not finite.

    Of complex numbers, the absolute values.
    """
    a = np.asarray(array)
    reals = np.abs(a) if a.dtype.kind == "c" else a
    x = reals.astype(np.float64)
    finite = x if _is_finite(x) else x[np.isfinite(x)]
    found: dict[str, Any] = dict.fromkeys(("min", "mean", "max", "rms"))
    if finite.size:
        low, high = float(finite.min()), float(finite.max())
        scale = max(-low, high)
        with np.errstate(all="ignore"):
            mean = float(finite.mean())
            rms = scale * math.sqrt(float(np.square(finite / scale).mean())) if scale > 0 else 0.0
        found |= {"min": low, "mean": _plain(mean), "max": high, "rms": _plain(rms)}
    zeros = x.size - int(np.count_nonzero(x))
    tiny = np.finfo(reals.dtype).tiny if reals.dtype.kind == "f" else 0
    return found | {
        "zeros": zeros,
        "nan": 0 if finite is x else int(np.count_nonzero(np.isnan(x))),
        "inf": 0 if finite is x else int(np.count_nonzero(np.isinf(x))),
        "subnormal": int(np.count_nonzero(np.abs(reals) < tiny)) - zeros if tiny else 0,
    }


def _is_finite(x: np.ndarray) -> bool:
    """By the two ends, which a NaN would be."""
    return not x.size or (math.isfinite(x.min()) and math.isfinite(x.max()))


def numbers(array: Any) -> Any:
    """Nested lists of JSON's numbers; what JSON has no number for as text; complex numbers as pairs."""
    a = np.asarray(array)
    if a.dtype.kind == "c":
        a = np.stack([a.real, a.imag], -1)
    if a.dtype.kind == "f":
        a = a.astype(np.float64)
    return _plain(a.tolist())


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value


def the_number(array: Any) -> Any:
    """The only entry of an array as a number of Python's own, which has no long double."""
    value = np.asarray(array).item()
    if isinstance(value, np.complexfloating):
        return complex(value)
    return float(value) if isinstance(value, np.floating) else value


def histogram(array: Any) -> dict[str, Any]:
    """Counts of the finite entries between the least and the greatest."""
    x = real(array).ravel()
    x = x[np.isfinite(x)]
    if not x.size:
        return {"low": None, "high": None, "counts": []}
    low, high = float(x.min()), float(x.max())
    if not math.isfinite(high - low) or high == low:
        return {"low": low, "high": high, "counts": [int(x.size)]}
    bins = min(max(BINS[0], 2 * math.isqrt(x.size)), BINS[1])
    place = np.minimum(((x - low) / (high - low) * bins).astype(int), bins - 1)
    return {"low": low, "high": high, "counts": np.bincount(place, minlength=bins).tolist()}


def real(array: Any) -> np.ndarray:
    """In double precision; of complex numbers the absolute values."""
    a = np.asarray(array)
    return (np.abs(a) if a.dtype.kind == "c" else a).astype(np.float64)
