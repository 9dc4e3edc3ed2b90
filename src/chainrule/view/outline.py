"""A graph made ready to be shown: names, roles, groups, levels. Documents, pictures and tables are made from this."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Mapping
from typing import Any, final

from ..graph import NAME, FailedOperation, Graph, Variable, unique_names
from .groups import Tree
from .kept import Kept
from .levels import Level, levels
from .local import Local, LocalJacobians
from .measured import Measured
from .ordering import order
from .ranking import rank
from .roles import roles
from .sources import without_home


@final
class Outline:
    """What is shown of a graph.

    Parameters
    ----------
    graph : Graph
    values : mapping, optional
        By the number of the variable. Without them no number is shown.
    seeds : mapping, optional
        The gradient to start from at each output; without them no gradient is shown.
    parameters : collection of int, optional
        The inputs that are parameters.
    spare : bool
        Whether statistics of arrays are told, and nothing else of them.
    elsewhere : collection of int, optional
        Variables whose pictures another document has, of which this is a part.
    """

    failed: dict[str, str]  # why, by the name of what failed

    def __init__(
        self,
        graph: Graph,
        values: Mapping[int, Any] | None = None,
        seeds: Mapping[Variable, Any] | None = None,
        parameters: Collection[int] | None = None,
        spare: bool = False,
        elsewhere: Collection[int] = (),
    ):
        self.graph, self.seeds = graph, seeds
        self.spare, self.elsewhere = spare, elsewhere
        self.names = unique_names(graph)
        self.roles = roles(graph, parameters)
        self.tree = Tree(graph, self.roles)
        self.failed = {
            self.names[v.number]: without_home(v.operation.reason)
            for v in graph.variables
            if type(v.operation) is FailedOperation
        }
        self.measured = None if values is None else Measured(graph, values, seeds)
        self._ranked: set[int] = set()
        self._jacobians = LocalJacobians()

    @functools.cached_property
    def _levels(self) -> list[Level]:
        return levels(self.tree)

    @functools.cached_property
    def _numbers(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.names)}

    def number(self, name: str | None) -> int | None:
        """Of the variable of this name."""
        return None if name is None else self._numbers[name]

    @functools.cached_property
    def kept(self) -> Kept:
        """What is kept for the way back."""
        return Kept(self.graph, self.local)

    def label(self, v: Variable) -> str:
        """What the user calls it, also where no text of a graph could; or its number."""
        return v.name if v.name and not re.fullmatch(NAME, v.name) else self.names[v.number]

    def level(self, group: int) -> Level:
        """The level of a group, with ranks and orders."""
        level = self._levels[group]
        if group not in self._ranked:
            self._ranked.add(group)
            rank(level)
            order(level)
        return level

    def local(self, v: Variable) -> list[Local]:
        """The local Jacobians of the operation that made a variable, one for each argument."""
        return self._jacobians.of(v)

    def gain(self, v: Variable, argument: int) -> float | None:
        return self.measured.gains.get((v.number, argument)) if self.measured else None
