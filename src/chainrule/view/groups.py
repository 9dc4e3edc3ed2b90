"""The tree of groups: scopes, functions, layers, repeated steps; what is left too long is cut into parts.

A group is an interval of the operations in the order of the trace. So a group never depends on one that comes after it,
and every level of the tree is a graph without cycles.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ..errors import Origin
from ..graph import Graph, Variable, consumers
from .repeats import runs
from .roles import prefix

MOST = 100  # children of a group
MOST_COPIES = 300  # of a fold, side by side
LOOPS_FROM = 25  # children from which on repeated steps are looked for
ALIKE_INPUTS = 64  # inputs of one type and use that are drawn one by one
KINDS: Final = ("graph", "scope", "function", "layer", "step", "copies", "part", "inputs")
COMPREHENSIONS: Final = ("<genexpr>", "<listcomp>", "<setcomp>", "<dictcomp>")

Child = int  # the number of a variable, or ~number of a group


@dataclass(slots=True)
class Group:
    """Variables and groups that are drawn as one box while it is closed.

    Attributes
    ----------
    number : int
        Its place in the tree's list; 0 is the whole graph.
    kind : str
        One of KINDS.
    children : list of int
        In the order of the trace: the number of a variable, or ~number of a group.
    copies : int
        How many equal groups are folded here; very many of them are its children's children.
    """

    number: int
    kind: str
    title: str
    parent: int
    children: list[Child] = field(default_factory=list)
    copies: int = 1


class Tree:
    """The groups of a graph.

    Attributes
    ----------
    groups : list of Group
    home : list of int
        By the number of a variable: its group. -1 for constants, which stand inside the boxes that use them.
    """

    def __init__(self, graph: Graph, roles: Sequence[str]):
        self.graph, self.roles = graph, roles
        self.groups: list[Group] = [Group(0, "graph", graph.name, -1)]
        self.consumers = consumers(graph)
        self.home = [-1] * len(graph.variables)
        self._codes: dict[Hashable, int] = {}
        _nest(self)
        waiting = list(range(len(self.groups)))
        for number in waiting:  # which grows
            before = len(self.groups)
            _find_loops(self, self.groups[number])
            waiting.extend(range(before, len(self.groups)))
        for number in range(len(self.groups)):
            _fold(self, self.groups[number])
        for number in range(len(self.groups)):
            _cut(self, self.groups[number])
            _cut_copies(self, self.groups[number])
        self._settle()
        _place_leaves(self)

    # Building

    def new(self, kind: str, title: str, parent: int, children: Sequence[Child] = (), copies: int = 1) -> Group:
        group = Group(len(self.groups), kind, title, parent, list(children), copies)
        self.groups.append(group)
        for child in children:
            if child < 0:
                self.groups[~child].parent = group.number
        return group

    def code(self, key: Hashable) -> int:
        """A small number for each key, the same for equal ones."""
        return self._codes.setdefault(key, len(self._codes))

    def _settle(self) -> None:
        """Tell each variable its group."""
        for group in self.groups:
            for child in group.children:
                if child >= 0:
                    self.home[child] = group.number

    # Asking

    def depth(self, number: int) -> int:
        """How many groups a group is in."""
        depth = 0
        while self.groups[number].parent >= 0:
            number = self.groups[number].parent
            depth += 1
        return depth

    def path(self, number: int) -> list[int]:
        """The group and all around it, from the inside out."""
        found = []
        while number >= 0:
            found.append(number)
            number = self.groups[number].parent
        return found

    def members(self, number: int) -> list[int]:
        """The variables of a group, with those of the groups in it."""
        found, waiting = [], [~number]
        while waiting:
            child = waiting.pop()
            if child >= 0:
                found.append(child)
            else:
                waiting.extend(reversed(self.groups[~child].children))
        return found

    def copies(self, number: int) -> list[int]:
        """The groups that are folded in a group, also where they are in parts of it; of one that is no fold, itself."""
        group = self.groups[number]
        if group.copies == 1:
            return [number]
        inner = [~child for child in group.children if child < 0]
        if len(inner) == group.copies:
            return inner
        return [copy for part in inner for copy in self.copies(part)]


def _nest(tree: Tree) -> None:
    """Groups of the runs that have one scope, one function, one layer."""
    main, functions = _main_code(tree.graph), _functions(tree.graph)
    layer = _layers(tree)
    open_path: list[tuple[Any, ...]] = []
    stack = [0]
    for v in tree.graph.variables:
        if v.operation is None:
            continue
        path: list[tuple[Any, ...]] = [("scope", name, serial) for name, serial in v.scope]
        code = None if v.origin is None or functions[v.origin[0]] is main else functions[v.origin[0]]
        if code is not None and path and path[-1][1] == code.co_name:
            code = None  # the function is all of the scope
        own = layer[v.number]
        if own is None and code is not None and open_path[len(path) :] and open_path[len(path)][1] is code:
            own = open_path[len(path)][2]  # the function that has begun the layer goes on
        if code is not None or own is not None:
            path.append(("function" if code is not None else "layer", code, own))
        common = 0
        while common < min(len(path), len(open_path)) and path[common] == open_path[common]:
            common += 1
        del stack[common + 1 :]
        for key in path[common:]:
            group = tree.new(key[0], _title(key), stack[-1])
            tree.groups[stack[-1]].children.append(~group.number)
            stack.append(group.number)
        open_path = path
        tree.groups[stack[-1]].children.append(v.number)


def _functions(graph: Graph) -> dict[Any, Any]:
    """For each code, that of its function: comprehensions belong to the one that they stand in."""
    codes = {v.origin[0] for v in graph.variables if v.origin is not None}
    named = {code.co_qualname: code for code in codes}
    found = {}
    for code in codes:
        around = code
        while around is not None and around.co_name in COMPREHENSIONS:
            around = named.get(around.co_qualname.rpartition(".")[0].removesuffix(".<locals>"))
        found[code] = around
    return found


def _title(key: tuple[Any, ...]) -> str:
    kind, first, second = key
    if kind == "scope":
        return first
    name = "" if first is None else first.co_name.strip("<>")
    return " ".join(filter(None, [name, second]))


def _main_code(graph: Graph) -> Any:
    """The code of the function that was traced: what stands in it is in no group."""
    made = [v for v in graph.variables if v.origin is not None and v.operation is not None]
    for v in made:
        if v.origin and v.origin[0].co_name.strip("<>") == graph.name:
            return v.origin[0]
    last = made[-1].origin if made else None
    return last[0] if last else None


def _layers(tree: Tree) -> list[str | None]:
    """By variable: the prefix of the parameters that its layer has.

    An operation on data and parameters of one prefix begins a layer; operations entry by entry on what it made belong
    to it.
    """
    found: list[str | None] = [None] * len(tree.roles)
    from_data = [False] * len(tree.roles)
    for v in tree.graph.variables:
        if v.operation is None:
            from_data[v.number] = tree.roles[v.number] == "input"
            continue
        data = [u for u in v.inputs if from_data[u.number]]
        from_data[v.number] = bool(data)
        if not data:
            continue
        own = {prefix(u.name) for u in v.inputs if tree.roles[u.number] == "parameter"}
        behind = {found[u.number] for u in data}
        if own and None not in own and len(own) == 1:
            found[v.number] = own.pop()
        elif not own and len(behind) == 1 and all(u.shape == v.shape for u in data):
            found[v.number] = behind.pop()
    return found


def _find_loops(tree: Tree, group: Group) -> None:
    """Put the steps of loops into groups; loops in loops by going on until nothing repeats."""
    for _ in range(6):
        if len(group.children) < LOOPS_FROM:
            return
        found = runs([_token(tree, child) for child in group.children])
        if not found or (len(found) == 1 and found[0].period == 1 and group.children[0] < 0):
            return
        children, at, changed = [], 0, False
        for start, period, copies in found:
            if period == 1 and group.children[start] < 0:
                continue  # groups already
            changed = True
            children += group.children[at:start]
            for k in range(copies):
                step = group.children[start + k * period : start + (k + 1) * period]
                children.append(~tree.new("step", _place(tree, step[0]), group.number, step).number)
            at = start + period * copies
        group.children = children + group.children[at:]
        if not changed:
            return


def _token(tree: Tree, child: Child) -> int:
    """Equal for what a loop makes again and again: one line, one operation."""
    if child < 0:
        group = tree.groups[~child]
        return tree.code((group.kind, *[_token_shallow(tree, each) for each in group.children]))
    return _token_shallow(tree, child)


def _token_shallow(tree: Tree, child: Child) -> int:
    if child < 0:
        group = tree.groups[~child]
        return tree.code((group.kind, group.title, len(group.children)))
    v = tree.graph.variables[child]
    name = v.operation.name if v.operation else ""
    return tree.code((name, v.part, v.origin) if v.origin else (name, v.part, v.type))


def _place(tree: Tree, child: Child) -> str:
    while child < 0:
        child = tree.groups[~child].children[0]
    v = tree.graph.variables[child]
    return f"loop, {Origin(v.origin)}" if v.origin else "block"


def _fold(tree: Tree, group: Group) -> None:
    """Fold runs of equal groups into one, of so many copies."""
    if group.kind == "copies" or len(group.children) < 2:
        return
    prints = [fingerprint(tree, child) if child < 0 else -1 for child in group.children]
    children, i = [], 0
    while i < len(prints):
        j = i + 1
        while j < len(prints) and prints[i] >= 0 and prints[j] == prints[i]:
            j += 1
        if j - i > 1 and (j - i < len(prints) or group.number == 0):
            title = _common_title(tree, group.children[i], group.children[j - 1])
            children.append(~tree.new("copies", title, group.number, group.children[i:j], j - i).number)
        elif j - i > 1:  # all that the group holds: it is the fold itself
            group.copies = j - i
            children += group.children[i:j]
        else:
            children.append(group.children[i])
        i = j
    group.children = children


def _common_title(tree: Tree, first: Child, last: Child) -> str:
    """`block p.0…9` for `block p.0` to `block p.9`."""
    one, other = tree.groups[~first].title, tree.groups[~last].title
    if one == other:
        return one
    words, others = re.split(r"(?<=[ .])", one), re.split(r"(?<=[ .])", other)
    same = list(itertools.takewhile(lambda pair: pair[0] == pair[1], zip(words, others, strict=False)))
    return f"{one}…{''.join(others[len(same) :])}"


def fingerprint(tree: Tree, child: Child) -> int:
    """Equal for groups of equal operations, shapes and arguments, in order."""
    group = tree.groups[~child]
    parts: list[Hashable] = []
    for n in tree.members(group.number):
        v = tree.graph.variables[n]
        parts.append((v.operation, v.type, tuple([u.type for u in v.inputs])))
    return tree.code(("print", group.kind, *parts))


def _cut(tree: Tree, group: Group) -> None:
    """Cut what has too many children into parts, where few edges are cut."""
    while len(group.children) > MOST and group.kind != "copies" and group.copies == 1:
        n = len(group.children)
        length = min(MOST, max(16, math.isqrt(n)))
        crossing = _crossing(tree, group)
        children, at = [], 0
        while at < n:
            end = n
            if n - at > length * 3 // 2:
                end = min(range(at + length * 3 // 4, at + length * 5 // 4 + 1), key=lambda k: (crossing[k], k))
            part = group.children[at:end]
            children.append(~tree.new("part", _range(tree, part), group.number, part).number)
            at = end
        group.children = children


def _cut_copies(tree: Tree, group: Group) -> None:
    """Put the copies of a large fold into folds of some each, which open one by one."""
    n = len(group.children)
    if group.copies == 1 or n <= MOST_COPIES:
        return
    count = math.isqrt(n)
    ends = [k * n // count for k in range(count + 1)]
    children = []
    for at, end in itertools.pairwise(ends):
        part = group.children[at:end]
        title = _common_title(tree, part[0], part[-1])
        if title == tree.groups[~part[0]].title:
            title = f"{title}, {at + 1}…{end}"
        children.append(~tree.new("copies", title, group.number, part, end - at).number)
    group.children = children


def _crossing(tree: Tree, group: Group) -> list[int]:
    """For each place between two children, how many edges lead over it."""
    place: dict[int, int] = {}
    for k, child in enumerate(group.children):
        for n in (child,) if child >= 0 else tree.members(~child):
            place[n] = k
    change = [0] * (len(group.children) + 1)
    for n, k in place.items():
        last = max((place.get(v.number, k) for v, _ in tree.consumers[n]), default=k)
        if last > k:
            change[k + 1] += 1
            change[last + 1] -= 1
    total, found = 0, []
    for each in change:
        total += each
        found.append(total)
    return found


def _range(tree: Tree, part: Sequence[Child]) -> str:
    first, last = part[0], part[-1]
    while first < 0:
        first = tree.groups[~first].children[0]
    while last < 0:
        last = tree.groups[~last].children[-1]
    return f"{tree.graph.variables[first].label} … {tree.graph.variables[last].label}"


def _place_leaves(tree: Tree) -> None:
    """Parameters into the group that uses them first, inputs outside of all; constants into no group."""
    leaves: dict[int, list[int]] = {}
    inputs = [v for v in tree.graph.variables if v.is_input and tree.roles[v.number] == "input"]
    many = len(inputs) > 12  # then they are most likely parameters
    outputs = {v.number for v in tree.graph.outputs}
    for v in tree.graph.variables:
        if v.operation is not None:
            continue
        users = [u for u, _ in tree.consumers[v.number]]
        if v.is_constant and users and v.number not in outputs:
            continue
        home = 0  # data comes from outside
        if users and (tree.roles[v.number] != "input" or many):
            home = tree.home[users[0].number]
        leaves.setdefault(home, []).append(v.number)
        tree.home[v.number] = home
    for home, numbers in leaves.items():
        group = tree.groups[home]
        group.children = [*_bundled(tree, home, numbers), *group.children]


def _bundled(tree: Tree, home: int, numbers: list[int]) -> list[Child]:
    """Leaves of one home; very many that are alike as one group."""
    alike: dict[Hashable, list[int]] = {}
    for n in numbers:
        v = tree.graph.variables[n]
        users = tuple(sorted({u.number for u, _ in tree.consumers[n]})) if len(tree.consumers[n]) < 9 else ()
        alike.setdefault((v.type, tree.roles[n], users), []).append(n)
    if len(numbers) > ALIKE_INPUTS:  # whatever their uses
        merged: dict[Hashable, list[int]] = {}
        for (type_, role, _), each in alike.items():  # type: ignore[misc]
            merged.setdefault((type_, role), []).extend(each)
        alike = merged
    children: list[Child] = []
    for each in alike.values():
        if len(each) <= ALIKE_INPUTS:
            children += each
        else:
            v: Variable = tree.graph.variables[each[0]]
            group = tree.new("inputs", f"{tree.roles[v.number]}s {v.label} …", home, sorted(each), len(each))
            children.append(~group.number)
            for n in each:
                tree.home[n] = group.number
    return sorted(children, key=lambda child: child if child >= 0 else tree.groups[~child].children[0])
