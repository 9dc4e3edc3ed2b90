"""`cr.operation`: users declare an operation as we do; `cr.custom_gradient` for black boxes."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..arraytype import ArrayType
from ..errors import ArgumentError, DerivativeError
from ..ops import Operation, elementwise, general, linear
from ..structure import MatrixFree
from ..tracing import declared_call

_serial = itertools.count(1)


def operation(
    name: str,
    forward: Callable[..., Any],
    *,
    slopes: Any = None,
    maps: Any = None,
    jacobians: Any = None,
    type_rule: Callable[..., Any] | None = None,
    **about: Any,
) -> Callable[..., Any]:
    """Declare an operation: its forward function and its local Jacobian by each argument.

    Give one of `slopes` (it works entry by entry), `maps` (it is linear) and `jacobians` (any other).

    Parameters
    ----------
    name : str
        Unique among all operations.
    forward : callable
        In NumPy.
    slopes : callable, number or None, or a tuple of them
        For each argument dy/dx as ``slope(y, *xs)``, written with operators and declared operations.
    maps, jacobians : callable or tuple of callable
        For each argument ``rule(y, *xs, **parameters)``, a linear map (see `chainrule.structure`).
    type_rule : callable, optional
        ``type_rule(*types, **parameters)``; by default forward is tried on zeros of the arguments' types.
    **about
        `parameters` (names), `notation`, `domain`, `examples`, `kinks`, `source`, `numpy`.

    Returns
    -------
    function : callable
        Computes on arrays and records on traced ones.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> cube = cr.operation("cube", lambda x: x ** 3, slopes=lambda y, x: 3 * x * x)
    >>> cr.grad(cube)(2.0)
    np.float64(12.0)
    """
    given = [k for k, v in {"slopes": slopes, "maps": maps, "jacobians": jacobians}.items() if v is not None]
    if len(given) != 1:
        raise ArgumentError(
            f"an operation is declared by one of slopes, maps and jacobians, not by {' and '.join(given) or 'none'}"
        )
    about.setdefault("numpy", ())
    if slopes is not None:
        rules = slopes if isinstance(slopes, tuple) else (slopes,)
        about.setdefault("promote", _tried_dtypes(forward, len(rules)))
        declared = elementwise(name, forward, *rules, **about)
    else:
        rules = maps if maps is not None else jacobians
        rules = rules if isinstance(rules, tuple) else (rules,)
        declare = linear if maps is not None else general
        declared = declare(name, forward, type_rule or _tried(forward), *rules, **about)
    return _function_of(declared)


def _function_of(declared: Operation) -> Callable[..., Any]:
    def function(*args: Any, **parameters: Any) -> Any:
        return declared_call(declared, args, parameters)

    function.__name__ = function.__qualname__ = declared.name
    function.__doc__ = declared.summary or None
    function.operation = declared  # type: ignore[attr-defined]
    return function


def _tried(forward: Callable[..., Any]) -> Callable[..., Any]:
    def type_rule(*types: ArrayType, **parameters: Any) -> Any:
        with np.errstate(all="ignore"):
            result = forward(*[np.ones(t.shape, t.dtype) for t in types], **parameters)
        return tuple(map(ArrayType.of, result)) if isinstance(result, tuple) else ArrayType.of(result)

    return type_rule


def _tried_dtypes(forward: Callable[..., Any], count: int) -> Callable[..., Any]:
    def promote(kinds: tuple[Any, ...]) -> tuple[np.dtype, ...]:
        known = [kind for kind in kinds if not isinstance(kind, type)]
        common = np.result_type(*known, *[kind(1) for kind in kinds if isinstance(kind, type)])
        dtypes = [common if isinstance(kind, type) else kind for kind in kinds]
        with np.errstate(all="ignore"):
            result = np.asarray(forward(*[np.ones(1, dtype) for dtype in dtypes])).dtype
        return (*dtypes, result)

    return promote


def custom_gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """Give the gradient of a black box.

    Parameters
    ----------
    f : callable
        ``f(*arrays)`` returns (y, pullback) with ``pullback(y_bar)`` a tuple of cotangents (or the one). It sees plain
        arrays, so anything may happen inside; the derivative of the pullback is not known.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> @cr.custom_gradient
    ... def clipped(x):
    ...     return x, lambda y_bar: np.clip(y_bar, -1.0, 1.0)
    >>> cr.grad(lambda x: 10 * clipped(x))(3.0)
    np.float64(1.0)
    """
    name = f"{getattr(f, '__name__', 'custom')}_{next(_serial)}"

    def forward(*xs: Any) -> Any:
        return np.asarray(f(*xs)[0])

    def pulled(y_bar: Any, *xs: Any, argument: int) -> Any:
        bars = f(*xs)[1](y_bar)
        bars = bars if isinstance(bars, tuple) else (bars,)
        if len(bars) != len(xs):
            raise ArgumentError(f"the pullback of {name} returned {len(bars)} cotangents for {len(xs)} arguments")
        return np.asarray(bars[argument], xs[argument].dtype)

    def jacobian(k: int, y: Any, *xs: Any) -> MatrixFree:
        return MatrixFree(
            lambda v: _refuse_forward(name), lambda y_bar: pullback(y_bar, *xs, argument=k), y.shape, xs[k].shape
        )

    declared = general(name, forward, _tried(forward), jacobian, variadic=True)
    pullback = general(
        f"{name}_pullback",
        pulled,
        lambda y_bar, *xs, argument: xs[argument],
        lambda k, *rest, **parameters: _refuse_second(name),
        variadic=True,
        parameters=("argument",),
    )
    return functools.wraps(f)(_function_of(declared))


def _refuse_forward(name: str) -> Any:
    raise DerivativeError(f"{name} has a pullback only: no forward mode", try_="cr.grad or cr.vjp")


def _refuse_second(name: str) -> Any:
    raise DerivativeError(f"the gradient of {name} is a black box: it has no derivative itself")
