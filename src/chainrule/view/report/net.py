"""The loss of a net as a graph, with the values and gradients of its end."""

from __future__ import annotations

from typing import Any

from ... import tree
from ...api import Graph, trace
from ...training import Buffered, Trained

ROWS = 32


def loss_graph(trained: Trained, x: Any, y: Any) -> tuple[Graph, Any]:
    """The graph of the objective on a few rows, without what only training adds (dropout...), and all its values."""
    objective = trained.recipe.objective
    evaluate = objective.evaluate if isinstance(objective, Buffered) else objective
    before = (trained.parameters,) if trained.buffers is None else (trained.parameters, trained.buffers)
    x, y = x[:ROWS], y[:ROWS]

    def loss(layers: Any, x: Any, y: Any) -> Any:
        return evaluate(layers, *before[1:], x, y)[0]

    graph = trace(loss, trained.parameters, x, y)
    return graph, graph.forward(*tree.flatten(trained.parameters)[0], x, y)
