"""How operations differentiate the graphs that they hold: both modes, from graph to graph."""

from __future__ import annotations

from collections.abc import Sequence

from ..graph import Variable
from ..ops.bodies import register_expanders
from .expansion import back_propagation_nodes, forward_tangent_nodes


def _push(outputs: Sequence[Variable], x_dots: Sequence[Variable], inputs: Sequence[Variable]) -> list[Variable | None]:
    return forward_tangent_nodes(outputs, inputs, x_dots)


register_expanders(pull=back_propagation_nodes, push=_push)
