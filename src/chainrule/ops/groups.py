"""Many samples of which each decides for itself: those that decide alike are computed together, and no others.

A group is filled up to a power of two by repeating one of its samples, so that there are few sizes to make a graph for;
what is summed over samples counts none of the repeated ones, since the cotangents are zero there.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from ..arraytype import ArrayType
from ..errors import GraphError
from ..graph import Body, Graph, Variable, paste
from ..original import np
from ..structure import algebra_of
from .arithmetic import reciprocal
from .batch_axis import number_of_samples, repeated
from .batching import batched_body
from .bodies import Flags, all_of, inputs_like, one_or_all, pasted_outputs, runner_of
from .branches import bell, cond, differentiable, example_body, present, pulled, pushed, spread
from .comparison import less
from .contraction import einsum
from .loops import counted
from .operation import Example, holding


def _filled_up(chosen: np.ndarray, count: int) -> np.ndarray:
    """A group of samples with the last one repeated, as many as a power of two, or all that there are."""
    size = min(1 << (len(chosen) - 1).bit_length(), count)
    return np.concatenate([chosen, np.repeat(chosen[-1:], size - len(chosen))])


@functools.lru_cache(maxsize=512)
def _of_many(body: Body, lifted: Flags, summed: Flags, count: int) -> Body:
    """A body for so many samples, which sums some of its outputs over them."""
    many, _ = batched_body(body, lifted, count, (True,) * len(body.out_types))
    if not any(summed):
        return many
    graph = Graph(many.graph.name)
    inputs = inputs_like(graph, many.graph.inputs)
    outputs = pasted_outputs(many, graph, inputs)
    graph.outputs = [_sum(y) if is_summed else y for y, is_summed in zip(outputs, summed, strict=True)]
    return Body(graph)


@functools.lru_cache(maxsize=512)
def _decided(body: Body, value: bool) -> Body:
    """A body with the branches that are taken for a value of its first input in the place of the choices."""
    graph = Graph(body.graph.name)
    inputs = inputs_like(graph, body.graph.inputs)
    known = {old.number: new for old, new in zip(body.graph.inputs, inputs, strict=True)}
    for v in body.graph.variables:
        if v.operation is cond and v.inputs[0] is body.graph.inputs[0]:
            branch: Any = v.parameters[0 if value else 1]
            taken = pasted_outputs(branch, graph, [known[u.number] for u in v.inputs[1:]])
            known.update({old.number: new for old, new in zip(v.results, taken, strict=True)})
        else:
            paste([v], graph, known)
    graph.outputs = [known[y.number] for y in body.graph.outputs]
    return Body(graph)


def _sum(y: Variable, axis: int = 0) -> Variable:
    """The sum over an axis; of a sum of products one sum of products, which does not make those of each sample."""
    if axis == 0 and y.operation is einsum:
        labels, (_, *out), absorbing = y.parameters
        return einsum(*y.inputs, labels=labels, out=tuple(out), absorbing=absorbing)
    names = tuple(range(len(y.shape)))
    return algebra_of(y).contract((y,), (names,), names[:axis] + names[axis + 1 :], False)


# grouped: the first input is what each sample decides by; of the others those that are lifted have rows for samples.


def _grouped(key: Any, *xs: Any, body: Body, lifted: Flags, zeroed: Flags, summed: Flags) -> Any:
    key = np.asarray(key)
    count = len(key)
    results = [
        np.zeros(t.shape if is_summed else (count, *t.shape), t.dtype)
        for t, is_summed in zip(body.out_types, summed, strict=True)
    ]
    for value in np.unique(key):
        chosen = np.flatnonzero(key == value)
        places = _filled_up(chosen, count)
        inputs = [value]
        for x, is_lifted, is_zeroed in zip(xs, lifted, zeroed, strict=True):
            rows = x[places] if is_lifted else x
            if is_zeroed:
                rows[len(chosen) :] = 0
            inputs.append(rows)
        step = _decided(body, bool(value)) if key.dtype == bool else body
        parts = runner_of(_of_many(step, (False, *lifted), summed, len(places)))(inputs)
        for result, part, is_summed in zip(results, parts, summed, strict=True):
            if is_summed:
                result += part
            else:
                result[chosen] = part[: len(chosen)]
    return one_or_all(results)


def _type_of_grouped(key: ArrayType, *types: ArrayType, body: Body, lifted: Flags, zeroed: Flags, summed: Flags) -> Any:
    if key.ndim != 1 or key.dtype.kind not in "biu":
        raise GraphError("samples are grouped by truth values or whole numbers, one for each", got=str(key))
    wanted = (key.with_shape(()), *(_sample(t, key, is_lifted) for t, is_lifted in zip(types, lifted, strict=True)))
    if body.in_types != wanted or len(zeroed) != len(lifted) or len(summed) != len(body.out_types):
        raise GraphError("grouped does not give its body what that takes", got=", ".join(map(str, wanted)))
    return one_or_all(
        [
            t if is_summed else t.with_shape((*key.shape, *t.shape))
            for t, is_summed in zip(body.out_types, summed, strict=True)
        ]
    )


def _sample(type_: ArrayType, key: ArrayType, is_lifted: bool) -> ArrayType:
    if is_lifted and type_.shape[:1] != key.shape:
        raise GraphError("what is lifted has a row for each sample", got=f"{type_}", wanted=f"{key.shape[0]} rows")
    return type_.with_shape(type_.shape[1:]) if is_lifted else type_


def _pull_grouped(
    y_bars: Sequence[Any],
    ys: Any,
    xs: Sequence[Any],
    wanted: Sequence[bool],
    *,
    body: Body,
    lifted: Flags,
    zeroed: Flags,
    summed: Flags,
) -> list[Any]:
    """Of what samples share, the cotangents are summed over them."""
    key, *rest = xs
    given, _ = present(y_bars)
    (derived,), found = pulled((body,), given, (False, *differentiable(wanted[1:], rest)))
    if not any(found):
        return [None] * len(xs)
    bars = [
        repeated(bar, key.shape[0]) if is_summed else bar
        for bar, is_summed in zip(y_bars, summed, strict=True)
        if bar is not None
    ]
    rows = (True,) * len(bars)
    shared = tuple(not is_lifted for is_lifted, is_found in zip(lifted, found[1:], strict=True) if is_found)
    about = {"lifted": (*lifted, *rows), "zeroed": (*zeroed, *rows), "summed": shared}
    return spread(found, grouped(key, *rest, *bars, body=derived, **about))


def _push_grouped(
    x_dots: Sequence[Any], ys: Any, xs: Sequence[Any], *, body: Body, lifted: Flags, zeroed: Flags, summed: Flags
) -> list[Any]:
    key, *rest = xs
    given, dots = present([None, *x_dots[1:]])
    (derived,), found = pushed((body,), given)
    if not any(found):
        return [None] * len(summed)

    def of_dots(flags: Flags) -> Flags:
        return tuple(flag for flag, is_given in zip(flags, given[1:], strict=True) if is_given)

    sums = tuple(is_summed for is_summed, is_found in zip(summed, found, strict=True) if is_found)
    about = {"lifted": (*lifted, *of_dots(lifted)), "zeroed": (*zeroed, *of_dots(zeroed)), "summed": sums}
    return spread(found, grouped(key, *rest, *dots, body=derived, **about))


def _flat(x: Any, count: int, is_many: bool, is_lifted: bool, inner: int) -> Any:
    """One axis for samples of samples."""
    shape = x.shape[is_many + is_lifted :]
    if not is_lifted:
        x = algebra_of(x).reshape(x, (count, 1, *shape))
    x = algebra_of(x).broadcast(x, (count, inner, *shape))
    return algebra_of(x).reshape(x, (count * inner, *shape))


def _group_samples_of_samples(
    operation: Any, xs: Sequence[Any], many: Flags, *, body: Body, lifted: Flags, zeroed: Flags, summed: Flags
) -> Any:
    """All are samples of one operation."""
    count, inner = number_of_samples(xs, many), xs[0].shape[-1]
    either = (True, *(a or b for a, b in zip(many[1:], lifted, strict=True)))
    inputs = [
        _flat(x, count, is_many, is_lifted, inner) if is_row else x
        for x, is_row, is_many, is_lifted in zip(xs, either, many, (True, *lifted), strict=True)
    ]
    nothing = (False,) * len(summed)
    results = all_of(operation(*inputs, body=body, lifted=either[1:], zeroed=zeroed, summed=nothing))
    parts = [algebra_of(y).reshape(y, (count, inner, *y.shape[1:])) for y in results]
    return one_or_all([_sum(y, 1) if is_summed else y for y, is_summed in zip(parts, summed, strict=True)])


def _grouped_examples(rng: np.random.Generator) -> Any:
    body = example_body(lambda p, w, x: (x * w, bell(x) * reciprocal(1 + w * w)), "i64[]", "f64[2]", "f64[2]")
    about = {"body": body, "lifted": (False, True), "zeroed": (False, False), "summed": (False, False)}
    for key in ([0, 1, 0], [2, 2], []):
        yield Example((np.array(key, int), rng.normal(size=2), rng.normal(size=(len(key), 2))), about)


grouped = holding(
    "grouped",
    _grouped,
    _type_of_grouped,
    _pull_grouped,
    _push_grouped,
    parameters=("body", "lifted", "zeroed", "summed"),
    batch=_group_samples_of_samples,
    examples=_grouped_examples,
    notation=r"\mathrm{{{body}}}_{{{0}}}({1}, \ldots)",
    summary="a graph for many samples, those together of which the first argument is equal",
)


# while_each: the inputs and results of while_loop, with rows for samples; the state always has them.


def _while_each(*xs: Any, test: Body, body: Body, held: int, lifted: Flags) -> Any:
    state = [np.array(x) for x in xs[held:]]
    count = len(state[0])
    steps, active = np.zeros(count, np.int64), np.arange(count)
    flags, nothing = (*lifted, *(True,) * len(state)), (False,) * len(state)

    def inputs_of(active: np.ndarray) -> list[Any]:
        places = _filled_up(active, count)
        return [x[places] if is_lifted else x for x, is_lifted in zip((*xs[:held], *state), flags, strict=True)]

    while len(active):
        inputs = inputs_of(active)
        (answers,) = runner_of(_of_many(test, flags, (False,), len(inputs[-1])))(inputs)
        going = answers[: len(active)]
        active = active[going]
        if not len(active):
            break
        if not going.all():
            inputs = inputs_of(active)
        results = runner_of(_of_many(body, flags, nothing, len(inputs[-1])))(inputs)
        for array, rows in zip(state, results, strict=True):
            array[active] = rows[: len(active)]
        steps[active] += 1
    return (*state, steps)


def _type_of_while_each(*types: ArrayType, test: Body, body: Body, held: int, lifted: Flags) -> Any:
    rows = types[-1].with_shape(types[-1].shape[:1])
    flags = (*lifted, *(True,) * (len(types) - held))
    wanted = tuple(_sample(t, rows, is_lifted) for t, is_lifted in zip(types, flags, strict=True))
    if test.in_types != wanted or body.in_types != wanted or body.out_types != wanted[held:]:
        raise GraphError("while_each does not give its bodies what they take", got=", ".join(map(str, wanted)))
    return (*types[held:], ArrayType(rows.shape, np.int64))


@functools.lru_cache(maxsize=512)
def _steps_of_a_sample(body: Body, held: int) -> Body:
    """The number of steps, and then the inputs of the body."""
    graph = Graph(f"{body.graph.name}_steps")
    number = graph.input(ArrayType((), np.int64))
    inputs = inputs_like(graph, body.graph.inputs)
    graph.outputs = list(all_of(counted(number, *inputs, body=body, held=held, derivations=())))
    return Body(graph)


def _as_grouped(body: Body, held: int, lifted: Flags) -> dict[str, Any]:
    """What it comes to where the numbers of steps are known: samples of equal numbers go together."""
    flags = (*lifted, *(True,) * len(body.out_types))
    nothing = {"zeroed": (False,) * len(flags), "summed": (False,) * len(body.out_types)}
    return {"body": _steps_of_a_sample(body, held), "lifted": flags, **nothing}


def _pull_while_each(
    y_bars: Sequence[Any],
    ys: Sequence[Any],
    xs: Sequence[Any],
    wanted: Sequence[bool],
    *,
    test: Body,
    body: Body,
    held: int,
    lifted: Flags,
) -> list[Any]:
    about = _as_grouped(body, held, lifted)
    return _pull_grouped(y_bars[:-1], None, [ys[-1], *xs], [False, *wanted], **about)[1:]


def _push_while_each(
    x_dots: Sequence[Any], ys: Sequence[Any], xs: Sequence[Any], *, test: Body, body: Body, held: int, lifted: Flags
) -> list[Any]:
    return [*_push_grouped([None, *x_dots], None, [ys[-1], *xs], **_as_grouped(body, held, lifted)), None]


def _each_sample_of_samples(
    operation: Any, xs: Sequence[Any], many: Flags, *, test: Body, body: Body, held: int, lifted: Flags
) -> Any:
    count, inner = number_of_samples(xs, many), xs[-1].shape[int(many[-1])]
    flags = (*lifted, *(True,) * (len(xs) - held))
    either = tuple(a or b for a, b in zip(many, flags, strict=True))
    inputs = [
        _flat(x, count, is_many, is_lifted, inner) if is_row else x
        for x, is_row, is_many, is_lifted in zip(xs, either, many, flags, strict=True)
    ]
    results = operation(*inputs, test=test, body=body, held=held, lifted=either[:held])
    return tuple(algebra_of(y).reshape(y, (count, inner, *y.shape[1:])) for y in results)


def _while_each_examples(rng: np.random.Generator) -> Any:
    types = "f64[]", "f64[2]", "i64[]"
    test = example_body(lambda a, x, k: less(k, k.graph.constant(np.int64(3))), *types)
    body = example_body(lambda a, x, k: (x + a * bell(x), k + 1), *types)
    about = {"test": test, "body": body, "held": 1, "lifted": (False,)}
    for begin in ([0, 2, 3], [5, 5], []):
        yield Example((rng.normal(), rng.normal(size=(len(begin), 2)), np.array(begin, int)), about)


while_each = holding(
    "while_each",
    _while_each,
    _type_of_while_each,
    _pull_while_each,
    _push_while_each,
    parameters=("test", "body", "held", "lifted"),
    batch=_each_sample_of_samples,
    examples=_while_each_examples,
    notation=r"\mathrm{{while}}_{{{test}, {body}}}({0}, \ldots)",
    summary="a while_loop for many samples, each of which stops by itself",
)
