"""Operations that hold a graph without repeating it: one of two, or one that is computed anew when it is needed.

The derivative of a branch is that of the one that is taken. The other is not computed, so nothing of it reaches a
gradient.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

from ..arraytype import ArrayType
from ..errors import GraphError
from ..graph import Body, Graph, Variable
from ..original import np
from .arithmetic import reciprocal
from .batch_axis import number_of_samples
from .batching import batched_body, in_groups
from .bodies import (
    Flags,
    all_of,
    check_inputs,
    inputs_like,
    one_or_all,
    pasted_outputs,
    pull_nodes,
    push_nodes,
    runner_of,
    zeros_of,
)
from .operation import Example, holding


class Derived(NamedTuple):
    """Bodies of a derivative: they take the inputs of the old ones and directions, and give what has been found."""

    bodies: tuple[Body, ...]
    found: Flags


@functools.lru_cache(maxsize=512)
def pulled(bodies: tuple[Body, ...], given: Flags, wanted: Flags) -> Derived:
    """From cotangents of the outputs that are given, those of the inputs that are wanted."""
    expanded = []
    for body in bodies:
        graph = Graph(f"{body.graph.name}_pull")
        xs = inputs_like(graph, body.graph.inputs)
        ys = [y for y, is_given in zip(pasted_outputs(body, graph, xs), given, strict=True) if is_given]
        bars = inputs_like(graph, [y for y, is_given in zip(body.graph.outputs, given, strict=True) if is_given])
        expanded.append(
            (graph, pull_nodes(ys, bars, [x for x, is_wanted in zip(xs, wanted, strict=True) if is_wanted]))
        )
    types = [t for t, is_wanted in zip(bodies[0].in_types, wanted, strict=True) if is_wanted]
    return _joined(expanded, types, wanted)


@functools.lru_cache(maxsize=512)
def pushed(bodies: tuple[Body, ...], given: Flags) -> Derived:
    """From tangents of the inputs that are given, those of all outputs."""
    expanded = []
    for body in bodies:
        graph = Graph(f"{body.graph.name}_push")
        xs = inputs_like(graph, body.graph.inputs)
        ys = pasted_outputs(body, graph, xs)
        sources = [x for x, is_given in zip(xs, given, strict=True) if is_given]
        expanded.append((graph, push_nodes(ys, inputs_like(graph, sources, "_dot"), sources)))
    types = list(bodies[0].out_types)
    return _joined(expanded, types, (True,) * len(types))


def _joined(
    expanded: Sequence[tuple[Graph, list[Variable | None]]], types: Sequence[ArrayType], asked: Flags
) -> Derived:
    """What any of the bodies has found all of them give: zeros where they have not."""
    found = [any(results[k] is not None for _, results in expanded) for k in range(len(types))]
    for graph, results in expanded:
        graph.outputs = [
            zeros_of(type_, graph) if each is None else each
            for each, type_, is_found in zip(results, types, found, strict=True)
            if is_found
        ]
    waiting = iter(found)
    flags = tuple(is_asked and next(waiting) for is_asked in asked)
    return Derived(tuple(Body(graph) for graph, _ in expanded), flags)


def spread(found: Flags, results: Any) -> list[Any]:
    """Each result in the place where it was found, None in the others."""
    waiting = iter(all_of(results) if any(found) else ())
    return [next(waiting) if is_found else None for is_found in found]


def present(directions: Sequence[Any]) -> tuple[Flags, list[Any]]:
    """Which directions there are, and these."""
    return tuple(d is not None for d in directions), [d for d in directions if d is not None]


def differentiable(wanted: Sequence[bool], xs: Sequence[Any]) -> Flags:
    return tuple(bool(is_wanted and x.dtype.kind in "fc") for is_wanted, x in zip(wanted, xs, strict=True))


# cond


def _choose(p: Any, *xs: Any, then: Body, otherwise: Body) -> Any:
    return one_or_all(runner_of(then if p else otherwise)(xs))


def _type_of_choice(p: ArrayType, *types: ArrayType, then: Body, otherwise: Body) -> Any:
    if p.shape != () or p.dtype != bool:
        raise GraphError("cond chooses by one truth value", got=str(p), wanted="bool[]")
    check_inputs("cond", then, types)
    check_inputs("cond", otherwise, types)
    if then.out_types != otherwise.out_types:
        raise GraphError("both branches of cond give results of the same types", got=f"{then}, {otherwise}")
    return one_or_all(then.out_types)


def _pull_choice(
    y_bars: Sequence[Any], ys: Any, xs: Sequence[Any], wanted: Sequence[bool], *, then: Body, otherwise: Body
) -> list[Any]:
    p, *rest = xs
    given, bars = present(y_bars)
    bodies, found = pulled((then, otherwise), given, differentiable(wanted[1:], rest))
    results = cond(p, *rest, *bars, then=bodies[0], otherwise=bodies[1]) if any(found) else ()
    return [None, *spread(found, results)]


def _push_choice(x_dots: Sequence[Any], ys: Any, xs: Sequence[Any], *, then: Body, otherwise: Body) -> list[Any]:
    p, *rest = xs
    given, dots = present(x_dots[1:])
    bodies, found = pushed((then, otherwise), given)
    results = cond(p, *rest, *dots, then=bodies[0], otherwise=bodies[1]) if any(found) else ()
    return spread(found, results)


def _choose_for_many(
    operation: Any, xs: Sequence[Any], lifted: Flags, *, then: Body, otherwise: Body
) -> tuple[Any, ...] | Any:
    """All samples take the same branch, if p is one for all; else those that take the same one go together."""
    if lifted[0]:
        return in_groups(operation, xs, lifted, (then, otherwise))
    count = number_of_samples(xs, lifted)
    none = (False,) * len(then.out_types)
    found = [batched_body(body, lifted[1:], count, none)[1] for body in (then, otherwise)]
    either = tuple(a or b for a, b in zip(*found, strict=True))
    bodies = [batched_body(body, lifted[1:], count, either)[0] for body in (then, otherwise)]
    return operation(*xs, then=bodies[0], otherwise=bodies[1])


def example_body(function: Any, *types: str, name: str = "f") -> Body:
    """A small body to try an operation with."""
    graph = Graph(name)
    graph.outputs = list(all_of(function(*[graph.input(ArrayType.parse(each)) for each in types])))
    return Body(graph)


def bell(x: Any) -> Any:
    """A smooth function for examples, bounded as often as it is repeated."""
    return reciprocal(1 + x * x)


def _choice_examples(rng: np.random.Generator) -> Any:
    then = example_body(lambda x, a: (x * a, bell(x)), "f64[3]", "f64[]")
    otherwise = example_body(lambda x, a: (x, x * x * x), "f64[3]", "f64[]")
    for p in (True, False):
        yield Example((p, rng.normal(size=3), rng.normal()), {"then": then, "otherwise": otherwise})


cond = holding(
    "cond",
    _choose,
    _type_of_choice,
    _pull_choice,
    _push_choice,
    parameters=("then", "otherwise"),
    batch=_choose_for_many,
    examples=_choice_examples,
    notation=r"({0} \; ? \; \mathrm{{{then}}} : \mathrm{{{otherwise}}})({1}, \ldots)",
    summary="what one of two graphs makes of the arguments, by a truth value; the other one is not computed",
)


# call


def _run(*xs: Any, body: Body) -> Any:
    return one_or_all(runner_of(body)(xs))


def _type_of_run(*types: ArrayType, body: Body) -> Any:
    check_inputs("call", body, types)
    return one_or_all(body.out_types)


def _pull_run(y_bars: Sequence[Any], ys: Any, xs: Sequence[Any], wanted: Sequence[bool], *, body: Body) -> list[Any]:
    given, bars = present(y_bars)
    (derived,), found = pulled((body,), given, differentiable(wanted, xs))
    return spread(found, call(*xs, *bars, body=derived) if any(found) else ())


def _push_run(x_dots: Sequence[Any], ys: Any, xs: Sequence[Any], *, body: Body) -> list[Any]:
    given, dots = present(x_dots)
    (derived,), found = pushed((body,), given)
    return spread(found, call(*xs, *dots, body=derived) if any(found) else ())


def _run_many(operation: Any, xs: Sequence[Any], lifted: Flags, *, body: Body) -> Any:
    none = (False,) * len(body.out_types)
    return operation(*xs, body=batched_body(body, lifted, number_of_samples(xs, lifted), none)[0])


call = holding(
    "call",
    _run,
    _type_of_run,
    _pull_run,
    _push_run,
    parameters=("body",),
    batch=_run_many,
    examples=lambda rng: [
        Example(
            (rng.normal(size=3), rng.normal(size=3)), {"body": example_body(lambda x, y: bell(x) * y, *["f64[3]"] * 2)}
        )
    ],
    notation=r"\mathrm{{{body}}}({0}, \ldots)",
    summary="what a graph makes of the arguments; its derivative computes it anew instead of keeping what is inside",
)
