"""Which arrays of a tree count, how much, and from where they are measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .. import tree
from ..errors import ArgumentError


def counted(parameters: Any, biases: bool, strengths: Sequence[float] | None, center: Any) -> Iterator[tuple[Any, Any]]:
    """A factor and the difference from the center, for each array of rank 2 and more; for others if biases count.

    Raises
    ------
    ArgumentError
        If there is not one strength for each layer, or the center is another tree than the parameters.
    """
    differences = parameters if center is None else tree.map_leaves(_difference, parameters, center)
    if strengths is None:
        layers: Sequence[Any] = [differences]
        strengths = [1]
    elif not isinstance(differences, (list, tuple)) or len(strengths) != len(differences):
        raise ArgumentError(
            "there is one strength for each layer",
            got=f"{len(strengths)} strengths for "
            + (f"{len(differences)} layers" if isinstance(differences, (list, tuple)) else "parameters without layers"),
            wanted="parameters that are a list, with one entry for each layer",
        )
    else:
        layers = differences
    for strength, layer in zip(strengths, layers, strict=True):
        for w in tree.flatten(layer)[0]:
            if biases or np.ndim(w) > 1:
                yield strength, w


def _difference(w: Any, w0: Any) -> Any:
    if np.shape(w) != np.shape(w0):
        raise ArgumentError("parameters and their center are alike in shape", got=f"{np.shape(w)} and {np.shape(w0)}")
    return w - w0
