"""The transpose of a linear program: back-propagation through it, from a probe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..arraytype import ArrayType
from ..graph import Graph, Variable
from ..ops import marks
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
    for v in graph.variables:
        if v.operation is None:
            values.setdefault(v.number, v.value)
        elif v.part == 0:
            result = v.operation.compute([values[u.number] for u in v.inputs], v.parameters)  # type: ignore[attr-defined]
            results = result if v.parts else (result,)
            values.update({part.number: each for part, each in zip(v.results, results, strict=True)})
    return back_propagation(graph, values, {y: y_bar}).get(probe.number, np.zeros(in_shape, dtype))


register_transposer(transpose_program)
