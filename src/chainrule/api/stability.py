"""Stable forms before differentiation: where exp(x) overflows, log(1 + exp(x)) has no derivative but as softplus."""

from __future__ import annotations

from collections.abc import Sequence

from ..graph import Variable, extract, paste
from ..simplify import simplify


def stabilized(outputs: Sequence[Variable], inputs: Sequence[Variable]) -> list[Variable]:
    """The outputs made anew from the inputs, by what `simplify` makes of the way: equal, and with stable derivatives.

    What does not depend on the inputs stays what it is.
    """
    first = min((x.number for x in inputs), default=0)
    way: dict[int, Variable] = {}
    waiting = list(outputs)
    while waiting:
        v = waiting.pop()
        if v.number > first and v.number not in way:
            way[v.number] = v
            waiting.extend(v.inputs)
    reached = {x.number for x in inputs}
    held: dict[int, Variable] = {}  # what the way needs besides the inputs
    for number in sorted(way):
        v = way[number]
        if number not in reached and any(u.number in reached for u in v.inputs):
            reached.add(number)
            held.update({u.number: u for u in v.inputs if u.number not in reached and not u.is_constant})
    sources = [*inputs, *held.values()]
    moved = [y for y in outputs if y.number in reached]
    if not moved:
        return list(outputs)
    graph = moved[0].graph
    small = simplify(extract(graph, sources, moved, "stable"))
    known = paste(small.variables, graph, {v.number: x for v, x in zip(small.inputs, sources, strict=True)})
    made = iter([known[y.number] for y in small.outputs])
    return [next(made) if y.number in reached else y for y in outputs]
