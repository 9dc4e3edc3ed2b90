"""The length of vectors."""

from __future__ import annotations

from typing import Any

from ...arraytype import ArrayType
from ...original import np
from ...structure import LinearMap, zero_map
from ...structure.algebra import real_dtype
from ..arithmetic import absolute, sqrt, square
from ..batch_axis import moving_axes
from ..comparison import equal, greater, isfinite, logical_and
from ..complex_parts import conjugated
from ..movement import convert
from ..operation import Example, general
from ..reduction import amax, spread, total_along, weighted_sum
from ..selection import where
from .matrices import Axes, quietly


def _norm(x: Any, *, axes: Axes) -> Any:
    """The square root of the sum of squares along axes; scaled where the squares would overflow or underflow."""
    x = np.asarray(x)
    x = np.abs(x.astype(np.float64) if x.dtype.kind in "biu" else x)
    limits = np.finfo(x.dtype)
    with np.errstate(all="ignore"):
        y = np.sqrt(np.sum(x * x, axis=axes))
        unsafe = ~np.isfinite(y) | (y < np.sqrt(limits.tiny) / limits.eps)
        if np.any(unsafe):
            largest = np.max(x, axis=axes, keepdims=True, initial=0)
            scale = np.where(np.isfinite(largest) & (largest > 0), largest, np.ones((), x.dtype))
            scaled = scale.reshape(y.shape) * np.sqrt(np.sum(np.square(x / scale), axis=axes))
            y = np.where(unsafe, scaled, y)
    return y


def _norm_type(x: ArrayType, *, axes: Axes) -> ArrayType:
    shape = tuple(size for k, size in enumerate(x.shape) if k not in axes)
    return ArrayType(shape, np.float64 if x.dtype.kind in "biu" else real_dtype(x.dtype))


def _lowered_norm(x: Any, *, axes: Axes) -> Any:
    """Scaled by the largest entry, where there is one."""
    if x.dtype.kind == "c":
        return None
    if x.dtype.kind != "f":
        x = convert(x, dtype="float64")
    if not axes:
        return absolute(x)
    largest = amax(absolute(x), axes=axes)
    scale = where(logical_and(isfinite(largest), greater(largest, 0.0)), largest, 1.0)
    return scale * sqrt(total_along(square(x / spread(scale, x, axes)), axes))


@quietly
def _norm_map(y: Any, x: Any, *, axes: Axes) -> LinearMap:
    if 0 in x.shape:
        return zero_map(y.shape, x.shape)
    length = spread(y, x, axes)
    return weighted_sum(where(equal(length, 0), 0.0, conjugated(x) / length), y, x, axes)


norm = general(
    "norm",
    _norm,
    _norm_type,
    _norm_map,
    for_complex=True,
    parameters=("axes",),
    lowered=_lowered_norm,
    batch=moving_axes("axes"),
    notation=r"\lVert {0} \rVert",
    examples=lambda rng: [
        Example((rng.normal(size=shape),), {"axes": axes})
        for shape, axes in [((3,), (0,)), ((2, 3), (1,)), ((2, 3, 2), (0, 2)), ((1, 3), (0,)), ((), ()), ((0, 2), (0,))]
    ],
    source="x / y (the conjugate, of complex numbers), and 0 where y is 0, as for the absolute value",
)
