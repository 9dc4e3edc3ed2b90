"""`cr.ravel`: a tree of arrays as one vector, for optimizers that want vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import tree
from ..errors import ShapeError
from ..tracing import Array


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
        ``unravel(vector)`` is the tree; it can be traced, so it may stand inside a function to differentiate.

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
    shapes = [tuple(np.shape(x)) for x in leaves]
    dtypes = [x.dtype if hasattr(x, "dtype") else np.asarray(x).dtype for x in leaves]
    sizes = [int(np.prod(shape, dtype=int)) for shape in shapes]
    total = sum(sizes)

    def unravel(vector: Any) -> Any:
        given = vector if type(vector) is Array else np.asarray(vector)
        if tuple(given.shape) != (total,):
            raise ShapeError(f"a vector of shape {tuple(given.shape)} cannot be unraveled into {total} numbers")
        parts, start = [], 0
        for shape, dtype, size in zip(shapes, dtypes, sizes, strict=True):
            part = given[start : start + size].reshape(shape)
            parts.append(part if part.dtype == dtype or part.dtype.kind != dtype.kind else part.astype(dtype))
            start += size
        return rebuild(parts)

    flat = [np.reshape(x, (-1,)) for x in leaves]
    return (np.concatenate(flat) if flat else np.zeros(0)), unravel
