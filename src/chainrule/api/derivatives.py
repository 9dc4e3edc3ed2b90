"""Derivatives of NumPy functions: gradients, products with Jacobians, Jacobians and Hessians."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import tree
from ..backprop import back_propagation_nodes, forward_tangent_nodes, whole_jacobian
from ..errors import ArgumentError, DerivativeError, DtypeError, ShapeError, UnsupportedError, users_frames_only
from ..graph import Variable, extract
from ..interpret import evaluate
from ..ops import marks, of_dtype
from ..ops.algebra import zeros
from ..simplify import simplify
from ..structure import IndexMap, LinearMap, MatrixFree
from ..tracing import Array, variable_of, wrap
from .plans import gradient_plan
from .scope import Scope, checked_leaves, owned, positions, transform

Function = Callable[..., Any]


def grad(f: Function | None = None, argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False) -> Function:
    """The gradient of a scalar function, as a function.

    Parameters
    ----------
    f : callable
        A function of NumPy arrays (or trees of them) that returns a scalar. Left out, `grad` is a decorator with
        options.
    argnums : int or sequence of int
        Which positional arguments to differentiate by.
    has_aux : bool
        Whether f returns (y, aux), of which only y is differentiated.
    holomorphic : bool
        Not supported yet.

    Returns
    -------
    gradient : callable
        Takes the arguments of f. Returns the gradient by the argument, in its shape, dtype and tree; a tuple of
        gradients for a sequence of argnums; with has_aux (gradient, aux).

    Raises
    ------
    DtypeError
        If an argument to differentiate by holds integers or booleans.
    ShapeError
        If f does not return a scalar.
    ArgumentError
        If argnums is out of range.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> cr.grad(lambda x: np.sum(x ** 3))(np.array([1.0, 2.0]))
    array([ 3., 12.])
    """
    if f is None:
        return functools.partial(grad, argnums=argnums, has_aux=has_aux, holomorphic=holomorphic)
    both = value_and_grad(f, argnums, has_aux, holomorphic)

    @users_frames_only
    @like_function(f, "gradient of")
    def gradient(*args: Any, **keywords: Any) -> Any:
        value, g = both(*args, **keywords)
        return (g, value[1]) if has_aux else g

    return gradient


def value_and_grad(
    f: Function | None = None, argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False
) -> Function:
    """The value and the gradient of a scalar function; parameters and errors as for `grad`.

    Returns
    -------
    function : callable
        Takes the arguments of f and returns (value, gradient); with has_aux ((value, aux), gradient).

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> cr.value_and_grad(lambda x: x @ x)(np.array([3.0, 4.0]))
    (np.float64(25.0), array([6., 8.]))
    """
    if f is None:
        return functools.partial(value_and_grad, argnums=argnums, has_aux=has_aux, holomorphic=holomorphic)
    _refuse_holomorphic(holomorphic)

    @users_frames_only
    @like_function(f, "value and gradient of")
    def function(*args: Any, **keywords: Any) -> Any:
        numbers, single = positions(argnums, len(args))
        names = argument_names(f, len(args))
        with transform(*args, *keywords.values()) as scope:
            replaced, inputs, rebuilds = _with_arguments(scope, args, numbers, names)
            y, aux = _split(f(*replaced, **keywords), has_aux)
            output = _scalar_output(y, scope, f)
            leaves = [leaf for each in inputs for leaf in each]
            value, *gradients = _gradients(scope, leaves, output)
            aux = concrete(scope, aux)
        results, k = [], 0
        for number, each, rebuild in zip(numbers, inputs, rebuilds, strict=True):
            originals = tree.flatten(args[number])[0]
            parts = [
                g if type(g) is Array else owned(g, x) for g, x in zip(gradients[k : k + len(each)], originals, strict=True)
            ]
            results.append(rebuild(parts))
            k += len(each)
        value = value if type(value) is Array else owned(value)
        return ((value, aux) if has_aux else value), (results[0] if single else tuple(results))

    return function


def _gradients(scope: Scope, inputs: list[Variable], y: Variable) -> list[Any]:
    trace = scope.trace
    if scope.outermost:
        return gradient_plan(trace, inputs, y)
    seed = trace.graph.constant(np.ones((), y.dtype))
    found = back_propagation_nodes([y], [seed], inputs)
    gradients = [zeros(trace.graph, x.type) if g is None else g for x, g in zip(inputs, found, strict=True)]
    return [scope.result(v) for v in (y, *gradients)]


def elementwise_grad(f: Function | None = None, argnums: int = 0) -> Function:
    """The derivative of a function that works entry by entry, in the shape of its argument.

    Raises
    ------
    DerivativeError
        If the Jacobian is not diagonal.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> cr.elementwise_grad(np.square)(np.array([1.0, 2.0]))
    array([2., 4.])
    """
    if f is None:
        return functools.partial(elementwise_grad, argnums=argnums)

    @users_frames_only
    @like_function(f, "element-wise derivative of")
    def derivative(*args: Any, **keywords: Any) -> Any:
        (number,), _ = positions((argnums,), len(args))
        with transform(*args, *keywords.values()) as scope:
            replaced, inputs, rebuilds = _with_arguments(scope, args, (number,), argument_names(f, len(args)))
            y = variable_of(f(*replaced, **keywords), scope.trace)
            (x,) = inputs[0]
            J = _jacobian_map(scope, y, x, "auto")
            if y.shape != x.shape or J.structure not in ("diagonal", "identity", "scaled identity", "zero"):
                raise DerivativeError(
                    "elementwise_grad needs a function that works entry by entry: its Jacobian is not diagonal",
                    got=f"a Jacobian of shape {J.shape} and structure {J.structure!r}",
                    wanted="structure 'diagonal'",
                    try_="cr.jacobian(f)",
                )
            slopes = J.T.apply(np.ones(x.shape, x.dtype))
            value = scope.result(slopes.variable) if type(slopes) is Array else owned(slopes, args[number])
        return rebuilds[0]([value])

    return derivative


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
    primals, tangents = _sequence(primals, "primals"), _sequence(tangents, "tangents")
    if len(primals) != len(tangents):
        raise ArgumentError(f"jvp takes a tangent for each primal: {len(tangents)} tangents, {len(primals)} primals")
    with transform(*primals, *tangents) as scope:
        numbers = tuple(range(len(primals)))
        replaced, inputs, _ = _with_arguments(scope, primals, numbers, argument_names(f, len(primals)))
        leaves = [x for each in inputs for x in each]
        dots = [d for number in numbers for d in _matching(tangents[number], primals[number], "tangent")]
        x_dots = [_cast(variable_of(d, scope.trace), x) for d, x in zip(dots, leaves, strict=True)]
        outputs, rebuild = _outputs(f(*replaced), scope)
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
        replaced, inputs, rebuilds = _with_arguments(scope, primals, numbers, argument_names(f, len(primals)))
        leaves = [x for each in inputs for x in each]
        result, aux = _split(f(*replaced), has_aux)
        outputs, rebuild = _outputs(result, scope)
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
        given = _matching(y_bar, like, "cotangent", compare_shapes=False)
        chosen = [_of_type(given[k], outputs_types[k]) for k in differentiable]
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
        given = _matching(y_bar, like, "cotangent", compare_shapes=False)
        trace = scope.trace
        bars = [_cast(variable_of(g, trace), y) for g, y in zip(given, outputs, strict=True)]
        pairs = [(y, bar) for y, bar in zip(outputs, bars, strict=True) if y.type.carries_derivative]
        found = back_propagation_nodes([y for y, _ in pairs], [bar for _, bar in pairs], leaves)
        flat = [scope.result(zeros(trace.graph, x.type) if g is None else g) for x, g in zip(leaves, found, strict=True)]
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
        replaced, inputs, _ = _with_arguments(scope, primals, tuple(range(len(primals))), argument_names(f, len(primals)))
        leaves = [x for each in inputs for x in each]
        outputs, rebuild = _outputs(f(*replaced), scope)
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
        given = [d for x, dot in zip(primals, x_dots, strict=True) for d in _matching(dot, x, "tangent")]
        chosen = [_of_type(d, x.type) for d, x in zip(given, sources, strict=True)]
        with np.errstate(all="ignore"):
            known = {v.number: x for v, x in zip(tangents.inputs, [*fixed, *chosen], strict=True)}
            return rebuild([owned(d) for d in evaluate(tangents.outputs, known)])

    return y, tangent_map


def jacobian(f: Function | None = None, argnums: int | Sequence[int] = 0, mode: str = "auto") -> Function:
    """The whole Jacobian of f by an argument, with its structure.

    Parameters
    ----------
    mode : {"auto", "forward", "reverse"}
        In which order to multiply the local Jacobians; automatic: from the side with fewer entries.

    Returns
    -------
    function : callable
        Takes the arguments of f; returns J of shape y.shape + x.shape: multiply (``J @ v``, ``g @ J``), ask its
        ``structure``, make it dense (``np.asarray(J)``) or sparse (``J.tosparse()``). For trees, a tree over y of trees
        over x.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> J = cr.jacobian(np.tanh)(np.zeros(3))
    >>> J.structure
    'diagonal'
    >>> J @ np.array([1.0, 2.0, 3.0])
    array([1., 2., 3.])
    """
    if f is None:
        return functools.partial(jacobian, argnums=argnums, mode=mode)
    if mode not in ("auto", "forward", "reverse"):
        raise ArgumentError(f"mode={mode!r} is no order to multiply in", wanted="'auto', 'forward' or 'reverse'")

    @users_frames_only
    @like_function(f, "Jacobian of")
    def function(*args: Any, **keywords: Any) -> Any:
        numbers, single = positions(argnums, len(args))
        with transform(*args, *keywords.values()) as scope:
            replaced, inputs, rebuilds = _with_arguments(scope, args, numbers, argument_names(f, len(args)))
            outputs, rebuild = _outputs(f(*replaced, **keywords), scope)
            for y in outputs:
                _check_differentiable(y, "jacobian")
            rows = []
            for y in outputs:
                row = [
                    again([_jacobian_map(scope, y, x, mode) for x in each])
                    for each, again in zip(inputs, rebuilds, strict=True)
                ]
                rows.append(row[0] if single else tuple(row))
            return rebuild(rows)

    return function


def _jacobian_map(scope: Scope, y: Variable, x: Variable, mode: str) -> Any:
    if not scope.outermost:
        return _within_trace(scope, whole_jacobian(y, x, None, mode))
    values = dict(scope.trace.values)
    with np.errstate(all="ignore"):
        evaluate([v for v in y.graph.variables if v.number <= y.number], values)
        return whole_jacobian(y, x, values, mode)


def hessian(f: Function | None = None, argnums: int = 0) -> Function:
    """The Hessian of a scalar function: the Jacobian of its gradient, with its structure.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> A = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> np.asarray(cr.hessian(lambda x: x @ A @ x)(np.zeros(2)))
    array([[2., 5.],
           [5., 8.]])
    """
    if f is None:
        return functools.partial(hessian, argnums=argnums)

    @users_frames_only
    @like_function(f, "Hessian of")
    def function(*args: Any, **keywords: Any) -> Any:
        (number,), _ = positions((argnums,), len(args))
        with transform(*args, *keywords.values()) as scope:
            replaced, inputs, rebuilds = _with_arguments(scope, args, (number,), argument_names(f, len(args)))
            y = _scalar_output(f(*replaced, **keywords), scope, f)
            leaves, rebuild = inputs[0], rebuilds[0]
            if not scope.outermost:
                seed = scope.trace.graph.constant(np.ones((), y.dtype))
                gradients = back_propagation_nodes([y], [seed], leaves)
                return rebuild([rebuild([_second(scope, g, x, b) for b in leaves]) for g, x in zip(gradients, leaves, strict=True)])
            values = scope.trace.values
            graph = simplify(extract(scope.trace.graph, leaves, [y], "hessian"))
            seed = graph.constant(np.ones((), y.dtype))
            found = back_propagation_nodes(graph.outputs, [seed], graph.inputs)
            graph.outputs = [zeros(graph, x.type) if g is None else g for x, g in zip(graph.inputs, found, strict=True)]
            graph = simplify(graph)
            known = {v.number: values[x.number] for v, x in zip(graph.inputs, leaves, strict=True)}
            with np.errstate(all="ignore"):
                evaluate(graph.variables, known)
                rows = [[whole_jacobian(g, x, known) for x in graph.inputs] for g in graph.outputs]
            return rebuild([rebuild(row) for row in rows])

    return function


def _second(scope: Scope, gradient: Variable | None, x: Variable, by: Variable) -> Any:
    J = whole_jacobian(zeros(scope.trace.graph, x.type) if gradient is None else gradient, by, None)
    return _within_trace(scope, J)


def _within_trace(scope: Scope, J: LinearMap) -> LinearMap:
    """A Jacobian over variables as the user of an enclosing transform sees it: over traced arrays."""
    trace = scope.trace
    if isinstance(J, IndexMap):
        return J.with_factors(lambda factor: wrap(trace, factor) if isinstance(factor, Variable) else factor)

    def lifted(apply: Function) -> Function:
        return lambda vector: wrap(trace, apply(variable_of(vector, trace)))

    return MatrixFree(lifted(J.apply), lifted(J.T.apply), J.out_shape, J.in_shape, J.dtype)


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


# What the transforms share


def like_function(f: Function, what: str) -> Callable[[Function], Function]:
    """Keep name, signature and documentation of the function that is transformed."""

    def decorate(wrapper: Function) -> Function:
        try:
            return functools.wraps(f)(wrapper)
        except (AttributeError, TypeError):  # a callable object without a name
            wrapper.__doc__ = f"{what} {f!r}"
            return wrapper

    return decorate


def argument_names(f: Function, count: int) -> list[str]:
    """The names of the first positional parameters, for messages and graphs."""
    code = getattr(f, "__code__", None)
    if code is not None and not hasattr(f, "__wrapped__"):
        names = list(code.co_varnames[: min(code.co_argcount, count)])
    else:
        try:
            parameters = inspect.signature(f).parameters.values()
        except (TypeError, ValueError):
            parameters = ()
        names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)][:count]
    return names + [f"x{k}" for k in range(len(names), count)]


def _with_arguments(
    scope: Scope, args: Sequence[Any], numbers: Sequence[int], names: Sequence[str]
) -> tuple[list[Any], list[list[Variable]], list[Any]]:
    """The arguments with those to differentiate by replaced by traced ones; their variables, and how to rebuild each."""
    replaced, inputs, rebuilds = list(args), [], []
    for number in numbers:
        leaves, rebuild = checked_leaves(args[number], names[number])
        if len(leaves) == 1:
            labels = [names[number]]
        else:
            labels = [names[number] + _dotted(path) for path in tree.paths(args[number])]
        traced = [scope.argument(leaf, label) for leaf, label in zip(leaves, labels, strict=True)]
        replaced[number] = rebuild(traced)
        inputs.append([each.variable for each in traced])
        rebuilds.append(rebuild)
    return replaced, inputs, rebuilds


def _dotted(path: str) -> str:
    """`['W'][0]` as `.W.0`."""
    return path.replace("['", ".").replace("']", "").replace("[", ".").replace("]", "")


def _split(result: Any, has_aux: bool) -> tuple[Any, Any]:
    if not has_aux:
        return result, None
    if not isinstance(result, tuple) or len(result) != 2:
        raise ArgumentError(f"with has_aux=True the function returns (y, aux), not {type(result).__name__}")
    return result


def _scalar_output(y: Any, scope: Scope, f: Function) -> Variable:
    name = getattr(f, "__name__", "the function")
    leaves = tree.flatten(y)[0]
    if len(leaves) != 1 or isinstance(y, (list, tuple, dict)):
        raise ShapeError(
            f"the gradient is that of a scalar, but {name} returns {type(y).__name__}"
            + (f" of {len(leaves)} arrays" if len(leaves) != 1 else ""),
            wanted="one scalar",
            try_="cr.grad(f, has_aux=True) if the rest is not to be differentiated, cr.jacobian or cr.vjp if it is",
        )
    if y is None or isinstance(y, str):
        raise ShapeError(f"the gradient is that of a scalar, but {name} returns {y!r}", wanted="a return of the scalar")
    v = variable_of(y, scope.trace)
    if v.shape != ():
        raise ShapeError(
            f"the gradient is that of a scalar, but {name} returns an array of shape {v.shape}",
            got=f"{v.type}",
            wanted="a result of shape ()",
            try_="np.sum of it, or cr.jacobian(f)" if v.size != 1 else "result.reshape(()), or result[0]",
        )
    _check_differentiable(v, name)
    return v


def _check_differentiable(y: Variable, name: str) -> None:
    if y.dtype.kind == "c":
        raise DtypeError(
            f"{name} returns a complex result, whose derivatives are not supported yet",
            got=f"{y.type}",
            wanted="a real result",
            try_="np.real(y), np.abs(y)...",
        )
    if y.dtype.kind != "f":
        raise DtypeError(
            f"there is no derivative of a result of dtype {y.dtype}", got=f"{y.type}", wanted="a floating dtype"
        )


def _outputs(result: Any, scope: Scope) -> tuple[list[Variable], Any]:
    leaves, rebuild = tree.flatten(result)
    return [variable_of(leaf, scope.trace) for leaf in leaves], rebuild


def concrete(scope: Scope, result: Any) -> Any:
    """A tree of results for the caller, traced leaves as values where nothing outside traces them."""
    if result is None:
        return None
    return tree.map_leaves(lambda x: scope.result(x.variable) if type(x) is Array else x, result)


def _sequence(x: Any, what: str) -> Sequence[Any]:
    if not isinstance(x, (tuple, list)):
        raise ArgumentError(f"{what} is a tuple with one entry for each argument of f, not {type(x).__name__}", try_=f"({what},)")
    return x


def _matching(given: Any, like: Any, what: str, compare_shapes: bool = True) -> list[Any]:
    """The leaves of a tangent or cotangent, which has the tree and the shapes of its variable."""
    leaves, others = tree.flatten(given)[0], tree.flatten(like)[0]
    if len(leaves) != len(others) or tree.structure_of(given) != tree.structure_of(like):
        raise ArgumentError(f"a {what} has the tree of what it belongs to", got=f"{type(given).__name__}", wanted=f"{type(like).__name__}")
    if compare_shapes:
        for leaf, other in zip(leaves, others, strict=True):
            if np.shape(leaf) != np.shape(other):
                raise ShapeError(f"a {what} of shape {np.shape(leaf)} for a variable of shape {np.shape(other)}")
    return leaves


def _cast(v: Variable, like: Variable) -> Variable:
    if v.shape != like.shape:
        raise ShapeError(f"a tangent or cotangent of shape {v.shape} for a variable of shape {like.shape}")
    return of_dtype(v, like.dtype)


def _of_type(given: Any, type_: Any) -> np.ndarray:
    array = given if type(given) is Array else np.asarray(given)
    if tuple(array.shape) != type_.shape:
        raise ShapeError(
            f"a cotangent or tangent of shape {tuple(array.shape)} for a variable of shape {type_.shape}",
            wanted=f"{type_}",
        )
    return array if type(array) is Array else array.astype(type_.dtype, copy=False)


def _refuse_holomorphic(holomorphic: bool) -> None:
    if holomorphic:
        raise UnsupportedError("holomorphic derivatives are not supported yet", wanted="a real function of real arguments")


def stop_gradient(x: Any) -> Any:
    """The same value, with derivative zero; on a tree, leaf by leaf.

    Examples
    --------
    >>> import chainrule as cr
    >>> cr.grad(lambda x: x * cr.stop_gradient(x))(3.0)
    np.float64(3.0)
    """
    return tree.map_leaves(_stopped, x)


def _stopped(x: Any) -> Any:
    if type(x) is not Array:
        return x
    v = marks.stop_gradient(x.variable)
    v.mask = 0
    return wrap(x.trace, v, x.kind)
