"""Trees of arrays: nested dicts, lists, tuples, named tuples and dataclasses, flattened by optree."""

from __future__ import annotations

import dataclasses
import functools
import importlib
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import numpy as np

NAMESPACE = "chainrule"
LEAVES = (np.ndarray, np.generic, float, int, complex)
_seen: set[type] = set()  # types of leaves; dataclasses among them have been registered
_paths: dict[Any, list[str]] = {}


@functools.cache
def _optree() -> ModuleType:
    return importlib.import_module("optree")


def flatten(tree: Any) -> tuple[list[Any], Callable[[Sequence[Any]], Any]]:
    """Leaves from left to right, and the function that builds the same tree from other leaves."""
    if isinstance(tree, LEAVES):
        return [tree], _only
    leaves, definition = _flattened(tree)
    return leaves, functools.partial(_unflatten, definition)


def paths(tree: Any) -> list[str]:
    """Where each leaf stands, as one would write it: `['W'][0]`."""
    if isinstance(tree, LEAVES):
        return [""]
    definition = _flattened(tree)[1]
    known = _paths.get(definition)
    if known is None:
        if len(_paths) > 256:
            _paths.clear()
        known = _paths[definition] = [accessor.codify("") for accessor in definition.accessors()]
    return known


def structure_of(tree: Any) -> Any:
    """What two trees must have equal to be of the same shape."""
    return None if isinstance(tree, LEAVES) else _flattened(tree)[1]


def map_leaves(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    leaves, rebuild = flatten(tree)
    return rebuild([function(*each) for each in zip(leaves, *(flatten(o)[0] for o in others), strict=True)])


def _only(leaves: Sequence[Any]) -> Any:
    (leaf,) = leaves
    return leaf


def _unflatten(definition: Any, leaves: Sequence[Any]) -> Any:
    return _optree().tree_unflatten(definition, leaves)


def _flattened(tree: Any) -> tuple[list[Any], Any]:
    while True:
        leaves, definition = _optree().tree_flatten(tree, namespace=NAMESPACE)
        new = {type(x) for x in leaves} - _seen
        if not new:
            return leaves, definition
        for cls in new:
            if dataclasses.is_dataclass(cls):
                _register(cls)
        _seen.update(new)
        if not any(dataclasses.is_dataclass(cls) for cls in new):
            return leaves, definition


def _register(cls: type) -> None:
    names = [field.name for field in dataclasses.fields(cls) if field.init]

    def children(instance: Any) -> tuple[list[Any], None, list[str]]:
        return [getattr(instance, name) for name in names], None, names

    def build(_: None, values: Sequence[Any]) -> Any:
        return cls(**dict(zip(names, values, strict=True)))

    optree = _optree()
    optree.register_pytree_node(cls, children, build, path_entry_type=optree.GetAttrEntry, namespace=NAMESPACE)
