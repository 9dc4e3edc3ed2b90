"""Trees of arrays: nested dicts, lists, tuples, named tuples and dataclasses, flattened by optree."""

from __future__ import annotations

import dataclasses
import functools
import importlib
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from .errors import ArgumentError
from .locks import new_lock

NAMESPACE = "chainrule"
_SHOWN = 200  # letters of an outline
LEAVES = (np.ndarray, np.generic, float, int, complex)
_plain: set[type] = set()  # types of leaves that are no dataclasses
_registered: set[type] = set()  # dataclasses, which are no leaves any more
_registering = new_lock()
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


def definition_of(rebuild: Callable[[Sequence[Any]], Any]) -> Any:
    """What the function that `flatten` returned builds: equal for trees of one shape."""
    return rebuild.args[0] if isinstance(rebuild, functools.partial) else None


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
    if isinstance(tree, LEAVES):
        return None
    definition = _flattened(tree)[1]
    return None if definition.is_leaf() else definition


def map_leaves(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """The tree of what a function makes of its leaves, and of those of others in the same places."""
    leaves, rebuild = flatten(tree)
    for other in others:
        if structure_of(other) != structure_of(tree):
            raise ArgumentError(
                "trees that are walked together must be of one shape",
                got=outline(other),
                wanted=outline(tree),
            )
    return rebuild([function(*each) for each in zip(leaves, *(flatten(o)[0] for o in others), strict=True)])


def prefix(upper: Any, tree: Any) -> list[Any] | None:
    """What the upper part of a tree says of each leaf of the whole: one value for all below it. None is a value there.

    None where it is not the upper part of that tree.
    """
    if isinstance(upper, LEAVES) or upper is None:
        return [upper] * len(flatten(tree)[0])
    _flattened(tree)  # dataclasses are known from here on
    values, definition = _optree().tree_flatten(upper, none_is_leaf=True, namespace=NAMESPACE)
    marked = definition.unflatten([_Said(value) for value in values])
    try:
        spread = _optree().broadcast_prefix(marked, tree, namespace=NAMESPACE)
    except ValueError:
        return None
    return [each.value if isinstance(each, _Said) else each for each in spread]


class _Said:
    def __init__(self, value: Any):
        self.value = value


def outline(tree: Any) -> str:
    """Its containers, for messages: `{'W': [*, *], 'b': *}`; of a leaf its type."""
    if isinstance(tree, LEAVES):
        return tree.__class__.__name__
    leaves, rebuild = flatten(tree)
    if len(leaves) == 1 and leaves[0] is tree:
        return type(tree).__name__
    text = repr(rebuild([_STAR] * len(leaves)))
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


class _Star:
    def __repr__(self) -> str:
        return "*"


_STAR = _Star()


def _only(leaves: Sequence[Any]) -> Any:
    (leaf,) = leaves
    return leaf


def _unflatten(definition: Any, leaves: Sequence[Any]) -> Any:
    return _optree().tree_unflatten(definition, leaves)


def _flattened(tree: Any) -> tuple[list[Any], Any]:
    while True:
        leaves, definition = _optree().tree_flatten(tree, namespace=NAMESPACE)
        new = {type(x) for x in leaves} - _plain
        if not new:
            return leaves, definition
        with _registering:
            _plain.update(cls for cls in new if not dataclasses.is_dataclass(cls))
            for cls in new - _plain - _registered:
                _register(cls)
                _registered.add(cls)


def _register(cls: type) -> None:
    names = [field.name for field in dataclasses.fields(cls) if field.init]

    def children(instance: Any) -> tuple[list[Any], None, list[str]]:
        return [getattr(instance, name) for name in names], None, names

    def build(_: None, values: Sequence[Any]) -> Any:
        return cls(**dict(zip(names, values, strict=True)))

    optree = _optree()
    optree.register_pytree_node(cls, children, build, path_entry_type=optree.GetAttrEntry, namespace=NAMESPACE)
