"""A finished graph as something to call: native code where there is llvmlite, a plan of NumPy calls elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...compile import Program, is_available
from ...graph import Graph
from ...interpret import Plan
from ...simplify import simplify

Run = Callable[[Sequence[Any]], list[Any]]


_SMALL = 2000  # operations that are worth compiling before it is known whether they run again
_OFTEN = 100  # operations for each run that makes a larger graph worth it: compiling one takes as long as so many runs


class Tiered:
    """What computes the outputs of a graph from a value for each input: by NumPy, and natively once that is worth it.

    A path that is taken once, or a long one that is taken a few times, is done before it would be compiled.

    Parameters
    ----------
    at_once : bool
        Whether it will surely run again: then a small graph is compiled at its first run.
    """

    __slots__ = ("_plan", "_program", "_waits")

    def __init__(self, graph: Graph, at_once: bool):
        simple = simplify(graph)
        count = len(simple)
        self._plan = Plan(simple)
        self._program: Run | None = None
        self._waits = (0 if at_once else 1) if count <= _SMALL else count // _OFTEN
        if not is_available():
            self._program = self._plan

    def __call__(self, inputs: Sequence[Any]) -> list[Any]:
        if self._program is None:
            if self._waits > 0:
                self._waits -= 1
                return self._plan(inputs)
            self._program = Program(self._plan.graph, careful=self._plan)
        return self._program(inputs)
