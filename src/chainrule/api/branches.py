"""Functions that are one operation of the graph: one of two branches, and what is computed anew in reverse mode."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .. import tree
from ..errors import ArgumentError, DtypeError, ShapeError, users_frames_only
from ..graph import Variable
from ..ops import branches, of_dtype
from ..ops.bodies import all_of
from ..original import np
from ..tracing import Argument, Array, Recorded, Trace, bodies_of, record, variable_of
from .arguments import check_callable
from .bodies import LeafType, leaf_type, returned, settled, trace_around, typed_value
from .loops import _truth_variable as truth_variable
from .transformed import transformed

Function = Callable[..., Any]


def cond(p: Any, f: Function, g: Function, *args: Any) -> Any:
    """``f(*args)`` if p, else ``g(*args)``, as one operation of the graph.

    In a function that is traced, both are traced, and the one that p decides for is computed. Where p is a plain truth
    value, just that function is called.

    Parameters
    ----------
    p : bool
        One truth value.
    f, g : callable
        They return trees of arrays of the same tree, shapes and dtypes, and have no side effects. What they use from
        outside gets its gradients too.
    *args
        Trees of arrays; other leaves are passed on as they are.

    Returns
    -------
    result : tree of arrays

    Raises
    ------
    ArgumentError, ShapeError, DtypeError
        If the two results differ in tree, shape or dtype, with the leaf that does; if p is no truth value.
    ControlFlowError
        In a trace, if Python asks for a value that a branch is given.

    Derivative
    ----------
    That of the branch that is taken. Nothing of the other one is computed, so its nan and inf do not matter.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> def safe(x):
    ...     return cr.cond(x > 0, np.log, lambda x: x - 1, x)
    >>> cr.grad(safe)(4.0), cr.grad(safe)(0.0)
    (np.float64(0.25), np.float64(1.0))
    """
    return _cond(p, f, g, args)


@users_frames_only
def _cond(p: Any, f: Function, g: Function, args: tuple[Any, ...]) -> Any:
    check_callable(f)
    check_callable(g)
    if not isinstance(p, tree.LEAVES) or np.size(p) != 1:
        raise ShapeError(
            "cr.cond chooses by one truth value",
            got=f"{tree.outline(p)} of shape {np.shape(p)}" if isinstance(p, tree.LEAVES) else tree.outline(p),
            try_="np.where(p, a, b) to choose entry by entry",
        )
    if type(p) is not Array:
        return (f if p else g)(*tree.map_leaves(_own, args))
    return _traced_cond(p.owner, p, f, g, args)


def _own(x: Any) -> Any:
    """A function may write to what it is given, and the caller's arrays stay as they are."""
    return typed_value(x, leaf_type(x, "")) if isinstance(x, tree.LEAVES) else x


def _traced_cond(trace: Trace, p: Array, f: Function, g: Function, args: tuple[Any, ...]) -> Any:
    leaves, rebuild = tree.flatten(args)
    given = [k for k, x in enumerate(leaves) if isinstance(x, tree.LEAVES)]
    arguments = []
    for k in given:
        kind = leaf_type(leaves[k], "")
        arguments.append(Argument(kind.type, kind.kind, f"x{k}"))

    def branch(function: Function) -> Recorded:
        def run(arrays: list[Array]) -> tuple[list[Variable], Any]:
            replaced = list(leaves)
            for k, array in zip(given, arrays, strict=True):
                replaced[k] = array
            result = function(*rebuild(replaced))
            parts, places = tree.flatten(result)[0], tree.paths(result)
            types = [leaf_type(x, f"result{place}") for x, place in zip(parts, places, strict=True)]
            return [variable_of(x, trace) for x in parts], (result, types)

        return record(trace, "cond", arguments, run)

    then, otherwise = branch(f), branch(g)
    types = _same_types(then, otherwise)
    for each in (then, otherwise):
        each.graph.outputs = [of_dtype(y, t.type.dtype) for y, t in zip(each.graph.outputs, types, strict=True)]
    bodies, held = bodies_of(trace, then, otherwise)
    results: Sequence[Variable] = ()
    if types:
        inputs = (truth_variable(p, trace), *held, *[variable_of(leaves[k], trace) for k in given])
        results = all_of(trace.graph.append(branches.cond, inputs, bodies))
    again = tree.flatten(then.result[0])[1]
    return again([returned(trace, v, t) for v, t in zip(results, types, strict=True)])


def _same_types(then: Recorded, otherwise: Recorded) -> list[LeafType]:
    (a, types), (b, others) = then.result, otherwise.result
    if tree.structure_of(a) != tree.structure_of(b):
        raise ArgumentError(
            "the two functions of cr.cond return different trees",
            got=f"{tree.outline(a)} and {tree.outline(b)}",
            wanted="results of one tree",
        )
    common = []
    for s, t, place in zip(types, others, tree.paths(a), strict=True):
        both = settled(s, t)
        if both is None:
            shapes = s.type.shape != t.type.shape
            raise (ShapeError if shapes else DtypeError)(
                f"the two functions of cr.cond return different {'shapes' if shapes else 'dtypes'}: result{place}",
                got=f"{s.type} from the first, {t.type} from the second",
                wanted="results of the same shapes and dtypes",
            )
        common.append(both)
    return common


def checkpoint(f: Function) -> Function:
    """The same function, whose derivative in reverse mode keeps its arguments only.

    What is inside is computed once more on the way back, instead of being kept until then: memory is traded for time.
    Checkpoints may stand within each other.

    Parameters
    ----------
    f : callable
        A function of arrays (or trees of them) that returns a tree of arrays.

    Returns
    -------
    function : callable
        Takes the arguments of f and gives its results.

    Raises
    ------
    MutationError
        In a trace, if f changes an array that was made outside of it.

    Source
    ------
    Griewank, Walther, Evaluating Derivatives (2008), ch. 12.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> layer = cr.checkpoint(lambda x: np.tanh(np.sin(x)))
    >>> cr.grad(lambda x: layer(x).sum())(np.zeros(2))
    array([1., 1.])
    """

    @transformed(checkpoint, f)
    def function(*args: Any, **keywords: Any) -> Any:
        trace = trace_around(args, keywords)
        return f(*args, **keywords) if trace is None else _recomputed(trace, f, args, keywords)

    return function


def _recomputed(trace: Trace, f: Function, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    def run(_: list[Array]) -> tuple[list[Variable], Any]:
        result = f(*args, **keywords)
        traced = [x for x in tree.flatten(result)[0] if type(x) is Array]
        return [x.variable for x in traced], (result, [leaf_type(x, "result") for x in traced])

    recorded = record(trace, "checkpoint", [], run)
    (body,), held = bodies_of(trace, recorded)
    result, types = recorded.result
    if not types:
        return result
    outputs = all_of(trace.graph.append(branches.call, held, (body,)))
    waiting = iter([returned(trace, v, t) for v, t in zip(outputs, types, strict=True)])
    return tree.map_leaves(lambda x: next(waiting) if type(x) is Array else x, result)
