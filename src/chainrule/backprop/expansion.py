"""Back-propagation from graph to graph: nodes are added that compute gradients, so that a gradient is a graph again.

Only what lies between inputs and outputs is visited; the contributions of all consumers are summed; an input that
stands twice among the arguments of an operation counts twice; where no path leads there are no nodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..graph import Variable, between
from ..ops import movement, pull, pull_together, push
from ..ops.arithmetic import add


def back_propagation_nodes(
    outputs: Sequence[Variable], y_bars: Sequence[Variable], inputs: Sequence[Variable]
) -> list[Variable | None]:
    """Add the nodes of build_grad; returns the gradient for each input, None where no path leads to an output.

    Parameters
    ----------
    y_bars : sequence of Variable
        The gradient to start from, of the type of each output.
    """
    path = between(outputs, inputs)
    on_path = {v.number for v in path}
    sources = {v.number for v in inputs}
    table = _GradTable()
    for output, y_bar in zip(outputs, y_bars, strict=True):
        if output.number in on_path:
            table.add(output, y_bar)
    for y in reversed(path):
        if y.operation is None or (y.number in sources and not any(x.number in on_path for x in y.inputs)):
            continue
        operation: Any = y.operation
        if operation.pullback:
            _pull_together(y, on_path, table)
        elif y.parts is None:
            y_bar = table.take(y)
            if y_bar is not None:
                _pull_all(y, y_bar, on_path, table)
        elif y is _first_on_path(y, on_path):
            bars = [table.take(part) if part.number in on_path else None for part in y.parts]
            for k, x in enumerate(y.inputs):
                if x.number in on_path and any(bar is not None for bar in bars):
                    table.add(x, pull(y.parts[0], k, bars))
    return [table.take(x) for x in inputs]


def _first_on_path(y: Variable, on_path: set[int]) -> Variable:
    return next(part for part in y.results if part.number in on_path)


def _pull_together(y: Variable, on_path: set[int], table: _GradTable) -> None:
    """All arguments of an operation that holds a graph at once, when the first of its results is met."""
    if y is not _first_on_path(y, on_path):
        return
    bars = [table.take(part) if part.number in on_path else None for part in y.results]
    wanted = [x.number in on_path for x in y.inputs]
    if any(bar is not None for bar in bars):
        for x, x_bar in zip(y.inputs, pull_together(y.results[0], bars, wanted), strict=True):
            table.add(x, x_bar)


def _pull_all(y: Variable, y_bar: Variable, on_path: set[int], table: _GradTable) -> None:
    operation: Any = y.operation
    if operation.reads:
        table.add_piece(y.inputs[0], operation.named(y.parameters)[operation.reads], y_bar)
        return
    places = operation.joins(y.inputs, **operation.named(y.parameters)) if operation.joins else None
    for k, x in enumerate(y.inputs):
        if x.number not in on_path:
            continue
        if places and places[k] is not None and y.dtype == x.dtype:
            table.add(x, movement.read_piece(y_bar, places[k]))
        else:
            table.add(x, pull(y, k, (y_bar,)))


class _GradTable:
    """Gradients by variable. Pieces of one (from reads of x[i], x[a:b]) wait, to be added by one node."""

    def __init__(self) -> None:
        self.whole: dict[int, Variable] = {}
        self.pieces: dict[int, list[tuple[Any, Variable]]] = {}

    def add(self, x: Variable, contribution: Variable | None) -> None:
        if contribution is not None:
            known = self.whole.get(x.number)
            self.whole[x.number] = contribution if known is None else add(known, contribution)

    def add_piece(self, x: Variable, place: Any, contribution: Variable) -> None:
        self.pieces.setdefault(x.number, []).append((place, contribution))

    def take(self, x: Variable) -> Variable | None:
        pieces = self.pieces.pop(x.number, None)
        if pieces:
            places, parts = zip(*pieces, strict=True)
            self.add(x, movement.sum_of_pieces(*parts, places=places, shape=x.shape))
        return self.whole.get(x.number)


def forward_tangent_nodes(
    outputs: Sequence[Variable], inputs: Sequence[Variable], x_dots: Sequence[Variable]
) -> list[Variable | None]:
    """Forward mode: add the nodes that push tangents; returns that of each output, None where it is zero."""
    path = between(outputs, inputs)
    tangents: dict[int, Variable] = {}
    for x, x_dot in zip(inputs, x_dots, strict=True):
        tangents[x.number] = x_dot
    for y in path:
        if y.operation is None or y.number in tangents:
            continue
        dots = [tangents.get(x.number) for x in y.inputs]
        for part, dot in zip(y.results, push(y.results[0], dots), strict=True):
            if dot is not None and part.number not in tangents:
                tangents[part.number] = dot
    return [tangents.get(y.number) for y in outputs]
