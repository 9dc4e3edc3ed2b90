"""Loops as operations that hold the graph of one step.

The derivative of a scan is a scan: forward mode carries the tangents along, reverse mode runs from the last step to the
first over the carries that each step began with. These are kept, and what is inside a step is computed anew, so memory
grows with the number of steps times the size of the carry.

A loop whose number of steps is known only when it has run is, in its derivatives, the scan of that length.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

from ..arraytype import ArrayType
from ..errors import GraphError
from ..graph import Body, Graph, Variable, ancestors
from ..original import np
from .arithmetic import add
from .batch_axis import axis_moved, each_lifted, number_of_samples, repeated
from .batching import batched_body, in_groups
from .bodies import (
    Flags,
    all_of,
    check_inputs,
    graph_among,
    inputs_like,
    is_reached,
    one_or_all,
    pasted_outputs,
    pull_nodes,
    push_nodes,
    runner_of,
    zeros_of,
)
from .branches import bell, differentiable, example_body, present, spread
from .comparison import less
from .operation import CATALOGUE, Example, holding

# scan: inputs are what all steps share (held), what is carried, and rows of which each step takes one.


def _scan(*xs: Any, body: Body, held: int, carried: int, length: int, reverse: bool, keep: bool) -> Any:
    run = runner_of(body)
    shared, carry, rows = list(xs[:held]), list(xs[held : held + carried]), xs[held + carried :]
    stacked = [np.empty((length, *t.shape), t.dtype) for t in body.out_types[carried:]]
    kept = [np.empty((length, *t.shape), t.dtype) for t in body.out_types[: carried if keep else 0]]
    for k in range(length - 1, -1, -1) if reverse else range(length):
        for array, value in zip(kept, carry, strict=False):
            array[k] = value
        results = run([*shared, *carry, *[row[k] for row in rows]])
        carry = results[:carried]
        for array, value in zip(stacked, results[carried:], strict=True):
            array[k] = value
    return one_or_all([*carry, *stacked, *kept])


def _type_of_scan(
    *types: ArrayType, body: Body, held: int, carried: int, length: int, reverse: bool, keep: bool
) -> Any:
    if min(held, carried, length) < 0 or held + carried > len(types):
        raise GraphError(f"a scan of {len(types)} inputs cannot hold {held}, carry {carried} and take {length} steps")
    carry, rows = types[held : held + carried], types[held + carried :]
    if any(t.shape[:1] != (length,) for t in rows):
        raise GraphError(f"a scan of {length} steps takes rows of that number", got=", ".join(map(str, rows)))
    check_inputs("scan", body, [*types[: held + carried], *(t.with_shape(t.shape[1:]) for t in rows)])
    if body.out_types[:carried] != carry:
        raise GraphError("a scan carries values of the same types from step to step", got=f"{body}")
    stacked = [t.with_shape((length, *t.shape)) for t in (*body.out_types[carried:], *(carry if keep else ()))]
    return one_or_all([*carry, *stacked])


class _Pull(NamedTuple):
    """The body of the scan that goes back, which of the old inputs it needs, and for which it gives a cotangent."""

    body: Body
    shared: Flags
    kept: Flags
    rows: Flags
    bars: Flags
    live: tuple[int, ...]  # the carries whose cotangents are carried
    found: Flags  # of the shared inputs and the rows


@functools.lru_cache(maxsize=512)
def _pulled_scan(body: Body, held: int, carried: int, keep: bool, given: Flags, wanted: Flags) -> _Pull | None:
    moved = _moved_carries(body, held, carried, wanted)
    live = _live_carries(body, held, carried, keep, given, wanted, moved)
    graph = Graph(f"{body.graph.name}_pull")
    inputs, count = body.graph.inputs, len(body.out_types) - carried
    shared = inputs_like(graph, inputs[:held])
    bars = {j: graph.input(body.out_types[j]) for j in live}
    sums = {k: graph.input(inputs[k].type) for k in range(held) if wanted[k]}
    kept, rows = inputs_like(graph, inputs[held : held + carried]), inputs_like(graph, inputs[held + carried :])
    given_rows = {j: graph.input(body.out_types[j]) for j in range(carried, carried + count) if given[j]}
    given_kept = {j: graph.input(inputs[held + j].type) for j in range(carried) if keep and given[carried + count + j]}
    xs = [*shared, *kept, *rows]
    ys = pasted_outputs(body, graph, xs)
    sources = [k for k in range(len(xs)) if (wanted[k] if not held <= k < held + carried else k - held in moved)]
    ending = {**bars, **given_rows}
    gradients = dict(
        zip(sources, pull_nodes([ys[j] for j in ending], list(ending.values()), [xs[k] for k in sources]), strict=True)
    )
    results = []
    for j in live:
        g = gradients[held + j]
        g = zeros_of(inputs[held + j].type, graph) if g is None else g
        results.append(add(g, given_kept[j]) if j in given_kept else g)
    found_shared = [k for k in sums if gradients[k] is not None]
    found_rows = [k for k in sources if k >= held + carried and gradients[k] is not None]
    if not live and not found_shared and not found_rows:
        return None
    results += [add(sums[k], gradients[k]) for k in found_shared] + [gradients[k] for k in found_rows]
    needed = {v.number for v in ancestors(results)}

    def used(variables: Sequence[Variable]) -> Flags:
        return tuple(v.number in needed for v in variables)

    ends = [*given_rows.values(), *given_kept.values()]
    of_shared, of_kept, of_rows, of_ends = map(used, (shared, kept, rows, ends))
    carry = [*bars.values(), *[sums[k] for k in found_shared]]
    graph.inputs = [
        *_chosen(shared, of_shared),
        *carry,
        *_chosen(kept, of_kept),
        *_chosen(rows, of_rows),
        *_chosen(ends, of_ends),
    ]
    graph.outputs = results
    found = tuple(k in found_shared or k in found_rows for k in range(len(xs)))
    return _Pull(Body(graph), of_shared, of_kept, of_rows, of_ends, tuple(live), found)


def _chosen(values: Sequence[Any], flags: Flags) -> list[Any]:
    return [value for value, flag in zip(values, flags, strict=True) if flag]


def _moved_carries(body: Body, held: int, carried: int, wanted: Flags) -> set[int]:
    """The carries that depend on what is wanted, after any number of steps."""
    inputs, outputs = body.graph.inputs, body.graph.outputs
    others = [x for k, x in enumerate(inputs) if wanted[k] and not held <= k < held + carried]
    moved = {j for j in range(carried) if wanted[held + j]}
    while True:
        sources = [*others, *[inputs[held + j] for j in sorted(moved)]]
        more = {j for j in range(carried) if j not in moved and is_reached(outputs[j], sources)}
        if not more:
            return moved
        moved |= more


def _live_carries(
    body: Body, held: int, carried: int, keep: bool, given: Flags, wanted: Flags, moved: set[int]
) -> list[int]:
    """Of these, the carries that have a cotangent, before any number of steps."""
    inputs, outputs = body.graph.inputs, body.graph.outputs
    count = len(outputs) - carried
    live = {j for j in moved if given[j] or (keep and given[carried + count + j])}
    rows = [outputs[j] for j in range(carried, carried + count) if given[j]]
    while True:
        ends = [*rows, *[outputs[j] for j in sorted(live)]]
        more = {j for j in moved - live if any(is_reached(y, [inputs[held + j]]) for y in ends)}
        if not more:
            return sorted(live)
        live |= more


def _pull_scan(
    y_bars: Sequence[Any], ys: Sequence[Any], xs: Sequence[Any], wanted: Sequence[bool], **parameters: Any
) -> list[Any]:
    body, held, carried, keep = (parameters[name] for name in ("body", "held", "carried", "keep"))
    given, _ = present(y_bars)
    recipe = _pulled_scan(body, held, carried, keep, given, differentiable(wanted, xs))
    if recipe is None:
        return [None] * len(xs)
    graph, count = graph_among(xs), len(body.out_types) - carried
    shared, rows = xs[:held], xs[held + carried :]
    kept: Sequence[Any] = [None] * carried
    if any(recipe.kept):
        kept = (ys if keep else scan(*xs, **parameters | {"keep": True}))[carried + count :]
    bars = [zeros_of(body.out_types[j], graph) if y_bars[j] is None else y_bars[j] for j in recipe.live]
    sums = [zeros_of(body.in_types[k], graph) for k in range(held) if recipe.found[k]]
    given_rows = [bar for bar in y_bars[carried:] if bar is not None]
    results = scan(
        *_chosen(shared, recipe.shared),
        *bars,
        *sums,
        *_chosen(kept, recipe.kept),
        *_chosen(rows, recipe.rows),
        *_chosen(given_rows, recipe.bars),
        body=recipe.body,
        held=sum(recipe.shared),
        carried=len(bars) + len(sums),
        length=parameters["length"],
        reverse=not parameters["reverse"],
        keep=False,
    )
    results = results if isinstance(results, tuple) else (results,)
    x_bars: list[Any] = [None] * len(xs)
    for j, bar in zip(recipe.live, results, strict=False):
        if wanted[held + j]:
            x_bars[held + j] = bar
    places = [k for k, is_found in enumerate(recipe.found) if is_found]
    for k, bar in zip(places, results[len(recipe.live) :], strict=True):
        x_bars[k] = bar
    return x_bars


class _Push(NamedTuple):
    """The body of the scan that carries tangents, the carries that have one, and which rows it gives."""

    body: Body
    live: tuple[int, ...]
    found: Flags


@functools.lru_cache(maxsize=512)
def _pushed_scan(body: Body, held: int, carried: int, keep: bool, given: Flags) -> _Push:
    inputs = body.graph.inputs
    live = sorted(_moved_carries(body, held, carried, given))
    graph = Graph(f"{body.graph.name}_push")
    shared = inputs_like(graph, inputs[:held])
    dots = {k: graph.input(inputs[k].type) for k in range(held) if given[k]}
    carry = inputs_like(graph, inputs[held : held + carried])
    carry_dots = {j: graph.input(inputs[held + j].type) for j in live}
    rows = inputs_like(graph, inputs[held + carried :])
    dots |= {k: graph.input(inputs[k].type) for k in range(held + carried, len(inputs)) if given[k]}
    xs = [*shared, *carry, *rows]
    ys = pasted_outputs(body, graph, xs)
    moving = {**dots, **{held + j: dot for j, dot in carry_dots.items()}}
    found = push_nodes(ys, list(moving.values()), [xs[k] for k in moving])
    steps = [zeros_of(body.out_types[j], graph) if found[j] is None else found[j] for j in live]
    stacked = [y_dot for y_dot in found[carried:] if y_dot is not None]
    kept = list(carry_dots.values()) if keep else []
    graph.outputs = [*ys[:carried], *steps, *stacked, *kept]
    flags = [j in live for j in range(carried)] + [y_dot is not None for y_dot in found[carried:]]
    return _Push(Body(graph), tuple(live), (*flags, *(j in live for j in range(carried) if keep)))


def _push_scan(x_dots: Sequence[Any], ys: Sequence[Any], xs: Sequence[Any], **parameters: Any) -> list[Any]:
    body, held, carried, keep = (parameters[name] for name in ("body", "held", "carried", "keep"))
    given, _ = present(x_dots)
    recipe = _pushed_scan(body, held, carried, keep, given)
    if not any(recipe.found):
        return [None] * len(ys)
    graph, dots = graph_among([*xs, *x_dots]), list(x_dots)
    for j in recipe.live:
        if dots[held + j] is None:
            dots[held + j] = zeros_of(body.in_types[held + j], graph)
    results = scan(
        *xs[:held],
        *[dot for dot in dots[:held] if dot is not None],
        *xs[held : held + carried],
        *[dots[held + j] for j in recipe.live],
        *xs[held + carried :],
        *[dot for dot in dots[held + carried :] if dot is not None],
        body=recipe.body,
        held=held + sum(given[:held]),
        carried=carried + len(recipe.live),
        length=parameters["length"],
        reverse=parameters["reverse"],
        keep=False,
    )
    results = results if isinstance(results, tuple) else (results,)
    return spread(recipe.found, results[carried:])


def _scan_for_many(operation: Any, xs: Sequence[Any], lifted: Flags, **parameters: Any) -> list[Any]:
    """One loop, whose steps are those of all samples."""
    body, held, carried = parameters["body"], parameters["held"], parameters["carried"]
    count, end = number_of_samples(xs, lifted), held + carried
    many, flags, found = _lifted_carries(body, lifted, held, carried, count)
    inputs = [
        axis_moved(x, 0, 1) if k >= end and was else x if was or not now else repeated(x, count)
        for k, (x, was, now) in enumerate(zip(xs, lifted, flags, strict=True))
    ]
    results = all_of(operation(*inputs, **parameters | {"body": many}))
    stacked = (*found[carried:], *(found[:carried] if parameters["keep"] else ()))
    rows = [axis_moved(y, 1, 0) if is_found else y for y, is_found in zip(results[carried:], stacked, strict=True)]
    return one_or_all([*results[:carried], *rows])


def _lifted_carries(body: Body, lifted: Flags, held: int, carried: int, count: int) -> tuple[Body, Flags, Flags]:
    """The body for many samples, its inputs and its outputs that are lifted: with each carry that any step lifts."""
    rest = (False,) * (len(body.out_types) - carried)
    while True:
        many, found = batched_body(body, lifted, count, (*lifted[held : held + carried], *rest))
        if found[:carried] == lifted[held : held + carried]:
            return many, lifted, found
        lifted = (*lifted[:held], *found[:carried], *lifted[held + carried :])


def _scan_examples(rng: np.random.Generator) -> Any:
    step = example_body(lambda w, c, x: (c + w * bell(x * c), c * x), "f64[2]", "f64[2]", "f64[]")
    for length, reverse in ((4, False), (3, True), (0, False)):
        arrays = (rng.normal(size=2), rng.normal(size=2), rng.normal(size=length))
        about = {"held": 1, "carried": 1, "length": length, "reverse": reverse, "keep": length == 3}
        yield Example(arrays, {"body": step, **about})


scan = holding(
    "scan",
    _scan,
    _type_of_scan,
    _pull_scan,
    _push_scan,
    parameters=("body", "held", "carried", "length", "reverse", "keep"),
    batch=_scan_for_many,
    examples=_scan_examples,
    notation=r"\mathrm{{scan}}_{{{body}}}({0}, \ldots)",
    source="Griewank, Walther, Evaluating Derivatives (2008), ch. 12",
    summary="a graph repeated over rows, carrying values from step to step; its derivatives are scans again",
)


# while_loop: inputs are what all steps share and the state; the results the last state and the number of steps.


def _while(*xs: Any, test: Body, body: Body, held: int) -> Any:
    asks, steps = runner_of(test), runner_of(body)
    shared, state, count = list(xs[:held]), list(xs[held:]), 0
    while asks([*shared, *state])[0]:
        state = steps([*shared, *state])
        count += 1
    return (*state, np.int64(count))


def _type_of_while(*types: ArrayType, test: Body, body: Body, held: int) -> Any:
    check_inputs("while_loop", test, types)
    check_inputs("while_loop", body, types)
    if test.out_types != (ArrayType((), bool),):
        raise GraphError("the test of a while_loop gives one truth value", got=f"{test}")
    if body.out_types != types[held:]:
        raise GraphError("a while_loop keeps the types of its state from step to step", got=f"{body}")
    return (*body.out_types, ArrayType((), np.int64))


def _pull_while(
    y_bars: Sequence[Any],
    ys: Sequence[Any],
    xs: Sequence[Any],
    wanted: Sequence[bool],
    *,
    test: Body,
    body: Body,
    held: int,
) -> list[Any]:
    return _pull_counted([*y_bars[:-1]], None, [ys[-1], *xs], [False, *wanted], body=body, held=held, derivations=())[
        1:
    ]


def _push_while(
    x_dots: Sequence[Any], ys: Sequence[Any], xs: Sequence[Any], *, test: Body, body: Body, held: int
) -> list[Any]:
    y_dots = _push_counted([None, *x_dots], None, [ys[-1], *xs], body=body, held=held, derivations=())
    return [*y_dots, None]


def _while_for_many(
    operation: Any, xs: Sequence[Any], lifted: Flags, *, test: Body, body: Body, held: int
) -> list[Any]:
    """All samples take the same number of steps, if the test does not depend on the sample; else each its own."""
    carried, count = len(xs) - held, number_of_samples(xs, lifted)
    many, flags, _ = _lifted_carries(body, lifted, held, carried, count)
    asks, (differs,) = batched_body(test, flags, count, (False,))
    if differs:
        state = [x if is_lifted else repeated(x, count) for x, is_lifted in zip(xs[held:], lifted[held:], strict=True)]
        return CATALOGUE["while_each"](*xs[:held], *state, test=test, body=body, held=held, lifted=lifted[:held])
    inputs = [x if was or not now else repeated(x, count) for x, was, now in zip(xs, lifted, flags, strict=True)]
    return operation(*inputs, test=asks, body=many, held=held)


def _while_examples(rng: np.random.Generator) -> Any:
    types = "f64[]", "f64[2]", "i64[]"
    test = example_body(lambda a, x, k: less(k, k.graph.constant(np.int64(3))), *types)
    body = example_body(lambda a, x, k: (x + a * bell(x), k + 1), *types)
    for begin in (0, 3):
        yield Example((rng.normal(), rng.normal(size=2), np.int64(begin)), {"test": test, "body": body, "held": 1})


while_loop = holding(
    "while_loop",
    _while,
    _type_of_while,
    _pull_while,
    _push_while,
    parameters=("test", "body", "held"),
    batch=_while_for_many,
    examples=_while_examples,
    notation=r"\mathrm{{while}}_{{{test}, {body}}}({0}, \ldots)",
    summary="a graph repeated as long as another one says so; the last result is the number of steps",
)


# counted: a scan of as many steps as its first argument says, and the derivatives of that scan.

Derivation = tuple[str, Flags, Flags]  # "pull" or "push", which directions are given, and what is asked for


@functools.lru_cache(maxsize=512)
def _counted_graph(length: int, body: Body, held: int, derivations: tuple[Derivation, ...]) -> tuple[Body, Flags]:
    """What is computed for a number of steps, and what of that which the last derivation asks for is not zero."""
    graph = Graph(f"{body.graph.name}_counted")
    inputs = inputs_like(graph, body.graph.inputs)
    about = {"carried": len(body.out_types), "length": length, "reverse": False, "keep": False}
    results = scan(*inputs, body=body, held=held, **about)
    outputs: list[Variable] = list(results) if isinstance(results, tuple) else [results]
    found: Flags = ()
    for kind, given, asked in derivations:
        if kind == "pull":
            ends = _chosen(outputs, given)
            directions = inputs_like(graph, ends)
            of = _chosen(inputs, asked)
            made = pull_nodes(ends, directions, of)
        else:
            sources = _chosen(inputs, given)
            directions = inputs_like(graph, sources)
            of = _chosen(outputs, asked)
            made = push_nodes(of, directions, sources)
        inputs = [*inputs, *directions]
        found = tuple(each is not None for each in made)
        outputs = [zeros_of(v.type, graph) if each is None else each for v, each in zip(of, made, strict=True)]
    graph.inputs, graph.outputs = inputs, outputs
    return Body(graph), found


def counted_body(count: int, body: Body, held: int, derivations: tuple[Derivation, ...]) -> Body:
    """What is computed for that number of steps."""
    return _counted_graph(count, body, held, derivations)[0]


def _counted(count: Any, *xs: Any, body: Body, held: int, derivations: tuple[Derivation, ...]) -> Any:
    whole, _ = _counted_graph(int(count), body, held, derivations)
    return one_or_all(runner_of(whole)(xs))


def _type_of_counted(
    count: ArrayType, *types: ArrayType, body: Body, held: int, derivations: tuple[Derivation, ...]
) -> Any:
    if count.shape != () or count.dtype.kind != "i":
        raise GraphError("the number of steps is one whole number", got=str(count))
    whole, _ = _counted_graph(1, body, held, derivations)
    check_inputs("counted", whole, types)
    return one_or_all(whole.out_types)


def _derived(
    kind: str, given: Flags, asked: Flags, body: Body, held: int, derivations: tuple[Derivation, ...]
) -> tuple[Flags, tuple[Derivation, ...]]:
    """What is found of what is asked for, and the derivations that give just that."""
    _, waiting = _counted_graph(1, body, held, (*derivations, (kind, given, asked)))
    flags = iter(waiting)
    found = tuple(is_asked and next(flags) for is_asked in asked)
    return found, (*derivations, (kind, given, found))


def _pull_counted(
    y_bars: Sequence[Any],
    ys: Any,
    xs: Sequence[Any],
    wanted: Sequence[bool],
    *,
    body: Body,
    held: int,
    derivations: tuple[Derivation, ...],
) -> list[Any]:
    count, *rest = xs
    given, bars = present(y_bars)
    found, longer = _derived("pull", given, differentiable(wanted[1:], rest), body, held, derivations)
    results = counted(count, *rest, *bars, body=body, held=held, derivations=longer) if any(found) else ()
    return [None, *spread(found, results)]


def _push_counted(
    x_dots: Sequence[Any],
    ys: Any,
    xs: Sequence[Any],
    *,
    body: Body,
    held: int,
    derivations: tuple[Derivation, ...],
) -> list[Any]:
    count, *rest = xs
    given, dots = present(x_dots[1:])
    asked = (True,) * len(_counted_graph(1, body, held, derivations)[0].out_types)
    found, longer = _derived("push", given, asked, body, held, derivations)
    results = counted(count, *rest, *dots, body=body, held=held, derivations=longer) if any(found) else ()
    return spread(found, results)


def _counted_for_many(
    operation: Any, xs: Sequence[Any], lifted: Flags, *, body: Body, held: int, derivations: tuple[Derivation, ...]
) -> Any:
    """All samples take the same number of steps, if that is one for all; else those of the same number go together.

    Every input is lifted, since a cotangent of what samples share would be summed over them.
    """
    if lifted[0]:
        return in_groups(operation, xs, lifted, (body, held, derivations))
    length, *rest = xs
    rest, count = each_lifted(rest, lifted[1:]), number_of_samples(xs, lifted)
    always = (True,) * len(body.out_types)
    many, _ = batched_body(body, (True,) * len(body.in_types), count, always)
    return operation(length, *rest, body=many, held=held, derivations=derivations)


def _counted_examples(rng: np.random.Generator) -> Any:
    body = example_body(lambda a, x: x + a * bell(x), "f64[]", "f64[2]")
    for count, derivations in ((3, ()), (2, (("pull", (True,), (True, True)),)), (0, ())):
        more = (rng.normal(size=2),) if derivations else ()
        arrays = (np.int64(count), rng.normal(), rng.normal(size=2), *more)
        yield Example(arrays, {"body": body, "held": 1, "derivations": derivations})


counted = holding(
    "counted",
    _counted,
    _type_of_counted,
    _pull_counted,
    _push_counted,
    parameters=("body", "held", "derivations"),
    batch=_counted_for_many,
    examples=_counted_examples,
    notation=r"\mathrm{{repeat}}_{{{body}}}({0}; {1}, \ldots)",
    summary="a graph repeated as often as the first argument says, or a derivative of that",
)
