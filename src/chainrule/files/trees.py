"""Trees of arrays as arrays by name and a document, and back: no class is ever looked up by a name from a file."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import ArgumentError, FileError


def flatten(tree: Any) -> tuple[dict[str, np.ndarray], Any]:
    """Take the arrays out of a tree.

    Parameters
    ----------
    tree : dicts with text keys, lists, tuples, named tuples, dataclasses
        Leaves are arrays, NumPy's scalars, Python's int, float, bool and str, and None.

    Returns
    -------
    arrays : dict from str to array
        Those of the tree, not copies. A name is the path of keys and positions with "/" between them; as in JSON
        Pointers, "~" and "/" within a key become "~0" and "~1".
    structure : document
        What is left, as plain JSON has it.

    Raises
    ------
    ArgumentError
        If there is something else in the tree: names the place.

    Source
    ------
    Bryan, Zyp, Nottingham, JavaScript Object Notation (JSON) Pointer, RFC 6901 (2013), sec. 3.

    Examples
    --------
    >>> arrays, structure = flatten({"parameters": [{"W": np.ones((1, 2))}], "step": 3})
    >>> arrays
    {'parameters/0/W': array([[1., 1.]])}
    >>> unflatten(arrays, structure)
    {'parameters': [{'W': array([[1., 1.]])}], 'step': 3}
    """
    arrays: dict[str, np.ndarray] = {}
    try:
        return arrays, _taken_apart(tree, (), arrays)
    except RecursionError as error:
        raise ArgumentError("the tree is nested too deeply, or contains itself") from error


def _taken_apart(node: Any, path: tuple[str, ...], arrays: dict[str, np.ndarray]) -> Any:
    if node is None or type(node) in (bool, int):
        return node
    if type(node) is float:
        return node if math.isfinite(node) else {"float": repr(node)}
    if type(node) is str:
        return {"text": node}
    if isinstance(node, (np.ndarray, np.generic)):
        name = "/".join(key.replace("~", "~0").replace("/", "~1") for key in path)
        arrays[name] = np.asarray(node)
        return {"array" if isinstance(node, np.ndarray) else "scalar": name}
    if type(node) is dict:
        if wrong := [key for key in node if type(key) is not str]:
            raise ArgumentError(f"{_place(path)} has a key that is no text", got=repr(wrong[0]))
        return {"dict": {key: _taken_apart(value, (*path, key), arrays) for key, value in node.items()}}
    if type(node) in (list, tuple):
        kind = "list" if type(node) is list else "tuple"
        return {kind: [_taken_apart(value, (*path, str(k)), arrays) for k, value in enumerate(node)]}
    if (names := _fields(node)) is not None:
        fields = {name: _taken_apart(getattr(node, name), (*path, name), arrays) for name in names}
        return {"named": type(node).__name__, "fields": fields}
    raise ArgumentError(f"{_place(path)} cannot be stored", got=f"{type(node).__module__}.{type(node).__qualname__}")


def _place(path: tuple[str, ...]) -> str:
    return "/".join(path) or "the tree"


def _fields(value: Any) -> list[str] | None:
    """The names of the parts of a named tuple or dataclass."""
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return list(value._fields)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [field.name for field in dataclasses.fields(value) if field.init]
    return None


def unflatten(arrays: Mapping[str, np.ndarray], structure: Any, template: Any = None) -> Any:
    """Build the tree again that `flatten` took apart.

    Parameters
    ----------
    arrays : mapping from str to array
    structure : document
        Both may be anybody's.
    template : tree, optional
        Where the tree had named tuples or dataclasses, this one must have them too, since their classes are taken from
        it; elsewhere it may have None, and of its leaves nothing is used.

    Returns
    -------
    tree : Any

    Raises
    ------
    FileError
        If the structure is damaged, names an array that is missing, or does not fit the template.
    ArgumentError
        If a class is needed where the template has none.

    Examples
    --------
    >>> from chainrule.optimizers import adam
    >>> state = adam.initialize(np.zeros(1))
    >>> arrays, structure = flatten({"state": state})
    >>> unflatten(arrays, structure, template={"state": state})
    {'state': State(step=0, first_moment=array([0.]), second_moment=array([0.]))}
    """
    try:
        return _built(structure, template, (), arrays)
    except RecursionError as error:
        raise FileError("a stored tree is nested too deeply") from error


def _built(node: Any, template: Any, path: tuple[str, ...], arrays: Mapping[str, np.ndarray]) -> Any:
    if node is None or type(node) in (bool, int, float):
        return node
    match node:
        case {"float": "nan" | "inf" | "-inf" as text, **rest} if not rest:
            return float(text)
        case {"text": str() as text, **rest} if not rest:
            return text
        case {"array": str() as name, **rest} if not rest:
            return _found(arrays, name)
        case {"scalar": str() as name, **rest} if not rest and _found(arrays, name).ndim == 0:
            return _found(arrays, name)[()]
        case {"dict": dict() as parts, **rest} if not rest:
            like = template if isinstance(template, dict) else {}
            return {key: _built(each, like.get(key), (*path, key), arrays) for key, each in parts.items()}
        case {"list": list() as parts, **rest} if not rest:
            return list(_built_parts(parts, template, path, arrays))
        case {"tuple": list() as parts, **rest} if not rest:
            return tuple(_built_parts(parts, template, path, arrays))
        case {"named": str() as name, "fields": dict() as parts, **rest} if not rest:
            return _built_class(name, parts, template, path, arrays)
    raise FileError(f"a stored tree is damaged: {_place(path)} is nothing that is known")


def _built_parts(parts: list[Any], template: Any, path: tuple[str, ...], arrays: Mapping[str, np.ndarray]) -> Any:
    like = template if type(template) in (list, tuple) and len(template) == len(parts) else [None] * len(parts)
    return (_built(part, like[k], (*path, str(k)), arrays) for k, part in enumerate(parts))


def _built_class(
    name: str, parts: dict[str, Any], template: Any, path: tuple[str, ...], arrays: Mapping[str, np.ndarray]
) -> Any:
    wanted = _fields(template)
    if wanted is None:
        raise ArgumentError(
            f"{_place(path)} is a {name}, whose class only a template can tell",
            got=f"a template with {type(template).__name__} there",
        )
    if list(parts) != wanted:
        raise FileError(
            f"{_place(path)} of a stored tree does not fit the template",
            got=f"{name} of {', '.join(parts)}",
            wanted=f"{type(template).__name__} of {', '.join(wanted)}",
        )
    values = {key: _built(each, getattr(template, key), (*path, key), arrays) for key, each in parts.items()}
    return type(template)(**values)


def _found(arrays: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    if name not in arrays:
        raise FileError(f"a stored tree is damaged: the array {name} is missing")
    return arrays[name]
