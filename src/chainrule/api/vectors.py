"""`cr.ravel`: a tree of arrays as one vector, for optimizers that want vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, final

from .. import tree
from ..arraytype import ArrayType
from ..errors import DtypeError, ShapeError
from ..original import np
from ..tracing import Array
from .arguments import kind_of, typed
from .scope import dtype_of, plain


def ravel(tree_: Any) -> tuple[Any, Callable[[Any], Any]]:
    """All leaves of a tree as one vector, and the function that makes the tree from a vector.

    Parameters
    ----------
    tree_ : tree of arrays

    Returns
    -------
    vector : array, shape (total size,)
        Of the leaves' common dtype.
    unravel : callable
        ``unravel(vector)`` is the tree, of the leaves' dtypes; it can be traced, so it may stand inside a function to
        differentiate.

    Raises
    ------
    DtypeError
        If leaves are no numbers, or not all of one kind: an integer among parameters, say.
    ShapeError
        By unravel, if the vector has not the total size.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> vector, unravel = cr.ravel({"w": np.ones((2, 2)), "b": np.zeros(1)})
    >>> vector
    array([0., 1., 1., 1., 1.])
    >>> unravel(vector)["w"].shape
    (2, 2)
    """
    leaves, rebuild = tree.flatten(tree_)
    _check_kinds(leaves, tree.paths(tree_))
    types = [ArrayType(tuple(np.shape(x)), dtype_of(x)) for x in leaves]
    unravel = Unravel(rebuild([0.0] * len(leaves)), types, [not isinstance(x, np.ndarray) for x in leaves])
    flat = [np.reshape(x, (-1,)) for x in leaves]
    return (np.concatenate(flat) if flat else np.zeros(0)), unravel


@final
class Unravel:
    """The function from a vector to a tree, of leaves of certain types."""

    def __init__(self, like: Any, types: Sequence[ArrayType], scalars: Sequence[bool]):
        """like is a tree of that shape; scalars, which of the leaves are no arrays."""
        self._like, self._types, self._scalars = like, types, scalars

    def __call__(self, /, vector: Any) -> Any:
        given = vector if type(vector) is Array else plain(vector)
        total = sum(type_.size for type_ in self._types)
        if tuple(given.shape) != (total,):
            raise ShapeError(f"a vector of shape {tuple(given.shape)} cannot be unraveled into {total} numbers")
        parts, start = [], 0
        for type_, scalar in zip(self._types, self._scalars, strict=True):
            part = typed(given[start : start + type_.size].reshape(type_.shape), type_, "a vector to unravel").copy()
            parts.append(part[()] if scalar else part)
            start += type_.size
        return tree.flatten(self._like)[1](parts)


def _check_kinds(leaves: Sequence[Any], places: Sequence[str]) -> None:
    for leaf, place in zip(leaves, places, strict=True):
        if not isinstance(leaf, tree.LEAVES) or dtype_of(leaf).kind not in "fciub":
            raise DtypeError(f"a vector holds numbers, and the leaf{place} is of type {kind_of(leaf)}")
        if dtype_of(leaf).kind != dtype_of(leaves[0]).kind:
            raise DtypeError(
                "leaves of different kinds of dtype cannot share a vector",
                got=f"{dtype_of(leaves[0])} at {places[0]}, {dtype_of(leaf)} at {place}",
                wanted="floating dtypes; what is not to be differentiated stands elsewhere",
            )
