"""How operations run the graphs that they hold: as plans, which are made once for each."""

from __future__ import annotations

import functools

from ..graph import Body
from ..ops.bodies import register_runner
from .plan import Plan


@functools.lru_cache(maxsize=512)
def plan_of(body: Body) -> Plan:
    """Floating-point warnings are as loud as where the operation is computed."""
    return Plan(body.graph, loud=len(body.graph.outputs))


register_runner(plan_of)
