"""Trees of floats and arrays, walked without chainrule: the reference must not depend on what it judges."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np


def leaves(tree: Any) -> list[Any]:
    """The floats and arrays of a tree, dicts in the order of their keys."""
    if isinstance(tree, dict):
        return [leaf for key in sorted(tree) for leaf in leaves(tree[key])]
    if isinstance(tree, (list, tuple)):
        return [leaf for part in tree for leaf in leaves(part)]
    return [tree]


def mapped(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """`function` of the leaves that stand in the same place."""
    if isinstance(tree, dict):
        return {key: mapped(function, part, *(other[key] for other in others)) for key, part in tree.items()}
    if isinstance(tree, (list, tuple)):
        parts = [mapped(function, *group) for group in zip(tree, *others, strict=True)]
        return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)
    return function(tree, *others)


def rebuilt(tree: Any, parts: Iterator[Any]) -> Any:
    """A tree like `tree`, its leaves taken from `parts` in the order of `leaves`."""
    if isinstance(tree, dict):
        made = {key: rebuilt(tree[key], parts) for key in sorted(tree)}
        return {key: made[key] for key in tree}
    if isinstance(tree, (list, tuple)):
        made = [rebuilt(part, parts) for part in tree]
        return type(tree)(*made) if hasattr(tree, "_fields") else type(tree)(made)
    return next(parts)


def product(tree: Any, other: Any) -> float:
    """Sum of products of the leaves of two trees."""
    pairs = zip(leaves(tree), leaves(other), strict=True)
    return float(sum(np.sum(np.asarray(one) * np.asarray(two)) for one, two in pairs))
