"""How operations differentiate the graphs that they hold: both modes, from graph to graph."""

from __future__ import annotations

from ..ops.bodies import register_expanders
from .expansion import back_propagation_nodes, forward_tangent_nodes

register_expanders(
    pull=back_propagation_nodes,
    push=lambda outputs, inputs, x_dots: forward_tangent_nodes(outputs, inputs, x_dots),
)
