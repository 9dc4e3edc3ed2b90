"""Products with the Jacobian and its transpose, without the Jacobian."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import tree
from ..backprop import back_propagation_nodes, forward_tangent_nodes
from ..errors import ArgumentError, UnsupportedError, users_frames_only
from ..graph import Variable, extract
from ..interpret import evaluate
from ..ops.algebra import zeros
from ..simplify import simplify
from ..tracing import Array, variable_of
from .arguments import (
    argument_names,
    cast_to,
    concrete,
    like_function,
    matching_leaves,
    of_type,
    outputs_of,
    sequence_of,
    split_aux,
    with_arguments,
)
from .gradient import grad
from .scope import Scope, owned, positions, transform

Function = Callable[..., Any]


def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """Forward mode: the value of f and its derivative in a direction, J x_dot.

    Parameters
    ----------
    primals : sequence
        The positional arguments of f.
    tangents : sequence
        A direction for each of them, of the same tree and shapes.

    Returns
    -------
    y, y_dot : trees of arrays
        In the tree of f's result.

    Raises
    ------
    ShapeError
        If tangents do not match primals.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> cr.jvp(np.sin, (0.0,), (2.0,))
    (np.float64(0.0), np.float64(2.0))
    """
    return _jvp(f, primals, tangents)


@users_frames_only
def _jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    primals, tangents = sequence_of(primals, "primals"), sequence_of(tangents, "tangents")
    if len(primals) != len(tangents):
        raise ArgumentError(f"jvp takes a tangent for each primal: {len(tangents)} tangents, {len(primals)} primals")
    with transform(*primals, *tangents) as scope:
        numbers = tuple(range(len(primals)))
        replaced, inputs, _ = with_arguments(scope, primals, numbers, argument_names(f, len(primals)))
        leaves = [x for each in inputs for x in each]
        dots = [d for number in numbers for d in matching_leaves(tangents[number], primals[number], "tangent")]
        x_dots = [cast_to(variable_of(d, scope.trace), x) for d, x in zip(dots, leaves, strict=True)]
        outputs, rebuild = outputs_of(f(*replaced), scope)
        found = forward_tangent_nodes(outputs, leaves, x_dots)
        y_dots = [zeros(scope.trace.graph, y.type) if d is None else d for y, d in zip(outputs, found, strict=True)]
        return rebuild([scope.result(y) for y in outputs]), rebuild([scope.result(d) for d in y_dots])


def vjp(f: Function, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """Reverse mode: the value of f and its pullback, which takes y_bar to J.T y_bar.

    Returns
    -------
    y : tree of arrays
    pullback : callable
        ``pullback(y_bar)`` gives a tuple with the cotangent of each primal; it may be called any number of times.
    aux
        With has_aux, the second thing that f returned.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> y, pullback = cr.vjp(np.outer, np.array([1.0, 2.0]), np.array([3.0]))
    >>> pullback(np.ones((2, 1)))
    (array([3., 3.]), array([3.]))
    """
    return _vjp(f, primals, has_aux)


@users_frames_only
def _vjp(f: Function, primals: tuple[Any, ...], has_aux: bool) -> tuple[Any, ...]:
    numbers = tuple(range(len(primals)))
    with transform(*primals) as scope:
        replaced, inputs, rebuilds = with_arguments(scope, primals, numbers, argument_names(f, len(primals)))
        leaves = [x for each in inputs for x in each]
        result, aux = split_aux(f(*replaced), has_aux)
        outputs, rebuild = outputs_of(result, scope)
        aux = concrete(scope, aux)
        if scope.outermost:
            pullback = _recorded_pullback(scope, leaves, outputs, rebuilds, [len(each) for each in inputs], result)
        else:
            pullback = _traced_pullback(scope, leaves, outputs, rebuilds, [len(each) for each in inputs], result)
        y = rebuild([scope.result(v) for v in outputs])
    return (y, pullback, aux) if has_aux else (y, pullback)


def _regrouped(flat: list[Any], counts: list[int], rebuilds: list[Any]) -> tuple[Any, ...]:
    result, k = [], 0
    for count, rebuild in zip(counts, rebuilds, strict=True):
        result.append(rebuild(flat[k : k + count]))
        k += count
    return tuple(result)


def _recorded_pullback(
    scope: Scope, leaves: list[Variable], outputs: list[Variable], rebuilds: list[Any], counts: list[int], like: Any
) -> Function:
    """The pullback of an outermost vjp: a graph of its own, which lives longer than the trace."""
    like = tree.map_leaves(lambda x: 0.0, like)
    differentiable = [k for k, y in enumerate(outputs) if y.type.carries_derivative]
    values = dict(scope.trace.values)
    evaluate([outputs[k] for k in differentiable], values)
    graph = extract(scope.trace.graph, leaves, outputs, "vjp")
    inputs = [values[x.number] for x in leaves]
    bars = [graph.input(graph.outputs[k].type, f"y_bar{k}") for k in differentiable]
    found = back_propagation_nodes([graph.outputs[k] for k in differentiable], bars, graph.inputs[: len(leaves)])
    sources = graph.inputs[: len(leaves)]
    graph.outputs = [zeros(graph, x.type) if g is None else g for x, g in zip(sources, found, strict=True)]
    backward = simplify(graph)

    def pullback(y_bar: Any) -> tuple[Any, ...]:
        given = matching_leaves(y_bar, like, "cotangent", compare_shapes=False)
        chosen = [of_type(given[k], outputs_types[k]) for k in differentiable]
        with transform(*chosen) as inner:
            if inner.outermost or not any(type(g) is Array for g in chosen):
                with np.errstate(all="ignore"):
                    known = {v.number: x for v, x in zip(backward.inputs, [*inputs, *chosen], strict=True)}
                    flat = [owned(g) for g in evaluate(backward.outputs, known)]
            else:
                raise UnsupportedError(
                    "this pullback was made outside of the trace that it is called in",
                    try_="call cr.vjp inside the function that is differentiated",
                )
        return _regrouped(flat, counts, rebuilds)

    outputs_types = [y.type for y in outputs]
    return pullback


def _traced_pullback(
    scope: Scope, leaves: list[Variable], outputs: list[Variable], rebuilds: list[Any], counts: list[int], like: Any
) -> Function:
    """The pullback of a vjp within a trace: it adds nodes."""
    like = tree.map_leaves(lambda x: 0.0, like)

    def pullback(y_bar: Any) -> tuple[Any, ...]:
        given = matching_leaves(y_bar, like, "cotangent", compare_shapes=False)
        trace = scope.trace
        bars = [cast_to(variable_of(g, trace), y) for g, y in zip(given, outputs, strict=True)]
        pairs = [(y, bar) for y, bar in zip(outputs, bars, strict=True) if y.type.carries_derivative]
        found = back_propagation_nodes([y for y, _ in pairs], [bar for _, bar in pairs], leaves)
        flat = [
            scope.result(zeros(trace.graph, x.type) if g is None else g) for x, g in zip(leaves, found, strict=True)
        ]
        return _regrouped(flat, counts, rebuilds)

    return pullback


def linearize(f: Function, *primals: Any) -> tuple[Any, Function]:
    """The value of f and its derivative at this point, as a linear function of the tangents.

    Returns
    -------
    y : tree of arrays
    tangent_map : callable
        ``tangent_map(*x_dots)`` gives y_dot = J x_dot without tracing f again.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> y, tangent_map = cr.linearize(np.sin, np.array([0.0]))
    >>> tangent_map(np.array([3.0]))
    array([3.])
    """
    return _linearize(f, primals)


@users_frames_only
def _linearize(f: Function, primals: tuple[Any, ...]) -> tuple[Any, Function]:
    with transform(*primals) as scope:
        replaced, inputs, _ = with_arguments(
            scope, primals, tuple(range(len(primals))), argument_names(f, len(primals))
        )
        leaves = [x for each in inputs for x in each]
        outputs, rebuild = outputs_of(f(*replaced), scope)
        if not scope.outermost:
            y = rebuild([scope.result(v) for v in outputs])
            return y, lambda *x_dots: _jvp(f, primals, x_dots)[1]
        values = dict(scope.trace.values)
        graph = extract(scope.trace.graph, leaves, outputs, "linearize")
        y = rebuild([owned(v) for v in evaluate(outputs, values)])
        fixed = [values[x.number] for x in leaves]
    sources = list(graph.inputs)
    dots = [graph.input(x.type, f"{x.label}_dot") for x in sources]
    found = forward_tangent_nodes(graph.outputs, sources, dots)
    graph.outputs = [zeros(graph, v.type) if d is None else d for v, d in zip(graph.outputs, found, strict=True)]
    tangents = simplify(graph)

    @users_frames_only
    def tangent_map(*x_dots: Any) -> Any:
        given = [d for x, dot in zip(primals, x_dots, strict=True) for d in matching_leaves(dot, x, "tangent")]
        chosen = [of_type(d, x.type) for d, x in zip(given, sources, strict=True)]
        with np.errstate(all="ignore"):
            known = {v.number: x for v, x in zip(tangents.inputs, [*fixed, *chosen], strict=True)}
            return rebuild([owned(d) for d in evaluate(tangents.outputs, known)])

    return y, tangent_map


def hvp(f: Function, argnums: int = 0) -> Function:
    """The product of the Hessian with a vector, without the Hessian: forward over reverse.

    Returns
    -------
    product : callable
        ``product(*args, v)``, where v has the tree and shapes of the argument; returns H v.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> cr.hvp(lambda x: np.sum(x ** 3))(np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    array([ 6., 12.])
    """

    @users_frames_only
    @like_function(f, "Hessian-vector product of")
    def product(*args: Any, **keywords: Any) -> Any:
        *args, v = args  # type: ignore[assignment]
        (number,), _ = positions((argnums,), len(args))
        gradient = grad(f, argnums=number)

        def along(x: Any) -> Any:
            return gradient(*args[:number], x, *args[number + 1 :], **keywords)

        return _jvp(along, (args[number],), (v,))[1]

    return product
