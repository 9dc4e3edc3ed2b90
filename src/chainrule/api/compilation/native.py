"""A finished graph as something to call: native code where there is llvmlite, a plan of NumPy calls elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...compile import Program, is_available
from ...graph import Graph
from ...interpret import Plan
from ...simplify import simplify

Run = Callable[[Sequence[Any]], list[Any]]


def compiled(graph: Graph) -> Run:
    """What computes the outputs of a graph from a value for each input."""
    simple = simplify(graph)
    plan = Plan(simple)
    return Program(simple, careful=plan) if is_available() else plan
