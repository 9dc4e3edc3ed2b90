"""Trees of arrays as named arrays of a file, and back into a tree of known structure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .. import tree
from ..errors import FileError

Refusal = Callable[[str, np.ndarray | None, np.ndarray], FileError]  # of a name, what stands there, what is wanted


def named_leaves(value: Any, name: str = "") -> dict[str, np.ndarray]:
    """The leaves of a tree by where they stand, after a name."""
    leaves = tree.flatten(value)[0]
    return {name + place: np.asarray(leaf) for place, leaf in zip(tree.paths(value), leaves, strict=True)}


def tree_of(arrays: Mapping[str, np.ndarray], like: Any, refusal: Refusal, name: str = "") -> Any:
    """The tree of this name, of the structure of another; Python numbers stay Python numbers.

    Raises
    ------
    FileError
        What `refusal` makes of the first leaf that is missing, or of another shape or dtype.
    """
    leaves, rebuild = tree.flatten(like)
    found = []
    for (place, wanted), leaf in zip(named_leaves(like, name).items(), leaves, strict=True):
        array = arrays.get(place)
        if array is None or (array.shape, array.dtype) != (wanted.shape, wanted.dtype):
            raise refusal(place, array, wanted)
        found.append(_like(array, leaf))
    return rebuild(found)


def _like(array: np.ndarray, leaf: Any) -> Any:
    """An array, a NumPy scalar or a Python number, as the other one is."""
    return array if isinstance(leaf, np.ndarray) else array[()] if isinstance(leaf, np.generic) else array.item()
