"""Products with the Jacobian and its transpose, without the Jacobian."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import Any, final

from .. import tree
from ..arraytype import ArrayType
from ..backprop import back_propagation_nodes, forward_tangent_nodes
from ..errors import ArgumentError, TraceError, users_frames_only
from ..graph import Graph, Variable
from ..ops.algebra import zeros
from ..simplify import simplify
from ..tracing import variable_of
from .application import applied
from .arguments import (
    argument_names,
    check_callable,
    concrete,
    directions,
    outputs_of,
    sequence_of,
    split_aux,
    with_arguments,
)
from .gradient import grad
from .scope import Scope, lasting_graph, positions, transform
from .stability import stabilized
from .transformed import transformed

Function = Callable[..., Any]


def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """Forward mode: the value of f and its derivative in a direction, J x_dot.

    Parameters
    ----------
    f : callable
        A function of NumPy arrays (or trees of them) with a tree of arrays as its result.
    primals : tuple or list
        The positional arguments of f.
    tangents : tuple or list
        A direction for each of them, of the same tree and shapes.

    Returns
    -------
    y, y_dot : trees of arrays
        In the tree of f's result.

    Raises
    ------
    ArgumentError, ShapeError, DtypeError
        If tangents do not match primals in number and tree, in shape, in kind of dtype.

    Source
    ------
    Griewank, Walther, Evaluating Derivatives (2008), sec. 3.1.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> cr.jvp(np.sin, (0.0,), (2.0,))
    (np.float64(0.0), np.float64(2.0))
    """
    return _jvp(f, primals, tangents)


@users_frames_only
def _jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    check_callable(f)
    example = "cr.jvp(f, (x,), (x_dot,))"
    primals, tangents = sequence_of(primals, "primals", example), sequence_of(tangents, "tangents", example)
    with transform(*primals, *tangents) as scope:
        replaced, leaves = _all_traced(scope, f, primals)
        x_dots = _tangents(tangents, primals, [x.type for x in leaves], argument_names(f, len(primals)))
        outputs, rebuild = outputs_of(f(*replaced), scope)
        outputs = stabilized(outputs, leaves)
        y_dots = _pushed(outputs, leaves, [variable_of(x_dot, scope.trace) for x_dot in x_dots])
        return rebuild([scope.result(y) for y in outputs]), rebuild([scope.result(y_dot) for y_dot in y_dots])


def _all_traced(scope: Scope, f: Function, primals: Sequence[Any]) -> tuple[list[Any], list[Variable]]:
    """The arguments traced, and the variables of all their leaves."""
    names = argument_names(f, len(primals))
    replaced, inputs, _ = with_arguments(scope, primals, range(len(primals)), names)
    return replaced, [x for each in inputs for x in each]


def _tangents(
    x_dots: Sequence[Any], primals: Sequence[Any], types: Sequence[ArrayType], names: Sequence[str]
) -> list[Any]:
    """The leaves of the tangents of all arguments; `types` are those of the arguments' leaves."""
    if len(x_dots) != len(primals):
        raise ArgumentError(
            "there is a tangent for each argument of f", got=f"{len(x_dots)} tangents, {len(primals)} arguments"
        )
    waiting, found = iter(types), []
    for x_dot, x, name in zip(x_dots, primals, names, strict=True):
        count = len(tree.flatten(x)[0])
        found += directions(x_dot, x, list(itertools.islice(waiting, count)), f"tangent of {name}")
    return found


def _pushed(outputs: Sequence[Variable], leaves: Sequence[Variable], x_dots: Sequence[Variable]) -> list[Variable]:
    found = forward_tangent_nodes(outputs, leaves, x_dots)
    return [zeros(y.graph, y.type) if y_dot is None else y_dot for y, y_dot in zip(outputs, found, strict=True)]


def _pulled(outputs: Sequence[Variable], y_bars: Sequence[Variable], leaves: Sequence[Variable]) -> list[Variable]:
    found = back_propagation_nodes(outputs, y_bars, leaves)
    return [zeros(x.graph, x.type) if x_bar is None else x_bar for x, x_bar in zip(leaves, found, strict=True)]


def vjp(f: Function, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """Reverse mode: the value of f and its pullback, which takes y_bar to J.T y_bar.

    Parameters
    ----------
    f : callable
        A function of NumPy arrays (or trees of them) with a tree of arrays as its result.
    *primals
        The arguments of f.
    has_aux : bool
        Whether f returns (y, aux), of which only y is differentiated.

    Returns
    -------
    y : tree of arrays
    pullback : callable
        ``pullback(y_bar)`` gives a tuple with the cotangent of each primal; it may be called any number of times.
    aux
        With has_aux, the second thing that f returned.

    Raises
    ------
    ArgumentError, ShapeError, DtypeError
        By the pullback, if y_bar does not match y in tree, in shape, in kind of dtype.

    Source
    ------
    Griewank, Walther, Evaluating Derivatives (2008), sec. 3.2.

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
    check_callable(f)
    with transform(*primals) as scope:
        replaced, leaves = _all_traced(scope, f, primals)
        result, aux = split_aux(f(*replaced), has_aux)
        outputs, rebuild = outputs_of(result, scope)
        outputs = stabilized(outputs, leaves)
        pull = (_recorded_pull if scope.outermost else _TracedPull)(scope, leaves, outputs)
        y, aux = rebuild([scope.result(v) for v in outputs]), concrete(scope, aux)
    pullback = Pullback(pull, [v.type for v in outputs], _outline(result), _outline(primals))
    return (y, pullback, aux) if has_aux else (y, pullback)


def _outline(x: Any) -> Any:
    """A tree of the same shape that holds no arrays."""
    return tree.map_leaves(lambda leaf: 0.0, x)


@final
class Pullback:
    """y_bar -> J.T y_bar at the point where a vjp was taken."""

    def __init__(self, pull: Function, types: Sequence[ArrayType], y: Any, primals: tuple[Any, ...]):
        """y and primals are trees like the result and the arguments."""
        self._pull, self._types, self._y, self._primals = pull, types, y, primals

    @users_frames_only
    def __call__(self, /, y_bar: Any) -> tuple[Any, ...]:
        y_bars = directions(y_bar, self._y, self._types, "cotangent")
        found = self._pull([bar for bar, type_ in zip(y_bars, self._types, strict=True) if type_.carries_derivative])
        return tree.flatten(self._primals)[1](found)


def _recorded_pull(scope: Scope, leaves: list[Variable], outputs: list[Variable]) -> Function:
    """The pullback of an outermost vjp: a graph of its own, which lives longer than the trace."""
    graph = lasting_graph(scope, leaves, [y for y in outputs if y.type.carries_derivative], "vjp")
    known = scope.lasting_values()
    points = [known[x.number] for x in leaves]
    sources = list(graph.inputs)
    y_bars = [graph.input(y.type, f"y_bar{k}") for k, y in enumerate(graph.outputs)]
    graph.outputs = _pulled(graph.outputs, y_bars, sources)
    return functools.partial(_applied_at, simplify(graph), points)


def _applied_at(graph: Graph, points: Sequence[Any], directions: Sequence[Any]) -> list[Any]:
    return applied(graph, [*points, *directions])


class _Traced:
    """What a vjp or linearize within a trace leaves: its products add nodes to that trace."""

    def __init__(self, scope: Scope, leaves: list[Variable], outputs: list[Variable]):
        self.scope, self.leaves, self.outputs = scope, leaves, outputs

    def __reduce__(self) -> Any:
        raise TraceError(
            "this function was made within a trace and belongs to it: it cannot be pickled or copied",
            wanted="one that was made by cr.vjp or cr.linearize outside of any transform",
            try_="pickle the values that it gives",
        )


@final
class _TracedPull(_Traced):
    def __call__(self, y_bars: list[Any]) -> list[Any]:
        y_bars = [variable_of(y_bar, self.scope.trace) for y_bar in y_bars]
        found = _pulled([y for y in self.outputs if y.type.carries_derivative], y_bars, self.leaves)
        return [self.scope.later_result(x_bar) for x_bar in found]


def linearize(f: Function, *primals: Any) -> tuple[Any, Function]:
    """The value of f and its derivative at this point, as a linear function of the tangents.

    Parameters
    ----------
    f : callable
        A function of NumPy arrays (or trees of them) with a tree of arrays as its result.
    *primals
        The arguments of f: the point.

    Returns
    -------
    y : tree of arrays
    tangent_map : callable
        ``tangent_map(*x_dots)`` gives y_dot = J x_dot without tracing f again.

    Raises
    ------
    ArgumentError, ShapeError, DtypeError
        By the tangent map, if the tangents do not match the arguments.

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
    check_callable(f)
    with transform(*primals) as scope:
        replaced, leaves = _all_traced(scope, f, primals)
        outputs, rebuild = outputs_of(f(*replaced), scope)
        outputs = stabilized(outputs, leaves)
        push = (_recorded_push if scope.outermost else _TracedPush)(scope, leaves, outputs)
        y = rebuild([scope.result(v) for v in outputs])
    names = argument_names(f, len(primals))
    return y, TangentMap(push, [x.type for x in leaves], _outline(y), _outline(primals), names)


@final
class TangentMap:
    """x_dots -> J x_dots at the point where a function was linearized."""

    def __init__(
        self, push: Function, types: Sequence[ArrayType], y: Any, primals: tuple[Any, ...], names: Sequence[str]
    ):
        """y and primals are trees like the result and the arguments, names those of the arguments."""
        self._push, self._types, self._y, self._primals, self._names = push, types, y, primals, names

    @users_frames_only
    def __call__(self, /, *x_dots: Any) -> Any:
        return tree.flatten(self._y)[1](self._push(_tangents(x_dots, self._primals, self._types, self._names)))


def _recorded_push(scope: Scope, leaves: list[Variable], outputs: list[Variable]) -> Function:
    graph = lasting_graph(scope, leaves, outputs, "linearize")
    known = scope.lasting_values()
    points = [known[x.number] for x in leaves]
    sources = list(graph.inputs)
    x_dots = [graph.input(x.type, f"{x.label}_dot") for x in sources]
    graph.outputs = _pushed(graph.outputs, sources, x_dots)
    return functools.partial(_applied_at, simplify(graph), points)


@final
class _TracedPush(_Traced):
    def __call__(self, x_dots: list[Any]) -> list[Any]:
        x_dots = [variable_of(x_dot, self.scope.trace) for x_dot in x_dots]
        found = _pushed(self.outputs, self.leaves, x_dots)
        return [self.scope.later_result(y_dot) for y_dot in found]


def hvp(f: Function | None = None, argnums: int | Sequence[int] = 0) -> Function:
    """The product of the Hessian with a vector, without the Hessian: forward over reverse.

    Parameters
    ----------
    f : callable
        A function of NumPy arrays (or trees of them) that returns a scalar. Left out, `hvp` is a decorator with
        options.
    argnums : int or sequence of int
        Which positional arguments to differentiate by; for a sequence, v and the product are tuples.

    Returns
    -------
    product : callable
        ``product(*args, v)``, where v has the tree and shapes of the argument; returns H v.

    Raises
    ------
    ArgumentError
        If v is missing or of another tree, or argnums is out of range.
    ShapeError
        If v is of another shape than its argument, or f does not return a scalar.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> cr.hvp(lambda x: np.sum(x ** 3))(np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    array([ 6., 12.])
    """
    if f is None:
        return functools.partial(hvp, argnums=argnums)

    @transformed(hvp, f, argnums)
    def product(*args: Any, **keywords: Any) -> Any:
        if len(args) < 2:
            raise ArgumentError(
                "a Hessian-vector product takes the arguments of f and, after them, the vector",
                got=f"{len(args)} positional argument{'s' * (len(args) != 1)}",
                try_="cr.hvp(f)(x, v)",
            )
        *fixed, v = args
        numbers, single = positions(argnums, len(fixed))
        gradient = grad(f, argnums=numbers)

        def along(*chosen: Any) -> Any:
            replaced = list(fixed)
            for number, x in zip(numbers, chosen, strict=True):
                replaced[number] = x
            return gradient(*replaced, **keywords)

        moved = _jvp(along, [fixed[number] for number in numbers], [v] if single else v)[1]
        return moved[0] if single else moved

    return product
