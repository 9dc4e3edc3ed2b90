"""Gradients of scalar functions."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from .. import tree
from ..backprop import back_propagation_nodes
from ..graph import Variable
from ..ops.algebra import zeros
from ..original import np
from .arguments import (
    argument_names,
    check_holomorphic,
    concrete,
    scalar_output,
    split_aux,
    with_arguments,
)
from .plans import gradient_plan
from .scope import Scope, each_owned, positions, transform
from .stability import stabilized
from .transformed import transformed

Function = Callable[..., Any]


def grad(
    f: Function | None = None, argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False
) -> Function:
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
        Whether f is a holomorphic function: then its arguments and its result are complex, and the gradient is its
        complex derivative. That it is holomorphic is not checked: of another function it is that of the real part.

    Returns
    -------
    gradient : callable
        Takes the arguments of f. Returns the gradient by the argument, in its shape, dtype and tree; a tuple of
        gradients for a sequence of argnums; with has_aux (gradient, aux). By a complex argument z = x + iy it is
        df/dx - i df/dy, as in JAX, so that df = Re(sum(gradient * dz)).

    Raises
    ------
    DtypeError
        If an argument to differentiate by holds integers or booleans; if the result is complex and f is not said to be
        holomorphic, or real arguments or results meet with holomorphic=True.
    ShapeError
        If f does not return a scalar.
    ArgumentError
        If argnums is out of range.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> cr.grad(lambda x: np.sum(x ** 3))(np.array([1.0, 2.0]))
    array([ 3., 12.])
    >>> cr.grad(lambda z: np.real(z * np.conj(z)))(3 + 4j)
    np.complex128(6-8j)
    >>> cr.grad(np.exp, holomorphic=True)(0j)
    np.complex128(1+0j)
    """
    if f is None:
        return functools.partial(grad, argnums=argnums, has_aux=has_aux, holomorphic=holomorphic)
    both = value_and_grad(f, argnums, has_aux, holomorphic)

    @transformed(grad, f, argnums, has_aux, holomorphic)
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

    @transformed(value_and_grad, f, argnums, has_aux, holomorphic)
    def function(*args: Any, **keywords: Any) -> Any:
        numbers, single = positions(argnums, len(args))
        names = argument_names(f, len(args))
        with transform(*args, *keywords.values()) as scope:
            replaced, inputs, rebuilds = with_arguments(scope, args, numbers, names)
            if holomorphic:
                check_holomorphic(inputs)
            y, aux = split_aux(f(*replaced, **keywords), has_aux)
            output = scalar_output(y, scope, f, holomorphic)
            leaves = [leaf for each in inputs for leaf in each]
            value, *gradients = _gradients(scope, leaves, output)
            aux = concrete(scope, aux)
        originals = [leaf for number in numbers for leaf in tree.flatten(args[number])[0]]
        value, *gradients = each_owned([value, *gradients], [None, *originals])
        waiting = iter(gradients)
        results = [rebuild([next(waiting) for _ in each]) for each, rebuild in zip(inputs, rebuilds, strict=True)]
        return ((value, aux) if has_aux else value), (results[0] if single else tuple(results))

    return function


def _gradients(scope: Scope, inputs: list[Variable], y: Variable) -> list[Any]:
    trace = scope.trace
    if scope.outermost:
        return gradient_plan(trace, inputs, y)
    (y,) = stabilized([y], inputs)
    seed = trace.graph.constant(np.ones((), y.dtype))
    found = back_propagation_nodes([y], [seed], inputs)
    gradients = [zeros(trace.graph, x.type) if g is None else g for x, g in zip(inputs, found, strict=True)]
    return [scope.result(v) for v in (y, *gradients)]
