"""A run of a function as data: its graph, every value, every gradient, and what its variables are called."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

from ..errors import Origin
from ..errors.origin import RawOrigin
from ..graph import Graph, Variable, ancestors, consumers, unique_names
from ..original import np
from .ranges import extent, number

LONGEST = 40  # letters of an expression that stands for a variable without a name

Evaluate = Callable[[Sequence[Variable], dict[int, Any]], list[Any]]


@final
class Run:
    """What is looked at.

    Attributes
    ----------
    graph : Graph
        All that was recorded, with what the outputs do not need.
    values : mapping
        By the number of the variable; none of those that were not reached because the function failed.
    evaluate : callable
        ``evaluate(targets, values)``: what the targets would be, had some variables other values.
    outputs : sequence of Variable
    parameters : sequence of sequence of Variable
        Inputs whose gradients are compared with each other, group by group.
    named : bool
        Whether the user has said that these are parameters, as by putting them into a tree.
    finished : bool
        Whether the function came to its end.
    """

    def __init__(
        self,
        graph: Graph,
        values: Mapping[int, Any],
        evaluate: Evaluate,
        parameters: Sequence[Sequence[Variable]] = (),
        finished: bool = True,
        named: bool = True,
    ):
        self.graph, self.values, self.evaluate = graph, values, evaluate
        self.parameters, self.finished, self.named = parameters, finished, named
        self.outputs = graph.outputs
        self.gradients: dict[int, Any] = {}  # filled by the backward walk
        self._leaves: dict[np.dtype, dict[int, Any]] = {}

    @functools.cached_property
    def names(self) -> list[str]:
        return unique_names(self.graph)

    @functools.cached_property
    def needed(self) -> list[Variable]:
        """What the outputs are made from, parents first."""
        return ancestors(self.outputs)

    @functools.cached_property
    def needed_numbers(self) -> frozenset[int]:
        return frozenset(v.number for v in self.needed)

    @functools.cached_property
    def consumers(self) -> list[list[tuple[Variable, int]]]:
        """By the number of a variable: what is made from it, and which argument it is there."""
        return consumers(self.graph)

    def value(self, v: Variable) -> np.ndarray:
        return np.asarray(self.values[v.number])

    def gradient(self, v: Variable) -> np.ndarray | None:
        """None where no path leads to an output."""
        found = self.gradients.get(v.number)
        return None if found is None else np.asarray(found)

    def leaves_in(self, dtype: np.dtype) -> dict[int, Any]:
        """The values of inputs and constants in another floating dtype; `evaluate` adds what it makes of them."""
        if dtype not in self._leaves:
            self._leaves[dtype] = {
                v.number: self.value(v).astype(dtype) if v.dtype.kind == "f" else self.value(v)
                for v in self.graph.variables
                if v.operation is None
            }
        return self._leaves[dtype]

    # What people call things

    def name(self, v: Variable) -> str:
        """The unique name in the graph."""
        return self.names[v.number]

    def shown(self, v: Variable) -> str:
        """As the user knows it: by name, as a number, or by the expression that made it."""
        if v.name:
            return self.name(v)
        if v.is_constant and v.shape == ():
            return number(v.value)
        return self._expression(v) or self.name(v)

    def _expression(self, v: Variable) -> str | None:
        if v.origin is None or v.operation is None or v.results[-1].number not in self._ends:
            return None
        if v.origin not in self._expressions:
            self._expressions[v.origin] = _expression_at(Origin(v.origin))
        return self._expressions[v.origin]

    @functools.cached_property
    def _expressions(self) -> dict[RawOrigin, str | None]:
        return {}

    @functools.cached_property
    def _ends(self) -> set[int]:
        """The variables that are the value of an expression, not a step on the way to it."""
        made = [v for v in self.graph.variables if v.operation is not None]
        following = [*(v.origin for v in made[1:]), None]
        return {v.number for v, origin in zip(made, following, strict=True) if v.origin != origin}

    def operation(self, v: Variable) -> str:
        """What was done, in a word that NumPy's users know."""
        if v.operation is None:
            return "argument" if v.is_input else "constant" if v.size == 1 else "captured array"
        if v.operation.name != "einsum":
            return v.operation.name
        labels, out = v.parameters[:2]
        gone = {n for each in labels for n in each} - set(out)
        return ("sum" if gone else "diagonal") if len(labels) == 1 else "matrix product" if gone else "product"

    def applied(self, v: Variable) -> str:
        """`divide of a and b`."""
        return f"{self.operation(v)} of {' and '.join(self.shown(u) for u in v.inputs)}" if v.inputs else self.shown(v)

    def described(self, v: Variable) -> str:
        """Name, shape, dtype, range and where it comes from."""
        article = "an" if v.is_input else "a"
        made = f", {article} {self.operation(v)}"
        if v.operation is not None:
            made = f", made by {self.operation(v)}" + (f" at {self.origin(v)}" if v.origin else "")
        range_ = f", {extent(self.values[v.number])}" if v.number in self.values else ""
        return f"{self.shown(v)} {v.shape} {v.dtype}{range_}{made}"

    def described_inputs(self, v: Variable) -> tuple[str, ...]:
        """All but numbers that are written in the program, which the line shows."""
        return tuple(self.described(u) for u in dict.fromkeys(v.inputs) if not u.is_constant or u.size != 1)

    def origin(self, v: Variable) -> Origin | None:
        return Origin(v.origin) if v.origin and v.operation else None


def _expression_at(origin: Origin) -> str | None:
    line, end_line, start, end = origin.span
    if line != end_line:
        return None
    text = origin.source.encode()[start:end].decode(errors="ignore")
    return text if 0 < len(text) <= LONGEST else None
