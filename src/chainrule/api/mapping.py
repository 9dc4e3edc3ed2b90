"""`cr.vmap`: a function of one sample as a function of many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import tree
from ..errors import ArgumentError, ShapeError, users_frames_only
from ..tracing import Array
from .arguments import like_function


def vmap(f: Callable[..., Any] | None = None, in_axes: Any = 0, out_axes: Any = 0) -> Callable[..., Any]:
    """Map a function over an axis of its arguments and stack the results.

    The function is called once for each sample, in order; the results are the same as those of a loop, in time too.

    Parameters
    ----------
    f : callable
        A function of one sample.
    in_axes : int, None, or a sequence with one for each positional argument
        The axis to map over; None for an argument that all samples share. It holds for all leaves of a tree.
    out_axes : int, or a tree of them
        Where the mapped axis goes in the results.

    Raises
    ------
    ShapeError
        If the mapped axes differ in length.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> cr.vmap(np.dot)(np.eye(2), np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([1., 4.])
    """
    if f is None:
        return lambda function: vmap(function, in_axes, out_axes)

    @users_frames_only
    @like_function(f, "map of")
    def mapped(*args: Any, **keywords: Any) -> Any:
        axes = _axes(in_axes, len(args))
        count = _length(args, axes)
        if not count:
            raise ShapeError("vmap over an axis of length 0: there is no sample to learn the results' shape from")
        results = []
        for k in range(count):
            sample = [x if axis is None else _sample(x, axis, k) for x, axis in zip(args, axes, strict=True)]
            results.append(f(*sample, **keywords))
        rebuild = tree.flatten(results[0])[1]
        columns = zip(*(tree.flatten(each)[0] for each in results), strict=True)
        stacked = [np.stack(column) for column in columns]
        outs = tree.flatten(out_axes)[0] if not isinstance(out_axes, int) else [out_axes] * len(stacked)
        if len(outs) != len(stacked):
            raise ArgumentError(f"out_axes has {len(outs)} leaves for {len(stacked)} results")
        return rebuild([y if axis == 0 else np.moveaxis(y, 0, axis) for y, axis in zip(stacked, outs, strict=True)])

    return mapped


def _axes(in_axes: Any, count: int) -> Sequence[Any]:
    if in_axes is None or isinstance(in_axes, int):
        return (in_axes,) * count
    axes = tuple(in_axes)
    if len(axes) != count:
        raise ArgumentError(f"in_axes has {len(axes)} entries for {count} positional arguments")
    return axes


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
        raise ArgumentError("vmap has nothing to map over: all in_axes are None")
    if len(lengths) > 1:
        found = ", ".join(f"{length} in argument {number}" for length, number in lengths.items())
        raise ShapeError(f"the mapped axes differ in length: {found}")
    return next(iter(lengths))


def _sample(arg: Any, axis: int, k: int) -> Any:
    def take(leaf: Any) -> Any:
        array = leaf if type(leaf) is Array else np.asarray(leaf)
        return array[(slice(None),) * (axis % array.ndim) + (k,)]

    return tree.map_leaves(take, arg)
