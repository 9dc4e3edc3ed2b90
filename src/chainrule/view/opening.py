"""Which groups are open at first sight."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from ..errors import ArgumentError
from .groups import Group
from .outline import Outline

Collapse = Literal["auto"] | int | Callable[[Group], bool]

FEW, MANY = 30, 200  # variables below which all groups are open, and above which none is
DEEPEST = 2  # groups around an open one, between these
SHOWN = 400  # boxes of a picture


def open_groups(outline: Outline, collapse: Collapse = "auto") -> set[int]:
    """The groups that are drawn with what they hold.

    Parameters
    ----------
    collapse : "auto", int or callable
        A depth, from which on groups are closed; or what says of a group whether it is.

    Raises
    ------
    ArgumentError
        If it is none of these.
    """
    tree = outline.tree
    count = sum(home >= 0 for home in tree.home)

    def closed(group: Group, depth: int) -> bool:
        if collapse == "auto":
            if group.kind == "inputs" or count >= MANY:
                return True
            return count >= FEW and (depth > DEEPEST or group.copies > 2)
        if isinstance(collapse, int):
            return depth > collapse
        return bool(collapse(group))

    if not (collapse == "auto" or callable(collapse) or (isinstance(collapse, int) and collapse >= 0)):
        raise ArgumentError(
            f"collapse={collapse!r} does not say which groups are closed",
            wanted="'auto', a depth, or a function of the group",
        )
    opened, shown = {0}, len(tree.groups[0].children)
    waiting = [(0, 0)]
    for number, depth in waiting:  # breadth first; it grows
        for child in tree.groups[number].children:
            if child >= 0 or closed(tree.groups[~child], depth + 1):
                continue
            if shown + len(tree.groups[~child].children) <= SHOWN:
                shown += len(tree.groups[~child].children)
                opened.add(~child)
                waiting.append((~child, depth + 1))
    return opened
