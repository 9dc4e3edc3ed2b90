# pyright: reportArgumentType=false, reportOperatorIssue=false, reportCallIssue=false, reportReturnType=false
# (the stubs of NumPy do not know that its functions return traced arrays for traced arrays)
"""Axes as NumPy names them: negative ones, tuples, None for all."""

from __future__ import annotations

import operator
from typing import Any

from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ...original import np
from ..array import Array

NOTHING = np._NoValue  # type: ignore[attr-defined]

__all__ = ["NOTHING", "along", "axes_of", "given", "listed", "normalize_axis_index", "normalize_axis_tuple", "shape_of"]


def given(x: Any) -> bool:
    """Whether an optional argument has been passed."""
    return x is not NOTHING


def listed(axes: Any) -> Any:
    """A single axis as a list of one."""
    return axes if isinstance(axes, (tuple, list)) else (axes,)


def shape_of(shape: Any) -> tuple[int, ...]:
    """A shape from a number or any sequence of them."""
    return (operator.index(shape),) if np.ndim(shape) == 0 else tuple(operator.index(n) for n in shape)


def along(axis: int, entry: Any) -> tuple[Any, ...]:
    """The index that picks an entry along an axis, counted from 0, and everything along those before it."""
    return (slice(None),) * axis + (entry,)


def axes_of(a: Array, axis: Any) -> tuple[int, ...]:
    """The axes that a reduction goes over, counted from 0."""
    if axis is None:
        return tuple(range(a.ndim))
    if not a.ndim and not isinstance(axis, tuple) and operator.index(axis) in (0, -1):
        return ()  # NumPy lets a scalar have one axis here
    axes = tuple(
        normalize_axis_index(operator.index(k), a.ndim) for k in (axis if isinstance(axis, tuple) else (axis,))
    )
    if len(set(axes)) < len(axes):
        raise ValueError("duplicate value in 'axis'")
    return axes
