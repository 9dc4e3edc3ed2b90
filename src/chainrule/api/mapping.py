"""`cr.vmap`: a function of one sample as a function of many."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from .. import tree
from ..errors import ArgumentError, ShapeError, users_frames_only
from ..original import np
from ..tracing import Array
from .arguments import like_function
from .scope import plain, read_only


def vmap(f: Callable[..., Any] | None = None, in_axes: Any = 0, out_axes: Any = 0) -> Callable[..., Any]:
    """Map a function over an axis of its arguments and stack the results.

    The function is called once for each sample, in order; the results are the same as those of a loop, in time too.

    Parameters
    ----------
    f : callable
        A function of one sample. Left out, `vmap` is a decorator with options.
    in_axes : int, None, or a sequence with one for each positional argument
        The axis to map over; None for an argument that all samples share. It holds for all leaves of a tree.
    out_axes : int, or a tree of them like that of the results
        Where the mapped axis goes in the results.

    Returns
    -------
    mapped : callable
        Takes the arguments of f with the mapped axis, and gives its results with one. Keyword arguments are shared by
        all samples.

    Raises
    ------
    ShapeError
        If the mapped axes differ in length, or the results of two samples in shape.
    ArgumentError
        If in_axes or out_axes do not fit the arguments or results.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> cr.vmap(np.dot)(np.eye(2), np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([1., 4.])
    """
    if f is None:
        return functools.partial(vmap, in_axes=in_axes, out_axes=out_axes)

    @users_frames_only
    @like_function(f)
    def mapped(*args: Any, **keywords: Any) -> Any:
        axes = _axes(in_axes, len(args))
        count = _length(args, axes)
        if not count:
            raise ShapeError("vmap over an axis of length 0: there is no sample to learn the results' shape from")
        shared = [_shared(x) if axis is None else x for x, axis in zip(args, axes, strict=True)]
        results = []
        for k in range(count):
            sample = [x if axis is None else _sample(x, axis, k) for x, axis in zip(shared, axes, strict=True)]
            results.append(f(*sample, **keywords))
        return _stacked(results, out_axes)

    return mapped


def _axes(in_axes: Any, count: int) -> Sequence[int | None]:
    if in_axes is None or _is_axis(in_axes):
        return (in_axes,) * count
    if not isinstance(in_axes, (tuple, list)) or not all(axis is None or _is_axis(axis) for axis in in_axes):
        raise ArgumentError(
            f"in_axes={in_axes!r} names no axes",
            wanted="an int or None, or a tuple with one of them for each positional argument",
        )
    if len(in_axes) != count:
        raise ArgumentError(f"in_axes has {len(in_axes)} entries for {count} positional arguments")
    return in_axes


def _is_axis(axis: Any) -> bool:
    return isinstance(axis, (int, np.integer)) and not isinstance(axis, bool)


def _length(args: Sequence[Any], axes: Sequence[Any]) -> int:
    lengths = {}
    for number, (arg, axis) in enumerate(zip(args, axes, strict=True)):
        if axis is None:
            continue
        for leaf in tree.flatten(arg)[0]:
            shape = np.shape(leaf)
            if not -len(shape) <= axis < len(shape):
                raise ShapeError(f"argument {number} of shape {shape} has no axis {axis} to map over")
            lengths[shape[axis]] = number
    if not lengths:
        raise ArgumentError("vmap has nothing to map over: there is no argument with a mapped axis")
    if len(lengths) > 1:
        found = ", ".join(f"{length} in argument {number}" for length, number in lengths.items())
        raise ShapeError(f"the mapped axes differ in length: {found}")
    return next(iter(lengths))


def _sample(arg: Any, axis: int, k: int) -> Any:
    """One sample, which f may write to."""

    def take(leaf: Any) -> Any:
        array = leaf if type(leaf) is Array else plain(leaf)
        sample = array[(slice(None),) * (axis % array.ndim) + (k,)]
        return sample.copy() if sample.ndim else sample

    return tree.map_leaves(take, arg)


def _shared(arg: Any) -> Any:
    """What all samples see, and none may write to."""
    return tree.map_leaves(lambda x: read_only(plain(x)) if is_plain_array(x) else x, arg)


def is_plain_array(x: Any) -> bool:
    return isinstance(x, np.ndarray) and type(x) is not Array


def _stacked(results: Sequence[Any], out_axes: Any) -> Any:
    rebuild = tree.flatten(results[0])[1]
    for k, each in enumerate(results):
        if tree.structure_of(each) != tree.structure_of(results[0]):
            raise ArgumentError(
                f"the results of samples 0 and {k} are trees of different shapes",
                got=tree.outline(each),
                wanted=tree.outline(results[0]),
            )
    stacked = []
    for column in zip(*(tree.flatten(each)[0] for each in results), strict=True):
        shapes = list(dict.fromkeys(map(np.shape, column)))
        if len(shapes) > 1:
            raise ShapeError(
                f"the results of all samples are stacked, and differ in shape: {shapes[0]} and {shapes[1]}",
                wanted="results of one shape",
            )
        stacked.append(np.stack(column))
    if out_axes is None or _is_axis(out_axes):
        axes: list[Any] = [out_axes] * len(stacked)
    else:
        axes = tree.flatten(out_axes)[0]
    if len(axes) != len(stacked) or not all(map(_is_axis, axes)):
        raise ArgumentError(
            f"out_axes={out_axes!r} does not name an axis for each of the {len(stacked)} results",
            wanted="an int, or a tree of them like that of the results",
        )
    return rebuild([_moved(y, axis) for y, axis in zip(stacked, axes, strict=True)])


def _moved(y: Any, axis: int) -> Any:
    if not -y.ndim <= axis < y.ndim:
        raise ShapeError(f"out_axes={axis} is no axis of a result of shape {tuple(y.shape)}")
    return np.moveaxis(y, 0, axis) if axis % y.ndim else y
