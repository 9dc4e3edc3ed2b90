"""Names of inputs and outputs: where a leaf stands in the tree, in the letters that a name in ONNX may have."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .. import tree
from ..errors import ArgumentError, UnknownNameError
from .writer import Names

Chosen = Mapping[str, str | Sequence[str]]


def legal(place: str) -> str:
    """A legal name.

    Examples
    --------
    >>> legal("parameters[0]['W']")
    'parameters_0_W'
    >>> legal("2nd layer")
    '_2nd_layer'
    """
    name = re.sub(r"[^0-9A-Za-z]+", "_", place).strip("_") or "x"
    return f"_{name}" if name[0].isdigit() else name


def places_of(value: Any, name: str) -> list[str]:
    """Where each leaf stands, as one would write it."""
    return [name + place for place in tree.paths(value)]


def renamed(place: str, names: Chosen) -> str:
    """A place with the name that was chosen for its argument, or for one of several results."""
    base, rest = re.fullmatch(r"([^.\[]*)(.*)", place, re.DOTALL).groups()  # type: ignore[union-attr]
    chosen = names.get(base, base)
    if isinstance(chosen, str):
        return chosen + rest
    entry = re.match(r"\[(\d+)\]", rest)
    if entry is None or int(entry[1]) >= len(chosen):
        raise ArgumentError(
            f"{len(chosen)} names are given for {base}, and none of them is that of {place}",
            wanted=f"a name for each of the entries of {base}, or one for all",
        )
    return chosen[int(entry[1])] + rest[entry.end() :]


def named(places: Sequence[str], names: Chosen, taken: Names) -> dict[str, str]:
    """A legal name for each place, in their order."""
    return {taken.fresh(legal(renamed(place, names))): place for place in places}


def check_chosen(names: Chosen, known: Sequence[str]) -> None:
    """Raise where a name is chosen for what is not there."""
    for name in names:
        if name not in known:
            raise UnknownNameError(f"there is nothing called {name!r} to rename", wanted=", ".join(known))
