"""Whole Jacobians and Hessians, with their structure."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from ..backprop import back_propagation_nodes, whole_jacobian
from ..errors import ArgumentError, DerivativeError
from ..graph import Variable, ancestors
from ..interpret import evaluate
from ..ops.algebra import zeros
from ..original import np
from ..simplify import simplify
from ..structure import IndexMap, LinearMap, MatrixFree
from ..tracing import Array, variable_of, wrap
from .arguments import argument_names, check_differentiable, outputs_of, scalar_output, with_arguments
from .scope import Scope, lasting_graph, owned, positions, transform
from .stability import stabilized
from .transformed import transformed

Function = Callable[..., Any]


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
        over x. For complex arguments of real results the rows are gradients as `grad` gives them, and J @ v is real;
        from complex to complex numbers there is a matrix where f is holomorphic, and products where it is not.

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

    @transformed(jacobian, f, argnums, mode)
    def function(*args: Any, **keywords: Any) -> Any:
        numbers, single = positions(argnums, len(args))
        with transform(*args, *keywords.values()) as scope:
            replaced, inputs, rebuilds = with_arguments(scope, args, numbers, argument_names(f, len(args)))
            outputs, rebuild = outputs_of(f(*replaced, **keywords), scope)
            for y in outputs:
                check_differentiable(y, "jacobian")
            outputs = stabilized(outputs, [x for each in inputs for x in each])
            values = _values(scope, outputs)
            rows = []
            for y in outputs:
                row = [
                    again([_jacobian_map(scope, y, x, values, mode) for x in each])
                    for each, again in zip(inputs, rebuilds, strict=True)
                ]
                rows.append(row[0] if single else tuple(row))
            return rebuild(rows)

    return function


def elementwise_grad(f: Function | None = None, argnums: int = 0) -> Function:
    """The derivative of a function that works entry by entry, in the shape of its argument.

    Where f has complex values this is the complex derivative, of a holomorphic function or by a real argument; where f
    has real values of complex arguments it is the gradient of each value, as `grad` gives it.

    Raises
    ------
    DerivativeError
        If the Jacobian is not diagonal, or f is a function from complex to complex numbers that is not holomorphic.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> cr.elementwise_grad(np.square)(np.array([1.0, 2.0]))
    array([2., 4.])
    """
    if f is None:
        return functools.partial(elementwise_grad, argnums=argnums)

    @transformed(elementwise_grad, f, argnums)
    def derivative(*args: Any, **keywords: Any) -> Any:
        (number,), _ = positions((argnums,), len(args))
        with transform(*args, *keywords.values()) as scope:
            replaced, inputs, rebuilds = with_arguments(scope, args, (number,), argument_names(f, len(args)))
            outputs, _ = outputs_of(f(*replaced, **keywords), scope)
            if len(outputs) != 1 or len(inputs[0]) != 1:
                raise DerivativeError(
                    "elementwise_grad needs a function of one array that returns one",
                    got=f"an argument of {len(inputs[0])} and a result of {len(outputs)} arrays",
                    try_="cr.jacobian(f)",
                )
            (y,), (x,) = outputs, inputs[0]
            check_differentiable(y, getattr(f, "__name__", "the function"))
            (y,) = stabilized([y], [x])
            J = _jacobian_map(scope, y, x, _values(scope, [y]))
            if y.shape != x.shape or J.structure not in ("diagonal", "identity", "scaled identity", "zero"):
                raise DerivativeError(
                    "elementwise_grad needs a function that works entry by entry: its Jacobian is not diagonal",
                    got=f"a Jacobian of shape {J.shape} and structure {J.structure!r}",
                    wanted="structure 'diagonal'",
                    try_="cr.jacobian(f)",
                )
            if isinstance(J, IndexMap) and J.is_antilinear:
                raise DerivativeError(
                    "elementwise_grad needs a holomorphic function, where arguments and results are complex",
                    got="a derivative that is linear in v and in its conjugate",
                    try_="cr.jvp(f, (x,), (v,)) or cr.vjp(f, x)",
                )
            slopes = J.T.apply(np.ones(x.shape, x.dtype))
            value = scope.result(slopes.variable) if type(slopes) is Array else owned(slopes, args[number])
        return rebuilds[0]([value])

    return derivative


def hessian(f: Function | None = None, argnums: int | Sequence[int] = 0) -> Function:
    """The Hessian of a scalar function: the Jacobian of its gradient, with its structure.

    Parameters
    ----------
    f : callable
        A function of NumPy arrays (or trees of them) that returns a scalar. Left out, `hessian` is a decorator with
        options.
    argnums : int or sequence of int
        Which positional arguments to differentiate by; for a sequence, a tuple over them of tuples over them.

    Returns
    -------
    function : callable
        Takes the arguments of f; returns H of shape x.shape + x.shape, a value like that of `jacobian`. For trees, a
        tree over x of trees over x.

    Raises
    ------
    ShapeError
        If f does not return a scalar.
    ArgumentError
        If argnums is out of range.

    Source
    ------
    Laue, Mitterreiter, Giesen, Computing Higher Order Derivatives of Matrix and Tensor Expressions (NeurIPS 2018).

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

    @transformed(hessian, f, argnums)
    def function(*args: Any, **keywords: Any) -> Any:
        numbers, single = positions(argnums, len(args))
        with transform(*args, *keywords.values()) as scope:
            replaced, inputs, rebuilds = with_arguments(scope, args, numbers, argument_names(f, len(args)))
            y = scalar_output(f(*replaced, **keywords), scope, f)
            leaves = [x for each in inputs for x in each]

            def regrouped(flat: Sequence[Any]) -> Any:
                waiting = iter(flat)
                trees = [again([next(waiting) for _ in each]) for again, each in zip(rebuilds, inputs, strict=True)]
                return trees[0] if single else tuple(trees)

            second = _second_derivatives if scope.outermost else _traced_second_derivatives
            return regrouped([regrouped(row) for row in second(scope, y, leaves)])

    return function


def _second_derivatives(scope: Scope, y: Variable, leaves: list[Variable]) -> list[list[LinearMap]]:
    """A row for each leaf, a map for each leaf."""
    values = scope.lasting_values()
    graph = simplify(lasting_graph(scope, leaves, [y], "hessian"))
    seed = graph.constant(np.ones((), y.dtype))
    found = back_propagation_nodes(graph.outputs, [seed], graph.inputs)
    graph.outputs = [zeros(graph, x.type) if g is None else g for x, g in zip(graph.inputs, found, strict=True)]
    graph = simplify(graph)
    known = {v.number: values[x.number] for v, x in zip(graph.inputs, leaves, strict=True)}
    with np.errstate(all="ignore"):
        evaluate(graph.variables, known)
        return [[whole_jacobian(g, x, known) for x in graph.inputs] for g in graph.outputs]


def _traced_second_derivatives(scope: Scope, y: Variable, leaves: list[Variable]) -> list[list[LinearMap]]:
    """The same within a trace, over its variables."""
    (y,) = stabilized([y], leaves)
    seed = scope.trace.graph.constant(np.ones((), y.dtype))
    found = back_propagation_nodes([y], [seed], leaves)
    gradients = [zeros(scope.trace.graph, x.type) if g is None else g for x, g in zip(leaves, found, strict=True)]
    return [[_within_trace(scope, whole_jacobian(g, x, None)) for x in leaves] for g in gradients]


def _values(scope: Scope, outputs: Sequence[Variable]) -> dict[int, Any] | None:
    """The value of all that the outputs are made from; None within a trace."""
    if not scope.outermost:
        return None
    values = scope.lasting_values()
    with np.errstate(all="ignore"):
        evaluate(ancestors(outputs), values)
    return values


def _jacobian_map(
    scope: Scope, y: Variable, x: Variable, values: dict[int, Any] | None, mode: str = "auto"
) -> LinearMap:
    if values is None:
        return _within_trace(scope, whole_jacobian(y, x, None, mode))
    with np.errstate(all="ignore"):
        return whole_jacobian(y, x, values, mode)


def _within_trace(scope: Scope, J: LinearMap) -> LinearMap:
    """A Jacobian over variables as the user of an enclosing transform sees it: over traced arrays."""
    trace = scope.trace
    if isinstance(J, IndexMap):
        return J.with_factors(lambda factor: wrap(trace, factor) if isinstance(factor, Variable) else factor)

    def lifted(apply: Function) -> Function:
        return lambda vector: wrap(trace, apply(variable_of(vector, trace)))

    traced = MatrixFree(lifted(J.apply), lifted(J.T.apply), J.out_shape, J.in_shape, J.dtype)
    return traced.between(J.x_is_real, J.y_is_real)
