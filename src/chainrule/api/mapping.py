"""`cr.vmap`: a function of one sample as a function of many.

The function is traced once, as the body of a loop is, and its graph becomes one of all samples: operation by operation,
by the rules that stand in their declarations.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from .. import tree
from ..errors import ArgumentError, DtypeError, ShapeError
from ..graph import Graph, Variable
from ..ops.batch_axis import axis_moved, repeated
from ..ops.batching import batched_outputs
from ..original import np
from ..structure import IndexMap, LinearMap
from ..tracing import Argument, Array, memory_of, record, variable_of
from ..tracing.array import ARRAY, SCALAR
from ..tracing.memory import filled
from .arguments import argument_names, kind_of, labels_of
from .bodies import leaf_type
from .plans import planned
from .scope import Scope, each_owned, plain, read_only, transform
from .transformed import transformed


def vmap(f: Callable[..., Any] | None = None, in_axes: Any = 0, out_axes: Any = 0) -> Callable[..., Any]:
    """Map a function over an axis of its arguments and stack the results.

    The function is called once, with traced arrays of the shapes of one sample; what it does is then done with all
    samples at once.

    Parameters
    ----------
    f : callable
        A function of one sample. Left out, `vmap` is a decorator with options.
    in_axes : int, None, or a tuple or list with an entry for each positional argument
        The axis to map over; None for what all samples share. An entry is an int, None, or a tree of them that is the
        argument's, or the upper part of it: what stands at a branch holds for all its leaves.
    out_axes : int, None, or a tree of them
        Where the mapped axis goes in the results, for their tree or the upper part of it; None for a result that does
        not depend on the sample and is given once.

    Returns
    -------
    mapped : callable
        Takes the arguments of f with the mapped axis, and gives its results with one. Keyword arguments are shared by
        all samples.

    Raises
    ------
    ShapeError
        If an argument does not have the axis to map over, or the mapped axes differ in length.
    ArgumentError
        If in_axes or out_axes do not fit the arguments or results, or out_axes is None for a result that depends on the
        sample.
    DtypeError
        If f returns what is no array.
    ControlFlowError
        If Python asks for a value that differs from sample to sample (`if x > 0`).

    Derivative
    ----------
    That of the loop over samples; block diagonal, a block for each sample.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> cr.vmap(np.dot)(np.eye(2), np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([1., 4.])
    >>> each = cr.vmap(cr.grad(lambda w, x: np.sum(w * x**2)), in_axes=(None, 0))
    >>> each(np.ones(2), np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([[ 1.,  4.],
           [ 9., 16.]])
    """
    if f is None:
        return functools.partial(vmap, in_axes=in_axes, out_axes=out_axes)

    @transformed(vmap, f, in_axes, out_axes)
    def mapped(*args: Any, **keywords: Any) -> Any:
        leaves = _leaves(args, in_axes, argument_names(f, len(args)))
        count = _number_of_samples(leaves)
        with transform(*args, *keywords.values()) as scope:
            inputs = [_samples(scope, leaf) for leaf in leaves if leaf.axis is not None]
            recorded = _recorded(scope, f, args, keywords, leaves, inputs)
            held, given = recorded.held, [v for _, v in inputs]
            outputs, flags = batched_outputs(
                recorded.graph, scope.trace.graph, [*held, *given], [*[False] * len(held), *[True] * len(given)]
            )
            rebuild, results = recorded.result
            axes = _out_axes(out_axes, rebuild(results), len(results))
            places = tree.paths(rebuild(results))
            moved = [_placed(*each, count) for each in zip(outputs, flags, axes, places, strict=True)]
            return rebuild(_leaving(scope, [v for v, _ in inputs], moved, results, axes))

    return mapped


# Arguments


class Leaf(NamedTuple):
    value: Any
    axis: int | None  # to map over
    name: str


def _leaves(args: Sequence[Any], in_axes: Any, names: Sequence[str]) -> list[Leaf]:
    if in_axes is None or _is_axis(in_axes):
        entries: Sequence[Any] = (in_axes,) * len(args)
    elif isinstance(in_axes, (tuple, list)):
        entries = in_axes
    else:
        raise _no_axes(in_axes)
    if len(entries) != len(args):
        raise ArgumentError(f"in_axes has {len(entries)} entries for {len(args)} positional arguments")
    leaves = []
    for arg, entry, name in zip(args, entries, names, strict=True):
        axes = tree.prefix(entry, arg)
        if axes is None or not all(axis is None or _is_axis(axis) for axis in axes):
            raise _no_axes(in_axes, f"{name}: {tree.outline(arg)}")
        leaves += map(Leaf, tree.flatten(arg)[0], axes, labels_of(arg, name))
    return leaves


def _is_axis(axis: Any) -> bool:
    return isinstance(axis, (int, np.integer)) and not isinstance(axis, bool)


def _no_axes(in_axes: Any, argument: str | None = None) -> ArgumentError:
    return ArgumentError(
        f"in_axes={in_axes!r} names no axes",
        got=argument,
        wanted="an int or None, or a tuple with an entry for each positional argument: an int, None, or a tree of them "
        "like the argument",
    )


def _number_of_samples(leaves: Sequence[Leaf]) -> int:
    lengths: dict[int, str] = {}
    for leaf in leaves:
        if leaf.axis is None:
            continue
        if not isinstance(leaf.value, tree.LEAVES):
            raise DtypeError(
                f"vmap maps over arrays, and {leaf.name} is a value of type {kind_of(leaf.value)}",
                try_="in_axes=None for what all samples share",
            )
        shape = tuple(np.shape(leaf.value))
        if not -len(shape) <= leaf.axis < len(shape):
            raise ShapeError(
                f"{leaf.name} of shape {shape} has no axis {leaf.axis} to map over",
                try_="in_axes=None for what all samples share" if not shape else None,
            )
        lengths.setdefault(shape[leaf.axis], leaf.name)
    if not lengths:
        raise ArgumentError("vmap has nothing to map over: there is no argument with a mapped axis")
    if len(lengths) > 1:
        found = ", ".join(f"{length} in {name}" for length, name in lengths.items())
        raise ShapeError(f"the mapped axes differ in length: {found}")
    return next(iter(lengths))


def _samples(scope: Scope, leaf: Leaf) -> tuple[Variable, Variable]:
    """An argument in the trace, and the same with its mapped axis in front."""
    x = scope.argument(leaf.value, leaf.name).variable if scope.outermost else variable_of(leaf.value, scope.trace)
    axis = leaf.axis % len(x.shape)  # type: ignore[operator]
    return x, axis_moved(x, axis, 0) if axis else x


def _recorded(
    scope: Scope,
    f: Callable[..., Any],
    args: tuple[Any, ...],
    keywords: dict[str, Any],
    leaves: Sequence[Leaf],
    inputs: Sequence[tuple[Variable, Variable]],
) -> Any:
    """f of one sample; its result is what makes a tree of the leaves that f has returned, and these."""
    names = [leaf.name for leaf in leaves if leaf.axis is not None]
    arguments = []
    for (_, v), name in zip(inputs, names, strict=True):
        type_ = v.type.with_shape(v.shape[1:])
        arguments.append(Argument(type_, ARRAY if type_.shape else SCALAR, name))
    again = tree.flatten(args)[1]

    def body(arrays: list[Array]) -> tuple[list[Variable], Any]:
        waiting = iter(arrays)
        values = [_shared(leaf.value) if leaf.axis is None else next(waiting) for leaf in leaves]
        results, rebuild = tree.flatten(f(*again(values), **tree.map_leaves(_shared, keywords)))
        results = [_dense(x) if isinstance(x, LinearMap) else x for x in results]
        for x, place in zip(results, tree.paths(rebuild(results)), strict=True):
            leaf_type(x, f"result{place}")
        return [variable_of(x, scope.trace) for x in results], (rebuild, results)

    return record(scope.trace, "vmap", arguments, body, hoist=True)


def _shared(x: Any) -> Any:
    """What all samples see, and none may write to; a traced index may look something up in it."""
    return filled(read_only(plain(x))) if isinstance(x, np.ndarray) and type(x) is not Array else x


def _dense(J: LinearMap) -> Any:
    """A Jacobian as an array, which many of them can be stacked to."""
    if isinstance(J, IndexMap):
        return J.todense()
    n = math.prod(J.out_shape)
    rows = vmap(J.T.apply)(np.eye(n, dtype=J.dtype).reshape(n, *J.out_shape))
    return np.reshape(rows, J.shape)


# Results


def _out_axes(out_axes: Any, result: Any, count: int) -> list[int | None]:
    axes = tree.prefix(out_axes, result)
    if axes is None or not all(axis is None or _is_axis(axis) for axis in axes):
        raise ArgumentError(
            f"out_axes={out_axes!r} does not name an axis for each of the {count} results",
            got=tree.outline(result),
            wanted="an int, or a tree of them like that of the results",
        )
    return axes


def _placed(y: Variable, is_lifted: bool, axis: int | None, place: str, count: int) -> Variable:
    """A result with the mapped axis where it is wanted."""
    if axis is None:
        if is_lifted:
            raise ArgumentError(
                f"out_axes=None does not name an axis for result{place}, which depends on the sample",
                got=f"{y.type}",
                wanted="an int; None only for what is the same for all samples",
            )
        return y
    y = y if is_lifted else repeated(y, count)
    rank = len(y.shape)
    if not -rank <= axis < rank:
        raise ShapeError(f"out_axes={axis} is no axis of a result of {rank} axes, the mapped one among them")
    return axis_moved(y, 0, axis % rank) if axis % rank else y


def _leaving(
    scope: Scope, inputs: Sequence[Variable], outputs: Sequence[Variable], likes: Sequence[Any], axes: Sequence[Any]
) -> list[Any]:
    """The results for the caller: values, where nothing around is still traced."""
    if not scope.outermost:
        return [scope.result(y) for y in outputs]
    values = planned(scope.trace, "vmap", inputs, outputs, _as_it_is, loud=0)
    likes = [memory_of(x) if axis is None else None for x, axis in zip(likes, axes, strict=True)]
    return each_owned(values, likes)


def _as_it_is(graph: Graph) -> None:
    """Nothing is added to the graph."""
