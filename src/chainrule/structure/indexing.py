"""J[...]: basic indices select rows and columns and keep the structure; others index the dense array."""

from __future__ import annotations

import operator
from typing import Any

from ..original import np
from .index_map import IndexMap, index_map, window_map
from .linear_map import LinearMap, Shape

Window = tuple[int, int, int]


def indexed(J: LinearMap, index: Any) -> Any:
    parts = _windows(index, J.shape)
    if parts is None:
        return J._dense_within_limit()[index]
    windows, keep = parts
    rank = len(J.out_shape)
    out = _selection(windows[:rank], keep[:rank], J.out_shape)
    inn = _selection(windows[rank:], keep[rank:], J.in_shape)
    result = out.after(J).after(inn.T).between(J.x_is_real, J.y_is_real)
    result.dtype = J.dtype
    if result.out_shape and result.in_shape:
        return result
    dense = result.todense()
    return dense[()] if not dense.shape else dense


def _windows(index: Any, shape: Shape) -> tuple[list[Window], list[bool]] | None:
    """Start, step and count for every axis and whether it stays; None for an index that is not basic."""
    entries = list(index) if isinstance(index, tuple) else [index]
    if not all(_is_basic(entry) for entry in entries):
        return None
    if entries.count(Ellipsis) > 1 or len(entries) - entries.count(Ellipsis) > len(shape):
        return None
    gap = len(shape) - len([e for e in entries if e is not Ellipsis])
    at = entries.index(Ellipsis) if Ellipsis in entries else len(entries)
    entries[at : at + 1] = [slice(None)] * gap
    windows, keep = [], []
    for entry, size in zip(entries, shape, strict=True):
        if isinstance(entry, slice):
            steps = range(*entry.indices(size))
            windows.append((steps.start if len(steps) else 0, steps.step, len(steps)))
            keep.append(True)
        else:
            place = operator.index(entry)
            if not -size <= place < size:
                raise IndexError(f"index {place} is out of bounds for an axis of size {size}")
            windows.append((place % size, 1, 1))
            keep.append(False)
    return windows, keep


def _is_basic(entry: Any) -> bool:
    return entry is Ellipsis or (isinstance(entry, (slice, int, np.integer)) and not isinstance(entry, bool))


def _selection(windows: list[Window], keep: list[bool], shape: Shape) -> IndexMap:
    windowed = window_map(windows, shape)
    if all(keep):
        return windowed
    kept = [axis for axis, stays in enumerate(keep) if stays]
    out_shape = tuple(windowed.out_shape[axis] for axis in kept)
    dropped = index_map(kept, range(len(shape)), out_shape=out_shape, in_shape=windowed.out_shape)
    return dropped @ windowed


LinearMap._indexed = staticmethod(indexed)
