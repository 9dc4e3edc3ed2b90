"""A batch axis in front: what the rules are made of by which an operation takes many samples at once.

A rule is ``batch(operation, xs, lifted, **parameters)``: of the variables xs those that are lifted, at least one, have
one axis more in front, and so has what it gives; a result without it is one for all samples. NotImplemented says that
there is no way for these arguments, and samples are taken one by one.

The operations that move axes are reached through the algebra of variables, so that their own declarations can use this.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..structure import algebra_of

Flags = Sequence[bool]


def number_of_samples(xs: Sequence[Any], lifted: Flags) -> int:
    return next(x.shape[0] for x, is_lifted in zip(xs, lifted, strict=True) if is_lifted)


def repeated(x: Any, count: int) -> Any:
    """A value that all samples share, with a batch axis."""
    return algebra_of(x).broadcast(x, (count, *x.shape))


def each_lifted(xs: Sequence[Any], lifted: Flags) -> list[Any]:
    """All arguments with a batch axis."""
    count = number_of_samples(xs, lifted)
    return [x if is_lifted else repeated(x, count) for x, is_lifted in zip(xs, lifted, strict=True)]


def of_rank(x: Any, rank: int) -> Any:
    """Axes of size 1 behind the batch axis, so that a sample has that many."""
    missing = rank - (len(x.shape) - 1)
    return algebra_of(x).reshape(x, (x.shape[0], *(1,) * missing, *x.shape[1:])) if missing > 0 else x


def axis_moved(x: Any, source: int, target: int) -> Any:
    """The array with one of its axes in another place."""
    order = [k for k in range(len(x.shape)) if k != source]
    order.insert(target, source)
    return algebra_of(x).transpose(x, tuple(order))


# Rules


def entry_by_entry(operation: Any, xs: Sequence[Any], lifted: Flags, **parameters: Any) -> Any:
    """For operations that broadcast: samples of fewer axes get axes of size 1 behind the batch axis."""
    rank = max(len(x.shape) - is_lifted for x, is_lifted in zip(xs, lifted, strict=True))
    aligned = [of_rank(x, rank) if is_lifted else x for x, is_lifted in zip(xs, lifted, strict=True)]
    return operation(*aligned, **parameters)


def moving_axes(*names: str) -> Any:
    """For operations whose parameters of these names number axes: they count one more. Without names: for those that
    leave axes in front alone."""

    def batch(operation: Any, xs: Sequence[Any], lifted: Flags, **parameters: Any) -> Any:
        for name in names:
            axes = parameters[name]
            parameters[name] = tuple(axis + 1 for axis in axes) if isinstance(axes, tuple) else axes + 1
        return operation(*each_lifted(xs, lifted), **parameters)

    return batch


in_front = moving_axes()
