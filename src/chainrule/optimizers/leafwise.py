"""A step of an optimizer, leaf by leaf: checks that the trees are alike, and keeps their dtypes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import tree
from ..errors import ArgumentError, ChainruleError, DtypeError, ShapeError


def leafwise(
    move: Callable[..., Sequence[Any]],
    numbers: Sequence[Any],
    parameters: Any,
    gradients: Any,
    *memories: Any,
) -> list[Any]:
    """The trees of moved parameters and of what is remembered, from a rule for one leaf.

    Numbers such as a learning rate are rounded to the dtype of each leaf before they are used. So a float64 scalar
    (NumPy's, traced, or from a schedule) neither widens float32 parameters nor gives other bits than a Python float.

    Parameters
    ----------
    move : callable
        ``move(p, g, *remembered, *numbers)`` gives the new p and the new remembered arrays.
    numbers : sequence of float
    parameters, gradients, *memories : trees of arrays of float
        Alike in structure and shapes.

    Returns
    -------
    trees : list
        Of parameters and of each memory, all in the dtypes of the parameters.

    Raises
    ------
    ArgumentError
        If the trees differ in structure.
    ShapeError
        If an array and its parameter differ in shape.
    DtypeError
        If a parameter is not an array of real numbers of 32 bits or more.

    Examples
    --------
    >>> leafwise(lambda p, g, rate: [p - rate * g], [0.5], {"w": np.ones(2)}, {"w": np.array([1.0, 4.0])})
    [{'w': array([ 0.5, -1. ])}]
    """
    leaves, rebuild = tree.flatten(parameters)
    shapes, structure = [np.shape(leaf) for leaf in leaves], tree.structure_of(parameters)
    others = []
    for name, other in (("gradients", gradients), *(("state", memory) for memory in memories)):
        found = tree.flatten(other)[0]
        if tree.structure_of(other) != structure or [np.shape(each) for each in found] != shapes:
            raise _unlike(name, other, parameters)
        others.append(found)
    dtypes = checked_dtypes(parameters, leaves)
    rounded = {dtype: [np.positive(n, dtype=dtype, casting="same_kind") for n in numbers] for dtype in set(dtypes)}
    rows = []
    for dtype, *row in zip(dtypes, leaves, *others, strict=True):
        rows.append([each.astype(dtype, copy=False) for each in move(*row, *rounded[dtype])])
    return [rebuild([row[k] for row in rows]) for k in range(1 + len(memories))]


def zeros(parameters: Any) -> Any:
    """The tree of zeros that a memory starts from."""
    leaves, rebuild = tree.flatten(parameters)
    checked_dtypes(parameters, leaves)
    return rebuild([np.zeros_like(p) for p in leaves])


def checked_dtypes(parameters: Any, leaves: Sequence[Any]) -> list[np.dtype]:
    """The dtype of each leaf, if a step can be computed in it."""
    dtypes = [dtype_of(leaf) for leaf in leaves]
    for k, dtype in enumerate(dtypes):
        # Whole numbers would cut off each step to nothing; the square of a small gradient is zero in 16 bits.
        if dtype.kind != "f" or dtype.itemsize < 4:
            raise DtypeError(
                "an optimizer moves parameters that are real numbers of 32 bits or more",
                got=f"parameters{tree.paths(parameters)[k]} of dtype {dtype}",
                wanted="float32 or float64",
            )
    return dtypes


def dtype_of(leaf: Any) -> np.dtype:
    """The dtype of a leaf, which may be traced, or a Python number."""
    return leaf.dtype if hasattr(leaf, "dtype") else np.asarray(leaf).dtype


def _unlike(name: str, other: Any, parameters: Any) -> ChainruleError:
    """What is wrong with a tree that is not like the parameters."""
    if tree.structure_of(other) != tree.structure_of(parameters):
        return ArgumentError(
            f"{name} and parameters are trees of one structure",
            got=", ".join(tree.paths(other)) or "no leaves",
            wanted=", ".join(tree.paths(parameters)) or "no leaves",
        )
    pairs = zip(tree.paths(parameters), tree.flatten(other)[0], tree.flatten(parameters)[0], strict=True)
    path, got, wanted = next(
        (path, np.shape(each), np.shape(p)) for path, each, p in pairs if np.shape(each) != np.shape(p)
    )
    return ShapeError(
        f"an array of the {name} has the shape of its parameter",
        got=f"{got} for parameters{path}",
        wanted=str(wanted),
    )
