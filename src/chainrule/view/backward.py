"""The graph of the gradients, as differentiation builds it, before and after it is simplified; what belongs to what.

It is shown by itself: the values of the forward graph that it needs are its inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ..backprop import back_propagation_nodes
from ..errors import DerivativeError
from ..graph import Graph, Variable, ancestors, between, copied, extracted
from ..interpret import evaluate
from ..original import np
from ..simplify import simplified
from .opening import open_groups
from .outline import Outline


class _Expanded(NamedTuple):
    """A graph in which forward variables and gradients are.

    Attributes
    ----------
    images : dict
        By the number of a forward variable: itself in this graph.
    gradients : dict
        By the same: the gradient with respect to it.
    wanted : list of Variable
        The gradients that are the results.
    """

    graph: Graph
    images: dict[int, Variable]
    gradients: dict[int, Variable]
    wanted: list[Variable]


def backward(outline: Outline, document: Callable[[Outline], dict[str, Any]]) -> dict[str, Any] | None:
    """Its document, with links from forward variables to those here; None where there is no gradient.

    Parameters
    ----------
    document : callable
        What makes a document of an outline.
    """
    found = _expanded(outline)
    if found is None:
        return None
    return {**_alone(outline, found, document), "simplified": _alone(outline, _smaller(found), document)}


def _expanded(outline: Outline) -> _Expanded | None:
    """Forward and backward: what `backprop` builds for all inputs, with the gradients in between."""
    graph, images = copied(outline.graph)
    outputs = [y for y in outline.graph.outputs if y.type.carries_derivative]
    sources = [x for x in outline.graph.inputs if x.type.carries_derivative]
    seeds = outline.seeds
    if not seeds and len(outputs) == 1 and outputs[0].shape == ():
        seeds = {outputs[0]: np.ones((), outputs[0].dtype)}
    starts = {y: np.asarray(seeds[y], y.dtype) for y in outputs if y in seeds} if seeds else dict.fromkeys(outputs)
    ways = {v.number: v for v in (*sources, *between(list(starts), sources))}
    if not sources or not starts:
        return None
    y_bars = [
        graph.input(y.type, f"{outline.names[y.number]}_bar") if start is None else graph.constant(start)
        for y, start in starts.items()
    ]
    try:
        found = back_propagation_nodes([images[y.number] for y in starts], y_bars, [images[n] for n in ways])
    except DerivativeError:
        return None
    gradients = {n: g for n, g in zip(ways, found, strict=True) if g is not None}
    wanted = [gradients[x.number] for x in sources if x.number in gradients]
    return _Expanded(graph, images, gradients, wanted) if wanted else None


def _smaller(found: _Expanded) -> _Expanded:
    """The same, simplified. The forward variables stay results, so that it is known where they are."""
    graph, images = found.graph, found.images
    graph.outputs = [*found.wanted, *(v for v in images.values() if not v.is_constant)]
    small, where = simplified(graph)
    return _Expanded(
        small,
        {n: where[v.number] for n, v in images.items() if v.number in where},
        {n: where[g.number] for n, g in found.gradients.items() if g.number in where},
        [where[g.number] for g in found.wanted],
    )


def _alone(outline: Outline, found: _Expanded, document: Callable[[Outline], dict[str, Any]]) -> dict[str, Any]:
    """The gradients without the forward graph, whose values are inputs."""
    forward: dict[int, int] = {}
    for n, v in found.images.items():
        if not v.is_constant:
            forward.setdefault(v.number, n)
    given = [found.graph.variables[number] for number in forward]
    needed = ancestors(found.wanted, stop=given)
    inputs = [v for v in needed if v.number in forward or v.is_input]
    name = f"backward of {outline.graph.name}"
    graph, where = extracted(found.graph, inputs, list(dict.fromkeys(found.wanted)), name)
    known = {where[v.number].number: forward[v.number] for v in inputs if v.number in forward}
    gradients = {n: where[g.number] for n, g in found.gradients.items() if g.number in where}
    _name(outline, graph, known, gradients)
    values = _values(outline, graph, known)
    elsewhere = {*known, *(g.number for g in gradients.values())}
    shown = Outline(graph, values, elsewhere=elsewhere)
    return {
        "document": document(shown),
        "opened": sorted(open_groups(shown)),
        "values": [{"forward": n, "backward": number} for number, n in sorted(known.items())],
        "links": _links(gradients, known),
    }


def _name(outline: Outline, graph: Graph, known: Mapping[int, int], gradients: Mapping[int, Variable]) -> None:
    """Values have the names of the forward graph; the gradient with respect to x is called x_bar."""
    for number, n in known.items():
        graph.variables[number].name = outline.names[n]
    inputs = [x.number for x in outline.graph.inputs]
    for n in (*inputs, *gradients):
        g = gradients.get(n)
        if g is not None and g.operation is not None and g.name is None:
            g.name = f"{outline.names[n]}_bar"


def _values(outline: Outline, graph: Graph, known: Mapping[int, int]) -> dict[int, Any] | None:
    """By number; None where the forward graph has none, or the gradient to start from is not given."""
    measured = outline.measured
    if measured is None or any(x.number not in known for x in graph.inputs):
        return None
    values = {number: measured.values[n] for number, n in known.items()}
    with np.errstate(all="ignore"):
        evaluate(graph.variables, values)
    return values


def _links(gradients: Mapping[int, Variable], known: Mapping[int, int]) -> list[dict[str, Any]]:
    """For each forward variable what computes its gradient from those of its consumers: the gradient itself first."""
    ends = {g.number for g in gradients.values()} | set(known)
    found = []
    for n, g in gradients.items():
        own: set[int] = set()
        waiting = [] if g.number in known else [*g.results, *g.inputs]
        while waiting:
            v = waiting.pop()
            if v.number not in ends and v.number not in own and v.operation is not None:
                own.update(part.number for part in v.results)
                waiting.extend(v.inputs)
        found.append({"forward": n, "backward": [g.number, *sorted(own - {g.number}, reverse=True)]})
    return found
