"""The loss of a net as a graph, with the values and gradients of its end."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

from ... import files, tree
from ...api import Graph, trace
from ...training import Buffered, Trained
from ...training.prepared import prepared

GRAPH_PAGE: Final = "graph.html"
ROWS = 32


def write_graph_page(folder: str | os.PathLike[str]) -> Path:
    """Write the page of the loss of a run, with the weights of its best epoch, into its folder.

    It takes the table that the run was trained on. It is written on request only, for it takes longer than the rest.

    Returns
    -------
    path : path
        Of the page: graph.html.

    Raises
    ------
    FileError
        If the run or its table cannot be read, or the page cannot be written.
    """
    path = Path(folder)
    trained = Trained.load(path)
    graph, values = loss_graph(trained, *prepared(trained.settings).parts.validation)
    files.write_bytes(path / GRAPH_PAGE, graph.to_html(values=values).encode())
    return path / GRAPH_PAGE


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
