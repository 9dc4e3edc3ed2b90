"""A level: what one group holds, with the edges between, as a small graph of its own.

An edge between variables of different groups is lifted: at the level around both it joins the groups, and within a
group it goes on to a port on the border. Levels are laid out one by one, so the cost does not grow with the whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from .groups import Child, Tree

ITEMS: Final = ("node", "group", "in", "out", "bend")
TOO_MANY_EDGES = 8  # variables between a group and the others from which on its edges share their bends


@dataclass(slots=True)
class Item:
    """One thing of a level.

    Attributes
    ----------
    kind : str
        "node" (a variable), "group", "in" and "out" (ports on the border, of a variable from outside or used there),
        "bend" (where an edge passes a rank).
    number : int
        Of the variable or group; of a bend, the place of the item where its edge begins.
    rank, order : int
        Row and place in the row.
    spine : bool
        Whether it is on the way of the data, which is drawn straight.
    """

    kind: str
    number: int
    rank: int = 0
    order: int = 0
    spine: bool = False


@dataclass(slots=True)
class LevelEdge:
    """An edge between two items; `target` may use a variable as several arguments, an edge for each.

    Attributes
    ----------
    source, target : int
        Places in the list of items.
    variable : int
        Whose value flows.
    user, argument : int
        The variable that uses it and as which argument, where that is an item here; else -1.
    through : tuple of int
        The bends on the way.
    lane : int
        Of an edge too long for bends, the lane beside all ranks that it takes; else -1.
    """

    source: int
    target: int
    variable: int
    user: int
    argument: int
    through: tuple[int, ...] = ()
    lane: int = -1


@dataclass(slots=True)
class Level:
    group: int
    items: list[Item] = field(default_factory=list)
    edges: list[LevelEdge] = field(default_factory=list)


def levels(tree: Tree) -> list[Level]:
    """The level of every group, not yet laid out: items in the order of the trace."""
    found = [Level(group.number, [_item(child) for child in group.children]) for group in tree.groups]
    places = [{(item.kind, item.number): k for k, item in enumerate(level.items)} for level in found]
    builder = _Builder(tree, found, places)
    for v in tree.graph.variables:
        for argument, u in enumerate(v.inputs):
            if tree.home[u.number] >= 0:
                builder.connect(u.number, v.number, argument)
    for v in tree.graph.outputs:
        builder.out_of(v.number, 0)
    return found


def _item(child: Child) -> Item:
    return Item("node", child) if child >= 0 else Item("group", ~child)


class _Builder:
    def __init__(self, tree: Tree, found: list[Level], places: list[dict[tuple[str, int], int]]):
        self.tree, self.levels, self.places = tree, found, places
        self.joined: set[tuple[int, int, int, int]] = set()

    def connect(self, u: int, v: int, argument: int) -> None:
        """Lift one edge."""
        up, down = self.tree.path(self.tree.home[u]), self.tree.path(self.tree.home[v])
        around = 0
        while up and down and up[-1] == down[-1]:
            around = up.pop()
            down.pop()
        source, target = ("node", u), ("node", v)
        for group in up:
            self.edge(group, source, ("out", u), u)
            source = ("group", group)
        for group in down:
            self.edge(group, ("in", u), target, u, v if target[0] == "node" else -1, argument)
            target = ("group", group)
        self.edge(around, source, target, u, v if target[0] == "node" else -1, argument)

    def out_of(self, u: int, around: int) -> None:
        """A result leaves all groups that it is made in."""
        source = ("node", u)
        for group in self.tree.path(self.tree.home[u]):
            if group != around:
                self.edge(group, source, ("out", u), u)
                source = ("group", group)

    def edge(
        self, group: int, source: tuple[str, int], target: tuple[str, int], u: int, user: int = -1, argument: int = -1
    ) -> None:
        a, b = self.place(group, source), self.place(group, target)
        argument = argument if user >= 0 else -1
        key = (group, a, b, u if argument < 0 else -2 - argument)
        if key not in self.joined:
            self.joined.add(key)
            self.levels[group].edges.append(LevelEdge(a, b, u, user, argument))

    def place(self, group: int, key: tuple[str, int]) -> int:
        places = self.places[group]
        if key not in places:
            places[key] = len(self.levels[group].items)
            self.levels[group].items.append(Item(*key))
        return places[key]
