"""What the transforms do with arguments and results: leaves become variables, results are checked, trees matched."""

from __future__ import annotations

import inspect
import reprlib
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

from .. import tree
from ..arraytype import ArrayType
from ..errors import ArgumentError, DtypeError, ShapeError
from ..graph import Variable
from ..original import np
from ..tracing import Array, memory_of, variable_of
from .scope import Scope, checked_leaves, plain

Function = Callable[..., Any]


def check_callable(f: Any) -> None:
    """Raise where a value stands in the place of a function, as in `cr.grad(f(x))`."""
    if not callable(f):
        raise ArgumentError(
            f"a function is wanted, not {kind_of(f)}",
            got=reprlib.repr(f),
            try_="f instead of f(x)" if isinstance(f, tree.LEAVES) else None,
        )


def kind_of(x: Any) -> str:
    """What a user would call it: a traced array passes for what it stands for."""
    return x.__class__.__name__


def argument_names(f: Function, count: int) -> list[str]:
    """The names of the first positional parameters, for messages and graphs."""
    if type(f) is FunctionType and not hasattr(f, "__wrapped__"):  # far faster than a signature
        names = list(f.__code__.co_varnames[: min(f.__code__.co_argcount, count)])
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
        labels = labels_of(args[number], names[number])
        traced = [scope.argument(leaf, label) for leaf, label in zip(leaves, labels, strict=True)]
        replaced[number] = rebuild(traced)
        inputs.append([each.variable for each in traced])
        rebuilds.append(rebuild)
    return replaced, inputs, rebuilds


def labels_of(argument: Any, name: str) -> list[str]:
    """A name for each leaf: that of the argument, or `p.W.0` for the one at `p['W'][0]`."""
    places = tree.paths(argument)
    return [name] if len(places) == 1 else [name + _dotted(place) for place in places]


def _dotted(place: str) -> str:
    return place.replace("['", ".").replace("']", "").replace("[", ".").replace("]", "")


def split_aux(result: Any, has_aux: bool) -> tuple[Any, Any]:
    if not has_aux:
        return result, None
    if not isinstance(result, tuple) or len(result) != 2:
        raise ArgumentError(
            f"with has_aux=True the function returns (y, aux), not {tree.outline(result)}", wanted="a tuple of two"
        )
    return result


def scalar_output(y: Any, scope: Scope, f: Function, holomorphic: bool = False) -> Variable:
    name = getattr(f, "__name__", "the function")
    if y is None:
        raise ShapeError(f"the gradient is that of a scalar, but {name} returns None", wanted="a function that returns")
    if tree.structure_of(y) is not None:
        count = len(tree.flatten(y)[0])
        raise ShapeError(
            f"the gradient is that of a scalar, but {name} returns {kind_of(y)} of {count} array{'s' * (count != 1)}",
            got=tree.outline(y),
            wanted="one scalar",
            try_="cr.grad(f, has_aux=True) if the rest is not to be differentiated, cr.jacobian or cr.vjp if it is",
        )
    v = _result_variable(y, scope, name)
    if v.shape != ():
        raise ShapeError(
            f"the gradient is that of a scalar, but {name} returns an array of shape {v.shape}",
            got=f"{v.type}",
            wanted="a result of shape ()",
            try_="np.sum of it, or cr.jacobian(f)" if v.size != 1 else "result.reshape(()), or result[0]",
        )
    check_differentiable(v, name)
    if holomorphic and v.dtype.kind != "c":
        raise DtypeError(
            f"with holomorphic=True the result is complex, and {name} returns a real one",
            got=f"{v.type}",
            wanted="a complex result",
            try_="holomorphic=False: the gradient of a real function of complex arguments",
        )
    if v.dtype.kind == "c" and not holomorphic:
        raise DtypeError(
            f"the gradient is that of a real scalar, but {name} returns a complex one",
            got=f"{v.type}",
            wanted="a real result",
            try_="np.real(y) or np.abs(y); or holomorphic=True, if the function is holomorphic",
        )
    return v


def _result_variable(y: Any, scope: Scope, name: str) -> Variable:
    if not isinstance(y, tree.LEAVES):
        raise DtypeError(
            f"{name} returns a value of type {kind_of(y)}, which is no array",
            got=reprlib.repr(y),
            wanted="arrays and numbers, or trees of them",
        )
    return variable_of(y, scope.trace)


def check_differentiable(y: Variable, name: str) -> None:
    if not y.type.carries_derivative:
        raise DtypeError(
            f"there is no derivative of a result of dtype {y.dtype}",
            got=f"{y.type}",
            wanted="a floating or complex dtype",
        )


def check_holomorphic(inputs: Sequence[Sequence[Variable]]) -> None:
    """Raise unless all that is differentiated by is complex."""
    for x in (x for each in inputs for x in each):
        if x.dtype.kind != "c":
            raise DtypeError(
                f"with holomorphic=True the arguments to differentiate by are complex, and {x.label} is not",
                got=f"{x.type}",
                wanted="a complex dtype",
                try_=f"{x.label}.astype(complex)" if x.ndim else f"complex({x.label})",
            )


def outputs_of(result: Any, scope: Scope, name: str = "the function") -> tuple[list[Variable], Any]:
    leaves, rebuild = tree.flatten(result)
    return [_result_variable(leaf, scope, name) for leaf in leaves], rebuild


def concrete(scope: Scope, result: Any) -> Any:
    """A tree of results for the caller, traced leaves as values where nothing outside traces them."""
    if result is None:
        return None

    def leaving(x: Any) -> Any:
        if type(x) is Array:
            return scope.result(x.variable)
        return memory_of(x) if scope.outermost else x

    return tree.map_leaves(leaving, result)


def sequence_of(x: Any, what: str, example: str) -> Sequence[Any]:
    if not isinstance(x, (tuple, list)):
        raise ArgumentError(f"{what} is a tuple with one entry for each argument of f, not {kind_of(x)}", try_=example)
    return x


def directions(given: Any, like: Any, types: Sequence[ArrayType], what: str) -> list[Any]:
    """The leaves of a tangent or cotangent, as arrays of the types of what it belongs to.

    Parameters
    ----------
    like : tree
        What it belongs to.
    types : sequence of ArrayType
        Of the leaves of that. Where one carries no derivative, the given leaf is not looked at.
    what : str
        "tangent of x", for messages.
    """
    if tree.structure_of(given) != tree.structure_of(like):
        raise ArgumentError(
            f"the {what} has not the tree of what it belongs to", got=tree.outline(given), wanted=tree.outline(like)
        )
    leaves, places = tree.flatten(given)[0], tree.paths(like)
    return [
        typed(leaf, type_, f"the {what}{place}") if type_.carries_derivative else leaf
        for leaf, type_, place in zip(leaves, types, places, strict=True)
    ]


def typed(given: Any, type_: ArrayType, what: str) -> Any:
    """A tangent, cotangent or seed as an array of the type that it must have; only precision may be lost."""
    array = given if type(given) is Array else plain(given)
    if not np.can_cast(array.dtype, type_.dtype, "same_kind"):
        raise DtypeError(
            f"{what} is of dtype {array.dtype}, which cannot be converted to {type_.dtype}", wanted=f"{type_}"
        )
    if tuple(array.shape) != type_.shape:
        raise ShapeError(f"{what} has shape {tuple(array.shape)}, not {type_.shape}", wanted=f"{type_}")
    return array if array.dtype == type_.dtype else array.astype(type_.dtype)
