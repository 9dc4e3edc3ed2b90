"""A finished graph as something to call: native code where there is llvmlite, a plan of NumPy calls elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...compile import Direct, Program, is_available
from ...graph import Graph
from ...interpret import Plan
from ...simplify import simplify

Run = Callable[[Sequence[Any]], list[Any]]


_MOST_OF_ONLY = 20_000  # operations of a graph that is the only path: compiled before it has run
_MOST_OF_FIRST = 2_000  # and of the first of several; of another one, that is compiled when it runs again
_OFTEN = 100  # operations for each run that makes a larger graph worth it: compiling one takes as long as so many runs


class Tiered:
    """What computes the outputs of a graph from a value for each input: by NumPy, and natively once that is worth it.

    A path that is taken once, or a long one that is taken a few times, is done before it would be compiled.

    Parameters
    ----------
    is_only, is_first : bool
        Whether it is the only path through its function, as nothing is asked, or the first that was taken. These run
        again as a rule, and are the same code from their first run on.
    donated : sequence of int
        The inputs whose memory the caller gives away, by number.
    """

    __slots__ = ("_donated", "_graph", "_known_plan", "_program", "_waits")

    def __init__(self, graph: Graph, is_only: bool, is_first: bool, donated: Sequence[int] = ()):
        self._graph, self._donated = simplify(graph), donated
        self._known_plan: Plan | None = None
        self._program: Run | None = None
        count = len(self._graph)
        if (is_only and count <= _MOST_OF_ONLY) or (is_first and count <= _MOST_OF_FIRST):
            self._waits = 0
        else:
            self._waits = 1 if count <= _MOST_OF_FIRST else count // _OFTEN
        if not is_available():
            self._program = self._plan

    def __call__(self, inputs: Sequence[Any]) -> list[Any]:
        if self._program is None:
            if self._waits > 0:
                self._waits -= 1
                return self._plan(inputs)
            self._program = Program(self._graph, careful=self._plan, donated=self._donated)
        return self._program(inputs)

    @property
    def direct(self) -> Direct | None:
        """Native code that is called once for everything; None where it is not compiled, or more is to be done."""
        return self._program.direct if isinstance(self._program, Program) else None

    def _plan(self, inputs: Sequence[Any]) -> list[Any]:
        """By NumPy; what is native from its first run on rarely needs it."""
        if self._known_plan is None:
            self._known_plan = Plan(self._graph)
        return self._known_plan(inputs)
