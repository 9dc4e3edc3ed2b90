"""The body of a loop or a branch: a function traced by itself, once for all steps, into a graph of its own.

What it is given are fresh variables without a value, so Python cannot ask for one. They and what is made from them
leave the trace when the function has returned; what it has taken from outside becomes a further input of its graph.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..arraytype import ArrayType
from ..graph import Body, Graph, Variable, is_slot, paste
from .array import Array, wrap
from .failing import keep_unfinished
from .trace import BodyUnderWay, Trace

_serial = itertools.count(1)
_ended = Graph("a body that has ended")


class Argument(NamedTuple):
    """What a body is given: `kind` is that of a traced array."""

    type: ArrayType
    kind: int
    name: str


class Recorded(NamedTuple):
    """A function that has been traced: its graph takes what is held, then the arguments."""

    graph: Graph
    held: tuple[Variable, ...]
    result: Any


def record(
    trace: Trace,
    name: str,
    arguments: Sequence[Argument],
    function: Callable[[list[Array]], tuple[Sequence[Variable], Any]],
    hoist: bool = False,
) -> Recorded:
    """Trace a function of fresh arrays; it returns variables, the outputs of its graph, and anything besides.

    Parameters
    ----------
    name : str
        For messages: the function of ours whose body it is.
    hoist : bool
        Whether what does not depend on the arguments may be computed outside, once.
    """
    graph, start = trace.graph, len(trace.graph)
    inputs, several = len(graph.inputs), len(graph.several)
    given = []
    for argument in arguments:
        v = graph.input(argument.type, argument.name)
        v.mask = -1  # for every transform around it, it is traced
        given.append(v)
    trace.bodies.append(BodyUnderWay(start, name, next(_serial)))
    try:
        arrays = [wrap(trace, v, argument.kind) for v, argument in zip(given, arguments, strict=True)]
        outputs, result = function(arrays)
        is_open = _open(graph, start, given)
        piece, held = _extracted(graph, outputs, given, start, is_open if hoist else None, name)
        return Recorded(piece, held, result)
    except Exception as error:
        keep_unfinished(error, trace)  # before the body's variables leave the trace
        raise
    finally:
        trace.bodies.pop()
        del graph.inputs[inputs:]
        _withdraw(trace, start, several, _open(graph, start, given))


def _open(graph: Graph, start: int, given: Sequence[Variable]) -> set[int]:
    """The variables that depend on what the body is given."""
    found = {v.number for v in given}
    for v in graph.variables[start:]:
        if any(u.number in found for u in v.inputs):
            found.add(v.number)
    return found


def _extracted(
    graph: Graph, outputs: Sequence[Variable], given: Sequence[Variable], start: int, inside: set[int] | None, name: str
) -> tuple[Graph, tuple[Variable, ...]]:
    """The graph of the outputs, and what its first inputs stand for; `inside` are the variables to be computed there,
    by default all that the function has made. Python numbers other than 0, 1, 2... come from outside, too."""
    needed: dict[int, Variable] = {}
    held: dict[int, Variable] = {}
    waiting = list(outputs)
    while waiting:
        v = waiting.pop()
        if v.number in needed or v.number in held:
            continue
        if v.is_constant:
            (held if is_slot(v) else needed)[v.number] = v
        elif (v.number < start if inside is None else v.number not in inside) and not _is_spread(v):
            held[v.number] = v
        else:
            needed[v.number] = v
            waiting.extend(v.inputs)
    piece = Graph(name)
    known = {n: piece.input(held[n].type, held[n].name) for n in sorted(held)}
    for v in given:
        known[v.number] = piece.input(v.type, v.name)
    for n in sorted(needed):
        v = needed[n]
        if v.operation is not None and v.operation.name == "tag":  # the transform that it belongs to is over
            known[n] = known[v.inputs[0].number]
        else:
            paste([v], piece, known)
    piece.outputs = [known[v.number] for v in outputs]
    return piece, tuple(held[n] for n in sorted(held))


def _is_spread(v: Variable) -> bool:
    """Whether a variable is a smaller one, repeated: what is held is that one."""
    return v.operation is not None and v.operation.name == "broadcast_to"


def _withdraw(trace: Trace, start: int, several: int, is_open: set[int]) -> None:
    """Take out of the trace what depends on a body's arguments; what does not stays and moves up."""
    graph = trace.graph
    made = graph.variables[start:]
    del graph.variables[start:]
    places: dict[int, int] = {}
    for v in made:
        if v.number in is_open:
            v.graph = _ended
        else:
            places[v.number] = v.number = len(graph.variables)
            graph.variables.append(v)
    graph.several[several:] = [parts for parts in graph.several[several:] if parts[0].graph is graph]
    for table in (trace.values, trace.layouts):
        late = {n: table.pop(n) for n in [n for n in table if n >= start]}
        table.update({places[n]: value for n, value in late.items() if n in places})


def bodies_of(trace: Trace, *recorded: Recorded) -> tuple[tuple[Body, ...], tuple[Variable, ...]]:
    """Bodies that take the same inputs: all that any of them holds, and then its arguments."""
    held = tuple(sorted({v for each in recorded for v in each.held}, key=lambda v: v.number))
    bodies = []
    for each in recorded:
        graph = Graph(each.graph.name)
        shared = {v: graph.input(v.type, v.name) for v in held}
        own = each.graph.inputs
        known = {x.number: shared[v] for x, v in zip(own, each.held, strict=False)}
        known |= {x.number: graph.input(x.type, x.name) for x in own[len(each.held) :]}
        known = paste(each.graph.variables, graph, known)
        graph.outputs = [known[y.number] for y in each.graph.outputs]
        bodies.append(Body(graph, trace.keeps_lines))
    return tuple(bodies), held
