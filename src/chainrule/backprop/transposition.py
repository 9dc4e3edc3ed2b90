"""The transpose of a linear program: back-propagation through it, from a probe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..arraytype import ArrayType
from ..graph import Graph, Variable
from ..ops import marks
from ..ops.evaluation import compute_all
from ..original import np
from ..structure import register_transposer
from .expansion import back_propagation_nodes
from .walk import back_propagation


def transpose_program(function: Callable[[Any], Any], in_shape: tuple[int, ...], dtype: Any, y_bar: Any) -> Any:
    """J.T y_bar for function(v) = J v. On variables it adds nodes, on arrays it computes."""
    if isinstance(y_bar, Variable):
        graph = y_bar.graph
        zero = graph.constant(np.zeros(in_shape, dtype))
        probe = marks.tag(zero, serial=marks.fresh_serial())
        (x_bar,) = back_propagation_nodes([function(probe)], [y_bar], [probe])
        return zero if x_bar is None else x_bar
    graph = Graph("program")
    probe = graph.input(ArrayType(in_shape, dtype))
    y = function(probe)
    values: dict[int, Any] = {probe.number: np.zeros(in_shape, dtype)}
    compute_all(graph.variables, values)
    return back_propagation(graph, values, {y: y_bar}).get(probe.number, np.zeros(in_shape, dtype))


register_transposer(transpose_program)
