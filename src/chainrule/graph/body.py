"""A graph as a parameter of an operation: what a loop repeats, what a branch does. Equal ones are one object."""

from __future__ import annotations

import weakref
from typing import Any, final

from ..arraytype import ArrayType
from ..locks import new_lock
from .copying import extract
from .graph import Graph
from .key import is_slot, structural_key

_interned: weakref.WeakValueDictionary[Any, Body] = weakref.WeakValueDictionary()
_interning = new_lock()


@final
class Body:
    """What a graph computes from its inputs to its outputs, as a value that can be compared and does not change.

    Only its inputs keep their names. The lines that it was traced from are those of the first of all equal ones, but
    for a body that is made to stand apart, where its own lines matter: that one is equal to no other.

    Attributes
    ----------
    graph : Graph
        A copy, inputs first; nobody may add to it.
    """

    __slots__ = ("__weakref__", "graph")
    graph: Graph

    def __new__(cls, graph: Graph, apart: bool = False) -> Body:
        own = extract(graph, graph.inputs, graph.outputs)
        for v in own.variables:
            if not v.is_input:
                v.name = None
        if apart:
            alone = object.__new__(cls)
            alone.graph = own
            return alone
        key = _key(own)
        with _interning:
            known = _interned.get(key)
            if known is None:
                known = object.__new__(cls)
                known.graph = own
                _interned[key] = known
        return known

    @property
    def in_types(self) -> tuple[ArrayType, ...]:
        return tuple([v.type for v in self.graph.inputs])

    @property
    def out_types(self) -> tuple[ArrayType, ...]:
        return tuple([v.type for v in self.graph.outputs])

    def __repr__(self) -> str:
        inputs = ", ".join(map(str, self.in_types))
        return f"<body {self.graph.name}({inputs}) -> ({', '.join(map(str, self.out_types))})>"

    def __deepcopy__(self, memo: Any) -> Body:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return Body, (self.graph,)


def _key(graph: Graph) -> tuple[Any, ...]:
    """The structure and what it leaves out: constants by their bytes, the names of the graph and of its inputs."""
    constants = tuple(v.value.tobytes() for v in graph.variables if v.operation is None and is_slot(v))
    names = (graph.name, *[v.name for v in graph.inputs])
    return structural_key(graph), constants, names, tuple(v.number for v in graph.outputs), len(graph.inputs)
