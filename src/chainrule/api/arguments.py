"""What the transforms do with arguments and results: leaves become variables, results are checked, trees matched."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import tree
from ..errors import ArgumentError, DtypeError, ShapeError
from ..graph import Variable
from ..ops import of_dtype
from ..tracing import Array, variable_of
from .scope import Scope, checked_leaves

Function = Callable[..., Any]


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


def with_arguments(
    scope: Scope, args: Sequence[Any], numbers: Sequence[int], names: Sequence[str]
) -> tuple[list[Any], list[list[Variable]], list[Any]]:
    """The arguments, those to differentiate by traced; the variables of their leaves, and how to rebuild each."""
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


def split_aux(result: Any, has_aux: bool) -> tuple[Any, Any]:
    if not has_aux:
        return result, None
    if not isinstance(result, tuple) or len(result) != 2:
        raise ArgumentError(f"with has_aux=True the function returns (y, aux), not {type(result).__name__}")
    return result


def scalar_output(y: Any, scope: Scope, f: Function) -> Variable:
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
    check_differentiable(v, name)
    return v


def check_differentiable(y: Variable, name: str) -> None:
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


def outputs_of(result: Any, scope: Scope) -> tuple[list[Variable], Any]:
    leaves, rebuild = tree.flatten(result)
    return [variable_of(leaf, scope.trace) for leaf in leaves], rebuild


def concrete(scope: Scope, result: Any) -> Any:
    """A tree of results for the caller, traced leaves as values where nothing outside traces them."""
    if result is None:
        return None
    return tree.map_leaves(lambda x: scope.result(x.variable) if type(x) is Array else x, result)


def sequence_of(x: Any, what: str) -> Sequence[Any]:
    if not isinstance(x, (tuple, list)):
        raise ArgumentError(
            f"{what} is a tuple with one entry for each argument of f, not {type(x).__name__}", try_=f"({what},)"
        )
    return x


def matching_leaves(given: Any, like: Any, what: str, compare_shapes: bool = True) -> list[Any]:
    """The leaves of a tangent or cotangent, which has the tree and the shapes of its variable."""
    leaves, others = tree.flatten(given)[0], tree.flatten(like)[0]
    if len(leaves) != len(others) or tree.structure_of(given) != tree.structure_of(like):
        raise ArgumentError(
            f"a {what} has the tree of what it belongs to",
            got=f"{type(given).__name__}",
            wanted=f"{type(like).__name__}",
        )
    if compare_shapes:
        for leaf, other in zip(leaves, others, strict=True):
            if np.shape(leaf) != np.shape(other):
                raise ShapeError(f"a {what} of shape {np.shape(leaf)} for a variable of shape {np.shape(other)}")
    return leaves


def cast_to(v: Variable, like: Variable) -> Variable:
    if v.shape != like.shape:
        raise ShapeError(f"a tangent or cotangent of shape {v.shape} for a variable of shape {like.shape}")
    return of_dtype(v, like.dtype)


def of_type(given: Any, type_: Any) -> Any:
    array = given if type(given) is Array else np.asarray(given)
    if tuple(array.shape) != type_.shape:
        raise ShapeError(
            f"a cotangent or tangent of shape {tuple(array.shape)} for a variable of shape {type_.shape}",
            wanted=f"{type_}",
        )
    return array if type(array) is Array else array.astype(type_.dtype, copy=False)
