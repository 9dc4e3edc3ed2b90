"""New graphs from old ones: the part that is needed, with some variables replaced, appended to another graph."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from ..errors import GraphError, Origin
from ..errors.origin import RawOrigin
from .graph import Graph, foreign
from .order import ancestors
from .variable import Variable

Replace = Callable[[Graph, Variable, tuple[Variable, ...]], Variable | None]


def paste(variables: Sequence[Variable], into: Graph, known: dict[int, Variable]) -> dict[int, Variable]:
    """Append copies of the variables (parents first) to a graph; `known` maps numbers to what stands there already.

    Returns the map with the copies added.
    """
    for v in variables:
        if v.number in known:
            continue
        if v.operation is None:
            new = into.constant(v.value) if v.is_constant else into.input(v.type, v.name)
            results = (new,)
        else:
            new = into.append(v.operation, tuple([known[u.number] for u in v.inputs]), v.parameters, v.origin)
            results = new if isinstance(new, tuple) else (new,)
        for old, copy in zip(v.results, results, strict=True):
            _mark(copy, old)
            known.setdefault(old.number, copy)  # of several results some may stand there already, as inputs
    return known


def _mark(copy: Variable, old: Variable) -> None:
    """Give a copy what people know the old variable by."""
    copy.name, copy.origin, copy.more_origins, copy.scope = old.name, old.origin, old.more_origins, old.scope


def extract(graph: Graph, inputs: Sequence[Variable], outputs: Sequence[Variable], name: str | None = None) -> Graph:
    """A new graph of what lies between: all inputs, and what the outputs need, in the old order."""
    return extracted(graph, inputs, outputs, name)[0]


def extracted(
    graph: Graph, inputs: Sequence[Variable], outputs: Sequence[Variable], name: str | None = None
) -> tuple[Graph, dict[int, Variable]]:
    """The same, and where each variable went."""
    for v in (*inputs, *outputs):
        if v.graph is not graph:
            raise foreign(v)
    result = Graph(name or graph.name)
    known = _copied_inputs(inputs, result)
    needed = ancestors(outputs, stop=inputs)
    dangling = [v for v in needed if v.is_input and v.number not in known]
    if dangling:
        names = ", ".join(v.label for v in dangling)
        raise GraphError(
            f"the outputs depend on {names}, which is not among the inputs",
            got=f"inputs {', '.join(v.label for v in inputs) or 'none'}",
            wanted="every variable without an operation among the inputs",
            try_=f"Graph(inputs=[{', '.join(v.label for v in (*inputs, *dangling))}], ...)",
        )
    paste(needed, result, known)
    result.outputs = [known[v.number] for v in outputs]
    return result, known


def _copied_inputs(inputs: Sequence[Variable], into: Graph) -> dict[int, Variable]:
    known: dict[int, Variable] = {}
    for v in inputs:
        known[v.number] = into.input(v.type)
        _mark(known[v.number], v)
    return known


def with_assigned_names(graph: Graph) -> Graph:
    """Name the variables without a name as the user did: `h` for the result of `h = np.tanh(z)`."""
    names: dict[RawOrigin, str | None] = {}
    made = [v for v in graph.variables if v.operation is not None]
    for v, following in itertools.zip_longest(made, made[1:]):
        ends_here = following is None or following.origin != v.origin  # a function may take several operations
        if v.name is None and v.origin is not None and ends_here:
            if v.origin not in names:
                names[v.origin] = Origin(v.origin).assigned_name
            v.name = names[v.origin]
    return graph


def copied(graph: Graph) -> tuple[Graph, dict[int, Variable]]:
    """A copy of the whole graph, and where each variable went."""
    result = Graph(graph.name)
    known = paste(graph.variables, result, {})
    result.inputs = [known[v.number] for v in graph.inputs]
    result.outputs = [known[v.number] for v in graph.outputs]
    return result, known


def substitute(graph: Graph, replacements: dict[Variable, Variable]) -> Graph:
    """The graph with some variables replaced by others of the same graph and type."""
    for old, new in replacements.items():
        for v in (old, new):
            if v.graph is not graph:
                raise foreign(v)
        if old.type is not new.type:
            raise GraphError(
                f"{old.label} cannot be replaced by {new.label}: their types differ",
                got=f"{new.label} {new.type}",
                wanted=f"{old.type}",
            )
    target = {old.number: new for old, new in replacements.items()}

    def final(v: Variable) -> Variable:
        for _ in replacements:
            if v.number not in target:
                break
            v = target[v.number]
        if v.number in target:
            raise GraphError(f"replacing {v.label} leads back to itself: a cycle")
        return v

    result = Graph(graph.name)
    known = _copied_inputs(graph.inputs, result)
    waiting = [final(v) for v in reversed(graph.outputs)]
    path: set[int] = set()
    while waiting:  # depth first, since a replacement may stand behind what it replaces
        v = waiting[-1]
        missing = [u for u in map(final, v.inputs) if u.number not in known]
        if v.number in known or not missing:
            waiting.pop()
            path.discard(v.number)
            if v.number not in known:
                known.update({u.number: known[final(u).number] for u in v.inputs})
                paste([v], result, known)
        elif v.number in path:
            raise GraphError(f"replacing makes a cycle through {v.label}", wanted="parents before children")
        else:
            path.add(v.number)
            waiting.extend(missing)
    result.outputs = [known[final(v).number] for v in graph.outputs]
    return result
